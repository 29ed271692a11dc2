/* Where the source was: its cursor from the compacted topic, and what it said of objects before. */
#include "adapters/kafka/sink_private.h"

#include "base/log.h"

#include <stdlib.h>

enum { TAKE = 512, IDLE_MS = 20, QUIET_MS = 30000 };

enum err sink_read_topic(struct kafka_sink *sink, const char *topic, int32_t partitions, int64_t *upto, sink_record_fn fn, struct arena *arena)
{
    struct kafka_position *positions = arena_alloc(arena, ((size_t)partitions + 1) * sizeof *positions);
    int64_t *ends = arena_alloc(arena, ((size_t)partitions + 1) * sizeof *ends);
    int64_t *all_ends = arena_alloc(arena, ((size_t)partitions + 1) * sizeof *all_ends);
    struct kafka_record *records = arena_alloc(arena, TAKE * sizeof *records);
    struct arena *scratch = arena_create();
    struct kafka_consumer *consumer = NULL;
    size_t open = 0;
    enum err err = ERR_OK;
    for (int32_t i = 0; i < partitions && err == ERR_OK; i++) {
        int64_t low;
        err = kafka_admin_watermarks(sink->admin, topic, i, &low, &ends[open]);
        all_ends[i] = ends[open];
        if (upto && upto[i] > low)
            low = upto[i];
        positions[open] = (struct kafka_position){topic, i, low};
        open += err == ERR_OK && ends[open] > low;
    }
    size_t left = open;
    if (err == ERR_OK && open)
        err = kafka_consumer_create(sink->options.settings, &consumer);
    if (err == ERR_OK && open)
        err = kafka_consumer_assign(consumer, positions, open);
    for (int64_t since = clock_mono_us(); err == ERR_OK && left;) {
        size_t count = kafka_consumer_take(consumer, records, TAKE);
        for (size_t i = 0; i < count && err == ERR_OK; i++) {
            if (records[i].kind != KAFKA_RECORD) {
                err = ERR_AWAY; /* the door said it */
                break;
            }
            if (records[i].offset >= ends[records[i].slot])
                continue;
            fn(sink, &records[i], scratch);
            left -= records[i].offset + 1 == ends[records[i].slot];
        }
        arena_reset(scratch);
        if (count)
            since = clock_mono_us();
        else if (clock_mono_us() - since > (int64_t)QUIET_MS * 1000)
            err = ERR_AWAY;
        else if (!pace_wait(&sink->pace, IDLE_MS))
            err = ERR_CANCELLED;
    }
    kafka_consumer_destroy(consumer);
    arena_destroy(scratch);
    for (int32_t i = 0; upto && i < partitions && err == ERR_OK; i++)
        upto[i] = all_ends[i];
    return err;
}

static void take_cursor(struct kafka_sink *sink, const struct kafka_record *record, struct arena *arena)
{
    (void)arena;
    if (!bytes_equal_text(record->key, sink->options.source))
        return;
    buffer_clear(&sink->key); /* free until the first object */
    if (bytes_present(record->value))
        buffer_append_bytes(&sink->key, record->value);
}

static void take_object(struct kafka_sink *sink, const struct kafka_record *record, struct arena *arena)
{
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why;
    if (!bytes_present(record->value) || !bytes_present(record->key) || fact_record_open(record->value, arena, &reader, &why) != ERR_OK)
        return; /* no record of ours; the server keeps it aside */
    while (fact_record_next(&reader, arena, &item) != FACT_ITEM_END)
        if (item.kind == FACT_ITEM_FACT && item.fact.kind != FACT_WATERMARK &&
            (sink->options.every_source || bytes_equal_text(item.fact.source, sink->options.source)))
            outbox_version(&sink->outbox, record->key, item.fact.version);
}

static enum err open_once(struct kafka_sink *sink, struct arena *arena, struct bytes *cursor)
{
    const char *topics[] = {sink->options.facts, sink->options.objects, sink->options.cursors, sink->options.dead};
    int32_t partitions[4];
    for (int i = 0; i < 4; i++) {
        enum err err = kafka_admin_partitions(sink->admin, topics[i], &partitions[i]);
        if (err != ERR_OK) {
            log_once(LOG_ERROR, "kafka", "open", "topic %s: %s%s", topics[i], kafka_admin_why(sink->admin),
                     err == ERR_NOT_FOUND ? "; `seatmeter topics create` makes it" : "");
            return err;
        }
    }
    sink_look(sink);
    sink->cursor_partition = (int32_t)(bytes_hash(bytes_from_text(sink->options.source)) % (uint64_t)partitions[2]);
    buffer_clear(&sink->key);
    enum err err = sink_read_topic(sink, sink->options.cursors, partitions[2], NULL, take_cursor, arena);
    *cursor = sink->key.len ? arena_copy(arena, buffer_bytes(&sink->key)) : BYTES_NONE;
    if (err == ERR_OK)
        err = sink_read_topic(sink, sink->options.objects, partitions[1], NULL, take_object, arena);
    if (err == ERR_AWAY)
        log_once(LOG_ERROR, "kafka", "open", "%s and %s cannot be read (%s); tried again and again", sink->options.cursors, sink->options.objects,
                 kafka_admin_why(sink->admin));
    return err;
}

enum err kafka_sink_open(struct kafka_sink *sink, struct arena *arena, struct bytes *cursor)
{
    struct backoff backoff = {0};
    enum err err;
    while ((err = open_once(sink, arena, cursor)) != ERR_OK && err != ERR_CANCELLED)
        if (!pace_wait(&sink->pace, backoff_fail(&backoff)))
            return ERR_CANCELLED;
    if (err == ERR_OK && log_clear("kafka", "open"))
        log_info("kafka", "the topics answer");
    return err;
}
