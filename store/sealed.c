#include "store/sealed.h"

#include "base/check.h"
#include "base/varint.h"

#include <assert.h>
#include <stdlib.h>

enum { HEAD_PROFILES = 0x0f, HEAD_SAME_ITEMS = 0x10, HEAD_MORE = 0x20, HEAD_SLOTS = 0x40 };
enum { HAS_CARRY = 1, HAS_NET = 2, HAS_HIGH = 4, HAS_SEAT = 8, HAS_RISE = 16, MINUTE_SHIFT = 5 };
static_assert((int)PROFILE_COUNT <= 4 && SLOT_MS / MINUTE_MS + 1 <= 8 && HOUR_SLOTS <= 16, "what the heads have room for");

/* --- packing --------------------------------------------------------------------------------------- */

/* What a counter did: one of them when packing, all that did the same when unpacking. */
struct column {
    uint32_t item;
    enum profile profile;
    const struct slot_summary *slots[HOUR_SLOTS]; /* NULL: nothing */
    struct column *next;                          /* another that did the same */
    struct column *last;                          /* of these */
};

struct placed {
    const struct slot_record *record;
    uint32_t slot;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->record->item != y->record->item)
        return x->record->item < y->record->item ? -1 : 1;
    if (x->record->profile != y->record->profile)
        return x->record->profile < y->record->profile ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static bool summaries_equal(const struct slot_summary *x, const struct slot_summary *y)
{
    if (!x || !y)
        return x == y;
    return x->carry == y->carry && x->net == y->net && x->high == y->high && x->rise_at == y->rise_at && x->seat_ms == y->seat_ms;
}

static bool columns_equal(const struct column *x, const struct column *y)
{
    for (int slot = 0; slot < HOUR_SLOTS; slot++)
        if (!summaries_equal(x->slots[slot], y->slots[slot]))
            return false;
    return true;
}

/* One for each counter, those that did the same chained behind the first of them. */
static size_t make_columns(const struct hour_slots *hour, struct arena *arena, struct column **columns)
{
    size_t count = 0, column_count = 0, different = 0;
    for (int slot = 0; slot < HOUR_SLOTS; slot++)
        count += hour->slots[slot].count;
    struct placed *placed = arena_alloc(arena, (count + 1) * sizeof *placed);
    struct column *all = arena_alloc(arena, (count + 1) * sizeof *all);
    count = 0;
    for (uint32_t slot = 0; slot < HOUR_SLOTS; slot++)
        for (size_t i = 0; i < hour->slots[slot].count; i++)
            placed[count++] = (struct placed){&hour->slots[slot].records[i], slot};
    qsort(placed, count, sizeof *placed, compare_placed);
    for (size_t i = 0; i < count; i++) {
        const struct slot_record *record = placed[i].record;
        struct column *column = column_count ? &all[column_count - 1] : NULL;
        if (!column || column->item != record->item || column->profile != record->profile) {
            column = &all[column_count++];
            column->item = record->item;
            column->profile = record->profile;
        }
        check(!column->slots[placed[i].slot]);
        column->slots[placed[i].slot] = &record->summary;
    }
    for (size_t i = 0; i < column_count; i++) {
        struct column column = all[i];
        size_t k = 0;
        while (k < different && !columns_equal(&all[k], &column))
            k++;
        if (k == different) {
            all[different] = column; /* not behind i */
            all[different].last = NULL;
            different++;
            continue;
        }
        struct column *more = arena_alloc(arena, sizeof *more), *last = all[k].last ? all[k].last : &all[k];
        *more = column;
        last->next = all[k].last = more;
    }
    *columns = all;
    return different;
}

struct groups {
    uint32_t *items, *before; /* of this group, of the one before */
    size_t count, before_count;
    struct {
        uint32_t item;
        uint8_t profiles;
    } *counters; /* of the column */
};

static void pack_groups(struct buffer *out, const struct column *column, bool own_slots, struct groups *groups)
{
    size_t count = 0, done = 0;
    for (const struct column *at = column; at; at = at->next) {
        if (count == 0 || groups->counters[count - 1].item != at->item) {
            groups->counters[count].item = at->item;
            groups->counters[count++].profiles = 0;
        }
        groups->counters[count - 1].profiles |= (uint8_t)(1u << at->profile);
    }
    for (size_t first = 0; done < count; first++) {
        uint8_t head = groups->counters[first].profiles;
        if (!head)
            continue; /* in a group before */
        groups->count = 0;
        for (size_t i = first; i < count; i++)
            if (groups->counters[i].profiles == head) {
                groups->items[groups->count++] = groups->counters[i].item;
                groups->counters[i].profiles = 0;
            }
        done += groups->count;
        bool same = groups->count == groups->before_count && memcmp(groups->items, groups->before, groups->count * sizeof *groups->items) == 0;
        buffer_append_char(out, (char)(head | (same ? HEAD_SAME_ITEMS : 0) | (done < count ? HEAD_MORE : 0) | (own_slots ? HEAD_SLOTS : 0)));
        if (!same)
            items_pack(out, groups->items, groups->count);
        uint32_t *spare = groups->before;
        groups->before = groups->items;
        groups->before_count = groups->count;
        groups->items = spare;
    }
}

static void pack_entry(struct buffer *out, const struct slot_summary *s)
{
    bool rises = s->rise_at != SLOT_RISE_NONE, whole = rises && s->rise_at % MINUTE_MS == 0;
    bool high = s->high != (s->net > 0 ? s->net : 0);
    check(!rises || s->rise_at < SLOT_MS);
    unsigned minute = whole ? (unsigned)(s->rise_at / MINUTE_MS) + 1 : 0;
    buffer_append_char(out, (char)((s->carry ? HAS_CARRY : 0) | (s->net ? HAS_NET : 0) | (high ? HAS_HIGH : 0) | (s->seat_ms ? HAS_SEAT : 0) |
                                   (rises && !whole ? HAS_RISE : 0) | minute << MINUTE_SHIFT));
    if (s->carry)
        varint_put_signed(out, s->carry);
    if (s->net)
        varint_put_signed(out, s->net);
    if (high)
        varint_put_signed(out, s->high);
    if (s->seat_ms)
        varint_put_signed(out, s->seat_ms);
    if (rises && !whole)
        varint_put(out, s->rise_at);
}

static void pack_slots(struct buffer *out, unsigned slots)
{
    buffer_append_char(out, (char)(slots & 0xff));
    buffer_append_char(out, (char)(slots >> 8));
}

void sealed_pack(struct buffer *out, const struct hour_slots *hour, struct arena *scratch)
{
    struct column *columns;
    size_t count = make_columns(hour, scratch, &columns), members = 1;
    for (int slot = 0; slot < HOUR_SLOTS; slot++)
        members += hour->slots[slot].count;
    struct groups groups = {.items = arena_alloc(scratch, members * sizeof *groups.items), .before = arena_alloc(scratch, members * sizeof *groups.before),
                            .counters = arena_alloc(scratch, members * sizeof *groups.counters)};
    unsigned slots = 0;
    for (int slot = 0; slot < HOUR_SLOTS; slot++)
        slots |= hour->slots[slot].count ? 1u << slot : 0;
    if (slots)
        pack_slots(out, slots);
    for (size_t i = 0; i < count; i++) {
        unsigned own = 0;
        for (int slot = 0; slot < HOUR_SLOTS; slot++)
            own |= columns[i].slots[slot] ? 1u << slot : 0;
        pack_groups(out, &columns[i], own != slots, &groups);
        if (own != slots)
            pack_slots(out, own);
        for (int slot = 0; slot < HOUR_SLOTS; slot++)
            if (columns[i].slots[slot])
                pack_entry(out, columns[i].slots[slot]);
    }
}

/* --- unpacking ------------------------------------------------------------------------------------- */

struct unpacked {
    struct unpacked *next;
    struct unpacked_group {
        struct unpacked_group *next;
        uint8_t profiles;
        uint32_t *items;
        size_t count;
    } *groups;
    unsigned slots;
    size_t counters;
    struct slot_summary *summaries; /* of these slots */
};

static bool take_i32(struct bytes *rest, int32_t *value)
{
    int64_t wide;
    if (!varint_take_signed(rest, &wide) || wide < INT32_MIN || wide > INT32_MAX)
        return false;
    *value = (int32_t)wide;
    return true;
}

static bool take_entry(struct bytes *rest, struct slot_summary *s)
{
    uint8_t head;
    uint64_t rise = SLOT_RISE_NONE;
    if (!key_take_u8(rest, &head))
        return false;
    unsigned minute = head >> MINUTE_SHIFT;
    *s = (struct slot_summary){0};
    bool good = !(head & HAS_CARRY) || take_i32(rest, &s->carry);
    good = good && (!(head & HAS_NET) || take_i32(rest, &s->net));
    s->high = s->net > 0 ? s->net : 0;
    good = good && (!(head & HAS_HIGH) || take_i32(rest, &s->high));
    good = good && (!(head & HAS_SEAT) || varint_take_signed(rest, &s->seat_ms));
    if (minute)
        rise = (minute - 1) * (uint64_t)MINUTE_MS;
    if (head & HAS_RISE)
        good = good && !minute && varint_take(rest, &rise);
    s->rise_at = (uint32_t)rise;
    return good && (rise == SLOT_RISE_NONE || rise < SLOT_MS);
}

static bool take_slots(struct bytes *rest, unsigned *slots)
{
    uint8_t low, high;
    if (!key_take_u8(rest, &low) || !key_take_u8(rest, &high))
        return false;
    *slots = low | (unsigned)high << 8;
    return *slots && !(*slots >> HOUR_SLOTS);
}

unsigned sealed_slots(struct bytes value)
{
    unsigned slots;
    return take_slots(&value, &slots) ? slots : 0;
}

/* before: the group before, in this value. */
static bool take_groups(struct bytes *rest, struct arena *arena, struct unpacked *column, struct unpacked_group **before, bool *own_slots)
{
    struct unpacked_group **at = &column->groups;
    uint8_t head = HEAD_MORE;
    while (head & HEAD_MORE) {
        struct unpacked_group *group = arena_alloc(arena, sizeof *group);
        if (!key_take_u8(rest, &head) || !(head & HEAD_PROFILES) || (head & HEAD_PROFILES) >> PROFILE_COUNT)
            return false;
        group->profiles = head & HEAD_PROFILES;
        *own_slots = head & HEAD_SLOTS;
        if (head & HEAD_SAME_ITEMS) {
            if (!*before)
                return false;
            group->items = (*before)->items;
            group->count = (*before)->count;
        } else if (!items_unpack(rest, arena, &group->items, &group->count)) {
            return false;
        }
        column->counters += group->count * (size_t)__builtin_popcount(group->profiles);
        *at = *before = group;
        at = &group->next;
    }
    return true;
}

static bool take_column(struct bytes *rest, struct arena *arena, unsigned slots, struct unpacked *column, struct unpacked_group **before)
{
    bool own_slots = false;
    if (!take_groups(rest, arena, column, before, &own_slots))
        return false;
    column->slots = slots;
    if (own_slots && (!take_slots(rest, &column->slots) || column->slots & ~slots))
        return false;
    int count = __builtin_popcount(column->slots);
    column->summaries = arena_alloc(arena, (size_t)(count + 1) * sizeof *column->summaries);
    for (int i = 0; i < count; i++)
        if (!take_entry(rest, &column->summaries[i]))
            return false;
    return true;
}

static void put_column(const struct unpacked *column, struct slot_record *records, size_t *counts, const size_t *begins)
{
    const struct slot_summary *summary = column->summaries;
    for (unsigned slot = 0; slot < HOUR_SLOTS; slot++) {
        if (!(column->slots & 1u << slot))
            continue;
        for (const struct unpacked_group *group = column->groups; group; group = group->next)
            for (size_t i = 0; i < group->count; i++)
                for (int profile = 0; profile < PROFILE_COUNT; profile++)
                    if (group->profiles & 1u << profile)
                        records[begins[slot] + counts[slot]++] = (struct slot_record){group->items[i], (enum profile)profile, *summary};
        summary++;
    }
}

bool sealed_unpack(struct bytes value, struct arena *arena, struct hour_slots *hour)
{
    struct unpacked *first = NULL, **at = &first;
    struct unpacked_group *before = NULL;
    size_t begins[HOUR_SLOTS] = {0}, counts[HOUR_SLOTS] = {0}, count = 0;
    unsigned slots;
    *hour = (struct hour_slots){0};
    if (!take_slots(&value, &slots))
        return false;
    while (value.len) {
        struct unpacked *column = *at = arena_alloc(arena, sizeof *column);
        at = &column->next;
        if (!take_column(&value, arena, slots, column, &before))
            return false;
        for (unsigned slot = 0; slot < HOUR_SLOTS; slot++)
            counts[slot] += column->slots & 1u << slot ? column->counters : 0;
    }
    for (int slot = 0; slot < HOUR_SLOTS; slot++) {
        begins[slot] = count;
        count += counts[slot];
    }
    struct slot_record *records = arena_alloc(arena, (count + 1) * sizeof *records);
    memset(counts, 0, sizeof counts);
    for (const struct unpacked *column = first; column; column = column->next)
        put_column(column, records, counts, begins);
    for (int slot = 0; slot < HOUR_SLOTS; slot++)
        hour->slots[slot] = (struct slot_list){records + begins[slot], counts[slot]};
    return true;
}
