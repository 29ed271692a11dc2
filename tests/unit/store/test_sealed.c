/* A sealed hour holds what was put into it, its bytes follow from that alone, and damaged ones are told. */
#include "store/sealed.h"

#include "base/check.h"
#include "base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { ITEMS = 6 };

static uint64_t roll(uint64_t *state, uint64_t sides)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state) % sides;
}

static int32_t extreme_or_small(uint64_t *state)
{
    static const int32_t extremes[] = {INT32_MIN, INT32_MAX, 0, -1, 1};
    return roll(state, 20) ? (int32_t)roll(state, 9) - 4 : extremes[roll(state, 5)];
}

static struct slot_summary summary_of(uint64_t *state)
{
    uint64_t rise = roll(state, 4);
    return (struct slot_summary){
        .carry = roll(state, 8) ? 0 : extreme_or_small(state),
        .net = extreme_or_small(state),
        .high = extreme_or_small(state),
        .rise_at = rise == 0 ? SLOT_RISE_NONE : rise == 1 ? (uint32_t)(roll(state, SLOT_MS / MINUTE_MS) * MINUTE_MS) : (uint32_t)roll(state, SLOT_MS),
        .seat_ms = roll(state, 30) ? (int64_t)roll(state, 100000) - 50000 : roll(state, 2) ? INT64_MIN : INT64_MAX,
    };
}

/* Counters of few kinds, so that many move alike; each in an order of its own. */
static void make(uint64_t seed, struct arena *arena, struct hour_slots *hour)
{
    uint64_t state = seed;
    static const uint32_t numbers[ITEMS] = {1, 2, 3, 127, 128, 4000000000};
    unsigned kinds = 1 + (unsigned)roll(&state, 4);
    unsigned kind_of[ITEMS * PROFILE_COUNT];
    for (size_t i = 0; i < ITEMS * PROFILE_COUNT; i++)
        kind_of[i] = (unsigned)roll(&state, kinds + 1);
    for (int slot = 0; slot < HOUR_SLOTS; slot++) {
        struct slot_record *records = arena_alloc(arena, ITEMS * PROFILE_COUNT * sizeof *records);
        struct slot_summary summaries[8];
        bool silent[8];
        size_t count = 0, first = roll(&state, ITEMS * PROFILE_COUNT);
        for (unsigned kind = 0; kind < kinds; kind++) {
            summaries[kind] = summary_of(&state);
            silent[kind] = roll(&state, 3) == 0;
        }
        for (size_t i = 0; i < ITEMS * PROFILE_COUNT; i++) {
            size_t at = (first + i) % (ITEMS * PROFILE_COUNT);
            if (kind_of[at] < kinds && !silent[kind_of[at]])
                records[count++] = (struct slot_record){numbers[at / PROFILE_COUNT], (enum profile)(at % PROFILE_COUNT), summaries[kind_of[at]]};
        }
        hour->slots[slot] = (struct slot_list){records, count};
    }
}

static const struct slot_record *find(struct slot_list list, const struct slot_record *like)
{
    for (size_t i = 0; i < list.count; i++)
        if (list.records[i].item == like->item && list.records[i].profile == like->profile)
            return &list.records[i];
    return NULL;
}

static bool same(const struct slot_summary *x, const struct slot_summary *y)
{
    return x->carry == y->carry && x->net == y->net && x->high == y->high && x->rise_at == y->rise_at && x->seat_ms == y->seat_ms;
}

Test(sealed, hours_come_back_and_their_bytes_are_their_own)
{
    size_t records = 0, bytes = 0;
    const char *given = getenv("SEED");
    uint64_t first = given ? strtoull(given, NULL, 10) : 1, last = given ? first : 2000;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct arena *arena = arena_create();
        struct buffer out = {0}, again = {0};
        struct hour_slots hour = {0}, found;
        unsigned slots = 0;
        make(seed, arena, &hour);
        sealed_pack(&out, &hour, arena);
        for (int slot = 0; slot < HOUR_SLOTS; slot++)
            slots |= hour.slots[slot].count ? 1u << slot : 0;
        cr_assert_eq(sealed_slots(buffer_bytes(&out)), slots, "seed %llu", (unsigned long long)seed);
        if (slots) {
            cr_assert(sealed_unpack(buffer_bytes(&out), arena, &found), "seed %llu", (unsigned long long)seed);
            for (int slot = 0; slot < HOUR_SLOTS; slot++) {
                cr_assert_eq(found.slots[slot].count, hour.slots[slot].count, "seed %llu, slot %d", (unsigned long long)seed, slot);
                for (size_t i = 0; i < hour.slots[slot].count; i++, records++) {
                    const struct slot_record *record = find(found.slots[slot], &hour.slots[slot].records[i]);
                    cr_assert(record && same(&record->summary, &hour.slots[slot].records[i].summary), "seed %llu, slot %d", (unsigned long long)seed, slot);
                }
            }
            sealed_pack(&again, &found, arena);
            cr_assert(bytes_equal(buffer_bytes(&again), buffer_bytes(&out)), "seed %llu: other bytes", (unsigned long long)seed);
        }
        bytes += out.len;
        buffer_free(&out);
        buffer_free(&again);
        arena_destroy(arena);
    }
    printf("sealed: seeds %llu to %llu: %zu records in %zu bytes\n", (unsigned long long)first, (unsigned long long)last, records, bytes);
}

/* Cut anywhere, or with any byte changed: told, or read as something else, never read past the end. */
Test(sealed, damage_is_told_or_harmless)
{
    size_t cuts = 0, told = 0, changed = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct arena *arena = arena_create();
        struct buffer out = {0};
        struct hour_slots hour = {0}, found;
        make(seed, arena, &hour);
        sealed_pack(&out, &hour, arena);
        for (size_t len = 0; len < out.len; len++, cuts++) {
            uint8_t *copy = memory_alloc(len + 1); /* so that a read behind it is seen */
            memcpy(copy, out.data, len);
            told += !sealed_unpack(bytes_of(copy, len), arena, &found);
            free(copy);
        }
        for (size_t at = 0; at < out.len; at++)
            for (int bit = 0; bit < 8; bit++, changed++) {
                out.data[at] ^= (uint8_t)(1 << bit);
                if (sealed_unpack(buffer_bytes(&out), arena, &found))
                    for (int slot = 0; slot < HOUR_SLOTS; slot++)
                        for (size_t i = 0; i < found.slots[slot].count; i++)
                            cr_assert(found.slots[slot].records[i].profile < PROFILE_COUNT);
                out.data[at] ^= (uint8_t)(1 << bit);
                arena_reset(arena);
            }
        buffer_free(&out);
        arena_destroy(arena);
    }
    cr_expect(told > cuts / 2, "%zu of %zu", told, cuts);
    printf("sealed: %zu cuts, %zu told; %zu changed bits\n", cuts, told, changed);
}
