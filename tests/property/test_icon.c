/*
 * Whatever order ICON's writers commit in, the facts that were delivered are, as a set, what the database says (sources: icon-facts).
 *
 * A seed gives writers that reserve blocks of numbers and commit out of order, transactions held longer than the time to settle,
 * batches that wait in ICON's queue for minutes and hours, writers that lose their connection and their numbers, restarts of ICON, purges, a
 * database that goes away between two queries, an adapter that is killed between its facts and its cursor, columns that go away or
 * change their type and come back.  At each cursor: no watermark promises a row that is not there (but late ones, which nobody can promise).
 * While a column is not what it was, its table stands, which is said with the column's name, and the other one goes on.
 * In the end, after a reconciling and a night: the ledger is the database, nothing contradicts.
 * tests/system/icon_interleave.sh does the same against real databases.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 1000)
 */
#include "base/log.h"
#include "tests/support/icon_world.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

Test(icon, the_facts_are_the_database, .timeout = 1200)
{
    uint64_t first = number("SEED", 1), seeds = number("SEEDS", 1000);
    struct world_totals totals = {0};
    struct arena *arena = arena_create();
    const struct icon_map *map = icon_world_map(arena);
    log_set_level(LOG_ERROR);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        const char *wrong = icon_world_try(seed, map, NULL, &totals);
        cr_assert(!wrong, "SEED=%" PRIu64 " SEEDS=1: %s", seed, wrong);
        icon_world_drop();
    }
    printf("SEED=%" PRIu64 " SEEDS=%" PRIu64 ": %" PRIu64 " rows, %" PRIu64 " facts, %" PRIu64 " changes later than the time to settle (%" PRIu64
           " rows told to have been found late), %" PRIu64 " lost connections, %" PRIu64 " columns that went or changed; %" PRIu64 " never had a watermark\n",
           first, seeds, totals.rows, totals.facts, totals.late, totals.told_late, totals.lost, totals.harms, totals.stands);
    cr_expect(seeds < 20 || (totals.told_late > 0 && totals.harms > 0 && totals.stands < seeds));
    arena_destroy(arena);
}
