/*
 * server/ingest/batch.h - from adapters' threads to the ingest loop: batches in a bounded queue.
 *
 * An adapter fills its own batch (a batch_sink) without a lock; its cursor, or a full batch, hands it
 * over.  While the queue holds QUEUE_FACTS_MAX facts the adapter waits (back-pressure).  The cursor
 * stands behind the facts it covers, so that both go into one transaction or neither.
 *
 * Thread: each function says.  Owner: the server; sinks are destroyed before the queue.
 */
#ifndef SERVER_INGEST_BATCH_H
#define SERVER_INGEST_BATCH_H

#include "adapters/adapter.h"
#include "store/records.h"

struct batch {
    struct batch *next;
    struct arena *arena;
    struct bytes source;
    struct fact *facts;
    size_t fact_count;
    struct dead_letter *letters;
    size_t letter_count;
    struct bytes cursor; /* absent: more of the same follows */
};

struct batch_queue;

/* wake is called from an adapter's thread when the queue was empty. */
struct batch_queue *batch_queue_create(void (*wake)(void *owner), void *owner);
void batch_queue_destroy(struct batch_queue *queue);
/* The oldest batch, the caller's until batch_destroy(), or NULL.  Thread: ingest. */
struct batch *batch_queue_take(struct batch_queue *queue);
void batch_destroy(struct batch *batch);
/* Lets every waiting adapter go with ERR_CANCELLED, now and later.  Thread: any. */
void batch_queue_stop(struct batch_queue *queue);
size_t batch_queue_facts(struct batch_queue *queue);

/* One fact that does not wait for room, from somebody who must not wait: an operator's decision is rare.  False: stopped.
 * Thread: any. */
bool batch_queue_say(struct batch_queue *queue, const struct fact *fact);

/* A sink for one source; its functions run on the adapter's thread.  db: where its past is; NULL: it has none. */
struct batch_sink;
struct db;
struct batch_sink *batch_sink_create(struct batch_queue *queue, const char *source, struct db *db, struct adapter_sink *sink);
void batch_sink_destroy(struct batch_sink *sink);

#endif
