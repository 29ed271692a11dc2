/*
 * server/ingest/embedded.h - the sources inside the server: each adapter on a thread of its own.
 *
 * What the settings name under sources: is created from the cursor that the store has, started, and
 * ended with the server.  Adapters fill the batch queue and nothing else.
 * Thread: main.
 */
#ifndef SERVER_INGEST_EMBEDDED_H
#define SERVER_INGEST_EMBEDDED_H

#include "server/ingest/batch.h"
#include "server/settings.h"
#include "store/db.h"

struct embedded;

/* Creates and starts every source.  ERR_SETTINGS, ERR_AWAY …, logged; none runs then. */
MUST_CHECK enum err embedded_create(const struct settings *settings, struct db *db, struct batch_queue *queue, struct embedded **embedded);
/* Asks all to end, waits for them, frees.  The queue must have been stopped. */
void embedded_destroy(struct embedded *embedded);

#endif
