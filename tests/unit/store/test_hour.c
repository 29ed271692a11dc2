/* What an hour's records hold comes back as it was, and damaged ones are told, never read past their end. */
#include "store/hour.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(hour, entries_come_back)
{
    static const struct entry entries[] = {{0, ENTRY_HERE, 7, -3}, {0, ENTRY_NEVER, 7, 1}, {0, 2, 300, 1}, {5, 113000, 300, 70000}, {11, ENTRY_NEVER, 1, 2}};
    struct entry before = {0}, found = {0};
    struct buffer out = {0};
    bool damaged = false;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        entry_pack(&out, &entries[i], &before);
        before = entries[i];
    }
    struct bytes rest = buffer_bytes(&out);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        cr_assert(entry_unpack(&rest, &found, &damaged));
        cr_expect(found.slot == entries[i].slot && found.gap == entries[i].gap && found.set == entries[i].set && found.count == entries[i].count, "entry %zu", i);
    }
    cr_expect(!entry_unpack(&rest, &found, &damaged) && !damaged);
    printf("hour: %zu entries in %zu bytes\n", sizeof entries / sizeof *entries, out.len);
    buffer_free(&out);
}

Test(hour, times_come_back)
{
    static const struct level_time times[] = {{-2, 1}, {0, 250000}, {1, 9999}, {400, 40000}};
    static const uint32_t items[] = {3, 4, 900};
    struct buffer out = {0};
    struct arena *arena = arena_create();
    struct times_group group;
    bool damaged = false;
    times_pack(&out, 11, items, 3, times, 4);
    struct bytes rest = buffer_bytes(&out);
    cr_assert(times_unpack(&rest, arena, &group, &damaged));
    cr_expect(group.slot == 11 && group.item_count == 3 && group.count == 4 && rest.len == 0);
    cr_expect_eq(memcmp(group.items, items, sizeof items), 0);
    cr_expect_eq(memcmp(group.times, times, sizeof times), 0);
    arena_destroy(arena);
    buffer_free(&out);
}

/* Each prefix of a record but the empty and the whole one. */
Test(hour, what_is_cut_is_damaged)
{
    static const struct level_time times[] = {{-2, 1}, {0, 299999}};
    static const uint32_t items[] = {1, 200};
    struct buffer out = {0};
    struct arena *arena = arena_create();
    struct times_group group;
    struct entry found, first = {3, 4000, 200, -5}, none = {0};
    size_t cuts = 0;
    times_pack(&out, 1, items, 2, times, 2);
    for (size_t len = 1; len < out.len; len++, cuts++) {
        struct bytes rest = bytes_of(out.data, len);
        bool damaged = false;
        cr_expect(!times_unpack(&rest, arena, &group, &damaged) && damaged, "cut at %zu", len);
    }
    buffer_clear(&out);
    entry_pack(&out, &first, &none);
    for (size_t len = 1; len < out.len; len++, cuts++) {
        struct bytes rest = bytes_of(out.data, len);
        bool damaged = false;
        found = none;
        cr_expect(!entry_unpack(&rest, &found, &damaged) && damaged, "cut at %zu", len);
    }
    printf("hour: %zu cuts told\n", cuts);
    arena_destroy(arena);
    buffer_free(&out);
}

Test(hour, seen_and_marks_come_back)
{
    uint32_t items[] = {2, 5};
    struct scope scopes[] = {{SCOPE_SYSTEM, 0}, {SCOPE_TENANT, 5000000000}};
    struct seen_group group = {123456, items, 2, scopes, 2}, found;
    struct buffer out = {0};
    struct arena *arena = arena_create();
    bool damaged = false;
    uint32_t hour;
    instant since;
    seen_pack(&out, &group);
    struct bytes rest = buffer_bytes(&out);
    cr_assert(seen_unpack(&rest, arena, &found, &damaged) && !damaged && rest.len == 0);
    cr_expect(found.slot == 123456 && found.item_count == 2 && found.items[1] == 5 && found.scope_count == 2 && found.scopes[1].kind == SCOPE_TENANT &&
              found.scopes[1].id == 5000000000);
    buffer_clear(&out);
    hour_mark_pack(&out, 498000, 1795514400000);
    hour_mark_pack(&out, 498001, INSTANT_EVER);
    rest = buffer_bytes(&out);
    cr_expect(hour_mark_unpack(&rest, &hour, &since, &damaged) && hour == 498000 && since == 1795514400000);
    cr_expect(hour_mark_unpack(&rest, &hour, &since, &damaged) && hour == 498001 && since == 0);
    cr_expect(!hour_mark_unpack(&rest, &hour, &since, &damaged) && !damaged);
    arena_destroy(arena);
    buffer_free(&out);
}
