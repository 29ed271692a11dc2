/*
 * Who was in the peak of a closed day is told the same after its detail is gone: byte for byte the answer of explain, with
 * sessions, pseudonyms, what made the peak, and what it would be without capped, superseded and shared seats.
 *
 * A seed's facts are folded, days of the books are closed with their rosters, explain is asked of peaks of the system, tenants
 * and groups; the horizon moves over the days, and explain is asked again.  Asked of another instant, or of a day whose
 * rosters went, it says so.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 60); SEED=n SEEDS=1: that one alone
 */
#include "base/check.h"
#include "base/limits.h"
#include "server/api/body.h"
#include "server/close/document.h"
#include "server/engine/engine.h"
#include "server/ingest/ingest.h"
#include "server/query/roster.h"
#include "store/dictionary.h"
#include "store/retention.h"
#include "tests/support/dump.h"
#include "tests/support/spite.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ASKED_MAX = 400 };
enum count { COUNT_FACTS, COUNT_ROSTERS, COUNT_ASKED, COUNT_SEATS, COUNT_STEPS, COUNT_BYTES, COUNT_GONE };

struct property {
    const struct catalog *catalog;
    uint64_t seed;
    struct spite spite;
    struct pseudonyms pseudonyms;
};

/* A peak that was asked of, and the answer while the detail was there. */
struct asked {
    struct explain_request request;
    struct bytes answer;
};

struct asking {
    struct property *property;
    const struct trial_run *run;
    struct way_store *store;
    struct arena *arena;
    struct asked list[ASKED_MAX];
    size_t count;
    struct dice dice;
};

static struct query *opened(const struct asking *asking)
{
    struct query *query;
    check(query_open(asking->store->db, &query) == ERR_OK);
    return query;
}

static enum err explain(struct asking *asking, struct query *query, const struct explain_request *request, struct bytes *answer, const char **why)
{
    struct buffer out = {0};
    struct body_page page = {.limit = SIZE_MAX};
    enum err err = body_explain(query, request, &asking->property->pseudonyms, &page, asking->arena, &out, why);
    *answer = arena_copy(asking->arena, buffer_bytes(&out));
    buffer_free(&out);
    return err;
}

/* Each counter's peak in its book's day, while the detail is there. */
static void ask_before(struct asking *asking, struct query *query, const struct rosters *rosters, const struct close_day *day)
{
    for (size_t i = 0; i < rosters->count && asking->count < ASKED_MAX; i++) {
        struct bytes code;
        const char *why = "";
        struct asked *asked = &asking->list[asking->count];
        if (!dice_chance(&asking->dice, 60) || !dictionary_get(query_txn(query), DICTIONARY_ITEM, rosters->list[i].item, &code))
            continue;
        asked->request = (struct explain_request){rosters->list[i].scope, arena_copy(asking->arena, code), day->start, PROFILE_EXACT, GRANULARITY_DAY, BYTES_LITERAL("UTC")};
        struct explain_answer answer;
        if (query_explain(query, &asked->request, asking->arena, &answer, &why) != ERR_OK)
            check_failed(__FILE__, __LINE__, why);
        asked->request.at = answer.peak_at; /* a roster is of a peak that somebody is in */
        check(answer.peak > 0 && explain(asking, query, &asked->request, &asked->answer, &why) == ERR_OK);
        asking->run->counts[COUNT_SEATS] += answer.seat_count;
        for (int k = 0; k < EXPLAIN_STEPS; k++)
            asking->run->counts[COUNT_STEPS] += answer.steps[k].seat_count;
        asking->count++;
    }
}

static void close_day(struct asking *asking, struct query *query, struct engine *engine, const struct query_scope *book, const struct close_day *day)
{
    struct close_record record;
    struct rosters rosters;
    struct db_txn *txn;
    check(close_make(query, &(struct close_request){*book, *day, false, day->end}, asking->arena, &record) == ERR_OK);
    check(rosters_make(query, engine, engine_seat_index(engine, PROFILE_EXACT, day->start, day->end, asking->arena), book, day->date, day->start, day->end,
                       &asking->property->pseudonyms, asking->arena, &rosters) == ERR_OK);
    check(db_begin_write(asking->store->db, &txn) == ERR_OK);
    close_put(txn, &record);
    rosters_put(txn, &rosters);
    check(db_commit(txn) == ERR_OK);
    ask_before(asking, query, &rosters, day);
    asking->run->counts[COUNT_ROSTERS] += rosters.count;
    asking->run->counts[COUNT_BYTES] += rosters.sessions.len;
    for (size_t i = 0; i < rosters.count; i++)
        asking->run->counts[COUNT_BYTES] += rosters.list[i].packed.len;
}

static void close_books_of(struct asking *asking, instant until)
{
    bool done = false;
    for (int days = 0; days < 8 && !done; days++) {
        struct query *query = opened(asking);
        struct engine *engine;
        const struct query_scope *books;
        size_t count = close_books(query, asking->arena, &books);
        check(explain_open_engine(query, &engine) == ERR_OK);
        done = true;
        for (size_t i = 0; i < count; i++) {
            struct close_day day;
            if (!close_next_day(query, &books[i], &day) || day.end > until)
                continue;
            close_day(asking, query, engine, &books[i], &day);
            done = false;
        }
        engine_destroy(engine);
        query_close(query);
    }
}

static bool ask_again(struct asking *asking)
{
    struct query *query = opened(asking);
    bool right = true;
    for (size_t i = 0; i < asking->count && right; i++) {
        struct bytes answer;
        const char *why = "";
        struct explain_request request = asking->list[i].request;
        enum err err = explain(asking, query, &request, &answer, &why);
        right = err == ERR_OK && bytes_equal(answer, asking->list[i].answer);
        if (!right)
            buffer_printf(asking->run->why, "  %s: before\n%.*s  after\n%.*s", why, (int)asking->list[i].answer.len, (const char *)asking->list[i].answer.data,
                          (int)answer.len, (const char *)answer.data);
        request.at++;
        asking->run->counts[COUNT_ASKED]++;
        /* A day may begin there, and be at its peak. */
        if (right && request.at % SLOT_MS != 0 && explain(asking, query, &request, &answer, &why) != ERR_NOT_FOUND) {
            buffer_printf(asking->run->why, "  a millisecond behind a peak, whose detail is gone, is told\n");
            right = false;
        }
    }
    query_close(query);
    return right;
}

static bool ask_at_last(struct asking *asking)
{
    struct db_txn *txn;
    uint64_t deleted = 0;
    struct bytes answer;
    const char *why = "";
    bool right = true, done = false;
    while (!done) {
        check(db_begin_write(asking->store->db, &txn) == ERR_OK);
        retention_move(txn, RETENTION_ROSTERS, INSTANT_MAX - DAY_MS);
        done = retention_slice(txn, RETENTION_ROSTERS, 7, &deleted);
        check(db_commit(txn) == ERR_OK);
    }
    struct query *query = opened(asking);
    for (size_t i = 0; i < asking->count; i++)
        right &= explain(asking, query, &asking->list[i].request, &answer, &why) == ERR_NOT_FOUND;
    query_close(query);
    asking->run->counts[COUNT_GONE] += deleted;
    if (!right)
        buffer_printf(asking->run->why, "  a roster that went is told\n");
    return right;
}

static bool holds(void *owner, const struct trial_run *run)
{
    struct property *property = owner;
    struct way_store store;
    struct asking *asking = memory_alloc_zero(1, sizeof *asking);
    *asking = (struct asking){.property = property, .run = run, .store = &store, .arena = arena_create(), .dice = {hash_mix(property->seed + 8)}};
    instant horizon = property->spite.from + (2 + (instant)dice_roll(&asking->dice, 3)) * DAY_MS;
    way_store_create(&store, run->parent, property->catalog, property->spite.cap_hours);
    store.sealing = property->seed | 1;
    way_store_take(&store, run->heap->facts, run->heap->count);
    run->counts[COUNT_FACTS] += run->heap->count;
    way_store_flush(&store);
    close_books_of(asking, horizon);
    way_store_horizon(&store, horizon);
    bool right = ask_again(asking);
    if (right && dice_chance(&asking->dice, 50)) {
        way_store_reopen(&store);
        right = ask_again(asking);
    }
    right = right && ask_at_last(asking);
    way_store_destroy(&store);
    arena_destroy(asking->arena);
    free(asking);
    return right;
}

static struct trial_heap make(void *owner, uint64_t seed, struct arena *arena)
{
    struct property *property = owner;
    property->seed = seed;
    spite_make(seed, arena, &property->spite);
    return trial_heap(arena, property->spite.facts, property->spite.count);
}

int main(void)
{
    struct arena *arena = arena_create();
    struct property property = {.catalog = way_catalog(catalog_shipped(), arena)};
    check(pseudonyms_open(NULL, &property.pseudonyms) == ERR_OK);
    struct trial_property trial = {"rosters", 60, holds, &property, make, NULL};
    uint64_t counts[TRIAL_COUNTS] = {0}, first, seeds;
    unsigned failed = trial_seeds(&trial, counts, &first, &seeds);
    printf("rosters: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " facts, %" PRIu64 " rosters of %" PRIu64 " bytes; %" PRIu64 " answers told again, with %" PRIu64
           " seats and %" PRIu64 " that a step leaves out, and no other instant; %" PRIu64 " records gone; %u seeds fail\n",
           first, first + seeds - 1, counts[COUNT_FACTS], counts[COUNT_ROSTERS], counts[COUNT_BYTES], counts[COUNT_ASKED], counts[COUNT_SEATS], counts[COUNT_STEPS],
           counts[COUNT_GONE], failed);
    arena_destroy(arena);
    bool tried = counts[COUNT_ASKED] && counts[COUNT_STEPS] && counts[COUNT_GONE];
    return failed != 0 || (seeds >= 50 && !tried);
}
