/*
 * tests/bench/fold.c - what folding and flushing costs: the standard load (tests/support/load.h), scaled,
 * through ingest_facts() and a flush into LMDB.
 *
 *   fold.in_order, fold.late   facts per CPU-second, flushes included; late: 5 % up to an hour late
 *   flush.write_bytes          bytes handed to write calls, a fact, of the in-order runs
 *
 * FACTS (3000000: the whole standard load), RUNS (3), FLUSH_FACTS (1000000: as while catching up); a run is a process
 * and a store of its own.  "against" is a chain of random reads in a table of about the engine's size, on the same core
 * just before the run: machines wander, the ratio less.  Names as arguments choose; none: all.  One JSON object a figure
 * on stdout; counts, and what each phase of a run took, on stderr.
 */
#include "base/check.h"
#include "server/ingest/ingest.h"
#include "tests/support/load.h"
#include "tests/support/measure.h"
#include "tests/support/ways.h"

#include <stdio.h>

struct job {
    const struct load *load;
    const struct catalog *catalog;
};
struct result {
    double facts_per_s, reads_per_s, write_bytes;
};

/* Where the time of a run went. */
enum phase { PHASE_APPLY, PHASE_SETTLE, PHASE_CHANGES, PHASE_COMMIT, PHASE_WRITTEN, PHASE_COUNT };
struct laps {
    double begun, spent[PHASE_COUNT];
};

static void lap(struct laps *laps, enum phase phase)
{
    double now = measure_cpu_s();
    laps->spent[phase] += now - laps->begun;
    laps->begun = now;
}

/* As ingest_flush_facts() does it: hours are counted behind the facts (counter_day.c). */
static void flush(struct way_store *store, struct laps *laps)
{
    struct db_txn *txn;
    ingest_clock(store->ingest, INSTANT_MAX - 1);
    lap(laps, PHASE_SETTLE);
    check(db_begin_write(store->db, &txn) == ERR_OK);
    ingest_write_changes(store->ingest, txn);
    lap(laps, PHASE_CHANGES);
    check(db_commit(txn) == ERR_OK);
    lap(laps, PHASE_COMMIT);
    ingest_written(store->ingest);
    lap(laps, PHASE_WRITTEN);
}

static void run(const void *what, const char *folder, void *out)
{
    enum { BYTES_A_SESSION = 400 };
    const struct job *job = what;
    const struct load *load = job->load;
    struct result *result = out;
    struct way_store store;
    struct laps laps = {0};
    size_t flush_facts = measure_setting("FLUSH_FACTS", 1000000);
    result->reads_per_s = measure_reads(load->sessions * BYTES_A_SESSION);
    way_store_create(&store, folder, job->catalog, 24);
    ingest_facts(store.ingest, load->configuration, load->configuration_count);
    way_store_flush(&store);

    double written = measure_proc("/proc/self/io", "wchar:"), begun = measure_cpu_s();
    laps.begun = begun;
    for (size_t done = 0, many; done < load->fact_count; done += many) {
        many = load->fact_count - done < flush_facts ? load->fact_count - done : flush_facts;
        ingest_facts(store.ingest, &load->facts[done], many);
        lap(&laps, PHASE_APPLY);
        flush(&store, &laps);
    }
    result->facts_per_s = (double)load->fact_count / (measure_cpu_s() - begun);
    result->write_bytes = (measure_proc("/proc/self/io", "wchar:") - written) / (double)load->fact_count;
    double a_fact = 1e9 / (double)load->fact_count;
    fprintf(stderr, "ns a fact: %.0f apply, %.0f settle, %.0f changes, %.0f commit, %.0f written\n", laps.spent[PHASE_APPLY] * a_fact,
            laps.spent[PHASE_SETTLE] * a_fact, laps.spent[PHASE_CHANGES] * a_fact, laps.spent[PHASE_COMMIT] * a_fact, laps.spent[PHASE_WRITTEN] * a_fact);
    way_store_destroy(&store);
}

int main(int argc, char **argv)
{
    size_t runs = measure_setting("RUNS", 3);
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        puts("fold.in_order\nfold.late\nflush.write_bytes");
        return 0;
    }
    struct arena *arena = arena_create();
    struct catalog *catalog;
    const char *why = "";
    check(runs <= MEASURE_RUNS_MAX && catalog_read(catalog_shipped(), arena, &catalog, &why) == ERR_OK);
    for (unsigned late = 0; late <= 5; late += 5) {
        double paces[MEASURE_RUNS_MAX], reads[MEASURE_RUNS_MAX], bytes[MEASURE_RUNS_MAX];
        const char *name = late ? "fold.late" : "fold.in_order";
        bool pace = measure_wanted(name, argc, argv), written = !late && measure_wanted("flush.write_bytes", argc, argv);
        if (!pace && !written)
            continue;
        struct arena *facts = arena_create();
        struct load load;
        load_make(&(struct load_options){.facts = measure_setting("FACTS", 3000000), .late_percent = late}, facts, &load);
        fprintf(stderr, "load: %zu facts, %zu sessions of %zu agents, %zu tenants, %zu agent groups, %zu place groups, %u %% late\n", load.fact_count,
                load.sessions, load.agents, load.tenants, load.agent_groups, load.place_groups, late);
        for (size_t i = 0; i < runs; i++) {
            struct result result = {0};
            measure_apart(run, &(struct job){&load, catalog}, &result, sizeof result);
            paces[i] = result.facts_per_s;
            reads[i] = result.reads_per_s;
            bytes[i] = result.write_bytes;
        }
        if (pace)
            measure_say(name, "facts/cpu-s", paces, reads, runs);
        if (written)
            measure_say("flush.write_bytes", "B/fact", bytes, NULL, runs);
        arena_destroy(facts);
    }
    arena_destroy(arena);
    return 0;
}
