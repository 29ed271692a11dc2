/*
 * adapters/kafka/sink.h - an adapter's sink that produces to Kafka (design.md §6), for `seatmeter adapt`.
 *
 * Facts go to `facts`, in batches of one partition (at most 500 facts and 900 kB), or one by one to `objects`.  A
 * watermark waits until every fact before it is acknowledged and is then written to every partition of both topics,
 * with the number of the topic's partitions.  A cursor is written to `cursors` (key: the source's name) as soon as
 * everything handed over before it is acknowledged; the adapter starts from it again, so a crash anywhere causes
 * duplicates, never gaps.  Rows that cannot be mapped go to `dead`.
 *
 * The sink keeps what is not acknowledged; when a producer is lost it makes another and sends that again.  While
 * OUTBOX_BYTES_MAX are out, or the brokers are away, the adapter waits in its call (back-pressure); kafka_sink_stop()
 * lets it go with ERR_CANCELLED.
 *
 * `objects` is compacted, which keeps the last record, not the largest version: so the sink first reads the topic
 * to its end, and never appends a version older than one that is there.
 *
 * An adapter that asks for its past gets the facts of its source from there, and the decisions about it as they come.
 *
 * Thread: the adapter's, but for kafka_sink_stop().  Owner: the command; destroyed after its adapter.
 */
#ifndef ADAPTERS_KAFKA_SINK_H
#define ADAPTERS_KAFKA_SINK_H

#include "adapters/adapter.h"
#include "base/kafka.h"

struct kafka_sink;

struct kafka_sink_options {
    const struct kafka_settings *settings; /* with the rest outlives the sink */
    const char *source;
    bool every_source; /* facts of several sources come, as from a file: the versions of all their objects are looked at */
    const char *facts, *objects, *cursors, *dead; /* topics */
};

/* ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err kafka_sink_create(const struct kafka_sink_options *options, struct kafka_sink **sink, struct adapter_sink *out);
void kafka_sink_destroy(struct kafka_sink *sink);
/* Reads what the topics know of the source; waits for the brokers as long as it takes.  *cursor in arena, absent: none
 * yet.  ERR_CANCELLED: stopped. */
MUST_CHECK enum err kafka_sink_open(struct kafka_sink *sink, struct arena *arena, struct bytes *cursor);
/* Every call that waits, now and later, returns ERR_CANCELLED.  Thread: any. */
void kafka_sink_stop(struct kafka_sink *sink);
/* Sends what is collected, and waits until everything handed over is acknowledged.  ERR_CANCELLED: stopped. */
MUST_CHECK enum err kafka_sink_flush(struct kafka_sink *sink);
/* After the adapter's end: waits at most ms for acknowledgements and writes the last cursor that they allow. */
void kafka_sink_finish(struct kafka_sink *sink, int ms);

struct kafka_sink_counts {
    uint64_t facts, records, cursors, older_objects, producers;
};
struct kafka_sink_counts kafka_sink_counts(const struct kafka_sink *sink);

#endif
