/*
 * Days of books in their own zones (domain.md §7.9, §7.20, §7.21): the system's and three tenants' books are closed day by
 * day, in any order of the books, while zones change, now and then for days that are closed already.
 *
 * The naive judge finds each day by a calendar of its own (naive_rules.h): a book's day begins where its last one ended
 * and ends where its own zone's date does; a date without an instant has no close.  Compared are the date, the borders,
 * the zone and every row of every close; that the chains hold; what a report in any zone says of the status; where the
 * horizon is; and that it moving, and the store being opened again, changes no row.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 60); SEED=n SEEDS=1: that one alone
 */
#include "base/check.h"
#include "base/json.h"
#include "server/close/chain.h"
#include "server/close/document.h"
#include "server/ingest/ingest.h"
#include "store/retention.h"
#include "tests/support/naive_rules.h"
#include "tests/support/spite_rules.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { BOOKS = 5, DAYS_MAX = 80, BEFORE = 12, DAYS = 100, STEPS = 90 };

struct counts { /* as trial_run.counts has them */
    uint64_t closes, rows, odd_days, empty_days, late_zones, statuses[STATUS_COUNT], horizons, again, expired;
};
static_assert(sizeof(struct counts) <= TRIAL_COUNTS * sizeof(uint64_t), "as many as a trial counts");

/* What the judge knows of a book. */
struct judged {
    struct close_day days[DAYS_MAX];
    size_t count;
};

struct trial {
    struct dice dice;
    struct arena *arena;
    const struct spite *spite;
    const struct catalog *catalog;
    struct fact *facts; /* with those that were said late */
    size_t fact_count;
    struct naive *naive;
    struct naive_calendar calendar;
    struct way_store store;
    struct judged books[BOOKS]; /* by id; 0: the system */
    int detail_days;
    instant horizon, kept_from; /* closes of days that end by kept_from are gone, but each book's newest */
    unsigned faults;
    struct buffer *why;
    struct counts *counts;
};

__attribute__((format(printf, 2, 3))) static void fault(struct trial *trial, const char *format, ...)
{
    va_list args;
    if (trial->faults++ >= 5)
        return;
    buffer_append_text(trial->why, "  ");
    va_start(args, format);
    buffer_vprintf(trial->why, format, args);
    va_end(args);
    buffer_append_char(trial->why, '\n');
}

static void count_again(struct trial *trial)
{
    if (trial->naive)
        naive_destroy(trial->naive);
    trial->naive = naive_create(trial->facts, trial->fact_count, &(struct naive_options){.catalog = trial->catalog, .cap_hours = trial->spite->cap_hours});
}

/* --- the judge's days ------------------------------------------------------------------------------ */

/* Where the first slot begins that has anything. */
static instant counted_from(struct trial *trial)
{
    instant first = INSTANT_NEVER;
    for (size_t item = 0; item < trial->catalog->count; item++)
        for (int person = 0; person < 2 && trial->catalog->items[item].measure_concurrent; person++) {
            struct naive_line line = naive_line(trial->naive, SCOPE_SYSTEM, 0, item, person ? PROFILE_PERSON : PROFILE_EXACT);
            if (line.count && line.steps[0].at < first)
                first = line.steps[0].at;
        }
    return floor_div(first, 5 * MINUTE_MS) * 5 * MINUTE_MS;
}

static struct close_day expected_day(struct trial *trial, int64_t book, struct bytes *zone)
{
    const struct judged *judged = &trial->books[book];
    const struct close_day *last = judged->count ? &judged->days[judged->count - 1] : NULL;
    instant from = last ? last->end : trial->horizon != INSTANT_EVER ? trial->horizon : counted_from(trial);
    naive_calendar(trial->naive, book ? book : ID_NONE, BYTES_NONE, instant_day(trial->spite->from) - BEFORE, DAYS, &trial->calendar);
    for (size_t i = 0; i < trial->calendar.count; i++) {
        const struct naive_day *day = &trial->calendar.days[i];
        if (day->end <= from || (last ? day->date <= last->date : trial->horizon != INSTANT_EVER && day->start < from))
            continue;
        *zone = day->zone;
        trial->counts->odd_days += day->end - day->start != DAY_MS;
        trial->counts->empty_days += i && trial->calendar.days[i - 1].end == trial->calendar.days[i - 1].start;
        return (struct close_day){book, day->date, last ? from : day->start, day->end};
    }
    check_failed(__FILE__, __LINE__, "the judge's calendar is too short");
}

/* --- a close ---------------------------------------------------------------------------------------- */

static int64_t number(const struct json *row, const char *name, int64_t none)
{
    const struct json *member = json_member(row, name);
    instant at;
    if (member && member->kind == JSON_KIND_TEXT)
        return instant_parse(member->text, &at) ? at : none;
    return member && member->kind == JSON_KIND_INTEGER ? member->integer : none;
}

static struct bytes text(const struct json *row, const char *name)
{
    const struct json *member = json_member(row, name);
    return member && member->kind == JSON_KIND_TEXT ? member->text : BYTES_LITERAL("");
}

static void check_row(struct trial *trial, const struct close_day *day, struct bytes line)
{
    const char *why = "";
    const struct json *row = json_read(line, trial->arena, &why);
    check(row);
    enum scope_kind scope = scope_kind_from_name(text(row, "scope"));
    enum profile profile = profile_from_name(text(row, "profile"));
    int64_t id = number(row, "id", 0);
    size_t item = 0;
    while (!bytes_equal(trial->catalog->items[item].code, text(row, "item")))
        item++;
    struct naive_usage usage = {-1, INSTANT_NONE, -1};
    int64_t named = -1;
    if (trial->catalog->items[item].measure_concurrent) {
        struct naive_line steps = naive_line(trial->naive, scope, id, item, profile == PROFILE_SUSTAINED ? PROFILE_EXACT : profile);
        usage = naive_usage(&steps, day->start, day->end);
        named = naive_named(trial->naive, scope, id, item, profile, day->start, day->end);
        if (profile == PROFILE_SUSTAINED)
            usage = (struct naive_usage){naive_sustained(&steps, day->start, day->end, naive_sustained_minutes(trial->naive, day->start)), INSTANT_NONE, usage.seat_ms};
    }
    trial->counts->rows++;
    bool mine = day->book == 0 ? scope == SCOPE_SYSTEM : (scope == SCOPE_TENANT && id == day->book) || (scope == SCOPE_AGENT_GROUP && id == day->book + 10);
    if (!mine || number(row, "start", 0) != day->start || number(row, "end", 0) != day->end || number(row, "peak", -1) != usage.peak ||
        number(row, "peak_at", INSTANT_NONE) != usage.peak_at || number(row, "seat_ms", -1) != usage.seat_ms ||
        number(row, "named", -1) != named)
        fault(trial, "book %lld: expected peak %lld at %lld, seat_ms %lld, named %lld in [%lld, %lld): %.*s", (long long)day->book, (long long)usage.peak,
              (long long)usage.peak_at, (long long)usage.seat_ms, (long long)named, (long long)day->start, (long long)day->end, (int)line.len,
              (const char *)line.data);
}

static void check_rows(struct trial *trial, const struct close_day *day, struct bytes rows)
{
    while (rows.len) {
        const uint8_t *end = memchr(rows.data, '\n', rows.len);
        size_t len = (size_t)(end - rows.data);
        check_row(trial, day, bytes_of(rows.data, len));
        rows = bytes_of(rows.data + len + 1, rows.len - len - 1);
    }
}

static void check_document(struct trial *trial, const struct close_day *day, struct bytes zone, struct bytes document)
{
    const char *why = "";
    const struct json *root = json_read(document, trial->arena, &why);
    char date[DATE_TEXT_SIZE];
    check(root);
    if (!bytes_equal(text(root, "zone"), zone) || !bytes_equal_text(text(root, "day"), date_format(day->date, date)) ||
        number(root, "start", 0) != day->start || number(root, "end", 0) != day->end)
        fault(trial, "book %lld, %s: expected zone %.*s, [%lld, %lld): %.*s", (long long)day->book, date, (int)zone.len, (const char *)zone.data,
              (long long)day->start, (long long)day->end, (int)document.len, (const char *)document.data);
}

static struct query *opened(struct trial *trial)
{
    struct query *query = NULL;
    check(query_open(trial->store.db, &query) == ERR_OK);
    return query;
}

/* False: the book is at the end. */
static bool close_one(struct trial *trial, const struct query_scope *book, struct query *query)
{
    struct close_day day;
    struct close_record record;
    struct db_txn *txn;
    struct bytes zone = BYTES_NONE;
    bool provisional = dice_chance(&trial->dice, 10);
    struct judged *judged = &trial->books[book->scope.id];
    if (!close_next_day(query, book, &day))
        return false;
    struct close_day expected = expected_day(trial, book->scope.id, &zone);
    if (day.date != expected.date || day.start != expected.start || day.end != expected.end)
        fault(trial, "book %lld: the next day is %d [%lld, %lld), expected %d [%lld, %lld)", (long long)book->scope.id, (int)day.date, (long long)day.start,
              (long long)day.end, (int)expected.date, (long long)expected.start, (long long)expected.end);
    if (day.end > trial->spite->to || trial->faults || judged->count == DAYS_MAX)
        return false;
    check(close_make(query, &(struct close_request){*book, day, provisional, day.end}, trial->arena, &record) == ERR_OK);
    check_document(trial, &day, zone, record.document);
    check_rows(trial, &day, record.rows);
    check(db_begin_write(trial->store.db, &txn) == ERR_OK);
    close_put(txn, &record);
    check(db_commit(txn) == ERR_OK);
    judged->days[judged->count++] = day;
    trial->counts->closes++;
    return true;
}

static void close_some(struct trial *trial)
{
    struct query *query = opened(trial);
    const struct query_scope *books;
    size_t count = close_books(query, trial->arena, &books);
    for (size_t i = 0; i < count; i++)
        if (dice_chance(&trial->dice, 60))
            (void)close_one(trial, &books[i], query);
    query_close(query);
}

/* --- the horizon ------------------------------------------------------------------------------------ */

/* The earliest over the books of where their oldest day with detail begins. */
static void move_horizon(struct trial *trial)
{
    struct query *query = opened(trial);
    const struct query_scope *books;
    int detail_days = trial->detail_days;
    size_t count = close_books(query, trial->arena, &books);
    instant earliest = INSTANT_NEVER, expected = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        const struct judged *judged = &trial->books[books[i].scope.id];
        struct bytes zone;
        instant of_book = judged->count ? INSTANT_NONE : expected_day(trial, books[i].scope.id, &zone).start;
        for (size_t k = judged->count; k-- > 0 && judged->days[k].date > judged->days[judged->count - 1].date - detail_days;)
            of_book = judged->days[k].start;
        instant horizon = close_book_horizon(query, &books[i], judged->count ? judged->days[judged->count - 1].date : 0, detail_days);
        earliest = horizon < earliest ? horizon : earliest;
        expected = of_book < expected ? of_book : expected;
    }
    instant since = query_since(query);
    query_close(query);
    if (earliest != expected)
        fault(trial, "the horizon is %lld, expected %lld", (long long)earliest, (long long)expected);
    if (earliest <= since || (trial->horizon != INSTANT_EVER && earliest <= trial->horizon))
        return;
    way_store_horizon(&trial->store, earliest);
    trial->horizon = earliest;
    trial->counts->horizons++;
}

/* --- what reports say of it ------------------------------------------------------------------------- */

static enum err check_status(void *owner, const struct usage_row *row)
{
    struct trial *trial = owner;
    const struct judged *judged = &trial->books[row->scope == SCOPE_SYSTEM ? 0 : row->scope == SCOPE_AGENT_GROUP ? row->id - 10 : row->id];
    bool bookless = row->scope != SCOPE_SYSTEM && row->id == 0; /* who belongs to no tenant */
    enum row_status expected = bookless ? STATUS_OPEN : STATUS_FINAL;
    struct db_txn *txn;
    check(db_begin_read(trial->store.db, &txn) == ERR_OK);
    /* Each quarter of an hour of the row lies in a day of the book, or is open. */
    for (instant at = row->start; at < row->end && expected != STATUS_OPEN; at += 15 * MINUTE_MS) {
        size_t i = 0;
        struct close_record record;
        while (i < judged->count && !(judged->days[i].start <= at && at < judged->days[i].end))
            i++;
        if (at < trial->kept_from && (i == judged->count || judged->days[i].end <= trial->kept_from))
            continue; /* its close went: it is final */
        enum row_status status = STATUS_OPEN;
        if (i < judged->count) {
            check(close_get_newest(txn, judged->days[i].book, judged->days[i].date, trial->arena, &record));
            bool provisional = memmem(record.document.data, record.document.len, "\"status\":\"provisional\"", 22);
            status = provisional ? STATUS_PROVISIONAL : judged->days[i].end <= trial->horizon ? STATUS_FINAL : STATUS_CLOSED;
        }
        expected = status < expected ? status : expected;
    }
    db_abort(txn);
    trial->counts->statuses[expected]++;
    if (row->status != expected)
        fault(trial, "%s %lld, %s in %.*s: status %s, expected %s", scope_kind_name(row->scope), (long long)row->id, granularity_name(row->granularity),
              (int)row->zone.len, (const char *)row->zone.data, row_status_name(row->status), row_status_name(expected));
    return ERR_OK;
}

static void ask(struct trial *trial)
{
    struct query *query = opened(trial);
    const char *why = "", *zone = dice_chance(&trial->dice, 50) ? NULL : spite_rules_zones[dice_roll(&trial->dice, 11)];
    instant from = trial->spite->from + (instant)dice_roll(&trial->dice, 34ull * DAY_MS);
    struct usage_request request = {.scope = (enum scope_kind)dice_roll(&trial->dice, SCOPE_AGENT_GROUP + 1), .id = ID_NONE, .item = BYTES_LITERAL("any"),
                                    .from = from, .to = from + 3 * DAY_MS, .granularity = GRANULARITY_HOUR + (enum granularity)dice_roll(&trial->dice, 4),
                                    .profiles = 1u << PROFILE_EXACT, .zone = bytes_from_text(zone)};
    check(query_usage(query, &request, trial->arena, check_status, trial, &why) == ERR_OK);
    query_close(query);
}

/* Closes that are long over go in slices, between which reports are asked. */
static void expire(struct trial *trial)
{
    struct dice *dice = &trial->dice;
    struct db_txn *txn;
    uint64_t deleted = 0;
    bool done = false;
    if (trial->horizon == INSTANT_EVER || trial->horizon - 8 * DAY_MS <= trial->kept_from)
        return;
    trial->kept_from = instant_day(trial->horizon - (instant)dice_roll(dice, 8 * (uint64_t)DAY_MS)) * (instant)DAY_MS;
    while (!done) {
        check(db_begin_write(trial->store.db, &txn) == ERR_OK);
        retention_move(txn, RETENTION_CLOSES, trial->kept_from);
        done = retention_slice(txn, RETENTION_CLOSES, 1 + dice_roll(dice, 60), &deleted);
        check(db_commit(txn) == ERR_OK);
        if (dice_chance(dice, 20))
            ask(trial);
    }
    check(db_begin_read(trial->store.db, &txn) == ERR_OK);
    for (int64_t book = 0; book < BOOKS; book++)
        for (size_t i = 0; i < trial->books[book].count; i++) {
            const struct close_day *day = &trial->books[book].days[i];
            struct close_record record;
            bool there = close_get_newest(txn, book, day->date, trial->arena, &record), kept = day->end > trial->kept_from || i + 1 == trial->books[book].count;
            if (there != kept)
                fault(trial, "book %lld, day %d: its close is %s", (long long)book, (int)day->date, there ? "still there" : "gone");
            trial->counts->expired += !there;
        }
    db_abort(txn);
}

/* Every close again, from the store as it is now: the rows that it had, byte for byte. */
static void make_again(struct trial *trial)
{
    struct query *query = opened(trial);
    for (int64_t book = 0; book < BOOKS; book++)
        for (size_t i = 0; i < trial->books[book].count; i++) {
            const struct close_day *day = &trial->books[book].days[i];
            struct query_scope scope = {{book ? SCOPE_TENANT : SCOPE_SYSTEM, book}, BYTES_NONE, ID_NONE};
            struct close_record before, after;
            if (!close_get_newest(query_txn(query), book, day->date, trial->arena, &before))
                continue;
            enum err err = close_make(query, &(struct close_request){scope, *day, false, day->end}, trial->arena, &after);
            if (err) {
                fault(trial, "book %lld, day %d cannot be made again: %s", (long long)book, (int)day->date, err_name(err));
                continue;
            }
            trial->counts->again++;
            if (!bytes_equal(before.rows, after.rows))
                fault(trial, "book %lld, day %d: other rows now:\n%.*s\n%.*s", (long long)book, (int)day->date, (int)before.rows.len,
                      (const char *)before.rows.data, (int)after.rows.len, (const char *)after.rows.data);
        }
    query_close(query);
}

static void say_broken(void *owner, const char *what) { fault(owner, "%s", what); }
static void reopen(struct trial *trial) { way_store_reopen(&trial->store); }

static void check_chains(struct trial *trial)
{
    struct chain_result result;
    struct db_txn *txn;
    check(db_begin_read(trial->store.db, &txn) == ERR_OK);
    chain_check(txn, say_broken, trial, &result);
    db_abort(txn);
}

/* --- a seed ----------------------------------------------------------------------------------------- */

/* A zone that is said late, for days that may be closed, or of a tenant that nobody named before. */
static void say_late(struct trial *trial)
{
    struct dice *dice = &trial->dice;
    struct fact fact = fact_blank(FACT_TENANT_SETTING);
    fact.source = BYTES_LITERAL("api");
    fact.version = 1000 + (int64_t)trial->fact_count;
    fact.tenant_setting.tenant = 1 + (int64_t)dice_roll(dice, 4);
    fact.tenant_setting.effective = instant_day(trial->spite->from) + (int32_t)dice_roll(dice, 36);
    fact.tenant_setting.zone = bytes_from_text(spite_rules_zones[dice_roll(dice, 11)]);
    fact.key = bytes_from_text(arena_printf(trial->arena, "%lld/late%zu", (long long)fact.tenant_setting.tenant, trial->fact_count));
    trial->facts[trial->fact_count++] = fact;
    check(ingest_fact(trial->store.ingest, &fact) == FACT_APPLIED);
    way_store_flush(&trial->store);
    count_again(trial);
    trial->counts->late_zones++;
}

static bool holds(void *owner, const struct trial_run *run)
{
    const struct trial_spite *property = owner;
    struct trial *trial = memory_alloc_zero(1, sizeof *trial);
    *trial = (struct trial){.dice = {hash_mix(property->seed + 5)}, .arena = arena_create(), .spite = &property->spite, .catalog = property->catalog,
                            .detail_days = 1 + (int)(property->seed % 4), .horizon = INSTANT_EVER, .kept_from = INSTANT_EVER, .why = run->why,
                            .counts = (struct counts *)run->counts};
    trial->facts = trial_facts(run->heap, STEPS);
    trial->fact_count = run->heap->count;
    way_store_create(&trial->store, run->parent, trial->catalog, trial->spite->cap_hours);
    trial->store.sealing = property->seed | 1;
    way_store_take(&trial->store, run->heap->facts, run->heap->count);
    count_again(trial);
    way_store_flush(&trial->store);
    for (int step = 0, late = dice_chance(&trial->dice, 50); step < STEPS && !trial->faults; step++) {
        close_some(trial);
        static const struct {
            unsigned percent;
            void (*act)(struct trial *trial);
        } acts[] = {{10, move_horizon}, {8, expire}, {10, ask}, {5, reopen}, {4, say_late}};
        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
            if (dice_chance(&trial->dice, acts[i].percent) && (late || acts[i].act != say_late))
                acts[i].act(trial);
    }
    if (!trial->faults)
        make_again(trial);
    check_chains(trial);
    way_store_destroy(&trial->store);
    return trial->faults == 0; /* the process ends */
}

int main(void)
{
    struct arena *arena = arena_create();
    struct trial_spite property = {.catalog = way_catalog(bytes_from_text(spite_rules_catalog), arena)};
    struct trial_property trial = {"books", 60, holds, &property, trial_make_rules, NULL};
    uint64_t numbers[TRIAL_COUNTS] = {0}, first, seeds;
    unsigned failed = trial_seeds(&trial, numbers, &first, &seeds);
    struct counts *counts = (struct counts *)numbers;
    printf("books: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " closes with %" PRIu64 " rows, %" PRIu64 " days not of 24 h, %" PRIu64
           " behind a date without an instant, %" PRIu64 " zones said late; horizon moved %" PRIu64 " times, %" PRIu64 " closes went, %" PRIu64 " made again; status",
           first, first + seeds - 1, counts->closes, counts->rows, counts->odd_days, counts->empty_days, counts->late_zones, counts->horizons, counts->expired,
           counts->again);
    /* Days behind a date without an instant are rare: sixty seeds may be without one. */
    bool all = (counts->empty_days || seeds < 300) && counts->closes && counts->odd_days && counts->late_zones && counts->horizons && counts->expired;
    for (int i = 0; i < STATUS_COUNT; i++) {
        printf(" %s %" PRIu64 ",", row_status_name((enum row_status)i), counts->statuses[i]);
        all = all && counts->statuses[i];
    }
    printf(" %u seeds differ\n", failed);
    arena_destroy(arena);
    return failed != 0 || (seeds >= 50 && !all);
}
