/* /metrics: the Prometheus text format, version 0.0.4 (contract.md §7). */
#include "server/api/metrics.h"

#include "server/api/problem.h"
#include "server/api/route.h"
#include "server/query/snapshot.h"
#include "server/version.h"
#include "store/retention.h"

#include <inttypes.h>
#include <stdio.h>

static const uint64_t flush_bounds_us[METRICS_FLUSH_BUCKETS - 1] = {
#define X(us) us,
    METRICS_FLUSH_BOUNDS_MAP(X)
#undef X
};

static const char *const outcome_names[FACT_OUTCOME_COUNT] = {"applied", "duplicate", "stale", "contradicted", "too_late", "no_room", "refused"};

void metrics_add_flush(struct metrics *metrics, uint64_t us, bool failed)
{
    size_t bucket = 0;
    while (bucket < METRICS_FLUSH_BUCKETS - 1 && us > flush_bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&metrics->flush_buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->flush_us, us, memory_order_relaxed);
    if (failed)
        atomic_fetch_add_explicit(&metrics->flushes_failed, 1, memory_order_relaxed);
}

void metrics_set_ingest(struct metrics *metrics, const struct ingest_counts *counts)
{
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        for (int outcome = 0; outcome < FACT_OUTCOME_COUNT; outcome++)
            atomic_store_explicit(&metrics->facts[kind][outcome], counts->facts[kind][outcome], memory_order_relaxed);
    atomic_store_explicit(&metrics->refused, counts->refused, memory_order_relaxed);
    atomic_store_explicit(&metrics->sessions, counts->sessions, memory_order_relaxed);
    atomic_store_explicit(&metrics->sessions_open, counts->sessions_open, memory_order_relaxed);
}

void metrics_set_marks(struct metrics *metrics, struct replica_counts counts)
{
    atomic_store_explicit(&metrics->marks, counts.marks, memory_order_relaxed);
    atomic_store_explicit(&metrics->marks_equal, counts.equal, memory_order_relaxed);
    atomic_store_explicit(&metrics->marks_differ, counts.differ, memory_order_relaxed);
    atomic_store_explicit(&metrics->marks_uncompared, counts.uncompared, memory_order_relaxed);
}

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP seatmeter_%s %s\n# TYPE seatmeter_%s %s\n", name, help, name, type);
}

static void single(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    buffer_printf(out, "seatmeter_%s %" PRIu64 "\n", name, value);
}

/* A label's value with what must be escaped. */
static void label(struct buffer *out, struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c == '\n')
            buffer_append_text(out, "\\n");
        else if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else
            buffer_append_char(out, (char)c);
    }
}

static void write_ingest(const struct metrics *metrics, struct buffer *out)
{
    head(out, "facts_total", "counter", "Facts folded, by kind and by what became of them.");
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        for (int outcome = 0; outcome < FACT_OUTCOME_COUNT; outcome++)
            buffer_printf(out, "seatmeter_facts_total{kind=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", fact_kind_name((enum fact_kind)kind),
                          outcome_names[outcome], atomic_load_explicit(&metrics->facts[kind][outcome], memory_order_relaxed));
    single(out, "facts_refused_total", "counter", "Input that could not be taken; it is kept in dead.",
           atomic_load_explicit(&metrics->refused, memory_order_relaxed));
    single(out, "facts_waiting", "gauge", "Facts handed over by adapters and not folded yet.",
           atomic_load_explicit(&metrics->queue_facts, memory_order_relaxed));
    single(out, "sessions", "gauge", "Sessions that detail is kept of.", atomic_load_explicit(&metrics->sessions, memory_order_relaxed));
    single(out, "sessions_open", "gauge", "Sessions without an end.", atomic_load_explicit(&metrics->sessions_open, memory_order_relaxed));
    head(out, "flush_seconds", "histogram", "How long a flush took, fold and commit.");
    uint64_t sum = 0;
    for (int i = 0; i < METRICS_FLUSH_BUCKETS; i++) {
        sum += atomic_load_explicit(&metrics->flush_buckets[i], memory_order_relaxed);
        if (i < METRICS_FLUSH_BUCKETS - 1)
            buffer_printf(out, "seatmeter_flush_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", (double)flush_bounds_us[i] / 1e6, sum);
        else
            buffer_printf(out, "seatmeter_flush_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", sum);
    }
    buffer_printf(out, "seatmeter_flush_seconds_sum %.6f\nseatmeter_flush_seconds_count %" PRIu64 "\n",
                  (double)atomic_load_explicit(&metrics->flush_us, memory_order_relaxed) / 1e6, sum);
    single(out, "marks_total", "counter", "Marks at which this instance stood.", atomic_load_explicit(&metrics->marks, memory_order_relaxed));
    head(out, "replica_digests_total", "counter", "Digests of other instances at these marks, by what became of them.");
    buffer_printf(out, "seatmeter_replica_digests_total{result=\"equal\"} %" PRIu64 "\n", atomic_load_explicit(&metrics->marks_equal, memory_order_relaxed));
    buffer_printf(out, "seatmeter_replica_digests_total{result=\"differs\"} %" PRIu64 "\n", atomic_load_explicit(&metrics->marks_differ, memory_order_relaxed));
    buffer_printf(out, "seatmeter_replica_digests_total{result=\"uncompared\"} %" PRIu64 "\n", atomic_load_explicit(&metrics->marks_uncompared, memory_order_relaxed));
    single(out, "flushes_failed_total", "counter", "Flushes that wrote nothing; what changed stays for the next.",
           atomic_load_explicit(&metrics->flushes_failed, memory_order_relaxed));
}

static void write_late(const struct query_source *sources, size_t count, struct buffer *out)
{
    head(out, "late_rows_total", "counter", "Rows of the source that became visible later than settle_seconds and were found by looking again alone.");
    for (size_t i = 0; i < count; i++) {
        if (sources[i].kind != SOURCE_ICON || sources[i].retired)
            continue;
        buffer_append_text(out, "seatmeter_late_rows_total{source=\"");
        label(out, sources[i].name);
        buffer_printf(out, "\"} %" PRId64 "\n", sources[i].late == ID_NONE ? 0 : sources[i].late);
    }
}

/* Of what ICON reads from: how many stand, and how many it lost. */
static void write_connections(const struct query_source *sources, size_t count, struct buffer *out)
{
    static const char *const states[] = {"open", "lost"};
    head(out, "connections", "gauge", "What the source is connected to, and what it was connected to and lost; one of several that is lost lowers no coverage.");
    for (size_t i = 0; i < count; i++) {
        uint64_t counts[2] = {0};
        for (size_t j = 0; j < sources[i].connection_count; j++)
            counts[sources[i].connections[j].to != INSTANT_NEVER]++;
        for (int state = 0; state < 2 && sources[i].connection_count && !sources[i].retired; state++) {
            buffer_append_text(out, "seatmeter_connections{source=\"");
            label(out, sources[i].name);
            buffer_printf(out, "\",state=\"%s\"} %" PRIu64 "\n", states[state], counts[state]);
        }
    }
}

static void write_sources(struct query *query, struct arena *arena, struct buffer *out)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources);
    instant wall = clock_wall();
    write_late(sources, count, out);
    write_connections(sources, count, out);
    head(out, "watermark_age_seconds", "gauge", "How long ago the instant is before which all rows of the source are in.");
    for (size_t i = 0; i < count; i++) {
        if (sources[i].watermark == INSTANT_NONE || sources[i].retired)
            continue;
        buffer_append_text(out, "seatmeter_watermark_age_seconds{source=\"");
        label(out, sources[i].name);
        buffer_printf(out, "\"} %.3f\n", (double)(wall - sources[i].watermark) / 1000);
    }
}

struct lag_lines {
    struct buffer facts, seconds;
    instant clock;
};

static void lag_line(struct buffer *out, const char *name, const struct partition_position *position, const char *value)
{
    buffer_printf(out, "seatmeter_%s{topic=\"", name);
    label(out, position->topic);
    buffer_printf(out, "\",partition=\"%d\"} %s\n", position->partition, value);
}

static void take_lag(void *owner, const struct partition_position *position)
{
    struct lag_lines *lines = owner;
    struct partition_lag lag = partition_lag_of(position, lines->clock);
    char value[32];
    snprintf(value, sizeof value, "%" PRId64, lag.facts);
    if (lag.facts >= 0)
        lag_line(&lines->facts, "lag_facts", position, value);
    snprintf(value, sizeof value, "%.3f", (double)lag.ms / 1000);
    if (lag.ms >= 0)
        lag_line(&lines->seconds, "lag_seconds", position, value);
}

/* What lies in topics and is not folded yet. */
static void write_lags(struct query *query, struct buffer *out)
{
    struct lag_lines lines = {.clock = query_clock(query)};
    partition_position_each(query_txn(query), take_lag, &lines);
    if (lines.facts.len || lines.seconds.len) {
        head(out, "lag_facts", "gauge", "Facts in the partition that are not folded yet, by its facts a record so far.");
        buffer_append_bytes(out, buffer_bytes(&lines.facts));
        head(out, "lag_seconds", "gauge", "How long ago the last record folded was appended; 0: nothing is left.");
        buffer_append_bytes(out, buffer_bytes(&lines.seconds));
    }
    buffer_free(&lines.facts);
    buffer_free(&lines.seconds);
}

static void write_items(struct query *query, struct arena *arena, struct buffer *out)
{
    struct now_answer now;
    if (query_now(query, (struct scope){SCOPE_SYSTEM, 0}, 0, INT64_MAX, arena, &now))
        return;
    head(out, "seats", "gauge", "Seats or ports in use in the whole system.");
    for (size_t i = 0; i < now.row_count; i++)
        if (now.rows[i].level >= 0)
            buffer_printf(out, "seatmeter_seats{item=\"%.*s\"} %" PRId64 "\n", (int)now.rows[i].item.code.len,
                          (const char *)now.rows[i].item.code.data, now.rows[i].level);
    head(out, "seats_peak_today", "gauge", "The largest number today, in the system's zone.");
    for (size_t i = 0; i < now.row_count; i++)
        if (now.rows[i].peak >= 0)
            buffer_printf(out, "seatmeter_seats_peak_today{item=\"%.*s\"} %" PRId64 "\n", (int)now.rows[i].item.code.len,
                          (const char *)now.rows[i].item.code.data, now.rows[i].peak);
    head(out, "entitled", "gauge", "What was bought for the whole system; absent where nothing is known or it is unlimited.");
    for (size_t i = 0; i < now.row_count; i++)
        if (now.rows[i].entitled >= 0)
            buffer_printf(out, "seatmeter_entitled{item=\"%.*s\"} %" PRId64 "\n", (int)now.rows[i].item.code.len,
                          (const char *)now.rows[i].item.code.data, now.rows[i].entitled);
    head(out, "over", "gauge", "How far the number in use lies above what was bought for the whole system.");
    for (size_t i = 0; i < now.row_count; i++)
        if (now.rows[i].over >= 0)
            buffer_printf(out, "seatmeter_over{item=\"%.*s\"} %" PRId64 "\n", (int)now.rows[i].item.code.len,
                          (const char *)now.rows[i].item.code.data, now.rows[i].over);
    if (now.as_of != INSTANT_NONE) {
        head(out, "flush_clock_seconds", "gauge", "The clock of the last flush, in seconds since 1970.");
        buffer_printf(out, "seatmeter_flush_clock_seconds %.3f\n", (double)now.as_of / 1000);
    }
}

/* Days of the system's book by status; a day counts once, with its newest revision. */
static void write_closes(struct query *query, struct arena *arena, struct buffer *out)
{
    struct book book;
    unsigned counts[STATUS_COUNT] = {0};
    query_book(query, &(struct query_scope){{SCOPE_SYSTEM, 0}, BYTES_NONE, ID_NONE}, INT32_MIN, INT32_MAX, arena, &book);
    for (size_t i = 0; i < book.count; i++)
        counts[book.days[i].status]++;
    head(out, "closes", "gauge", "Closed days of the system's book, by status.");
    for (int status = STATUS_PROVISIONAL; status < STATUS_COUNT; status++)
        buffer_printf(out, "seatmeter_closes{status=\"%s\"} %u\n", row_status_name((enum row_status)status), counts[status]);
}

static void write_store(const struct api *api, struct query *query, struct buffer *out)
{
    struct db_stat stat;
    single(out, "dead_letters", "gauge", "Refused input that is kept.", dead_count(query_txn(query)));
    if (db_stat(api->db, &stat))
        return;
    single(out, "gaps", "gauge", "Holes in what was seen.", stat.entries[TABLE_GAP]);
    single(out, "store_bytes", "gauge", "Bytes of the store in use.", stat.used_bytes);
    single(out, "store_map_bytes", "gauge", "Bytes that the store may grow to before its map does.", stat.map_bytes);
    single(out, "store_free_pages", "gauge", "Pages that are free again.", stat.free_pages);
    single(out, "store_readers", "gauge", "Read transactions under way, this answer's included.", stat.readers);
    single(out, "store_oldest_reader_transactions", "gauge", "Commits since the oldest reader's snapshot.", stat.oldest_reader_age_txns);
}

/* How far retention is: from where on a kind is kept, and up to where it is gone by now. */
static void write_retention(struct query *query, struct buffer *out)
{
    static const struct {
        const char *name, *help;
        instant (*of)(struct db_txn *txn, enum retention_kind kind);
    } gauges[] = {
        {"retention_from_seconds", "Where what is kept begins, in seconds since 1970.", retention_from},
        {"retention_gone_seconds", "Up to where records are gone already; behind retention_from_seconds while they go.", retention_gone},
    };
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        head(out, gauges[i].name, "gauge", gauges[i].help);
        for (enum retention_kind kind = 0; kind < RETENTION_KIND_COUNT; kind++) {
            instant at = gauges[i].of(query_txn(query), kind);
            if (at != INSTANT_EVER)
                buffer_printf(out, "seatmeter_%s{kind=\"%s\"} %" PRId64 "\n", gauges[i].name, retention_name(kind), at / 1000);
        }
    }
}

static void write_http(const struct api *api, struct buffer *out)
{
    head(out, "http_requests_total", "counter", "Requests answered, by the first digit of the status.");
    for (int class = 2; class < 6; class++)
        buffer_printf(out, "seatmeter_http_requests_total{code=\"%dxx\"} %" PRIu64 "\n", class, api->requests[class]);
    single(out, "http_connections", "gauge", "Connections that are open.", http_connections(api->http));
    single(out, "http_streams", "gauge", "Streams that are read.", http_streams(api->http));
}

void route_metrics(struct call *call)
{
    struct buffer *out = &call->answer->body;
    if (!call_query(call))
        return;
    call_json(call);
    call->answer->type = "text/plain; version=0.0.4; charset=utf-8";
    head(out, "build_info", "gauge", "The program's version; always 1.");
    buffer_printf(out, "seatmeter_build_info{version=\"%s\"} 1\n", SEATMETER_VERSION);
    if (call->api->metrics)
        write_ingest(call->api->metrics, out);
    write_items(call->query, call->arena, out);
    write_sources(call->query, call->arena, out);
    write_lags(call->query, out);
    write_closes(call->query, call->arena, out);
    write_store(call->api, call->query, out);
    write_retention(call->query, out);
    write_http(call->api, out);
}
