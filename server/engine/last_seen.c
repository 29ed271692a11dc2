/*
 * What forgotten sessions leave behind (store/hour.h, seen): for each seat key that may come again the last slot
 * before the horizon in which it used an item in a scope.  Keys of a session, a port or a call do not come again
 * after so long: a session is known for as long as it may, and a call has no pause of days.
 */
#include "server/engine/hourly.h"

#include "base/check.h"

#include <stdlib.h>

static struct seen *seen_at(struct hourly *hourly, uint32_t seat)
{
    if (seat > hourly->seen_capacity) {
        uint32_t capacity = hourly->seen_capacity ? hourly->seen_capacity * 2 : 1024;
        while (capacity < seat)
            capacity *= 2;
        hourly->seen = memory_resize(hourly->seen, capacity * sizeof *hourly->seen);
        memset(hourly->seen + hourly->seen_capacity, 0, (capacity - hourly->seen_capacity) * sizeof *hourly->seen);
        hourly->seen_capacity = capacity;
    }
    return &hourly->seen[seat - 1];
}

const struct seen *seen_of(const struct engine *engine, uint32_t seat)
{
    const struct hourly *hourly = engine->hourly;
    return seat <= hourly->seen_capacity && hourly->seen[seat - 1].count ? &hourly->seen[seat - 1] : NULL;
}

static bool comes_again(uint64_t key)
{
    unsigned kind = (unsigned)(key >> 32) & 0xf;
    return kind >= SEAT_BY_PLACE && kind <= SEAT_BY_PERSON;
}

static int compare_parts(const void *a, const void *b)
{
    const struct seen_part *x = a, *y = b;
    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    return x->slot > y->slot ? -1 : x->slot < y->slot; /* the latest first */
}

/* Of each scope and item the latest slot stays. */
static uint32_t keep_latest(struct engine *engine, struct seen_part *parts, uint32_t count)
{
    size_t words = engine->masks.word_count;
    uint64_t *had = arena_alloc(engine->scratch, 2 * words * sizeof *had), *now = had + words;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count;) {
        struct seen_part part = parts[i];
        if (kept == 0 || parts[kept - 1].scope != part.scope)
            memset(had, 0, words * sizeof *had);
        memset(now, 0, words * sizeof *now);
        for (; i < count && parts[i].scope == part.scope && parts[i].slot == part.slot; i++)
            for (size_t w = 0; w < words; w++)
                now[w] |= masks_words(&engine->masks, parts[i].mask)[w] & ~had[w];
        for (size_t w = 0; w < words; w++)
            had[w] |= now[w];
        part.mask = masks_number(&engine->masks, now);
        if (part.mask)
            parts[kept++] = part;
    }
    return kept;
}

static void advance_seat(struct engine *engine, uint32_t seat, instant horizon)
{
    instant before = engine->counters.horizon;
    struct part_list list = subject_parts(engine, seat, engine->seat_families[seat - 1], before, horizon - 1);
    struct seen *seen = seen_at(engine->hourly, seat);
    struct seen_part *parts = memory_alloc((list.count + seen->count + 1) * sizeof *parts);
    uint32_t count = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct piece *piece = &list.parts[i].piece;
        instant to = piece->to < horizon ? piece->to : horizon;
        if (piece->from >= horizon || to <= before || to <= piece->from)
            continue; /* what lies before the former horizon is in already */
        parts[count++] = (struct seen_part){list.parts[i].scope, piece->mask, slot_of(to - 1)};
    }
    if (count) {
        if (seen->count)
            memcpy(&parts[count], seen->parts, seen->count * sizeof *parts);
        count += seen->count;
        qsort(parts, count, sizeof *parts, compare_parts);
        free(seen->parts);
        seen->parts = parts;
        seen->count = keep_latest(engine, parts, count);
        if (!seen->dirty)
            number_list_add(&engine->hourly->seen_dirty, seat);
        seen->dirty = true;
    } else {
        free(parts);
    }
    arena_reset(engine->scratch);
}

void seen_advance(struct engine *engine, instant horizon)
{
    if (horizon <= engine->counters.horizon)
        return;
    hourly_new_round(engine);
    for (uint32_t i = 0; i < engine->session_capacity; i++) {
        const struct session *session = &engine->sessions[i];
        for (int family = 0; family < SEAT_FAMILIES; family++)
            if (session->seat[family] && session->begin < horizon && comes_again(engine->seat_keys[session->seat[family] - 1]) &&
                hourly_stamp(engine, session->seat[family]))
                advance_seat(engine, session->seat[family], horizon);
    }
}

/* --- the store ------------------------------------------------------------------------------------- */

static size_t items_of(const struct engine *engine, uint32_t mask, uint32_t *items)
{
    const uint64_t *words = masks_words(&engine->masks, mask);
    size_t count = 0;
    for (size_t item = 0; item < engine->masks.item_count; item++) {
        if (!(words[item / 64] >> item % 64 & 1))
            continue;
        uint32_t number = engine->item_of_lane[item];
        size_t at = count++;
        for (; at > 0 && items[at - 1] > number; at--)
            items[at] = items[at - 1];
        items[at] = number;
    }
    return count;
}

/* Scopes that share slot and items stand together. */
static void pack_seen(struct engine *engine, const struct seen *seen, struct buffer *out)
{
    uint32_t *items = arena_alloc(engine->scratch, (engine->masks.item_count + 1) * sizeof *items);
    struct scope *scopes = arena_alloc(engine->scratch, (seen->count + 1) * sizeof *scopes);
    bool *packed = arena_alloc(engine->scratch, seen->count + 1);
    for (uint32_t i = 0; i < seen->count; i++) {
        if (packed[i])
            continue;
        struct seen_group group = {.slot = seen->parts[i].slot, .items = items, .item_count = items_of(engine, seen->parts[i].mask, items), .scopes = scopes};
        for (uint32_t k = i; k < seen->count; k++)
            if (seen->parts[k].slot == group.slot && seen->parts[k].mask == seen->parts[i].mask) {
                scopes[group.scope_count++] = engine->counters.scopes[seen->parts[k].scope - 1].scope;
                packed[k] = true;
            }
        seen_pack(out, &group);
    }
    arena_reset(engine->scratch);
}

void seen_give(struct engine *engine, const struct engine_sink *sink)
{
    struct hourly *hourly = engine->hourly;
    struct buffer out = {0};
    for (size_t i = 0; i < hourly->seen_dirty.count; i++) {
        uint32_t seat = hourly->seen_dirty.numbers[i];
        uint64_t key = engine->seat_keys[seat - 1];
        struct seen_key seen = {engine->seat_families[seat - 1], (uint8_t)(key >> 32 & 0xf), names_id(&engine->names, (ref)key)};
        buffer_clear(&out);
        pack_seen(engine, &hourly->seen[seat - 1], &out);
        sink->seen(sink->owner, seen, buffer_bytes(&out));
    }
    buffer_free(&out);
}

static uint32_t mask_of_items(struct engine *engine, const struct seen_group *group)
{
    uint64_t *words = arena_alloc(engine->scratch, engine->masks.word_count * sizeof *words);
    for (size_t i = 0; i < group->item_count; i++)
        for (size_t item = 0; item < engine->masks.item_count; item++)
            if (engine->item_of_lane[item] == group->items[i])
                words[item / 64] |= 1ull << item % 64;
    return masks_number(&engine->masks, words);
}

void engine_restore_seen(struct engine *engine, struct seen_key key, struct bytes groups)
{
    uint64_t low = names_ref(&engine->names, key.id);
    uint32_t seat = seat_of(engine, (uint64_t)(key.kind + (key.family == SEAT_PERSON ? 0x10 : 0)) << 32 | low), capacity = 0;
    struct seen *seen = seen_at(engine->hourly, seat);
    struct seen_group group;
    bool damaged = false;
    while (seen_unpack(&groups, engine->scratch, &group, &damaged)) {
        uint32_t mask = mask_of_items(engine, &group);
        for (size_t i = 0; i < group.scope_count && mask; i++) {
            if (seen->count == capacity) {
                capacity = capacity ? capacity * 2 : 8;
                seen->parts = memory_resize(seen->parts, capacity * sizeof *seen->parts);
            }
            seen->parts[seen->count++] = (struct seen_part){counters_scope(&engine->counters, group.scopes[i]), mask, group.slot};
        }
    }
    check(!damaged);
    arena_reset(engine->scratch);
}

void last_seen_free(struct hourly *hourly)
{
    for (uint32_t i = 0; i < hourly->seen_capacity; i++)
        free(hourly->seen[i].parts);
    free(hourly->seen);
}
