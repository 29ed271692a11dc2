/*
 * store/alert.h - alerts: what somebody must look at, each with its state (design.md §5).
 *
 *   alert: kind text, subject text → JSON, as /api/v1/alerts shows it
 *
 * Raised again while it holds, an alert keeps its `since`; raised after it ended, it begins anew.  Each function
 * works inside the caller's transaction; failures stick to it (db.h).
 */
#ifndef STORE_ALERT_H
#define STORE_ALERT_H

#include "base/instant.h"
#include "store/db.h"

#define ALERT_CLOSE_DIFFERS "close differs"
#define ALERT_REPLICA_DIFFERS "replica differs"
#define ALERT_SOURCE_SILENT "source silent"
#define ALERT_DELETIONS_HELD "deletions held"

struct alert {
    struct bytes kind, subject; /* texts of at most 64 and 200 bytes: of which day, which instance */
    struct bytes text;          /* a sentence */
    struct bytes detail;        /* a JSON object; absent: none */
    instant at;                 /* when it was raised, or ended */
    bool ended;
};

void alert_put(struct db_txn *txn, const struct alert *alert);
/* As JSON, in arena; false when there is none. */
bool alert_get(struct db_txn *txn, struct bytes kind, struct bytes subject, struct arena *arena, struct bytes *json);
/* True when it was raised and has not ended. */
bool alert_holds(struct db_txn *txn, struct bytes kind, struct bytes subject);

#endif
