/*
 * How long each level was held (store/hour.h): the edges of an hour's seats, slot by slot, item by item.
 * Items whose levels moved alike in a slot, as those of one kind of session do, share their times.
 */
#include "server/engine/hourly.h"

#include "base/check.h"

#include <stdlib.h>

struct slot_times {
    struct engine *engine;
    const struct edge *edges; /* of one scope and slot, in order of time */
    size_t count;
    uint32_t *ms;             /* per level, from -count to count; zero between two items */
    struct level_time *times; /* of the item under way */
    struct buffer *out;
    struct group {
        uint32_t *items;
        size_t item_count, time_count;
        struct level_time *times;
    } *groups;
    size_t group_count;
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The times of an item, levels ascending; how many levels. */
static size_t times_of(struct slot_times *slot, size_t item)
{
    size_t found = 0;
    int64_t level = 0, low = 0, high = 0, middle = (int64_t)slot->count;
    instant start = floor_div(slot->edges[0].at, SLOT_MS) * SLOT_MS, since = start;
    bool any = false;
    for (size_t i = 0; i < slot->count; i++) {
        const uint64_t *words = masks_words(&slot->engine->masks, slot->edges[i].mask);
        if (!(words[item / 64] >> item % 64 & 1))
            continue;
        slot->ms[middle + level] += (uint32_t)(slot->edges[i].at - since);
        since = slot->edges[i].at;
        level += slot->edges[i].sign;
        low = level < low ? level : low;
        high = level > high ? level : high;
        any = true;
    }
    if (!any)
        return 0;
    slot->ms[middle + level] += (uint32_t)(start + SLOT_MS - since);
    for (int64_t at = low; at <= high; at++) {
        if (slot->ms[middle + at])
            slot->times[found++] = (struct level_time){(int32_t)at, slot->ms[middle + at]};
        slot->ms[middle + at] = 0;
    }
    return found == 1 && slot->times[0].level == 0 ? 0 : found; /* as if nothing had changed */
}

static void add_item(struct slot_times *slot, size_t item, size_t time_count)
{
    struct engine *engine = slot->engine;
    size_t at = 0, bytes = time_count * sizeof *slot->times;
    while (at < slot->group_count && (slot->groups[at].time_count != time_count || memcmp(slot->groups[at].times, slot->times, bytes) != 0))
        at++;
    struct group *group = &slot->groups[at];
    if (at == slot->group_count) {
        *group = (struct group){.items = arena_alloc(engine->scratch, engine->masks.item_count * sizeof *group->items), .time_count = time_count,
                                .times = arena_alloc(engine->scratch, bytes)};
        memcpy(group->times, slot->times, bytes);
        slot->group_count++;
    }
    group->items[group->item_count++] = engine->item_of_lane[item];
}

static int compare_items(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Lists of items that the hour's groups may name live in `kept`. */
static void pack_slot(struct engine *engine, const struct edge *edges, size_t count, struct arena *kept, struct times_lists *lists, struct buffer *out)
{
    struct slot_times slot = {.engine = engine, .edges = edges, .count = count, .out = out};
    slot.ms = arena_alloc(engine->scratch, (2 * count + 1) * sizeof *slot.ms);
    slot.times = arena_alloc(engine->scratch, (2 * count + 1) * sizeof *slot.times);
    slot.groups = arena_alloc(engine->scratch, engine->masks.item_count * sizeof *slot.groups);
    for (size_t item = 0; item < engine->masks.item_count; item++) {
        size_t times = times_of(&slot, item);
        if (times)
            add_item(&slot, item, times);
    }
    for (size_t i = 0; i < slot.group_count; i++) {
        struct group *group = &slot.groups[i];
        if (group->item_count > 1)
            qsort(group->items, group->item_count, sizeof *group->items, compare_items);
        struct bytes items = arena_copy(kept, bytes_of(group->items, group->item_count * sizeof *group->items));
        times_pack(out, slot_of(edges[0].at) % HOUR_SLOTS, (struct times_list){(const void *)items.data, group->item_count}, group->times, group->time_count,
                   lists);
    }
    arena_reset(engine->scratch);
}

void sustained_scope(struct engine *engine, struct edge *list, size_t count, struct hour_result *result)
{
    struct buffer out = {0};
    struct arena *kept = arena_create();
    struct times_lists lists = {0};
    if (count > 1)
        qsort(list, count, sizeof *list, compare_edges);
    for (size_t from = 0, to; from < count; from = to) {
        uint32_t slot = slot_of(list[from].at);
        for (to = from; to < count && slot_of(list[to].at) == slot; to++)
            ;
        pack_slot(engine, &list[from], to - from, kept, &lists, &out);
    }
    if (count)
        hour_result_add(result, TABLE_SUSTAINED, list[0].scope, buffer_bytes(&out));
    arena_destroy(kept);
    buffer_free(&out);
}
