/*
 * tests/unit/proto/random_fact.h - lawful facts at random, member by member of the table.
 *
 * The same seed gives the same facts.  What they borrow lives in the arena.  Thread: one.
 */
#ifndef TESTS_UNIT_PROTO_RANDOM_FACT_H
#define TESTS_UNIT_PROTO_RANDOM_FACT_H

#include "proto/member.h"

void random_seed(uint64_t seed);
uint64_t random_next(void);
uint64_t random_below(uint64_t limit);
struct fact random_fact(enum fact_kind kind, struct arena *arena);
/* Bytewise but for texts and lists, so that a reader is not compared with a writer by the writer alone. */
bool record_equal(const struct record *record, const void *a, const void *b);

#endif
