/*
 * tests/support/measure.h - what the programs of tests/bench measure with, and how they say it (contract.md §8).
 */
#ifndef TESTS_SUPPORT_MEASURE_H
#define TESTS_SUPPORT_MEASURE_H

#include "base/bytes.h"

enum { MEASURE_RUNS_MAX = 50 };

/* A number of the environment, or otherwise. */
size_t measure_setting(const char *name, size_t otherwise);
double measure_cpu_s(void); /* of this process */
double measure_wall_s(void);
/* A number behind a label in one of /proc's texts; 0 where there is none. */
double measure_proc(const char *file, const char *label);
/* Random reads in a table of so many bytes, each at a place that follows from the one before: how many a CPU-second. */
double measure_reads(size_t bytes);
/* One figure as a line of JSON, the median of what the runs gave; reads NULL: it is no pace. */
void measure_say(const char *name, const char *unit, const double *values, const double *reads, size_t runs);
/* True when the arguments name it, or name nothing. */
bool measure_wanted(const char *name, int argc, char **argv);
/* Runs fn in a process of its own, with a folder of its own that is gone afterwards; it fills in result. */
typedef void (*measure_fn)(const void *job, const char *folder, void *result);
void measure_apart(measure_fn fn, const void *job, void *result, size_t result_size);

#endif
