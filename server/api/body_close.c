/* Closes: the list, and one signed document with its rows. */
#include "server/api/body.h"

#include "base/crypto.h"
#include "server/close/differ.h"
#include "server/query/snapshot.h"

#include <stdlib.h>

bool body_book_parse(struct bytes text, int64_t *book)
{
    int64_t value = 0;
    *book = 0;
    if (bytes_equal_text(text, "system"))
        return true;
    if (text.len == 0 || text.len > 18)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *book = value;
    return value > 0; /* the unassigned have no book */
}

struct bytes body_book_name(int64_t book, struct arena *arena)
{
    return book == 0 ? BYTES_LITERAL("system") : bytes_from_text(arena_printf(arena, "%lld", (long long)book));
}

struct list {
    struct arena *arena;
    struct close_record *records;
    size_t count, capacity;
};

static void take_close(void *owner, const struct close_record *record)
{
    struct list *list = owner;
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 32;
        list->records = memory_resize(list->records, list->capacity * sizeof *list->records);
    }
    list->records[list->count++] = *record;
}

/* By book, then the latest day first, then the newest revision first. */
static int by_place(const void *a, const void *b)
{
    const struct close_key *x = &((const struct close_record *)a)->key, *y = &((const struct close_record *)b)->key;
    if (x->book != y->book)
        return x->book < y->book ? -1 : 1;
    if (x->day != y->day)
        return x->day > y->day ? -1 : 1;
    return (x->revision < y->revision) - (x->revision > y->revision);
}

static void write_member(const struct json *document, const char *name, struct json_writer *writer)
{
    const struct json *value = document ? json_member(document, name) : NULL;
    json_write_name(writer, name);
    if (value && value->kind == JSON_KIND_TEXT)
        json_write_text(writer, value->text);
    else if (value && value->kind == JSON_KIND_INTEGER)
        json_write_integer(writer, value->integer);
    else
        json_write_null(writer);
}

static void write_sha256(struct bytes bytes, struct json_writer *writer)
{
    char text[SHA256_TEXT_SIZE];
    json_write_name(writer, "sha256");
    json_write_text_c(writer, sha256_text(bytes, text));
}

/* What the horizon adds to the document's own status. */
static void write_status(struct query *query, const struct close_record *record, const struct json *document, struct json_writer *writer)
{
    const struct json *status = document ? json_member(document, "status") : NULL;
    struct close_head head;
    json_write_name(writer, "status");
    if (close_head_read(record, &head) && head.status == STATUS_CLOSED && head.end <= query->horizon)
        json_write_text_c(writer, row_status_name(STATUS_FINAL));
    else if (status && status->kind == JSON_KIND_TEXT)
        json_write_text(writer, status->text);
    else
        json_write_null(writer);
}

static void write_entry(struct query *query, const struct close_record *record, struct arena *arena, struct json_writer *writer)
{
    static const char *const members[] = {"reason", "zone", "start", "end", "made_at", "coverage_ppm", "rows_sha256", "previous_sha256"};
    char day[DATE_TEXT_SIZE];
    const char *why;
    const struct json *document = json_read(record->document, arena, &why);
    json_write_open_object(writer);
    json_write_name(writer, "book");
    json_write_text(writer, body_book_name(record->key.book, arena));
    json_write_name(writer, "day");
    json_write_text_c(writer, date_format(record->key.day, day));
    json_write_name(writer, "revision");
    json_write_integer(writer, record->key.revision);
    write_status(query, record, document, writer);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        write_member(document, members[i], writer);
    write_sha256(record->document, writer);
    struct bytes differs = close_differs_of(query_txn(query), record->key, arena);
    json_write_name(writer, "differs"); /* the digest of the rows counted here, where it is another */
    if (bytes_present(differs))
        json_write_text(writer, differs);
    else
        json_write_null(writer);
    json_write_close_object(writer);
}

static struct bytes cursor_of(const struct close_key *at, struct arena *arena)
{
    struct key key = {.len = 0};
    key_add_u64(&key, (uint64_t)at->book);
    key_add_u32(&key, (uint32_t)at->day);
    key_add_u32(&key, at->revision);
    return body_hex(key_bytes(&key), arena);
}

static bool read_cursor(struct bytes text, struct arena *arena, struct close_record *after)
{
    struct bytes rest = body_unhex(text, arena);
    uint64_t book;
    uint32_t day;
    if (!bytes_present(rest) || !key_take_u64(&rest, &book) || !key_take_u32(&rest, &day) || !key_take_u32(&rest, &after->key.revision) ||
        rest.len)
        return false;
    after->key.book = (int64_t)book;
    after->key.day = (int32_t)day;
    return true;
}

enum err body_closes(struct query *query, const struct closes_request *request, struct body_page *page, struct arena *arena,
                     struct buffer *out, const char **why)
{
    struct list list = {.arena = arena};
    struct json_writer writer = {.out = out};
    struct close_record after;
    bool paged = bytes_present(page->cursor);
    page->next = BYTES_NONE;
    if (paged && !read_cursor(page->cursor, arena, &after)) {
        *why = "cursor: it is none that this server gave; start again without one.";
        return ERR_INPUT;
    }
    close_each(query_txn(query), request->book, request->from, request->to, arena, take_close, &list);
    if (list.count)
        qsort(list.records, list.count, sizeof *list.records, by_place);
    size_t at = 0, written = 0;
    while (paged && at < list.count && by_place(&list.records[at], &after) <= 0)
        at++;
    json_write_open_object(&writer);
    json_write_name(&writer, "closes");
    json_write_open_list(&writer);
    for (; at < list.count && written < page->limit; at++, written++)
        write_entry(query, &list.records[at], arena, &writer);
    json_write_close_list(&writer);
    json_write_name(&writer, "next");
    if (at < list.count && written)
        json_write_text(&writer, page->next = cursor_of(&list.records[at - 1].key, arena));
    else
        json_write_null(&writer);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
    free(list.records);
    return db_error(query_txn(query));
}

/* --- one close -------------------------------------------------------------------------------- */

/* A row of a close as the usage row it was made from; what a close does not say stays unknown. */
static enum err read_row(struct bytes line, struct arena *arena, const struct json *document, struct usage_row *row)
{
    const char *why;
    const struct json *json = json_read(line, arena, &why);
    if (!json || json->kind != JSON_KIND_OBJECT)
        return ERR_DAMAGED;
    *row = (struct usage_row){.id = -1,
                              .granularity = GRANULARITY_DAY,
                              .peak = -1,
                              .peak_at = INSTANT_NONE,
                              .enabled = -1,
                              .enabled_at = INSTANT_NONE,
                              .named = -1,
                              .seat_ms = -1,
                              .entitled = -1,
                              .burst = -1,
                              .over = -1,
                              .over_burst = -1,
                              .coverage_ppm = -1,
                              .start = INSTANT_NONE,
                              .end = INSTANT_NONE};
    const struct {
        const char *name;
        int64_t *value;
        bool is_instant;
    } numbers[] = {
        {"id", &row->id, false},           {"peak", &row->peak, false},       {"peak_at", &row->peak_at, true},
        {"enabled", &row->enabled, false}, {"enabled_at", &row->enabled_at, true}, {"named", &row->named, false},
        {"seat_ms", &row->seat_ms, false}, {"start", &row->start, true},      {"end", &row->end, true},
        {"coverage_ppm", &row->coverage_ppm, false}, {"revision", &row->revision, false},
    };
    for (int from_row = 0; from_row < 2; from_row++) /* the document's members hold for all rows, the row's own win */
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            const struct json *value = json_member(from_row ? json : document, numbers[i].name);
            if (value && value->kind == JSON_KIND_INTEGER)
                *numbers[i].value = value->integer;
            else if (value && value->kind == JSON_KIND_TEXT && numbers[i].is_instant && !instant_parse(value->text, numbers[i].value))
                return ERR_DAMAGED;
        }
    const struct json *scope = json_member(json, "scope"), *name = json_member(json, "name"), *item = json_member(json, "item"),
                      *profile = json_member(json, "profile"), *zone = json_member(document, "zone");
    row->scope = scope ? scope_kind_from_name(scope->text) : SCOPE_KIND_COUNT;
    row->profile = profile ? profile_from_name(profile->text) : PROFILE_EXACT;
    row->item = item ? item->text : BYTES_NONE;
    row->name = name && name->kind == JSON_KIND_TEXT ? name->text : BYTES_NONE;
    row->zone = zone ? zone->text : BYTES_NONE;
    return row->scope == SCOPE_KIND_COUNT || row->profile == PROFILE_COUNT || !bytes_present(row->item) ? ERR_DAMAGED : ERR_OK;
}

static struct bytes take_line(struct bytes *rest)
{
    const uint8_t *newline = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t len = newline ? (size_t)(newline - rest->data) : rest->len;
    struct bytes line = bytes_of(rest->data, len);
    *rest = bytes_of(rest->data + len + (newline != NULL), rest->len - len - (newline != NULL));
    return line;
}

/* The rows in the columns of usage; names of tenants as they are called today, when the close has none. */
static enum err write_csv(struct query *query, const struct close_record *record, struct arena *arena, struct buffer *out)
{
    const char *why;
    const struct json *document = json_read(record->document, arena, &why);
    const struct query_scope *scopes;
    struct bytes rest = record->rows;
    struct book book;
    if (!document)
        return ERR_DAMAGED;
    size_t scope_count = query_scopes(query, SCOPE_TENANT, arena, &scopes);
    struct query_scope scope = {{record->key.book ? SCOPE_TENANT : SCOPE_SYSTEM, record->key.book}, BYTES_NONE, ID_NONE};
    query_book(query, &scope, record->key.day, record->key.day, arena, &book);
    usage_write_csv_head(out);
    while (rest.len) {
        struct bytes line = take_line(&rest);
        struct usage_row row;
        if (!line.len)
            continue;
        enum err err = read_row(line, arena, document, &row);
        if (err)
            return err;
        row.revision = record->key.revision;
        row.status = book.count ? book.days[0].status : STATUS_CLOSED;
        if (row.scope == SCOPE_SYSTEM)
            row.id = ID_NONE;
        for (size_t i = 0; i < scope_count && row.scope == SCOPE_TENANT && !bytes_present(row.name); i++)
            if (scopes[i].scope.id == row.id && bytes_present(scopes[i].name))
                row.name = scopes[i].name;
        usage_write_csv(&row, out);
    }
    return ERR_OK;
}

static void write_json(struct query *query, const struct close_record *record, struct arena *arena, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    struct bytes rest = record->rows;
    const char *why;
    json_write_open_object(&writer);
    write_status(query, record, json_read(record->document, arena, &why), &writer);
    write_sha256(record->document, &writer);
    json_write_name(&writer, "signature"); /* comes with "Billable days" */
    json_write_null(&writer);
    json_write_name(&writer, "document");
    json_write_raw(&writer, record->document);
    json_write_name(&writer, "rows");
    json_write_open_list(&writer);
    while (rest.len) {
        struct bytes line = take_line(&rest);
        if (line.len)
            json_write_raw(&writer, line);
    }
    json_write_close_list(&writer);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
}

enum err body_close(struct query *query, int64_t book, int32_t day, int64_t revision, enum body_format format, struct arena *arena,
                    struct buffer *out, const char **why)
{
    struct close_record record;
    struct db_txn *txn = query_txn(query);
    char day_text[DATE_TEXT_SIZE];
    bool found = revision < 0 ? close_get_newest(txn, book, day, arena, &record)
                              : revision <= UINT32_MAX && close_get(txn, (struct close_key){book, day, (uint32_t)revision}, arena, &record);
    if (!found) {
        *why = arena_printf(arena, "Book %s has no such close of %s.", (const char *)body_book_name(book, arena).data, date_format(day, day_text));
        enum err err = db_error(txn);
        return err ? err : ERR_NOT_FOUND;
    }
    if (format == BODY_CSV) {
        enum err err = write_csv(query, &record, arena, out);
        if (err)
            *why = "the rows of this close cannot be read";
        return err;
    }
    write_json(query, &record, arena, out);
    return ERR_OK;
}
