/*
 * Whatever order ICON's writers commit in, the facts that were delivered are, as a set, what the database says (sources: icon-facts).
 *
 * A seed gives writers that reserve blocks of numbers and commit out of order, transactions held longer than the time to settle,
 * batches that wait in ICON's queue for minutes and hours, purges, a database that goes away between two queries, an adapter
 * that is killed between its facts and its cursor.  At each cursor: no watermark promises a row that is not there (but late ones,
 * which nobody can promise).  In the end, after a reconciling and a night: the ledger is the database, nothing contradicts.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 1000)
 */
#include "adapters/icon/tail.h"
#include "base/log.h"
#include "tests/support/icon_world.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SETTLE_MS = 20000, STEPS = 150 };

static const char site_map[] =
    "tables:\n  annex: {table: ~}\n  tenant: {table: ~}\n  switch: {table: ~}\n  endpoint: {table: ~}\n  place: {table: ~}\n  login: {table: ~}\n"
    "  person: {table: ~}\n  group: {table: ~}\n  group_person: {table: ~}\n  group_place: {table: ~}\n  campaign: {table: ~}\n  connection_cfg: {table: ~}\n";

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static struct tail *start(void)
{
    return tail_create(&(struct tail_options){.name = "icon-a", .part = "icon", .map = world->map, .sink = icon_world_sink(), .page_rows = 4 + (int)icon_world_roll(20),
                                              .settle_ms = SETTLE_MS, .reconcile_ms = 5 * MINUTE_MS, .reread_days = 3, .reread_hour = 2},
                       world->cursor.len ? buffer_bytes(&world->cursor) : BYTES_NONE);
}

static void poll(struct tail *tail, uint64_t seed)
{
    enum tail_next next;
    struct odbc_fault fault;
    if (tail_poll(tail, &next, &fault))
        tail_connected(tail);
    const char *wrong = icon_world_watermark_wrong();
    cr_assert(!wrong, "SEED=%" PRIu64 " SEEDS=1: watermark: %s", seed, wrong);
}

static void step(struct tail **tail, uint64_t seed)
{
    icon_world_pass(icon_world_roll(12) ? icon_world_roll(3000) : icon_world_roll(2 * SETTLE_MS));
    icon_world_queue(false);
    switch (icon_world_roll(16)) {
    case 0: case 1: case 2: case 3: case 4: icon_world_begin_session(); break;
    case 5: case 6: case 7: icon_world_end_session(); break;
    case 8: case 9: icon_world_commit((int)icon_world_roll(WORLD_WRITERS)); break;
    case 10: icon_world_record(); break;
    case 11: if (icon_world_roll(6) == 0) icon_world_purge(); break;
    case 12: world->fail_in = 1 + (int)icon_world_roll(8); break;
    case 13:
        if (icon_world_roll(3))
            break;
        tail_destroy(*tail);
        icon_world_forget();
        *tail = start();
        break;
    default: break;
    }
    poll(*tail, seed);
}

/* All is committed; then time enough for a pass, a reconciling and a night. */
static void settle(struct tail *tail, uint64_t seed)
{
    for (int w = 0; w < WORLD_WRITERS; w++)
        icon_world_commit(w);
    icon_world_queue(true);
    icon_world_record();
    world->fail_in = 0;
    for (int i = 0; i < 30; i++) {
        icon_world_pass(2000);
        poll(tail, seed);
    }
    icon_world_pass(DAY_MS);
    for (int i = 0; i < 150; i++) {
        icon_world_pass(1000);
        poll(tail, seed);
    }
}

Test(icon, the_facts_are_the_database, .timeout = 1200)
{
    uint64_t first = number("SEED", 1), seeds = number("SEEDS", 1000), facts = 0, rows = 0, late = 0, stands = 0;
    struct arena *arena = arena_create();
    const struct icon_map *map;
    const char *why;
    cr_assert_eq(icon_map_read(bytes_from_text(site_map), arena, &map, &why), ERR_OK);
    log_set_level(LOG_ERROR);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        icon_world_make(seed, SETTLE_MS, map);
        struct tail *tail = start();
        for (int i = 0; i < STEPS; i++)
            step(&tail, seed);
        settle(tail, seed);
        const char *wrong = icon_world_ledger_wrong();
        cr_assert(!wrong, "SEED=%" PRIu64 " SEEDS=1: %s", seed, wrong);
        cr_assert_eq(world->contradictions, 0u, "SEED=%" PRIu64 " SEEDS=1: %zu contradictions", seed, world->contradictions);
        facts += world->facts;
        rows += world->row_count;
        late += world->late;
        stands += world->watermark == INSTANT_NONE;
        tail_destroy(tail);
        icon_world_drop();
    }
    printf("SEED=%" PRIu64 " SEEDS=%" PRIu64 ": %" PRIu64 " rows, %" PRIu64 " facts, %" PRIu64 " changes later than the time to settle; %" PRIu64 " never had a watermark\n",
           first, seeds, rows, facts, late, stands);
    cr_expect(seeds < 20 || (late > 0 && stands < seeds));
    arena_destroy(arena);
}
