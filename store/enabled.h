/*
 * store/enabled.h - how many configured objects could use an item: steps in time, per scope.
 *
 * Configuration changes rarely, so nothing is summed up per slot: a record holds the steps of one scope
 * on one UTC day, and a period's count is the sum of all steps before it and the walk over its own.
 * What holds since ever stands on day 0.
 *
 *   enabled: scope kind u8, id u64, day u32 → steps of:
 *            varint (ms of the day × 2, + 1 unless carried there by a store horizon, which is no occasion)
 *            less that of the step before · varint item · signed delta
 */
#ifndef STORE_ENABLED_H
#define STORE_ENABLED_H

#include "store/slot.h"

struct enabled_step {
    uint32_t at; /* ms of the day × 2, + 1: a change of its own, else carried */
    uint32_t item;
    int32_t delta;
};

void enabled_key(struct key *key, struct scope scope, int32_t day);
/* Steps must come in order of (at, item); before is the at of the step before, 0 at first. */
void enabled_pack(struct buffer *out, const struct enabled_step *step, uint32_t before);
/* Takes one step from the front of *rest; step->at holds that of the step before (0 at first). */
bool enabled_unpack(struct bytes *rest, struct enabled_step *step, bool *damaged);

#endif
