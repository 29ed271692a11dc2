#include "store/slots.h"

#include "base/check.h"

#include <stdlib.h>

enum { SCOPE_BYTES = 9 };

static uint32_t hour_of(uint32_t slot)
{
    return slot - slot % HOUR_SLOTS;
}

static bool first_number(struct db_txn *txn, enum db_table table, uint32_t from, uint32_t *number)
{
    struct bytes key, value;
    struct key start = {.len = 0};
    struct db_cursor *cursor = db_cursor_open(txn, table, BYTES_NONE);
    key_add_u32(&start, from);
    db_cursor_seek(cursor, key_bytes(&start));
    bool found = db_cursor_next(cursor, &key, &value) && key_take_u32(&key, number);
    db_cursor_close(cursor);
    return found;
}

static bool last_number(struct db_txn *txn, enum db_table table, uint32_t *number)
{
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, table, BYTES_NONE);
    bool found = db_cursor_last(cursor, &key, &value) && key_take_u32(&key, number);
    db_cursor_close(cursor);
    return found;
}

bool slots_first_open(struct db_txn *txn, uint32_t *slot)
{
    return first_number(txn, TABLE_SLOT, 0, slot);
}

/* Which slots of an hour have anything in some scope; until one has `enough` of them. */
static unsigned sealed_anywhere(struct db_txn *txn, uint32_t hour, unsigned enough)
{
    struct bytes key, value;
    struct key prefix = {.len = 0};
    unsigned slots = 0;
    key_add_u32(&prefix, hour);
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_SEALED, key_bytes(&prefix));
    while (!(slots & enough) && db_cursor_next(cursor, &key, &value))
        if (!key.data[key.len - 2] && !key.data[key.len - 1]) /* the first chunk */
            slots |= sealed_slots(value);
    db_cursor_close(cursor);
    return slots;
}

bool slots_range(struct db_txn *txn, uint32_t *first, uint32_t *end)
{
    uint32_t last, sealed_first, sealed_last;
    bool found = slots_first_open(txn, first) && last_number(txn, TABLE_SLOT, &last);
    if (!found) {
        *first = UINT32_MAX;
        last = 0;
    }
    *end = found ? last + 1 : 0;
    if (!first_number(txn, TABLE_SEALED, 0, &sealed_first) || !last_number(txn, TABLE_SEALED, &sealed_last))
        return found;
    unsigned slots = sealed_first < *first ? sealed_anywhere(txn, sealed_first, 1) : 0;
    uint32_t lowest = slots ? sealed_first + (uint32_t)__builtin_ctz(slots) : *first;
    *first = lowest < *first ? lowest : *first;
    slots = sealed_last + HOUR_SLOTS > *end ? sealed_anywhere(txn, sealed_last, 1u << (HOUR_SLOTS - 1)) : 0;
    uint32_t highest = slots ? sealed_last + 32 - (uint32_t)__builtin_clz(slots) : 0;
    *end = highest > *end ? highest : *end;
    return *end > *first;
}

/* --- one hour -------------------------------------------------------------------------------------- */

/* False: nothing of the hour is sealed.  Lists in arena. */
static bool load_sealed(struct db_txn *txn, uint32_t slot, struct scope scope, struct arena *arena, struct hour_slots *hour, bool *damaged)
{
    struct key key;
    struct bytes value;
    *hour = (struct hour_slots){0};
    hour_key(&key, slot, scope);
    if (!db_get_chunked(txn, TABLE_SEALED, key_bytes(&key), arena, &value))
        return false;
    if (!sealed_unpack(value, arena, hour)) {
        *hour = (struct hour_slots){0};
        *damaged = true;
    }
    return true;
}

static struct slot_list unpack_open(struct bytes records, struct arena *arena, bool *damaged)
{
    size_t count = 0, capacity = records.len / 2 + 1; /* a record has two bytes at least */
    struct slot_record *list = arena_alloc(arena, capacity * sizeof *list);
    while (slot_unpack(&records, &list[count], damaged))
        count++;
    return (struct slot_list){list, count};
}

static void put_sealed(struct db_txn *txn, uint32_t slot, struct scope scope, const struct hour_slots *hour, struct arena *scratch)
{
    struct buffer value = {0};
    struct key key;
    hour_key(&key, slot, scope);
    sealed_pack(&value, hour, scratch);
    if (value.len)
        db_put_chunked(txn, TABLE_SEALED, key_bytes(&key), buffer_bytes(&value));
    else
        db_delete_chunked(txn, TABLE_SEALED, key_bytes(&key));
    buffer_free(&value);
}

void slots_put(struct db_txn *txn, uint32_t slot, struct scope scope, struct bytes records)
{
    struct key key;
    struct hour_slots hour;
    bool damaged = false;
    slot_key(&key, slot, scope);
    if (records.len) {
        db_put(txn, TABLE_SLOT, key_bytes(&key), records);
        return;
    }
    db_delete(txn, TABLE_SLOT, key_bytes(&key));
    struct arena *arena = arena_create();
    if (load_sealed(txn, slot, scope, arena, &hour, &damaged) && hour.slots[slot % HOUR_SLOTS].count) {
        hour.slots[slot % HOUR_SLOTS].count = 0;
        put_sealed(txn, slot, scope, &hour, arena);
    }
    arena_destroy(arena);
}

/* --- reading one scope ----------------------------------------------------------------------------- */

struct slot_reader {
    struct db_txn *txn;
    struct scope scope;
    struct arena *arena, *open_arena;
    uint32_t open_first, sealed_end; /* where no open one comes before, no sealed one after */
    uint32_t hour;                   /* whose slots are here, + 1 */
    struct hour_slots slots;
    bool damaged;
};

struct slot_reader *slot_reader_create(struct db_txn *txn, struct scope scope)
{
    struct slot_reader *reader = memory_alloc_zero(1, sizeof *reader);
    *reader = (struct slot_reader){.txn = txn, .scope = scope, .arena = arena_create(), .open_arena = arena_create()};
    if (!slots_first_open(txn, &reader->open_first))
        reader->open_first = UINT32_MAX;
    if (last_number(txn, TABLE_SEALED, &reader->sealed_end))
        reader->sealed_end += HOUR_SLOTS;
    return reader;
}

void slot_reader_destroy(struct slot_reader *reader)
{
    if (!reader)
        return;
    arena_destroy(reader->arena);
    arena_destroy(reader->open_arena);
    free(reader);
}

bool slot_reader_get(struct slot_reader *reader, uint32_t slot, struct slot_list *list, bool *damaged)
{
    struct bytes records;
    struct key key;
    if (slot >= reader->open_first) {
        slot_key(&key, slot, reader->scope);
        if (db_get(reader->txn, TABLE_SLOT, key_bytes(&key), &records)) {
            arena_reset(reader->open_arena);
            *list = unpack_open(records, reader->open_arena, damaged);
            return list->count > 0;
        }
    }
    if (slot >= reader->sealed_end)
        return false;
    if (reader->hour != hour_of(slot) + 1) {
        arena_reset(reader->arena);
        reader->hour = hour_of(slot) + 1;
        reader->damaged = false;
        (void)load_sealed(reader->txn, slot, reader->scope, reader->arena, &reader->slots, &reader->damaged);
    }
    *damaged |= reader->damaged;
    *list = reader->slots.slots[slot % HOUR_SLOTS];
    return list->count > 0;
}

/* --- the open slots of an hour --------------------------------------------------------------------- */

struct open_slot {
    uint8_t scope[SCOPE_BYTES]; /* as in keys */
    uint32_t slot;
    struct bytes records;
};
struct open_slots {
    struct open_slot *list; /* by scope, then slot; in an arena */
    size_t count, capacity;
};

static struct open_slot *add_open(struct open_slots *open, struct arena *arena)
{
    if (open->count == open->capacity) {
        struct open_slot *more = arena_alloc(arena, (open->capacity = open->capacity * 2 + 64) * sizeof *more);
        if (open->count)
            memcpy(more, open->list, open->count * sizeof *more);
        open->list = more;
    }
    return &open->list[open->count++];
}

static int compare_open(const void *a, const void *b)
{
    const struct open_slot *x = a, *y = b;
    int order = memcmp(x->scope, y->scope, SCOPE_BYTES);
    return order ? order : x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* Those of the first scopes, at most so many of each slot: every one of a scope, or none. */
static struct open_slots gather_open(struct db_txn *txn, uint32_t hour, size_t most, struct arena *arena)
{
    struct open_slots open = {0};
    uint8_t last[SCOPE_BYTES], limit[SCOPE_BYTES];
    memset(limit, 0xff, sizeof limit);
    for (uint32_t slot = hour; slot < hour + HOUR_SLOTS; slot++) {
        struct bytes key, value;
        struct key prefix = {.len = 0};
        size_t here = 0;
        key_add_u32(&prefix, slot);
        struct db_cursor *cursor = db_cursor_open(txn, TABLE_SLOT, key_bytes(&prefix));
        while (here < most && db_cursor_next(cursor, &key, &value)) {
            check(key.len == 4 + SCOPE_BYTES);
            memcpy(last, key.data + 4, SCOPE_BYTES);
            if (memcmp(last, limit, SCOPE_BYTES) > 0)
                break;
            struct open_slot *one = add_open(&open, arena);
            *one = (struct open_slot){.slot = slot, .records = arena_copy(arena, value)};
            memcpy(one->scope, last, SCOPE_BYTES);
            here++;
        }
        db_cursor_close(cursor);
        if (here == most && memcmp(last, limit, SCOPE_BYTES) < 0)
            memcpy(limit, last, SCOPE_BYTES);
    }
    if (open.count)
        qsort(open.list, open.count, sizeof *open.list, compare_open);
    while (open.count && memcmp(open.list[open.count - 1].scope, limit, SCOPE_BYTES) > 0)
        open.count--;
    return open;
}

static struct scope scope_of(const uint8_t bytes[SCOPE_BYTES])
{
    struct bytes rest = bytes_of(bytes, SCOPE_BYTES);
    uint8_t kind;
    uint64_t id;
    check(key_take_u8(&rest, &kind) && key_take_u64(&rest, &id));
    return (struct scope){(enum scope_kind)kind, (int64_t)id};
}

/* --- reading all ----------------------------------------------------------------------------------- */

struct slots_cursor {
    struct db_txn *txn;
    struct arena *arena; /* of the hour under way */
    uint32_t first, next_hour;
    struct slots_entry *entries;
    size_t count, next, capacity;
};

struct slots_cursor *slots_cursor_open(struct db_txn *txn, uint32_t first)
{
    struct slots_cursor *cursor = memory_alloc_zero(1, sizeof *cursor);
    *cursor = (struct slots_cursor){.txn = txn, .arena = arena_create(), .first = first, .next_hour = hour_of(first)};
    return cursor;
}

void slots_cursor_close(struct slots_cursor *cursor)
{
    arena_destroy(cursor->arena);
    free(cursor->entries);
    free(cursor);
}

static void add_entry(struct slots_cursor *cursor, const struct slots_entry *entry)
{
    if (entry->slot < cursor->first || (!entry->list.count && !entry->damaged))
        return;
    if (cursor->count == cursor->capacity) {
        cursor->capacity = cursor->capacity * 2 + 256;
        cursor->entries = memory_resize(cursor->entries, cursor->capacity * sizeof *cursor->entries);
    }
    cursor->entries[cursor->count++] = *entry;
}

/* A scope's slots of the hour; open ones from *at on are its own. */
static void add_scope(struct slots_cursor *cursor, uint32_t hour, const uint8_t *scope, const struct open_slots *open, size_t *at)
{
    struct hour_slots sealed;
    struct slots_entry entry = {.scope = scope_of(scope)};
    bool damaged = false;
    (void)load_sealed(cursor->txn, hour, entry.scope, cursor->arena, &sealed, &damaged);
    if (damaged)
        add_entry(cursor, &(struct slots_entry){.slot = hour < cursor->first ? cursor->first : hour, .scope = entry.scope, .damaged = true});
    for (uint32_t i = 0; i < HOUR_SLOTS; i++) {
        entry.slot = hour + i;
        entry.list = sealed.slots[i];
        entry.damaged = false;
        if (*at < open->count && open->list[*at].slot == entry.slot && memcmp(open->list[*at].scope, scope, SCOPE_BYTES) == 0)
            entry.list = unpack_open(open->list[(*at)++].records, cursor->arena, &entry.damaged);
        add_entry(cursor, &entry);
    }
}

static void load_hour(struct slots_cursor *cursor, uint32_t hour)
{
    struct bytes key, value;
    struct key prefix = {.len = 0};
    arena_reset(cursor->arena);
    cursor->count = cursor->next = 0;
    struct open_slots open = gather_open(cursor->txn, hour, SIZE_MAX, cursor->arena);
    size_t at = 0;
    key_add_u32(&prefix, hour);
    struct db_cursor *sealed = db_cursor_open(cursor->txn, TABLE_SEALED, key_bytes(&prefix));
    while (db_cursor_next(sealed, &key, &value)) {
        check(key.len == 4 + SCOPE_BYTES + 2);
        if (key.data[key.len - 2] || key.data[key.len - 1])
            continue; /* not the first chunk */
        while (at < open.count && memcmp(open.list[at].scope, key.data + 4, SCOPE_BYTES) < 0)
            add_scope(cursor, hour, open.list[at].scope, &open, &at);
        add_scope(cursor, hour, key.data + 4, &open, &at);
    }
    db_cursor_close(sealed);
    while (at < open.count)
        add_scope(cursor, hour, open.list[at].scope, &open, &at);
}

bool slots_cursor_next(struct slots_cursor *cursor, struct slots_entry *entry)
{
    while (cursor->next == cursor->count) {
        uint32_t open = UINT32_MAX, sealed = UINT32_MAX;
        if (!first_number(cursor->txn, TABLE_SLOT, cursor->next_hour, &open))
            open = UINT32_MAX;
        if (!first_number(cursor->txn, TABLE_SEALED, cursor->next_hour, &sealed))
            sealed = UINT32_MAX;
        if (open == UINT32_MAX && sealed == UINT32_MAX)
            return false;
        uint32_t hour = hour_of(open < sealed ? open : sealed);
        load_hour(cursor, hour);
        cursor->next_hour = hour + HOUR_SLOTS;
    }
    *entry = cursor->entries[cursor->next++];
    return true;
}

/* --- sealing --------------------------------------------------------------------------------------- */

/* What is open of one scope joins what is sealed. */
static bool seal_scope(struct db_txn *txn, uint32_t hour, const struct open_slot *open, size_t count, struct arena *arena)
{
    struct hour_slots slots;
    struct key key;
    struct scope scope = scope_of(open->scope);
    bool damaged = false;
    (void)load_sealed(txn, hour, scope, arena, &slots, &damaged);
    for (size_t i = 0; i < count; i++)
        slots.slots[open[i].slot % HOUR_SLOTS] = unpack_open(open[i].records, arena, &damaged);
    if (damaged)
        return false;
    put_sealed(txn, hour, scope, &slots, arena);
    for (size_t i = 0; i < count; i++) {
        slot_key(&key, open[i].slot, scope);
        db_delete(txn, TABLE_SLOT, key_bytes(&key));
    }
    return true;
}

enum err slots_seal(struct db_txn *txn, uint32_t end, size_t most, uint64_t *sealed, bool *done)
{
    uint32_t first;
    *done = !slots_first_open(txn, &first) || hour_of(first) + HOUR_SLOTS > end;
    if (*done)
        return ERR_OK;
    struct arena *arena = arena_create(), *scratch = arena_create();
    bool good = true;
    struct open_slots open = gather_open(txn, hour_of(first), most / HOUR_SLOTS + 1, arena);
    for (size_t from = 0, to; from < open.count && good; from = to) {
        for (to = from + 1; to < open.count && memcmp(open.list[to].scope, open.list[from].scope, SCOPE_BYTES) == 0; to++)
            ;
        good = seal_scope(txn, hour_of(first), &open.list[from], to - from, scratch);
        *sealed += good ? to - from : 0;
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    arena_destroy(arena);
    return good ? ERR_OK : ERR_DAMAGED;
}
