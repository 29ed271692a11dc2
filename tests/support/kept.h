/*
 * tests/support/kept.h - which facts count for the judge (naive.h) when a horizon moves (domain.md §7.20): those that were
 * not too late when they came, without the rows of sessions that were over when the horizon passed.
 *
 * For each source that has sent any session there is one more fact, of nobody: its watermark goes on to cap sessions.
 */
#ifndef TESTS_SUPPORT_KEPT_H
#define TESTS_SUPPORT_KEPT_H

#include "tests/support/naive.h"

struct kept {
    struct fact *facts; /* the caller's, room for two a fact that comes */
    size_t count;
    const struct catalog *catalog;
    int cap_hours;
    instant horizon; /* INSTANT_EVER: none */
};

/* False when the fact is too late. */
bool kept_take(struct kept *kept, const struct fact *fact);
/* The judge of what counts; naive_destroy() it. */
struct naive *kept_count(const struct kept *kept);
/* The horizon moves; how many facts are forgotten. */
size_t kept_forget(struct kept *kept, instant horizon);

#endif
