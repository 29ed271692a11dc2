/*
 * A slot's edges folded into summaries (design.md §4).
 *
 * Few different masks occur in one log, so most lanes go up and down together: those of an agent's items, and the same
 * items by the other seat key.  Lanes that the log's masks treat alike are one class; a class is folded once, and its
 * summary is packed for each of its lanes.
 */
#include "base/check.h"
#include "base/memory.h"
#include "base/varint.h"
#include "server/engine/counter.h"

#include <stdlib.h>

enum { MINUTES = SLOT_MS / MINUTE_MS, MASKS_TOLD_APART = 64 };

/* What a class's summary comes to; in [class - 1]. */
struct class {
    int64_t seat_ms;
    int32_t level, high, delta, lrm_high;
    uint32_t rise_at;
    uint8_t lrm_minute;
    uint64_t masks; /* bit i: the log's mask i moves it */
    size_t packed_at[PROFILE_COUNT], packed_len[PROFILE_COUNT]; /* in the output, behind the item; length 0: not yet */
};

struct fold_scratch {
    uint32_t *place; /* [mask - 1]: which of the log's masks it is, from 1; 0 between logs */
    uint32_t mask_capacity;
    uint32_t *masks; /* those of the log */
    uint32_t mask_count;
    uint64_t *moved_by; /* [lane]: bit i: the log's mask i has it */
    uint32_t *class_of; /* [lane]; 0: nothing moves it */
    struct class *classes;
    uint32_t class_count;
    size_t lane_capacity;
    struct slot_edge *tail; /* for merging */
    uint32_t tail_capacity;
};

void fold_free(struct fold_scratch *scratch)
{
    if (!scratch)
        return;
    free(scratch->place);
    free(scratch->masks);
    free(scratch->moved_by);
    free(scratch->class_of);
    free(scratch->classes);
    free(scratch->tail);
    free(scratch);
}

static struct fold_scratch *scratch_of(struct counters *counters)
{
    struct fold_scratch *scratch = counters->fold;
    if (!scratch)
        scratch = counters->fold = memory_alloc_zero(1, sizeof *scratch);
    if (scratch->mask_capacity < counters->masks->index.count) {
        uint32_t capacity = 2 * counters->masks->index.count;
        scratch->place = memory_resize(scratch->place, capacity * sizeof *scratch->place);
        memset(scratch->place + scratch->mask_capacity, 0, (capacity - scratch->mask_capacity) * sizeof *scratch->place);
        scratch->masks = memory_resize(scratch->masks, capacity * sizeof *scratch->masks);
        scratch->mask_capacity = capacity;
    }
    if (scratch->lane_capacity < counters->lane_count + 1) {
        size_t capacity = counters->lane_count + 1;
        scratch->moved_by = memory_resize(scratch->moved_by, capacity * sizeof *scratch->moved_by);
        scratch->class_of = memory_resize(scratch->class_of, capacity * sizeof *scratch->class_of);
        scratch->classes = memory_resize(scratch->classes, capacity * sizeof *scratch->classes);
        scratch->lane_capacity = capacity;
    }
    return scratch;
}

/* --- the log in order ---------------------------------------------------------------------------- */

static int compare_edges(const void *a, const void *b)
{
    const struct slot_edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Logs are short and nearly in order most of the time; long ones are not. */
static void sort_edges(struct slot_edge *edges, uint32_t count)
{
    enum { SHORT = 48 };
    uint32_t sorted = 1;
    while (sorted < count && edges[sorted - 1].at <= edges[sorted].at)
        sorted++;
    if (sorted >= count)
        return;
    if (count > SHORT) {
        qsort(edges, count, sizeof *edges, compare_edges);
        return;
    }
    for (uint32_t i = sorted; i < count; i++) {
        struct slot_edge edge = edges[i];
        uint32_t at = i;
        for (; at > 0 && edges[at - 1].at > edge.at; at--)
            edges[at] = edges[at - 1];
        edges[at] = edge;
    }
}

/* What came since the last time is sorted and merged from behind. */
static void merge_tail(struct fold_scratch *scratch, struct counter_slot *slot)
{
    uint32_t head = slot->sorted, tail = slot->count - slot->sorted;
    if (tail == 0)
        return;
    sort_edges(slot->edges + head, tail);
    if (head > 0 && slot->edges[head - 1].at > slot->edges[head].at) {
        if (scratch->tail_capacity < tail) {
            scratch->tail_capacity = 2 * tail;
            scratch->tail = memory_resize(scratch->tail, scratch->tail_capacity * sizeof *scratch->tail);
        }
        memcpy(scratch->tail, slot->edges + head, tail * sizeof *scratch->tail);
        for (uint32_t to = slot->count; tail > 0; to--)
            if (head > 0 && slot->edges[head - 1].at > scratch->tail[tail - 1].at)
                slot->edges[to - 1] = slot->edges[--head];
            else
                slot->edges[to - 1] = scratch->tail[--tail];
    }
    slot->sorted = slot->count;
}

/* Of the edges of one millisecond those that cancel are taken out, so that a log does not grow with what was corrected. */
static uint32_t cancel(struct slot_edge *edges, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = 0;
        while (k < kept && edges[k].mask != -edges[i].mask)
            k++;
        if (k == kept)
            edges[kept++] = edges[i];
        else
            edges[k] = edges[--kept];
    }
    return kept;
}

static void settle_log(struct fold_scratch *scratch, struct counter_slot *slot)
{
    uint32_t kept = 0;
    merge_tail(scratch, slot);
    for (uint32_t from = 0, to; from < slot->count; from = to) {
        for (to = from + 1; to < slot->count && slot->edges[to].at == slot->edges[from].at; to++)
            ;
        uint32_t many = to - from > 1 ? cancel(slot->edges + from, to - from) : 1;
        if (kept != from)
            memmove(slot->edges + kept, slot->edges + from, many * sizeof *slot->edges);
        kept += many;
    }
    slot->count = slot->sorted = kept;
}

/* --- classes of lanes ---------------------------------------------------------------------------- */

static void find_masks(struct fold_scratch *scratch, const struct counter_slot *slot)
{
    scratch->mask_count = 0;
    for (uint32_t i = 0; i < slot->count; i++) {
        uint32_t mask = slot_edge_mask(&slot->edges[i]);
        if (scratch->place[mask - 1])
            continue;
        scratch->masks[scratch->mask_count++] = mask;
        scratch->place[mask - 1] = scratch->mask_count;
    }
}

static void new_class(struct fold_scratch *scratch, size_t lane)
{
    scratch->classes[scratch->class_count++] = (struct class){.rise_at = SLOT_RISE_NONE, .masks = scratch->moved_by[lane]};
    scratch->class_of[lane] = scratch->class_count;
}

/* Lanes that the same masks move are one class; when there are too many masks to tell apart, each lane is one. */
static void find_classes(const struct counters *counters, struct fold_scratch *scratch)
{
    bool apart = scratch->mask_count <= MASKS_TOLD_APART;
    memset(scratch->moved_by, 0, scratch->lane_capacity * sizeof *scratch->moved_by);
    memset(scratch->class_of, 0, scratch->lane_capacity * sizeof *scratch->class_of);
    scratch->class_count = 0;
    for (uint32_t i = 0; i < scratch->mask_count; i++) {
        const uint64_t *words = masks_words(counters->masks, scratch->masks[i]);
        for (size_t w = 0; w < counters->masks->word_count; w++)
            for (uint64_t bits = words[w]; bits; bits &= bits - 1)
                scratch->moved_by[w * 64 + (size_t)__builtin_ctzll(bits)] |= apart ? 1ull << i : 1;
    }
    for (size_t lane = 0; lane < counters->lane_count; lane++) {
        if (!scratch->moved_by[lane])
            continue;
        for (uint32_t c = 0; apart && c < scratch->class_count && !scratch->class_of[lane]; c++)
            if (scratch->classes[c].masks == scratch->moved_by[lane])
                scratch->class_of[lane] = c + 1;
        if (!scratch->class_of[lane])
            new_class(scratch, lane);
    }
}

/* --- folding ------------------------------------------------------------------------------------- */

/* LRM looked at whole minutes: the highest of the five, of equal ones the latest (domain.md §2.10, §7.7). */
static void look_at_minutes(struct fold_scratch *scratch, unsigned *minute, uint32_t until)
{
    for (; *minute < MINUTES && *minute * MINUTE_MS < until; (*minute)++)
        for (uint32_t c = 0; c < scratch->class_count; c++) {
            struct class *class = &scratch->classes[c];
            if (*minute == 0 || class->level >= class->lrm_high) {
                class->lrm_high = class->level;
                class->lrm_minute = (uint8_t)*minute;
            }
        }
}

static void move(const struct counters *counters, struct fold_scratch *scratch, const struct slot_edge *edge)
{
    uint32_t mask = slot_edge_mask(edge);
    int sign = edge->mask < 0 ? -1 : 1;
    if (scratch->mask_count <= MASKS_TOLD_APART) {
        uint64_t bit = 1ull << (scratch->place[mask - 1] - 1);
        for (uint32_t c = 0; c < scratch->class_count; c++)
            scratch->classes[c].delta += scratch->classes[c].masks & bit ? sign : 0;
        return;
    }
    const uint64_t *words = masks_words(counters->masks, mask);
    for (size_t w = 0; w < counters->masks->word_count; w++)
        for (uint64_t bits = words[w]; bits; bits &= bits - 1)
            scratch->classes[scratch->class_of[w * 64 + (size_t)__builtin_ctzll(bits)] - 1].delta += sign;
}

/* 1 the level since the last millisecond counts for seat_ms, and for the minutes that have passed;
 * 2 the changes of this one are netted; 3 the level after them may be the highest, and an occasion
 * when it rose to it. */
static void fold(const struct counters *counters, struct fold_scratch *scratch, const struct counter_slot *slot)
{
    uint32_t before = 0;
    unsigned minute = 0;
    for (uint32_t i = 0; i < slot->count;) {
        uint32_t at = slot->edges[i].at;
        look_at_minutes(scratch, &minute, at);
        for (; i < slot->count && slot->edges[i].at == at; i++)
            move(counters, scratch, &slot->edges[i]);
        for (uint32_t c = 0; c < scratch->class_count; c++) {
            struct class *class = &scratch->classes[c];
            class->seat_ms += (int64_t)class->level * (at - before);
            check(!__builtin_add_overflow(class->level, class->delta, &class->level));
            if (at == 0)
                class->high = class->level;
            if (class->delta > 0 && class->level >= class->high) {
                class->high = class->level;
                class->rise_at = at;
            }
            class->delta = 0;
        }
        before = at;
    }
    look_at_minutes(scratch, &minute, SLOT_MS);
    for (uint32_t c = 0; c < scratch->class_count; c++)
        scratch->classes[c].seat_ms += (int64_t)scratch->classes[c].level * (SLOT_MS - before);
}

/* --- packing ------------------------------------------------------------------------------------- */

static void summarize(const struct class *class, enum profile profile, struct slot_summary *summary)
{
    if (profile == PROFILE_LRM) {
        /* Its high and its minute, when they are not those of a slot in which nothing changes. */
        bool none = class->lrm_high == 0 && class->lrm_minute == MINUTES - 1;
        *summary = (struct slot_summary){.high = class->lrm_high, .rise_at = none ? SLOT_RISE_NONE : class->lrm_minute * (uint32_t)MINUTE_MS};
        return;
    }
    *summary = (struct slot_summary){0, class->level, class->high, class->rise_at, class->seat_ms};
}

static void pack(struct class *class, uint32_t item, enum profile profile, int32_t carry, struct buffer *out)
{
    static const struct class still = {.rise_at = SLOT_RISE_NONE, .lrm_minute = MINUTES - 1};
    struct slot_record record = {.item = item, .profile = profile};
    struct slot_summary *s = &record.summary;
    if (class && class->packed_len[profile] && !carry) {
        /* As another lane of the class. */
        varint_put(out, item);
        buffer_reserve(out, class->packed_len[profile]);
        memcpy(out->data + out->len, out->data + class->packed_at[profile], class->packed_len[profile]);
        out->len += class->packed_len[profile];
        return;
    }
    summarize(class ? class : &still, profile, s);
    s->carry = carry;
    if (!s->carry && !s->net && !s->high && !s->seat_ms && s->rise_at == SLOT_RISE_NONE)
        return;
    size_t start = out->len, item_len = 1;
    slot_pack(out, &record);
    while (out->data[start + item_len - 1] & 0x80)
        item_len++;
    if (class && !carry) {
        class->packed_at[profile] = start + item_len;
        class->packed_len[profile] = out->len - start - item_len;
    }
}

void counters_pack_slot(struct counters *counters, struct counter_slot *slot, const uint32_t *item_numbers, struct buffer *out)
{
    size_t items = counters->item_count;
    struct fold_scratch *scratch = scratch_of(counters);
    settle_log(scratch, slot);
    find_masks(scratch, slot);
    find_classes(counters, scratch);
    fold(counters, scratch, slot);
    for (uint32_t i = 0; i < scratch->mask_count; i++)
        scratch->place[scratch->masks[i] - 1] = 0;
    const int32_t *carry = counters->horizon != INSTANT_EVER && slot->slot == slot_of(counters->horizon)
                               ? counters->scopes[slot->scope - 1].carry
                               : NULL;
    for (size_t item = 0; item < items; item++) {
        uint32_t exact = scratch->class_of[item], person = scratch->class_of[item + items];
        if (!exact && !person && !carry)
            continue; /* nothing moved it */
        struct class *of_exact = exact ? &scratch->classes[exact - 1] : NULL, *of_person = person ? &scratch->classes[person - 1] : NULL;
        pack(of_exact, item_numbers[item], PROFILE_EXACT, carry ? carry[item] : 0, out);
        pack(of_exact, item_numbers[item], PROFILE_LRM, 0, out);
        pack(of_person, item_numbers[item], PROFILE_PERSON, carry ? carry[item + items] : 0, out);
    }
}
