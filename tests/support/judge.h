/*
 * tests/support/judge.h - what a store answers, held against what the judge (naive.h) counts.
 *
 * Asks query_usage() for every item of every id of the scopes asked, and compares each row: that it is
 * there, in its order, once; its borders as the C library's calendar has them (calendar.h), peak, peak_at,
 * seat_ms, named, enabled and its time; that zero rows are there too.
 */
#ifndef TESTS_SUPPORT_JUDGE_H
#define TESTS_SUPPORT_JUDGE_H

#include "store/db.h"
#include "tests/support/naive.h"

struct judge_request {
    instant from, to; /* any; a report has the whole periods that overlap them (domain.md §7.8) */
    enum granularity granularity;
    unsigned profiles;  /* bits 1 << PROFILE_… */
    const char *zone;   /* NULL: not said, so UTC */
    int first_weekday;
};

struct judge_counts {
    uint64_t rows;    /* compared */
    uint64_t odd_ids; /* answers with zero rows of an id that nothing names, or without those of one that is named */
};

/* True when every row is as the judge counts it; else *out has the first few that are not.  counts grow.
 *
 * Not held against the store yet, only counted: whether tenants and groups without any use have their zero rows
 * exactly when a newest row names them (domain.md §7.18).  Whoever is in use must have rows. */
bool judge_store(struct db *db, struct naive *naive, const struct judge_request *request, struct buffer *out, struct judge_counts *counts);

#endif
