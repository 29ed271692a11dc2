/*
 * tests/bench/live.c - what a day as it happens costs: 2,000 facts a second, a flush every 250 ms.
 *
 *   live.cpu           share of a core
 *   live.flush_bytes   bytes handed to write calls, a flush
 *
 * The first half of the standard load (tests/support/load.h) is folded before, so that the store is a working one.  The
 * clock is the newest fact's, so the load's day runs at its own pace.  Named and sustained are counted behind the facts
 * in the server's idle time (server/ingest/pump.c) and are not in these figures.
 * FACTS (3000000), FLUSHES (400: 100 s), RUNS (3).
 */
#include "base/check.h"
#include "server/ingest/ingest.h"
#include "tests/support/load.h"
#include "tests/support/measure.h"
#include "tests/support/ways.h"

#include <stdio.h>

enum { FACTS_A_FLUSH = 500, FLUSHES_A_SECOND = 4 };

struct job {
    const struct load *load;
    const struct catalog *catalog;
};
struct result {
    double share, bytes, reads;
};

/* When the fact was made: its end when it has one. */
static instant made_at(const struct fact *fact)
{
    instant begin = fact->kind == FACT_LOGIN_SESSION ? fact->login_session.begin : fact->session_media.begin;
    instant end = fact->kind == FACT_LOGIN_SESSION ? fact->login_session.end : fact->session_media.end;
    return end == INSTANT_NEVER ? begin : end;
}

static void run(const void *what, const char *folder, void *out)
{
    const struct job *job = what;
    const struct load *load = job->load;
    struct result *result = out;
    struct way_store store;
    size_t before = load->fact_count / 2, flushes = measure_setting("FLUSHES", 400);
    instant clock = 0;
    check(before + flushes * FACTS_A_FLUSH <= load->fact_count);
    result->reads = measure_reads(load->sessions * 400);
    way_store_create(&store, folder, job->catalog, 24);
    ingest_facts(store.ingest, load->configuration, load->configuration_count);
    ingest_facts(store.ingest, load->facts, before);
    for (size_t i = 0; i < before; i++)
        clock = made_at(&load->facts[i]) > clock ? made_at(&load->facts[i]) : clock;
    way_store_flush_at(&store, clock);

    double written = measure_proc("/proc/self/io", "wchar:"), begun = measure_cpu_s();
    for (size_t flush = 0; flush < flushes; flush++) {
        const struct fact *facts = &load->facts[before + flush * FACTS_A_FLUSH];
        ingest_facts(store.ingest, facts, FACTS_A_FLUSH);
        for (size_t i = 0; i < FACTS_A_FLUSH; i++)
            clock = made_at(&facts[i]) > clock ? made_at(&facts[i]) : clock;
        check(ingest_flush_facts(store.ingest, clock) == ERR_OK);
    }
    result->share = 100 * (measure_cpu_s() - begun) / ((double)flushes / FLUSHES_A_SECOND);
    result->bytes = (measure_proc("/proc/self/io", "wchar:") - written) / (double)flushes;
    way_store_destroy(&store);
}

int main(int argc, char **argv)
{
    size_t runs = measure_setting("RUNS", 3);
    double shares[MEASURE_RUNS_MAX], bytes[MEASURE_RUNS_MAX];
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        puts("live.cpu\nlive.flush_bytes");
        return 0;
    }
    struct arena *arena = arena_create();
    struct catalog *catalog;
    struct load load;
    const char *why = "";
    check(runs <= MEASURE_RUNS_MAX && catalog_read(catalog_shipped(), arena, &catalog, &why) == ERR_OK);
    load_make(&(struct load_options){.facts = measure_setting("FACTS", 3000000)}, arena, &load);
    for (size_t i = 0; i < runs; i++) {
        struct result result = {0};
        measure_apart(run, &(struct job){&load, catalog}, &result, sizeof result);
        shares[i] = result.share;
        bytes[i] = result.bytes;
        fprintf(stderr, "%.1f %% of a core, %.0f B a flush; %.3g random reads a cpu-s\n", result.share, result.bytes, result.reads);
    }
    if (measure_wanted("live.cpu", argc, argv))
        measure_say("live.cpu", "% of a core", shares, NULL, runs);
    if (measure_wanted("live.flush_bytes", argc, argv))
        measure_say("live.flush_bytes", "B", bytes, NULL, runs);
    arena_destroy(arena);
    return 0;
}
