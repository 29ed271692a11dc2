/* now, sources: what stands in one look. */
#include "server/api/body.h"
#include "server/query/oddity.h"

static void write_count(struct json_writer *writer, const char *name, int64_t value)
{
    json_write_name(writer, name);
    if (value < 0)
        json_write_null(writer);
    else
        json_write_integer(writer, value);
}

static void write_instant(struct json_writer *writer, const char *name, instant at)
{
    json_write_name(writer, name);
    json_write_instant(writer, at);
}

static void write_text(struct json_writer *writer, const char *name, struct bytes text)
{
    json_write_name(writer, name);
    if (bytes_present(text))
        json_write_text(writer, text);
    else
        json_write_null(writer);
}

void body_now_head(const struct now_answer *answer, struct json_writer *writer)
{
    const struct scope *scope = &answer->scope.scope;
    write_text(writer, "scope", bytes_from_text(scope_kind_name(scope->kind)));
    write_count(writer, "id", scope->kind == SCOPE_SYSTEM ? -1 : scope->id);
    write_text(writer, "name", answer->scope.name);
    write_instant(writer, "as_of", answer->as_of);
    write_text(writer, "zone", answer->zone);
    write_instant(writer, "day_start", answer->day_start);
    write_instant(writer, "day_end", answer->day_end);
}

void body_now_row(const struct now_row *row, bool has_top, struct json_writer *writer)
{
    json_write_open_object(writer);
    write_text(writer, "item", row->item.code);
    write_count(writer, "level", row->level);
    write_count(writer, "peak", row->peak);
    write_instant(writer, "peak_at", row->peak_at);
    write_count(writer, "enabled", row->enabled);
    write_count(writer, "entitled", row->entitled);
    write_count(writer, "burst", row->burst);
    write_count(writer, "over", row->over);
    write_text(writer, "state", bytes_from_text(row->state));
    write_instant(writer, "over_since", row->over_since);
    write_instant(writer, "seen_until", row->seen_until);
    write_count(writer, "last_seen", row->last_seen);
    if (has_top) {
        json_write_name(writer, "top");
        json_write_open_list(writer);
        for (size_t i = 0; i < row->top_count; i++) {
            json_write_open_object(writer);
            write_count(writer, "tenant", row->top[i].tenant);
            write_text(writer, "name", row->top[i].name);
            write_count(writer, "level", row->top[i].level);
            json_write_close_object(writer);
        }
        json_write_close_list(writer);
    }
    json_write_close_object(writer);
}

/* --- what is still in the topics -------------------------------------------------------------- */

struct lags {
    struct json_writer *writer; /* NULL: only the sum */
    instant clock;
    int64_t facts; /* -1: nothing comes from topics */
};

static void take_lag(void *owner, const struct partition_position *position)
{
    struct lags *lags = owner;
    struct partition_lag lag = partition_lag_of(position, lags->clock);
    if (lag.facts >= 0)
        lags->facts = (lags->facts < 0 ? 0 : lags->facts) + lag.facts;
    if (!lags->writer)
        return;
    json_write_open_object(lags->writer);
    write_text(lags->writer, "topic", position->topic);
    json_write_name(lags->writer, "partition");
    json_write_integer(lags->writer, position->partition);
    write_count(lags->writer, "next", position->next);
    write_count(lags->writer, "high", position->high);
    write_count(lags->writer, "lag_facts", lag.facts);
    json_write_name(lags->writer, "lag_seconds");
    if (lag.ms < 0)
        json_write_null(lags->writer);
    else
        json_write_fraction(lags->writer, lag.ms / 100, 1);
    json_write_close_object(lags->writer);
}

/* A topic's partition holds facts of all sources: the log does not say whose are left. */
static int64_t lag_facts(struct query *query)
{
    struct lags lags = {.clock = query_clock(query), .facts = -1};
    partition_position_each(query_txn(query), take_lag, &lags);
    return lags.facts;
}

/* Deletions that count nothing until somebody decides: seatmeter decide deletions. */
static void write_held(const struct query_source *source, struct json_writer *writer)
{
    json_write_name(writer, "held");
    if (source->held_snapshot == ID_NONE || source->retired) {
        json_write_null(writer);
        return;
    }
    json_write_open_object(writer);
    json_write_name(writer, "deletions");
    json_write_integer(writer, source->held == ID_NONE ? 0 : source->held);
    write_text(writer, "note", source->held_note);
    json_write_name(writer, "snapshot");
    json_write_integer(writer, source->held_snapshot);
    json_write_close_object(writer);
}

static void write_connections(const struct query_source *source, struct json_writer *writer)
{
    json_write_name(writer, "connections");
    json_write_open_list(writer);
    for (size_t i = 0; i < source->connection_count; i++) {
        const struct query_connection *connection = &source->connections[i];
        json_write_open_object(writer);
        write_text(writer, "note", connection->note);
        write_instant(writer, "from", connection->from);
        write_instant(writer, "to", connection->to);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
}

static void write_source(const struct query_source *source, int64_t lag, struct body_clock clock, bool whole, struct json_writer *writer)
{
    bool heard = source->watermark != INSTANT_NONE;
    int64_t age_ms = heard && clock.wall > source->watermark ? clock.wall - source->watermark : 0;
    json_write_open_object(writer);
    write_text(writer, "name", source->name);
    write_text(writer, "kind", source->kind == SOURCE_NONE ? BYTES_NONE : bytes_from_text(source_kind_name(source->kind)));
    write_text(writer, "group", query_source_group(source));
    write_instant(writer, "watermark", source->watermark);
    json_write_name(writer, "age_seconds");
    if (heard)
        json_write_fraction(writer, age_ms / 100, 1);
    else
        json_write_null(writer);
    write_count(writer, "lag_facts", lag); /* known only where a log says how much is left: Kafka */
    json_write_name(writer, "silent");
    json_write_bool(writer, query_source_silent(source, clock.wall, clock.silent_after_ms));
    json_write_name(writer, "retired");
    json_write_bool(writer, source->retired);
    write_held(source, writer);
    write_count(writer, "late_rows", source->late == ID_NONE ? 0 : source->late);
    if (whole)
        write_connections(source, writer);
    json_write_close_object(writer);
}

/* whole: with what each is connected to, which does not belong into every line of a stream. */
static void write_source_list(struct query *query, struct body_clock clock, bool whole, struct arena *arena, struct json_writer *writer)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources);
    int64_t lag = lag_facts(query);
    json_write_open_list(writer);
    for (size_t i = 0; i < count; i++)
        write_source(&sources[i], lag, clock, whole, writer);
    json_write_close_list(writer);
}

void body_sources_list(struct query *query, struct body_clock clock, struct arena *arena, struct json_writer *writer)
{
    write_source_list(query, clock, false, arena, writer);
}

static void write_rows(const struct now_answer *answer, struct json_writer *writer)
{
    json_write_name(writer, "rows");
    json_write_open_list(writer);
    for (size_t i = 0; i < answer->row_count; i++)
        body_now_row(&answer->rows[i], answer->scope.scope.kind == SCOPE_SYSTEM, writer);
    json_write_close_list(writer);
}

static enum err now_of_all(struct query *query, enum scope_kind kind, struct body_clock clock, struct arena *arena, struct json_writer *writer)
{
    const struct query_scope *scopes;
    size_t count = query_scopes(query, kind, arena, &scopes);
    enum err err = ERR_OK;
    json_write_name(writer, "scopes");
    json_write_open_list(writer);
    for (size_t i = 0; i < count && !err; i++) {
        struct now_answer answer;
        err = query_now(query, scopes[i].scope, clock.wall, clock.silent_after_ms, arena, &answer);
        if (err)
            break;
        json_write_open_object(writer);
        body_now_head(&answer, writer);
        write_rows(&answer, writer);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
    return err;
}

enum err body_now(struct query *query, enum scope_kind kind, int64_t id, struct body_clock clock, struct arena *arena, struct buffer *out,
                  const char **why)
{
    struct json_writer writer = {.out = out};
    struct now_answer answer;
    enum err err;
    json_write_open_object(&writer);
    if (kind != SCOPE_SYSTEM && id == ID_NONE) {
        err = now_of_all(query, kind, clock, arena, &writer);
    } else {
        err = query_now(query, (struct scope){kind, kind == SCOPE_SYSTEM ? 0 : id}, clock.wall, clock.silent_after_ms, arena, &answer);
        if (err == ERR_NOT_FOUND)
            *why = arena_printf(arena, "There is no %s %lld here.", scope_kind_name(kind), (long long)id);
        if (err)
            return err;
        body_now_head(&answer, &writer);
        write_rows(&answer, &writer);
    }
    json_write_name(&writer, "sources");
    body_sources_list(query, clock, arena, &writer);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
    return err;
}

static void write_oddity(enum oddity_kind kind, const struct oddity *oddity, struct json_writer *writer)
{
    json_write_open_object(writer);
    write_text(writer, "kind", bytes_from_text(oddity_name(kind)));
    json_write_name(writer, "count");
    json_write_integer(writer, (int64_t)oddity->count);
    write_text(writer, "rule", bytes_from_text(oddity_rule(kind)));
    json_write_name(writer, "examples");
    json_write_open_list(writer);
    for (size_t i = 0; i < oddity->example_count; i++) {
        json_write_open_object(writer);
        write_text(writer, "source", oddity->examples[i].source);
        write_text(writer, "key", oddity->examples[i].key);
        write_text(writer, "what", oddity->examples[i].what);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
    json_write_close_object(writer);
}

enum err body_sources(struct query *query, struct body_clock clock, struct arena *arena, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    struct oddity oddities[ODDITY_KIND_COUNT];
    enum err err = query_oddities(query, arena, oddities);
    json_write_open_object(&writer);
    json_write_name(&writer, "sources");
    write_source_list(query, clock, true, arena, &writer);
    struct lags lags = {.writer = &writer, .clock = query_clock(query), .facts = -1};
    json_write_name(&writer, "partitions");
    json_write_open_list(&writer);
    partition_position_each(query_txn(query), take_lag, &lags);
    json_write_close_list(&writer);
    json_write_name(&writer, "oddities");
    json_write_open_list(&writer);
    for (int kind = 0; kind < ODDITY_KIND_COUNT; kind++)
        if (oddities[kind].count)
            write_oddity((enum oddity_kind)kind, &oddities[kind], &writer);
    json_write_close_list(&writer);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
    return err;
}
