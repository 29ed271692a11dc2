/*
 * adapters/config/known.h - the configuration as it was last said, and a picture of it being compared with that.
 *
 * A *thing* is an object, or the membership of a person or place in a group.  What is known is the newest statement
 * of each.  Reading goes like this:
 *
 *     known_begin → known_found … → known_miss → (too much is missing? known_drop) → known_say
 *
 * A picture shows everything there is: what stands and was not found is missing.  A *change* is a picture of a few
 * things (known_begin_change); there nothing is missing but what known_lost() names.  known_say() hands over the
 * differences as facts: parents before children, what is gone at last and children first; then the picture is what
 * is known.
 *
 * History: what the first load shows is so since ever (valid_from null); a thing that appears, changes or goes later
 * does so at the picture's time.  A statement for an instant that has one already takes its place with a larger
 * version.  All follows from what was said before and from the picture, so nobody who forgets a cursor writes
 * another history.
 *
 * Thread: one.  Owner: who follows.
 */
#ifndef ADAPTERS_CONFIG_KNOWN_H
#define ADAPTERS_CONFIG_KNOWN_H

#include "base/err.h"
#include "proto/fact.h"

/* What a thing is: the enum object_type of an object, or one of these. */
enum { KNOWN_AGENT_MEMBERS = OBJECT_TYPE_COUNT, KNOWN_PLACE_MEMBERS, KNOWN_CLASS_COUNT };
const char *known_class_name(int class); /* "persons", "memberships of persons" */

struct known;
struct known *known_create(void);
void known_destroy(struct known *known);

/* An object or membership as it was said before; any order, older versions too. */
void known_recall(struct known *known, const struct fact *fact);

void known_begin(struct known *known);
void known_begin_change(struct known *known);
/* valid_from and deleted do not matter; the name is copied. */
void known_found(struct known *known, const struct object *object);
void known_found_member(struct known *known, int64_t group, enum object_type member_type, int64_t member);
/* It is there, but what it says could not be read: it stays as it was. */
void known_found_unread(struct known *known, int class, int64_t id);
/* Nothing of this class could be looked at: all of it stays as it was. */
void known_keep(struct known *known, int class);
bool known_is_kept(const struct known *known, int class);
/* Of a change: it is gone. */
void known_lost(struct known *known, int class, int64_t id);
void known_lost_member(struct known *known, int64_t group, enum object_type member_type, int64_t member);
/* The object as the picture shows it, else as it is known and stands; *object is filled, its name borrowed until the next
 * call.  False: there is none. */
bool known_look(const struct known *known, enum object_type type, int64_t id, struct object *object);
/* Calls fn for each member of a group that stands. */
typedef void (*known_member_fn)(void *owner, int64_t member);
void known_each_member(const struct known *known, int64_t group, enum object_type member_type, known_member_fn fn, void *owner);

struct known_losses {
    size_t standing[KNOWN_CLASS_COUNT], missing[KNOWN_CLASS_COUNT];
    size_t count;
    uint64_t digest; /* of the things that are missing, whatever their order */
};
/* Finds what is missing in a whole picture. */
void known_miss(struct known *known, struct known_losses *losses);
/* Forgets the picture. */
void known_drop(struct known *known);

struct known_saying {
    struct bytes source;
    int64_t version;
    instant at;      /* the picture's time */
    instant gone_at; /* of what is missing */
    unsigned first;  /* bits 1 << class: its first load, what was not known is so since ever */
    enum err (*fact)(void *owner, const struct fact *fact);
    void *owner;
};
/* ERR_OK, or what fact() said; then the picture was not taken over and the adapter must end. */
MUST_CHECK enum err known_say(struct known *known, const struct known_saying *saying);

#endif
