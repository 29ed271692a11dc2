/*
 * tests/support/load.h - the standard load of contract.md §8, scaled: facts of one day as they would come.
 *
 * 100,000 agents × 5 sessions × (1 login + 2 media rows) × 2 versions = 3.0 M facts at scale 1; 200
 * tenants, 500 agent groups (2 an agent), 5 place groups a tenant, 6 items a session.  Configuration comes
 * first and is not counted.  The same numbers give the same facts everywhere.
 */
#ifndef TESTS_SUPPORT_LOAD_H
#define TESTS_SUPPORT_LOAD_H

#include "base/memory.h"
#include "proto/fact.h"

struct load_options {
    size_t facts;         /* wanted; whole agents are made, 30 facts each */
    unsigned late_percent; /* of the facts up to an hour late */
};

struct load {
    struct fact *configuration, *facts; /* in the arena */
    size_t configuration_count, fact_count;
    size_t agents, sessions, tenants, agent_groups, place_groups;
};

void load_make(const struct load_options *options, struct arena *arena, struct load *load);

#endif
