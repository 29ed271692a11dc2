#include "store/hour.h"

#include "base/check.h"
#include "base/varint.h"

/* --- entries --------------------------------------------------------------------------------------- */

enum { HEAD_SLOT = 0x0f, HEAD_SAME_SET = 0x20, HEAD_ONE = 0x40, HEAD_NEVER = 0x80 };

void entry_pack(struct buffer *out, const struct entry *entry, const struct entry *before)
{
    check(entry->slot < HOUR_SLOTS && entry->set != 0);
    uint8_t head = (uint8_t)entry->slot;
    head |= entry->set == before->set ? HEAD_SAME_SET : 0;
    head |= entry->count == 1 ? HEAD_ONE : 0;
    head |= entry->gap == ENTRY_NEVER ? HEAD_NEVER : 0;
    buffer_append_char(out, (char)head);
    if (!(head & HEAD_NEVER))
        varint_put(out, entry->gap);
    if (!(head & HEAD_SAME_SET))
        varint_put(out, entry->set);
    if (!(head & HEAD_ONE))
        varint_put_signed(out, entry->count);
}

static bool take_u32(struct bytes *rest, uint32_t *value)
{
    uint64_t wide;
    bool taken = varint_take(rest, &wide) && wide <= UINT32_MAX;
    *value = taken ? (uint32_t)wide : 0;
    return taken;
}

bool entry_unpack(struct bytes *rest, struct entry *entry, bool *damaged)
{
    uint8_t head;
    if (!key_take_u8(rest, &head))
        return false;
    entry->slot = head & HEAD_SLOT;
    entry->gap = ENTRY_NEVER;
    entry->count = 1;
    bool good = entry->slot < HOUR_SLOTS;
    if (!(head & HEAD_NEVER))
        good = good && take_u32(rest, &entry->gap);
    if (!(head & HEAD_SAME_SET))
        good = good && take_u32(rest, &entry->set);
    if (!(head & HEAD_ONE))
        good = good && varint_take_signed(rest, &entry->count);
    if (!good || entry->set == 0)
        *damaged = true;
    return !*damaged;
}

/* --- items ----------------------------------------------------------------------------------------- */

static void put_items(struct buffer *out, const uint32_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(i == 0 || items[i] > items[i - 1]);
        varint_put(out, items[i] - (i ? items[i - 1] : 0));
    }
}

void items_pack(struct buffer *out, const uint32_t *items, size_t count)
{
    varint_put(out, count);
    put_items(out, items, count);
}

static bool take_items(struct bytes *rest, struct arena *arena, uint32_t known, uint32_t **items, size_t *count)
{
    uint32_t more;
    if (known > rest->len)
        return false;
    *items = arena_alloc(arena, (known + 1) * sizeof **items);
    *count = known;
    for (uint32_t i = 0, item = 0; i < known; i++) {
        if (!take_u32(rest, &more))
            return false;
        (*items)[i] = item += more;
    }
    return true;
}

bool items_unpack(struct bytes *rest, struct arena *arena, uint32_t **items, size_t *count)
{
    uint32_t known;
    return take_u32(rest, &known) && take_items(rest, arena, known, items, count);
}

/* --- times ----------------------------------------------------------------------------------------- */

/* The list k before the newest; NULL: not so many are kept. */
static struct times_list *list_before(struct times_lists *lists, uint32_t k)
{
    return k < lists->count && k < TIMES_LISTS ? &lists->lists[(lists->count - 1 - k) % TIMES_LISTS] : NULL;
}

static void pack_list(struct buffer *out, struct times_list items, struct times_lists *lists)
{
    const struct times_list *before;
    for (uint32_t k = 0; (before = list_before(lists, k)); k++)
        if (before->count == items.count && memcmp(before->items, items.items, items.count * sizeof *items.items) == 0) {
            varint_put(out, k * 2 + 1);
            return;
        }
    lists->lists[lists->count++ % TIMES_LISTS] = items;
    varint_put(out, items.count * 2);
    put_items(out, items.items, items.count);
}

static bool unpack_list(struct bytes *rest, struct arena *arena, struct times_lists *lists, struct times_group *group)
{
    uint32_t head, *items;
    if (!take_u32(rest, &head))
        return false;
    if (head & 1) {
        const struct times_list *before = list_before(lists, head / 2);
        if (before) {
            group->items = before->items;
            group->item_count = before->count;
        }
        return before != NULL;
    }
    if (!take_items(rest, arena, head / 2, &items, &group->item_count))
        return false;
    group->items = items;
    lists->lists[lists->count++ % TIMES_LISTS] = (struct times_list){items, group->item_count};
    return true;
}

void times_pack(struct buffer *out, uint32_t slot, struct times_list items, const struct level_time *times, size_t count, struct times_lists *lists)
{
    check(slot < HOUR_SLOTS && count > 0);
    buffer_append_char(out, (char)slot);
    pack_list(out, items, lists);
    varint_put(out, (uint64_t)((int64_t)times[count - 1].level - times[0].level) + 1);
    varint_put_signed(out, times[0].level);
    uint32_t ms = times[count - 1].ms;
    for (size_t i = 0; i + 1 < count; i++) {
        int64_t skipped = (int64_t)times[i + 1].level - times[i].level - 1;
        check(skipped >= 0 && times[i].ms > 0);
        varint_put(out, times[i].ms);
        if (skipped) {
            varint_put(out, 0);
            varint_put(out, (uint64_t)skipped);
        }
        ms += times[i].ms;
    }
    check(ms == SLOT_MS && times[count - 1].ms > 0);
}

/* Of `levels` from the lowest up. */
static bool take_times(struct bytes *rest, struct times_group *group, uint64_t levels)
{
    int64_t level;
    uint32_t more, ms = 0;
    if (!varint_take_signed(rest, &level) || level < INT32_MIN || level + (int64_t)levels - 1 > INT32_MAX)
        return false;
    int64_t highest = level + (int64_t)levels - 1;
    while (level < highest) {
        if (!take_u32(rest, &more))
            return false;
        if (more == 0) {
            if (!take_u32(rest, &more) || more == 0 || more > highest - level)
                return false;
            level += more;
            continue;
        }
        if (more >= SLOT_MS - ms)
            return false;
        group->times[group->count++] = (struct level_time){(int32_t)level++, more};
        ms += more;
    }
    group->times[group->count++] = (struct level_time){(int32_t)highest, SLOT_MS - ms};
    return true;
}

bool times_unpack(struct bytes *rest, struct arena *arena, struct times_lists *lists, struct times_group *group, bool *damaged)
{
    uint8_t slot;
    uint64_t levels;
    if (!key_take_u8(rest, &slot))
        return false;
    *group = (struct times_group){.slot = slot};
    bool good = slot < HOUR_SLOTS && unpack_list(rest, arena, lists, group) && varint_take(rest, &levels) && levels > 0 &&
                levels <= UINT32_MAX;
    if (good) {
        /* Each takes a byte at least, but the highest. */
        group->times = arena_alloc(arena, ((levels <= rest->len ? levels : rest->len) + 1) * sizeof *group->times);
        good = take_times(rest, group, levels);
    }
    *damaged |= !good;
    return good;
}

/* --- the hours ------------------------------------------------------------------------------------- */

void hour_key(struct key *key, uint32_t slot, struct scope scope)
{
    slot_key(key, slot - slot % HOUR_SLOTS, scope);
}

/* The records of slots before the limit. */
static struct bytes prefix_of(enum db_table table, struct bytes value, uint32_t limit, struct arena *arena)
{
    struct bytes rest = value;
    struct entry entry = {0};
    struct times_group group;
    struct times_lists lists = {0};
    bool damaged = false;
    for (;;) {
        struct bytes before = rest;
        bool taken = table == TABLE_NAMED ? entry_unpack(&rest, &entry, &damaged) : times_unpack(&rest, arena, &lists, &group, &damaged);
        if (!taken || (table == TABLE_NAMED ? entry.slot : group.slot) >= limit)
            return bytes_of(value.data, value.len - before.len);
    }
}

struct kept {
    struct kept *next;
    struct bytes key, value;
};

void hour_forget(struct db_txn *txn, enum db_table table, uint32_t slot)
{
    struct arena *arena = arena_create();
    struct kept *kept = NULL;
    struct key hour = {.len = 0};
    struct bytes key, value;
    key_add_u32(&hour, slot - slot % HOUR_SLOTS);
    if (slot % HOUR_SLOTS) { /* a horizon inside the hour: what lies before it stays */
        struct db_cursor *cursor = db_cursor_open(txn, table, key_bytes(&hour));
        while (db_cursor_next(cursor, &key, &value)) {
            struct kept *one = arena_alloc(arena, sizeof *one);
            struct bytes head = bytes_of(key.data, key.len - 2);
            if (key.data[key.len - 1] == 0 && key.data[key.len - 2] == 0 && db_get_chunked(txn, table, head, arena, &value)) {
                *one = (struct kept){kept, arena_copy(arena, head), prefix_of(table, value, slot % HOUR_SLOTS, arena)};
                kept = one;
            }
        }
        db_cursor_close(cursor);
    }
    db_delete_prefix(txn, table, key_bytes(&hour));
    for (; kept; kept = kept->next)
        if (kept->value.len)
            db_put_chunked(txn, table, kept->key, kept->value);
    arena_destroy(arena);
}

bool hour_get(struct db_txn *txn, enum db_table table, uint32_t slot, struct scope scope, struct arena *arena, struct bytes *records)
{
    struct key key;
    hour_key(&key, slot, scope);
    return db_get_chunked(txn, table, key_bytes(&key), arena, records);
}

void hour_append(struct db_txn *txn, enum db_table table, uint32_t slot, struct scope scope, struct bytes records)
{
    struct arena *arena = NULL;
    struct buffer all = {0};
    struct bytes before = BYTES_NONE;
    struct key key;
    if (slot % HOUR_SLOTS) {
        arena = arena_create();
        if (hour_get(txn, table, slot, scope, arena, &before))
            buffer_append_bytes(&all, before);
    }
    buffer_append_bytes(&all, records);
    hour_key(&key, slot, scope);
    db_put_chunked(txn, table, key_bytes(&key), buffer_bytes(&all));
    buffer_free(&all);
    arena_destroy(arena);
}

void hour_mark_pack(struct buffer *out, uint32_t hour, instant since)
{
    varint_put(out, hour);
    varint_put(out, since < 0 ? 0 : (uint64_t)since);
}

bool hour_mark_unpack(struct bytes *rest, uint32_t *hour, instant *since, bool *damaged)
{
    uint64_t wide;
    if (rest->len == 0)
        return false;
    bool good = take_u32(rest, hour) && varint_take(rest, &wide);
    *since = good ? (instant)wide : 0;
    *damaged |= !good;
    return good;
}

/* --- seen ------------------------------------------------------------------------------------------ */

void seen_pack(struct buffer *out, const struct seen_group *group)
{
    varint_put(out, group->slot);
    items_pack(out, group->items, group->item_count);
    varint_put(out, group->scope_count);
    for (size_t i = 0; i < group->scope_count; i++) {
        buffer_append_char(out, (char)group->scopes[i].kind);
        varint_put(out, (uint64_t)group->scopes[i].id);
    }
}

bool seen_unpack(struct bytes *rest, struct arena *arena, struct seen_group *group, bool *damaged)
{
    uint32_t count;
    if (rest->len == 0)
        return false;
    bool good = take_u32(rest, &group->slot) && items_unpack(rest, arena, &group->items, &group->item_count) && take_u32(rest, &count) && count <= rest->len;
    group->scope_count = good ? count : 0;
    group->scopes = arena_alloc(arena, (group->scope_count + 1) * sizeof *group->scopes);
    for (size_t i = 0; i < group->scope_count && good; i++) {
        uint8_t kind;
        uint64_t id;
        good = key_take_u8(rest, &kind) && kind < SCOPE_KIND_COUNT && varint_take(rest, &id);
        group->scopes[i] = good ? (struct scope){(enum scope_kind)kind, (int64_t)id} : (struct scope){0};
    }
    *damaged |= !good;
    return good;
}

void seen_put(struct db_txn *txn, struct seen_key seen, struct bytes groups)
{
    struct key key = {.len = 0};
    key_add_u8(&key, seen.family);
    key_add_u8(&key, seen.kind);
    key_add_u64(&key, (uint64_t)seen.id);
    db_put_chunked(txn, TABLE_SEEN, key_bytes(&key), groups);
}

void seen_each(struct db_txn *txn, struct arena *arena, seen_fn fn, void *owner)
{
    struct bytes key, value, groups;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_SEEN, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        struct bytes rest = key, head = bytes_of(key.data, key.len - 2);
        struct seen_key seen;
        uint64_t id;
        uint16_t chunk;
        if (!key_take_u8(&rest, &seen.family) || !key_take_u8(&rest, &seen.kind) || !key_take_u64(&rest, &id) || !key_take_u16(&rest, &chunk) || chunk)
            continue;
        seen.id = (int64_t)id;
        if (db_get_chunked(txn, TABLE_SEEN, head, arena, &groups))
            fn(owner, seen, groups);
        arena_reset(arena);
    }
    db_cursor_close(cursor);
}
