/*
 * server/ingest/pump.h - the ingest loop: batches in, flushes out, at our own pace.
 *
 * A turn takes batches for at most TURN_MS, folds them and gives the loop back.  What changed is
 * flushed FLUSH_LIVE_MS after the last flush; while adapters have more waiting (catching up) a flush
 * may wait longer, up to FLUSH_FACTS_MAX facts or five seconds, since big flushes fold better.  An idle
 * server flushes its clock once a second.  When a flush fails for want of space, nothing is taken until
 * one succeeds: adapters wait, reads go on, nothing is lost.
 * After each flush the closer may close a day.  Records of topics are taken in the same turns, behind the batches.
 *
 * Thread: the ingest loop's, but for pump_queue().  Owner: the server.
 */
#ifndef SERVER_INGEST_PUMP_H
#define SERVER_INGEST_PUMP_H

#include "server/api/metrics.h"
#include "server/close/closer.h"
#include "server/ingest/batch.h"
#include "server/ingest/ingest.h"
#include "server/ingest/kafka_source.h"
#include "server/loop.h"

struct pump;

struct pump_options {
    struct loop *loop;
    struct db *db;
    struct ingest *ingest;
    struct closer *closer;   /* NULL: nothing is closed */
    struct metrics *metrics;
    void (*flushed)(void *owner); /* after each flush; on the ingest thread */
    bool (*may_close)(void *owner); /* the same, then: whether a day may be closed now; NULL: yes */
    void *owner;
};

struct pump *pump_create(const struct pump_options *options);
void pump_destroy(struct pump *pump);
/* From now on records of topics are taken, too; before the loop runs. */
void pump_set_kafka(struct pump *pump, struct kafka_source *kafka);
/* Soon a turn.  Thread: any. */
void pump_wake(struct pump *pump);
/* Where adapters put their batches.  Thread: any. */
struct batch_queue *pump_queue(struct pump *pump);
/* Takes what still waits and flushes a last time. */
void pump_finish(struct pump *pump);
/* True after the first flush.  Thread: any. */
bool pump_ready(const struct pump *pump);

#endif
