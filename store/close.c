/* close: (book u64, day u32, revision u32, part u8) → document (part 0), rows (part 1), head (part 2), chunked.
 *
 * The head repeats of the document what is asked all the time: status u8, start u64, end u64, big-endian.  It is the last
 * part, so that the last key of a book is the head of its newest close. */
#include "store/records.h"

#include "base/json.h"

enum { PART_DOCUMENT, PART_ROWS, PART_HEAD };

static struct key close_part_key(struct close_key at, uint8_t part)
{
    struct key key = {.len = 0};
    key_add_u64(&key, (uint64_t)at.book);
    key_add_u32(&key, (uint32_t)at.day);
    key_add_u32(&key, at.revision);
    key_add_u8(&key, part);
    return key;
}

static bool instant_member(const struct json *document, const char *name, instant *at)
{
    const struct json *member = json_member(document, name);
    return member && member->kind == JSON_KIND_TEXT && instant_parse(member->text, at);
}

bool close_head_read(const struct close_record *record, struct close_head *head)
{
    struct arena *arena = arena_create();
    const char *why;
    const struct json *document = json_read(record->document, arena, &why);
    const struct json *status = document && document->kind == JSON_KIND_OBJECT ? json_member(document, "status") : NULL;
    *head = (struct close_head){.key = record->key, .status = STATUS_OPEN};
    while (status && status->kind == JSON_KIND_TEXT && head->status < STATUS_COUNT && !bytes_equal_text(status->text, row_status_name(head->status)))
        head->status++;
    bool good = status && status->kind == JSON_KIND_TEXT && (head->status == STATUS_PROVISIONAL || head->status == STATUS_CLOSED) &&
                instant_member(document, "start", &head->start) && instant_member(document, "end", &head->end) && head->start < head->end;
    arena_destroy(arena);
    return good;
}

static bool head_unpack(struct bytes value, struct close_head *head)
{
    uint8_t status;
    uint64_t start, end;
    if (!key_take_u8(&value, &status) || !key_take_u64(&value, &start) || !key_take_u64(&value, &end) || status >= STATUS_COUNT)
        return false;
    head->status = (enum row_status)status;
    head->start = (instant)start;
    head->end = (instant)end;
    return true;
}

void close_put(struct db_txn *txn, const struct close_record *record)
{
    struct key document = close_part_key(record->key, PART_DOCUMENT), rows = close_part_key(record->key, PART_ROWS);
    struct key at = close_part_key(record->key, PART_HEAD), value = {.len = 0};
    struct close_head head;
    db_put_chunked(txn, TABLE_CLOSE, key_bytes(&document), record->document);
    db_put_chunked(txn, TABLE_CLOSE, key_bytes(&rows), record->rows);
    if (!close_head_read(record, &head))
        return; /* nobody makes such a document; verify says what is wrong with it */
    key_add_u8(&value, (uint8_t)head.status);
    key_add_u64(&value, (uint64_t)head.start);
    key_add_u64(&value, (uint64_t)head.end);
    db_put_chunked(txn, TABLE_CLOSE, key_bytes(&at), key_bytes(&value));
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

/* head: NULL, or what the newest close with the prefix says of its day; false when it is without. */
static bool last_with_prefix(struct db_txn *txn, const struct key *prefix, struct close_key *at, struct close_head *head)
{
    struct bytes key, value;
    uint8_t part;
    uint16_t chunk;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_CLOSE, key_bytes(prefix));
    bool found = db_cursor_last(cursor, &key, &value) && read_key(key, at, &part, &chunk);
    if (found && head) {
        head->key = *at;
        found = part == PART_HEAD && head_unpack(value, head);
    }
    db_cursor_close(cursor);
    return found;
}

bool close_get_newest(struct db_txn *txn, int64_t book, int32_t day, struct arena *arena, struct close_record *record)
{
    struct close_key at;
    struct key prefix = {.len = 0};
    key_add_u64(&prefix, (uint64_t)book);
    key_add_u32(&prefix, (uint32_t)day);
    return last_with_prefix(txn, &prefix, &at, NULL) && close_get(txn, at, arena, record);
}

bool close_last_day(struct db_txn *txn, int64_t book, int32_t *day)
{
    struct close_key at;
    struct key prefix = {.len = 0};
    key_add_u64(&prefix, (uint64_t)book);
    if (!last_with_prefix(txn, &prefix, &at, NULL))
        return false;
    *day = at.day;
    return true;
}

bool close_last(struct db_txn *txn, int64_t book, struct close_head *head)
{
    struct close_key at;
    struct key prefix = {.len = 0};
    key_add_u64(&prefix, (uint64_t)book);
    return last_with_prefix(txn, &prefix, &at, head);
}

void close_heads(struct db_txn *txn, int64_t book, int32_t from, int32_t to, close_head_fn fn, void *owner)
{
    struct key prefix = {.len = 0}, start;
    struct bytes key, value;
    struct close_head head;
    key_add_u64(&prefix, (uint64_t)book);
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_CLOSE, key_bytes(&prefix));
    for (int64_t next = from > 0 ? from : 0; next <= to; next = (int64_t)head.key.day + 1) {
        uint8_t part;
        uint16_t chunk;
        start = prefix;
        key_add_u32(&start, (uint32_t)next);
        db_cursor_seek(cursor, key_bytes(&start));
        if (!db_cursor_next(cursor, &key, &value) || !read_key(key, &head.key, &part, &chunk) || head.key.day > to)
            break;
        struct key day = prefix;
        key_add_u32(&day, (uint32_t)head.key.day);
        struct close_key at = head.key;
        if (last_with_prefix(txn, &day, &at, &head) && !fn(owner, &head))
            break;
        head.key = at;
    }
    db_cursor_close(cursor);
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
