#include "server/engine/counter.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

void counters_create(struct counters *counters, struct masks *masks, size_t item_count)
{
    *counters = (struct counters){.masks = masks, .item_count = item_count, .lane_count = 2 * item_count, .horizon = INSTANT_EVER, .clock = INSTANT_EVER,
                                  .stale_from = UINT32_MAX};
}

void counters_free(struct counters *counters)
{
    for (uint32_t i = 0; i < counters->scope_count; i++) {
        free(counters->scopes[i].levels);
        free(counters->scopes[i].carry);
    }
    for (uint32_t i = 0; i < counters->slot_count; i++)
        free(counters->slots[i].edges);
    for (uint32_t i = 0; i < counters->day_count; i++)
        free(counters->days[i].nets);
    for (int i = 0; i < SCOPE_KIND_COUNT; i++)
        map_free(&counters->scope_index[i]);
    map_free(&counters->slot_index);
    map_free(&counters->day_index);
    free(counters->scopes);
    free(counters->slots);
    free(counters->slot_free);
    free(counters->days);
    free(counters->future);
}

/* Makes room for one more element of an array. */
static void *grow(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? *capacity * 2 : 64;
    return memory_resize(array, *capacity * size);
}

uint32_t counters_scope(struct counters *counters, struct scope scope)
{
    uint32_t number = map_get(&counters->scope_index[scope.kind], (uint64_t)scope.id);
    if (number)
        return number;
    counters->scopes = grow(counters->scopes, counters->scope_count, &counters->scope_capacity, sizeof *counters->scopes);
    number = ++counters->scope_count;
    counters->scopes[number - 1] = (struct counter_scope){
        .scope = scope,
        .levels = memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t)),
        .dirty = true,
    };
    map_put(&counters->scope_index[scope.kind], (uint64_t)scope.id, number);
    return number;
}

void counters_add_lanes(const struct counters *counters, int32_t *lanes, uint32_t mask, int sign)
{
    const uint64_t *words = masks_words(counters->masks, mask);
    for (size_t w = 0; w < counters->masks->word_count; w++)
        for (uint64_t bits = words[w]; bits; bits &= bits - 1) {
            int32_t *lane = &lanes[w * 64 + (size_t)__builtin_ctzll(bits)];
            check(!__builtin_add_overflow(*lane, sign, lane));
        }
}

static struct counter_day *day_at(struct counters *counters, int32_t day, uint32_t scope)
{
    uint64_t key = (uint64_t)(uint32_t)day << 32 | scope;
    uint32_t number = map_get(&counters->day_index, key);
    if (number == 0) {
        counters->days = grow(counters->days, counters->day_count, &counters->day_capacity, sizeof *counters->days);
        number = ++counters->day_count;
        counters->days[number - 1] = (struct counter_day){day, scope, memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t)), false};
        map_put(&counters->day_index, key, number);
    }
    return &counters->days[number - 1];
}

static struct counter_slot *slot_find(struct counters *counters, uint32_t slot, uint32_t scope)
{
    uint32_t number = map_get(&counters->slot_index, (uint64_t)slot << 32 | scope);
    return number ? &counters->slots[number - 1] : NULL;
}

static struct counter_slot *slot_at(struct counters *counters, uint32_t slot, uint32_t scope)
{
    struct counter_slot *found = slot_find(counters, slot, scope);
    if (found)
        return found;
    uint32_t number;
    if (counters->slot_free_count > 0) {
        number = counters->slot_free[--counters->slot_free_count];
    } else {
        uint32_t capacity = counters->slot_capacity;
        counters->slots = grow(counters->slots, counters->slot_count, &counters->slot_capacity, sizeof *counters->slots);
        if (capacity != counters->slot_capacity)
            counters->slot_free = memory_resize(counters->slot_free, counters->slot_capacity * sizeof *counters->slot_free);
        number = ++counters->slot_count;
    }
    counters->slots[number - 1] = (struct counter_slot){.slot = slot, .scope = scope, .live = true};
    map_put(&counters->slot_index, (uint64_t)slot << 32 | scope, number);
    return &counters->slots[number - 1];
}

static void slot_add(struct counter_slot *slot, uint32_t at, uint32_t mask, int sign)
{
    slot->edges = grow(slot->edges, slot->count, &slot->capacity, sizeof *slot->edges);
    slot->edges[slot->count++] = (struct slot_edge){at, sign < 0 ? -(int32_t)mask : (int32_t)mask};
}

static void mark_stale(struct counters *counters, struct counter_slot *slot)
{
    slot->stale = slot->dirty = true;
    counters->stale_pending = true;
    if (slot->slot < counters->stale_from)
        counters->stale_from = slot->slot;
    if (slot->slot > counters->stale_to)
        counters->stale_to = slot->slot;
}

static void level_edge(struct counters *counters, const struct edge *edge)
{
    if (edge->at > counters->clock) {
        if (counters->future_count == counters->future_capacity) {
            counters->future_capacity = counters->future_capacity ? counters->future_capacity * 2 : 64;
            counters->future = memory_resize(counters->future, counters->future_capacity * sizeof *counters->future);
        }
        counters->future[counters->future_count++] = *edge;
        return;
    }
    struct counter_scope *scope = &counters->scopes[edge->scope - 1];
    counters_add_lanes(counters, scope->levels, edge->mask, edge->sign);
    scope->dirty = true;
}

/* An edge before the horizon stands at it: the carry of the horizon's slot. */
static void carry_edge(struct counters *counters, const struct edge *edge)
{
    struct counter_scope *scope = &counters->scopes[edge->scope - 1];
    uint32_t slot_number = slot_of(counters->horizon);
    if (!scope->carry)
        scope->carry = memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t));
    counters_add_lanes(counters, scope->carry, edge->mask, edge->sign);
    struct counter_slot *slot = slot_at(counters, slot_number, edge->scope);
    if (slot_number < counters->floor)
        mark_stale(counters, slot);
    slot->dirty = true;
}

void counters_edge(struct counters *counters, const struct edge *edge)
{
    instant at = edge->at < counters->horizon ? counters->horizon : edge->at;
    struct counter_day *day = day_at(counters, instant_day(at), edge->scope);
    counters_add_lanes(counters, day->nets, edge->mask, edge->sign);
    day->dirty = true;
    level_edge(counters, edge);
    if (edge->at < counters->horizon) {
        carry_edge(counters, edge);
        return;
    }
    uint32_t slot_number = slot_of(at);
    struct counter_slot *slot = slot_at(counters, slot_number, edge->scope);
    slot->dirty = true;
    if (slot_number < counters->floor)
        mark_stale(counters, slot); /* its edges come with counters_derived_edge() */
    else
        slot_add(slot, (uint32_t)(at - (instant)slot_number * SLOT_MS), edge->mask, edge->sign);
}

void counters_derived_edge(struct counters *counters, const struct edge *edge)
{
    if (edge->at < counters->horizon)
        return;
    struct counter_slot *slot = slot_find(counters, slot_of(edge->at), edge->scope);
    if (slot && slot->stale)
        slot_add(slot, (uint32_t)(edge->at - (instant)slot->slot * SLOT_MS), edge->mask, edge->sign);
}

bool counters_stale_begin(struct counters *counters)
{
    if (!counters->stale_pending)
        return false;
    counters->stale_pending = false;
    /* All of them again, also those of an earlier settling that no flush has taken yet. */
    for (uint32_t i = 0; i < counters->slot_count; i++)
        if (counters->slots[i].stale)
            counters->slots[i].count = 0;
    return true;
}

void counters_restored_edge(struct counters *counters, const struct edge *edge)
{
    level_edge(counters, edge);
    uint32_t slot = slot_of(edge->at);
    if (edge->at >= counters->horizon && slot >= counters->floor)
        slot_add(slot_at(counters, slot, edge->scope), (uint32_t)(edge->at - (instant)slot * SLOT_MS), edge->mask, edge->sign);
}

void counters_advance(struct counters *counters, instant clock)
{
    size_t kept = 0;
    if (clock <= counters->clock)
        return;
    counters->clock = clock;
    for (size_t i = 0; i < counters->future_count; i++) {
        struct edge edge = counters->future[i];
        if (edge.at > clock)
            counters->future[kept++] = edge;
        else
            level_edge(counters, &edge);
    }
    counters->future_count = kept;
}

void counters_flushed(struct counters *counters, uint32_t floor)
{
    if (floor < counters->floor)
        floor = counters->floor;
    for (uint32_t i = 0; i < counters->slot_count; i++) {
        struct counter_slot *slot = &counters->slots[i];
        if (!slot->live)
            continue;
        slot->dirty = false;
        if (slot->slot >= floor)
            continue;
        free(slot->edges);
        map_remove(&counters->slot_index, (uint64_t)slot->slot << 32 | slot->scope);
        *slot = (struct counter_slot){0};
        counters->slot_free[counters->slot_free_count++] = i + 1;
    }
    counters->floor = floor;
    counters->stale_from = UINT32_MAX;
    counters->stale_to = 0;
    for (uint32_t i = 0; i < counters->day_count; i++)
        counters->days[i].dirty = false;
    for (uint32_t i = 0; i < counters->scope_count; i++)
        counters->scopes[i].dirty = false;
}

void counters_restore_day(struct counters *counters, int32_t day, struct scope scope, const int32_t *nets)
{
    struct counter_day *at = day_at(counters, day, counters_scope(counters, scope));
    memcpy(at->nets, nets, counters->lane_count * sizeof *nets);
}

void counters_restore_carry(struct counters *counters, struct scope scope, const int32_t *carry)
{
    struct counter_scope *at = &counters->scopes[counters_scope(counters, scope) - 1];
    if (!at->carry)
        at->carry = memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t));
    memcpy(at->carry, carry, counters->lane_count * sizeof *carry);
}

void counters_set_horizon(struct counters *counters, instant horizon)
{
    check(horizon >= counters->horizon && horizon % SLOT_MS == 0);
    if (horizon == counters->horizon)
        return;
    counters->horizon = horizon;
    for (uint32_t i = 0; i < counters->scope_count; i++) {
        free(counters->scopes[i].carry);
        counters->scopes[i].carry = NULL;
    }
}
