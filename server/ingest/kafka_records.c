/* Records of `facts` and `objects`: their facts folded, the rest kept aside with its place and reason. */
#include "server/ingest/kafka_private.h"

#include "base/log.h"
#include "proto/fact_record.h"

#include <stdio.h>

static void refuse(struct kafka_source *source, const struct kafka_record *record, size_t index, const char *why, struct bytes raw)
{
    char place[400];
    snprintf(place, sizeof place, "%s partition %d offset %lld index %zu", record->topic, record->partition, (long long)record->offset, index);
    log_warning("kafka", "%s: refused: %s", place, why);
    struct dead_letter letter = {
        .source = BYTES_LITERAL(""),
        .topic = bytes_from_text(record->topic),
        .partition = record->partition,
        .offset = record->offset,
        .index = (uint32_t)index,
        .place = bytes_from_text(place),
        .why = bytes_from_text(why),
        .raw = bytes_present(raw) ? raw : BYTES_LITERAL(""),
    };
    ingest_refused(source->options.ingest, &letter);
    kafka_dead_tell(source->tell, source->options.topics[KAFKA_DEAD], &letter);
}

static void take_mark(struct kafka_source *source, struct kafka_partition *partition, const struct fact_mark *mark)
{
    if (kafka_marks_read(source->marks, source->partitions, source->partition_count, partition, mark, kafka_source_caught_up(source)))
        kafka_source_hold(source, partition);
}

bool kafka_source_take_mark(struct kafka_source *source, struct kafka_partition *partition, const struct kafka_record *record)
{
    struct bytes prefix = BYTES_LITERAL("mark/");
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why;
    if (!bytes_present(record->key) || record->key.len < prefix.len || memcmp(record->key.data, prefix.data, prefix.len) != 0)
        return false;
    if (bytes_present(record->value) && fact_record_open(record->value, source->arena, &reader, &why) == ERR_OK &&
        fact_record_next(&reader, source->arena, &item) == FACT_ITEM_MARK)
        take_mark(source, partition, &item.mark);
    return true;
}

void kafka_source_take_facts(struct kafka_source *source, struct kafka_partition *partition, const struct kafka_record *record)
{
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why;
    enum fact_topic topic = partition->topic == KAFKA_OBJECTS ? FACT_TOPIC_OBJECTS : FACT_TOPIC_FACTS;
    if (!bytes_present(record->value))
        return; /* a tombstone: what compaction may drop.  Facts are taken back by newer versions, never by absence */
    if (fact_record_open(record->value, source->arena, &reader, &why) != ERR_OK) {
        refuse(source, record, 0, why, record->value);
        return;
    }
    while (fact_record_next(&reader, source->arena, &item) != FACT_ITEM_END) {
        if (item.kind == FACT_ITEM_FACT) {
            if (item.fact.kind == FACT_WATERMARK)
                item.fact.partition = fact_partition(topic, (uint32_t)partition->at.partition);
            ingest_fact_later(source->options.ingest, &item.fact);
            source->facts++;
        } else if (item.kind == FACT_ITEM_REFUSED) {
            refuse(source, record, item.index, item.why, item.raw);
        } else {
            take_mark(source, partition, &item.mark);
        }
    }
}
