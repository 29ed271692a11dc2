/* The records of a store: get, put, delete, chunks, walks. */
#include "store/db_private.h"

#include "base/check.h"
#include "base/limits.h"
#include "store/key.h"

#include <stdlib.h>

enum { CHUNK_BYTES = STORE_VALUE_BYTES_MAX };

struct db_cursor {
    struct db_txn *txn;
    MDB_cursor *cursor;
    struct key prefix;
    struct key start;
    bool seek;
};

/* --- records ----------------------------------------------------------------------------------- */

static MDB_val lend(struct bytes bytes)
{
    return (MDB_val){bytes.len, (void *)(uintptr_t)bytes.data};
}

bool db_get(struct db_txn *txn, enum db_table table, struct bytes key, struct bytes *value)
{
    MDB_val k = lend(key), v;
    if (txn->err != ERR_OK)
        return false;
    int code = mdb_get(txn->txn, txn->db->tables[table], &k, &v);
    if (code && code != MDB_NOTFOUND)
        db_stick(txn, table_name(table), code);
    if (code)
        return false;
    *value = bytes_of(v.mv_data, v.mv_size);
    return true;
}

void db_put(struct db_txn *txn, enum db_table table, struct bytes key, struct bytes value)
{
    MDB_val k = lend(key), v = lend(value);
    check(key.len > 0 && key.len <= STORE_KEY_BYTES_MAX);
    if (txn->err != ERR_OK)
        return;
    int code = mdb_put(txn->txn, txn->db->tables[table], &k, &v, 0);
    if (code)
        db_stick(txn, table_name(table), code);
}

uint64_t db_count(struct db_txn *txn, enum db_table table)
{
    MDB_stat stat;
    int code = txn->err == ERR_OK ? mdb_stat(txn->txn, txn->db->tables[table], &stat) : 0;
    if (code)
        db_stick(txn, table_name(table), code);
    return txn->err == ERR_OK ? stat.ms_entries : 0;
}

void db_delete(struct db_txn *txn, enum db_table table, struct bytes key)
{
    MDB_val k = lend(key);
    if (txn->err != ERR_OK)
        return;
    int code = mdb_del(txn->txn, txn->db->tables[table], &k, NULL);
    if (code && code != MDB_NOTFOUND)
        db_stick(txn, table_name(table), code);
}

static struct key chunk_key(struct bytes key, uint16_t number)
{
    struct key whole = {.len = key.len};
    check(key.len + 2 <= sizeof whole.data);
    memcpy(whole.data, key.data, key.len);
    key_add_u16(&whole, number);
    return whole;
}

void db_put_chunked(struct db_txn *txn, enum db_table table, struct bytes key, struct bytes value)
{
    check(value.len < (size_t)CHUNK_BYTES * UINT16_MAX);
    uint16_t number = 0;
    size_t done = 0;
    do {
        size_t size = value.len - done < CHUNK_BYTES ? value.len - done : CHUNK_BYTES;
        struct key at = chunk_key(key, number++);
        db_put(txn, table, key_bytes(&at), bytes_of(value.data + done, size));
        done += size;
    } while (done < value.len);
    /* What a longer value before it left behind. */
    struct bytes old;
    for (;; number++) {
        struct key at = chunk_key(key, number);
        if (!db_get(txn, table, key_bytes(&at), &old))
            break;
        db_delete(txn, table, key_bytes(&at));
    }
}

bool db_get_chunked(struct db_txn *txn, enum db_table table, struct bytes key, struct arena *arena, struct bytes *value)
{
    struct bytes chunk;
    struct buffer whole = {0};
    uint16_t number = 0;
    for (;; number++) {
        struct key at = chunk_key(key, number);
        if (!db_get(txn, table, key_bytes(&at), &chunk))
            break;
        buffer_append_bytes(&whole, chunk);
    }
    if (number > 0)
        *value = arena_copy(arena, buffer_bytes(&whole));
    buffer_free(&whole);
    return number > 0;
}

void db_delete_chunked(struct db_txn *txn, enum db_table table, struct bytes key)
{
    struct bytes chunk;
    for (uint16_t number = 0;; number++) {
        struct key at = chunk_key(key, number);
        if (!db_get(txn, table, key_bytes(&at), &chunk))
            break;
        db_delete(txn, table, key_bytes(&at));
    }
}

/* --- walking ----------------------------------------------------------------------------------- */

struct db_cursor *db_cursor_open(struct db_txn *txn, enum db_table table, struct bytes prefix)
{
    struct db_cursor *cursor = memory_alloc_zero(1, sizeof *cursor);
    cursor->txn = txn;
    check(prefix.len <= sizeof cursor->prefix.data);
    if (prefix.len)
        memcpy(cursor->prefix.data, prefix.data, prefix.len);
    cursor->prefix.len = prefix.len;
    cursor->start = cursor->prefix;
    cursor->seek = true;
    int code = txn->err == ERR_OK ? mdb_cursor_open(txn->txn, txn->db->tables[table], &cursor->cursor) : 0;
    if (code)
        db_stick(txn, table_name(table), code);
    return cursor;
}

void db_cursor_seek(struct db_cursor *cursor, struct bytes start)
{
    check(start.len <= sizeof cursor->start.data);
    if (start.len)
        memcpy(cursor->start.data, start.data, start.len);
    cursor->start.len = start.len;
    cursor->seek = true;
}

static bool found(struct db_cursor *cursor, int code, MDB_val k, MDB_val v, struct bytes *key, struct bytes *value)
{
    if (code && code != MDB_NOTFOUND)
        db_stick(cursor->txn, "walking", code);
    if (code)
        return false;
    const struct key *prefix = &cursor->prefix;
    if (k.mv_size < prefix->len || memcmp(k.mv_data, prefix->data, prefix->len) != 0)
        return false;
    *key = bytes_of(k.mv_data, k.mv_size);
    *value = bytes_of(v.mv_data, v.mv_size);
    return true;
}

bool db_cursor_next(struct db_cursor *cursor, struct bytes *key, struct bytes *value)
{
    MDB_val k = {cursor->start.len, cursor->start.data}, v;
    if (!cursor->cursor)
        return false;
    MDB_cursor_op op = !cursor->seek ? MDB_NEXT : k.mv_size ? MDB_SET_RANGE : MDB_FIRST;
    cursor->seek = false;
    return found(cursor, mdb_cursor_get(cursor->cursor, &k, &v, op), k, v, key, value);
}

bool db_cursor_last(struct db_cursor *cursor, struct bytes *key, struct bytes *value)
{
    MDB_val k, v;
    struct key after = cursor->prefix;
    if (!cursor->cursor)
        return false;
    /* The first key behind the prefix, then one back. */
    while (after.len > 0 && after.data[after.len - 1] == 0xff)
        after.len--;
    int code = MDB_NOTFOUND;
    if (after.len > 0) {
        after.data[after.len - 1]++;
        k = (MDB_val){after.len, after.data};
        code = mdb_cursor_get(cursor->cursor, &k, &v, MDB_SET_RANGE);
    }
    code = mdb_cursor_get(cursor->cursor, &k, &v, code == 0 ? MDB_PREV : MDB_LAST);
    return found(cursor, code, k, v, key, value);
}

void db_cursor_close(struct db_cursor *cursor)
{
    if (cursor->cursor)
        mdb_cursor_close(cursor->cursor);
    free(cursor);
}

uint64_t db_delete_prefix(struct db_txn *txn, enum db_table table, struct bytes prefix)
{
    struct db_cursor *cursor = db_cursor_open(txn, table, prefix);
    struct bytes key, value;
    uint64_t deleted = 0;
    while (db_cursor_next(cursor, &key, &value)) {
        int code = mdb_cursor_del(cursor->cursor, 0);
        if (code) {
            db_stick(txn, table_name(table), code);
            break;
        }
        deleted++;
        db_cursor_seek(cursor, prefix);
    }
    db_cursor_close(cursor);
    return deleted;
}
