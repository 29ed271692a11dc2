/*
 * server/ingest/kafka_source.h - the topics as a source: records in, facts and positions into the ingest.
 *
 * Lives on the ingest loop, without a thread that polls: the consumer's descriptor is watched, a wake lets the
 * pump come and take.  Partitions are assigned by hand from the positions in the store, which go into the same
 * transaction as the facts (design.md §6).  A survey (kafka_survey.h) says which partitions there are and what
 * they hold: at the start, when one is added, when one is lost.  Not taking is back-pressure: while the pump is
 * held by a full store the library stops fetching.
 *
 * `objects` is read first, to the end that it had when it was first seen; only then `facts` is read and anything
 * may be capped or closed.  Nothing is ever jumped in silence: what was deleted before it was read is a gap, a
 * topic made anew under the old name, or another cluster, ends the server with the reason.
 *
 * Thread: created and destroyed by main while the ingest loop does not run; else ingest.  Owner: the server.
 */
#ifndef SERVER_INGEST_KAFKA_SOURCE_H
#define SERVER_INGEST_KAFKA_SOURCE_H

#include "base/kafka.h"
#include "server/ingest/ingest.h"
#include "server/ingest/kafka_partition.h"
#include "server/ingest/replica.h"
#include "server/loop.h"
#include "server/topics.h"

struct kafka_source;

struct kafka_source_options {
    struct loop *loop;
    struct db *db;
    struct ingest *ingest;
    const struct kafka_settings *settings;
    const char *topics[KAFKA_TOPICS];
    const struct settings *rules; /* by which the topics' own settings are looked at, and marks are written; NULL: neither */
    /* There is something to take.  Thread: ingest. */
    void (*wake)(void *owner);
    /* It must not go on, as was logged.  Thread: ingest. */
    void (*stop)(void *owner, enum err err);
    void *owner;
    /* A record of `closes`; its position moves on no further than the offset returned. */
    int64_t (*close_record)(void *owner, const struct kafka_record *record);
    void *close_owner;
};

/* Does not wait for a broker; settings and names must outlive it.  ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err kafka_source_create(const struct kafka_source_options *options, struct kafka_source **source);
void kafka_source_destroy(struct kafka_source *source);
/* Takes what lies here until the monotonic instant until_us; adds to *facts.  True: more lies here. */
bool kafka_source_take(struct kafka_source *source, int64_t until_us, uint64_t *facts);
/* Much lies in the topics that was not taken yet, even when nothing of it lies here at the moment. */
bool kafka_source_behind(const struct kafka_source *source);
/* Every partition stands at a mark: the next flush is wanted now, and then kafka_source_flushed(). */
bool kafka_source_wants_flush(const struct kafka_source *source);
void kafka_source_flushed(struct kafka_source *source);
struct replica_counts kafka_source_marks(const struct kafka_source *source);
/* Before a flush: how far the topics reach, for the lag. */
void kafka_source_before_flush(struct kafka_source *source);
/* `objects` and `closes` have been read to the end that they had at the start: days may be closed. */
bool kafka_source_ready(const struct kafka_source *source);
/* So has `facts`: detail may go. */
bool kafka_source_caught_up(const struct kafka_source *source);

#endif
