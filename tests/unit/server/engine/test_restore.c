/* What a horizon must leave as it was: who was seen before it, and the ends that rest on sessions that are over. */
#include "base/log.h"
#include "proto/fact_json.h"
#include "server/engine/engine.h"
#include "server/ingest/ingest.h"
#include "server/query/query.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct way_store store;
static char parent[128];

static void open_store(void)
{
    log_set_level(LOG_ERROR);
    snprintf(parent, sizeof parent, "%s/seatmeter-restore-XXXXXX", way_parent());
    cr_assert(mkdtemp(parent));
    way_store_create(&store, parent, NULL, 24);
}

static void close_store(void)
{
    way_store_destroy(&store);
    way_dir_remove(parent);
}

static void say(const char *line)
{
    struct arena *arena = arena_create();
    struct fact fact;
    const char *why = "";
    cr_assert_eq(fact_json_read(bytes_from_text(line), arena, &fact, &why), ERR_OK, "%s", why);
    cr_assert_eq(ingest_fact(store.ingest, &fact), FACT_APPLIED);
    arena_destroy(arena);
}

static instant at(const char *text)
{
    instant out = INSTANT_NONE;
    cr_assert(instant_parse(bytes_from_text(text), &out));
    return out;
}

struct asked {
    const char *item;
    int64_t named, seat_ms;
};

static enum err take_row(void *owner, const struct usage_row *row)
{
    struct asked *asked = owner;
    if (bytes_equal_text(row->item, asked->item)) {
        asked->named = row->named;
        asked->seat_ms = row->seat_ms;
    }
    return ERR_OK;
}

static struct asked month(const char *item, enum profile profile)
{
    struct asked asked = {item, -2, -2};
    struct arena *arena = arena_create();
    struct query *query;
    const char *why = "";
    struct usage_request request = {.scope = SCOPE_SYSTEM, .from = at("2026-11-10T00:00:00.000Z"), .to = at("2026-11-10T01:00:00.000Z"),
                                    .granularity = GRANULARITY_MONTH, .profiles = 1u << profile, .zone = BYTES_LITERAL("UTC")};
    way_store_flush(&store);
    cr_assert_eq(query_open(store.db, &query), ERR_OK);
    cr_assert_eq(query_usage(query, &request, arena, take_row, &asked, &why), ERR_OK, "%s", why);
    query_close(query);
    arena_destroy(arena);
    return asked;
}

static int64_t named_of_month(const char *item, enum profile profile)
{
    return month(item, profile).named;
}

#define LOGIN(key, day, person, place)                                                                                          \
    "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"" key "\",\"version\":1,\"body\":{\"session\":\"" key           \
    "\",\"person\":" person ",\"place\":" place ",\"dn\":" place ",\"begin\":\"2026-11-" day "T09:00:00.000Z\",\"end\":\"2026-11-" day "T10:00:00.000Z\"}}"

Test(restore, a_seat_counts_once_on_both_sides_of_a_horizon, .init = open_store, .fini = close_store)
{
    say(LOGIN("1", "02", "1", "1"));
    say(LOGIN("2", "02", "2", "3000000000")); /* an id of its own dictionary */
    cr_expect_eq(named_of_month("inbound-voice", PROFILE_EXACT), 2);
    way_store_horizon(&store, at("2026-11-06T00:00:00.000Z"));
    uint64_t sessions, open;
    engine_count(ingest_engine(store.ingest), &sessions, &open);
    cr_expect_eq(sessions, 0, "the sessions are forgotten");
    way_store_reopen(&store);
    say(LOGIN("3", "09", "2", "1"));          /* another person at a known place */
    say(LOGIN("4", "09", "3", "3000000000"));
    say(LOGIN("5", "09", "1", "7"));          /* a known person at another place */
    cr_expect_eq(named_of_month("inbound-voice", PROFILE_EXACT), 3);
    cr_expect_eq(named_of_month("inbound-voice", PROFILE_PERSON), 3);
    /* A second horizon, and another opening: the older memory stays beside the newer one. */
    way_store_horizon(&store, at("2026-11-12T00:00:00.000Z"));
    way_store_reopen(&store);
    say(LOGIN("6", "20", "1", "1"));
    say(LOGIN("7", "20", "8", "8"));
    cr_expect_eq(named_of_month("inbound-voice", PROFILE_EXACT), 4);
    cr_expect_eq(named_of_month("inbound-voice", PROFILE_PERSON), 4);
    printf("last_seen: 7 sessions around two horizons: 4 places, 4 people\n");
}

/* s7 stays, since one of its rows began within a cap of the horizon; s0, which ended it, is over by all that is known. */
Test(restore, who_superseded_a_session_that_stays_is_not_forgotten, .init = open_store, .fini = close_store)
{
    static const char *const lines[] = {
        "{\"source\":\"icon-b\",\"kind\":\"login_session\",\"key\":\"1\",\"version\":1,\"body\":{\"session\":\"s7\",\"dn\":9,\"begin\":\"2026-11-01T09:00:00.000Z\"}}",
        "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"1\",\"version\":1,\"body\":{\"session\":\"s0\",\"dn\":9,\"begin\":\"2026-11-01T10:00:00.000Z\",\"end\":\"2026-11-01T11:00:00.000Z\"}}",
        "{\"source\":\"icon-b\",\"kind\":\"login_session\",\"key\":\"2\",\"version\":1,\"body\":{\"session\":\"s7\",\"dn\":9,\"begin\":\"2026-11-05T20:00:00.000Z\"}}",
    };
    uint64_t sessions, open;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        say(lines[i]);
    cr_expect_eq(month("inbound-voice", PROFILE_EXACT).seat_ms, 2 * (int64_t)HOUR_MS);
    way_store_horizon(&store, at("2026-11-06T00:00:00.000Z"));
    engine_count(ingest_engine(store.ingest), &sessions, &open);
    cr_expect_eq(sessions, 2, "both stay");
    way_store_reopen(&store);
    cr_expect_eq(month("inbound-voice", PROFILE_EXACT).seat_ms, 2 * (int64_t)HOUR_MS);
    /* When the last of its rows is further back than a cap, both go. */
    way_store_horizon(&store, at("2026-11-09T00:00:00.000Z"));
    engine_count(ingest_engine(store.ingest), &sessions, &open);
    cr_expect_eq(sessions, 0, "both go together");
    cr_expect_eq(month("inbound-voice", PROFILE_EXACT).seat_ms, 2 * (int64_t)HOUR_MS);
    printf("restore: a session of two rows keeps the one that superseded it, and goes with it\n");
}
