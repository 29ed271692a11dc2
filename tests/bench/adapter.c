/*
 * tests/bench/adapter.c - the ICON adapter's reading, beside plain ODBC fetches of the same rows; run by adapter.sh with a PostgreSQL.
 *
 *   adapter.icon    rows a second through the tail (queries, mapping, marks, a sink that only counts) against the same
 *                   queries fetched and dropped, in turn, RUNS times; ratio = tail / plain, goal 0.6
 *   adapter.memory  the largest resident memory while the tail reads everything, MiB; goal 64
 *
 * DSN: PG_DSN.  BENCH_ROWS: how many log-ins there are; RUNS: how often (default 3).
 */
#include "adapters/icon/tail.h"
#include "adapters/odbc.h"
#include "base/check.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PAGE_ROWS = 5000, RUNS_MAX = 20 };

static uint64_t facts;

static enum err take_fact(void *owner, const struct fact *fact)
{
    (void)owner;
    facts += fact->kind == FACT_LOGIN_SESSION;
    return ERR_OK;
}
static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    (void)owner;
    (void)raw;
    fprintf(stderr, "%s: %s\n", place, why);
    abort();
}
static enum err take_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    (void)cursor;
    return ERR_OK;
}

static struct odbc *connect_to(const char *dsn)
{
    struct odbc_fault fault;
    struct odbc *odbc = odbc_create(&(struct odbc_options){.dsn = dsn, .timeout_seconds = 60, .alone = true});
    if (odbc_connect(odbc, &fault)) {
        fprintf(stderr, "%s: %s\n", dsn, fault.text);
        exit(1);
    }
    return odbc;
}

/* Rows a second of the first load. */
static double read_by_tail(const char *dsn, const struct icon_map *map, uint64_t rows)
{
    struct odbc *odbc = connect_to(dsn);
    struct odbc_fault fault;
    enum tail_next next;
    facts = 0;
    struct tail *tail = tail_create(&(struct tail_options){.name = "bench", .part = "bench", .map = map, .odbc = odbc, .page_rows = PAGE_ROWS,
                                                           .settle_ms = 120000, .reconcile_ms = 300000, .reread_days = 3, .reread_hour = 2,
                                                           .sink = {NULL, take_fact, take_refused, take_cursor}}, BYTES_NONE);
    int64_t begun_us = clock_mono_us();
    do {
        check(tail_poll(tail, &next, &fault) == ERR_OK);
    } while (facts < rows);
    double rate = (double)rows * 1e6 / (double)(clock_mono_us() - begun_us);
    tail_destroy(tail);
    odbc_destroy(odbc);
    return rate;
}

struct plain {
    int64_t seq, id;
    uint64_t rows;
    int8_t seq_at, id_at;
};

static void take_row(void *owner, const struct odbc_value *values)
{
    struct plain *plain = owner;
    plain->seq = values[plain->seq_at].integer;
    plain->id = values[plain->id_at].integer;
    plain->rows++;
}

/* The same pages, and nothing done with them. */
static double read_plain(const char *dsn, const struct icon_map *map, uint64_t rows)
{
    const struct icon_columns *columns = &map->tables[ICON_LOGIN_SESSION];
    struct odbc *odbc = connect_to(dsn);
    struct plain plain = {.seq = 0, .id = -1, .seq_at = columns->position[FIELD_SEQ], .id_at = columns->position[FIELD_ID]};
    struct buffer sql = {0};
    int64_t begun_us = clock_mono_us();
    buffer_append_text(&sql, "SELECT ");
    for (size_t i = 0; i < columns->count; i++)
        buffer_printf(&sql, "%s%s", i ? ", " : "", columns->names[columns->order[i]]);
    buffer_printf(&sql, " FROM %s WHERE GSYS_SEQ >= ? AND GSYS_SEQ <= ? AND (GSYS_SEQ > ? OR ID > ?) ORDER BY GSYS_SEQ, ID FETCH NEXT %d ROWS ONLY",
                  columns->table, PAGE_ROWS);
    while (plain.rows < rows) {
        struct odbc_param params[] = {{.integer = plain.seq}, {.integer = INT64_MAX}, {.integer = plain.seq}, {.integer = plain.id}};
        struct odbc_fault fault;
        struct odbc_query query = {.sql = buffer_text(&sql), .params = params, .param_count = 4, .types = columns->types, .column_count = columns->count,
                                   .row = take_row, .owner = &plain};
        check(odbc_run(odbc, &query, &fault) == ERR_OK);
        odbc_end(odbc);
    }
    double rate = (double)rows * 1e6 / (double)(clock_mono_us() - begun_us);
    buffer_free(&sql);
    odbc_destroy(odbc);
    return rate;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const char *dsn = getenv("PG_DSN"), *rows_text = getenv("BENCH_ROWS"), *runs_text = getenv("RUNS"), *why;
    const struct icon_map *map;
    struct arena *arena = arena_create();
    if (argc > 1 && strcmp(argv[1], "--list") == 0) /* adapter.sh has the names */
        return 0;
    if (!dsn || !rows_text) {
        fprintf(stderr, "run by tests/bench/adapter.sh\n");
        return 2;
    }
    uint64_t rows = strtoull(rows_text, NULL, 10);
    int runs = runs_text ? atoi(runs_text) : 3;
    double tail[RUNS_MAX], plain[RUNS_MAX], ratios[RUNS_MAX];
    runs = runs < 1 ? 1 : runs > RUNS_MAX ? RUNS_MAX : runs;
    log_set_level(LOG_ERROR);
    check(icon_map_read(BYTES_NONE, arena, &map, &why) == ERR_OK);
    for (int i = 0; i < runs; i++) {
        plain[i] = read_plain(dsn, map, rows);
        tail[i] = read_by_tail(dsn, map, rows);
        ratios[i] = tail[i] / plain[i];
        fprintf(stderr, "run %d: plain %.0f rows/s, tail %.0f rows/s, %.3f\n", i + 1, plain[i], tail[i], ratios[i]);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    qsort(tail, (size_t)runs, sizeof *tail, compare);
    qsort(plain, (size_t)runs, sizeof *plain, compare);
    qsort(ratios, (size_t)runs, sizeof *ratios, compare);
    printf("{\"name\":\"adapter.icon\",\"value\":%.0f,\"unit\":\"rows/s\",\"against\":\"plain ODBC fetches\",\"against_value\":%.0f,\"ratio\":%.3f,\"runs\":%d,"
           "\"spread\":[%.3f,%.3f]}\n", tail[runs / 2], plain[runs / 2], ratios[runs / 2], runs, ratios[0], ratios[runs - 1]);
    double mib = (double)usage.ru_maxrss / 1024;
    printf("{\"name\":\"adapter.memory\",\"value\":%.1f,\"unit\":\"MiB\",\"against\":\"the goal, %" PRIu64 " rows\",\"against_value\":64,\"ratio\":%.3f,\"runs\":%d,"
           "\"spread\":[]}\n", mib, rows, mib / 64, runs);
    arena_destroy(arena);
    return 0;
}
