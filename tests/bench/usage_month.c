/*
 * tests/bench/usage_month.c - what a report costs: the daily rows of every tenant and item for a closed month, profile
 * exact, as rows in memory.
 *
 *   usage.month        milliseconds of CPU from opening the store for it to the last row
 *   usage.month_open   the same while no day is closed
 *
 * 200 tenants, half of them with days of Europe/Vienna, half of UTC, 10 agents each with three sessions a day, each with
 * voice and chat; a provisioned count of every tenant and concurrent item; October 2026.  AGENTS (10, of a tenant),
 * RUNS (15; a fifth of it while nothing is closed).  "against" is a chain of random reads in a table of 64 MB just before.
 * One JSON object a figure on stdout; counts on stderr.
 */
#include "base/check.h"
#include "base/log.h"
#include "server/close/document.h"
#include "server/engine/catalog.h"
#include "server/ingest/ingest.h"
#include "store/records.h"
#include "store/slots.h"
#include "tests/support/measure.h"
#include "tests/support/ways.h"

#include <stdio.h>

enum { TENANTS = 200, DAYS = 31, SESSIONS = 3, TABLE_BYTES = 64 << 20 };
#define MONTH_START ((instant)1790812800000) /* 2026-10-01T00:00Z */

struct job {
    const struct catalog *catalog;
    size_t agents, runs;
};
struct result {
    double open_ms[MEASURE_RUNS_MAX], closed_ms[MEASURE_RUNS_MAX], reads[MEASURE_RUNS_MAX];
};

struct making {
    struct way_store *store;
    struct arena *arena;
    uint64_t state;
    size_t count;
};

static instant roll(struct making *making, instant sides)
{
    making->state += 0x9e3779b97f4a7c15u;
    return (instant)(hash_mix(making->state) % (uint64_t)sides);
}

static struct fact blank(struct making *making, enum fact_kind kind)
{
    struct fact fact = fact_blank(kind);
    fact.source = BYTES_LITERAL("icon-a");
    fact.key = bytes_from_text(arena_printf(making->arena, "%zu", ++making->count));
    fact.version = 1;
    return fact;
}

static void take(struct making *making, const struct fact *fact)
{
    check(ingest_fact(making->store->ingest, fact) == FACT_APPLIED);
    arena_reset(making->arena);
}

static void add_object(struct making *making, enum object_type type, int64_t id, int64_t tenant)
{
    struct fact fact = blank(making, FACT_OBJECT);
    fact.key = bytes_from_text(arena_printf(making->arena, "%s/%lld@", object_type_name(type), (long long)id));
    fact.object.type = type;
    fact.object.id = id;
    fact.object.enabled = FLAG_YES;
    fact.object.tenant = type == OBJECT_TENANT ? ID_NONE : tenant;
    if (type == OBJECT_PERSON)
        fact.object.agent = FLAG_YES;
    take(making, &fact);
}

static void add_tenant(struct making *making, const struct catalog *catalog, int64_t tenant)
{
    add_object(making, OBJECT_TENANT, tenant, 0);
    if (tenant % 2) {
        struct fact fact = blank(making, FACT_TENANT_SETTING);
        fact.tenant_setting.tenant = tenant;
        fact.tenant_setting.zone = BYTES_LITERAL("Europe/Vienna");
        take(making, &fact);
    }
    for (size_t item = 0; item < catalog->count; item++) {
        if (!catalog->items[item].measure_concurrent)
            continue;
        struct fact fact = blank(making, FACT_PROVISIONED);
        fact.provisioned = (struct provisioned){tenant, catalog->items[item].code, instant_day(MONTH_START) - 100, 5};
        take(making, &fact);
    }
}

static void add_source(struct making *making)
{
    struct fact fact = blank(making, FACT_SOURCE);
    fact.key = fact.source;
    fact.source_entry.kind = SOURCE_ICON;
    take(making, &fact);
    fact = blank(making, FACT_COVERAGE);
    fact.coverage.from = MONTH_START - DAY_MS;
    fact.coverage.to = INSTANT_NEVER;
    take(making, &fact);
    fact = blank(making, FACT_WATERMARK);
    fact.key = BYTES_LITERAL("watermark");
    fact.watermark.until = MONTH_START + (DAYS + 3) * (instant)DAY_MS;
    take(making, &fact);
}

static void add_session(struct making *making, int64_t agent, instant begin)
{
    struct fact fact = blank(making, FACT_LOGIN_SESSION);
    struct bytes session = bytes_from_text(arena_printf(making->arena, "S%zu", making->count));
    instant end = begin + 30 * MINUTE_MS + roll(making, 2 * HOUR_MS);
    fact.login_session.session = session;
    fact.login_session.person = fact.login_session.place = fact.login_session.dn = agent;
    fact.login_session.app = BYTES_LITERAL("InteractionWorkspace");
    fact.login_session.begin = begin;
    fact.login_session.end = end;
    fact.login_session.end_by = END_BY_LOGOUT;
    struct fact media = blank(making, FACT_SESSION_MEDIA);
    media.session_media.session = session;
    media.session_media.media = BYTES_LITERAL("chat");
    media.session_media.begin = begin + roll(making, 10 * MINUTE_MS);
    media.session_media.end = end;
    check(ingest_fact(making->store->ingest, &fact) == FACT_APPLIED);
    take(making, &media);
}

static void fill(const struct job *job, struct making *making)
{
    add_source(making);
    for (int64_t tenant = 1; tenant <= TENANTS; tenant++)
        add_tenant(making, job->catalog, tenant);
    for (int64_t agent = 1; agent <= (int64_t)job->agents * TENANTS; agent++) {
        int64_t tenant = 1 + agent % TENANTS;
        add_object(making, OBJECT_PERSON, agent, tenant);
        add_object(making, OBJECT_PLACE, agent, tenant);
        add_object(making, OBJECT_DN, agent, tenant);
    }
    for (int day = -1; day <= DAYS; day++) {
        for (int64_t agent = 1; agent <= (int64_t)job->agents * TENANTS; agent++)
            for (int i = 0; i < SESSIONS; i++)
                add_session(making, agent, MONTH_START + day * (instant)DAY_MS + (6 + i * 4) * (instant)HOUR_MS + roll(making, HOUR_MS));
        way_store_flush_at(making->store, MONTH_START + (day + 1) * (instant)DAY_MS);
    }
    way_store_flush_at(making->store, MONTH_START + (DAYS + 3) * (instant)DAY_MS);
}

/* A day of every book that is not later than the month. */
static bool close_day(struct db *db)
{
    struct arena *arena = arena_create();
    const struct query_scope *books;
    struct query *query;
    struct db_txn *txn;
    bool any = false;
    check(query_open(db, &query) == ERR_OK && db_begin_write(db, &txn) == ERR_OK);
    size_t count = close_books(query, arena, &books);
    for (size_t i = 0; i < count; i++) {
        struct close_request request = {.book = books[i], .made_at = MONTH_START + (DAYS + 3) * (instant)DAY_MS};
        struct close_record record;
        if (!close_next_day(query, &books[i], &request.day) || request.day.date > instant_day(MONTH_START) + DAYS)
            continue;
        check(close_make(query, &request, arena, &record) == ERR_OK);
        close_put(txn, &record);
        any = true;
    }
    query_close(query);
    check(db_commit(txn) == ERR_OK);
    arena_destroy(arena);
    return any;
}

static void close_month(struct db *db)
{
    double begun = measure_cpu_s();
    uint64_t sealed = 0;
    while (close_day(db))
        ;
    double closed = measure_cpu_s();
    for (bool done = false; !done;) {
        struct db_txn *txn;
        check(db_begin_write(db, &txn) == ERR_OK && slots_seal(txn, slot_of(MONTH_START + DAYS * (instant)DAY_MS), 5000, &sealed, &done) == ERR_OK &&
              db_commit(txn) == ERR_OK);
    }
    fprintf(stderr, "closed in %.2f s of CPU, %llu slots sealed in %.2f s\n", closed - begun, (unsigned long long)sealed, measure_cpu_s() - closed);
}

struct seen {
    size_t rows, with_peak, closed;
    int64_t peaks;
};

static enum err see_row(void *owner, const struct usage_row *row)
{
    struct seen *seen = owner;
    seen->rows++;
    seen->with_peak += row->peak > 0 && row->peak_at != INSTANT_NONE && row->named > 0;
    seen->closed += row->status != STATUS_OPEN;
    seen->peaks += row->peak > 0 ? row->peak : 0;
    return ERR_OK;
}

static double ask(struct db *db, struct seen *seen)
{
    struct usage_request request = {.scope = SCOPE_TENANT, .id = ID_NONE, .granularity = GRANULARITY_DAY, .from = MONTH_START,
                                    .to = MONTH_START + (DAYS - 1) * (instant)DAY_MS + 20 * HOUR_MS, .profiles = 1u << PROFILE_EXACT};
    struct query *query;
    const char *why = "";
    double begun = measure_cpu_s();
    struct arena *arena = arena_create();
    *seen = (struct seen){0};
    check(query_open(db, &query) == ERR_OK && query_usage(query, &request, arena, see_row, seen, &why) == ERR_OK);
    query_close(query);
    arena_destroy(arena);
    return (measure_cpu_s() - begun) * 1000;
}

static void measure(struct db *db, size_t runs, double *ms, double *reads, struct seen *seen)
{
    for (size_t i = 0; i < runs; i++) {
        if (reads)
            reads[i] = measure_reads(TABLE_BYTES);
        ms[i] = ask(db, seen);
    }
    fprintf(stderr, "%zu rows, %zu with a peak, %zu of closed days, peaks of %lld together; the first run took %.1f ms\n", seen->rows, seen->with_peak,
            seen->closed, (long long)seen->peaks, ms[0]);
}

static size_t open_runs(size_t runs)
{
    return (runs + 4) / 5;
}

static void run(const void *what, const char *folder, void *out)
{
    const struct job *job = what;
    struct result *result = out;
    struct way_store store;
    struct seen open, closed;
    double begun = measure_cpu_s();
    way_store_create(&store, folder, job->catalog, 24);
    struct making making = {.store = &store, .arena = arena_create(), .state = 7};
    fill(job, &making);
    arena_destroy(making.arena);
    fprintf(stderr, "%zu facts folded in %.2f s of CPU\n", making.count, measure_cpu_s() - begun);
    measure(store.db, open_runs(job->runs), result->open_ms, NULL, &open);
    close_month(store.db);
    measure(store.db, job->runs, result->closed_ms, result->reads, &closed);
    check(open.rows == closed.rows && open.peaks == closed.peaks && open.with_peak == closed.with_peak && closed.closed == closed.rows);
    way_store_destroy(&store);
}

int main(int argc, char **argv)
{
    struct job job = {.agents = measure_setting("AGENTS", 10), .runs = measure_setting("RUNS", 15)};
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        puts("usage.month\nusage.month_open");
        return 0;
    }
    static struct result result;
    struct arena *arena = arena_create();
    struct catalog *catalog;
    const char *why = "";
    check(job.runs <= MEASURE_RUNS_MAX && catalog_read(catalog_shipped(), arena, &catalog, &why) == ERR_OK);
    job.catalog = catalog;
    log_set_level(LOG_ERROR);
    measure_apart(run, &job, &result, sizeof result);
    if (measure_wanted("usage.month", argc, argv))
        measure_say("usage.month", "ms", result.closed_ms, result.reads, job.runs);
    if (measure_wanted("usage.month_open", argc, argv))
        measure_say("usage.month_open", "ms", result.open_ms, NULL, open_runs(job.runs));
    arena_destroy(arena);
    return 0;
}
