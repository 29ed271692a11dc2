/*
 * What holds between reports, whatever the numbers are (domain.md §2, §4, §7; issue "Exact seats"), over histories full
 * of spite, as a store answers, in one zone:
 *
 *   lrm ≤ exact · every scope ≤ system, and its seat_ms · system ≤ sum of tenants, and its seat_ms
 *   a coarser period's peak = the maximum of the finer ones in it, its seat_ms = their sum, enabled alike
 *   its peak_at = that of the last of them that reaches it, unless the level only continued into that one
 *   0 has no time · a time lies in its period, lrm's on a whole minute · peak = 0 ↔ seat_ms = 0, for exact and person
 *   seat_ms ≤ peak × length · lrm has exact's seat_ms
 *   sustained ≤ exact, without a time, null in less than an hour · hour ≤ day ≤ week, month
 *   peak ≤ named, lrm and sustained have exact's · named of the finer ≤ of the coarser ≤ their sum · tenants' likewise
 *
 * No judge has a say here: these hold the engine and the query against themselves, so they also run on what the
 * judge is too slow for.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 100); SEED=n SEEDS=1: that one alone
 */
#include "base/check.h"
#include "server/ingest/ingest.h"
#include "server/query/query.h"
#include "store/db.h"
#include "tests/support/spite.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_MAX = 6, PROFILES = PROFILE_COUNT };
enum count { COUNT_FACTS, COUNT_ROWS, COUNT_COMPARED };

/* Rows of one scope kind and granularity, in the order of the report. */
struct rows {
    struct usage_row *list;
    size_t count, capacity;
};

struct examined {
    struct db *db;
    const struct trial_spite *property;
    const struct trial_run *run;
    const char *zone;
    instant from, to;
    struct arena *arena;
    struct rows rows[SCOPE_KIND_COUNT][GRANULARITY_COUNT];
    size_t faults;
};

static void fault(struct examined *examined, const char *what, const struct usage_row *row, const struct usage_row *other)
{
    if (examined->faults++ >= SHOWN_MAX)
        return;
    const struct usage_row *both[] = {row, other};
    buffer_printf(examined->run->why, "  %s\n", what);
    for (int i = 0; i < 2 && both[i]; i++) {
        struct json_writer writer = {.out = examined->run->why};
        buffer_append_text(examined->run->why, "    ");
        usage_write_json(both[i], &writer);
        buffer_append_char(examined->run->why, '\n');
    }
}

/* --- reading ------------------------------------------------------------------------------------------------ */

struct reading {
    struct examined *examined;
    struct rows *rows;
};

static enum err take_row(void *owner, const struct usage_row *row)
{
    struct reading *reading = owner;
    struct rows *rows = reading->rows;
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity * 2 + 1024;
        rows->list = memory_resize(rows->list, rows->capacity * sizeof *rows->list);
    }
    rows->list[rows->count] = *row;
    rows->list[rows->count].name = BYTES_NONE;
    rows->list[rows->count].item = arena_copy(reading->examined->arena, row->item);
    rows->list[rows->count++].zone = BYTES_NONE;
    reading->examined->run->counts[COUNT_ROWS]++;
    return ERR_OK;
}

static void read_rows(struct examined *examined, struct query *query, enum scope_kind scope, enum granularity granularity, instant from, instant to)
{
    struct reading reading = {examined, &examined->rows[scope][granularity]};
    const char *why = "";
    struct arena *arena = arena_create();
    struct usage_request request = {.scope = scope, .id = scope == SCOPE_SYSTEM ? 0 : ID_NONE, .from = from, .to = to, .granularity = granularity,
                                    .profiles = (1u << PROFILES) - 1, .zone = bytes_from_text(examined->zone)};
    enum err err = query_usage(query, &request, arena, take_row, &reading, &why);
    if (err)
        check_failed(__FILE__, __LINE__, why);
    arena_destroy(arena);
}

/* The whole days first; what they are cut into, over the same days; then weeks and months, and the days in them. */
static void read_all(struct examined *examined)
{
    struct query *query;
    check(query_open(examined->db, &query) == ERR_OK);
    for (enum scope_kind scope = SCOPE_SYSTEM; scope < SCOPE_KIND_COUNT; scope++) {
        read_rows(examined, query, scope, GRANULARITY_MONTH, examined->from, examined->to);
        const struct rows *months = &examined->rows[scope][GRANULARITY_MONTH];
        if (months->count == 0)
            continue;
        instant first = months->list[0].start, last = months->list[months->count - 1].end;
        read_rows(examined, query, scope, GRANULARITY_DAY, first, last);
        read_rows(examined, query, scope, GRANULARITY_WEEK, first, last);
        read_rows(examined, query, scope, GRANULARITY_HOUR, examined->from, examined->to);
        read_rows(examined, query, scope, GRANULARITY_10M, examined->from, examined->to);
    }
    query_close(query);
}

/* --- one row ------------------------------------------------------------------------------------------------ */

static void check_row(struct examined *examined, const struct usage_row *row)
{
    bool lrm = row->profile == PROFILE_LRM, sustained = row->profile == PROFILE_SUSTAINED;
    if (row->named < row->peak || (row->named < 0) != (row->seat_ms < 0) || (!sustained && !lrm && row->peak >= 0 && (row->named == 0) != (row->peak == 0)))
        fault(examined, "named is as large as the peak, and 0 with it", row, NULL);
    if (sustained) {
        if (row->peak_at != INSTANT_NONE || (row->peak < 0) != (row->seat_ms < 0 || row->end - row->start < HOUR_MS))
            fault(examined, "sustained has no time, and no number in less than an hour", row, NULL);
        return;
    }
    if (row->peak < 0) {
        if (row->peak_at != INSTANT_NONE || row->seat_ms >= 0)
            fault(examined, "an item without the measure has numbers", row, NULL);
        return;
    }
    if ((row->peak == 0) != (row->peak_at == INSTANT_NONE))
        fault(examined, "0 has no time, and all else has one", row, NULL);
    if (row->peak > 0 && (row->peak_at < row->start || row->peak_at >= row->end || (lrm && row->peak_at % MINUTE_MS)))
        fault(examined, "the time lies in the period, lrm's on a whole minute", row, NULL);
    if (row->seat_ms < 0 || (!lrm && ((row->peak == 0) != (row->seat_ms == 0) || row->seat_ms > row->peak * (row->end - row->start))))
        fault(examined, "seat_ms lies between 0 and peak × length", row, NULL);
    if (row->enabled > 0 && (row->enabled_at < row->start || row->enabled_at >= row->end))
        fault(examined, "the time of enabled lies in the period", row, NULL);
}

/* --- profiles side by side ------------------------------------------------------------------------------------ */

static bool same_counter(const struct usage_row *a, const struct usage_row *b)
{
    return a->id == b->id && bytes_equal(a->item, b->item) && a->profile == b->profile;
}

/* Rows come item by item: as many periods of exact, of lrm, of person, of sustained. */
static void check_profiles(struct examined *examined, const struct rows *rows)
{
    size_t periods = 0;
    while (periods < rows->count && same_counter(&rows->list[0], &rows->list[periods]))
        periods++;
    for (size_t i = 0; periods && i + PROFILES * periods <= rows->count; i += PROFILES * periods)
        for (size_t p = 0; p < periods; p++) {
            const struct usage_row *exact = &rows->list[i + p], *lrm = &rows->list[i + periods + p], *sustained = &rows->list[i + 3 * periods + p];
            if (sustained->profile != PROFILE_SUSTAINED || sustained->start != exact->start)
                fault(examined, "rows in order of item, profile, start", exact, sustained);
            else if (sustained->peak > exact->peak || sustained->seat_ms != exact->seat_ms || sustained->named != exact->named || lrm->named != exact->named)
                fault(examined, "sustained ≤ exact, its seat_ms and named the same", sustained, exact);
            examined->run->counts[COUNT_COMPARED]++;
            if (exact->profile != PROFILE_EXACT || lrm->profile != PROFILE_LRM || exact->start != lrm->start)
                fault(examined, "rows in order of item, profile, start", exact, lrm);
            else if (lrm->peak > exact->peak || lrm->seat_ms != exact->seat_ms || lrm->enabled != exact->enabled)
                fault(examined, "lrm ≤ exact, its seat_ms and enabled the same", lrm, exact);
        }
}

/* --- scopes side by side ---------------------------------------------------------------------------------------- */

/* The rows of every id are in the same order as the system's. */
static void check_scopes(struct examined *examined, enum granularity granularity)
{
    const struct rows *whole = &examined->rows[SCOPE_SYSTEM][granularity];
    struct sum {
        int64_t peak, seat_ms, named;
    } *sums = memory_alloc_zero(whole->count + 1, sizeof *sums);
    for (enum scope_kind scope = SCOPE_TENANT; scope < SCOPE_KIND_COUNT; scope++) {
        const struct rows *rows = &examined->rows[scope][granularity];
        for (size_t i = 0; i < rows->count; i++) {
            const struct usage_row *row = &rows->list[i], *of = &whole->list[i % whole->count];
            examined->run->counts[COUNT_COMPARED]++;
            if (!bytes_equal(row->item, of->item) || row->profile != of->profile || row->start != of->start || row->end != of->end) {
                fault(examined, "the rows of an id are those of the system", row, of);
                continue;
            }
            if (row->peak > of->peak || row->seat_ms > of->seat_ms || row->named > of->named)
                fault(examined, "no scope has more than the system", row, of);
            if (scope == SCOPE_TENANT && row->peak > 0) {
                sums[i % whole->count].peak += row->peak;
                sums[i % whole->count].seat_ms += row->seat_ms;
            }
            if (scope == SCOPE_TENANT && row->named > 0)
                sums[i % whole->count].named += row->named;
        }
    }
    for (size_t i = 0; i < whole->count; i++)
        if (whole->list[i].named > sums[i].named)
            fault(examined, "named of the system ≤ sum of tenants", &whole->list[i], NULL);
    for (size_t i = 0; i < whole->count; i++)
        if (whole->list[i].peak > 0 && whole->list[i].profile != PROFILE_SUSTAINED && (whole->list[i].peak > sums[i].peak || (whole->list[i].profile != PROFILE_LRM && whole->list[i].seat_ms > sums[i].seat_ms)))
            fault(examined, "system ≤ sum of tenants", &whole->list[i], NULL);
    free(sums);
}

/* --- periods in periods ------------------------------------------------------------------------------------------ */

struct gathered {
    int64_t peak, seat_ms, enabled, named, named_most;
    const struct usage_row *last; /* of those that reach the peak */
    instant covered;
};

static void gather(struct gathered *gathered, const struct usage_row *fine)
{
    gathered->covered += fine->end - fine->start;
    gathered->seat_ms += fine->seat_ms;
    gathered->named += fine->named;
    if (fine->named > gathered->named_most)
        gathered->named_most = fine->named;
    if (fine->enabled > gathered->enabled)
        gathered->enabled = fine->enabled;
    if (fine->peak >= gathered->peak)
        gathered->last = fine;
    if (fine->peak > gathered->peak)
        gathered->peak = fine->peak;
}

/* The time of a coarse row, from its finer ones: within the last of them that reaches the peak, unless the level only
 * lasted into it; then it is earlier. */
static bool time_fits(const struct usage_row *row, const struct gathered *gathered)
{
    const struct usage_row *last = gathered->last;
    if (row->peak == 0 || row->profile == PROFILE_SUSTAINED)
        return true;
    if (row->profile == PROFILE_LRM || last->peak_at > last->start)
        return row->peak_at == last->peak_at;
    return row->peak_at <= last->start;
}

static void check_periods(struct examined *examined, const struct rows *coarse, const struct rows *fine)
{
    size_t next = 0;
    for (size_t i = 0; i < coarse->count; i++) {
        const struct usage_row *row = &coarse->list[i];
        struct gathered gathered = {.peak = INT64_MIN, .enabled = -1};
        size_t at = next;
        while (at < fine->count && same_counter(row, &fine->list[at]) && fine->list[at].start < row->start)
            at++;
        for (; at < fine->count && same_counter(row, &fine->list[at]) && fine->list[at].end <= row->end; at++)
            gather(&gathered, &fine->list[at]);
        if (i + 1 < coarse->count && !same_counter(row, &coarse->list[i + 1]))
            while (at < fine->count && same_counter(row, &fine->list[at]))
                at++;
        next = at;
        if (gathered.covered != row->end - row->start)
            continue; /* not all of it was asked for */
        examined->run->counts[COUNT_COMPARED]++;
        if (row->named > 0 && (row->named < gathered.named_most || row->named > gathered.named))
            fault(examined, "named lies between the largest of the finer ones and their sum", row, gathered.last);
        bool peak_fits = row->profile == PROFILE_SUSTAINED ? row->peak >= gathered.peak : row->peak == gathered.peak;
        if (!peak_fits || (row->seat_ms >= 0 && row->seat_ms != gathered.seat_ms) || row->enabled != gathered.enabled || !time_fits(row, &gathered))
            fault(examined, "a period's peak is the maximum of the finer ones (sustained: at least), its seat_ms their sum", row, gathered.last);
    }
}

/* --- a seed -------------------------------------------------------------------------------------------------------- */

static void examine(struct examined *examined)
{
    static const struct {
        enum granularity coarse, fine;
    } pairs[] = {{GRANULARITY_HOUR, GRANULARITY_10M}, {GRANULARITY_DAY, GRANULARITY_10M}, {GRANULARITY_DAY, GRANULARITY_HOUR},
                 {GRANULARITY_WEEK, GRANULARITY_DAY}, {GRANULARITY_MONTH, GRANULARITY_DAY}};
    read_all(examined);
    for (int granularity = 0; granularity < GRANULARITY_COUNT; granularity++) {
        for (enum scope_kind scope = SCOPE_SYSTEM; scope < SCOPE_KIND_COUNT; scope++) {
            const struct rows *rows = &examined->rows[scope][granularity];
            for (size_t i = 0; i < rows->count; i++)
                check_row(examined, &rows->list[i]);
            check_profiles(examined, rows);
        }
        check_scopes(examined, (enum granularity)granularity);
    }
    for (enum scope_kind scope = SCOPE_SYSTEM; scope < SCOPE_KIND_COUNT; scope++)
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
            check_periods(examined, &examined->rows[scope][pairs[i].coarse], &examined->rows[scope][pairs[i].fine]);
}

static bool holds(void *owner, const struct trial_run *run)
{
    static const char *const zones[] = {"UTC", "Europe/Vienna", "Asia/Kathmandu", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"};
    struct trial_spite *property = owner;
    struct way_store store;
    struct dice dice = {hash_mix(property->seed + 1234)};
    way_store_create(&store, run->parent, property->catalog, property->spite.cap_hours);
    store.sealing = property->seed | 1;
    way_store_take(&store, run->heap->facts, run->heap->count);
    way_store_flush(&store);
    struct examined examined = {.db = store.db, .property = property, .run = run, .zone = zones[dice_roll(&dice, sizeof zones / sizeof *zones)],
                                .arena = arena_create()};
    examined.from = property->spite.from + (instant)dice_roll(&dice, 2 * (uint64_t)DAY_MS);
    examined.to = examined.from + 2 * DAY_MS;
    run->counts[COUNT_FACTS] += run->heap->count;
    examine(&examined);
    if (examined.faults)
        buffer_printf(run->why, "  %zu rows in %s do not hold\n", examined.faults, examined.zone);
    for (int scope = 0; scope < SCOPE_KIND_COUNT; scope++)
        for (int granularity = 0; granularity < GRANULARITY_COUNT; granularity++)
            free(examined.rows[scope][granularity].list);
    arena_destroy(examined.arena);
    way_store_destroy(&store);
    return examined.faults == 0;
}

int main(void)
{
    struct arena *arena = arena_create();
    struct trial_spite property = {.catalog = way_catalog(catalog_shipped(), arena)};
    struct trial_property trial = {"invariants", 100, holds, &property, trial_make_spite, NULL};
    uint64_t counts[TRIAL_COUNTS] = {0}, first, seeds;
    unsigned failed = trial_seeds(&trial, counts, &first, &seeds);
    printf("invariants: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " facts, %" PRIu64 " rows, %" PRIu64 " comparisons; %u seeds fail\n", first, first + seeds - 1,
           counts[COUNT_FACTS], counts[COUNT_ROWS], counts[COUNT_COMPARED], failed);
    arena_destroy(arena);
    return failed != 0 || !counts[COUNT_COMPARED];
}
