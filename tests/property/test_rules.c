/*
 * What was bought and whose days: spiteful rules reach a store in any order, and each usage row has the borders, the
 * zone, the entitled, burst, over and over_burst that the naive judge finds (domain.md §7.9, §7.11, §7.15, §7.19);
 * so has what is said of now, with its state and since when it is over.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 200); SEED=n SEEDS=1: that one alone
 */
#include "base/check.h"
#include "server/ingest/ingest.h"
#include "server/query/query.h"
#include "tests/support/naive_rules.h"
#include "tests/support/spite_rules.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PERIODS_MAX = 6000, ITEMS = 4, BEFORE = 70, DAYS = 200, SHOWN_MAX = 5 };

struct counts { /* as trial_run.counts has them */
    uint64_t rows, limited, unlimited, over, by_enabled, bursts, moved_days, empty_days, notes, nows, states[6], since;
};
static_assert(sizeof(struct counts) <= TRIAL_COUNTS * sizeof(uint64_t), "as many as a trial counts");

struct trial {
    const struct spite *spite;
    const struct catalog *catalog;
    int32_t first_date; /* of the calendars */
    struct naive *naive;
    struct naive_calendar own;      /* of the scope under way */
    struct naive_calendar calendar; /* its rows' days */
    struct naive_period periods[PERIODS_MAX];
    size_t period_count;
    struct usage_request request;
    /* the rows under way: one (id, item, profile) */
    bool open;
    int64_t id;
    struct bytes item;
    enum profile profile;
    size_t next, item_place;
    struct naive_line line;
    struct naive_bought bought[DAYS];
    bool have_bought[DAYS];
    unsigned faults;
    struct buffer *why;
    struct counts *counts;
};

static void fault(struct trial *trial, const struct usage_row *row, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fault(struct trial *trial, const struct usage_row *row, const char *format, ...)
{
    va_list args;
    if (trial->faults++ >= SHOWN_MAX)
        return;
    buffer_append_text(trial->why, "  ");
    if (row) {
        usage_write_json(row, &(struct json_writer){.out = trial->why});
        buffer_append_text(trial->why, "\n    ");
    }
    va_start(args, format);
    buffer_vprintf(trial->why, format, args);
    va_end(args);
    buffer_append_char(trial->why, '\n');
}

/* Groups read their tenant's days: group 10 + n is tenant n's. */
static int64_t owner_of(enum scope_kind kind, int64_t id)
{
    return kind == SCOPE_SYSTEM ? ID_NONE : kind == SCOPE_AGENT_GROUP ? id - 10 : id;
}

static void begin_rows(struct trial *trial, const struct usage_row *row)
{
    int64_t owner = owner_of(row->scope, row->id);
    trial->open = true;
    trial->id = row->id;
    trial->item = row->item;
    trial->profile = row->profile;
    trial->next = 0;
    trial->item_place = 0;
    while (!bytes_equal(trial->catalog->items[trial->item_place].code, row->item))
        trial->item_place++;
    if (trial->catalog->items[trial->item_place].measure_concurrent)
        trial->line = naive_line(trial->naive, row->scope, row->scope == SCOPE_SYSTEM ? 0 : row->id, trial->item_place, row->profile);
    naive_calendar(trial->naive, owner, BYTES_NONE, trial->first_date, DAYS, &trial->own);
    naive_calendar(trial->naive, owner, trial->request.zone, trial->first_date, DAYS, &trial->calendar);
    trial->period_count = naive_periods(&trial->calendar, trial->request.granularity, trial->request.first_weekday, trial->request.from,
                                        trial->request.to, trial->periods, PERIODS_MAX);
    memset(trial->have_bought, 0, sizeof trial->have_bought);
}

static const struct naive_bought *bought_on(struct trial *trial, const struct usage_row *row, size_t day)
{
    if (!trial->have_bought[day])
        trial->bought[day] = naive_bought(trial->naive, &trial->own, row->scope, row->id, row->item, trial->calendar.days[day].start);
    trial->have_bought[day] = true;
    return &trial->bought[day];
}

struct expected {
    int64_t entitled, burst, over, over_burst, peak, enabled;
};

static int64_t enabled_in(struct trial *trial, const struct usage_row *row, instant start, instant end)
{
    return naive_enabled(trial->naive, row->scope, row->id, trial->item_place, start, end);
}

static struct expected expect(struct trial *trial, const struct usage_row *row, const struct naive_period *period)
{
    bool concurrent = trial->catalog->items[trial->item_place].measure_concurrent;
    struct naive_usage usage = {-1, INSTANT_NONE, -1};
    struct expected expected = {.over = -1, .over_burst = -1};
    size_t holds = period->first_day, end = period->first_day + period->day_count;
    if (concurrent)
        usage = naive_usage(&trial->line, period->start, period->end);
    while (trial->calendar.days[holds].start == trial->calendar.days[holds].end)
        holds++; /* the first day that has an instant */
    for (size_t day = period->first_day; day < end && usage.peak_at != INSTANT_NONE; day++)
        if (trial->calendar.days[day].start <= usage.peak_at && usage.peak_at < trial->calendar.days[day].end)
            holds = day;
    expected.peak = usage.peak;
    expected.enabled = enabled_in(trial, row, period->start, period->end);
    expected.entitled = bought_on(trial, row, holds)->entitled;
    expected.burst = bought_on(trial, row, holds)->burst;
    for (size_t day = period->first_day; day < end; day++) {
        const struct naive_day *when = &trial->calendar.days[day];
        const struct naive_bought *bought = bought_on(trial, row, day);
        int64_t peak = usage.peak;
        if (when->start == when->end)
            continue;
        if (period->day_count > 1 && concurrent)
            peak = naive_usage(&trial->line, when->start, when->end).peak;
        int64_t enabled = bought->by_enabled ? enabled_in(trial, row, period->day_count > 1 ? when->start : period->start,
                                                          period->day_count > 1 ? when->end : period->end) : -1;
        int64_t over = naive_over(bought, peak, enabled, false), over_burst = naive_over(bought, peak, enabled, true);
        expected.over = over > expected.over ? over : expected.over;
        expected.over_burst = over_burst > expected.over_burst ? over_burst : expected.over_burst;
        trial->counts->by_enabled += bought->by_enabled;
        trial->counts->unlimited += bought->unlimited;
    }
    return expected;
}

static void end_rows(struct trial *trial)
{
    if (trial->open && trial->next != trial->period_count)
        fault(trial, NULL, "id %lld item %.*s: %zu rows of %zu", (long long)trial->id, (int)trial->item.len, (const char *)trial->item.data,
              trial->next, trial->period_count);
    trial->open = false;
}

static enum err take_row(void *owner, const struct usage_row *row)
{
    struct trial *trial = owner;
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    if (!trial->open || row->id != trial->id || row->profile != trial->profile || !bytes_equal(row->item, trial->item)) {
        end_rows(trial);
        begin_rows(trial, row);
    }
    trial->counts->rows++;
    if (trial->next == trial->period_count) {
        fault(trial, row, "expected no more rows");
        return ERR_OK;
    }
    const struct naive_period *period = &trial->periods[trial->next++];
    size_t first = period->first_day;
    while (trial->calendar.days[first].start == trial->calendar.days[first].end)
        first++;
    struct bytes zone = trial->calendar.days[first].zone;
    if (row->start != period->start || row->end != period->end || !bytes_equal(row->zone, zone))
        fault(trial, row, "expected %s to %s in %.*s", instant_format(period->start, from), instant_format(period->end, to), (int)zone.len, (const char *)zone.data);
    struct expected expected = expect(trial, row, period);
    if (row->peak != expected.peak || row->entitled != expected.entitled || row->burst != expected.burst || row->over != expected.over ||
        row->over_burst != expected.over_burst || row->enabled != expected.enabled)
        fault(trial, row, "expected enabled %lld, peak %lld, entitled %lld, burst %lld, over %lld, over_burst %lld (-1: null)",
              (long long)expected.enabled, (long long)expected.peak,
              (long long)expected.entitled, (long long)expected.burst, (long long)expected.over, (long long)expected.over_burst);
    trial->counts->limited += expected.entitled >= 0;
    trial->counts->over += expected.over > 0;
    trial->counts->bursts += expected.burst > 0;
    return trial->faults > SHOWN_MAX ? ERR_CANCELLED : ERR_OK;
}

/* Days that start elsewhere than their zone has it must be told, and no others. */
static void check_notes(struct trial *trial, struct query *query)
{
    const struct usage_note *notes;
    size_t count = query_usage_notes(query, &notes);
    for (size_t i = 0; i < count; i++) {
        naive_calendar(trial->naive, owner_of(notes[i].scope.scope.kind, notes[i].scope.scope.id), BYTES_NONE, trial->first_date, DAYS, &trial->own);
        const struct naive_day *day = &trial->own.days[notes[i].day - trial->first_date];
        if (day->start != notes[i].start || day->end != notes[i].end || !bytes_equal(day->zone, notes[i].zone) ||
            !bytes_equal(day[-1].zone, notes[i].zone_before) || bytes_equal(day->zone, day[-1].zone))
            fault(trial, NULL, "the note of date %d is not so", (int)notes[i].day);
    }
    trial->counts->notes += count;
}

static void ask(struct trial *trial, struct query *query, enum scope_kind scope, enum granularity granularity, struct dice *dice)
{
    static const int64_t widths[] = {2, 4, 20, 30, 60};
    struct arena *arena = arena_create();
    const char *why = "", *zone = dice_chance(dice, 60) ? NULL : spite_rules_zones[dice_roll(dice, 11)];
    instant from = trial->spite->from + (instant)dice_roll(dice, 34ull * DAY_MS);
    trial->request = (struct usage_request){.scope = scope, .id = ID_NONE, .from = from, .to = from + 1 + (instant)dice_roll(dice, (uint64_t)(widths[granularity] * DAY_MS)),
                                            .granularity = granularity, .profiles = 1u << PROFILE_EXACT, .zone = bytes_from_text(zone),
                                            .first_weekday = (int)dice_roll(dice, 7)};
    if (dice_chance(dice, 30))
        trial->request.profiles = 1u << PROFILE_LRM | 1u << PROFILE_PERSON;
    trial->open = false;
    enum err err = query_usage(query, &trial->request, arena, take_row, trial, &why);
    if (err && trial->faults <= SHOWN_MAX)
        fault(trial, NULL, "query_usage: %s: %s", err_name(err), why);
    else if (!err) {
        end_rows(trial);
        check_notes(trial, query);
    }
    arena_destroy(arena);
}

/* --- now ------------------------------------------------------------------------------------------------ */

static size_t day_at(const struct naive_calendar *calendar, instant at)
{
    size_t day = 0;
    while (calendar->days[day].end <= at)
        day++;
    return day;
}

/* level, peak: of what is compared; -1: unknown */
static const char *state_of(const struct naive_bought *bought, int64_t level, int64_t peak, bool silent)
{
    bool limited = bought->known && !bought->unlimited && peak >= 0;
    if (limited && level > bought->entitled)
        return "over";
    if (limited && peak > bought->entitled)
        return "over-earlier";
    if (silent)
        return "unknown";
    if (limited && peak > 0 && peak * 100 >= bought->entitled * 95)
        return "close";
    return limited || bought->unlimited ? "within" : "no-quantity";
}

/* Over at each slot's border from the reported slot on, not at its begin; an instant inside the slot is a rise. */
static bool since_holds(struct trial *trial, const struct naive_line *line, const struct now_row *row, enum scope_kind kind, int64_t id, instant clock)
{
    instant slot = floor_div(row->over_since, 5 * MINUTE_MS) * 5 * MINUTE_MS;
    for (instant at = slot; at <= clock; at += 5 * MINUTE_MS) {
        size_t day = day_at(&trial->own, at - 1);
        struct naive_bought bought = naive_bought(trial->naive, &trial->own, kind, id, row->item.code, trial->own.days[day].start);
        bool over = naive_over(&bought, naive_level(line, at - 1), -1, false) > 0;
        if (over != (at > slot))
            return at > slot ? false : row->over_since == trial->own.days[day_at(&trial->own, clock)].start;
    }
    bool rises = row->over_since == slot;
    for (size_t i = 0; i < line->count; i++)
        rises = rises || line->steps[i].at == row->over_since;
    return rises && row->over_since <= clock;
}

static void check_now_row(struct trial *trial, const struct now_answer *answer, size_t item, bool silent)
{
    static const char *const states[] = {"over", "over-earlier", "unknown", "close", "within", "no-quantity"};
    const struct now_row *row = &answer->rows[item];
    const struct catalog_item *what = &trial->catalog->items[item];
    enum scope_kind kind = answer->scope.scope.kind;
    int64_t id = answer->scope.scope.id, level = -1, peak = -1;
    struct naive_bought bought = naive_bought(trial->naive, &trial->own, kind, id, what->code, answer->day_start);
    struct naive_line line = {0};
    silent = silent && what->measure_concurrent && what->where.kind == SUBJECT_SESSION;
    if (what->measure_concurrent) {
        line = naive_line(trial->naive, kind, id, item, PROFILE_EXACT);
        level = silent ? -1 : naive_level(&line, answer->as_of);
        peak = naive_usage(&line, answer->day_start, answer->day_end).peak;
    }
    int64_t now = level, highest = peak;
    if (bought.by_enabled) {
        now = naive_enabled(trial->naive, kind, id, item, answer->as_of, answer->as_of + 1);
        highest = naive_enabled(trial->naive, kind, id, item, answer->day_start, answer->day_end);
    }
    const char *state = state_of(&bought, now, highest, silent);
    int64_t over = naive_over(&bought, level, now, false);
    if (row->enabled != (bought.by_enabled ? now : -1))
        fault(trial, NULL, "now %s %lld %.*s: enabled %lld, expected %lld", scope_kind_name(kind), (long long)id, (int)what->code.len,
              (const char *)what->code.data, (long long)row->enabled, (long long)now);
    if (row->level != level || row->peak != peak || row->entitled != bought.entitled || row->burst != bought.burst || row->over != over ||
        row->unlimited != bought.unlimited || strcmp(row->state, state) != 0)
        fault(trial, NULL,
              "now %s %lld %.*s%s: level %lld peak %lld entitled %lld burst %lld over %lld %s; expected level %lld peak %lld entitled %lld "
              "burst %lld over %lld %s",
              scope_kind_name(kind), (long long)id, (int)what->code.len, (const char *)what->code.data, silent ? " (silent)" : "",
              (long long)row->level, (long long)row->peak, (long long)row->entitled, (long long)row->burst, (long long)row->over, row->state,
              (long long)level, (long long)peak, (long long)bought.entitled, (long long)bought.burst, (long long)over, state);
    char text[INSTANT_TEXT_SIZE];
    if (bought.by_enabled ? row->over_since != INSTANT_NONE
                          : (over > 0) != (row->over_since != INSTANT_NONE) || (over > 0 && !since_holds(trial, &line, row, kind, id, answer->as_of)))
        fault(trial, NULL, "now %s %lld %.*s: over since %s is not so", scope_kind_name(kind), (long long)id, (int)what->code.len,
              (const char *)what->code.data, row->over_since == INSTANT_NONE ? "null" : instant_format(row->over_since, text));
    trial->counts->since += over > 0 && !bought.by_enabled;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        trial->counts->states[i] += strcmp(state, states[i]) == 0;
    trial->counts->nows++;
}

static void check_now(struct trial *trial, struct query *query, struct scope scope, bool silent)
{
    struct arena *arena = arena_create();
    struct now_answer answer;
    enum err err = query_now(query, scope, silent ? INSTANT_MAX : 0, 60 * SECOND_MS, arena, &answer);
    if (err == ERR_OK) {
        naive_calendar(trial->naive, owner_of(scope.kind, scope.id), BYTES_NONE, trial->first_date, DAYS, &trial->own);
        const struct naive_day *today = &trial->own.days[day_at(&trial->own, answer.as_of)];
        if (answer.day_start != today->start || answer.day_end != today->end || !bytes_equal(answer.zone, today->zone))
            fault(trial, NULL, "now %s %lld: today is not so", scope_kind_name(scope.kind), (long long)scope.id);
        for (size_t i = 0; i < answer.row_count; i++)
            check_now_row(trial, &answer, i, silent);
    } else if (err != ERR_NOT_FOUND) {
        fault(trial, NULL, "query_now: %s", err_name(err));
    }
    arena_destroy(arena);
}

/* --- a seed --------------------------------------------------------------------------------------------- */

static void count_days(struct trial *trial)
{
    for (int64_t tenant = 1; tenant <= 3; tenant++) {
        naive_calendar(trial->naive, tenant, BYTES_NONE, trial->first_date, DAYS, &trial->own);
        for (size_t i = 1; i < trial->own.count; i++) {
            trial->counts->moved_days += !bytes_equal(trial->own.days[i].zone, trial->own.days[i - 1].zone);
            trial->counts->empty_days += trial->own.days[i].start == trial->own.days[i].end;
        }
    }
}

static void ask_all(struct trial *trial, struct way_store *store, struct dice *dice)
{
    struct query *query;
    check(query_open(store->db, &query) == ERR_OK);
    for (enum granularity granularity = 0; granularity < GRANULARITY_COUNT && !trial->faults; granularity++) {
        ask(trial, query, SCOPE_SYSTEM, granularity, dice);
        ask(trial, query, SCOPE_TENANT, granularity, dice);
        if (granularity != GRANULARITY_10M)
            ask(trial, query, SCOPE_AGENT_GROUP, granularity, dice);
    }
    query_close(query);
}

static int compare_instants(const void *left, const void *right)
{
    instant a = *(const instant *)left, b = *(const instant *)right;
    return (a > b) - (a < b);
}

/* At instants soon after somebody came, in their order: a clock does not go back. */
static void look_at_nows(struct trial *trial, struct way_store *store, struct dice *dice)
{
    instant clocks[6];
    size_t count = 0;
    while (count < sizeof clocks / sizeof *clocks) {
        const struct fact *fact = &trial->spite->facts[dice_roll(dice, trial->spite->count)];
        if (fact->kind == FACT_LOGIN_SESSION)
            clocks[count++] = fact->login_session.begin + (instant)dice_roll(dice, 2 * HOUR_MS);
    }
    qsort(clocks, count, sizeof *clocks, compare_instants);
    for (size_t i = 0; i < count; i++) {
        struct query *query;
        check(ingest_flush(store->ingest, clocks[i]) == ERR_OK && query_open(store->db, &query) == ERR_OK);
        for (int64_t id = 0; id <= 3; id++)
            check_now(trial, query, (struct scope){id ? SCOPE_TENANT : SCOPE_SYSTEM, id}, i % 3 == 2);
        query_close(query);
    }
}

static bool holds(void *owner, const struct trial_run *run)
{
    struct trial_spite *property = owner;
    struct way_store store;
    struct dice dice = {hash_mix(property->seed)};
    struct trial *trial = memory_alloc_zero(1, sizeof *trial);
    struct fact *facts = trial_facts(run->heap, 0);
    dice_shuffle(&dice, facts, run->heap->count, sizeof *facts);
    *trial = (struct trial){.spite = &property->spite, .catalog = property->catalog, .first_date = instant_day(property->spite.from) - BEFORE,
                            .why = run->why, .counts = (struct counts *)run->counts};
    trial->naive = naive_create(facts, run->heap->count, &(struct naive_options){.catalog = trial->catalog, .cap_hours = trial->spite->cap_hours});
    way_store_create(&store, run->parent, trial->catalog, trial->spite->cap_hours);
    store.sealing = property->seed | 1;
    for (size_t i = 0; i < run->heap->count; i++)
        (void)ingest_fact(store.ingest, &facts[i]);
    look_at_nows(trial, &store, &dice);
    way_store_flush(&store);
    ask_all(trial, &store, &dice);
    count_days(trial);
    way_store_destroy(&store);
    return trial->faults == 0; /* the process ends */
}

int main(void)
{
    struct arena *arena = arena_create();
    struct trial_spite property = {.catalog = way_catalog(bytes_from_text(spite_rules_catalog), arena)};
    struct trial_property trial = {"rules", 200, holds, &property, trial_make_rules, NULL};
    uint64_t numbers[TRIAL_COUNTS] = {0}, first, seeds;
    check(property.catalog->count == ITEMS);
    unsigned failed = trial_seeds(&trial, numbers, &first, &seeds);
    struct counts *counts = (struct counts *)numbers;
    printf("rules: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " usage rows, %" PRIu64 " with a quantity, %" PRIu64 " with a burst, %" PRIu64
           " over; days unlimited %" PRIu64 ", by enabled %" PRIu64 "; zones changed %" PRIu64 " times, %" PRIu64 " days without an instant, %" PRIu64
           " notes; %" PRIu64 " rows of now: over %" PRIu64 ", earlier %" PRIu64 ", unknown %" PRIu64 ", close %" PRIu64 ", within %" PRIu64
           ", no quantity %" PRIu64 "; %u seeds differ\n",
           first, first + seeds - 1, counts->rows, counts->limited, counts->bursts, counts->over, counts->unlimited, counts->by_enabled, counts->moved_days,
           counts->empty_days, counts->notes, counts->nows, counts->states[0], counts->states[1], counts->states[2], counts->states[3], counts->states[4],
           counts->states[5], failed);
    arena_destroy(arena);
    bool all = counts->limited && counts->bursts && counts->over && counts->unlimited && counts->by_enabled && counts->moved_days && counts->empty_days &&
               counts->notes && counts->since;
    for (int i = 0; i < 6; i++)
        all = all && counts->states[i];
    if (seeds >= 150 && !failed && !all)
        printf("rules: something was never tried: the rules have lost their spite\n");
    return failed != 0 || (seeds >= 150 && !all);
}
