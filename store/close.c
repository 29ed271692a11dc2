/* close: (book u64, day u32, revision u32, part u8) → document (part 0) or rows (part 1), chunked. */
#include "store/records.h"

enum { PART_DOCUMENT, PART_ROWS };

static struct key close_part_key(struct close_key at, uint8_t part)
{
    struct key key = {.len = 0};
    key_add_u64(&key, (uint64_t)at.book);
    key_add_u32(&key, (uint32_t)at.day);
    key_add_u32(&key, at.revision);
    key_add_u8(&key, part);
    return key;
}

void close_put(struct db_txn *txn, const struct close_record *record)
{
    struct key document = close_part_key(record->key, PART_DOCUMENT), rows = close_part_key(record->key, PART_ROWS);
    db_put_chunked(txn, TABLE_CLOSE, key_bytes(&document), record->document);
    db_put_chunked(txn, TABLE_CLOSE, key_bytes(&rows), record->rows);
}

bool close_get(struct db_txn *txn, struct close_key at, struct arena *arena, struct close_record *record)
{
    struct key document = close_part_key(at, PART_DOCUMENT), rows = close_part_key(at, PART_ROWS);
    *record = (struct close_record){.key = at};
    return db_get_chunked(txn, TABLE_CLOSE, key_bytes(&document), arena, &record->document) &&
           db_get_chunked(txn, TABLE_CLOSE, key_bytes(&rows), arena, &record->rows);
}

static bool read_key(struct bytes key, struct close_key *at, uint8_t *part, uint16_t *chunk)
{
    uint64_t book;
    uint32_t day;
    if (!key_take_u64(&key, &book) || !key_take_u32(&key, &day) || !key_take_u32(&key, &at->revision) ||
        !key_take_u8(&key, part) || !key_take_u16(&key, chunk))
        return false;
    at->book = (int64_t)book;
    at->day = (int32_t)day;
    return true;
}

static bool last_with_prefix(struct db_txn *txn, const struct key *prefix, struct close_key *at)
{
    struct bytes key, value;
    uint8_t part;
    uint16_t chunk;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_CLOSE, key_bytes(prefix));
    bool found = db_cursor_last(cursor, &key, &value) && read_key(key, at, &part, &chunk);
    db_cursor_close(cursor);
    return found;
}

bool close_get_newest(struct db_txn *txn, int64_t book, int32_t day, struct arena *arena, struct close_record *record)
{
    struct close_key at;
    struct key prefix = {.len = 0};
    key_add_u64(&prefix, (uint64_t)book);
    key_add_u32(&prefix, (uint32_t)day);
    return last_with_prefix(txn, &prefix, &at) && close_get(txn, at, arena, record);
}

bool close_last_day(struct db_txn *txn, int64_t book, int32_t *day)
{
    struct close_key at;
    struct key prefix = {.len = 0};
    key_add_u64(&prefix, (uint64_t)book);
    if (!last_with_prefix(txn, &prefix, &at))
        return false;
    *day = at.day;
    return true;
}

void close_each(struct db_txn *txn, int64_t book, int32_t from, int32_t to, struct arena *arena, close_fn fn, void *owner)
{
    struct key prefix = {.len = 0};
    struct bytes key, value;
    if (book >= 0)
        key_add_u64(&prefix, (uint64_t)book);
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_CLOSE, key_bytes(&prefix));
    while (db_cursor_next(cursor, &key, &value)) {
        struct close_record record = {0};
        uint8_t part;
        uint16_t chunk;
        if (!read_key(key, &record.key, &part, &chunk) || part != PART_DOCUMENT || chunk != 0 || record.key.day < from ||
            record.key.day > to)
            continue;
        struct key document = close_part_key(record.key, PART_DOCUMENT);
        if (db_get_chunked(txn, TABLE_CLOSE, key_bytes(&document), arena, &record.document))
            fn(owner, &record);
    }
    db_cursor_close(cursor);
}
