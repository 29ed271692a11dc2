/*
 * store/roster.h - who was in the peak of a closed day, kept after its detail is gone (design.md §4).
 *
 *   day: book u64, day u32, 0 u8                                       → the sessions of the day's rosters
 *        book u64, day u32, 1 u8, scope kind u8, scope id u64, item u32 → a roster, which names sessions by number
 *
 * Both are packed by server/query/roster.h.  Each function works inside the caller's transaction.
 */
#ifndef STORE_ROSTER_H
#define STORE_ROSTER_H

#include "store/slot.h"

void roster_put(struct db_txn *txn, int64_t book, int32_t day, struct scope scope, uint32_t item, struct bytes roster);
bool roster_get(struct db_txn *txn, int64_t book, int32_t day, struct scope scope, uint32_t item, struct arena *arena, struct bytes *roster);
void roster_sessions_put(struct db_txn *txn, int64_t book, int32_t day, struct bytes sessions);
bool roster_sessions_get(struct db_txn *txn, int64_t book, int32_t day, struct arena *arena, struct bytes *sessions);
/* Deletes at most so many records of days before date; true: none is left. */
bool roster_expire(struct db_txn *txn, int32_t date, uint64_t most, uint64_t *deleted);

#endif
