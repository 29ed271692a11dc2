/*
 * tests/system/icon_interleave.c - random interleavings of ICON's writers in a real database, for icon_interleave.sh.
 *
 *   icon_interleave DSN READER WRITER ADMIN PASSWORD_FILE     SEED: the first seed (default 1), SEEDS: how many (default 10)
 *
 * The writers, what happens and what must hold: tests/support/icon_world.h, as in tests/property/test_icon.c; here each
 * writer is a session of the database.  In the end the facts are the rows of the database, field by field.
 * Exit 0: no difference; 1: one, printed with its seed; 2: the test itself failed.
 */
#include "base/log.h"
#include "tests/support/icon_world.h"
#include "tests/support/icon_world_real.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t first = number("SEED", 1), seeds = number("SEEDS", 10), rows = 0;
    struct world_totals totals = {0};
    struct arena *arena = arena_create();
    const char *wrong = NULL;
    if (argc != 6) {
        fprintf(stderr, "usage: icon_interleave DSN READER WRITER ADMIN PASSWORD_FILE\n");
        return 2;
    }
    log_set_level(LOG_ERROR);
    const struct icon_map *map = icon_world_map(arena);
    icon_real_open(&(struct icon_real_options){.dsn = argv[1], .reader = argv[2], .writer = argv[3], .admin = argv[4], .password_file = argv[5], .map = map});
    for (uint64_t seed = first; seed < first + seeds && !wrong; seed++) {
        icon_real_clear();
        wrong = icon_world_try(seed, map, icon_real_reader(), &totals);
        if (!wrong)
            wrong = icon_real_wrong(&rows);
        if (wrong)
            printf("SEED=%" PRIu64 " SEEDS=1: %s\n", seed, wrong);
        icon_world_drop();
    }
    printf("SEED=%" PRIu64 " SEEDS=%" PRIu64 ": %" PRIu64 " rows in the database in the end, %" PRIu64 " facts, %" PRIu64 " changes later than the time to settle (%" PRIu64
           " rows told to have been found late), %" PRIu64 " lost connections, %" PRIu64 " columns that went or changed; %d differences\n",
           first, seeds, rows, totals.facts, totals.late, totals.told_late, totals.lost, totals.harms, wrong != NULL);
    icon_real_close();
    arena_destroy(arena);
    return wrong != NULL;
}
