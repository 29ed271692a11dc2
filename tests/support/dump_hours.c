/* The tables that are counted hour by hour, a counter's record a line; sets are told item by item. */
#include "tests/support/dump_hours.h"

#include "base/check.h"
#include "base/varint.h"
#include "store/dictionary.h"
#include "store/hour.h"

#include <stdlib.h>

struct telling {
    struct db_txn *txn;
    struct arena *arena;
    struct buffer *out;
    struct told {
        uint32_t slot, item, family, gap;
        int64_t count;
    } *told; /* of the record under way */
    size_t count, capacity;
};

static struct bytes item_text(struct telling *telling, uint64_t number)
{
    struct bytes text;
    check(number <= UINT32_MAX && dictionary_get(telling->txn, DICTIONARY_ITEM, (uint32_t)number, &text));
    return text;
}

static int compare_told(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(struct told, count)); /* any order that brings together what is alike */
}

static void tell_entry(struct telling *telling, uint32_t hour_slot, const struct entry *entry)
{
    struct bytes set;
    uint64_t code;
    check(dictionary_get(telling->txn, DICTIONARY_SET, entry->set, &set));
    while (varint_take(&set, &code)) {
        if (telling->count == telling->capacity) {
            telling->capacity = telling->capacity * 2 + 64;
            telling->told = memory_resize(telling->told, telling->capacity * sizeof *telling->told);
        }
        telling->told[telling->count++] = (struct told){hour_slot + entry->slot, (uint32_t)(code / 2), code % 2, entry->gap, entry->count};
    }
}

static void head(struct telling *telling, const char *table, uint32_t slot, struct scope scope, uint32_t item)
{
    char text[INSTANT_TEXT_SIZE];
    struct bytes code = item_text(telling, item);
    buffer_printf(telling->out, "%s %s %s %lld %.*s", table, instant_format((instant)slot * SLOT_MS, text), scope_kind_name(scope.kind), (long long)scope.id,
                  (int)code.len, (const char *)code.data);
}

static void tell_named(struct telling *telling, uint32_t hour_slot, struct scope scope, struct bytes records)
{
    struct entry entry = {0};
    bool damaged = false;
    telling->count = 0;
    while (entry_unpack(&records, &entry, &damaged))
        tell_entry(telling, hour_slot, &entry);
    check(!damaged && telling->count);
    qsort(telling->told, telling->count, sizeof *telling->told, compare_told);
    for (size_t i = 0; i < telling->count;) {
        struct told sum = telling->told[i++];
        for (; i < telling->count && compare_told(&telling->told[i], &sum) == 0; i++)
            sum.count += telling->told[i].count;
        head(telling, "hour-named", sum.slot, scope, sum.item);
        buffer_printf(telling->out, " %s: gap %u count %lld\n", sum.family ? "person" : "exact", sum.gap, (long long)sum.count);
    }
}

static void tell_times(struct telling *telling, uint32_t hour_slot, struct scope scope, struct bytes records)
{
    struct times_group group;
    struct times_lists lists = {0};
    bool damaged = false;
    while (times_unpack(&records, telling->arena, &lists, &group, &damaged))
        for (size_t i = 0; i < group.item_count; i++) {
            head(telling, "hour-times", hour_slot + group.slot, scope, group.items[i]);
            for (size_t k = 0; k < group.count; k++)
                buffer_printf(telling->out, "%s %d for %u", k ? "," : ":", group.times[k].level, group.times[k].ms);
            buffer_append_char(telling->out, '\n');
        }
    check(!damaged);
}

static void tell_table(struct telling *telling, enum db_table table)
{
    struct db_cursor *cursor = db_cursor_open(telling->txn, table, BYTES_NONE);
    struct bytes key, value, records;
    while (db_cursor_next(cursor, &key, &value)) {
        struct bytes rest = key;
        uint32_t slot = 0;
        uint8_t kind = 0;
        uint64_t id = 0;
        uint16_t chunk = 0;
        check(key_take_u32(&rest, &slot) && key_take_u8(&rest, &kind) && key_take_u64(&rest, &id) && key_take_u16(&rest, &chunk) && kind < SCOPE_KIND_COUNT);
        struct scope scope = {(enum scope_kind)kind, (int64_t)id};
        if (chunk || !hour_get(telling->txn, table, slot, scope, telling->arena, &records))
            continue;
        (table == TABLE_NAMED ? tell_named : tell_times)(telling, slot, scope, records);
        arena_reset(telling->arena);
    }
    db_cursor_close(cursor);
}

static void tell_seen(void *owner, struct seen_key key, struct bytes groups)
{
    struct telling *telling = owner;
    struct arena *arena = arena_create();
    struct seen_group group;
    bool damaged = false;
    while (seen_unpack(&groups, arena, &group, &damaged))
        for (size_t i = 0; i < group.item_count; i++)
            for (size_t k = 0; k < group.scope_count; k++) {
                head(telling, "before", group.slot, group.scopes[k], group.items[i]);
                buffer_printf(telling->out, " %s: kind %u id %lld\n", key.family ? "person" : "exact", key.kind, (long long)key.id);
            }
    check(!damaged);
    arena_destroy(arena);
}

void dump_hours(struct db_txn *txn, struct buffer *out)
{
    struct telling telling = {.txn = txn, .arena = arena_create(), .out = out};
    struct bytes marks;
    tell_table(&telling, TABLE_NAMED);
    tell_table(&telling, TABLE_SUSTAINED);
    seen_each(txn, telling.arena, tell_seen, &telling);
    if (meta_get(txn, "hours", telling.arena, &marks) && marks.len)
        buffer_append_text(out, "hours: some are not counted\n"); /* a dump is compared when everything is */
    free(telling.told);
    arena_destroy(telling.arena);
}
