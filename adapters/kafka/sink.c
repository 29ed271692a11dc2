#include "adapters/kafka/sink.h"

#include "adapters/kafka/outbox.h"
#include "adapters/kafka/sink_private.h"
#include "base/json.h"
#include "base/log.h"
#include "proto/fact_route.h"

#include <stdlib.h>

enum { LOOK_US = 10000000, WAIT_MS = 50 };

/* --- partitions ---------------------------------------------------------------------------------- */

static void resize(struct kafka_sink *sink, int32_t partitions)
{
    if (partitions <= sink->facts_partitions)
        return;
    sink->batches = memory_resize(sink->batches, (size_t)partitions * sizeof *sink->batches);
    for (int32_t i = sink->facts_partitions; i < partitions; i++)
        sink->batches[i] = (struct fact_batch){.count = 0};
    sink->facts_partitions = partitions;
}

/* How many there are now; what was known stays when the brokers do not answer. */
void sink_look(struct kafka_sink *sink)
{
    int32_t facts, objects;
    if (kafka_admin_partitions(sink->admin, sink->options.facts, &facts) != ERR_OK ||
        kafka_admin_partitions(sink->admin, sink->options.objects, &objects) != ERR_OK)
        return;
    if (sink->facts_partitions && facts > sink->facts_partitions)
        log_info("kafka", "topic %s has %d partitions now", sink->options.facts, facts);
    resize(sink, facts);
    if (objects > sink->objects_partitions)
        sink->objects_partitions = objects;
    sink->looked_us = clock_mono_us();
}

/* --- waiting ------------------------------------------------------------------------------------- */

/* Writes the newest cursor behind which everything is acknowledged. */
static void write_cursor(struct kafka_sink *sink)
{
    uint64_t done = outbox_done(&sink->outbox);
    struct sink_cursor *best = NULL;
    while (sink->cursors && sink->cursors->after <= done) {
        free(best);
        best = sink->cursors;
        sink->cursors = best->next;
        if (!sink->cursors)
            sink->cursors_last = NULL;
    }
    if (!best)
        return;
    outbox_put(&sink->outbox, sink->options.cursors, sink->cursor_partition, bytes_from_text(sink->options.source),
               bytes_of((const uint8_t *)(best + 1), best->len), -1);
    sink->counts.cursors++;
    free(best);
}

static void turn(struct kafka_sink *sink, int ms)
{
    outbox_turn(&sink->outbox, ms);
    write_cursor(sink);
}

static enum err wait_for_room(struct kafka_sink *sink)
{
    while (outbox_full(&sink->outbox)) {
        if (pace_is_stopped(&sink->pace))
            return ERR_CANCELLED;
        turn(sink, WAIT_MS);
    }
    return ERR_OK;
}

/* Until everything up to now is acknowledged. */
static enum err wait_for_all(struct kafka_sink *sink)
{
    uint64_t upto = sink->outbox.numbers;
    while (outbox_done(&sink->outbox) < upto) {
        if (pace_is_stopped(&sink->pace))
            return ERR_CANCELLED;
        turn(sink, WAIT_MS);
    }
    return ERR_OK;
}

/* --- facts --------------------------------------------------------------------------------------- */

static void send_batch(struct kafka_sink *sink, int32_t partition)
{
    struct fact_batch *batch = &sink->batches[partition];
    if (batch->count == 0)
        return;
    outbox_put(&sink->outbox, sink->options.facts, partition, BYTES_NONE, fact_batch_value(batch), -1);
    sink->counts.records++;
    fact_batch_clear(batch);
}

static void send_batches(struct kafka_sink *sink)
{
    for (int32_t i = 0; i < sink->facts_partitions; i++)
        send_batch(sink, i);
}

static void send_object(struct kafka_sink *sink, const struct fact *fact, int32_t partition)
{
    struct fact_batch *one = &sink->one;
    fact_object_key(fact, &sink->key);
    if (fact->kind != FACT_WATERMARK && !outbox_version(&sink->outbox, buffer_bytes(&sink->key), fact->version)) {
        sink->counts.older_objects++;
        return;
    }
    fact_batch_clear(one);
    if (fact_batch_add(one, fact))
        outbox_put(&sink->outbox, sink->options.objects, partition, buffer_bytes(&sink->key), fact_batch_value(one),
                   fact->kind == FACT_WATERMARK ? -1 : fact->version);
    sink->counts.records++;
}

/* It says that everything before it is in, of the partition it stands in: so everything must be. */
static enum err send_watermark(struct kafka_sink *sink, const struct fact *fact)
{
    struct fact said = *fact;
    send_batches(sink);
    enum err err = wait_for_all(sink);
    if (err != ERR_OK)
        return err;
    said.watermark.partitions = sink->facts_partitions;
    for (int32_t i = 0; i < sink->facts_partitions; i++)
        if (fact_batch_add(&sink->batches[i], &said))
            send_batch(sink, i);
    said.watermark.partitions = sink->objects_partitions;
    for (int32_t i = 0; i < sink->objects_partitions; i++)
        send_object(sink, &said, i);
    return ERR_OK;
}

static enum err sink_fact(void *owner, const struct fact *fact)
{
    struct kafka_sink *sink = owner;
    if (pace_is_stopped(&sink->pace))
        return ERR_CANCELLED;
    sink->counts.facts++;
    if (clock_mono_us() - sink->looked_us > LOOK_US)
        sink_look(sink);
    if (fact->kind == FACT_WATERMARK)
        return send_watermark(sink, fact);
    if (fact_topic_of(fact->kind) == FACT_TOPIC_OBJECTS) {
        send_object(sink, fact, fact_partition_of(fact, sink->objects_partitions));
    } else {
        int32_t partition = fact_partition_of(fact, sink->facts_partitions);
        if (!fact_batch_add(&sink->batches[partition], fact)) {
            send_batch(sink, partition);
            if (!fact_batch_add(&sink->batches[partition], fact))
                return ERR_BUG;
        }
    }
    return wait_for_room(sink);
}

/* --- what cannot be mapped, cursors -------------------------------------------------------------- */

static enum err sink_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct kafka_sink *sink = owner;
    struct buffer json = {0};
    struct json_writer writer = {.out = &json};
    log_warning("adapt", "%s: %s: refused: %s", sink->options.source, place, why);
    json_write_open_object(&writer);
    json_write_name(&writer, "source");
    json_write_text_c(&writer, sink->options.source);
    json_write_name(&writer, "place");
    json_write_text_c(&writer, place);
    json_write_name(&writer, "why");
    json_write_text_c(&writer, why);
    json_write_name(&writer, "raw");
    if (bytes_are_utf8(raw))
        json_write_text(&writer, raw);
    else
        json_write_null(&writer);
    json_write_close_object(&writer);
    outbox_put(&sink->outbox, sink->options.dead, 0, bytes_from_text(sink->options.source), buffer_bytes(&json), -1);
    buffer_free(&json);
    return wait_for_room(sink);
}

static enum err sink_cursor(void *owner, struct bytes cursor)
{
    struct kafka_sink *sink = owner;
    struct sink_cursor *kept = memory_alloc(sizeof *kept + cursor.len + 1);
    send_batches(sink);
    *kept = (struct sink_cursor){.after = sink->outbox.numbers, .len = cursor.len};
    memcpy(kept + 1, cursor.data, cursor.len);
    if (sink->cursors_last)
        sink->cursors_last->next = kept;
    else
        sink->cursors = kept;
    sink->cursors_last = kept;
    turn(sink, 0);
    return pace_is_stopped(&sink->pace) ? ERR_CANCELLED : wait_for_room(sink);
}

/* --- begin and end ------------------------------------------------------------------------------- */

enum err kafka_sink_create(const struct kafka_sink_options *options, struct kafka_sink **out, struct adapter_sink *face)
{
    struct kafka_sink *sink = memory_alloc_zero(1, sizeof *sink);
    sink->options = *options;
    sink->outbox.settings = options->settings;
    pace_init(&sink->pace);
    *face = (struct adapter_sink){sink, sink_fact, sink_refused, sink_cursor, sink_recall, sink_decisions};
    enum err err = kafka_admin_create(options->settings, SINK_ASK_MS, &sink->admin);
    if (err != ERR_OK) {
        kafka_sink_destroy(sink);
        sink = NULL;
    }
    *out = sink;
    return err;
}

void kafka_sink_stop(struct kafka_sink *sink)
{
    pace_stop(&sink->pace);
}

enum err kafka_sink_flush(struct kafka_sink *sink)
{
    send_batches(sink);
    return wait_for_all(sink);
}

/* What was not closed by a cursor may go: it comes again.  Cursors that are ready must get out. */
void kafka_sink_finish(struct kafka_sink *sink, int ms)
{
    int64_t until = clock_mono_us() + (int64_t)ms * 1000;
    while (sink->outbox.first && clock_mono_us() < until)
        turn(sink, WAIT_MS);
    turn(sink, 0);
    while (sink->outbox.first && clock_mono_us() < until)
        turn(sink, WAIT_MS);
    if (sink->outbox.first)
        log_warning("adapt", "%s: %llu records are not acknowledged after %d ms; they are sent again at the next start", sink->options.source,
                    (unsigned long long)sink->outbox.count, ms);
}

void kafka_sink_destroy(struct kafka_sink *sink)
{
    if (!sink)
        return;
    outbox_free(&sink->outbox);
    kafka_admin_destroy(sink->admin);
    for (int32_t i = 0; i < sink->facts_partitions; i++)
        fact_batch_free(&sink->batches[i]);
    free(sink->batches);
    fact_batch_free(&sink->one);
    buffer_free(&sink->key);
    while (sink->cursors) {
        struct sink_cursor *cursor = sink->cursors;
        sink->cursors = cursor->next;
        free(cursor);
    }
    free(sink->recalled);
    pace_free(&sink->pace);
    free(sink);
}

struct kafka_sink_counts kafka_sink_counts(const struct kafka_sink *sink)
{
    struct kafka_sink_counts counts = sink->counts;
    counts.producers = sink->outbox.producers;
    return counts;
}
