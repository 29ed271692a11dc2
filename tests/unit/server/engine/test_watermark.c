/* Watermarks: a source is as far as the least of the partitions it wrote to, whatever came first. */
#include "server/engine/watermark.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void add(struct watermarks *watermarks, enum fact_topic topic, uint32_t partition, int64_t version, instant until, int64_t partitions)
{
    struct watermark watermark = {until, partitions};
    watermarks_add(watermarks, fact_partition(topic, partition), version, &watermark);
}

Test(watermark, embedded_the_newest_holds)
{
    struct watermarks watermarks = {0};
    cr_expect_eq(watermarks_until(&watermarks), INSTANT_NONE);
    watermarks_add(&watermarks, FACT_PARTITION_NONE, 2, &(struct watermark){200, ID_NONE});
    watermarks_add(&watermarks, FACT_PARTITION_NONE, 1, &(struct watermark){300, ID_NONE});
    cr_expect_eq(watermarks_until(&watermarks), 200);
    watermarks_add(&watermarks, FACT_PARTITION_NONE, 2, &(struct watermark){201, ID_NONE});
    cr_expect_eq(watermarks_until(&watermarks), 201, "of one version the larger");
    watermarks_free(&watermarks);
}

Test(watermark, one_partition_held_back_holds_all)
{
    struct watermarks watermarks = {0};
    for (uint32_t i = 0; i < 3; i++)
        add(&watermarks, FACT_TOPIC_FACTS, i, 1, 100, 4);
    for (uint32_t i = 0; i < 2; i++)
        add(&watermarks, FACT_TOPIC_OBJECTS, i, 1, 100, 2);
    cr_expect_eq(watermarks_until(&watermarks), INSTANT_NONE, "partition 3 of facts has none yet");
    add(&watermarks, FACT_TOPIC_FACTS, 3, 1, 100, 4);
    cr_expect_eq(watermarks_until(&watermarks), 100);
    for (uint32_t i = 0; i < 4; i++)
        add(&watermarks, FACT_TOPIC_FACTS, i, 2, 200, 4);
    add(&watermarks, FACT_TOPIC_OBJECTS, 0, 2, 200, 2);
    cr_expect_eq(watermarks_until(&watermarks), 100, "partition 1 of objects stays behind");
    add(&watermarks, FACT_TOPIC_OBJECTS, 1, 2, 200, 2);
    cr_expect_eq(watermarks_until(&watermarks), 200);
    watermarks_free(&watermarks);
}

Test(watermark, a_new_partition_counts_from_the_newest_watermark_on)
{
    struct watermarks watermarks = {0};
    add(&watermarks, FACT_TOPIC_FACTS, 0, 1, 100, 1);
    add(&watermarks, FACT_TOPIC_OBJECTS, 0, 1, 100, 1);
    cr_expect_eq(watermarks_until(&watermarks), 100);
    add(&watermarks, FACT_TOPIC_FACTS, 0, 2, 200, 2);
    cr_expect_eq(watermarks_until(&watermarks), INSTANT_NONE, "the new partition has none");
    add(&watermarks, FACT_TOPIC_FACTS, 1, 2, 200, 2);
    cr_expect_eq(watermarks_until(&watermarks), 100, "objects is still there");
    add(&watermarks, FACT_TOPIC_OBJECTS, 0, 3, 300, ID_NONE);
    cr_expect_eq(watermarks_until(&watermarks), INSTANT_NONE, "who does not say to how many he wrote has said nothing");
    add(&watermarks, FACT_TOPIC_OBJECTS, 0, 4, 300, INT64_MAX);
    cr_expect_eq(watermarks_until(&watermarks), INSTANT_NONE, "nor who names more than there can be");
    watermarks_free(&watermarks);
}

enum { PARTITIONS = 5, SAID = 60 };

Test(watermark, any_order_comes_to_the_same)
{
    const char *text = getenv("SEED");
    unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 1;
    struct {
        enum fact_topic topic;
        uint32_t partition;
        int64_t version, partitions;
        instant until;
    } said[SAID];
    instant first = 0;
    srandom(seed);
    for (size_t i = 0; i < SAID; i++) {
        said[i].topic = (enum fact_topic)(random() % FACT_TOPIC_COUNT);
        said[i].partition = (uint32_t)(random() % PARTITIONS);
        said[i].version = random() % 8;
        said[i].partitions = 1 + random() % PARTITIONS;
        said[i].until = 1000 + random() % 50;
    }
    for (int way = 0; way < 50; way++) {
        struct watermarks watermarks = {0};
        for (size_t i = 0; i < SAID; i++)
            add(&watermarks, said[i].topic, said[i].partition, said[i].version, said[i].until, said[i].partitions);
        if (way == 0)
            first = watermarks_until(&watermarks);
        cr_expect_eq(watermarks_until(&watermarks), first, "SEED=%u way %d", seed, way);
        for (size_t i = SAID - 1; i > 0; i--) {
            size_t j = (size_t)random() % (i + 1);
            __typeof__(said[0]) swap = said[i];
            said[i] = said[j];
            said[j] = swap;
        }
        watermarks_free(&watermarks);
    }
    printf("50 orders of %d watermarks over %d partitions: %lld each time (SEED=%u)\n", SAID, PARTITIONS, (long long)first, seed);
}
