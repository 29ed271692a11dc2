#include "adapters/simulator/calls.h"

#include "adapters/simulator/dice.h"
#include "base/check.h"
#include "proto/fact.h"

#include <stdlib.h>

enum { CALLS_PER_AGENT = 12, PLATFORMS = 3, PROFILES = 4, LEGS_PER_DAY = 100000000 };

void calls_make(struct calls *calls, const struct site_options *site, const struct delivery_options *delivery, instant begin)
{
    *calls = (struct calls){.site = *site, .delivery = *delivery, .begin = begin, .next_day = instant_day(begin)};
}

void calls_free(struct calls *calls)
{
    free(calls->items);
    *calls = (struct calls){0};
}

static unsigned uses_of(struct dice *dice)
{
    unsigned uses = PORT_GVP;
    uses |= dice_chance(dice, 350) ? PORT_ASR : 0;
    uses |= dice_chance(dice, 500) ? PORT_TTS : 0;
    uses |= dice_chance(dice, 120) ? PORT_RECORDING : 0;
    uses |= dice_chance(dice, 150) ? PORT_PARKING : 0;
    return uses;
}

static void add_leg(const struct calls *calls, struct sim_call *call, struct dice *dice, bool manager, instant begin, instant end)
{
    check(call->leg_count < CALL_LEGS_MAX && begin <= end);
    struct sim_leg *leg = &call->legs[call->leg_count++];
    int64_t late = dice_chance(dice, calls->delivery.late_per_mille) ? calls->delivery.late_minutes_max * (int64_t)MINUTE_MS : 5 * SECOND_MS;
    *leg = (struct sim_leg){
        .manager = manager, .begin = begin, .end = end, .uses = manager ? PORT_GVP : uses_of(dice),
        .component = COMPONENT_ID_BASE + (manager ? 0 : 1 + dice_below(dice, PLATFORMS)),
        .told = begin + dice_below(dice, 800), .written = end + dice_between(dice, 20, late),
    };
}

/* The shape of a call: which legs it has and how they lie. */
static void add_legs(const struct calls *calls, struct sim_call *call, struct dice *dice, instant begin, instant end)
{
    instant media = begin + dice_between(dice, 5, 300), media_end = end - dice_below(dice, 50);
    int64_t shape = dice_below(dice, 100), half = (media_end - media) / 2;
    if (shape < 3) { /* nobody took it */
        add_leg(calls, call, dice, true, begin, begin + dice_between(dice, 100, 3000));
        return;
    }
    if (shape < 6) { /* a platform without a manager, and without a guid */
        call->guid[0] = call->guid[1] = 0;
        add_leg(calls, call, dice, false, media, media_end);
        return;
    }
    add_leg(calls, call, dice, true, begin, end);
    if (shape < 9) /* hung up at once */
        media_end = media;
    else if (shape < 15) { /* handed on to another platform: with an overlap, or after a while */
        add_leg(calls, call, dice, false, media, media + half + (shape % 2 ? half / 2 : -half / 2));
        media += half;
    }
    add_leg(calls, call, dice, false, media, media_end);
}

static struct sim_call call_of(const struct calls *calls, int32_t day, int64_t number)
{
    struct dice dice = dice_for(calls->site.seed, DICE_CALL, number, day);
    struct sim_call call = {.tenant = (int32_t)dice_below(&dice, calls->site.tenants), .profile = PROFILE_ID_BASE + dice_below(&dice, PROFILES)};
    /* Most around noon, some at any time; a third of the short ones begin on a whole second. */
    int64_t in_day = (dice_below(&dice, DAY_MS) + (dice_chance(&dice, 850) ? dice_below(&dice, DAY_MS) : dice_below(&dice, DAY_MS) / 8)) / 2;
    instant begin = day * (int64_t)DAY_MS + (dice_chance(&dice, 300) ? in_day / SECOND_MS * SECOND_MS : in_day);
    int64_t length = 2 * SECOND_MS + dice_below(&dice, dice_chance(&dice, 100) ? 30 * MINUTE_MS : 4 * MINUTE_MS);
    call.guid[0] = dice_throw(&dice);
    call.guid[1] = dice_throw(&dice) | 1;
    if (dice_chance(&dice, 5)) /* over midnight */
        begin = (day + 1) * (int64_t)DAY_MS - 1 - dice_below(&dice, length);
    call.begin = begin;
    add_legs(calls, &call, &dice, begin, begin + length);
    for (int i = 0; i < call.leg_count; i++)
        call.legs[i].id = day * (int64_t)LEGS_PER_DAY + number * CALL_LEGS_MAX + i;
    return call;
}

static int compare_calls(const void *a, const void *b)
{
    const struct sim_call *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->legs[0].id > y->legs[0].id) - (x->legs[0].id < y->legs[0].id);
}

static void add_day(struct calls *calls, int32_t day)
{
    size_t first = calls->count;
    for (int64_t number = 0; number < (int64_t)calls->site.agents * CALLS_PER_AGENT; number++) {
        struct sim_call call = call_of(calls, day, number);
        if (call.begin < calls->begin)
            continue;
        if (calls->count == calls->room) {
            calls->room = calls->room ? calls->room * 2 : 1024;
            calls->items = memory_resize(calls->items, calls->room * sizeof *calls->items);
        }
        calls->items[calls->count++] = call;
    }
    if (calls->count > first)
        qsort(calls->items + first, calls->count - first, sizeof *calls->items, compare_calls);
}

void calls_reach(struct calls *calls, instant at)
{
    while (calls->next_day <= instant_day(at))
        add_day(calls, calls->next_day++);
}

size_t calls_find(const struct calls *calls, instant at)
{
    size_t low = 0, high = calls->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calls->items[middle].begin < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
