#include "server/engine/watermark.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static void newest(struct watermark_at *at, int64_t version, instant until)
{
    uint64_t after = (uint64_t)version + 1;
    if (after > at->version || (after == at->version && until > at->until))
        *at = (struct watermark_at){after, until};
}

static struct watermark_at *partition_at(struct watermark_topic *topic, size_t partition)
{
    if (partition >= topic->capacity) {
        size_t capacity = topic->capacity ? topic->capacity : 16;
        while (capacity <= partition)
            capacity *= 2;
        topic->at = memory_resize(topic->at, capacity * sizeof *topic->at);
        memset(topic->at + topic->capacity, 0, (capacity - topic->capacity) * sizeof *topic->at);
        topic->capacity = capacity;
    }
    return &topic->at[partition];
}

void watermarks_add(struct watermarks *watermarks, uint32_t partition, int64_t version, const struct watermark *watermark)
{
    if (partition == FACT_PARTITION_NONE) {
        newest(&watermarks->embedded, version, watermark->until);
        return;
    }
    check(fact_partition_topic(partition) < FACT_TOPIC_COUNT);
    struct watermark_topic *topic = &watermarks->topics[fact_partition_topic(partition)];
    newest(partition_at(topic, fact_partition_number(partition)), version, watermark->until);
    uint64_t after = (uint64_t)version + 1;
    if (after > topic->version || (after == topic->version && watermark->partitions > topic->partitions)) {
        topic->version = after;
        topic->partitions = watermark->partitions;
    }
}

/* The least of a topic's partitions. */
static instant topic_until(const struct watermark_topic *topic)
{
    instant least = INSTANT_NEVER;
    if (!topic->version || topic->partitions < 1 || topic->partitions > (int64_t)topic->capacity)
        return INSTANT_NONE;
    for (int64_t i = 0; i < topic->partitions; i++) {
        if (!topic->at[i].version)
            return INSTANT_NONE;
        if (topic->at[i].until < least)
            least = topic->at[i].until;
    }
    return least;
}

/* A store that was fed embedded before keeps what it was told then: both were true when they were said. */
instant watermarks_until(const struct watermarks *watermarks)
{
    instant until = watermarks->embedded.version ? watermarks->embedded.until : INSTANT_NONE;
    instant facts = topic_until(&watermarks->topics[FACT_TOPIC_FACTS]);
    instant objects = topic_until(&watermarks->topics[FACT_TOPIC_OBJECTS]);
    instant least = facts == INSTANT_NONE || objects == INSTANT_NONE ? INSTANT_NONE : facts < objects ? facts : objects;
    if (until == INSTANT_NONE || (least != INSTANT_NONE && least > until))
        return least;
    return until;
}

void watermarks_clear(struct watermarks *watermarks)
{
    watermarks->embedded = (struct watermark_at){0};
    for (int i = 0; i < FACT_TOPIC_COUNT; i++) {
        struct watermark_topic *topic = &watermarks->topics[i];
        topic->version = 0;
        topic->partitions = 0;
        if (topic->capacity)
            memset(topic->at, 0, topic->capacity * sizeof *topic->at);
    }
}

void watermarks_free(struct watermarks *watermarks)
{
    for (int i = 0; i < FACT_TOPIC_COUNT; i++)
        free(watermarks->topics[i].at);
    *watermarks = (struct watermarks){0};
}
