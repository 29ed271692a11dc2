/* What a close knows to be missing: records of topics that were gone, and spans that a group of sources did not watch. */
#include "server/close/differ.h"
#include "server/close/gaps.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define DAY_TEXT "2026-11-22"

static instant at(const char *text)
{
    instant value = INSTANT_NONE;
    cr_assert(instant_parse(bytes_from_text(text), &value));
    return value;
}

static void coverage(struct way_store *store, const char *source, const char *key, const char *group, const char *from, const char *to)
{
    struct fact fact = fact_blank(FACT_COVERAGE);
    fact.source = bytes_from_text(source);
    fact.key = bytes_from_text(key);
    fact.version = 1;
    fact.coverage.from = at(from);
    fact.coverage.to = at(to);
    fact.coverage.group = bytes_from_text(group);
    cr_assert_eq(ingest_fact(store->ingest, &fact), FACT_APPLIED);
}

static void gap(struct way_store *store, int32_t partition, instant from, instant to)
{
    ingest_gap(store->ingest, &(struct partition_gap){.topic = BYTES_LITERAL("seatmeter.facts"), .partition = partition, .from_offset = 5, .to_offset = 9,
                                                      .from = from, .to = to, .at = at("2026-11-24T00:00:00.000Z")});
}

static void written(struct way_store *store, struct buffer *out)
{
    struct query *query;
    struct arena *arena = arena_create();
    struct json_writer writer = {.out = out};
    instant start = at(DAY_TEXT "T00:00:00.000Z");
    buffer_clear(out);
    cr_assert_eq(query_open(store->db, &query), ERR_OK);
    close_write_gaps(query, start, start + DAY_MS, arena, &writer);
    query_close(query);
    arena_destroy(arena);
}

Test(gaps, topics_and_sources)
{
    struct way_store store;
    struct buffer out = {0};
    way_store_create(&store, NULL, NULL, 24);
    way_store_flush(&store);
    written(&store, &out);
    cr_assert_str_eq(buffer_text(&out), "[]", "nobody said anything");

    /* A pair that hands over without a hole; then a hole of an hour, and the end of the day. */
    coverage(&store, "icon-a", "1", "icon", "2026-11-21T00:00:00.000Z", DAY_TEXT "T08:00:00.000Z");
    coverage(&store, "icon-b", "1", "icon", DAY_TEXT "T07:00:00.000Z", DAY_TEXT "T12:00:00.000Z");
    coverage(&store, "icon-a", "2", "icon", DAY_TEXT "T13:00:00.000Z", DAY_TEXT "T23:30:00.000Z");
    gap(&store, 0, at("2026-11-20T00:00:00.000Z"), at("2026-11-20T23:59:59.999Z")); /* a cap and more before the day */
    gap(&store, 1, at("2026-11-22T10:00:00.000Z"), INSTANT_NONE);
    gap(&store, 2, INSTANT_NONE, at("2026-11-21T00:00:00.000Z"));
    way_store_flush(&store);
    written(&store, &out);
    cr_assert_str_eq(buffer_text(&out),
                     "[{\"at\":\"2026-11-24T00:00:00.000Z\",\"from\":\"2026-11-22T10:00:00.000Z\",\"from_offset\":5,\"partition\":1,\"to_offset\":9,\"topic\":\"seatmeter.facts\"},"
                     "{\"at\":\"2026-11-24T00:00:00.000Z\",\"from_offset\":5,\"partition\":2,\"to\":\"2026-11-21T00:00:00.000Z\",\"to_offset\":9,\"topic\":\"seatmeter.facts\"},"
                     "{\"from\":\"2026-11-22T12:00:00.000Z\",\"group\":\"icon\",\"to\":\"2026-11-22T13:00:00.000Z\"},"
                     "{\"from\":\"2026-11-22T23:30:00.000Z\",\"group\":\"icon\",\"to\":\"2026-11-23T00:00:00.000Z\"}]");
    printf("2 of 3 gaps of a topic concern the day; 2 holes of a pair\n");
    buffer_free(&out);
    way_store_destroy(&store);
}

Test(gaps, close_that_differs_is_kept)
{
    struct way_store store;
    struct db_txn *txn;
    struct arena *arena = arena_create();
    struct close_key key = {.book = 101, .day = 20000}, other = {.book = 0, .day = 20000};
    way_store_create(&store, NULL, NULL, 24);
    close_differs(store.ingest, key, "aa11", BYTES_LITERAL("bb22"));
    way_store_flush(&store);
    way_store_reopen(&store);
    cr_assert_eq(db_begin_read(store.db, &txn), ERR_OK);
    cr_assert(bytes_equal_text(close_differs_of(txn, key, arena), "aa11"));
    cr_assert(!bytes_present(close_differs_of(txn, other, arena)));
    db_abort(txn);
    arena_destroy(arena);
    way_store_destroy(&store);
    printf("a close that differs is known after a restart, another is not\n");
}
