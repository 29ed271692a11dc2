#include "server/engine/enabled.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static struct enabled_day *day_at(struct enabled_days *enabled, uint32_t scope, int32_t day)
{
    uint64_t key = (uint64_t)(uint32_t)day << 32 | scope;
    uint32_t number = map_get(&enabled->index, key);
    if (number)
        return &enabled->days[number - 1];
    if (enabled->count == enabled->capacity) {
        enabled->capacity = enabled->capacity ? enabled->capacity * 2 : 64;
        enabled->days = memory_resize(enabled->days, enabled->capacity * sizeof *enabled->days);
    }
    number = ++enabled->count;
    enabled->days[number - 1] = (struct enabled_day){.scope = scope, .day = day};
    map_put(&enabled->index, key, number);
    return &enabled->days[number - 1];
}

void enabled_restore(struct enabled_days *enabled, uint32_t scope, int32_t day, const struct enabled_step *step)
{
    struct enabled_day *at = day_at(enabled, scope, day);
    if (at->count == at->capacity) {
        at->capacity = at->capacity ? at->capacity * 2 : 8;
        at->steps = memory_resize(at->steps, at->capacity * sizeof *at->steps);
    }
    at->steps[at->count++] = *step;
}

static int compare_steps(const void *a, const void *b)
{
    const struct enabled_step *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* Adds up the steps of one instant and item; leaves them sorted. */
static void net(struct enabled_day *day)
{
    uint32_t kept = 0;
    if (day->count > 1)
        qsort(day->steps, day->count, sizeof *day->steps, compare_steps);
    for (uint32_t i = 0; i < day->count;) {
        struct enabled_step sum = day->steps[i++];
        for (; i < day->count && compare_steps(&day->steps[i], &sum) == 0; i++)
            sum.delta += day->steps[i].delta;
        if (sum.delta)
            day->steps[kept++] = sum;
    }
    day->count = kept;
}

void enabled_add(struct enabled_days *enabled, const struct counters *counters, const struct edge *edge)
{
    bool carried = edge->at < counters->horizon;
    instant at = carried ? counters->horizon : edge->at < 0 ? 0 : edge->at; /* INSTANT_EVER: the first day there is */
    const uint64_t *words = masks_words(counters->masks, edge->mask);
    struct enabled_step step = {.at = (uint32_t)(at - (instant)instant_day(at) * DAY_MS) * 2 + !carried, .delta = edge->sign};
    for (size_t item = 0; words && item < counters->item_count; item++)
        if (words[item / 64] >> item % 64 & 1) {
            step.item = (uint32_t)item;
            enabled_restore(enabled, edge->scope, instant_day(at), &step);
        }
    struct enabled_day *day = day_at(enabled, edge->scope, instant_day(at));
    day->dirty = true;
    /* What is corrected over and over must not pile up until the next flush. */
    if (day->count > 4096 && day->count == day->capacity)
        net(day);
}

void enabled_pack_day(struct enabled_day *day, const uint32_t *item_numbers, struct buffer *out)
{
    uint32_t before = 0;
    net(day);
    for (uint32_t i = 0; i < day->count; i++) {
        struct enabled_step step = day->steps[i];
        step.item = item_numbers[step.item];
        enabled_pack(out, &step, before);
        before = step.at;
    }
}

void enabled_flushed(struct enabled_days *enabled)
{
    for (uint32_t i = 0; i < enabled->count; i++)
        enabled->days[i].dirty = false;
}

void enabled_free(struct enabled_days *enabled)
{
    for (uint32_t i = 0; i < enabled->count; i++)
        free(enabled->days[i].steps);
    free(enabled->days);
    map_free(&enabled->index);
}
