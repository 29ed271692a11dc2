/* Usage rows, page by page. */
#include "server/api/body.h"

#include <inttypes.h>

struct bytes body_hex(struct bytes bytes, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, bytes.len * 2 + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = digits[bytes.data[i] >> 4];
        text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    return bytes_of(text, bytes.len * 2);
}

struct bytes body_unhex(struct bytes text, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, text.len / 2 + 1);
    if (text.len % 2)
        return BYTES_NONE;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (value < 0)
            return BYTES_NONE;
        out[i / 2] = (uint8_t)(out[i / 2] * 16 + value);
    }
    return bytes_of(out, text.len / 2);
}

struct page_walk {
    enum body_format format;
    struct body_page *page;
    struct arena *arena;
    struct buffer *out;
    struct json_writer writer;
    size_t count;
    struct bytes last; /* the cursor of the last row taken */
};

/* A cursor is (id, start, profile, item) of the last row of its page, as a store's key. */
static struct bytes cursor_of(const struct usage_row *row, struct arena *arena)
{
    struct key key = {.len = 0};
    key_add_u64(&key, (uint64_t)(row->scope == SCOPE_SYSTEM ? 0 : row->id));
    key_add_u64(&key, (uint64_t)row->start);
    key_add_u8(&key, (uint8_t)row->profile);
    key_add_text(&key, row->item);
    return body_hex(key_bytes(&key), arena);
}

static bool read_cursor(struct bytes text, struct arena *arena, struct usage_request *request)
{
    struct bytes rest = body_unhex(text, arena);
    uint64_t id, start;
    uint8_t profile;
    if (!bytes_present(rest) || !key_take_u64(&rest, &id) || !key_take_u64(&rest, &start) || !key_take_u8(&rest, &profile) ||
        profile >= PROFILE_COUNT || !key_take_text(&rest, &request->after_item) || rest.len)
        return false;
    request->after = true;
    request->after_id = (int64_t)id;
    request->after_start = (instant)start;
    request->after_profile = profile;
    return true;
}

/* ERR_CANCELLED ends the walk when the page is full. */
static enum err take_row(void *owner, const struct usage_row *row)
{
    struct page_walk *walk = owner;
    if (walk->count == walk->page->limit) {
        walk->page->next = walk->last;
        return ERR_CANCELLED;
    }
    if (walk->format == BODY_CSV)
        usage_write_csv(row, walk->out);
    else
        usage_write_json(row, &walk->writer);
    if (++walk->count == walk->page->limit)
        walk->last = cursor_of(row, walk->arena);
    return ERR_OK;
}

/* The watermark of the whole: the smallest of those that a day waits for; null while one has none. */
static void write_as_of(struct query *query, struct arena *arena, struct json_writer *writer)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources);
    instant least = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++)
        if (!sources[i].retired && sources[i].kind != SOURCE_ENTITLEMENT && sources[i].kind != SOURCE_API && sources[i].watermark < least)
            least = sources[i].watermark; /* INSTANT_NONE is before every instant */
    json_write_open_object(writer);
    json_write_name(writer, "watermark");
    json_write_instant(writer, least);
    json_write_name(writer, "sources");
    json_write_open_object(writer);
    for (size_t i = 0; i < count; i++) {
        json_write_name(writer, arena_text(arena, sources[i].name));
        json_write_instant(writer, sources[i].watermark);
    }
    json_write_close_object(writer);
    json_write_close_object(writer);
}

/* Days that are longer or shorter because their tenant changed its zone. */
static void write_notes(struct query *query, struct json_writer *writer)
{
    const struct usage_note *notes;
    size_t count = query_usage_notes(query, &notes);
    char day[DATE_TEXT_SIZE];
    json_write_open_list(writer);
    for (size_t i = 0; i < count; i++) {
        const struct scope *scope = &notes[i].scope.scope;
        json_write_open_object(writer);
        json_write_name(writer, "scope");
        json_write_text_c(writer, scope_kind_name(scope->kind));
        json_write_name(writer, "id");
        if (scope->kind == SCOPE_SYSTEM)
            json_write_null(writer);
        else
            json_write_integer(writer, scope->id);
        json_write_name(writer, "day");
        json_write_text_c(writer, date_format(notes[i].day, day));
        json_write_name(writer, "start");
        json_write_instant(writer, notes[i].start);
        json_write_name(writer, "end");
        json_write_instant(writer, notes[i].end);
        json_write_name(writer, "zone");
        json_write_text(writer, notes[i].zone);
        json_write_name(writer, "zone_before");
        json_write_text(writer, notes[i].zone_before);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
}

enum err body_usage(struct query *query, struct usage_request *request, enum body_format format, struct body_page *page, struct arena *arena,
                    struct buffer *out, const char **why)
{
    struct page_walk walk = {.format = format, .page = page, .arena = arena, .out = out, .writer = {.out = out}};
    page->next = BYTES_NONE;
    if (bytes_present(page->cursor) && !read_cursor(page->cursor, arena, request)) {
        *why = "cursor: it is none that this server gave; start again without one.";
        return ERR_INPUT;
    }
    if (format == BODY_CSV) {
        usage_write_csv_head(out);
    } else {
        json_write_open_object(&walk.writer);
        json_write_name(&walk.writer, "rows");
        json_write_open_list(&walk.writer);
    }
    enum err err = query_usage(query, request, arena, take_row, &walk, why);
    if (err == ERR_CANCELLED && bytes_present(page->next))
        err = ERR_OK;
    if (err || format == BODY_CSV)
        return err;
    json_write_close_list(&walk.writer);
    json_write_name(&walk.writer, "next");
    if (bytes_present(page->next))
        json_write_text(&walk.writer, page->next);
    else
        json_write_null(&walk.writer);
    json_write_name(&walk.writer, "notes");
    write_notes(query, &walk.writer);
    json_write_name(&walk.writer, "as_of");
    write_as_of(query, arena, &walk.writer);
    json_write_close_object(&walk.writer);
    buffer_append_char(out, '\n');
    return ERR_OK;
}
