#include "store/outbox.h"

enum { DIGEST_LETTERS = 64 };

static struct key outbox_key(enum outbox_kind kind, struct close_key at)
{
    struct key key = {.len = 0};
    key_add_u8(&key, (uint8_t)kind);
    key_add_u64(&key, (uint64_t)at.book);
    key_add_u32(&key, (uint32_t)at.day);
    key_add_u32(&key, at.revision);
    return key;
}

void outbox_offered(struct db_txn *txn, struct close_key at, const char *sha256)
{
    struct key key = outbox_key(OUTBOX_OFFERED, at);
    struct buffer value = {0};
    struct bytes old;
    if (db_get(txn, TABLE_OUTBOX, key_bytes(&key), &old)) {
        size_t most = (OUTBOX_OFFERS_MAX - 1) * DIGEST_LETTERS, skip = old.len > most ? old.len - most : 0;
        buffer_append_bytes(&value, bytes_of(old.data + skip, old.len - skip));
    }
    buffer_append_bytes(&value, bytes_of((const uint8_t *)sha256, DIGEST_LETTERS));
    db_put(txn, TABLE_OUTBOX, key_bytes(&key), buffer_bytes(&value));
    buffer_free(&value);
}

bool outbox_was_offered(struct db_txn *txn, struct close_key at, const char *sha256)
{
    struct key key = outbox_key(OUTBOX_OFFERED, at);
    struct bytes value;
    if (!db_get(txn, TABLE_OUTBOX, key_bytes(&key), &value))
        return false;
    for (size_t i = 0; i + DIGEST_LETTERS <= value.len; i += DIGEST_LETTERS)
        if (memcmp(value.data + i, sha256, DIGEST_LETTERS) == 0)
            return true;
    return false;
}

void outbox_usage(struct db_txn *txn, struct close_key at)
{
    struct key key = outbox_key(OUTBOX_USAGE, at);
    db_put(txn, TABLE_OUTBOX, key_bytes(&key), BYTES_LITERAL("1"));
}

void outbox_delete(struct db_txn *txn, enum outbox_kind kind, struct close_key at)
{
    struct key key = outbox_key(kind, at);
    db_delete(txn, TABLE_OUTBOX, key_bytes(&key));
}

bool outbox_next_usage(struct db_txn *txn, const struct close_key *after, struct close_key *at)
{
    uint8_t prefix = OUTBOX_USAGE, kind;
    uint64_t book = 0;
    uint32_t day = 0;
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_OUTBOX, bytes_of(&prefix, 1));
    if (after) {
        struct key start = outbox_key(OUTBOX_USAGE, *after);
        key_add_u8(&start, 0); /* the first key that is larger */
        db_cursor_seek(cursor, key_bytes(&start));
    }
    bool found = db_cursor_next(cursor, &key, &value) && key_take_u8(&key, &kind) && key_take_u64(&key, &book) && key_take_u32(&key, &day) &&
                 key_take_u32(&key, &at->revision);
    at->book = (int64_t)book;
    at->day = (int32_t)day;
    db_cursor_close(cursor);
    return found;
}
