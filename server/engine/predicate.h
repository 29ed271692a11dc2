/*
 * server/engine/predicate.h - which items a session or a port uses: the catalog, compiled.
 *
 * A set of items is a mask: a number from 1 (0: the empty set) for one of the few different sets that
 * occur, so that sessions and edges carry 32 bits however many items a catalog has.  An item has a lane
 * for each family of seat keys: the item's number - 1 for the default chain (profiles exact, lrm and
 * sustained), that plus the number of items for the chain that begins with the person.  Items are those of
 * every catalog that is or was in force, and the bundles (era.h).
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_PREDICATE_H
#define SERVER_ENGINE_PREDICATE_H

#include "server/engine/catalog.h"
#include "server/engine/names.h"
#include "server/engine/rules.h"

struct masks {
    struct dictionary index; /* the words of a set as text → number */
    size_t word_count;       /* 64-bit words a set */
    size_t item_count;
    uint64_t *scratch;
    uint32_t *person;        /* [mask - 1]: the same items in the person's lanes; 0: not asked yet */
    uint32_t *both;          /* [mask - 1]: the items in both lanes; as many as person */
    uint32_t person_capacity;
    struct map unions;       /* (mask, mask) → mask */
};

void masks_create(struct masks *masks, size_t item_count);
/* More items: sets keep their numbers. */
void masks_grow(struct masks *masks, size_t item_count);
/* The items of a mask of default lanes in the person's lanes. */
uint32_t masks_person(struct masks *masks, uint32_t mask);
/* The items of a mask of default lanes in both lanes. */
uint32_t masks_both(struct masks *masks, uint32_t mask);
uint32_t masks_union(struct masks *masks, uint32_t a, uint32_t b);
void masks_free(struct masks *masks);
/* The number of a set of word_count words. */
uint32_t masks_number(struct masks *masks, const uint64_t *words);
/* Its words; NULL for 0. */
const uint64_t *masks_words(const struct masks *masks, uint32_t mask);

/* What a predicate may ask. */
struct attributes {
    enum subject_kind kind;
    bool voice;
    uint32_t app;          /* class WORD, 0 unknown */
    const uint32_t *media; /* class WORD */
    size_t media_count;
    enum switch_type switch_type;
    enum flag has_backup, agent, wfm;
    unsigned uses;
    const struct tenant_items *tenant_items; /* NULL: every item */
    enum site_type site_type;
    bool campaign_loaded;
};

struct predicate; /* one item's, compiled */
struct predicates {
    struct predicate *items;
    uint32_t *lanes; /* of each, filled in by the caller */
    size_t count;
    bool asks_site, asks_campaign;
};

void predicates_compile(struct predicates *predicates, const struct catalog *catalog, struct names *names);
void predicates_free(struct predicates *predicates);
/* The mask of the items with the concurrent measure whose predicate holds. */
uint32_t predicates_mask(const struct predicates *predicates, const struct attributes *attributes, struct masks *masks);

#endif
