/* What a close that is being made must know: that its day changed since the snapshot, also where no level did. */
#include "server/ingest/ingest.h"

#include "base/log.h"
#include "proto/fact_json.h"
#include "store/slot.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct way_store store;
static char parent[128];

static void open_store(void)
{
    log_set_level(LOG_ERROR);
    snprintf(parent, sizeof parent, "%s/seatmeter-ingest-XXXXXX", way_parent());
    cr_assert(mkdtemp(parent));
    way_store_create(&store, parent, NULL, 24);
}

static void close_store(void)
{
    way_store_destroy(&store);
    way_dir_remove(parent);
}

static enum fact_outcome say(const char *session, int version, int place, const char *begin, const char *end)
{
    struct arena *arena = arena_create();
    struct fact fact;
    const char *why = "";
    char *line = arena_printf(arena,
                              "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"%s\",\"version\":%d,\"body\":{\"session\":\"%s\","
                              "\"place\":%d,\"dn\":1,\"begin\":\"2026-11-02T%s.000Z\",\"end\":\"2026-11-02T%s.000Z\"}}",
                              session, version, session, place, begin, end);
    cr_assert_eq(fact_json_read(bytes_from_text(line), arena, &fact, &why), ERR_OK, "%s", why);
    enum fact_outcome outcome = ingest_fact(store.ingest, &fact);
    arena_destroy(arena);
    return outcome;
}

static uint32_t slot_at(const char *text)
{
    instant at = INSTANT_NONE;
    cr_assert(instant_parse(bytes_from_text(text), &at));
    return slot_of(at);
}

Test(ingest, a_day_is_touched_when_somebody_else_was_there, .init = open_store, .fini = close_store)
{
    cr_assert_eq(say("1", 1, 1, "08:00:00", "08:30:00"), FACT_APPLIED);
    cr_assert_eq(say("2", 1, 1, "09:00:00", "09:30:00"), FACT_APPLIED);
    way_store_flush(&store);
    ingest_watch_slots(store.ingest);
    cr_assert_eq(say("2", 1, 1, "09:00:00", "09:30:00"), FACT_DUPLICATE);
    way_store_flush(&store);
    cr_expect_eq(ingest_lowest_slot(store.ingest), UINT32_MAX, "nothing changed");
    /* The same times at another place: every level stays. */
    cr_assert_eq(say("2", 2, 3, "09:00:00", "09:30:00"), FACT_APPLIED);
    cr_assert_eq(ingest_flush_facts(store.ingest, INSTANT_MAX - 1), ERR_OK);
    cr_expect_eq(ingest_lowest_slot(store.ingest), slot_at("2026-11-02T09:00:00.000Z"), "its hour is to be counted again");
    ingest_watch_slots(store.ingest);
    way_store_flush(&store);
    cr_expect_eq(ingest_lowest_slot(store.ingest), slot_at("2026-11-02T09:00:00.000Z"), "its hour was counted again");
    printf("ingest: one move between two places that changes no level, seen before and after its hour is counted\n");
}
