#include "tests/support/dump.h"

#include "base/check.h"
#include "proto/fact_json.h"
#include "store/dictionary.h"
#include "store/records.h"
#include "store/session.h"
#include "store/slots.h"
#include "tests/support/dump_hours.h"

#include <stdio.h>
#include <stdlib.h>

struct dump {
    struct arena *arena;
    struct db_txn *txn;
    struct bytes *lines;
    size_t count, capacity;
    struct buffer line;
};

static void line_end(struct dump *dump)
{
    if (dump->count == dump->capacity) {
        dump->capacity = dump->capacity ? dump->capacity * 2 : 1024;
        dump->lines = memory_resize(dump->lines, dump->capacity * sizeof *dump->lines);
    }
    dump->lines[dump->count++] = arena_copy(dump->arena, buffer_bytes(&dump->line));
    buffer_clear(&dump->line);
}

static struct bytes name_of(struct dump *dump, enum dictionary_class class, uint32_t number)
{
    struct bytes text;
    if (number == 0)
        return BYTES_NONE;
    check(dictionary_get(dump->txn, class, number, &text)); /* a number in a record has a name in the same transaction */
    return arena_copy(dump->arena, text);
}

/* --- login and media rows ---------------------------------------------------------------------------- */

static int64_t id_of(struct dump *dump, ref id)
{
    if (!(id >> 31))
        return (int64_t)id - 1; /* 0: ID_NONE */
    struct bytes text = name_of(dump, DICTIONARY_BIG_ID, id & 0x7fffffffu);
    return strtoll(arena_text(dump->arena, text), NULL, 10);
}

static struct bytes key_of(struct dump *dump, uint64_t key)
{
    if (key >> 63)
        return name_of(dump, DICTIONARY_ROW_KEY, (uint32_t)key);
    return bytes_from_text(arena_printf(dump->arena, "%llu", (unsigned long long)key));
}

static instant instant_of(const uint8_t bytes[6])
{
    uint64_t at = 0;
    for (int i = 5; i >= 0; i--)
        at = at << 8 | bytes[i];
    return at == 0xffffffffffffu ? INSTANT_NEVER : (instant)at;
}

static void dump_login(struct dump *dump, const uint8_t *bytes)
{
    struct login_record record;
    memcpy(&record, bytes, sizeof record);
    if (record.session == 0)
        return;
    struct fact fact = fact_blank(FACT_LOGIN_SESSION);
    fact.source = name_of(dump, DICTIONARY_SOURCE, record.source);
    fact.key = key_of(dump, record.key);
    fact.version = (int64_t)record.version;
    fact.login_session = (struct login_session){
        .session = name_of(dump, DICTIONARY_SESSION, record.session), .tenant = id_of(dump, record.tenant),
        .person = id_of(dump, record.person), .login = id_of(dump, record.login), .place = id_of(dump, record.place),
        .dn = id_of(dump, record.dn), .switch_id = id_of(dump, record.switch_id), .app = name_of(dump, DICTIONARY_WORD, record.app),
        .begin = instant_of(record.begin), .end = instant_of(record.end), .end_by = (enum end_by)record.end_by};
    fact_json_write(&fact, &dump->line);
    line_end(dump);
}

static void dump_media(struct dump *dump, const uint8_t *bytes)
{
    struct media_record record;
    memcpy(&record, bytes, sizeof record);
    if (record.session == 0)
        return;
    struct fact fact = fact_blank(FACT_SESSION_MEDIA);
    fact.source = name_of(dump, DICTIONARY_SOURCE, record.source);
    fact.key = key_of(dump, record.key);
    fact.version = (int64_t)record.version;
    fact.session_media = (struct session_media){
        .session = name_of(dump, DICTIONARY_SESSION, record.session), .media = name_of(dump, DICTIONARY_WORD, record.media),
        .dn = id_of(dump, record.dn), .place = id_of(dump, record.place), .begin = instant_of(record.begin), .end = instant_of(record.end)};
    fact_json_write(&fact, &dump->line);
    line_end(dump);
}

static void dump_block(void *owner, enum session_class class, uint32_t block, struct bytes records)
{
    (void)block;
    size_t size = class == SESSION_LOGIN ? sizeof(struct login_record) : sizeof(struct media_record);
    check(records.len % size == 0);
    for (size_t at = 0; at < records.len; at += size)
        (class == SESSION_LOGIN ? dump_login : dump_media)(owner, records.data + at);
}

static enum err dump_fact(void *owner, const struct fact *fact)
{
    struct dump *dump = owner;
    fact_json_write(fact, &dump->line);
    line_end(dump);
    return ERR_OK;
}

/* --- counters ----------------------------------------------------------------------------------------- */

static void counter_head(struct buffer *out, const char *table, const char *when, struct scope scope, struct bytes item, enum profile profile)
{
    buffer_printf(out, "%s %s %s %lld %.*s %s:", table, when, scope_kind_name(scope.kind), (long long)scope.id, (int)item.len,
                  (const char *)item.data, profile_name(profile));
}

void dump_slot_line(struct buffer *out, uint32_t slot, struct scope scope, struct bytes item, enum profile profile, const struct slot_summary *summary)
{
    char text[INSTANT_TEXT_SIZE];
    counter_head(out, "slot", instant_format((instant)slot * SLOT_MS, text), scope, item, profile);
    buffer_printf(out, " carry %d net %d high %d rise %lld seat_ms %lld", summary->carry, summary->net, summary->high,
                  summary->rise_at == SLOT_RISE_NONE ? -1 : (long long)summary->rise_at, (long long)summary->seat_ms);
}

void dump_day_net_line(struct buffer *out, int32_t day, struct scope scope, struct bytes item, enum profile profile, int32_t net)
{
    char text[DATE_TEXT_SIZE];
    counter_head(out, "day_net", date_format(day, text), scope, item, profile);
    buffer_printf(out, " net %d", net);
}

void dump_live_line(struct buffer *out, struct scope scope, struct bytes item, enum profile profile, int32_t level)
{
    counter_head(out, "live", "now", scope, item, profile);
    buffer_printf(out, " level %d", level);
}

static struct scope scope_of(struct bytes key)
{
    uint8_t kind = 0;
    uint64_t id = 0;
    check(key_take_u8(&key, &kind) && key_take_u64(&key, &id) && key.len == 0 && kind < SCOPE_KIND_COUNT);
    return (struct scope){(enum scope_kind)kind, (int64_t)id};
}

static void dump_slots(struct dump *dump)
{
    struct slots_cursor *cursor = slots_cursor_open(dump->txn, 0);
    struct slots_entry entry;
    while (slots_cursor_next(cursor, &entry)) {
        check(!entry.damaged && entry.list.count); /* a record without a counter should not be there */
        for (size_t i = 0; i < entry.list.count; i++) {
            const struct slot_record *record = &entry.list.records[i];
            dump_slot_line(&dump->line, entry.slot, entry.scope, name_of(dump, DICTIONARY_ITEM, record->item), record->profile, &record->summary);
            line_end(dump);
        }
    }
    slots_cursor_close(cursor);
}

static void dump_day_nets(struct dump *dump)
{
    struct db_cursor *cursor = db_cursor_open(dump->txn, TABLE_DAY_NET, BYTES_NONE);
    struct bytes key, value;
    while (db_cursor_next(cursor, &key, &value)) {
        uint32_t day = 0;
        struct net_record record;
        bool damaged = false;
        check(key_take_u32(&key, &day));
        while (net_unpack(&value, &record, &damaged)) {
            dump_day_net_line(&dump->line, (int32_t)day, scope_of(key), name_of(dump, DICTIONARY_ITEM, record.item), record.profile, record.net);
            line_end(dump);
        }
        check(!damaged);
    }
    db_cursor_close(cursor);
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static int compare_lines(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static struct bytes take_line(struct bytes *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    struct bytes line = end ? bytes_of(rest->data, (size_t)(end - rest->data)) : BYTES_NONE;
    if (end)
        *rest = bytes_of(end + 1, rest->len - line.len - 1);
    return line;
}

static void sort_out(struct dump *dump, struct buffer *out)
{
    if (dump->count)
        qsort(dump->lines, dump->count, sizeof *dump->lines, compare_lines);
    for (size_t i = 0; i < dump->count; i++) {
        buffer_append_bytes(out, dump->lines[i]);
        buffer_append_char(out, '\n');
    }
    free(dump->lines);
    buffer_free(&dump->line);
    arena_destroy(dump->arena);
}

void dump_sort(struct buffer *lines)
{
    struct dump dump = {.arena = arena_create()};
    struct bytes rest = buffer_bytes(lines), line;
    while (bytes_present(line = take_line(&rest))) {
        buffer_append_bytes(&dump.line, line);
        line_end(&dump);
    }
    buffer_clear(lines);
    sort_out(&dump, lines);
}

static void add_hours(struct dump *dump)
{
    struct buffer lines = {0};
    dump_hours(dump->txn, &lines);
    struct bytes rest = buffer_bytes(&lines), line;
    while (bytes_present(line = take_line(&rest))) {
        buffer_append_bytes(&dump->line, line);
        line_end(dump);
    }
    buffer_free(&lines);
}

void dump_store(struct db *db, struct buffer *out)
{
    struct dump dump = {.arena = arena_create()};
    check(db_begin_read(db, &dump.txn) == ERR_OK);
    session_block_each(dump.txn, dump_block, &dump);
    static const enum db_table fact_tables[] = {TABLE_ROW, TABLE_HISTORY, TABLE_RULES};
    for (size_t i = 0; i < sizeof fact_tables / sizeof *fact_tables; i++)
        check(fact_rows_read(dump.txn, fact_tables[i], dump.arena, dump_fact, &dump) == ERR_OK);
    dump_slots(&dump);
    dump_day_nets(&dump);
    add_hours(&dump);
    check(db_error(dump.txn) == ERR_OK);
    db_abort(dump.txn);
    sort_out(&dump, out);
}

void dump_live(struct db *db, struct buffer *out)
{
    struct dump dump = {.arena = arena_create()};
    struct bytes key, value;
    check(db_begin_read(db, &dump.txn) == ERR_OK);
    struct db_cursor *cursor = db_cursor_open(dump.txn, TABLE_LIVE, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        uint64_t clock = 0;
        struct net_record record;
        bool damaged = false;
        check(key_take_u64(&value, &clock));
        while (net_unpack(&value, &record, &damaged)) {
            dump_live_line(&dump.line, scope_of(key), name_of(&dump, DICTIONARY_ITEM, record.item), record.profile, record.net);
            line_end(&dump);
        }
        check(!damaged);
    }
    db_cursor_close(cursor);
    db_abort(dump.txn);
    sort_out(&dump, out);
}

size_t dump_compare(struct bytes a, struct bytes b, size_t limit, struct buffer *out)
{
    size_t differing = 0;
    struct bytes left = take_line(&a), right = take_line(&b);
    while (bytes_present(left) || bytes_present(right)) {
        int order = !bytes_present(left) ? 1 : !bytes_present(right) ? -1 : bytes_compare(left, right);
        struct bytes odd = order < 0 ? left : right;
        if (order && differing++ < limit)
            buffer_printf(out, "  %c %.*s\n", order < 0 ? '-' : '+', (int)odd.len, (const char *)odd.data);
        if (order <= 0)
            left = take_line(&a);
        if (order >= 0)
            right = take_line(&b);
    }
    return differing;
}
