/*
 * server/close/chain.h - do the closes of a store hold together?
 *
 * Of every close: the document is JSON that says the book, day and revision under which it is kept,
 * and its rows have the digest that it names.  Of every book: each document but the oldest continues
 * another one by its digest, and no two continue the same (design.md §5).
 * Thread: any, within its own read transaction.
 */
#ifndef SERVER_CLOSE_CHAIN_H
#define SERVER_CLOSE_CHAIN_H

#include "store/records.h"

struct chain_result {
    uint64_t books, closes, faults;
};

/* What is wrong goes to fault(), one sentence each, good during the call. */
typedef void (*chain_fault_fn)(void *owner, const char *what);
void chain_check(struct db_txn *txn, chain_fault_fn fault, void *owner, struct chain_result *result);

#endif
