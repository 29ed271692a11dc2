/*
 * What comes again changes nothing (design.md §2), behind a horizon too: an adapter sends days twice, a consumer reads a
 * topic from its start, while the horizon has moved and most of it is forgotten.
 *
 * A seed gives some days of honest facts (sessions that begin open and end later, sometimes over a night or never, twins,
 * media, calls).  They are folded; the horizon moves on; everything comes again in any order, cut by flushes and reopens.
 * The store stays as it was, record for record.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 60); SEED=n SEEDS=1: that one alone
 */
#include "base/check.h"
#include "base/limits.h"
#include "server/ingest/ingest.h"
#include "store/db.h"
#include "tests/support/dump.h"
#include "tests/support/spite.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST ((instant)1795305600000) /* 2026-11-22T00:00Z */
enum { DAYS = 4, CAP_HOURS = 24, FACTS_MAX = 2000 };
enum count { COUNT_FACTS, COUNT_RECORDS };

struct property {
    const struct catalog *catalog;
    uint64_t seed;
};

struct making {
    struct dice dice;
    struct arena *arena;
    struct fact *facts;
    size_t count;
};

static struct bytes name(struct making *making, const char *letter, size_t number)
{
    return bytes_from_text(arena_printf(making->arena, "%s%zu", letter, number));
}

/* A session as one source tells it: open at first, its end later. */
static void say_session(struct making *making, size_t number, const char *source, instant begin, instant end, int64_t desk)
{
    struct fact fact = fact_blank(FACT_LOGIN_SESSION);
    fact.source = bytes_from_text(source);
    fact.key = name(making, "", number);
    fact.version = 1;
    fact.login_session.session = name(making, source, number);
    fact.login_session.person = desk + 100;
    fact.login_session.place = desk;
    fact.login_session.dn = desk % 3 ? desk : ID_NONE;
    fact.login_session.tenant = 1 + desk % 2;
    fact.login_session.begin = begin;
    making->facts[making->count++] = fact;
    if (end != INSTANT_NEVER) {
        fact.version = 2;
        fact.login_session.end = end;
        fact.login_session.end_by = dice_chance(&making->dice, 20) ? END_BY_DISCONNECT : END_BY_LOGOUT;
        making->facts[making->count++] = fact;
    }
    if (dice_chance(&making->dice, 40)) {
        struct fact media = fact_blank(FACT_SESSION_MEDIA);
        media.source = fact.source;
        media.key = fact.key;
        media.version = 1;
        media.session_media.session = fact.login_session.session;
        media.session_media.media = dice_chance(&making->dice, 50) ? BYTES_LITERAL("chat") : BYTES_LITERAL("email");
        media.session_media.begin = begin;
        making->facts[making->count++] = media;
        media.version = 2;
        media.session_media.end = end == INSTANT_NEVER ? begin + HOUR_MS : end;
        making->facts[making->count++] = media;
    }
}

static void say_call(struct making *making, size_t number, instant begin, instant end)
{
    struct fact fact = fact_blank(FACT_PORT);
    fact.source = BYTES_LITERAL("gvp");
    fact.key = name(making, "mcp/", number);
    fact.version = 1;
    fact.port.uses = PORT_GVP;
    fact.port.call = name(making, "call-", number / 2);
    fact.port.begin = begin;
    making->facts[making->count++] = fact;
    if (end != INSTANT_NEVER) {
        fact.version = 2;
        fact.port.end = end;
        making->facts[making->count++] = fact;
    }
}

static void say_watermark(struct making *making, const char *source)
{
    struct fact fact = fact_blank(FACT_WATERMARK);
    fact.source = bytes_from_text(source);
    fact.key = BYTES_LITERAL("watermark");
    fact.version = 1;
    fact.watermark.until = FIRST + DAYS * (instant)DAY_MS;
    making->facts[making->count++] = fact;
}

static struct trial_heap make(void *owner, uint64_t seed, struct arena *arena)
{
    struct property *property = owner;
    struct making making = {{hash_mix(seed + 99)}, arena, arena_alloc(arena, FACTS_MAX * sizeof(struct fact)), 0};
    size_t sessions = 3 + dice_roll(&making.dice, 150);
    property->seed = seed;
    for (size_t i = 0; i < sessions; i++) {
        instant begin = FIRST + (instant)dice_roll(&making.dice, DAYS * (uint64_t)DAY_MS);
        instant end = dice_chance(&making.dice, 8) ? INSTANT_NEVER : begin + (instant)dice_roll(&making.dice, 9 * (uint64_t)HOUR_MS);
        int64_t desk = (int64_t)dice_roll(&making.dice, 20);
        if (dice_chance(&making.dice, 20)) {
            say_call(&making, i, begin, end == INSTANT_NEVER ? end : begin + (end - begin) / 60);
            continue;
        }
        say_session(&making, i, "icon-a", begin, end, desk);
        if (dice_chance(&making.dice, 30))
            say_session(&making, i, "icon-b", begin + (instant)dice_roll(&making.dice, 2000), end, desk);
    }
    say_watermark(&making, "icon-a");
    say_watermark(&making, "gvp");
    return trial_heap(arena, making.facts, making.count);
}

static void hand_over(struct way_store *store, enum way way, uint64_t seed, const struct trial_heap *heap)
{
    size_t count;
    struct way_step *steps = way_plan(way, seed, heap->facts, heap->places, heap->count, &count);
    for (size_t i = 0; i < count; i++) {
        (void)ingest_fact(store->ingest, steps[i].fact);
        if (steps[i].flush && i % 8 == 0)
            way_store_flush(store);
        if (steps[i].reopen) {
            way_store_flush(store);
            way_store_reopen(store);
        }
    }
    way_store_flush(store);
    free(steps);
}

static bool holds(void *owner, const struct trial_run *run)
{
    struct property *property = owner;
    struct way_store store;
    struct buffer before = {0}, after = {0};
    size_t differing = 0;
    way_store_create(&store, run->parent, property->catalog, CAP_HOURS);
    store.sealing = property->seed | 1;
    hand_over(&store, WAY_IN_ORDER, property->seed, run->heap);
    run->counts[COUNT_FACTS] += run->heap->count;
    for (int day = 1; day <= DAYS && !differing; day++) {
        char text[INSTANT_TEXT_SIZE];
        instant horizon = FIRST + day * (instant)DAY_MS;
        way_store_horizon(&store, horizon);
        buffer_clear(&before);
        buffer_clear(&after);
        dump_store(store.db, &before);
        hand_over(&store, day % 2 ? WAY_SHUFFLED : WAY_DOUBLED, property->seed + (uint64_t)day, run->heap);
        dump_store(store.db, &after);
        differing = dump_compare(buffer_bytes(&before), buffer_bytes(&after), 12, run->why);
        for (size_t i = 0; i < after.len; i++)
            run->counts[COUNT_RECORDS] += after.data[i] == '\n';
        if (differing)
            buffer_printf(run->why, "  %zu records changed when everything came again behind the horizon %s: - before, + after\n", differing,
                          instant_format(horizon, text));
    }
    way_store_destroy(&store);
    buffer_free(&before);
    buffer_free(&after);
    return differing == 0;
}

int main(void)
{
    struct arena *arena = arena_create();
    struct property property = {.catalog = way_catalog(catalog_shipped(), arena)};
    struct trial_property trial = {"replay", 60, holds, &property, make, NULL};
    uint64_t counts[TRIAL_COUNTS] = {0}, first, seeds;
    unsigned failed = trial_seeds(&trial, counts, &first, &seeds);
    printf("replay: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " facts came again behind %d horizons, %" PRIu64 " records stayed; %u seeds fail\n", first,
           first + seeds - 1, counts[COUNT_FACTS], (int)DAYS, counts[COUNT_RECORDS], failed);
    arena_destroy(arena);
    return failed != 0 || !counts[COUNT_RECORDS];
}
