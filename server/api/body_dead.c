/* Refused input, gaps and alerts: how complete the picture is. */
#include "server/api/body.h"

struct letters {
    struct arena *arena;
    struct json_writer writer;
    struct bytes last;
    size_t count, limit;
    bool more;
};

/* Raw input may be no text: what is no UTF-8 is shown as U+FFFD, with all bytes beside it. */
static void write_raw(struct json_writer *writer, struct bytes raw, struct arena *arena)
{
    bool text = bytes_are_utf8(raw);
    json_write_name(writer, "raw");
    if (text) {
        json_write_text(writer, raw);
    } else {
        struct buffer shown = {0};
        for (size_t i = 0; i < raw.len; i++)
            if (raw.data[i] && raw.data[i] < 0x80)
                buffer_append_char(&shown, (char)raw.data[i]);
            else
                buffer_append_text(&shown, "\xef\xbf\xbd");
        json_write_text(writer, buffer_bytes(&shown));
        buffer_free(&shown);
    }
    json_write_name(writer, "raw_hex");
    if (text)
        json_write_null(writer);
    else
        json_write_text(writer, body_hex(raw, arena));
}

static void write_utf8(struct json_writer *writer, const char *name, struct bytes text)
{
    json_write_name(writer, name);
    if (bytes_are_utf8(text))
        json_write_text(writer, text);
    else
        json_write_null(writer);
}

static void take_letter(void *owner, struct bytes id, const struct dead_letter *letter)
{
    struct letters *letters = owner;
    if (letters->count == letters->limit) {
        letters->more = true;
        return;
    }
    letters->count++;
    letters->last = id;
    struct json_writer *writer = &letters->writer;
    json_write_open_object(writer);
    json_write_name(writer, "id");
    json_write_text(writer, body_hex(id, letters->arena));
    write_utf8(writer, "source", letter->source.len ? letter->source : BYTES_NONE);
    if (bytes_present(letter->topic)) {
        write_utf8(writer, "topic", letter->topic);
        json_write_name(writer, "partition");
        json_write_integer(writer, letter->partition);
        json_write_name(writer, "offset");
        json_write_integer(writer, letter->offset);
        json_write_name(writer, "index");
        json_write_integer(writer, letter->index);
    }
    write_utf8(writer, "place", letter->place);
    write_utf8(writer, "why", letter->why);
    write_raw(writer, letter->raw, letters->arena);
    json_write_name(writer, "at");
    json_write_instant(writer, letter->at);
    json_write_close_object(writer);
}

enum err body_dead(struct query *query, struct body_page *page, struct arena *arena, struct buffer *out, const char **why)
{
    struct letters letters = {.arena = arena, .writer = {.out = out}, .limit = page->limit};
    struct bytes after = bytes_present(page->cursor) ? body_unhex(page->cursor, arena) : BYTES_NONE;
    page->next = BYTES_NONE;
    if (bytes_present(page->cursor) && (!bytes_present(after) || after.len > STORE_KEY_BYTES_MAX)) {
        *why = "cursor: it is none that this server gave; start again without one.";
        return ERR_INPUT;
    }
    json_write_open_object(&letters.writer);
    json_write_name(&letters.writer, "count");
    json_write_integer(&letters.writer, (int64_t)dead_count(query_txn(query)));
    json_write_name(&letters.writer, "dead");
    json_write_open_list(&letters.writer);
    dead_read(query_txn(query), after, page->limit + 1, arena, take_letter, &letters);
    json_write_close_list(&letters.writer);
    json_write_name(&letters.writer, "next");
    if (letters.more)
        json_write_text(&letters.writer, page->next = body_hex(letters.last, arena));
    else
        json_write_null(&letters.writer);
    json_write_close_object(&letters.writer);
    buffer_append_char(out, '\n');
    return db_error(query_txn(query));
}

/* A table whose values are JSON already, as a list of that name. */
static enum err list_raw(struct query *query, enum db_table table, const char *name, struct body_page *page, struct arena *arena, struct buffer *out,
                         const char **why)
{
    struct json_writer writer = {.out = out};
    struct bytes after = bytes_present(page->cursor) ? body_unhex(page->cursor, arena) : BYTES_NONE, key, value, last = BYTES_NONE;
    size_t count = 0;
    page->next = BYTES_NONE;
    if (bytes_present(page->cursor) && (!bytes_present(after) || after.len == 0 || after.len > STORE_KEY_BYTES_MAX)) {
        *why = "cursor: it is none that this server gave; start again without one.";
        return ERR_INPUT;
    }
    json_write_open_object(&writer);
    json_write_name(&writer, name);
    json_write_open_list(&writer);
    struct db_cursor *cursor = db_cursor_open(query_txn(query), table, BYTES_NONE);
    if (bytes_present(after))
        db_cursor_seek(cursor, after);
    while (db_cursor_next(cursor, &key, &value)) {
        if (bytes_present(after) && bytes_equal(key, after))
            continue;
        if (count++ == page->limit) {
            page->next = body_hex(last, arena);
            break;
        }
        last = arena_copy(arena, key);
        json_write_raw(&writer, value);
    }
    db_cursor_close(cursor);
    json_write_close_list(&writer);
    json_write_name(&writer, "next");
    if (bytes_present(page->next))
        json_write_text(&writer, page->next);
    else
        json_write_null(&writer);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
    return db_error(query_txn(query));
}

enum err body_gaps(struct query *query, struct body_page *page, struct arena *arena, struct buffer *out, const char **why)
{
    return list_raw(query, TABLE_GAP, "gaps", page, arena, out, why);
}

enum err body_alerts(struct query *query, struct body_page *page, struct arena *arena, struct buffer *out, const char **why)
{
    return list_raw(query, TABLE_ALERT, "alerts", page, arena, out, why);
}
