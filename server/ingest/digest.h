/*
 * server/ingest/digest.h - what a store holds, as a few numbers: two stores with the same facts have the same ones.
 *
 * A table's digest is the sum of its records' hashes, so their order does not matter; what a record names by number is
 * hashed by the text that it names, so neither does the order in which the facts came (Law 1, design.md §2).  Left out is
 * what Law 1 leaves out: levels, positions, dead letters, alerts; and of counters what lies before the horizon.
 *
 * It is made from a snapshot, on a worker, and not kept up while facts are folded (design.md §6 has it so): kept up, each
 * flush would read back and hash every block that it writes, which costs the fold a fifth and hides from the digest what
 * the store itself got wrong; made, it costs 0.1 to 0.2 µs a record each time, and who makes it says how often.
 *
 * Thread: any, within its own read transaction.
 */
#ifndef SERVER_INGEST_DIGEST_H
#define SERVER_INGEST_DIGEST_H

#include "base/instant.h"
#include "store/db.h"

/* X(name, what is in it) */
#define DIGEST_MAP(X)                                                                              \
    X(SESSIONS, "sessions")     /* login and media rows */                                         \
    X(STATEMENTS, "statements") /* ports, coverage, watermarks, objects, memberships, rules */     \
    X(SLOTS, "slots")                                                                              \
    X(DAYS, "days")             /* sums of days */                                                 \
    X(ENABLED, "enabled")                                                                          \
    X(CLOSES, "closes")

enum digest_table {
#define X(name, text) DIGEST_##name,
    DIGEST_MAP(X)
#undef X
    DIGEST_TABLES
};
const char *digest_table_name(enum digest_table table);

struct digest {
    instant horizon; /* INSTANT_EVER: none yet.  Stores with different ones are not to be compared */
    struct {
        uint64_t records, sum;
    } tables[DIGEST_TABLES];
};

/* ERR_DAMAGED: something cannot be read. */
MUST_CHECK enum err digest_make(struct db_txn *txn, struct digest *digest);

#endif
