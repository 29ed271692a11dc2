/*
 * server/engine/era.h - which catalog, cap and bundle set are in force when.
 *
 * Rule sets and bundle sets follow each other in time; an era is a span between two changes, so within one era
 * nothing of this changes.  A session that lies in several is cut where they meet.  All of it follows from the
 * rules alone and is made anew when one changes, which is rare; then every session and object is derived again,
 * and only what differs reaches the counters: closed days, which the new rules do not touch, stay.
 *
 * An item has a lane for each family of seat keys (predicate.h).  Lanes are given to codes for as long as the store
 * lives, in the order of the dictionary of items; a new code makes every array of lanes longer (lanes.c).
 *
 * Thread: ingest.  Owner: the engine.
 */
#ifndef SERVER_ENGINE_ERA_H
#define SERVER_ENGINE_ERA_H

#include "base/map.h"
#include "server/engine/counting.h"
#include "server/engine/predicate.h"
#include "server/engine/rules.h"

struct engine;
struct piece;

/* A catalog as it is counted by. */
struct counted_catalog {
    struct counted_catalog *next;
    struct arena *arena; /* NULL: the store's own, which is the caller's */
    const struct catalog *catalog;
    struct predicates predicates;
};

struct catalog_era {
    instant from; /* until the next one's */
    const struct counted_catalog *catalog;
};
struct cap_era {
    instant from;
    instant cap_ms;
};
/* The bundles in force, compiled: items by their lanes (domain.md §7.11). */
struct bundle_rule {
    uint32_t lane;
    uint32_t *include, *exclude;
    size_t include_count, exclude_count;
};
struct bundle_era {
    instant from;
    struct bundle_rule *bundles;
    size_t count; /* 0: no set is in force */
};

struct eras {
    struct counted_catalog *known; /* every catalog that ever was in force */
    struct arena *arena;           /* of what follows */
    struct zone **zones;
    size_t zone_count;
    struct counting_rules counting;
    struct catalog_era *catalogs; /* each at least one, the first from INSTANT_EVER */
    struct cap_era *caps;
    struct bundle_era *bundles;
    size_t catalog_count, cap_count, bundle_count;
    instant *cuts; /* where a catalog, a bundle set or a site type changes */
    size_t cut_count;
    bool asks_site, asks_campaign; /* some catalog does */
    struct buffer said;            /* what all of it follows from */
    struct map bundle_masks;       /* (bundle era, items used) → mask + 1 */
};

/* Makes room for the lanes of the catalog by which the store is counted where no rule set says another. */
void eras_create(struct engine *engine);
/* True when something else is in force than before. */
bool eras_rebuild(struct engine *engine);
void eras_free(struct eras *eras);

const struct counted_catalog *eras_catalog(const struct eras *eras, instant at);
/* Of what begins at an instant (domain.md §7.5). */
instant eras_cap_ms(const struct eras *eras, instant begin);
/* Which era an instant lies in. */
uint32_t eras_number(const struct eras *eras, instant at);

/* bundle.c */
void bundles_build(struct engine *engine);
/* Puts the bundles that a session uses into its pieces, which are cut where the set changes. */
size_t bundles_add(struct engine *engine, struct piece *pieces, size_t count, struct piece **out);

/* lanes.c */
/* The lane of an item's code, given when new; lanes_grow() before it is used. */
uint32_t lanes_of(struct engine *engine, struct bytes code);
void lanes_grow(struct engine *engine);

#endif
