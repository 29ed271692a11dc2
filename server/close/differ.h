/*
 * server/close/differ.h - `close differs`: the rows of a day that were counted here are not those of the close that stands.
 *
 * Loud three times: an error in the log, an alert in /api/v1/alerts, and the digest of our rows beside the day in
 * /api/v1/closes.  It stays until a newer revision of the day stands.  Thread: each function says.
 */
#ifndef SERVER_CLOSE_DIFFER_H
#define SERVER_CLOSE_DIFFER_H

#include "server/ingest/ingest.h"

/* Raises it; ours and stands are digests of rows.  Thread: ingest. */
void close_differs(struct ingest *ingest, struct close_key key, const char *ours, struct bytes stands);
/* The digest of the rows counted here, in arena; absent: they are those that stand, or were never compared.  Thread: any. */
struct bytes close_differs_of(struct db_txn *txn, struct close_key key, struct arena *arena);

#endif
