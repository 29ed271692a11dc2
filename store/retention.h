/*
 * store/retention.h - what goes with time, in small pieces (design.md §5).
 *
 * What goes is behind the horizon, so no fact changes it any more; and where the cut lies follows from the horizon, so
 * stores with equal horizons keep the same.  First the cut moves (meta): from then on nobody reads what lies before it.
 * Then the records go, slice by slice, each in the transaction of whoever asks; how far they are gone stands in meta as
 * well, so that a stop in between costs nothing.
 *
 *   slots    five-minute sums of the system and its tenants, and of groups, each with a cut of its own, at a UTC midnight,
 *            with what is kept of their hours for named and sustained.
 *            Their day nets are summed up on the day before the cut, since the levels at the cut rest on them
 *   closes   documents and rows of days that ended by the cut; each book's newest stays, the chain goes on from it
 *   rosters  of dates before that of the cut
 *   dead     refused input that was first kept before an instant of the wall clock
 *
 * Each function works inside the caller's transaction; failures stick to it (db.h).
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "base/instant.h"
#include "proto/usage.h"
#include "store/db.h"

/* kind, its name in meta and in what is said of it, what it is */
#define RETENTION_MAP(X)                                                                           \
    X(SLOTS, "slots", "five-minute sums")                                                          \
    X(GROUP_SLOTS, "group_slots", "five-minute sums of groups")                                    \
    X(CLOSES, "closes", "closes")                                                                  \
    X(ROSTERS, "rosters", "rosters of peaks")

enum retention_kind {
#define X(kind, name, text) RETENTION_##kind,
    RETENTION_MAP(X)
#undef X
    RETENTION_KIND_COUNT
};
const char *retention_name(enum retention_kind kind);
const char *retention_text(enum retention_kind kind);

/* What is kept begins here; INSTANT_EVER: nothing went yet. */
instant retention_from(struct db_txn *txn, enum retention_kind kind);
/* Of the slots of a scope's kind. */
enum retention_kind retention_of_scope(enum scope_kind kind);
/* Moves a cut on; one that lies behind the former changes nothing. */
void retention_move(struct db_txn *txn, enum retention_kind kind, instant from);
/* Up to where the records are gone by now; INSTANT_EVER: none went yet. */
instant retention_gone(struct db_txn *txn, enum retention_kind kind);
/* True when nothing is left to do. */
bool retention_done(struct db_txn *txn, enum retention_kind kind);
/* Looks at no more than so many records before the cut and deletes them; *deleted grows.  True: none is left. */
bool retention_slice(struct db_txn *txn, enum retention_kind kind, uint64_t most, uint64_t *deleted);

/* Dead letters from the key `resume` on, which moves (empty: from the first); true: all were looked at. */
bool retention_dead_slice(struct db_txn *txn, instant before, uint64_t most, struct buffer *resume, uint64_t *deleted);

#endif
