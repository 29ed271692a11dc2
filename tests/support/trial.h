/*
 * tests/support/trial.h - one try of a property over a heap of facts, and what is left of a heap that fails.
 *
 * A trial runs in a process of its own, so that a check() that fails is a finding like any other.  What
 * fails is made small: runs of facts are taken away, long ones first, while it still fails.  A fact keeps its
 * place in the whole heap, by which the property decides when it comes.
 * Thread: one.
 */
#ifndef TESTS_SUPPORT_TRIAL_H
#define TESTS_SUPPORT_TRIAL_H

#include "base/memory.h"
#include "proto/fact.h"
#include "server/engine/catalog.h"
#include "tests/support/spite.h"

struct trial_heap {
    const struct fact **facts;
    size_t *places;
    size_t count;
};

struct trial_run {
    const struct trial_heap *heap;
    const char *parent;  /* a folder for stores; it goes with the process */
    struct buffer *why;  /* what is wrong, for a person */
    uint64_t *counts;    /* what was done, TRIAL_COUNTS of them, zero at first */
};
enum { TRIAL_COUNTS = 32 };
/* True: the property holds. */
typedef bool (*trial_fn)(void *owner, const struct trial_run *run);

/* The whole heap of count facts, in the arena. */
struct trial_heap trial_heap(struct arena *arena, const struct fact *facts, size_t count);
/* Its facts in a row, as the judge takes them, with room for more behind them; the caller frees. */
struct fact *trial_facts(const struct trial_heap *heap, size_t more);
/* Tries once; *why gets the findings, with what the process said on stderr; counts may be NULL. */
bool trial_try(trial_fn fn, void *owner, const struct trial_heap *heap, struct buffer *why, uint64_t *counts);
/* Makes a heap that fails small; *why as of the smallest. */
void trial_make_small(trial_fn fn, void *owner, struct trial_heap *heap, struct buffer *why);

/* Runs fn over seeds (SEED: the first, default 1; SEEDS: how many) until three fail; counts add up.  make() gives the
 * facts of a seed, and may look at what they are about; say() prints whatever should stand with a finding. */
struct trial_property {
    const char *name;
    uint64_t seeds; /* how many by default */
    trial_fn fn;
    void *owner;
    struct trial_heap (*make)(void *owner, uint64_t seed, struct arena *arena);
    void (*say)(void *owner, const struct trial_heap *heap, struct buffer *out); /* NULL: nothing more */
};
/* What most properties are about: the facts of spite.h, or of spite_rules.h, under a catalog; make() with this as owner. */
struct trial_spite {
    const struct catalog *catalog;
    uint64_t seed;
    struct spite spite;
};
struct trial_heap trial_make_spite(void *owner, uint64_t seed, struct arena *arena);
struct trial_heap trial_make_rules(void *owner, uint64_t seed, struct arena *arena);
/* How many seeds failed; *first and *seeds: those tried. */
unsigned trial_seeds(const struct trial_property *property, uint64_t counts[TRIAL_COUNTS], uint64_t *first, uint64_t *seeds);

#endif
