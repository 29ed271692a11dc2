#include "tests/support/measure.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

size_t measure_setting(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    size_t value = text ? strtoull(text, NULL, 10) : otherwise;
    return value ? value : otherwise;
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    check(clock_gettime(clock, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double measure_cpu_s(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double measure_wall_s(void)
{
    return seconds(CLOCK_MONOTONIC);
}

double measure_proc(const char *file, const char *label)
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

double measure_reads(size_t bytes)
{
    enum { READS = 4000000 };
    static volatile uint64_t result; /* so that the loop stays */
    uint64_t value = result + 1;
    size_t count = 1024;
    while (count * sizeof value < bytes)
        count *= 2;
    uint64_t *table = memory_alloc(count * sizeof *table);
    for (size_t i = 0; i < count; i++)
        table[i] = hash_mix(i);
    double begun = measure_cpu_s();
    for (int i = 0; i < READS; i++)
        value = hash_mix(value ^ table[value & (count - 1)]);
    result = value;
    free(table);
    return READS / (measure_cpu_s() - begun);
}

static int compare_double(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void sorted(const double *values, size_t runs, double out[MEASURE_RUNS_MAX])
{
    check(runs > 0 && runs <= MEASURE_RUNS_MAX);
    memcpy(out, values, runs * sizeof *out);
    qsort(out, runs, sizeof *out, compare_double);
}

void measure_say(const char *name, const char *unit, const double *values, const double *reads, size_t runs)
{
    double own[MEASURE_RUNS_MAX], other[MEASURE_RUNS_MAX];
    sorted(values, runs, own);
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", name, own[runs / 2], unit);
    if (reads) {
        sorted(reads, runs, other);
        printf(",\"against\":\"random reads one after the other, per cpu-s\",\"against_value\":%.6g,\"ratio\":%.4g", other[runs / 2],
               own[runs / 2] / other[runs / 2]);
    }
    printf(",\"runs\":%zu,\"spread\":[%.6g,%.6g]}\n", runs, own[0], own[runs - 1]);
    fflush(stdout);
}

bool measure_wanted(const char *name, int argc, char **argv)
{
    bool found = argc < 2;
    for (int i = 1; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

void measure_apart(measure_fn fn, const void *job, void *result, size_t result_size)
{
    char folder[SCRATCH_PATH_SIZE];
    int ends[2], status;
    scratch_folder(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", folder); /* on a disk: a flush is measured with it */
    check(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        log_set_level(LOG_ERROR);
        fn(job, folder, result);
        _exit(write(ends[1], result, result_size) == (ssize_t)result_size ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], result, result_size);
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && got == (ssize_t)result_size);
    close(ends[0]);
    scratch_remove(folder);
}
