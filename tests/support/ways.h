/*
 * tests/support/ways.h - the ways in which the same facts may reach a store.
 *
 * A way decides for each fact by (seed, way, the fact's place) alone when it comes, whether it comes
 * twice, and whether a flush or a reopen follows it: so when facts are taken away, the rest keep theirs,
 * and a failing heap can be made small.
 *
 *   in order    as said, one flush at the end
 *   shuffled    any order, flushes here and there, the store closed and opened again now and then
 *   doubled     any order, every third fact twice, a flush after every other, more reopens
 *   recounted   any order, at first under other rules (fewer items, another cap), then opened again under the right ones
 */
#ifndef TESTS_SUPPORT_WAYS_H
#define TESTS_SUPPORT_WAYS_H

#include "proto/fact.h"
#include "server/engine/catalog.h"
#include "tests/support/scratch.h"

#define WAY_MAP(X)                                                                                 \
    X(IN_ORDER, "in order")                                                                        \
    X(SHUFFLED, "shuffled")                                                                        \
    X(DOUBLED, "doubled")                                                                          \
    X(RECOUNTED, "recounted")

enum way {
#define X(way, name) WAY_##way,
    WAY_MAP(X)
#undef X
    WAY_COUNT
};
const char *way_name(enum way way);

struct way_step {
    const struct fact *fact;
    uint64_t when; /* sorts */
    bool flush, reopen;
};
/* The steps of a way; the caller frees.  places[i] is the place of facts[i] in the whole heap. */
struct way_step *way_plan(enum way way, uint64_t seed, const struct fact *const *facts, const size_t *places, size_t count,
                          size_t *step_count);

/* A catalog from its text, in the arena; a faulty one ends the program. */
struct catalog *way_catalog(struct bytes text, struct arena *arena);

/* A store in a folder of its own, with an ingest on it. */
struct way_store {
    char dir[SCRATCH_PATH_SIZE];
    struct db *db;
    struct ingest *ingest;
    const struct catalog *catalog;
    int cap_hours;
    uint64_t sealing; /* not 0: a seed by which flushes seal some slots, whether their days are closed or not */
};
/* parent: as of scratch_folder(); catalog NULL: the shipped one. */
void way_store_create(struct way_store *store, const char *parent, const struct catalog *catalog, int cap_hours);
void way_store_take(struct way_store *store, const struct fact *const *facts, size_t count); /* whatever becomes of them */
void way_store_flush(struct way_store *store); /* with a clock behind everything */
void way_store_flush_at(struct way_store *store, instant wall);
void way_store_reopen(struct way_store *store); /* what was not flushed is gone: flush before */
/* Moves the horizon as the closer does when a day's detail goes: memory and store together; flushes before. */
void way_store_horizon(struct way_store *store, instant horizon);
void way_store_destroy(struct way_store *store); /* with its folder */

#define way_parent scratch_parent
#define way_dir_remove scratch_remove

#endif
