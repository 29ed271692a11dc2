/* What is remembered does not grow with what is forgotten: day after day other calls, other desks, behind a horizon. */
#include "base/log.h"
#include "proto/fact_json.h"
#include "server/engine/private.h"
#include "server/ingest/ingest.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAYS = 28, A_DAY = 40, KEPT_DAYS = 4 }; /* detail and cap */

static struct way_store store;
static char parent[128];

static void open_store(void)
{
    log_set_level(LOG_ERROR);
    snprintf(parent, sizeof parent, "%s/seatmeter-derive-XXXXXX", way_parent());
    cr_assert(mkdtemp(parent));
    way_store_create(&store, parent, NULL, 24);
}

static void close_store(void)
{
    way_store_destroy(&store);
    way_dir_remove(parent);
}

static void say(struct arena *arena, const char *line)
{
    struct fact fact;
    const char *why = "";
    cr_assert_eq(fact_json_read(bytes_from_text(line), arena, &fact, &why), ERR_OK, "%s: %s", line, why);
    cr_assert_eq(ingest_fact(store.ingest, &fact), FACT_APPLIED, "%s", line);
}

/* A port of a call of its own, and a session at a desk of its own, which two collectors saw. */
static void say_one(struct arena *arena, int day, int number)
{
    int own = day * A_DAY + number;
    say(arena, arena_printf(arena,
                            "{\"source\":\"gvp\",\"kind\":\"port\",\"key\":\"p/%d\",\"version\":1,\"body\":{\"call\":\"call-%d\",\"uses\":[\"gvp\"],"
                            "\"begin\":\"2026-11-%02dT10:00:00.000Z\",\"end\":\"2026-11-%02dT10:05:00.000Z\"}}",
                            own, own, day, day));
    for (int twin = 0; twin < 2; twin++)
        say(arena, arena_printf(arena,
                                "{\"source\":\"icon-%d\",\"kind\":\"login_session\",\"key\":\"%d\",\"version\":1,\"body\":{\"session\":\"s%d-%d\","
                                "\"person\":%d,\"place\":%d,\"dn\":%d,\"begin\":\"2026-11-%02dT09:00:00.000Z\",\"end\":\"2026-11-%02dT09:30:00.000Z\"}}",
                                twin, own, twin, own, number + 1, own + 1, number + 1, day, day));
}

Test(derive, what_is_remembered_is_of_the_days_that_are_kept, .init = open_store, .fini = close_store)
{
    struct arena *arena = arena_create();
    const struct engine *engine = ingest_engine(store.ingest);
    uint32_t calls = 0, twins = 0, resolutions = 0, call_seats = 0;
    for (int day = 1; day <= DAYS; day++) {
        instant horizon = INSTANT_NONE;
        for (int i = 0; i < A_DAY; i++)
            say_one(arena, day, i);
        way_store_flush(&store);
        if (day > KEPT_DAYS) {
            cr_assert(instant_parse(bytes_from_text(arena_printf(arena, "2026-11-%02dT00:00:00.000Z", day - KEPT_DAYS + 2)), &horizon));
            way_store_horizon(&store, horizon);
        }
        calls = engine->calls.count > calls ? engine->calls.count : calls;
        twins = engine->twin_keys.count > twins ? engine->twin_keys.count : twins;
        resolutions = engine->resolutions.count > resolutions ? engine->resolutions.count : resolutions;
    }
    for (uint32_t seat = 1; seat <= engine->seat_count; seat++)
        call_seats += engine->seat_keys[seat - 1] >> 32 == SEAT_BY_CALL;
    uint32_t most = (KEPT_DAYS + 2) * A_DAY;
    cr_expect_leq(calls, most, "calls: %u numbers for %u a day", calls, A_DAY);
    cr_expect_leq(call_seats, most, "seats of calls: %u for %u a day", call_seats, A_DAY);
    cr_expect_leq(twins, most, "likenesses: %u for %u a day", twins, A_DAY);
    cr_expect_leq(resolutions, 3 * most + A_DAY, "resolutions: %u for %u sessions and ports a day", resolutions, 3 * A_DAY);
    printf("derive: %d days of %d calls and desks, %d kept: at most %u calls, %u likenesses, %u resolutions\n", DAYS, A_DAY, KEPT_DAYS, calls, twins, resolutions);
    arena_destroy(arena);
}
