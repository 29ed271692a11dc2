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
    for (uint32_t i = 0; i < counters->row_count; i++) {
        free(counters->rows[i].by_scope);
        free(counters->rows[i].staged);
    }
    dictionary_free(&counters->scope_sets);
    free(counters->set_at);
    free(counters->sets);
    free(counters->order);
    stage_free(counters->stage);
    fold_free(counters->fold);
    free(counters->rows);
    map_free(&counters->row_index);
    map_free(&counters->day_index);
    free(counters->scopes);
    free(counters->slots);
    free(counters->slot_free);
    free(counters->days);
    free(counters->future);
    hours_free(&counters->hours);
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

struct counter_day *counters_day(struct counters *counters, int32_t day, uint32_t scope)
{
    uint32_t *last = &counters->scopes[scope - 1].last_day;
    if (*last && counters->days[*last - 1].day == day)
        return &counters->days[*last - 1];
    uint64_t key = (uint64_t)(uint32_t)day << 32 | scope;
    uint32_t number = map_get(&counters->day_index, key);
    if (number == 0) {
        counters->days = grow(counters->days, counters->day_count, &counters->day_capacity, sizeof *counters->days);
        number = ++counters->day_count;
        counters->days[number - 1] = (struct counter_day){day, scope, memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t)), false};
        map_put(&counters->day_index, key, number);
    }
    *last = number;
    return &counters->days[number - 1];
}

/* The row of a slot; NULL: none, and none is made. */
static struct slot_row *row_of(struct counters *counters, uint32_t slot, bool make)
{
    uint32_t *near = &counters->row_near[slot % ROWS_NEAR];
    if (*near && counters->rows[*near - 1].slot == slot)
        return &counters->rows[*near - 1];
    uint32_t number = map_get(&counters->row_index, (uint64_t)slot + 1);
    if (number == 0 && !make)
        return NULL;
    if (number == 0) {
        counters->rows = grow(counters->rows, counters->row_count, &counters->row_capacity, sizeof *counters->rows);
        number = ++counters->row_count;
        counters->rows[number - 1] = (struct slot_row){.slot = slot};
        map_put(&counters->row_index, (uint64_t)slot + 1, number);
    }
    *near = number;
    return &counters->rows[number - 1];
}

static struct counter_slot *slot_find(struct counters *counters, uint32_t slot, uint32_t scope)
{
    const struct slot_row *row = row_of(counters, slot, false);
    uint32_t number = row && scope <= row->capacity ? row->by_scope[scope - 1] : 0;
    return number ? &counters->slots[number - 1] : NULL;
}

struct slot_row *counters_row(struct counters *counters, uint32_t slot)
{
    return row_of(counters, slot, true);
}

void counters_mark_dirty(struct slot_row *row, struct counter_slot *slot)
{
    slot->dirty = row->dirty = true;
}

static uint32_t slot_new(struct counters *counters)
{
    if (counters->slot_free_count > 0)
        return counters->slot_free[--counters->slot_free_count];
    uint32_t capacity = counters->slot_capacity;
    counters->slots = grow(counters->slots, counters->slot_count, &counters->slot_capacity, sizeof *counters->slots);
    if (capacity != counters->slot_capacity)
        counters->slot_free = memory_resize(counters->slot_free, counters->slot_capacity * sizeof *counters->slot_free);
    return ++counters->slot_count;
}

struct counter_slot *counters_slot(struct counters *counters, struct slot_row *row, uint32_t scope)
{
    if (scope > row->capacity) {
        uint32_t capacity = counters->scope_capacity;
        row->by_scope = memory_resize(row->by_scope, capacity * sizeof *row->by_scope);
        memset(row->by_scope + row->capacity, 0, (capacity - row->capacity) * sizeof *row->by_scope);
        row->capacity = capacity;
    }
    uint32_t number = row->by_scope[scope - 1];
    if (number == 0) {
        number = slot_new(counters);
        counters->slots[number - 1] = (struct counter_slot){.slot = row->slot, .scope = scope, .live = true};
        row->by_scope[scope - 1] = number;
        row->count++;
    }
    return &counters->slots[number - 1];
}

void counters_reserve_log(struct counter_slot *slot, uint32_t more)
{
    uint32_t wanted = slot->count + more;
    if (wanted <= slot->capacity)
        return;
    check(wanted > slot->count && wanted < UINT32_MAX / 2);
    /* The first time as many as there are: most logs are written once. */
    slot->capacity = slot->capacity && wanted < slot->capacity + slot->capacity / 2 ? slot->capacity + slot->capacity / 2 : wanted;
    slot->edges = memory_resize(slot->edges, slot->capacity * sizeof *slot->edges);
}

static void slot_add(struct counter_slot *slot, uint32_t at, uint32_t mask, int sign)
{
    counters_reserve_log(slot, 1);
    slot->edges[slot->count++] = (struct slot_edge){at, sign < 0 ? -(int32_t)mask : (int32_t)mask};
}

/* In the scope's slot at an instant an edge came that the log does not take. */
static void touch_slot(struct counters *counters, uint32_t slot_number, uint32_t scope)
{
    struct slot_row *row = counters_row(counters, slot_number);
    struct counter_slot *slot = counters_slot(counters, row, scope);
    counters_mark_dirty(row, slot);
    if (slot_number >= counters->floor)
        return;
    slot->stale = true;
    counters->stale_pending = true;
    if (slot->slot < counters->stale_from)
        counters->stale_from = slot->slot;
    if (slot->slot > counters->stale_to)
        counters->stale_to = slot->slot;
}

void counters_add_future(struct counters *counters, const struct edge *edge)
{
    if (counters->future_count == counters->future_capacity) {
        counters->future_capacity = counters->future_capacity ? counters->future_capacity * 2 : 64;
        counters->future = memory_resize(counters->future, counters->future_capacity * sizeof *counters->future);
    }
    counters->future[counters->future_count++] = *edge;
}

static void level_edge(struct counters *counters, const struct edge *edge)
{
    if (edge->at > counters->clock) {
        counters_add_future(counters, edge);
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
    if (!scope->carry)
        scope->carry = memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t));
    counters_add_lanes(counters, scope->carry, edge->mask, edge->sign);
    touch_slot(counters, slot_of(counters->horizon), edge->scope);
}

/* Of a slot that is not complete in memory: the sums know it at once, the slot's edges come with counters_derived_edge(). */
static void edge_below_floor(struct counters *counters, const struct edge *edge)
{
    instant at = edge->at < counters->horizon ? counters->horizon : edge->at;
    struct counter_day *day = counters_day(counters, instant_day(at), edge->scope);
    counters_add_lanes(counters, day->nets, edge->mask, edge->sign);
    day->dirty = true;
    level_edge(counters, edge);
    if (edge->at < counters->horizon)
        carry_edge(counters, edge);
    else
        touch_slot(counters, slot_of(at), edge->scope);
}

uint32_t counters_scope_set(struct counters *counters, const uint32_t *scopes, size_t count)
{
    uint32_t known = counters->scope_sets.count;
    uint32_t number = dictionary_number(&counters->scope_sets, bytes_of(scopes, count * sizeof *scopes));
    if (number <= known)
        return counters->set_at[number - 1];
    counters->set_at = grow(counters->set_at, number - 1, &counters->set_capacity, sizeof *counters->set_at);
    if (counters->sets_capacity - counters->sets_count <= count) {
        counters->sets_capacity = counters->sets_capacity * 2 + (uint32_t)count + 64;
        check(counters->sets_capacity < SCOPES_ONE);
        counters->sets = memory_resize(counters->sets, counters->sets_capacity * sizeof *counters->sets);
    }
    counters->set_at[number - 1] = counters->sets_count;
    counters->sets[counters->sets_count] = (uint32_t)count;
    memcpy(&counters->sets[counters->sets_count + 1], scopes, count * sizeof *scopes);
    counters->sets_count += (uint32_t)count + 1;
    return counters->set_at[number - 1];
}

void counters_mark_hour(struct counters *counters, instant at)
{
    hours_mark(&counters->hours, slot_of(at < counters->horizon ? counters->horizon : at));
}

void counters_edges(struct counters *counters, instant at, uint32_t scopes, uint32_t mask, int sign)
{
    counters_mark_hour(counters, at);
    if (at >= counters->horizon && slot_of(at) >= counters->floor) {
        uint32_t slot = slot_of(at);
        struct staged_edge staged = {(uint32_t)(at - (instant)slot * SLOT_MS), sign < 0 ? -(int32_t)mask : (int32_t)mask, scopes};
        stage_add(counters, slot, &staged);
        return;
    }
    struct edge edge = {at, scopes & ~SCOPES_ONE, mask, sign};
    if (scopes & SCOPES_ONE) {
        edge_below_floor(counters, &edge);
        return;
    }
    for (uint32_t i = 1; i <= counters->sets[scopes]; i++) {
        edge.scope = counters->sets[scopes + i];
        edge_below_floor(counters, &edge);
    }
}

void counters_edge(struct counters *counters, const struct edge *edge)
{
    counters_edges(counters, edge->at, SCOPES_ONE | edge->scope, edge->mask, edge->sign);
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
    /* All of them again, also those of an earlier settling that no flush has taken yet; but what lies behind a horizon that
     * moved since then stays as it was derived: its sessions are gone. */
    for (uint32_t i = 0; i < counters->slot_count; i++)
        if (counters->slots[i].stale && (instant)counters->slots[i].slot * SLOT_MS >= counters->horizon)
            counters->slots[i].count = counters->slots[i].sorted = 0;
    return true;
}

void counters_restored_edge(struct counters *counters, const struct edge *edge)
{
    level_edge(counters, edge);
    uint32_t slot = slot_of(edge->at);
    if (edge->at >= counters->horizon && slot >= counters->floor)
        slot_add(counters_slot(counters, counters_row(counters, slot), edge->scope), (uint32_t)(edge->at - (instant)slot * SLOT_MS), edge->mask,
                 edge->sign);
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

/* Rows whose slots are all forgotten go; the last one takes an empty one's place. */
static void drop_empty_rows(struct counters *counters)
{
    for (uint32_t i = counters->row_count; i > 0; i--) {
        struct slot_row *row = &counters->rows[i - 1];
        if (row->count)
            continue;
        free(row->by_scope);
        free(row->staged);
        map_remove(&counters->row_index, (uint64_t)row->slot + 1);
        if (i < counters->row_count) {
            *row = counters->rows[counters->row_count - 1];
            map_put(&counters->row_index, (uint64_t)row->slot + 1, i);
        }
        counters->row_count--;
    }
    memset(counters->row_near, 0, sizeof counters->row_near);
}

void counters_flushed(struct counters *counters, uint32_t floor)
{
    if (floor < counters->floor)
        floor = counters->floor;
    counters_scatter(counters);
    for (uint32_t i = 0; i < counters->row_count; i++)
        counters->rows[i].dirty = false;
    for (uint32_t i = 0; i < counters->slot_count; i++) {
        struct counter_slot *slot = &counters->slots[i];
        if (!slot->live)
            continue;
        slot->dirty = false;
        if (slot->slot >= floor)
            continue;
        free(slot->edges);
        struct slot_row *row = row_of(counters, slot->slot, false);
        row->by_scope[slot->scope - 1] = 0;
        row->count--;
        *slot = (struct counter_slot){0};
        counters->slot_free[counters->slot_free_count++] = i + 1;
    }
    drop_empty_rows(counters);
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
    struct counter_day *at = counters_day(counters, day, counters_scope(counters, scope));
    memcpy(at->nets, nets, counters->lane_count * sizeof *nets);
}

void counters_restore_carry(struct counters *counters, struct scope scope, const int32_t *carry)
{
    uint32_t number = counters_scope(counters, scope); /* before the array is looked at: it may grow */
    struct counter_scope *at = &counters->scopes[number - 1];
    if (!at->carry)
        at->carry = memory_alloc_zero(counters->lane_count + 1, sizeof(int32_t));
    memcpy(at->carry, carry, counters->lane_count * sizeof *carry);
}

void counters_set_horizon(struct counters *counters, instant horizon)
{
    check(horizon >= counters->horizon && horizon % SLOT_MS == 0);
    if (horizon == counters->horizon)
        return;
    counters_scatter(counters); /* they stand where the former horizon put them */
    counters->horizon = horizon;
    for (uint32_t i = 0; i < counters->scope_count; i++) {
        free(counters->scopes[i].carry);
        counters->scopes[i].carry = NULL;
    }
}
