/*
 * tests/bench/fold.c - what folding and flushing costs: the standard load (tests/support/load.h), scaled,
 * through ingest_fact() and ingest_flush() into LMDB.
 *
 *   fold.in_order, fold.late   facts per CPU-second, flushes included; late: 5 % up to an hour late
 *   flush.write_bytes          bytes handed to write calls, a fact, of the in-order runs
 *   session.memory             anonymous memory that the runs left, a session
 *
 * FACTS (3000000: the whole standard load), RUNS (3), FLUSH_FACTS (1000000: as while catching up); a run is a process
 * and a store of its own.  "against" is a chain of random reads in a table of about the engine's size, on the same core
 * just before the run: machines wander, the ratio less.  Names as arguments choose; none: all.  One JSON object a figure
 * on stdout; counts, and what each phase of a run took, on stderr.
 */
#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "server/ingest/ingest.h"
#include "tests/support/load.h"
#include "tests/support/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 50 };

struct run_result {
    double facts_per_s, reads_per_s, write_bytes, session_bytes;
};

struct figure {
    const char *name, *unit;
    unsigned late_percent;
    size_t offset; /* in run_result */
    bool against;  /* the calibration loop: what is measured is a pace */
};
static const struct figure figures[] = {
    {"fold.in_order", "facts/cpu-s", 0, offsetof(struct run_result, facts_per_s), true},
    {"flush.write_bytes", "B/fact", 0, offsetof(struct run_result, write_bytes), false},
    {"session.memory", "B/session", 0, offsetof(struct run_result, session_bytes), false},
    {"fold.late", "facts/cpu-s", 5, offsetof(struct run_result, facts_per_s), true},
};

static size_t setting(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    size_t value = text ? strtoull(text, NULL, 10) : otherwise;
    return value ? value : otherwise;
}

static double cpu_seconds(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A number behind a label in one of /proc's texts; 0 where there is none. */
static double proc_number(const char *file, const char *label)
{
    char line[256];
    double number = 0;
    FILE *stream = fopen(file, "r");
    while (stream && fgets(line, sizeof line, stream))
        if (strncmp(line, label, strlen(label)) == 0)
            number = strtod(line + strlen(label), NULL);
    if (stream)
        fclose(stream);
    return number;
}

/* Each read's place follows from the one before. */
static double calibrate(const struct load *load)
{
    enum { READS = 4000000, BYTES_A_SESSION = 400 };
    static volatile uint64_t result; /* so that the loop stays */
    uint64_t value = result + 1;
    size_t count = 1024;
    while (count * sizeof value < load->sessions * BYTES_A_SESSION)
        count *= 2;
    uint64_t *table = memory_alloc(count * sizeof *table);
    for (size_t i = 0; i < count; i++)
        table[i] = hash_mix(i);
    double begun = cpu_seconds();
    for (int i = 0; i < READS; i++)
        value = hash_mix(value ^ table[value & (count - 1)]);
    result = value;
    free(table);
    return READS / (cpu_seconds() - begun);
}

/* Where the time of a run went. */
enum phase { PHASE_APPLY, PHASE_SETTLE, PHASE_CHANGES, PHASE_COMMIT, PHASE_WRITTEN, PHASE_COUNT };
struct laps {
    double begun, spent[PHASE_COUNT];
};

static void lap(struct laps *laps, enum phase phase)
{
    double now = cpu_seconds();
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

static struct run_result run_here(const struct load *load, const struct catalog *catalog, const char *parent)
{
    struct run_result result = {.reads_per_s = calibrate(load)};
    struct way_store store;
    struct laps laps = {0};
    size_t flush_facts = setting("FLUSH_FACTS", 1000000);
    way_store_create(&store, parent, catalog, 24);
    for (size_t i = 0; i < load->configuration_count; i++)
        check(ingest_fact(store.ingest, &load->configuration[i]) == FACT_APPLIED);
    way_store_flush(&store);

    double memory = proc_number("/proc/self/status", "RssAnon:"), written = proc_number("/proc/self/io", "wchar:"), begun = cpu_seconds();
    laps.begun = begun;
    for (size_t done = 0, many; done < load->fact_count; done += many) {
        many = load->fact_count - done < flush_facts ? load->fact_count - done : flush_facts;
        ingest_facts(store.ingest, &load->facts[done], many);
        lap(&laps, PHASE_APPLY);
        flush(&store, &laps);
    }
    result.facts_per_s = (double)load->fact_count / (cpu_seconds() - begun);
    result.write_bytes = (proc_number("/proc/self/io", "wchar:") - written) / (double)load->fact_count;
    result.session_bytes = (proc_number("/proc/self/status", "RssAnon:") - memory) * 1024 / (double)load->sessions;
    double a_fact = 1e9 / (double)load->fact_count;
    fprintf(stderr, "ns a fact: %.0f apply, %.0f settle, %.0f changes, %.0f commit, %.0f written\n", laps.spent[PHASE_APPLY] * a_fact,
            laps.spent[PHASE_SETTLE] * a_fact, laps.spent[PHASE_CHANGES] * a_fact, laps.spent[PHASE_COMMIT] * a_fact, laps.spent[PHASE_WRITTEN] * a_fact);
    way_store_destroy(&store);
    return result;
}

/* A process of its own: no run inherits the memory of another. */
static struct run_result run(const struct load *load, const struct catalog *catalog)
{
    struct run_result result;
    char parent[128];
    int ends[2], status;
    snprintf(parent, sizeof parent, "%s/seatmeter-bench-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    check(mkdtemp(parent) && pipe(ends) == 0);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        log_set_level(LOG_ERROR);
        result = run_here(load, catalog, parent);
        _exit(write(ends[1], &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &result, sizeof result);
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && got == (ssize_t)sizeof result);
    close(ends[0]);
    way_dir_remove(parent);
    return result;
}

static int compare_double(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double value_of(const struct run_result *result, size_t offset)
{
    double value;
    memcpy(&value, (const char *)result + offset, sizeof value);
    return value;
}

static double median(const struct run_result *results, size_t runs, size_t offset, double spread[2])
{
    double values[RUNS_MAX];
    for (size_t i = 0; i < runs; i++)
        values[i] = value_of(&results[i], offset);
    qsort(values, runs, sizeof *values, compare_double);
    spread[0] = values[0];
    spread[1] = values[runs - 1];
    return values[runs / 2];
}

static void print_figure(const struct figure *figure, const struct run_result *results, size_t runs)
{
    double spread[2], other[2];
    double value = median(results, runs, figure->offset, spread);
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", figure->name, value, figure->unit);
    if (figure->against) {
        double reads = median(results, runs, offsetof(struct run_result, reads_per_s), other);
        printf(",\"against\":\"random reads one after the other, per cpu-s\",\"against_value\":%.6g,\"ratio\":%.4g", reads, value / reads);
    }
    printf(",\"runs\":%zu,\"spread\":[%.6g,%.6g]}\n", runs, spread[0], spread[1]);
    fflush(stdout);
}

static bool wanted(const char *name, int argc, char **argv)
{
    bool found = argc < 2;
    for (int i = 1; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

int main(int argc, char **argv)
{
    size_t runs = setting("RUNS", 3), count = sizeof figures / sizeof *figures;
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < count; i++)
            printf("%s\n", figures[i].name);
        return 0;
    }
    check(runs <= RUNS_MAX);
    struct arena *arena = arena_create();
    struct catalog *catalog;
    const char *why = "";
    check(catalog_read(catalog_shipped(), arena, &catalog, &why) == ERR_OK);
    for (unsigned late = 0; late <= 5; late += 5) {
        struct run_result results[RUNS_MAX];
        bool any = false;
        for (size_t i = 0; i < count; i++)
            any |= figures[i].late_percent == late && wanted(figures[i].name, argc, argv);
        if (!any)
            continue;
        struct arena *facts = arena_create();
        struct load load;
        load_make(&(struct load_options){.facts = setting("FACTS", 3000000), .late_percent = late}, facts, &load);
        fprintf(stderr, "load: %zu facts, %zu sessions of %zu agents, %zu tenants, %zu agent groups, %zu place groups, %u %% late\n", load.fact_count,
                load.sessions, load.agents, load.tenants, load.agent_groups, load.place_groups, late);
        for (size_t i = 0; i < runs; i++)
            results[i] = run(&load, catalog);
        for (size_t i = 0; i < count; i++)
            if (figures[i].late_percent == late && wanted(figures[i].name, argc, argv))
                print_figure(&figures[i], results, runs);
        arena_destroy(facts);
    }
    arena_destroy(arena);
    return 0;
}
