/*
 * tests/bench/counter_day.c - what a day leaves behind: the standard load (tests/support/load.h), folded, counted, and its
 * records weighed.
 *
 *   counter_day.disk    bytes per active counter (scope, item) and day of the sealed slots, day nets and sustained levels, all profiles
 *   counter_day.proof   likewise of what named rests on: entries, and the seats seen before the horizon; and the rosters of
 *                       the peaks of the day, in the system's book and each tenant's
 *   hours.count         facts per CPU-second when named and sustained of their hours are counted behind them
 *
 * A record weighs its key, its value and the 10 bytes that LMDB has for it in a page; that pages are not quite full
 * is not in the figure.  FACTS (3000000: the whole load).  Names as arguments choose; none: all.  One JSON object a
 * figure on stdout; counts on stderr.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/map.h"
#include "server/close/ready.h"
#include "server/engine/engine.h"
#include "server/ingest/ingest.h"
#include "server/query/roster.h"
#include "store/slots.h"
#include "tests/support/load.h"
#include "tests/support/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"counter_day.disk", "counter_day.proof", "hours.count"};

static double cpu_seconds(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double weigh(struct db_txn *txn, enum db_table table)
{
    enum { NODE_BYTES = 10 };
    struct bytes key, value;
    double bytes = 0;
    uint64_t records = 0;
    struct db_cursor *cursor = db_cursor_open(txn, table, BYTES_NONE);
    for (; db_cursor_next(cursor, &key, &value); records++)
        bytes += (double)(key.len + value.len + NODE_BYTES);
    db_cursor_close(cursor);
    fprintf(stderr, "%s: %llu records, %.0f bytes\n", table_name(table), (unsigned long long)records, bytes);
    return bytes;
}

/* Counters with a summary of their own in some slot. */
static size_t active_counters(struct db_txn *txn)
{
    struct map known = {0};
    struct dictionary scopes = {0};
    struct slots_cursor *cursor = slots_cursor_open(txn, 0);
    struct slots_entry entry;
    while (slots_cursor_next(cursor, &entry)) {
        struct key key = {.len = 0};
        key_add_u8(&key, (uint8_t)entry.scope.kind);
        key_add_u64(&key, (uint64_t)entry.scope.id);
        uint32_t scope = dictionary_number(&scopes, key_bytes(&key));
        check(!entry.damaged);
        for (size_t i = 0; i < entry.list.count; i++)
            map_put(&known, (uint64_t)scope << 32 | entry.list.records[i].item, 1);
    }
    slots_cursor_close(cursor);
    size_t count = known.count;
    fprintf(stderr, "%u scopes, %zu active counters\n", scopes.count, count);
    map_free(&known);
    dictionary_free(&scopes);
    return count;
}

static void print_figure(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"runs\":1,\"spread\":[%.6g,%.6g]}\n", name, value, unit, value, value);
}

static bool wanted(const char *name, int argc, char **argv)
{
    bool found = argc < 2;
    for (int i = 1; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

/* The rosters of the load's day in every book, as a close makes them. */
static void make_rosters(struct db *db, instant start)
{
    struct arena *arena = arena_create();
    struct pseudonyms pseudonyms;
    struct query *query;
    struct engine *engine;
    struct db_txn *txn;
    const struct query_scope *books;
    double begun = cpu_seconds();
    size_t rosters = 0;
    check(pseudonyms_open(NULL, &pseudonyms) == ERR_OK && query_open(db, &query) == ERR_OK && explain_open_engine(query, &engine) == ERR_OK);
    double opened = cpu_seconds();
    size_t count = close_books(query, arena, &books);
    const struct seat_index *index = engine_seat_index(engine, PROFILE_EXACT, start, start + DAY_MS, arena);
    for (size_t i = 0; i < count; i++) {
        struct arena *one = arena_create();
        struct rosters made;
        check(rosters_make(query, engine, index, &books[i], instant_day(start), start, start + DAY_MS, &pseudonyms, one, &made) == ERR_OK);
        check(db_begin_write(db, &txn) == ERR_OK);
        rosters_put(txn, &made);
        check(db_commit(txn) == ERR_OK);
        rosters += made.count;
        arena_destroy(one);
    }
    fprintf(stderr, "%zu rosters of %zu books in %.2f s of CPU, an engine opened for them in %.2f s\n", rosters, count, cpu_seconds() - opened, opened - begun);
    engine_destroy(engine);
    query_close(query);
    arena_destroy(arena);
}

/* As the retention of a server seals what is closed, in transactions of its size. */
static void seal(struct db *db)
{
    enum { SLICE_RECORDS = 500 };
    double begun = cpu_seconds(), longest = 0;
    uint64_t sealed = 0, slices = 0;
    for (bool done = false; !done; slices++) {
        struct db_txn *txn;
        double slice = cpu_seconds();
        check(db_begin_write(db, &txn) == ERR_OK && slots_seal(txn, UINT32_MAX, SLICE_RECORDS, &sealed, &done) == ERR_OK && db_commit(txn) == ERR_OK);
        longest = cpu_seconds() - slice > longest ? cpu_seconds() - slice : longest;
    }
    fprintf(stderr, "%llu slots sealed in %.2f s of CPU, %llu slices, the longest %.1f ms\n", (unsigned long long)sealed, cpu_seconds() - begun,
            (unsigned long long)slices, longest * 1000);
}

static void measure(struct way_store *store, const struct load *load, int argc, char **argv)
{
    struct db_txn *txn;
    for (size_t i = 0; i < load->configuration_count; i++)
        (void)ingest_fact(store->ingest, &load->configuration[i]);
    double begun = cpu_seconds();
    for (size_t i = 0; i < load->fact_count; i++)
        (void)ingest_fact(store->ingest, &load->facts[i]);
    check(ingest_flush_facts(store->ingest, INSTANT_MAX - 1) == ERR_OK);
    double folded = cpu_seconds(), longest = 0, slice = folded;
    size_t slices = 0;
    for (; engine_count_slice(ingest_engine(store->ingest)); slices++) {
        double now = cpu_seconds();
        longest = now - slice > longest ? now - slice : longest;
        slice = now;
    }
    double counted = cpu_seconds();
    fprintf(stderr, "folded in %.2f s of CPU, hours counted in %.2f s, %zu slices, the longest %.1f ms\n", folded - begun, counted - folded, slices,
            longest * 1000);
    way_store_flush(store);
    fprintf(stderr, "written in %.2f s\n", cpu_seconds() - counted);
    size_t login = 0;
    while (load->facts[login].kind != FACT_LOGIN_SESSION)
        login++;
    if (wanted(names[1], argc, argv))
        make_rosters(store->db, (instant)instant_day(load->facts[login].login_session.begin) * DAY_MS);
    seal(store->db);
    check(db_begin_read(store->db, &txn) == ERR_OK);
    double counters = (double)active_counters(txn);
    double disk = weigh(txn, TABLE_SLOT) + weigh(txn, TABLE_SEALED) + weigh(txn, TABLE_DAY_NET) + weigh(txn, TABLE_SUSTAINED);
    double proof = weigh(txn, TABLE_NAMED) + weigh(txn, TABLE_SEEN) + weigh(txn, TABLE_DAY);
    db_abort(txn);
    if (wanted(names[0], argc, argv))
        print_figure(names[0], disk / counters, "B");
    if (wanted(names[1], argc, argv))
        print_figure(names[1], proof / counters, "B");
    if (wanted(names[2], argc, argv))
        print_figure(names[2], (double)load->fact_count / (counted - folded), "facts/cpu-s");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            printf("%s\n", names[i]);
        return 0;
    }
    const char *why = "", *facts = getenv("FACTS");
    char parent[128];
    struct arena *arena = arena_create();
    struct catalog *catalog;
    struct load load;
    struct way_store store;
    snprintf(parent, sizeof parent, "%s/seatmeter-bench-XXXXXX", way_parent());
    check(mkdtemp(parent) && catalog_read(catalog_shipped(), arena, &catalog, &why) == ERR_OK);
    log_set_level(LOG_ERROR);
    load_make(&(struct load_options){.facts = facts ? strtoull(facts, NULL, 10) : 3000000}, arena, &load);
    fprintf(stderr, "load: %zu facts, %zu sessions of %zu agents, %zu tenants, %zu agent groups, %zu place groups\n", load.fact_count, load.sessions,
            load.agents, load.tenants, load.agent_groups, load.place_groups);
    way_store_create(&store, parent, catalog, 24);
    measure(&store, &load, argc, argv);
    way_store_destroy(&store);
    way_dir_remove(parent);
    arena_destroy(arena);
    return 0;
}
