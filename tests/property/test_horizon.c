/*
 * A horizon that moves while facts arrive (domain.md §7.20): law 1 for equal horizons, what is closed stays, what is
 * open is right.
 *
 * The facts of a seed come in three portions; between them the horizon moves on.  In each portion facts come in any
 * order, doubled, cut by flushes and reopens.  Then
 *   1 stores that took the portions in different ways are equal, record for record, behind each portion,
 *   2 every report of whole periods before the horizon, in any zone, is and stays what it was before the detail went,
 *   3 reports of periods behind the horizon are what the judge (naive.h) counts from the facts that were not too late,
 *     without those of sessions that were over when the horizon passed.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 20); SEED=n SEEDS=1: that one alone
 */
#include "base/check.h"
#include "base/limits.h"
#include "server/ingest/ingest.h"
#include "server/query/query.h"
#include "store/db.h"
#include "tests/support/dump.h"
#include "tests/support/judge.h"
#include "tests/support/kept.h"
#include "tests/support/spite.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PORTIONS = 3, WAYS = WAY_DOUBLED + 1 };
enum count { COUNT_FACTS, COUNT_LATE, COUNT_GONE, COUNT_RECORDS, COUNT_FROZEN, COUNT_JUDGED, COUNT_ODD };

struct property {
    const struct catalog *catalog;
    uint64_t seed;
    struct spite spite;
    instant horizons[PORTIONS]; /* behind each portion; the last: none moves */
};

static unsigned portion_of(uint64_t seed, size_t place)
{
    uint64_t luck = hash_mix(seed * 31 + hash_mix(place + 77)) % 10;
    return luck < 5 ? 0 : luck < 8 ? 1 : 2;
}

/* --- reports ---------------------------------------------------------------------------------------------- */

struct report {
    struct buffer lines;
    instant horizon; /* only periods that end by then */
    const struct catalog *catalog; /* of a report across the horizon; NULL: of what is before it */
    uint64_t rows;
};

static bool session_item(const struct catalog *catalog, struct bytes code)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (bytes_equal(catalog->items[i].code, code))
            return catalog->items[i].where.kind == SUBJECT_SESSION;
    return true; /* a bundle */
}

static enum err add_row(void *owner, const struct usage_row *row)
{
    struct report *report = owner;
    if (row->end > report->horizon || (row->peak <= 0 && row->seat_ms <= 0 && row->enabled <= 0))
        return ERR_OK; /* who has rows of zero may change: somebody may be named later */
    report->rows++;
    /* A call that pauses across the horizon comes anew behind it: the README says so, as a limit. */
    int64_t named = report->catalog && !session_item(report->catalog, row->item) ? 0 : row->named;
    buffer_printf(&report->lines, "%s %" PRId64 " %.*s %s %s %" PRId64 "-%" PRId64 ": peak %" PRId64 " at %" PRId64 " seat_ms %" PRId64 " named %" PRId64 " enabled %" PRId64 " at %" PRId64 "\n",
                  scope_kind_name(row->scope), row->id, (int)row->item.len, (const char *)row->item.data, profile_name(row->profile),
                  granularity_name(row->granularity), row->start, row->end, row->peak, row->peak_at, row->seat_ms, named, row->enabled, row->enabled_at);
    return ERR_OK;
}

/* Everything that is over by the horizon, in the questions of the seed. */
static void read_report(const struct property *property, struct db *db, instant horizon, struct report *report)
{
    static const char *const zones[] = {"UTC", "Europe/Vienna", "Asia/Kathmandu", "America/Sao_Paulo", "Australia/Lord_Howe"};
    static const instant days[GRANULARITY_COUNT] = {1, 2, 5, 8, 32};
    struct dice dice = {hash_mix(property->seed + (uint64_t)horizon)};
    struct query *query;
    *report = (struct report){.horizon = horizon};
    check(query_open(db, &query) == ERR_OK);
    for (int question = 0; question < 3; question++) {
        enum granularity granularity = (enum granularity)dice_roll(&dice, GRANULARITY_COUNT);
        const char *zone = zones[dice_roll(&dice, sizeof zones / sizeof *zones)], *why = "";
        for (enum scope_kind scope = SCOPE_SYSTEM; scope < SCOPE_KIND_COUNT; scope++) {
            struct arena *arena = arena_create();
            struct usage_request request = {.scope = scope, .id = scope == SCOPE_SYSTEM ? 0 : ID_NONE, .from = horizon - days[granularity] * DAY_MS, .to = horizon,
                                            .granularity = granularity, .profiles = (1u << PROFILE_COUNT) - 1,
                                            .zone = bytes_from_text(zone)};
            enum err err = query_usage(query, &request, arena, add_row, report, &why);
            if (err)
                check_failed(__FILE__, __LINE__, why);
            arena_destroy(arena);
        }
    }
    query_close(query);
    dump_sort(&report->lines);
}

static bool bytes_starts(struct bytes bytes, const char *text)
{
    return bytes.len > strlen(text) && memcmp(bytes.data, text, strlen(text)) == 0;
}

/* Weeks and months on both sides of a horizon: what goes with the detail must not be missed in them either. */
static void read_across(const struct property *property, struct db *db, struct report *report)
{
    static const enum granularity granularities[] = {GRANULARITY_DAY, GRANULARITY_WEEK, GRANULARITY_MONTH};
    struct query *query;
    const char *why = "";
    *report = (struct report){.horizon = INSTANT_NEVER, .catalog = property->catalog};
    check(query_open(db, &query) == ERR_OK);
    for (int i = 0; i < 3; i++)
        for (enum scope_kind scope = SCOPE_SYSTEM; scope < SCOPE_KIND_COUNT; scope++) {
            struct arena *arena = arena_create();
            struct usage_request request = {.scope = scope, .id = scope == SCOPE_SYSTEM ? 0 : ID_NONE, .from = property->spite.from, .to = property->spite.to,
                                            .granularity = granularities[i], .profiles = (1u << PROFILE_COUNT) - 1, .zone = BYTES_LITERAL("Asia/Kathmandu")};
            enum err err = query_usage(query, &request, arena, add_row, report, &why);
            if (err)
                check_failed(__FILE__, __LINE__, why);
            arena_destroy(arena);
        }
    query_close(query);
    dump_sort(&report->lines);
}

static bool goes_unseen(const struct property *property, struct way_store *store, instant horizon, const struct trial_run *run)
{
    struct report before, after;
    read_across(property, store->db, &before);
    way_store_horizon(store, horizon);
    read_across(property, store->db, &after);
    size_t differing = dump_compare(buffer_bytes(&before.lines), buffer_bytes(&after.lines), 6, run->why);
    if (differing)
        buffer_printf(run->why, "  %zu rows across the horizon changed when the detail went: - before, + after\n", differing);
    run->counts[COUNT_FROZEN] += after.rows;
    buffer_free(&before.lines);
    buffer_free(&after.lines);
    return differing == 0;
}

/* The slots, nets and hours before the horizon, too: they are what a report is made of. */
static void read_sealed(struct db *db, instant horizon, struct buffer *out)
{
    struct buffer all = {0};
    char text[INSTANT_TEXT_SIZE];
    instant_format(horizon, text);
    dump_store(db, &all);
    struct bytes rest = buffer_bytes(&all);
    while (rest.len) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        size_t len = (size_t)(end - rest.data) + 1;
        bool slot = rest.data[0] == 's' && memcmp(rest.data + 5, text, 24) < 0, net = rest.data[0] == 'd' && memcmp(rest.data + 8, text, 10) < 0;
        bool hour = bytes_starts(rest, "hour-") && memcmp(rest.data + 11, text, 24) < 0; /* hour-named, hour-times */
        if (slot || net || hour)
            buffer_append(out, rest.data, len);
        rest = bytes_of(rest.data + len, rest.len - len);
    }
    buffer_free(&all);
}

/* What must not change any more. */
struct sealed {
    struct report report;
    struct buffer records;
    instant horizon;
};

static void seal(const struct property *property, struct db *db, instant horizon, struct sealed *sealed)
{
    buffer_free(&sealed->report.lines);
    buffer_free(&sealed->records);
    *sealed = (struct sealed){.horizon = horizon};
    read_report(property, db, horizon, &sealed->report);
    read_sealed(db, horizon, &sealed->records);
}

static bool stands(const struct property *property, struct db *db, struct sealed *sealed, const char *when, const struct trial_run *run)
{
    struct sealed now = {0};
    char text[INSTANT_TEXT_SIZE];
    seal(property, db, sealed->horizon, &now);
    size_t differing = dump_compare(buffer_bytes(&sealed->report.lines), buffer_bytes(&now.report.lines), 6, run->why);
    differing += dump_compare(buffer_bytes(&sealed->records), buffer_bytes(&now.records), 6, run->why);
    if (differing)
        buffer_printf(run->why, "  %zu rows or records before the horizon %s changed %s: - before, + after\n", differing,
                      instant_format(sealed->horizon, text), when);
    run->counts[COUNT_FROZEN] += now.report.rows;
    buffer_free(&now.report.lines);
    buffer_free(&now.records);
    return differing == 0;
}

/* Periods of UTC behind the horizon. */
static bool judge_open(struct property *property, struct db *db, const struct kept *kept, const struct trial_run *run)
{
    struct naive *naive = kept_count(kept);
    struct dice dice = {hash_mix(property->seed + kept->count)};
    struct judge_request request = {.from = property->spite.from, .to = property->spite.to,
                                    .granularity = (enum granularity)dice_roll(&dice, GRANULARITY_DAY + 1),
                                    .profiles = (1u << PROFILE_COUNT) - 1};
    if (kept->horizon != INSTANT_EVER)
        request.from = floor_div(kept->horizon + DAY_MS - 1, DAY_MS) * DAY_MS;
    if (request.granularity == GRANULARITY_10M && request.to > request.from + DAY_MS)
        request.to = request.from + DAY_MS;
    struct judge_counts counts = {0};
    bool right = request.from >= request.to || judge_store(db, naive, &request, run->why, &counts);
    run->counts[COUNT_JUDGED] += counts.rows;
    run->counts[COUNT_ODD] += counts.odd_ids;
    naive_destroy(naive);
    return right;
}

/* --- a way ------------------------------------------------------------------------------------------------ */

/* Hands the facts of a portion over. */
static bool take_portion(struct property *property, struct way_store *store, enum way way, unsigned portion, struct kept *kept, const struct trial_run *run)
{
    const struct trial_heap *heap = run->heap;
    struct trial_heap part = {memory_alloc((heap->count + 1) * sizeof *part.facts), memory_alloc((heap->count + 1) * sizeof *part.places), 0};
    size_t count;
    bool right = true;
    for (size_t i = 0; i < heap->count; i++)
        if (portion_of(property->seed, heap->places[i]) == portion) {
            part.facts[part.count] = heap->facts[i];
            part.places[part.count++] = heap->places[i];
        }
    struct way_step *steps = way_plan(way, property->seed, part.facts, part.places, part.count, &count);
    for (size_t i = 0; i < count; i++) {
        bool late = !kept_take(kept, steps[i].fact);
        enum fact_outcome outcome = ingest_fact(store->ingest, steps[i].fact);
        bool said = outcome == FACT_TOO_LATE || (late && outcome != FACT_APPLIED); /* or known already */
        run->counts[COUNT_LATE] += late && way == 0;
        if (late != said && right) {
            buffer_printf(run->why, "  a fact was %s, expected %s: ", said ? "too late" : "taken", late ? "too late" : "taken");
            spite_print(steps[i].fact, 1, run->why);
            right = false;
        }
        if (steps[i].flush || steps[i].reopen)
            way_store_flush(store);
        if (steps[i].reopen)
            way_store_reopen(store);
    }
    way_store_flush(store);
    free(steps);
    free(part.facts);
    free(part.places);
    return right;
}

static bool go(struct property *property, enum way way, const struct trial_run *run, struct buffer dumps[PORTIONS])
{
    struct way_store store;
    struct sealed sealed = {0};
    struct kept kept = {.facts = memory_alloc((4 * run->heap->count + 8) * sizeof *kept.facts), .catalog = property->catalog,
                        .cap_hours = property->spite.cap_hours, .horizon = INSTANT_EVER};
    bool right = true;
    way_store_create(&store, run->parent, property->catalog, property->spite.cap_hours);
    store.sealing = property->seed | 1;
    for (unsigned portion = 0; portion < PORTIONS && right; portion++) {
        right = take_portion(property, &store, way, portion, &kept, run) && judge_open(property, store.db, &kept, run);
        if (right && portion > 0)
            right = stands(property, store.db, &sealed, "by facts that came later", run);
        dump_store(store.db, &dumps[portion]);
        if (!right || portion + 1 == PORTIONS)
            break;
        seal(property, store.db, property->horizons[portion], &sealed);
        right = goes_unseen(property, &store, property->horizons[portion], run);
        size_t gone = kept_forget(&kept, property->horizons[portion]);
        if (way == 0)
            run->counts[COUNT_GONE] += gone;
        right = right && stands(property, store.db, &sealed, "when the detail went", run) && judge_open(property, store.db, &kept, run);
    }
    if (!right)
        buffer_printf(run->why, "  (%s)\n", way_name(way));
    way_store_destroy(&store);
    free(kept.facts);
    buffer_free(&sealed.report.lines);
    buffer_free(&sealed.records);
    return right;
}

static bool holds(void *owner, const struct trial_run *run)
{
    struct buffer dumps[WAYS][PORTIONS] = {{{0}}};
    bool right = true;
    run->counts[COUNT_FACTS] += run->heap->count;
    for (int way = 0; way < WAYS && right; way++) {
        right = go(owner, way, run, dumps[way]);
        for (unsigned portion = 0; portion < PORTIONS && right; portion++) {
            size_t differing = dump_compare(buffer_bytes(&dumps[0][portion]), buffer_bytes(&dumps[way][portion]), 12, run->why);
            for (size_t i = 0; i < dumps[way][portion].len; i++)
                run->counts[COUNT_RECORDS] += dumps[way][portion].data[i] == '\n';
            if (differing)
                buffer_printf(run->why, "  behind portion %u %zu records differ: - %s, + %s\n", portion + 1, differing, way_name(0), way_name(way));
            right = differing == 0;
        }
    }
    return right; /* the process ends */
}

/* --- seeds ------------------------------------------------------------------------------------------------ */

static struct trial_heap make(void *owner, uint64_t seed, struct arena *arena)
{
    struct property *property = owner;
    struct dice dice = {hash_mix(seed + 4711)};
    property->seed = seed;
    spite_make(seed, arena, &property->spite);
    instant horizon = property->spite.from + DAY_MS;
    for (int i = 0; i + 1 < PORTIONS; i++) {
        horizon += (instant)dice_roll(&dice, 3) * DAY_MS;
        if (dice_chance(&dice, 30)) /* as the day of some zone begins */
            horizon += (instant)dice_roll(&dice, 96) * 15 * MINUTE_MS;
        property->horizons[i] = horizon;
    }
    return trial_heap(arena, property->spite.facts, property->spite.count);
}

static void say(void *owner, const struct trial_heap *heap, struct buffer *out)
{
    struct property *property = owner;
    char a[INSTANT_TEXT_SIZE], b[INSTANT_TEXT_SIZE];
    buffer_printf(out, "  cap %d h; horizons %s, %s; portions:", property->spite.cap_hours, instant_format(property->horizons[0], a),
                  instant_format(property->horizons[1], b));
    for (size_t i = 0; i < heap->count; i++)
        buffer_printf(out, " %u", portion_of(property->seed, heap->places[i]) + 1);
    buffer_append_char(out, '\n');
}

int main(void)
{
    const char *why = "";
    struct arena *arena = arena_create();
    struct catalog *catalog;
    if (catalog_read(catalog_shipped(), arena, &catalog, &why) != ERR_OK)
        check_failed(__FILE__, __LINE__, why);
    struct property property = {.catalog = catalog};
    struct trial_property trial = {"horizon", 20, holds, &property, make, say};
    uint64_t counts[TRIAL_COUNTS] = {0}, first, seeds;
    unsigned failed = trial_seeds(&trial, counts, &first, &seeds);
    printf("horizon: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " facts in %d ways, %" PRIu64 " too late, %" PRIu64 " forgotten; %" PRIu64 " records alike, %" PRIu64
           " rows before the horizon unchanged, %" PRIu64 " behind it as the naive judge counts; %u seeds fail\n",
           first, first + seeds - 1, counts[COUNT_FACTS], (int)WAYS, counts[COUNT_LATE], counts[COUNT_GONE], counts[COUNT_RECORDS], counts[COUNT_FROZEN],
           counts[COUNT_JUDGED], failed);
    arena_destroy(arena);
    bool tried = counts[COUNT_LATE] && counts[COUNT_GONE] && counts[COUNT_FROZEN] && counts[COUNT_JUDGED];
    return failed != 0 || (seeds >= 40 && !tried);
}
