/* Positions, meta, and the facts that belong to no session. */
#include "store/records.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "proto/fact_json.h"

static struct key text_key(struct bytes text)
{
    struct key key = {.len = 0};
    key_add_text(&key, text);
    return key;
}

void position_put(struct db_txn *txn, struct bytes source, struct bytes cursor)
{
    struct key key = text_key(source);
    db_put_chunked(txn, TABLE_POSITION, key_bytes(&key), cursor);
}

bool position_get(struct db_txn *txn, struct bytes source, struct arena *arena, struct bytes *cursor)
{
    struct key key = text_key(source);
    return db_get_chunked(txn, TABLE_POSITION, key_bytes(&key), arena, cursor);
}

/* "format" is a plain record that db_open.c wrote; ours are chunked behind a zero byte, so they do not meet. */
void meta_put(struct db_txn *txn, const char *name, struct bytes value)
{
    struct key key = text_key(bytes_from_text(name));
    db_put_chunked(txn, TABLE_META, key_bytes(&key), value);
}

bool meta_get(struct db_txn *txn, const char *name, struct arena *arena, struct bytes *value)
{
    struct key key = text_key(bytes_from_text(name));
    return db_get_chunked(txn, TABLE_META, key_bytes(&key), arena, value);
}

/* --- facts ------------------------------------------------------------------------------------- */

enum db_table fact_table(enum fact_kind kind)
{
    switch (kind) {
    case FACT_OBJECT:
    case FACT_MEMBERSHIP:
        return TABLE_HISTORY;
    case FACT_ENTITLEMENT:
    case FACT_PROVISIONED:
    case FACT_BUNDLE_SET:
    case FACT_TENANT_SETTING:
    case FACT_RULESET:
    case FACT_DECISION:
        return TABLE_RULES;
    case FACT_CAMPAIGN:
    case FACT_PORT:
    case FACT_COVERAGE:
    case FACT_WATERMARK:
    case FACT_SOURCE:
        return TABLE_ROW;
    case FACT_LOGIN_SESSION:
    case FACT_SESSION_MEDIA:
    case FACT_KIND_COUNT:
        break;
    }
    check_fail("a kind of fact that has no table of its own");
}

/* (kind name, key, source), of a watermark from a topic its partition u32: a kind's facts lie together,
 * whatever source they are from. */
static struct key fact_row_key(enum fact_kind kind, struct bytes source, struct bytes fact_key, uint32_t partition)
{
    struct key key = {.len = 0};
    key_add_text(&key, bytes_from_text(fact_kind_name(kind)));
    key_add_text(&key, fact_key);
    key_add_text(&key, source);
    if (partition != FACT_PARTITION_NONE)
        key_add_u32(&key, partition);
    return key;
}

void fact_row_put(struct db_txn *txn, const struct fact *fact)
{
    struct buffer value = {0};
    struct key key = fact_row_key(fact->kind, fact->source, fact->key, fact->partition);
    for (int shift = 56; shift >= 0; shift -= 8)
        buffer_append_char(&value, (char)(fact->version >> shift));
    fact_json_write_body(fact, &value);
    db_put_chunked(txn, fact_table(fact->kind), key_bytes(&key), buffer_bytes(&value));
    buffer_free(&value);
}

void fact_row_delete(struct db_txn *txn, enum fact_kind kind, struct bytes source, struct bytes fact_key)
{
    struct key key = fact_row_key(kind, source, fact_key, FACT_PARTITION_NONE);
    db_delete_chunked(txn, fact_table(kind), key_bytes(&key));
}

static enum err fact_row_read(struct bytes key, struct bytes value, struct arena *arena, fact_row_fn fn, void *owner)
{
    struct bytes kind, fact_key, source, rest = key;
    const char *why = "its key is cut";
    uint64_t version = 0;
    uint32_t partition = FACT_PARTITION_NONE;
    if (key_take_text(&rest, &kind) && key_take_text(&rest, &fact_key) && key_take_text(&rest, &source) &&
        fact_kind_from_name(kind) != FACT_KIND_COUNT && key_take_u64(&value, &version) &&
        (rest.len == 0 || key_take_u32(&rest, &partition))) {
        struct fact fact = fact_blank(fact_kind_from_name(kind));
        fact.source = arena_copy(arena, source);
        fact.key = arena_copy(arena, fact_key);
        fact.version = (int64_t)version;
        if (fact_json_read_body(value, arena, &fact, &why) == ERR_OK) {
            fact.partition = partition; /* of no body: after it was read */
            return fn(owner, &fact);
        }
    }
    log_error("store", "a fact's record cannot be read: %s", why);
    return ERR_DAMAGED;
}

static enum err read_prefix(struct db_txn *txn, enum db_table table, struct bytes prefix, struct arena *arena, fact_row_fn fn,
                            void *owner)
{
    struct db_cursor *cursor = db_cursor_open(txn, table, prefix);
    struct bytes key, value;
    struct buffer whole = {0}, whole_key = {0};
    enum err err = ERR_OK;
    /* Chunks of one value follow each other; the first of the next one ends it. */
    while (err == ERR_OK && db_cursor_next(cursor, &key, &value)) {
        struct bytes head = bytes_of(key.data, key.len < 2 ? 0 : key.len - 2);
        if (whole_key.len && !bytes_equal(buffer_bytes(&whole_key), head)) {
            err = fact_row_read(buffer_bytes(&whole_key), buffer_bytes(&whole), arena, fn, owner);
            buffer_clear(&whole);
        }
        buffer_clear(&whole_key);
        buffer_append_bytes(&whole_key, head);
        buffer_append_bytes(&whole, value);
    }
    if (err == ERR_OK && whole_key.len)
        err = fact_row_read(buffer_bytes(&whole_key), buffer_bytes(&whole), arena, fn, owner);
    db_cursor_close(cursor);
    buffer_free(&whole);
    buffer_free(&whole_key);
    return err == ERR_OK ? db_error(txn) : err;
}

enum err fact_rows_read(struct db_txn *txn, enum db_table table, struct arena *arena, fact_row_fn fn, void *owner)
{
    return read_prefix(txn, table, BYTES_NONE, arena, fn, owner);
}

enum err fact_rows_read_kind(struct db_txn *txn, enum fact_kind kind, struct arena *arena, fact_row_fn fn, void *owner)
{
    struct key prefix = {.len = 0};
    key_add_text(&prefix, bytes_from_text(fact_kind_name(kind)));
    return read_prefix(txn, fact_table(kind), key_bytes(&prefix), arena, fn, owner);
}

/* --- to open a store ------------------------------------------------------------------------------ */

struct bodies {
    fact_body_fn fn;
    void *owner;
    struct arena *arena;
    struct fact blanks[FACT_KIND_COUNT]; /* made once: a million facts are read */
    enum fact_kind last;
};

static enum err body_read(struct bodies *bodies, struct bytes rest, struct bytes value)
{
    struct bytes kind, fact_key, source;
    const char *why = "its key is cut";
    uint64_t version = 0;
    uint32_t partition = FACT_PARTITION_NONE;
    if (key_take_text(&rest, &kind) && key_take_text(&rest, &fact_key) && key_take_text(&rest, &source) &&
        key_take_u64(&value, &version) && (rest.len == 0 || key_take_u32(&rest, &partition))) {
        if (!bytes_equal_text(kind, fact_kind_name(bodies->last)))
            bodies->last = fact_kind_from_name(kind);
        if (bodies->last != FACT_KIND_COUNT) {
            struct fact fact = bodies->blanks[bodies->last];
            fact.source = source;
            fact.key = fact_key;
            fact.version = (int64_t)version;
            if (fact_json_read_blank(value, bodies->arena, &fact, &why) == ERR_OK) {
                fact.partition = partition;
                bodies->fn(bodies->owner, &fact, value);
                arena_reset(bodies->arena);
                return ERR_OK;
            }
        } else {
            bodies->last = 0;
        }
    }
    log_error("store", "a fact's record cannot be read: %s", why);
    return ERR_DAMAGED;
}

enum err fact_bodies_read(struct db_txn *txn, enum db_table table, fact_body_fn fn, void *owner)
{
    struct bodies bodies = {.fn = fn, .owner = owner, .arena = arena_create()};
    struct db_cursor *cursor = db_cursor_open(txn, table, BYTES_NONE);
    struct bytes key, value;
    enum err err = ERR_OK;
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        bodies.blanks[kind] = fact_blank((enum fact_kind)kind);
    while (err == ERR_OK && db_cursor_next(cursor, &key, &value)) {
        static const uint8_t first[2] = {0, 0};
        struct bytes head = bytes_of(key.data, key.len < 2 ? 0 : key.len - 2), whole = value;
        if (!bytes_equal(bytes_of(key.data + head.len, key.len - head.len), bytes_of(first, sizeof first)))
            continue; /* a further chunk: its first one has brought it */
        if (value.len >= STORE_VALUE_BYTES_MAX && !db_get_chunked(txn, table, head, bodies.arena, &whole))
            break;
        err = body_read(&bodies, head, whole);
    }
    db_cursor_close(cursor);
    arena_destroy(bodies.arena);
    return err == ERR_OK ? db_error(txn) : err;
}
