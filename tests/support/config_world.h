/*
 * tests/support/config_world.h - a configuration that changes at random, and what became of it in a store.
 *
 * A *world* has tenants, switches, persons, places, groups and members; now and then a third of something is missing.  A
 * *ledger* is the sink of an adapter that follows it: facts are committed with their cursor, and a part of them without it
 * when the adapter is killed; an operator may decide there about what is held.  world_text() and ledger_text() read both at an
 * instant, the second from the facts alone, by a reading of the contract of its own.
 * Thread: one.
 */
#ifndef TESTS_SUPPORT_CONFIG_WORLD_H
#define TESTS_SUPPORT_CONFIG_WORLD_H

#include "adapters/config/follow.h"
#include "adapters/config/map.h"

#define FIRST ((instant)1795305600000) /* 2026-11-22T00:00Z */
enum { PERSONS = 60, PLACES = 30, GROUPS = 4, TENANTS = 3, STEPS = 40, LINES_MAX = 4000 };

struct thing {
    bool there, enabled, flag;
    int tenant;
};

struct world {
    struct thing tenants[TENANTS], switches[2], persons[PERSONS], places[PLACES], groups[GROUPS];
    bool members[GROUPS][PERSONS]; /* groups 0 and 1: of persons, 2 and 3: of places */
};

struct ledger {
    struct arena *arena;
    struct fact *committed;
    size_t count;
    struct fact pending[20000];
    size_t pending_count;
    struct bytes cursor;
    int64_t left; /* calls until the end; -1: none */
    struct bytes raw;
    size_t refused;
};

struct run {
    uint64_t dice;
    struct world world;
    struct ledger *ledger;
    instant now;
    const struct config_map *map;
    char *shots[STEPS + 1]; /* what the world was when a picture counted */
    instant shot_at[STEPS + 1];
    size_t shot_count;
    char *lines[LINES_MAX]; /* everything that a sidecar ever said */
    size_t line_count;
    int64_t sequence;
    uint64_t kills, held, decided, lost;
};


void world_begin(struct run *run, uint64_t seed);
void world_end(struct run *run);
uint64_t world_roll(struct run *run, uint64_t below);
void world_change(struct run *run);
typedef void (*object_fn)(void *owner, enum object_type type, int64_t id, const struct thing *thing);
void world_each_object(const struct world *world, object_fn fn, void *owner);
/* The caller's. */
char *world_text(const struct world *world);
char *ledger_text(const struct ledger *ledger, instant at);
const struct fact *ledger_newest_source(const struct ledger *ledger);

/* What the world is now, as of at, when a picture of it counted. */
void world_shot(struct run *run, instant at);
/* False, said on stderr, when the ledger says another thing of one of the instants. */
bool world_shots_hold(const struct run *run, const char *what, uint64_t seed);

/* The adapter's life: it starts, perhaps without its cursor, and perhaps with few calls left; it is killed. */
struct follow *world_start(struct run *run);
struct adapter_sink world_sink(struct run *run);
void world_killed(struct run *run);
/* An operator looks, and perhaps decides. */
void world_decide(struct run *run);

/* A number of the environment. */
uint64_t world_number(const char *name, uint64_t otherwise);

#endif
