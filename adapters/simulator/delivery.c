/* adapters/simulator/delivery.c - late, held, or at once. */
#include "adapters/simulator/delivery.h"

#include "adapters/simulator/dice.h"

/* The adapter's settle time is 120 s by default: a held transaction stays far below it. */
static const int64_t hold_ms_min = 300, hold_ms_max = 8000, late_ms_min = 20000;

struct delivery delivery_of(const struct script *script, const struct sim_event *event, const struct delivery_options *options)
{
    struct dice dice = dice_for(script->site->options.seed, DICE_WRITE, (int64_t)event->kind, event->at ^ (int64_t)(event->index << 20));
    struct delivery delivery = {0};
    if (dice_chance(&dice, options->late_per_mille)) {
        int64_t most = options->late_minutes_max * (int64_t)MINUTE_MS;
        delivery.delay_ms = dice_between(&dice, late_ms_min < most ? late_ms_min : most, most);
    } else if (dice_chance(&dice, options->side_per_mille)) {
        delivery.side = true;
        delivery.delay_ms = dice_between(&dice, hold_ms_min, hold_ms_max);
    }
    return delivery;
}
