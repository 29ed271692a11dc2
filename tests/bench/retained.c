/*
 * tests/bench/retained.c - what is kept: a store of 1 M sessions (tests/support/load.h, twice the standard load), opened again.
 *
 *   reopen           seconds from opening the store to ready, with its file in the page cache
 *   session.memory   anonymous memory that opening leaves, a session: rows, dictionaries, indexes, seats and what else
 *                    grows with sessions; also what does not (two hours of edge logs, 200,000 configured objects and more),
 *                    which is taken off by opening a store of the configuration alone
 *
 * FACTS (6000000), RUNS (3).  A process makes the stores and others open them, so that nothing of the making is counted.
 */
#include "base/check.h"
#include "server/ingest/ingest.h"
#include "tests/support/load.h"
#include "tests/support/measure.h"
#include "tests/support/ways.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

struct job {
    const struct catalog *catalog;
    size_t facts, runs;
};
struct opened {
    double seconds, cpu, bytes;
};
struct result {
    double sessions;
    struct opened full[MEASURE_RUNS_MAX], empty;
};
struct opening {
    const char *dir;
    const struct catalog *catalog;
};

static void make(const struct job *job, const char *folder, size_t facts, struct way_store *store, size_t *sessions)
{
    struct arena *arena = arena_create();
    struct load load;
    load_make(&(struct load_options){.facts = job->facts}, arena, &load);
    way_store_create(store, folder, job->catalog, 24);
    ingest_facts(store->ingest, load.configuration, load.configuration_count);
    way_store_flush(store);
    for (size_t done = 0, many; done < facts && done < load.fact_count; done += many) {
        many = load.fact_count - done < 1000000 ? load.fact_count - done : 1000000;
        ingest_facts(store->ingest, &load.facts[done], many);
        way_store_flush(store);
    }
    *sessions = load.sessions;
    arena_destroy(arena);
}

static void open_again(const void *what, const char *folder, void *out)
{
    const struct opening *opening = what;
    struct opened *opened = out;
    struct db *db;
    struct ingest *ingest;
    (void)folder;
    malloc_trim(0);
    double memory = measure_proc("/proc/self/status", "RssAnon:"), wall = measure_wall_s(), cpu = measure_cpu_s();
    check(db_create(&(struct db_options){.dir = opening->dir, .map_bytes = 16ull << 30}, &db) == ERR_OK);
    check(ingest_create(&(struct ingest_options){.db = db, .catalog = opening->catalog, .cap_hours = 24}, &ingest) == ERR_OK);
    opened->seconds = measure_wall_s() - wall;
    opened->cpu = measure_cpu_s() - cpu;
    malloc_trim(0);
    opened->bytes = (measure_proc("/proc/self/status", "RssAnon:") - memory) * 1024;
    ingest_destroy(ingest);
    db_destroy(db);
}

static void run(const void *what, const char *folder, void *out)
{
    const struct job *job = what;
    struct result *result = out;
    for (int full = 0; full <= 1; full++) {
        struct way_store store;
        size_t sessions;
        make(job, folder, full ? job->facts : 0, &store, &sessions);
        ingest_destroy(store.ingest);
        db_destroy(store.db);
        result->sessions = (double)sessions;
        for (size_t i = 0; i < (full ? job->runs : 1); i++) {
            struct opening opening = {store.dir, job->catalog};
            measure_apart(open_again, &opening, full ? &result->full[i] : &result->empty, sizeof result->empty);
        }
    }
}

int main(int argc, char **argv)
{
    struct job job = {.facts = measure_setting("FACTS", 6000000), .runs = measure_setting("RUNS", 3)};
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        puts("reopen\nsession.memory");
        return 0;
    }
    static struct result result;
    struct arena *arena = arena_create();
    struct catalog *catalog;
    const char *why = "";
    double seconds[MEASURE_RUNS_MAX], bytes[MEASURE_RUNS_MAX];
    check(job.runs <= MEASURE_RUNS_MAX && catalog_read(catalog_shipped(), arena, &catalog, &why) == ERR_OK);
    job.catalog = catalog;
    measure_apart(run, &job, &result, sizeof result);
    for (size_t i = 0; i < job.runs; i++) {
        seconds[i] = result.full[i].seconds;
        bytes[i] = (result.full[i].bytes - result.empty.bytes) / result.sessions;
    }
    fprintf(stderr, "%.0f sessions: opened in %.2f s of a core; the configuration alone in %.2f s, %.0f MB\n", result.sessions, result.full[0].cpu,
            result.empty.cpu, result.empty.bytes / 1e6);
    if (measure_wanted("reopen", argc, argv))
        measure_say("reopen", "s", seconds, NULL, job.runs);
    if (measure_wanted("session.memory", argc, argv))
        measure_say("session.memory", "B/session", bytes, NULL, job.runs);
    arena_destroy(arena);
    return 0;
}
