/* A slot's edges folded into summaries (design.md §4), for every lane at once. */
#include "base/check.h"
#include "base/memory.h"
#include "server/engine/counter.h"

#include <stdlib.h>

enum { MINUTES = SLOT_MS / MINUTE_MS };

static uint32_t edge_mask(const struct slot_edge *edge)
{
    return (uint32_t)(edge->mask < 0 ? -edge->mask : edge->mask);
}

/* Time above mask: equal keys are edges of one millisecond and mask. */
static uint64_t edge_key(const struct slot_edge *edge)
{
    return (uint64_t)edge->at << 32 | edge_mask(edge);
}

static int compare_edges(const void *a, const void *b)
{
    uint64_t x = edge_key(a), y = edge_key(b);
    return x < y ? -1 : x > y;
}

/* Logs are short and nearly in order most of the time; long ones are not. */
static void sort_edges(struct slot_edge *edges, uint32_t count)
{
    enum { SHORT = 48 };
    if (count > SHORT) {
        qsort(edges, count, sizeof *edges, compare_edges);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        struct slot_edge edge = edges[i];
        uint64_t key = edge_key(&edge);
        uint32_t at = i;
        for (; at > 0 && edge_key(&edges[at - 1]) > key; at--)
            edges[at] = edges[at - 1];
        edges[at] = edge;
    }
}

/* Sorts, and takes out pairs that cancel, so that a log does not grow with what was corrected. */
static void settle_log(struct counter_slot *slot)
{
    uint32_t kept = 0;
    sort_edges(slot->edges, slot->count);
    for (uint32_t from = 0, to; from < slot->count; from = to) {
        struct slot_edge first = slot->edges[from];
        int32_t net = 0;
        for (to = from; to < slot->count && edge_key(&slot->edges[to]) == edge_key(&first); to++)
            net += slot->edges[to].mask < 0 ? -1 : 1;
        int32_t mask = net < 0 ? -(int32_t)edge_mask(&first) : (int32_t)edge_mask(&first);
        for (; net; net += net < 0 ? 1 : -1)
            slot->edges[kept++] = (struct slot_edge){first.at, mask};
    }
    slot->count = kept;
}

struct lanes {
    int64_t *seat_ms;
    int32_t *level, *high, *delta, *lrm_high;
    uint32_t *rise_at;
    uint8_t *lrm_minute;
    unsigned minute; /* the next one to look at */
};

/* LRM looked at whole minutes: the highest of the five, of equal ones the latest (domain.md §2.10, §7.7). */
static void look_at_minutes(struct lanes *lanes, size_t item_count, uint32_t until)
{
    for (; lanes->minute < MINUTES && lanes->minute * MINUTE_MS < until; lanes->minute++)
        for (size_t l = 0; l < item_count; l++)
            if (lanes->minute == 0 || lanes->level[l] >= lanes->lrm_high[l]) {
                lanes->lrm_high[l] = lanes->level[l];
                lanes->lrm_minute[l] = (uint8_t)lanes->minute;
            }
}

/* Whole lanes at a time: worth the widest vectors there are, with a clone for machines without them. */
#if !defined __SANITIZE_THREAD__ /* which is not ready yet when the loader asks which clone to take */
__attribute__((target_clones("avx2", "default"), optimize("O3")))
#endif
static void fold(const struct counters *counters, const struct counter_slot *slot, struct lanes *lanes)
{
    size_t count = counters->lane_count;
    uint32_t before = 0;
    for (size_t l = 0; l < count; l++)
        lanes->rise_at[l] = SLOT_RISE_NONE;
    /* 1 the level since the last millisecond counts for seat_ms, and for the minutes that have passed;
     * 2 the changes of this one are netted; 3 the level after them may be the highest, and an occasion
     * when it rose to it. */
    for (uint32_t i = 0; i < slot->count;) {
        uint32_t at = slot->edges[i].at;
        look_at_minutes(lanes, counters->item_count, at);
        for (size_t l = 0; l < count; l++)
            lanes->seat_ms[l] += (int64_t)lanes->level[l] * (at - before);
        memset(lanes->delta, 0, count * sizeof *lanes->delta);
        for (; i < slot->count && slot->edges[i].at == at; i++)
            counters_add_lanes(counters, lanes->delta, edge_mask(&slot->edges[i]), slot->edges[i].mask < 0 ? -1 : 1);
        for (size_t l = 0; l < count; l++) {
            lanes->level[l] += lanes->delta[l];
            if (at == 0)
                lanes->high[l] = lanes->level[l];
            if (lanes->delta[l] > 0 && lanes->level[l] >= lanes->high[l]) {
                lanes->high[l] = lanes->level[l];
                lanes->rise_at[l] = at;
            }
        }
        before = at;
    }
    look_at_minutes(lanes, counters->item_count, SLOT_MS);
    for (size_t l = 0; l < count; l++)
        lanes->seat_ms[l] += (int64_t)lanes->level[l] * (SLOT_MS - before);
}

static void pack_lane(const struct lanes *lanes, size_t lane, uint32_t item, enum profile profile, int32_t carry, struct buffer *out)
{
    struct slot_record record = {
        .item = item,
        .profile = profile,
        .summary = {carry, lanes->level[lane], lanes->high[lane], lanes->rise_at[lane], lanes->seat_ms[lane]},
    };
    const struct slot_summary *s = &record.summary;
    if (s->carry || s->net || s->high || s->seat_ms || s->rise_at != SLOT_RISE_NONE)
        slot_pack(out, &record);
}

/* Its high and its minute, when they are not those of a slot in which nothing changes. */
static void pack_lrm(const struct lanes *lanes, size_t lane, uint32_t item, struct buffer *out)
{
    struct slot_record record = {
        .item = item,
        .profile = PROFILE_LRM,
        .summary = {.high = lanes->lrm_high[lane], .rise_at = lanes->lrm_minute[lane] * (uint32_t)MINUTE_MS},
    };
    if (lanes->lrm_high[lane] != 0 || lanes->lrm_minute[lane] != MINUTES - 1)
        slot_pack(out, &record);
}

void counters_pack_slot(struct counters *counters, struct counter_slot *slot, const uint32_t *item_numbers, struct buffer *out)
{
    size_t count = counters->lane_count + 1, items = counters->item_count;
    size_t bytes = count * 29;
    if (counters->fold_bytes < bytes) {
        counters->fold_memory = memory_resize(counters->fold_memory, bytes);
        counters->fold_bytes = bytes;
    }
    uint8_t *memory = counters->fold_memory;
    memset(memory, 0, bytes);
    struct lanes lanes = {
        .seat_ms = (int64_t *)(void *)memory,
        .level = (int32_t *)(void *)(memory + count * 8),
        .high = (int32_t *)(void *)(memory + count * 12),
        .delta = (int32_t *)(void *)(memory + count * 16),
        .lrm_high = (int32_t *)(void *)(memory + count * 20),
        .rise_at = (uint32_t *)(void *)(memory + count * 24),
        .lrm_minute = memory + count * 28,
    };
    settle_log(slot);
    fold(counters, slot, &lanes);
    const int32_t *carry = counters->horizon != INSTANT_EVER && slot->slot == slot_of(counters->horizon)
                               ? counters->scopes[slot->scope - 1].carry
                               : NULL;
    for (size_t item = 0; item < items; item++) {
        pack_lane(&lanes, item, item_numbers[item], PROFILE_EXACT, carry ? carry[item] : 0, out);
        pack_lrm(&lanes, item, item_numbers[item], out);
        pack_lane(&lanes, item + items, item_numbers[item], PROFILE_PERSON, carry ? carry[item + items] : 0, out);
    }
}
