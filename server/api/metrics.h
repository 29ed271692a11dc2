/*
 * server/api/metrics.h - what the ingest side counts and /metrics shows (contract.md §7).
 *
 * The ingest loop adds, the serve loop reads; every member is atomic, so neither waits.  What can be
 * read from the store (seats, watermarks, closes, dead letters, bytes) is not counted here.
 * Thread: any.  Owner: whoever runs the server; the api only reads it.
 */
#ifndef SERVER_API_METRICS_H
#define SERVER_API_METRICS_H

#include "proto/fact.h"
#include "server/ingest/ingest.h"
#include "server/ingest/replica.h"

#include <stdatomic.h>

/* Upper bounds of the flush histogram, in microseconds; the last bucket is the rest. */
#define METRICS_FLUSH_BOUNDS_MAP(X) X(1000) X(2500) X(5000) X(10000) X(25000) X(50000) X(100000) X(250000) X(1000000) X(5000000)
enum { METRICS_FLUSH_BUCKETS = 11 };

struct metrics {
    _Atomic uint64_t facts[FACT_KIND_COUNT][FACT_OUTCOME_COUNT];
    _Atomic uint64_t refused;
    _Atomic uint64_t flush_buckets[METRICS_FLUSH_BUCKETS]; /* each flush once, in the first that holds it */
    _Atomic uint64_t flush_us;                             /* sum */
    _Atomic uint64_t flushes_failed;
    _Atomic uint64_t sessions, sessions_open;
    _Atomic uint64_t marks, marks_equal, marks_differ, marks_uncompared;
    _Atomic uint64_t queue_facts; /* handed over by adapters, not folded yet */
};

/* After a flush that took us microseconds. */
void metrics_add_flush(struct metrics *metrics, uint64_t us, bool failed);
/* Takes over the engine's own counts. */
void metrics_set_ingest(struct metrics *metrics, const struct ingest_counts *counts);

/* Takes over what was compared with other instances. */
void metrics_set_marks(struct metrics *metrics, struct replica_counts counts);

#endif
