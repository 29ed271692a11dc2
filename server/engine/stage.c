/*
 * Staged edges → the logs of their scopes, the days' sums, the levels (counter.h).
 *
 * A session enters and leaves the system, its tenant and its groups at the same instants.  What is staged is one edge
 * for all of them, in the row of its slot; a row's edges are sorted once and then handed out in order of time, so that
 * each scope's log gets them in order, too.
 */
#include "server/engine/counter.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

struct stage_scratch {
    struct staged_edge *other; /* for sorting */
    uint32_t other_capacity;
    uint32_t *counts; /* [scope - 1]: edges of this row; 0 between rows */
    struct slot_edge **ends; /* [scope - 1]: where its next edge goes */
    uint32_t *touched;       /* scopes */
    uint32_t scope_capacity, touched_count;
    struct mask_net {
        int32_t net;
        bool listed;
    } *nets; /* [mask - 1]: sum of signs; zero between logs */
    uint32_t *masks; /* those listed */
    uint32_t mask_capacity, mask_count;
};

void stage_free(struct stage_scratch *scratch)
{
    if (!scratch)
        return;
    free(scratch->other);
    free(scratch->counts);
    free(scratch->ends);
    free(scratch->touched);
    free(scratch->nets);
    free(scratch->masks);
    free(scratch);
}

void stage_add(struct counters *counters, uint32_t slot, const struct staged_edge *edge)
{
    struct slot_row *row = counters_row(counters, slot);
    if (row->staged_count == row->staged_capacity) {
        row->staged_capacity = row->staged_capacity ? row->staged_capacity * 2 : 64;
        row->staged = memory_resize(row->staged, row->staged_capacity * sizeof *row->staged);
    }
    row->staged[row->staged_count++] = *edge;
    counters->staged = true;
}

/* --- sorting by time ----------------------------------------------------------------------------- */

static void sort_few(struct staged_edge *edges, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct staged_edge edge = edges[i];
        uint32_t at = i;
        for (; at > 0 && edges[at - 1].at > edge.at; at--)
            edges[at] = edges[at - 1];
        edges[at] = edge;
    }
}

/* By one digit of the time, of equal ones the first stays first. */
static void sort_digit(const struct staged_edge *from, struct staged_edge *to, uint32_t count, unsigned shift)
{
    enum { DIGITS = 1024 };
    uint32_t places[DIGITS] = {0}, place = 0;
    for (uint32_t i = 0; i < count; i++)
        places[from[i].at >> shift & (DIGITS - 1)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        uint32_t many = places[d];
        places[d] = place;
        place += many;
    }
    for (uint32_t i = 0; i < count; i++)
        to[places[from[i].at >> shift & (DIGITS - 1)]++] = from[i];
}

static void sort_row(struct stage_scratch *scratch, struct slot_row *row)
{
    enum { FEW = 40 };
    static_assert(SLOT_MS < 1 << 20, "two digits of ten bits hold a slot's milliseconds");
    if (row->staged_count <= FEW) {
        sort_few(row->staged, row->staged_count);
        return;
    }
    if (scratch->other_capacity < row->staged_count) {
        scratch->other_capacity = row->staged_capacity;
        scratch->other = memory_resize(scratch->other, scratch->other_capacity * sizeof *scratch->other);
    }
    sort_digit(row->staged, scratch->other, row->staged_count, 0);
    sort_digit(scratch->other, row->staged, row->staged_count, 10);
}

/* --- handing out --------------------------------------------------------------------------------- */

static void reserve(struct counters *counters)
{
    struct stage_scratch *scratch = counters->stage;
    if (!scratch)
        scratch = counters->stage = memory_alloc_zero(1, sizeof *scratch);
    if (scratch->scope_capacity < counters->scope_count) {
        uint32_t capacity = counters->scope_capacity;
        scratch->counts = memory_resize(scratch->counts, capacity * sizeof *scratch->counts);
        scratch->ends = memory_resize(scratch->ends, capacity * sizeof(struct slot_edge *));
        scratch->touched = memory_resize(scratch->touched, capacity * sizeof *scratch->touched);
        memset(scratch->counts + scratch->scope_capacity, 0, (capacity - scratch->scope_capacity) * sizeof *scratch->counts);
        scratch->scope_capacity = capacity;
    }
    uint32_t masks = counters->masks->index.count;
    if (scratch->mask_capacity < masks) {
        scratch->nets = memory_resize(scratch->nets, 2 * masks * sizeof *scratch->nets);
        scratch->masks = memory_resize(scratch->masks, 2 * masks * sizeof *scratch->masks);
        memset(scratch->nets + scratch->mask_capacity, 0, (2 * masks - scratch->mask_capacity) * sizeof *scratch->nets);
        scratch->mask_capacity = 2 * masks;
    }
}

/* The scopes of a staged edge; one holds a single one. */
static inline const uint32_t *scopes_of(const struct counters *counters, const struct staged_edge *edge, uint32_t *one, uint32_t *count)
{
    if (edge->scopes & SCOPES_ONE) {
        *one = edge->scopes & ~SCOPES_ONE;
        *count = 1;
        return one;
    }
    *count = counters->sets[edge->scopes];
    return &counters->sets[edge->scopes + 1];
}

static void count_row(struct counters *counters, const struct slot_row *row)
{
    enum { AHEAD = 16 };
    struct stage_scratch *scratch = counters->stage;
    uint32_t one, count;
    scratch->touched_count = 0;
    for (uint32_t i = 0; i < row->staged_count; i++) {
        if (i + AHEAD < row->staged_count)
            __builtin_prefetch(&counters->sets[row->staged[i + AHEAD].scopes & ~SCOPES_ONE]);
        const uint32_t *scopes = scopes_of(counters, &row->staged[i], &one, &count);
        for (uint32_t s = 0; s < count; s++)
            if (scratch->counts[scopes[s] - 1]++ == 0)
                scratch->touched[scratch->touched_count++] = scopes[s];
    }
}

static void fill_logs(struct counters *counters, struct slot_row *row)
{
    struct stage_scratch *scratch = counters->stage;
    uint32_t one, count;
    for (uint32_t i = 0; i < scratch->touched_count; i++) {
        uint32_t scope = scratch->touched[i];
        struct counter_slot *slot = counters_slot(counters, row, scope);
        counters_mark_dirty(row, slot);
        counters_reserve_log(slot, scratch->counts[scope - 1]);
        scratch->ends[scope - 1] = slot->edges + slot->count;
    }
    for (uint32_t i = 0; i < row->staged_count; i++) {
        const struct staged_edge *edge = &row->staged[i];
        const uint32_t *scopes = scopes_of(counters, edge, &one, &count);
        for (uint32_t s = 0; s < count; s++)
            *scratch->ends[scopes[s] - 1]++ = (struct slot_edge){edge->at, edge->mask};
    }
}

/* What a log got: into the day's sums and, as far as the clock has come, into the level. */
static void add_up(struct counters *counters, uint32_t slot_number, uint32_t scope_number, const struct slot_edge *edges, uint32_t count)
{
    struct stage_scratch *scratch = counters->stage;
    struct counter_scope *scope = &counters->scopes[scope_number - 1];
    instant start = (instant)slot_number * SLOT_MS;
    bool passed = start + SLOT_MS <= counters->clock;
    scratch->mask_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mask = slot_edge_mask(&edges[i]);
        int sign = edges[i].mask < 0 ? -1 : 1;
        if (!scratch->nets[mask - 1].listed)
            scratch->masks[scratch->mask_count++] = mask;
        scratch->nets[mask - 1].listed = true;
        scratch->nets[mask - 1].net += sign;
        if (!passed && start + edges[i].at > counters->clock)
            counters_add_future(counters, &(struct edge){start + edges[i].at, scope_number, mask, sign});
        else if (!passed)
            counters_add_lanes(counters, scope->levels, mask, sign);
    }
    struct counter_day *day = counters_day(counters, instant_day(start), scope_number);
    day->dirty = true;
    scope->dirty = true;
    for (uint32_t i = 0; i < scratch->mask_count; i++) {
        int32_t net = scratch->nets[scratch->masks[i] - 1].net;
        scratch->nets[scratch->masks[i] - 1] = (struct mask_net){0};
        if (net == 0)
            continue;
        counters_add_lanes(counters, day->nets, scratch->masks[i], net);
        if (passed)
            counters_add_lanes(counters, scope->levels, scratch->masks[i], net);
    }
}

static void scatter_row(struct counters *counters, struct slot_row *row)
{
    reserve(counters);
    struct stage_scratch *scratch = counters->stage;
    sort_row(scratch, row);
    count_row(counters, row);
    fill_logs(counters, row);
    for (uint32_t i = 0; i < scratch->touched_count; i++) {
        uint32_t scope = scratch->touched[i], count = scratch->counts[scope - 1];
        struct counter_slot *slot = counters_slot(counters, row, scope);
        scratch->counts[scope - 1] = 0;
        add_up(counters, row->slot, scope, slot->edges + slot->count, count);
        slot->count += count;
    }
    free(row->staged); /* a row is written for minutes and kept for hours */
    row->staged = NULL;
    row->staged_count = row->staged_capacity = 0;
}

void counters_scatter(struct counters *counters)
{
    if (!counters->staged)
        return;
    for (uint32_t i = 0; i < counters->row_count; i++)
        if (counters->rows[i].staged_count)
            scatter_row(counters, &counters->rows[i]);
    counters->staged = false;
}

/* --- what is dirty, in order --------------------------------------------------------------------- */

struct ordered_scope {
    struct scope scope;
    uint32_t number;
};

static int compare_scopes(const void *a, const void *b)
{
    const struct ordered_scope *x = a, *y = b;
    if (x->scope.kind != y->scope.kind)
        return x->scope.kind < y->scope.kind ? -1 : 1;
    return (uint64_t)x->scope.id < (uint64_t)y->scope.id ? -1 : (uint64_t)x->scope.id > (uint64_t)y->scope.id;
}

static void put_in_order(struct counters *counters)
{
    if (counters->order_count == counters->scope_count)
        return;
    struct ordered_scope *list = memory_alloc(counters->scope_count * sizeof *list);
    for (uint32_t i = 0; i < counters->scope_count; i++)
        list[i] = (struct ordered_scope){counters->scopes[i].scope, i + 1};
    qsort(list, counters->scope_count, sizeof *list, compare_scopes);
    counters->order = memory_resize(counters->order, counters->scope_count * sizeof *counters->order);
    for (uint32_t i = 0; i < counters->scope_count; i++)
        counters->order[i] = list[i].number;
    counters->order_count = counters->scope_count;
    free(list);
}

static int compare_rows(const void *a, const void *b)
{
    const struct slot_row *x = *(struct slot_row *const *)a, *y = *(struct slot_row *const *)b;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* Slots and their logs lie wherever they came to lie: those of the next scopes are asked for while one is given. */
static void each_dirty_of_row(struct counters *counters, const struct slot_row *row, uint32_t *numbers, dirty_slot_fn fn, void *owner)
{
    enum { SLOTS_AHEAD = 16, LOGS_AHEAD = 8 };
    uint32_t count = 0;
    for (uint32_t s = 0; s < counters->order_count; s++) {
        uint32_t scope = counters->order[s];
        if (scope <= row->capacity && row->by_scope[scope - 1])
            numbers[count++] = row->by_scope[scope - 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i + SLOTS_AHEAD < count)
            __builtin_prefetch(&counters->slots[numbers[i + SLOTS_AHEAD] - 1]);
        if (i + LOGS_AHEAD < count) {
            const struct counter_slot *ahead = &counters->slots[numbers[i + LOGS_AHEAD] - 1];
            __builtin_prefetch(ahead->edges);
            __builtin_prefetch((const char *)ahead->edges + 64);
        }
        if (counters->slots[numbers[i] - 1].dirty)
            fn(owner, &counters->slots[numbers[i] - 1]);
    }
}

void counters_each_dirty(struct counters *counters, dirty_slot_fn fn, void *owner)
{
    struct slot_row **rows = memory_alloc((counters->row_count + 1) * sizeof(struct slot_row *));
    uint32_t count = 0;
    put_in_order(counters);
    for (uint32_t i = 0; i < counters->row_count; i++)
        if (counters->rows[i].dirty)
            rows[count++] = &counters->rows[i];
    qsort(rows, count, sizeof(struct slot_row *), compare_rows);
    uint32_t *numbers = memory_alloc((counters->order_count + 1) * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        each_dirty_of_row(counters, rows[i], numbers, fn, owner);
    free(numbers);
    free(rows);
}
