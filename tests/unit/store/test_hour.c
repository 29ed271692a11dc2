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
    struct times_lists packed = {0}, lists = {0};
    bool damaged = false;
    times_pack(&out, 11, (struct times_list){items, 3}, times, 4, &packed);
    struct bytes rest = buffer_bytes(&out);
    cr_assert(times_unpack(&rest, arena, &lists, &group, &damaged));
    cr_expect(group.slot == 11 && group.item_count == 3 && group.count == 4 && rest.len == 0);
    cr_expect_eq(memcmp(group.items, items, sizeof items), 0);
    cr_expect_eq(memcmp(group.times, times, sizeof times), 0);
    arena_destroy(arena);
    buffer_free(&out);
}

/* Groups of the hour that have the items of one before name it; a value behind another begins anew. */
Test(hour, lists_of_items_stand_once)
{
    static const uint32_t items[10][2] = {{1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9}, {2, 3}, {2, 4}};
    static const int order[] = {0, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 9, 2, 1};
    static const struct level_time times[] = {{1, 300000}};
    struct buffer out = {0};
    struct arena *arena = arena_create();
    struct times_lists lists = {0};
    struct times_group group;
    bool damaged = false;
    for (int value = 0; value < 2; value++) {
        struct times_lists packed = {0};
        for (size_t i = 0; i < sizeof order / sizeof *order; i++)
            times_pack(&out, 3, (struct times_list){items[order[i]], 2}, times, 1, &packed);
    }
    struct bytes rest = buffer_bytes(&out);
    for (int value = 0; value < 2; value++)
        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
            cr_assert(times_unpack(&rest, arena, &lists, &group, &damaged), "group %zu", i);
            cr_expect(group.item_count == 2 && memcmp(group.items, items[order[i]], sizeof items[0]) == 0, "group %zu", i);
        }
    cr_expect(rest.len == 0 && !times_unpack(&rest, arena, &lists, &group, &damaged) && !damaged);
    struct bytes unknown = BYTES_LITERAL("\0\3\1\0");
    lists = (struct times_lists){0};
    cr_expect(!times_unpack(&unknown, arena, &lists, &group, &damaged) && damaged);
    printf("hour: %zu groups in %zu bytes\n", 2 * sizeof order / sizeof *order, out.len);
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
    struct times_lists packed = {0};
    struct entry found, first = {3, 4000, 200, -5}, none = {0};
    size_t cuts = 0;
    times_pack(&out, 1, (struct times_list){items, 2}, times, 2, &packed);
    for (size_t len = 1; len < out.len; len++, cuts++) {
        struct bytes rest = bytes_of(out.data, len);
        struct times_lists lists = {0};
        bool damaged = false;
        cr_expect(!times_unpack(&rest, arena, &lists, &group, &damaged) && damaged, "cut at %zu", len);
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
