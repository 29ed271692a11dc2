/* The lanes of items: given to codes as they come, never taken back while the engine lives. */
#include "server/engine/private.h"

#include "base/check.h"

#include <stdlib.h>

uint32_t lanes_of(struct engine *engine, struct bytes code)
{
    return names_number(&engine->names, DICTIONARY_ITEM, code) - 1;
}

/* An array of lanes: the default chain's, then the person's, which move up. */
static void grow_lanes(int32_t **lanes, size_t before, size_t now)
{
    if (!*lanes)
        return;
    int32_t *more = memory_alloc_zero(2 * now + 1, sizeof *more);
    memcpy(more, *lanes, before * sizeof *more);
    memcpy(more + now, *lanes + before, before * sizeof *more);
    free(*lanes);
    *lanes = more;
}

static void grow_counters(struct counters *counters, size_t now)
{
    size_t before = counters->item_count;
    for (uint32_t i = 0; i < counters->scope_count; i++) {
        grow_lanes(&counters->scopes[i].levels, before, now);
        grow_lanes(&counters->scopes[i].carry, before, now);
    }
    for (uint32_t i = 0; i < counters->day_count; i++)
        grow_lanes(&counters->days[i].nets, before, now);
    counters->item_count = now;
    counters->lane_count = 2 * now;
}

void lanes_grow(struct engine *engine)
{
    size_t before = engine->counters.item_count, now = engine->names.dictionaries[DICTIONARY_ITEM].count;
    if (now == before)
        return;
    masks_grow(&engine->masks, now);
    grow_counters(&engine->counters, now);
    engine->item_of_lane = memory_resize(engine->item_of_lane, (now + 1) * sizeof *engine->item_of_lane);
    for (size_t lane = before; lane < now; lane++)
        engine->item_of_lane[lane] = (uint32_t)lane + 1;
}
