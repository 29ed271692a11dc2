/*
 * server/engine/explain.h - what lies behind a level: the seats in use, and the sessions that use them.
 *
 * A use is a span in which one session uses an item in one scope.  The uses of a seat together are what
 * the counters count once (subject.c), so the seats with a use at an instant are as many as the level.
 * Uses are found by a walk over all seats; a session is told in words only when somebody wants to know.
 *
 * Words: a seat's key and its kind (domain.md §2.1, §2.2, §7.17) · how a session ended (§7.5).
 * Thread: the engine's, settled.  What is handed out lives in the caller's arena, texts included.
 */
#ifndef SERVER_ENGINE_EXPLAIN_H
#define SERVER_ENGINE_EXPLAIN_H

#include "base/instant.h"
#include "base/memory.h"
#include "store/slot.h"

struct engine;
struct seat_index;

/* domain.md §7.5: how a session's end is believed. */
enum end_reason { END_OPEN, END_TRUE, END_SUPERSEDED, END_CAPPED };
const char *end_reason_name(enum end_reason reason);

/* In the order of the chain; the numbers are those in the engine's seat keys. */
#define SEAT_KIND_MAP(X)                                                                                         \
    X(PLACE, "place") X(DN, "dn") X(LOGIN, "login") X(PERSON, "person") X(SESSION, "session") X(CALL, "call")    \
    X(PORT, "port")
enum seat_kind {
    SEAT_BY_NONE,
#define X(kind, name) SEAT_BY_##kind,
    SEAT_KIND_MAP(X)
#undef X
};
const char *seat_kind_name(enum seat_kind kind);

struct seat_key {
    enum seat_kind kind;
    int64_t id;                /* of a place, DN, login or person; else ID_NONE */
    struct bytes text, source; /* the session's id, the call's; of a port its row's key and source */
};

struct use {
    instant from, to;       /* INSTANT_NEVER: it goes on */
    uint32_t seat, session; /* the engine's numbers, for engine_tell() and to see what belongs together */
    uint32_t person;        /* a number that two uses of one person share; 0: unknown */
    enum end_reason reason;
};

struct use_request {
    struct scope scope;
    uint32_t item;        /* its number in the dictionary of items */
    enum profile profile; /* exact or person: by which seat keys */
    instant from, to;
    const struct seat_index *index; /* NULL, or one of this profile over these instants */
};
/* Which seats have anything in a scope: for whoever asks of many scopes.  In arena; good until the engine changes. */
const struct seat_index *engine_seat_index(const struct engine *engine, enum profile profile, instant from, instant to, struct arena *arena);
/* Every use with an instant in [from, to), whole; seat after seat, within one by (from, to).  Those of one
 * session neither meet nor overlap. */
size_t engine_uses(struct engine *engine, const struct use_request *request, struct arena *arena, struct use **uses);

struct told_session {
    uint32_t number;      /* the engine's; of a roster 0 */
    struct seat_key seat; /* of a roster, by login or person: text is the pseudonym */
    struct bytes id;                     /* of twins the leader's; of a port its row's key */
    struct bytes *ids, *sources, *media; /* ids: the twins', with its own; media of a port: what it uses */
    size_t id_count, source_count, media_count;
    instant begin, end;                  /* INSTANT_NEVER: open */
    enum end_reason reason;
    int64_t tenant; /* 0: unassigned */
    int64_t person, login, place, dn;
    struct bytes person_name, login_name; /* of a roster, where person and login are ID_NONE: their pseudonyms */
    struct bytes app;
};
/* The session behind a use; profile says which of its seats. */
void engine_tell(struct engine *engine, uint32_t session, enum profile profile, struct arena *arena, struct told_session *told);

#endif
