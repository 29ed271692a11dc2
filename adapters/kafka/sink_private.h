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
    adapter_take_fn take; /* of what is recalled, while it is */
    void *take_owner;
    enum err take_err;
    int64_t *recalled;    /* [objects_partitions]: up to where */
    int32_t recalled_count;
};

/* sink_recall.c: the source's past and the decisions about it, from `objects` (adapter_sink). */
enum err sink_recall(void *owner, adapter_take_fn take, void *take_owner);
enum err sink_decisions(void *owner, adapter_take_fn take, void *take_owner);

typedef void (*sink_record_fn)(struct kafka_sink *sink, const struct kafka_record *record, struct arena *arena);
/* sink_open.c: reads every partition of a topic from upto (NULL: its first record) to where it ends now, which upto says
 * then.  ERR_AWAY: no answer; to be begun again. */
enum err sink_read_topic(struct kafka_sink *sink, const char *topic, int32_t partitions, int64_t *upto, sink_record_fn fn, struct arena *arena);

/* sink.c: asks how many partitions there are. */
void sink_look(struct kafka_sink *sink);

#endif
