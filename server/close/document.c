#include "server/close/document.h"

#include "base/crypto.h"
#include "server/close/gaps.h"
#include "server/query/rule.h"
#include "server/version.h"

#include <stdlib.h>

struct making {
    struct json_writer writer;
    struct buffer *rows;
    int64_t coverage_ppm;
    struct total {
        struct bytes item;
        int64_t peak, tenant_peaks;
    } *totals;
    size_t total_count, total_capacity;
    struct arena *arena;
};

static void write_optional(struct json_writer *writer, const char *name, int64_t value)
{
    if (value < 0)
        return;
    json_write_name(writer, name);
    json_write_integer(writer, value);
}

static void write_optional_instant(struct json_writer *writer, const char *name, instant at)
{
    if (at == INSTANT_NONE)
        return;
    json_write_name(writer, name);
    json_write_instant(writer, at);
}

/* Usage only: what was bought is joined from the rules when somebody asks (design.md §5). */
static enum err add_row(void *owner, const struct usage_row *row)
{
    struct making *making = owner;
    struct json_writer writer = {making->rows, false};
    json_write_open_object(&writer);
    write_optional(&writer, "enabled", row->enabled);
    write_optional_instant(&writer, "enabled_at", row->enabled_at);
    json_write_name(&writer, "end");
    json_write_instant(&writer, row->end);
    write_optional(&writer, "id", row->id);
    json_write_name(&writer, "item");
    json_write_text(&writer, row->item);
    write_optional(&writer, "named", row->named);
    write_optional(&writer, "peak", row->peak);
    write_optional_instant(&writer, "peak_at", row->peak_at);
    json_write_name(&writer, "profile");
    json_write_text_c(&writer, profile_name(row->profile));
    json_write_name(&writer, "scope");
    json_write_text_c(&writer, scope_kind_name(row->scope));
    write_optional(&writer, "seat_ms", row->seat_ms);
    json_write_name(&writer, "start");
    json_write_instant(&writer, row->start);
    json_write_close_object(&writer);
    buffer_append_char(making->rows, '\n');
    making->coverage_ppm = row->coverage_ppm;
    return ERR_OK;
}

static struct total *total_of(struct making *making, struct bytes item)
{
    for (size_t i = 0; i < making->total_count; i++)
        if (bytes_equal(making->totals[i].item, item))
            return &making->totals[i];
    if (making->total_count == making->total_capacity)
        return NULL;
    making->totals[making->total_count] = (struct total){.item = arena_copy(making->arena, item)};
    return &making->totals[making->total_count++];
}

static enum err add_system_row(void *owner, const struct usage_row *row)
{
    struct making *making = owner;
    struct total *total = total_of(making, row->item);
    if (total && row->peak >= 0 && row->profile == PROFILE_EXACT)
        total->peak = row->peak;
    return add_row(owner, row);
}

static enum err add_tenant_peak(void *owner, const struct usage_row *row)
{
    struct total *total = total_of(owner, row->item);
    if (total && row->peak >= 0)
        total->tenant_peaks += row->peak;
    return ERR_OK;
}

enum { ALL_PROFILES = 1u << PROFILE_EXACT | 1u << PROFILE_LRM | 1u << PROFILE_PERSON | 1u << PROFILE_SUSTAINED };

static enum err usage_of_day(struct query *query, enum scope_kind scope, int64_t id, const struct close_day *day, unsigned profiles,
                             usage_row_fn fn, struct making *making)
{
    const char *why = NULL;
    struct usage_request request = {
        .scope = scope,
        .id = id,
        .from = day->start,
        .to = day->end,
        .granularity = GRANULARITY_DAY,
        .one_day = true,
        .date = day->date,
        .profiles = profiles,
    };
    return query_usage(query, &request, making->arena, fn, making, &why);
}

/* A tenant's book has its own rows and those of its groups. */
static enum err make_tenant_rows(struct query *query, const struct close_request *request, struct making *making)
{
    static const enum scope_kind kinds[] = {SCOPE_AGENT_GROUP, SCOPE_PLACE_GROUP};
    enum err err = usage_of_day(query, SCOPE_TENANT, request->day.book, &request->day, ALL_PROFILES, add_row, making);
    for (int k = 0; k < 2 && err == ERR_OK; k++) {
        const struct query_scope *groups;
        size_t count = query_scopes(query, kinds[k], making->arena, &groups);
        for (size_t i = 0; i < count && err == ERR_OK; i++)
            if (groups[i].tenant == request->day.book)
                err = usage_of_day(query, kinds[k], groups[i].scope.id, &request->day, ALL_PROFILES, add_row, making);
    }
    return err;
}

static enum err make_rows(struct query *query, const struct close_request *request, struct making *making)
{
    const struct query_item *items;
    making->total_capacity = query_items(query, making->arena, &items);
    making->totals = arena_alloc(making->arena, (making->total_capacity + 1) * sizeof *making->totals);
    if (request->day.book != 0)
        return make_tenant_rows(query, request, making);
    enum err err = usage_of_day(query, SCOPE_SYSTEM, 0, &request->day, ALL_PROFILES, add_system_row, making);
    return err == ERR_OK ? usage_of_day(query, SCOPE_TENANT, ID_NONE, &request->day, 1u << PROFILE_EXACT, add_tenant_peak, making) : err;
}

/* --- the document, its members in the order of their names --------------------------------------- */

struct position {
    struct position *next;
    const char *name;
    struct bytes cursor; /* absent: a topic's partition, read up to offset */
    int64_t offset;
};

struct positions {
    struct position *first; /* by name */
    struct arena *arena;
};

static void add_position(struct positions *positions, struct position position)
{
    struct position **at = &positions->first;
    while (*at && strcmp((*at)->name, position.name) < 0)
        at = &(*at)->next;
    position.next = *at;
    *at = arena_alloc(positions->arena, sizeof **at);
    **at = position;
}

static void add_partition(void *owner, const struct partition_position *position)
{
    struct positions *positions = owner;
    const char *name = arena_printf(positions->arena, "%.*s/%d", (int)position->topic.len, (const char *)position->topic.data, position->partition);
    add_position(positions, (struct position){NULL, name, BYTES_NONE, position->next});
}

static void write_positions(struct query *query, struct json_writer *writer, const struct query_source *sources, size_t count,
                            struct arena *arena)
{
    struct positions positions = {NULL, arena};
    struct bytes cursor;
    for (size_t i = 0; i < count; i++)
        if (position_get(query_txn(query), sources[i].name, arena, &cursor))
            add_position(&positions, (struct position){NULL, arena_text(arena, sources[i].name), cursor, 0});
    partition_position_each(query_txn(query), add_partition, &positions);
    json_write_name(writer, "positions");
    json_write_open_object(writer);
    for (const struct position *position = positions.first; position; position = position->next) {
        json_write_name(writer, position->name);
        if (bytes_present(position->cursor))
            json_write_text(writer, position->cursor);
        else
            json_write_integer(writer, position->offset);
    }
    json_write_close_object(writer);
}

static void write_totals(struct json_writer *writer, const struct making *making)
{
    json_write_name(writer, "totals");
    json_write_open_list(writer);
    for (size_t i = 0; i < making->total_count; i++) {
        json_write_open_object(writer);
        json_write_name(writer, "item");
        json_write_text(writer, making->totals[i].item);
        json_write_name(writer, "system_peak");
        json_write_integer(writer, making->totals[i].peak);
        json_write_name(writer, "tenant_peaks");
        json_write_integer(writer, making->totals[i].tenant_peaks);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
}

static void write_text(struct json_writer *writer, const char *name, const char *text)
{
    json_write_name(writer, name);
    json_write_text_c(writer, text);
}

static int compare_sources(const void *a, const void *b)
{
    return bytes_compare(((const struct query_source *)a)->name, ((const struct query_source *)b)->name);
}

static const char *previous_digest(struct query *query, const struct close_request *request, struct arena *arena)
{
    struct close_record previous;
    int32_t day;
    if (!close_last_day(query_txn(query), request->day.book, &day) ||
        !close_get_newest(query_txn(query), request->day.book, day, arena, &previous))
        return "";
    return sha256_text(previous.document, arena_alloc(arena, SHA256_TEXT_SIZE));
}

static void write_document(struct query *query, const struct close_request *request, struct making *making, struct buffer *out)
{
    struct arena *arena = making->arena;
    struct json_writer writer = {out, false};
    const struct query_source *known;
    char date[DATE_TEXT_SIZE], digest[SHA256_TEXT_SIZE];
    size_t count = query_sources(query, arena, &known);
    struct query_source *sources = arena_alloc(arena, (count + 1) * sizeof *sources);
    if (count)
        memcpy(sources, known, count * sizeof *sources);
    qsort(sources, count, sizeof *sources, compare_sources);

    json_write_open_object(&writer);
    write_text(&writer, "book", request->day.book ? arena_printf(arena, "%lld", (long long)request->day.book) : "system");
    write_optional(&writer, "coverage_ppm", making->coverage_ppm);
    write_text(&writer, "day", date_format(request->day.date, date));
    json_write_name(&writer, "end");
    json_write_instant(&writer, request->day.end);
    write_text(&writer, "format", "seatmeter close 1");
    json_write_name(&writer, "gaps");
    close_write_gaps(query, request->day.start, request->day.end, arena, &writer);
    json_write_name(&writer, "made_at");
    json_write_instant(&writer, request->made_at);
    write_text(&writer, "made_by", "seatmeter " SEATMETER_VERSION);
    write_positions(query, &writer, sources, count, arena);
    write_text(&writer, "previous_sha256", previous_digest(query, request, arena));
    write_text(&writer, "reason", request->provisional ? "deadline" : "watermarks");
    json_write_name(&writer, "revision");
    json_write_integer(&writer, 0);
    write_text(&writer, "rows_sha256", sha256_text(buffer_bytes(making->rows), digest));
    query_rules_digest(query, request->day.start, request->day.end, digest);
    write_text(&writer, "rules_sha256", digest);
    json_write_name(&writer, "start");
    json_write_instant(&writer, request->day.start);
    write_text(&writer, "status", request->provisional ? "provisional" : "closed");
    if (request->day.book == 0)
        write_totals(&writer, making);
    json_write_name(&writer, "watermarks");
    json_write_open_object(&writer);
    for (size_t i = 0; i < count; i++)
        if (sources[i].watermark != INSTANT_NONE) {
            json_write_name(&writer, arena_text(arena, sources[i].name));
            json_write_instant(&writer, sources[i].watermark);
        }
    json_write_close_object(&writer);
    json_write_name(&writer, "zone");
    json_write_text(&writer, zone_name(calendar_zone(rules_calendar(query_rules(query), &request->book), request->day.date)));
    json_write_close_object(&writer);
}

enum err close_make(struct query *query, const struct close_request *request, struct arena *arena, struct close_record *record)
{
    struct buffer rows = {0}, document = {0};
    struct making making = {.rows = &rows, .coverage_ppm = -1, .arena = arena};
    enum err err = make_rows(query, request, &making);
    if (err == ERR_OK) {
        write_document(query, request, &making, &document);
        record->key = (struct close_key){request->day.book, request->day.date, 0};
        record->document = arena_copy(arena, buffer_bytes(&document));
        record->rows = arena_copy(arena, buffer_bytes(&rows));
    }
    buffer_free(&rows);
    buffer_free(&document);
    return err;
}
