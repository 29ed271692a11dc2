/* What the source said before, and what was decided about it: from the compacted topic of objects (adapter_sink.recall). */
#include "adapters/kafka/sink_private.h"

#include "base/log.h"

#include <stdlib.h>

static void take_record(struct kafka_sink *sink, const struct kafka_record *record, struct arena *arena, bool decisions_alone)
{
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why;
    if (sink->take_err || !bytes_present(record->value) || fact_record_open(record->value, arena, &reader, &why) != ERR_OK)
        return; /* no record of ours; the server keeps it aside */
    while (fact_record_next(&reader, arena, &item) != FACT_ITEM_END) {
        if (item.kind != FACT_ITEM_FACT)
            continue;
        bool decision = item.fact.kind == FACT_DECISION;
        struct bytes of = decision ? item.fact.decision.of : item.fact.source;
        if ((decision || !decisions_alone) && bytes_equal_text(of, sink->options.source) && !sink->take_err)
            sink->take_err = sink->take(sink->take_owner, &item.fact);
    }
}

static void take_any(struct kafka_sink *sink, const struct kafka_record *record, struct arena *arena)
{
    take_record(sink, record, arena, false);
}

static void take_decision(struct kafka_sink *sink, const struct kafka_record *record, struct arena *arena)
{
    take_record(sink, record, arena, true);
}

/* Partitions that were added are read from their first record. */
static void make_room(struct kafka_sink *sink, int32_t partitions)
{
    if (partitions <= sink->recalled_count)
        return;
    sink->recalled = memory_resize(sink->recalled, (size_t)partitions * sizeof *sink->recalled);
    while (sink->recalled_count < partitions)
        sink->recalled[sink->recalled_count++] = 0;
}

static enum err read_on(struct kafka_sink *sink, sink_record_fn fn, adapter_take_fn take, void *take_owner)
{
    struct arena *arena = arena_create();
    sink->take = take;
    sink->take_owner = take_owner;
    sink->take_err = ERR_OK;
    sink_look(sink);
    make_room(sink, sink->objects_partitions);
    enum err err = sink_read_topic(sink, sink->options.objects, sink->objects_partitions, sink->recalled, fn, arena);
    arena_destroy(arena);
    return err ? err : sink->take_err;
}

enum err sink_recall(void *owner, adapter_take_fn take, void *take_owner)
{
    struct kafka_sink *sink = owner;
    for (int32_t i = 0; i < sink->recalled_count; i++)
        sink->recalled[i] = 0;
    return read_on(sink, take_any, take, take_owner);
}

/* While the brokers are away nobody decides: asked again by the adapter. */
enum err sink_decisions(void *owner, adapter_take_fn take, void *take_owner)
{
    struct kafka_sink *sink = owner;
    enum err err = read_on(sink, take_decision, take, take_owner);
    if (err != ERR_OK && err != ERR_CANCELLED) {
        log_once(LOG_WARNING, "adapt", "decisions", "%s: decisions cannot be read: %s; asked again", sink->options.source, kafka_admin_why(sink->admin));
        return ERR_OK;
    }
    log_clear("adapt", "decisions");
    return err;
}
