#include "server/ingest/restore.h"

#include "base/check.h"
#include "server/engine/engine.h"
#include "store/enabled.h"
#include "store/hour.h"
#include "store/records.h"
#include "store/slots.h"

struct restoring {
    struct engine *engine;
    enum dictionary_class class;
};

static void restore_name(void *owner, uint32_t number, struct bytes text)
{
    struct restoring *restoring = owner;
    engine_restore_name(restoring->engine, restoring->class, number, text);
}

static void restore_block(void *owner, enum session_class class, uint32_t block, struct bytes records)
{
    engine_restore_block(owner, class, block, records);
}

static void restore_statement(void *owner, const struct fact *fact, struct bytes body)
{
    engine_restore_statement(owner, fact, body);
}

static enum err restore_statements(struct engine *engine, struct db_txn *txn)
{
    static const enum db_table tables[] = {TABLE_HISTORY, TABLE_ROW, TABLE_RULES};
    enum err err = ERR_OK;
    uint64_t count = 0;
    for (int i = 0; i < 3; i++)
        count += db_count(txn, tables[i]);
    engine_restore_statements(engine, count);
    for (int i = 0; i < 3 && err == ERR_OK; i++)
        err = fact_bodies_read(txn, tables[i], restore_statement, engine);
    return err;
}

/* Chunked records: the first chunk's key says where, the whole is read by it. */
static void restore_enabled(struct engine *engine, struct db_txn *txn, struct arena *arena)
{
    struct bytes key, value, whole;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_ENABLED, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        uint8_t kind;
        uint64_t id;
        uint32_t day;
        uint16_t chunk;
        struct bytes rest = key, head = bytes_of(key.data, key.len - 2);
        if (key_take_u8(&rest, &kind) && key_take_u64(&rest, &id) && key_take_u32(&rest, &day) && key_take_u16(&rest, &chunk) &&
            chunk == 0 && db_get_chunked(txn, TABLE_ENABLED, head, arena, &whole))
            engine_restore_enabled(engine, (int32_t)day, (struct scope){kind, (int64_t)id}, whole);
    }
    db_cursor_close(cursor);
}

static void restore_marks(struct engine *engine, struct db_txn *txn, struct arena *arena)
{
    struct bytes marks;
    uint32_t hour;
    instant since;
    bool damaged = false;
    if (!meta_get(txn, "hours", arena, &marks))
        return;
    while (hour_mark_unpack(&marks, &hour, &since, &damaged))
        engine_restore_mark(engine, hour);
    check(!damaged);
}

static void restore_seen(void *owner, struct seen_key key, struct bytes groups)
{
    engine_restore_seen(owner, key, groups);
}

static void restore_scopes(struct engine *engine, struct db_txn *txn, instant horizon, struct arena *arena)
{
    struct bytes key, value;
    struct key start = {.len = 0};
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_DAY_NET, BYTES_NONE);
    if (horizon != INSTANT_EVER) {
        key_add_u32(&start, (uint32_t)instant_day(horizon));
        db_cursor_seek(cursor, key_bytes(&start));
    }
    while (db_cursor_next(cursor, &key, &value)) {
        uint32_t day;
        uint8_t kind;
        uint64_t id;
        if (key_take_u32(&key, &day) && key_take_u8(&key, &kind) && key_take_u64(&key, &id))
            engine_restore_day_net(engine, (int32_t)day, (struct scope){kind, (int64_t)id}, value);
    }
    db_cursor_close(cursor);
    restore_enabled(engine, txn, arena);
    restore_marks(engine, txn, arena);
    seen_each(txn, arena, restore_seen, engine);
    if (horizon == INSTANT_EVER)
        return;
    struct slots_entry entry;
    struct slots_cursor *slots = slots_cursor_open(txn, slot_of(horizon));
    while (slots_cursor_next(slots, &entry) && entry.slot < slot_of(horizon) + HOUR_SLOTS) {
        check(!entry.damaged);
        if (entry.slot == slot_of(horizon))
            engine_restore_carry(engine, entry.scope, entry.list.records, entry.list.count);
    }
    slots_cursor_close(slots);
}

instant restore_instant(struct db_txn *txn, const char *name)
{
    struct arena *arena = arena_create();
    struct bytes text;
    instant at = INSTANT_EVER;
    if (meta_get(txn, name, arena, &text) && !instant_parse(text, &at))
        at = INSTANT_EVER;
    arena_destroy(arena);
    return at;
}

enum err restore_engine(struct db_txn *txn, struct engine *engine, bool recount)
{
    struct arena *arena = arena_create();
    instant horizon = restore_instant(txn, "horizon");
    for (int class = 0; class < DICTIONARY_CLASS_COUNT; class++) {
        struct restoring restoring = {engine, class};
        dictionary_each(txn, class, restore_name, &restoring);
    }
    session_block_each(txn, restore_block, engine);
    engine_restore_begin(engine, horizon, restore_instant(txn, "clock"));
    struct bytes senders;
    if (meta_get(txn, "senders", arena, &senders))
        engine_restore_senders(engine, senders);
    enum err err = restore_statements(engine, txn);
    if (err == ERR_OK && !recount)
        restore_scopes(engine, txn, horizon, arena);
    if (err == ERR_OK)
        engine_restored(engine, recount);
    arena_destroy(arena);
    return err == ERR_OK ? db_error(txn) : err;
}
