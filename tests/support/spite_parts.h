/* tests/support/spite_parts.h - the world of a seed, known to spite*.c alone. */
#ifndef TESTS_SUPPORT_SPITE_PARTS_H
#define TESTS_SUPPORT_SPITE_PARTS_H

#include "tests/support/spite.h"

enum { POOL_MAX = 6, GRID_MAX = 20 };

struct pool {
    int64_t ids[POOL_MAX];
    size_t count;
};

struct world {
    struct dice dice;
    struct arena *arena;
    struct fact *facts;
    size_t count, capacity;
    struct pool tenants, persons, places, dns, logins, switches, groups;
    instant grid[GRID_MAX];
    size_t grid_count;
    instant from, to;
    int cap_hours;
    struct login_session twin; /* what the twins under way agree on */
    size_t sessions, keys; /* how many names of either there are */
    unsigned known_percent; /* how often an attribute is stated */
};

int64_t world_id(struct world *world, const struct pool *pool); /* ID_NONE now and then */
instant world_instant(struct world *world);
/* An end not before begin: often another point of the grid, now and then begin itself or open. */
instant world_end(struct world *world, instant begin, unsigned open_percent);
enum flag world_flag(struct world *world);
struct bytes world_word(struct world *world, const char *const *words, size_t count);
/* Appends a copy of fact under a source and key with several versions: change() spoils the body before each.
 * Some versions come twice with another body. */
void world_say(struct world *world, struct fact *fact, void (*change)(struct world *world, struct fact *fact));

/* Configuration and rules. */
void world_configuration(struct world *world);

#define WORLD_WORD(world, words) world_word(world, words, sizeof(words) / sizeof *(words))

#endif
