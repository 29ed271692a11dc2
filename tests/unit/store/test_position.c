/* Positions, gaps and dead letters of topics: written once, read back whole, in order, beside sources' cursors. */
#include "store/records.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct db *db;
static char dir[SCRATCH_PATH_SIZE];

static void open_store(void)
{
    cr_assert_eq(db_create(&(struct db_options){.dir = scratch_folder(NULL, dir), .map_bytes = 1 << 24}, &db), ERR_OK);
}

static void close_store(void)
{
    db_destroy(db);
    scratch_remove(dir);
}

TestSuite(position, .init = open_store, .fini = close_store);

static void count_position(void *owner, const struct partition_position *position)
{
    struct partition_position *all = owner;
    size_t count = 0;
    while (all[count].next)
        count++;
    all[count] = *position;
}

Test(position, topics_beside_cursors)
{
    struct db_txn *txn;
    struct partition_position all[8] = {{.next = 0}}, one;
    struct bytes facts = BYTES_LITERAL("seatmeter.facts"), objects = BYTES_LITERAL("seatmeter.objects");
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    position_put(txn, BYTES_LITERAL("icon-a"), BYTES_LITERAL("cursor"));
    for (int32_t i = 0; i < 3; i++)
        partition_position_put(txn, &(struct partition_position){facts, i, 10 + i, 20, 9 + i, 1234567890123, 0xfedcba9876543210u, 4, 10});
    partition_position_put(txn, &(struct partition_position){objects, 0, 1, -1, -1, INSTANT_NONE, 0, 0, 0});
    cr_assert_eq(db_commit(txn), ERR_OK);
    cr_assert_eq(db_begin_read(db, &txn), ERR_OK);
    partition_position_each(txn, count_position, all);
    cr_assert(bytes_equal(all[2].topic, facts) && all[2].partition == 2 && all[2].next == 12 && all[2].high == 20);
    cr_assert(all[2].anchor_offset == 11 && all[2].anchor_at == 1234567890123 && all[2].anchor_hash == 0xfedcba9876543210u);
    cr_assert(bytes_equal(all[3].topic, objects) && all[3].high == -1 && all[3].anchor_offset == -1 && all[3].anchor_at == INSTANT_NONE);
    cr_assert_eq(all[4].next, 0, "the source's cursor is none of them");
    struct partition_lag lag = partition_lag_of(&all[2], 1234567891123);
    cr_assert(lag.records == 8 && lag.facts == 20 && lag.ms == 1000, "8 records, of 2.5 facts each");
    cr_assert_eq(partition_lag_of(&all[3], 0).facts, -1);
    cr_assert(partition_position_get(txn, facts, 1, &one) && one.next == 11);
    cr_assert(!partition_position_get(txn, facts, 3, &one));
    db_abort(txn);
    printf("4 positions of topics and one cursor, each read back\n");
}

static enum err take_watermark(void *owner, const struct fact *fact)
{
    uint32_t *partitions = owner;
    partitions[fact->version] = fact->partition;
    return ERR_OK;
}

Test(position, a_watermark_has_a_row_in_each_partition)
{
    struct db_txn *txn;
    struct arena *arena = arena_create();
    uint32_t partitions[4] = {99, 99, 99, 99}, said[4] = {FACT_PARTITION_NONE, fact_partition(FACT_TOPIC_FACTS, 0), fact_partition(FACT_TOPIC_FACTS, 1),
                                                         fact_partition(FACT_TOPIC_OBJECTS, 1)};
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    for (int i = 0; i < 4; i++) {
        struct fact fact = fact_blank(FACT_WATERMARK);
        fact.source = BYTES_LITERAL("icon-a");
        fact.key = BYTES_LITERAL("watermark");
        fact.version = i;
        fact.watermark.until = 1000;
        fact.partition = said[i];
        fact_row_put(txn, &fact);
    }
    cr_assert_eq(db_commit(txn), ERR_OK);
    cr_assert_eq(db_begin_read(db, &txn), ERR_OK);
    cr_assert_eq(fact_rows_read_kind(txn, FACT_WATERMARK, arena, take_watermark, partitions), ERR_OK);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(partitions[i], said[i], "version %d: partition %u, expected %u", i, partitions[i], said[i]);
    db_abort(txn);
    arena_destroy(arena);
}

static void take_letter(void *owner, struct bytes id, const struct dead_letter *letter)
{
    *(struct dead_letter *)owner = *letter;
    cr_assert(id.len > 0);
}

Test(position, dead_letters_know_their_place)
{
    struct db_txn *txn;
    struct arena *arena = arena_create();
    struct dead_letter back, letter = {.topic = BYTES_LITERAL("seatmeter.facts"), .partition = 3, .offset = 4711, .index = 2,
                                       .place = BYTES_LITERAL("p"), .why = BYTES_LITERAL("w"), .raw = BYTES_LITERAL("raw"), .at = 5};
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    cr_assert(dead_put(txn, &letter));
    letter.why = BYTES_LITERAL("another reason");
    cr_assert(!dead_put(txn, &letter), "the same place again adds none");
    letter.index = 3;
    cr_assert(dead_put(txn, &letter));
    cr_assert_eq(db_commit(txn), ERR_OK);
    cr_assert_eq(db_begin_read(db, &txn), ERR_OK);
    cr_assert_eq(dead_count(txn), 2);
    cr_assert_eq(dead_read(txn, BYTES_NONE, 1, arena, take_letter, &back), 1);
    cr_assert(bytes_equal_text(back.topic, "seatmeter.facts") && back.partition == 3 && back.offset == 4711 && back.index == 2);
    cr_assert(bytes_equal_text(back.why, "w") && bytes_equal_text(back.raw, "raw") && back.source.len == 0);
    db_abort(txn);
    arena_destroy(arena);
}
