#include "server/ingest/digest.h"

#include "server/ingest/restore.h"
#include "store/dictionary.h"
#include "store/enabled.h"
#include "store/records.h"
#include "store/session.h"
#include "store/slots.h"

#include <stdlib.h>

/* The hashes of a class's texts, by number. */
struct names {
    uint64_t *hashes;
    uint32_t count;
};

struct digesting {
    struct db_txn *txn;
    struct digest *digest;
    struct names names[DICTIONARY_CLASS_COUNT];
    bool damaged;
};

const char *digest_table_name(enum digest_table table)
{
    static const char *const names[] = {
#define X(name, text) text,
        DIGEST_MAP(X)
#undef X
    };
    return names[table];
}

/* Where a hash was, one member more. */
static uint64_t chain(uint64_t hash, uint64_t value)
{
    return hash_mix(hash + value);
}

static void add(struct digesting *digesting, enum digest_table table, uint64_t hash)
{
    digesting->digest->tables[table].records++;
    digesting->digest->tables[table].sum += hash_mix(hash);
}

/* --- names --------------------------------------------------------------------------------------- */

static void take_name(void *owner, uint32_t number, struct bytes text)
{
    struct names *names = owner;
    if (number >= names->count) {
        uint32_t count = number < 1024 ? 1024 : number * 2;
        names->hashes = memory_resize(names->hashes, count * sizeof *names->hashes);
        memset(names->hashes + names->count, 0, (count - names->count) * sizeof *names->hashes);
        names->count = count;
    }
    names->hashes[number] = bytes_hash(text) | 1;
}

/* 0 for number 0, which is unknown. */
static uint64_t name_of(struct digesting *digesting, enum dictionary_class class, uint32_t number)
{
    const struct names *names = &digesting->names[class];
    uint64_t hash = number && number < names->count ? names->hashes[number] : 0;
    digesting->damaged = digesting->damaged || (number && !hash);
    return hash;
}

static uint64_t id_of(struct digesting *digesting, ref id)
{
    return id >> 31 ? name_of(digesting, DICTIONARY_BIG_ID, id & 0x7fffffffu) : id;
}

static uint64_t row_key_of(struct digesting *digesting, uint64_t key)
{
    return key >> 63 ? name_of(digesting, DICTIONARY_ROW_KEY, (uint32_t)key) : key;
}

/* --- sessions ------------------------------------------------------------------------------------- */

static uint64_t instant_hash(const uint8_t bytes[6])
{
    uint64_t at = 0;
    memcpy(&at, bytes, 6);
    return at;
}

static void add_login(struct digesting *digesting, const uint8_t *bytes)
{
    struct login_record record;
    memcpy(&record, bytes, sizeof record);
    if (record.session == 0)
        return; /* freed */
    uint64_t hash = chain(SESSION_LOGIN, name_of(digesting, DICTIONARY_SOURCE, record.source));
    hash = chain(hash, row_key_of(digesting, record.key));
    hash = chain(hash, record.version);
    hash = chain(hash, name_of(digesting, DICTIONARY_SESSION, record.session));
    hash = chain(hash, instant_hash(record.begin));
    hash = chain(hash, instant_hash(record.end));
    const ref ids[] = {record.tenant, record.person, record.login, record.place, record.dn, record.switch_id};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        hash = chain(hash, id_of(digesting, ids[i]));
    hash = chain(hash, name_of(digesting, DICTIONARY_WORD, record.app));
    add(digesting, DIGEST_SESSIONS, chain(hash, record.end_by));
}

static void add_media(struct digesting *digesting, const uint8_t *bytes)
{
    struct media_record record;
    memcpy(&record, bytes, sizeof record);
    if (record.session == 0)
        return;
    uint64_t hash = chain(SESSION_MEDIA + 1, name_of(digesting, DICTIONARY_SOURCE, record.source));
    hash = chain(hash, row_key_of(digesting, record.key));
    hash = chain(hash, record.version);
    hash = chain(hash, name_of(digesting, DICTIONARY_SESSION, record.session));
    hash = chain(hash, instant_hash(record.begin));
    hash = chain(hash, instant_hash(record.end));
    hash = chain(hash, id_of(digesting, record.place));
    hash = chain(hash, id_of(digesting, record.dn));
    add(digesting, DIGEST_SESSIONS, chain(hash, name_of(digesting, DICTIONARY_WORD, record.media)));
}

static void add_block(void *owner, enum session_class class, uint32_t block, struct bytes records)
{
    struct digesting *digesting = owner;
    size_t size = class == SESSION_LOGIN ? sizeof(struct login_record) : sizeof(struct media_record);
    (void)block;
    digesting->damaged = digesting->damaged || records.len % size;
    for (size_t at = 0; at + size <= records.len; at += size)
        (class == SESSION_LOGIN ? add_login : add_media)(digesting, records.data + at);
}

/* --- counters and statements ---------------------------------------------------------------------- */

/* Keys and values of these name nothing by number. */
static void add_plain(struct digesting *digesting, enum db_table table, enum digest_table as)
{
    struct db_cursor *cursor = db_cursor_open(digesting->txn, table, BYTES_NONE);
    struct bytes key, value;
    while (db_cursor_next(cursor, &key, &value))
        add(digesting, as, chain(bytes_hash(key), bytes_hash(value)));
    db_cursor_close(cursor);
}

/* The recent ones: older ones go by the settings of each instance (store/retention.h), at their own pace. */
static void add_closes(struct digesting *digesting)
{
    enum { RECENT_DAYS = 28 }; /* a month that retention leaves at least */
    instant horizon = digesting->digest->horizon;
    struct db_cursor *cursor = db_cursor_open(digesting->txn, TABLE_CLOSE, BYTES_NONE);
    struct bytes key, value;
    while (db_cursor_next(cursor, &key, &value)) {
        struct bytes rest = key;
        uint64_t book;
        uint32_t day;
        if (key_take_u64(&rest, &book) && key_take_u32(&rest, &day) && (horizon == INSTANT_EVER || (int64_t)day > (int64_t)instant_day(horizon) - RECENT_DAYS))
            add(digesting, DIGEST_CLOSES, chain(bytes_hash(key), bytes_hash(value)));
    }
    db_cursor_close(cursor);
}

static struct db_cursor *cursor_from(struct digesting *digesting, enum db_table table, uint32_t first)
{
    struct db_cursor *cursor = db_cursor_open(digesting->txn, table, BYTES_NONE);
    struct key start = {.len = 0};
    key_add_u32(&start, first);
    db_cursor_seek(cursor, key_bytes(&start));
    return cursor;
}

static void add_slots(struct digesting *digesting)
{
    instant horizon = digesting->digest->horizon;
    struct slots_cursor *cursor = slots_cursor_open(digesting->txn, horizon == INSTANT_EVER ? 0 : slot_of(horizon));
    struct slots_entry entry;
    while (slots_cursor_next(cursor, &entry)) {
        struct key key;
        slot_key(&key, entry.slot, entry.scope);
        uint64_t place = bytes_hash(key_bytes(&key));
        digesting->damaged |= entry.damaged;
        for (size_t i = 0; i < entry.list.count; i++) {
            const struct slot_record *record = &entry.list.records[i];
            const struct slot_summary *summary = &record->summary;
            uint64_t hash = chain(place, name_of(digesting, DICTIONARY_ITEM, record->item));
            hash = chain(hash, record->profile);
            hash = chain(hash, (uint64_t)(uint32_t)summary->carry << 32 | (uint32_t)summary->net);
            hash = chain(hash, (uint64_t)(uint32_t)summary->high << 32 | summary->rise_at);
            add(digesting, DIGEST_SLOTS, chain(hash, (uint64_t)summary->seat_ms));
        }
    }
    slots_cursor_close(cursor);
}

static void add_days(struct digesting *digesting)
{
    instant horizon = digesting->digest->horizon;
    struct db_cursor *cursor = cursor_from(digesting, TABLE_DAY_NET, horizon == INSTANT_EVER ? 0 : (uint32_t)instant_day(horizon));
    struct bytes key, value;
    while (db_cursor_next(cursor, &key, &value)) {
        struct net_record record;
        uint64_t place = bytes_hash(key);
        while (net_unpack(&value, &record, &digesting->damaged)) {
            uint64_t hash = chain(place, name_of(digesting, DICTIONARY_ITEM, record.item));
            hash = chain(hash, record.profile);
            add(digesting, DIGEST_DAYS, chain(hash, (uint64_t)(int64_t)record.net));
        }
    }
    db_cursor_close(cursor);
}

/* Its key has the scope before the day, and a chunk's number behind it. */
static void add_enabled(struct digesting *digesting)
{
    enum { KEY_BYTES = 1 + 8 + 4 };
    struct db_cursor *cursor = db_cursor_open(digesting->txn, TABLE_ENABLED, BYTES_NONE);
    struct arena *arena = arena_create();
    struct bytes key, value;
    instant horizon = digesting->digest->horizon;
    while (db_cursor_next(cursor, &key, &value)) {
        struct bytes whole = bytes_of(key.data, KEY_BYTES), rest = bytes_of(key.data + 9, 4);
        struct enabled_step step = {0};
        uint32_t day = 0;
        uint64_t place;
        if (key.len != KEY_BYTES + 2 || key.data[KEY_BYTES] || key.data[KEY_BYTES + 1] || !key_take_u32(&rest, &day) ||
            (horizon != INSTANT_EVER && (instant)day < instant_day(horizon)))
            continue;
        place = bytes_hash(whole);
        arena_reset(arena);
        if (!db_get_chunked(digesting->txn, TABLE_ENABLED, arena_copy(arena, whole), arena, &value))
            digesting->damaged = true;
        while (!digesting->damaged && enabled_unpack(&value, &step, &digesting->damaged)) {
            uint64_t hash = chain(place, name_of(digesting, DICTIONARY_ITEM, step.item));
            hash = chain(hash, step.at);
            add(digesting, DIGEST_ENABLED, chain(hash, (uint64_t)(int64_t)step.delta));
        }
    }
    db_cursor_close(cursor);
    arena_destroy(arena);
}

enum err digest_make(struct db_txn *txn, struct digest *digest)
{
    struct digesting digesting = {.txn = txn, .digest = digest};
    *digest = (struct digest){.horizon = restore_instant(txn, "horizon")};
    for (int class = 0; class < DICTIONARY_CLASS_COUNT; class++)
        dictionary_each(txn, (enum dictionary_class)class, take_name, &digesting.names[class]);
    session_block_each(txn, add_block, &digesting);
    add_plain(&digesting, TABLE_ROW, DIGEST_STATEMENTS);
    add_plain(&digesting, TABLE_HISTORY, DIGEST_STATEMENTS);
    add_plain(&digesting, TABLE_RULES, DIGEST_STATEMENTS);
    add_slots(&digesting);
    add_days(&digesting);
    add_enabled(&digesting);
    add_closes(&digesting);
    for (int class = 0; class < DICTIONARY_CLASS_COUNT; class++)
        free(digesting.names[class].hashes);
    enum err err = db_error(txn);
    return err != ERR_OK ? err : digesting.damaged ? ERR_DAMAGED : ERR_OK;
}
