/*
 * server/query/roster.h - answers of explain over a closed day's peaks, packed to outlive the detail.
 *
 * When a book's day is closed, explain's answer at the peak is made for each counter of the book and packed: the seats
 * with their sessions, the logins that made the peak, how long it held, and the steps without capped, superseded and
 * shared ones.  A session that several counters have is kept once for the day.  Persons and logins stand in it as keyed
 * pseudonyms alone (server/privacy.h).  Only the seat keys of `exact` are kept.
 *
 *   roster    varints peak · peak_at · held_until + 1 or 0 · makers, each session << 1 | begins · three steps, each 0 (no
 *             difference) or 1, peak, alone, peak_at + 1 or 0, seat keys · seats: each session less the one before it, less
 *             one, zigzag, << 2 | shared << 1 | another session of this seat follows
 *   sessions  words, then sessions one behind the other (roster.c); instants are less the day's start
 *
 * Thread: one.
 */
#ifndef SERVER_QUERY_ROSTER_H
#define SERVER_QUERY_ROSTER_H

#include "server/privacy.h"
#include "server/query/explain.h"
#include "store/roster.h"

struct engine;

/* A packed roster on its way to the store. */
struct roster {
    struct scope scope;
    uint32_t item;
    struct bytes packed;
};
struct rosters {
    int64_t book;
    int32_t date;
    struct roster *list;
    size_t count, capacity;
    struct bytes sessions;
};

/* Of every counter of a book with a peak in [start, end); in arena.  index: of the engine's exact seats in that span. */
MUST_CHECK enum err rosters_make(struct query *query, struct engine *engine, const struct seat_index *index, const struct query_scope *book, int32_t date, instant start,
                                 instant end, const struct pseudonyms *pseudonyms, struct arena *arena, struct rosters *rosters);
void rosters_put(struct db_txn *txn, const struct rosters *rosters);

/* Fills the answer, whose scope and item are set, from the roster of the book's day that holds the instant.
 * ERR_NOT_FOUND and *why: none is kept, or the instant is not that of the peak. */
MUST_CHECK enum err roster_explain(struct query *query, instant at, struct arena *arena, struct explain_answer *answer, const char **why);

#endif
