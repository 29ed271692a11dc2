/*
 * The largest level that was held for so long in total (domain.md §2.10): the time at each level, summed up over a
 * period from what its slots' records say relative to their entries (store/hour.h).
 */
#include "server/query/sustained.h"

#include "base/log.h"
#include "store/hour.h"

struct item_times {
    int64_t *ms; /* per level from 0 up */
    size_t capacity, count;
};
struct here { /* an item's times in the slot under way */
    const struct level_time *times;
    size_t count;
    uint32_t slot; /* + 1 */
};

struct times {
    struct query *query;
    struct scope scope;
    struct arena *arena, *hour_arena;
    struct item_times *items;
    struct here *here; /* per item */
    struct times_group *groups; /* of the hour */
    size_t group_count, group_next;
    uint32_t hour; /* its first slot, + 1 */
};

struct times *times_create(struct query *query, struct scope scope, struct arena *arena)
{
    struct times *times = arena_alloc(arena, sizeof *times);
    *times = (struct times){.query = query, .scope = scope, .arena = arena, .hour_arena = arena_create()};
    times->items = arena_alloc(arena, (query->item_count + 1) * sizeof *times->items);
    times->here = arena_alloc(arena, (query->item_count + 1) * sizeof *times->here);
    return times;
}

void times_destroy(struct times *times)
{
    arena_destroy(times->hour_arena);
}

void times_add(struct times *times, size_t item, int64_t level, int64_t ms)
{
    struct item_times *of = &times->items[item];
    if (level <= 0 || ms <= 0)
        return; /* a level below zero is a bug that the fold tells; 0 is held by nobody */
    if ((size_t)level >= of->capacity) {
        size_t capacity = of->capacity * 2 + 64;
        while (capacity <= (size_t)level)
            capacity *= 2;
        int64_t *more = arena_alloc(times->arena, capacity * sizeof *more);
        if (of->count)
            memcpy(more, of->ms, of->count * sizeof *more);
        of->ms = more;
        of->capacity = capacity;
    }
    of->ms[level] += ms;
    if ((size_t)level >= of->count)
        of->count = (size_t)level + 1;
}

static void load_hour(struct times *times, uint32_t slot)
{
    struct bytes records;
    struct times_lists lists = {0};
    bool damaged = false;
    uint32_t hour = slot - slot % HOUR_SLOTS;
    if (times->hour == hour + 1)
        return;
    arena_reset(times->hour_arena);
    times->hour = hour + 1;
    times->groups = NULL;
    times->group_count = times->group_next = 0;
    if (!hour_get(times->query->txn, TABLE_SUSTAINED, hour, times->scope, times->hour_arena, &records))
        return;
    times->groups = arena_alloc(times->hour_arena, (records.len / 2 + 1) * sizeof *times->groups);
    while (times_unpack(&records, times->hour_arena, &lists, &times->groups[times->group_count], &damaged))
        times->group_count++;
    if (damaged)
        log_error("query", "table sustained: a record of %s %lld is damaged", scope_kind_name(times->scope.kind), (long long)times->scope.id);
}

void times_begin_slot(struct times *times, uint32_t slot)
{
    load_hour(times, slot);
    for (; times->group_next < times->group_count && times->groups[times->group_next].slot < slot % HOUR_SLOTS; times->group_next++)
        ;
    for (; times->group_next < times->group_count && times->groups[times->group_next].slot == slot % HOUR_SLOTS; times->group_next++) {
        const struct times_group *group = &times->groups[times->group_next];
        for (size_t i = 0; i < group->item_count; i++) {
            uint32_t item = group->items[i] <= times->query->number_max ? times->query->item_of_number[group->items[i]] : 0;
            if (item)
                times->here[item - 1] = (struct here){group->times, group->count, slot + 1};
        }
    }
}

void times_add_slot(struct times *times, size_t item, uint32_t slot, int64_t entry, int64_t last, int64_t unknown_ms)
{
    const struct here *here = &times->here[item];
    if (here->slot != slot + 1) {
        times_add(times, item, entry, SLOT_MS - unknown_ms); /* moved within single milliseconds only, or not counted yet */
        return;
    }
    for (size_t i = 0; i < here->count; i++) {
        int64_t level = entry + here->times[i].level, ms = here->times[i].ms;
        times_add(times, item, level, level == last ? ms - unknown_ms : ms);
    }
}

int64_t times_answer(struct times *times, size_t item, int64_t ms_least)
{
    struct item_times *of = &times->items[item];
    int64_t ms = 0, answer = 0;
    for (size_t level = of->count; level-- > 1 && !answer;) {
        ms += of->ms[level];
        if (ms >= ms_least)
            answer = (int64_t)level;
    }
    if (of->count)
        memset(of->ms, 0, of->count * sizeof *of->ms);
    of->count = 0;
    return answer;
}
