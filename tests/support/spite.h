/*
 * tests/support/spite.h - random facts, full of spite, over a small world.
 *
 * A seed gives a world: a handful of tenants, persons, places, DNs, switches, applications, and a
 * handful of instants (midnights, slot and period borders, one millisecond beside them), so that ends
 * meet begins, levels lie over borders and everybody sits on everybody's place.  Over it lie facts that
 * pass fact_check() and are otherwise as bad as the law allows: many versions in any order,
 * contradictory bodies at one version, twins, logins without media and media without logins,
 * disconnects, versions that move a row to another seat, unknown references, extreme ids and times.
 *
 * The same seed gives the same facts everywhere.  Facts live in the arena.
 */
#ifndef TESTS_SUPPORT_SPITE_H
#define TESTS_SUPPORT_SPITE_H

#include "base/memory.h"
#include "proto/fact.h"

struct dice {
    uint64_t state;
};
uint64_t dice_roll(struct dice *dice, uint64_t sides); /* 0 … sides - 1 */
bool dice_chance(struct dice *dice, unsigned percent);
void dice_shuffle(struct dice *dice, void *list, size_t count, size_t size);

struct spite {
    struct fact *facts; /* in the order in which a source would say them, more or less */
    size_t count;
    int cap_hours;
    instant from, to; /* whole UTC days around what happens, but for the extremes */
};

void spite_make(uint64_t seed, struct arena *arena, struct spite *spite);

/* More facts behind those: rule sets with other catalogs, caps and zones, and bundle sets, on days of this world. */
void spite_rulesets_add(uint64_t seed, struct arena *arena, struct spite *spite);

/* Appends the facts as JSON lines. */
void spite_print(const struct fact *facts, size_t count, struct buffer *out);

#endif
