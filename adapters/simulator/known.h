/*
 * adapters/simulator/known.h - the sessions of a script as far as they are known at an instant (domain.md §7.1–§7.5).
 *
 * A row is known at as_of when its event was: a login, a media row, a logout, a campaign's load later than as_of is
 * none.  Pure; for truth.c.
 */
#ifndef ADAPTERS_SIMULATOR_KNOWN_H
#define ADAPTERS_SIMULATOR_KNOWN_H

#include "adapters/simulator/truth.h"

/* One seat's use of items by one session. */
struct seat_use {
    uint64_t seat;
    instant from, to; /* half-open, not empty; to is INSTANT_NEVER-free and at most the cap */
    int32_t tenant;   /* index */
    uint32_t items;   /* bits 1 << SIM_ITEM_… */
};

struct seat_uses {
    struct seat_use *items; /* owned: free() */
    size_t count, room;
};

/* In no particular order. */
struct seat_uses known_uses(const struct script *script, instant as_of);

#endif
