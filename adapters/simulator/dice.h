/*
 * adapters/simulator/dice.h - chance that repeats itself.
 *
 * A throw depends on the seed, on what it is for and on the things it is about, on nothing else: the day of one
 * person stays the same however many days are filled, and a simulator that is started again finds its script again.
 */
#ifndef ADAPTERS_SIMULATOR_DICE_H
#define ADAPTERS_SIMULATOR_DICE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

enum dice_use {
    DICE_PERSON = 1, DICE_PLACE, DICE_GROUP, DICE_ORDER, DICE_SHIFT, DICE_DAY, DICE_STUCK, DICE_STRAY, DICE_CAMPAIGN,
    DICE_GUID, DICE_WRITE, DICE_OUTAGE, DICE_LAG, DICE_CALL, DICE_SOLD,
};

struct dice {
    uint64_t state;
};

static inline struct dice dice_for(uint64_t seed, enum dice_use use, int64_t a, int64_t b)
{
    uint64_t state = hash_mix(seed ^ hash_mix((uint64_t)use));
    state = hash_mix(state ^ hash_mix((uint64_t)a));
    return (struct dice){hash_mix(state ^ hash_mix((uint64_t)b))};
}

static inline uint64_t dice_throw(struct dice *dice)
{
    dice->state += 0x9e3779b97f4a7c15u;
    return hash_mix(dice->state);
}

/* 0 … limit - 1; limit must be above 0. */
static inline int64_t dice_below(struct dice *dice, int64_t limit)
{
    return (int64_t)(dice_throw(dice) % (uint64_t)limit);
}

/* from … to, both included. */
static inline int64_t dice_between(struct dice *dice, int64_t from, int64_t to)
{
    return from + dice_below(dice, to - from + 1);
}

static inline bool dice_chance(struct dice *dice, int per_mille)
{
    return dice_below(dice, 1000) < per_mille;
}

#endif
