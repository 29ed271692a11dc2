#include "store/roster.h"

enum { SESSIONS, ROSTER };

static struct key day_key(int64_t book, int32_t day, uint8_t what)
{
    struct key key = {.len = 0};
    key_add_u64(&key, (uint64_t)book);
    key_add_u32(&key, (uint32_t)day);
    key_add_u8(&key, what);
    return key;
}

static struct key roster_key(int64_t book, int32_t day, struct scope scope, uint32_t item)
{
    struct key key = day_key(book, day, ROSTER);
    key_add_u8(&key, (uint8_t)scope.kind);
    key_add_u64(&key, (uint64_t)scope.id);
    key_add_u32(&key, item);
    return key;
}

void roster_put(struct db_txn *txn, int64_t book, int32_t day, struct scope scope, uint32_t item, struct bytes roster)
{
    struct key key = roster_key(book, day, scope, item);
    db_put_chunked(txn, TABLE_DAY, key_bytes(&key), roster);
}

bool roster_get(struct db_txn *txn, int64_t book, int32_t day, struct scope scope, uint32_t item, struct arena *arena, struct bytes *roster)
{
    struct key key = roster_key(book, day, scope, item);
    return db_get_chunked(txn, TABLE_DAY, key_bytes(&key), arena, roster);
}

void roster_sessions_put(struct db_txn *txn, int64_t book, int32_t day, struct bytes sessions)
{
    struct key key = day_key(book, day, SESSIONS);
    db_put_chunked(txn, TABLE_DAY, key_bytes(&key), sessions);
}

bool roster_sessions_get(struct db_txn *txn, int64_t book, int32_t day, struct arena *arena, struct bytes *sessions)
{
    struct key key = day_key(book, day, SESSIONS);
    return db_get_chunked(txn, TABLE_DAY, key_bytes(&key), arena, sessions);
}

bool roster_expire(struct db_txn *txn, int32_t date, uint64_t most, uint64_t *deleted)
{
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_DAY, BYTES_NONE);
    struct bytes key, value;
    uint64_t steps = 0;
    bool more;
    while ((more = db_cursor_next(cursor, &key, &value)) && steps++ < most) {
        struct bytes rest = key;
        struct key at = {.len = key.len};
        uint64_t book = 0;
        uint32_t day = 0;
        memcpy(at.data, key.data, key.len);
        if (!key_take_u64(&rest, &book) || !key_take_u32(&rest, &day))
            continue;
        if ((int64_t)day < date) {
            db_delete(txn, TABLE_DAY, key_bytes(&at));
            ++*deleted;
        } else {
            key_clear(&at);
            key_add_u64(&at, book + 1);
        }
        db_cursor_seek(cursor, key_bytes(&at));
    }
    db_cursor_close(cursor);
    return !more;
}
