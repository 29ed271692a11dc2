/* adapters/kafka/sink_private.h - what sink.c and sink_open.c share; nobody else includes it. */
#ifndef ADAPTERS_KAFKA_SINK_PRIVATE_H
#define ADAPTERS_KAFKA_SINK_PRIVATE_H

#include "adapters/kafka/outbox.h"
#include "adapters/kafka/sink.h"
#include "adapters/pace.h"
#include "base/instant.h"
#include "proto/fact_record.h"

enum { SINK_ASK_MS = 8000 };

/* A cursor that waits for what was handed over before it; its text stands behind the struct. */
struct sink_cursor {
    struct sink_cursor *next;
    uint64_t after; /* the outbox's number */
    size_t len;
};

struct kafka_sink {
    struct kafka_sink_options options;
    struct outbox outbox;
    struct kafka_admin *admin;
    struct pace pace;
    struct fact_batch *batches, one; /* [facts_partitions] */
    int32_t facts_partitions, objects_partitions, cursor_partition;
    int64_t looked_us;
    struct buffer key;
    struct sink_cursor *cursors, *cursors_last;
    struct kafka_sink_counts counts;
};

/* sink.c: asks how many partitions there are. */
void sink_look(struct kafka_sink *sink);

#endif
