/*
 * server/query/tally.h - do the counters of a store add up?
 *
 * Every record of the tables slot and day_net can be read; of every counter the slots of a UTC day sum
 * up to the day's net, and no level ever falls below zero (a counter below zero is a bug, design.md §4).
 * Days whose slots retention has taken away are judged by their nets alone.
 * Thread: any, within its own read transaction.
 */
#ifndef SERVER_QUERY_TALLY_H
#define SERVER_QUERY_TALLY_H

#include "store/db.h"

struct tally_result {
    uint64_t slots, days, counters, faults; /* records of slot and of day_net, distinct counters */
    bool damaged;                           /* a record could not be read */
};

/* What is wrong goes to fault(), one sentence each, good during the call; at most TALLY_FAULTS_MAX. */
enum { TALLY_FAULTS_MAX = 50 };
typedef void (*tally_fault_fn)(void *owner, const char *what);
void tally_check(struct db_txn *txn, tally_fault_fn fault, void *owner, struct tally_result *result);

#endif
