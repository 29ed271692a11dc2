/*
 * server/query/explain.h - who was in a level, and why a peak is what it is.
 *
 * An answer rests on the sessions, not on the slots: an engine is made from the query's snapshot, which
 * costs about a second for a large store, so it is asked on a worker's thread (api/aside.h).  It has
 *
 *   seats   those in use at the instant, each with the sessions that use the item then in the scope
 *   why     of the period that holds the instant: its peak, the login that made it and how long it held;
 *           and what the peak would be without capped sessions, without superseded ones too, and without
 *           seats while two persons share them too: each step beside the seats that it takes from the peak
 *
 * Both are known as far as detail is kept (domain.md §7.20); of earlier days, at the peak of the book's closed day alone
 * (roster.h).
 * What it hands out names persons by the sources' ids: whoever shows it makes pseudonyms of them.
 * Thread: any; the query's.
 */
#ifndef SERVER_QUERY_EXPLAIN_H
#define SERVER_QUERY_EXPLAIN_H

#include "server/engine/explain.h"
#include "server/query/query.h"

#define EXPLAIN_PEAK INSTANT_NONE /* as the instant: the peak of the period that holds the clock of the last flush */

struct explain_request {
    struct scope scope;
    struct bytes item;
    instant at;
    enum profile profile;    /* exact or person */
    enum granularity period; /* 10m, hour or day */
    struct bytes zone;       /* absent: UTC */
};

struct explain_seat {
    struct seat_key key;
    struct told_session *sessions; /* by (begin, id) */
    size_t session_count;
    bool shared; /* by two persons */
};

/* What may be left out, as bits: in the order of the steps. */
enum { WITHOUT_CAPPED = 1, WITHOUT_SUPERSEDED = 2, WITHOUT_SHARED = 4, WITHOUT_ALL = 7, EXPLAIN_STEPS = 3 };

struct explain_step {
    unsigned without;      /* of all steps so far */
    int64_t peak, alone;   /* alone: with this step's bit only */
    instant peak_at;       /* INSTANT_NONE: 0 has no time */
    struct seat_key *seats; /* those in the peak of the step before that are not in use then without this one's bit */
    size_t seat_count;
};

/* A seat that was taken at the instant of the peak. */
struct explain_maker {
    struct told_session session;
    bool begins; /* the session does, there; else it had begun, and came into the item or the scope */
};

struct explain_answer {
    struct query_scope scope;
    struct query_item item;
    enum profile profile;
    instant at, as_of; /* as_of: the clock of the last flush */
    struct explain_seat *seats;
    size_t seat_count; /* the level at the instant */
    enum granularity period;
    struct bytes zone;
    instant start, end;
    instant known_from; /* later than start when earlier detail is gone */
    int64_t peak;
    instant peak_at;    /* INSTANT_NONE when the peak is 0 */
    instant held_until; /* when the level fell; INSTANT_NEVER: it stood at the period's end, or still does */
    struct explain_maker *makers; /* none when the period was entered at its peak */
    size_t maker_count;
    struct explain_step steps[EXPLAIN_STEPS];
};

/* ERR_INPUT, ERR_NOT_FOUND and *why, a sentence, in arena; else the store's own. */
MUST_CHECK enum err query_explain(struct query *query, const struct explain_request *request, struct arena *arena,
                                  struct explain_answer *answer, const char **why);

/* The answer of an engine, settled, whose scope, item, profile, start, end and known_from are set. */
struct engine;
void explain_engine(struct engine *engine, const struct seat_index *index, bool at_peak, instant at, struct arena *arena, struct explain_answer *answer);
/* An engine from the query's snapshot; the caller's until engine_destroy(). */
MUST_CHECK enum err explain_open_engine(struct query *query, struct engine **engine);

/* --- explain_sweep.c: pure ---------------------------------------------------------------------- */

struct sweep {
    int64_t peak;
    instant peak_at;    /* domain.md §7.7; INSTANT_NONE when peak is 0 */
    bool rose;          /* it rose to the peak there; else the period was entered at it */
    instant held_until; /* of that occasion; INSTANT_NEVER: to the period's end */
};
/* The peak of [start, end), of uses as engine_uses() gives them, without what is to be left out. */
struct sweep uses_sweep(const struct use *uses, size_t count, unsigned without, instant start, instant end);
/* Whether the uses of one seat put it into use at the instant. */
bool uses_hold(const struct use *uses, size_t count, unsigned without, instant at);
/* Whether two persons use the seat at the instant. */
bool uses_shared(const struct use *uses, size_t count, unsigned without, instant at);
/* Where the uses of the seat at start end. */
size_t uses_of_seat(const struct use *uses, size_t count, size_t start);

#endif
