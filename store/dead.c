/* dead: refused input, each once; the value is time u64, then place, why as texts, then raw. */
#include "base/crypto.h"
#include "base/limits.h"
#include "store/records.h"

enum { RAW_KEPT_BYTES = 64 * 1024 };

bool dead_put(struct db_txn *txn, const struct dead_letter *letter)
{
    struct key key = {.len = 0};
    struct buffer content = {0}, value = {0};
    uint8_t digest[SHA256_BYTES];
    struct bytes old;
    struct bytes raw = letter->raw;
    if (raw.len > RAW_KEPT_BYTES)
        raw.len = RAW_KEPT_BYTES; /* a line without an end must not fill the store */

    struct bytes parts[] = {letter->place, letter->why, letter->raw};
    for (int i = 0; i < 3; i++) {
        buffer_append_bytes(&content, parts[i]);
        buffer_append_char(&content, 0);
    }
    sha256(buffer_bytes(&content), digest);
    struct bytes source = letter->source;
    if (source.len > SOURCE_BYTES_MAX)
        source.len = SOURCE_BYTES_MAX;
    if (bytes_present(letter->topic)) {
        key_add_u8(&key, 0); /* where a source's name, never empty, would stand */
        key_add_text(&key, letter->topic);
        key_add_u32(&key, (uint32_t)letter->partition);
        key_add_u64(&key, (uint64_t)letter->offset);
        key_add_u32(&key, letter->index);
    } else {
        key_add_text(&key, source);
        for (int i = 0; i < 16; i++)
            key_add_u8(&key, digest[i]);
    }

    uint8_t first[2] = {0, 0};
    struct key chunk = key;
    key_add_u8(&chunk, first[0]);
    key_add_u8(&chunk, first[1]);
    bool news = !db_get(txn, TABLE_DEAD, key_bytes(&chunk), &old);
    if (news) {
        for (int shift = 56; shift >= 0; shift -= 8)
            buffer_append_char(&value, (char)(letter->at >> shift));
        buffer_append_bytes(&value, letter->place);
        buffer_append_char(&value, 0);
        buffer_append_bytes(&value, letter->why);
        buffer_append_char(&value, 0);
        buffer_append_bytes(&value, raw);
        db_put_chunked(txn, TABLE_DEAD, key_bytes(&key), buffer_bytes(&value));
    }
    buffer_free(&content);
    buffer_free(&value);
    return news;
}

static bool unpack(struct bytes id, struct bytes value, struct dead_letter *letter)
{
    uint64_t at = 0;
    *letter = (struct dead_letter){0};
    if (!key_take_text(&id, &letter->source) || !key_take_u64(&value, &at) || !key_take_text(&value, &letter->place) ||
        !key_take_text(&value, &letter->why))
        return false;
    letter->at = (instant)at;
    letter->raw = value;
    if (letter->source.len == 0) {
        uint32_t partition = 0;
        uint64_t offset = 0;
        if (!key_take_text(&id, &letter->topic) || !key_take_u32(&id, &partition) || !key_take_u64(&id, &offset) ||
            !key_take_u32(&id, &letter->index))
            return false;
        letter->partition = (int32_t)partition;
        letter->offset = (int64_t)offset;
    }
    return true;
}

size_t dead_read(struct db_txn *txn, struct bytes after, size_t limit, struct arena *arena, dead_fn fn, void *owner)
{
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_DEAD, BYTES_NONE);
    struct bytes key, value, whole;
    size_t count = 0;
    if (bytes_present(after) && after.len)
        db_cursor_seek(cursor, after);
    while (count < limit && db_cursor_next(cursor, &key, &value)) {
        struct bytes id = bytes_of(key.data, key.len < 2 ? 0 : key.len - 2);
        bool first = key.len > 2 && key.data[key.len - 1] == 0 && key.data[key.len - 2] == 0;
        struct dead_letter letter;
        if (!first || bytes_equal(id, after) || !db_get_chunked(txn, TABLE_DEAD, id, arena, &whole) ||
            !unpack(arena_copy(arena, id), whole, &letter))
            continue;
        fn(owner, arena_copy(arena, id), &letter);
        count++;
    }
    db_cursor_close(cursor);
    return count;
}

uint64_t dead_count(struct db_txn *txn)
{
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_DEAD, BYTES_NONE);
    struct bytes key, value;
    uint64_t count = 0;
    while (db_cursor_next(cursor, &key, &value))
        count += key.len > 2 && key.data[key.len - 1] == 0 && key.data[key.len - 2] == 0;
    db_cursor_close(cursor);
    return count;
}
