/* A partition is taken up: every case of what the broker may hold beside what we know. */
#include "server/ingest/kafka_partition.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(kafka_partition, verdicts)
{
    static const struct {
        bool known;
        int64_t next, anchor, low, high;
        enum partition_verdict verdict;
        const char *why;
    } cases[] = {
        {false, 0, -1, 0, 10, PARTITION_FROM_START, "never read"},
        {false, 0, -1, 7, 10, PARTITION_FROM_START, "never read, and its first records are gone"},
        {true, 5, 4, 0, 10, PARTITION_CHECK, "the last record is there"},
        {true, 10, 9, 0, 10, PARTITION_CHECK, "read to its end"},
        {true, 5, 4, 4, 10, PARTITION_CHECK, "the last record is the first that is left"},
        {true, 5, 4, 5, 10, PARTITION_ANCHOR_GONE, "the last record is gone, the next is not"},
        {true, 10, 9, 10, 10, PARTITION_ANCHOR_GONE, "all is gone, nothing was missed"},
        {true, 5, 4, 6, 10, PARTITION_GAP, "the next record is gone"},
        {true, 5, 4, 10, 10, PARTITION_GAP, "all is gone, some was missed"},
        {true, 5, 4, 0, 4, PARTITION_SHORTER, "it ends before what was read"},
        {true, 5, 4, 0, 0, PARTITION_SHORTER, "it is empty and never lost anything"},
        {true, 5, -1, 0, 10, PARTITION_GO_ON, "no anchor"},
        {true, 0, -1, 0, 0, PARTITION_GO_ON, "known and empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct partition_position position = {.next = cases[i].next, .anchor_offset = cases[i].anchor};
        enum partition_verdict verdict = partition_take_up(&position, cases[i].known, (struct survey_bounds){cases[i].low, cases[i].high});
        cr_expect_eq(verdict, cases[i].verdict, "%s: %s, expected: %s", cases[i].why, partition_verdict_text(verdict),
                     partition_verdict_text(cases[i].verdict));
        printf("%-55s %s\n", cases[i].why, partition_verdict_text(verdict));
    }
}

Test(kafka_partition, the_anchor_is_compared)
{
    struct kafka_record record = {.offset = 4, .timestamp_ms = 100, .key = BYTES_LITERAL("k"), .value = BYTES_LITERAL("v")};
    struct kafka_partition before = {.checking = true, .at = {.next = 5, .anchor_offset = 4, .anchor_at = 100, .anchor_hash = partition_record_hash(&record)}};
    struct kafka_partition partition = before;
    bool skip = false;
    cr_expect(partition_compare(&partition, &record, &skip) && skip && !partition.checking, "the same record: seen already");
    cr_expect_eq(partition_start(&before), 4);
    cr_expect_eq(partition_start(&partition), 5);
    record.value = BYTES_LITERAL("w");
    partition = before;
    cr_expect(!partition_compare(&partition, &record, &skip), "another value");
    record.value = BYTES_LITERAL("v");
    record.timestamp_ms = 101;
    partition = before;
    cr_expect(!partition_compare(&partition, &record, &skip), "another time");
    record.offset = 5;
    partition = before;
    cr_expect(partition_compare(&partition, &record, &skip) && !skip, "compacted away: the next one is new");
    record.key = BYTES_NONE;
    cr_expect_neq(partition_record_hash(&record), before.at.anchor_hash, "a missing key is no empty one");
}
