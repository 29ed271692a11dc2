/*
 * store/outbox.h - what is on its way out to topics and must get there, whatever happens to the process.
 *
 *   outbox: 0 u8, book u64, day u32, revision u32 → digests (64 letters each) of the documents of this close that were appended here
 *           1 u8, book u64, day u32, revision u32 → "1": its rows are to be told to the topic of usage
 *
 * Each function works inside the caller's transaction; failures stick to it (db.h).
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/records.h"

enum outbox_kind { OUTBOX_OFFERED, OUTBOX_USAGE };

/* One digest more; the last OUTBOX_OFFERS_MAX are kept. */
enum { OUTBOX_OFFERS_MAX = 16 };
void outbox_offered(struct db_txn *txn, struct close_key key, const char *sha256);
/* True when a document with this digest was appended here. */
bool outbox_was_offered(struct db_txn *txn, struct close_key key, const char *sha256);
void outbox_usage(struct db_txn *txn, struct close_key key);
void outbox_delete(struct db_txn *txn, enum outbox_kind kind, struct close_key key);
/* The first close behind after (NULL: of all) whose rows are to be told; false: none. */
bool outbox_next_usage(struct db_txn *txn, const struct close_key *after, struct close_key *key);

#endif
