/*
 * server/engine/history.h - who was what, and who belonged where, at an instant.
 *
 * Objects have versions by valid_from; each stands alone and lends what it states even when it is
 * disabled or deleted (domain.md §7.1).  Memberships of all sources are united.  What changed since
 * the last settling is noted, so that exactly the sessions that refer to it are derived again.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_HISTORY_H
#define SERVER_ENGINE_HISTORY_H

#include "server/engine/statement.h"

struct history {
    struct names *names;
    struct statements *statements;
    struct map objects;  /* (type, ref) → first statement */
    struct map members;  /* (member type, ref) → first membership */
    struct map groups;   /* group ref → first membership, by next_of_group */
    struct map loaded;   /* group ref → first campaign */
    struct map dirty;    /* (type, ref) that changed → what before() gave */
    bool all_dirty;      /* something changed that any session may rest on */
    uint32_t coming[STATEMENTS_TOGETHER], coming_count; /* restored, in no chain yet */
    /* Called once an object and settling before the first change of it, or of its memberships; a number that is not 0. */
    uint32_t (*before)(void *owner, enum object_type type, ref id);
    void *owner;
};

/* Makes room for so many objects and memberships at once. */
void history_reserve(struct history *history, uint32_t count);
/* Rebuilding: puts a statement in its chains; those not in them yet follow with history_restored(). */
void history_restore(struct history *history, uint32_t number);
void history_restored(struct history *history);
/* Notes an object as if it changed. */
void history_mark(struct history *history, enum object_type type, ref id);

/* Takes the statement's new fields in; old is what it said before (old->live false: nothing). */
void history_changed(struct history *history, uint32_t number, const struct statement *old);
/* The version in force at, or NULL. */
const struct object *history_object(const struct history *history, enum object_type type, ref id, instant at);
/* Asks for the memory that questions about the object will read: where its key leads (step 0), and what is there. */
void history_fetch(const struct history *history, enum object_type type, ref id, int step);
bool history_is_dirty(const struct history *history, enum object_type type, ref id);
void history_settled(struct history *history);
void history_free(struct history *history);

/* Calls fn for every span [from, to) within [begin, end) in which a campaign is loaded whose group the
 * person is in (domain.md §7.13); spans may overlap. */
typedef void (*span_fn)(void *owner, instant from, instant to);
void history_campaigns(const struct history *history, ref person, instant begin, instant end, span_fn fn, void *owner);

/* Calls fn for every membership of a person or a place. */
typedef void (*group_fn)(void *owner, enum object_type member_type, int64_t group, instant from, instant to);
void history_groups(const struct history *history, enum object_type member_type, ref member, group_fn fn, void *owner);

/* The versions of an object in order of valid_from, the one that counts of each; in arena; how many. */
size_t history_versions(const struct history *history, enum object_type type, ref id, struct arena *arena, const struct object ***versions);
typedef void (*changed_fn)(void *owner, enum object_type type, ref id, uint32_t before);
/* Calls fn for every object that there is or was, with 0. */
void history_each_object(const struct history *history, changed_fn fn, void *owner);
/* Calls fn for every object that changed, or whose memberships did, since the last settling, with what before() gave. */
void history_each_dirty(const struct history *history, changed_fn fn, void *owner);

/* True when what the object says is the same at every instant: one version since ever, or none at all. */
bool history_is_timeless(const struct history *history, enum object_type type, ref id);
/* True when some campaign was ever loaded for a group that the person was ever in. */
bool history_has_campaigns(const struct history *history, ref person);

#endif
