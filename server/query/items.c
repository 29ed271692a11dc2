/*
 * Which items there are, and when they had which measure (domain.md §7.18, contract.md §4).
 *
 * Every catalog that is, was or will be in force has its items here: those of the newest catalog in its order, then
 * what only older ones have, then the bundles of every set by id.  Whether an item has a measure follows from the
 * catalogs in force in the period asked; one that is in none of these has what the newest catalog that lists it says.
 */
#include "server/query/snapshot.h"

#include "base/log.h"
#include "store/dictionary.h"

#include <pthread.h>
#include <stdlib.h>

/* Catalogs read so far, for ever: there are as many as rule sets that changed it, and reading the YAML
 * again for every answer would cost more than the answer. */
static pthread_mutex_t catalogs_lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_catalog {
    struct known_catalog *next;
    struct arena *arena;
    struct bytes text;
    struct catalog *catalog;
} *catalogs_first;

static const struct catalog *catalog_of(struct bytes text)
{
    const struct catalog *found = NULL;
    pthread_mutex_lock(&catalogs_lock);
    for (struct known_catalog *known = catalogs_first; known && !found; known = known->next)
        if (bytes_equal(known->text, text))
            found = known->catalog;
    if (!found) {
        struct arena *arena = arena_create();
        struct known_catalog *known = arena_alloc(arena, sizeof *known);
        const char *why = NULL;
        *known = (struct known_catalog){.next = catalogs_first, .arena = arena, .text = arena_copy(arena, text)};
        if (catalog_read(known->text, arena, &known->catalog, &why) == ERR_OK) {
            catalogs_first = known;
            found = known->catalog;
        } else {
            log_error("query", "the catalog in the store cannot be read: %s", why);
            arena_destroy(arena);
        }
    }
    pthread_mutex_unlock(&catalogs_lock);
    return found;
}

/* --- which catalog when -------------------------------------------------------------------------- */

static enum err load_catalogs(struct query *query)
{
    const struct counting_rules *counting = rules_counting(query_rules(query));
    struct bytes text;
    if (!meta_get(query->txn, "catalog", query->arena, &text))
        text = catalog_shipped();
    query->catalog = catalog_of(text);
    if (!query->catalog)
        return ERR_DAMAGED;
    query->catalogs = arena_alloc(query->arena, counting->count * sizeof *query->catalogs);
    for (size_t i = 0; i < counting->count; i++) {
        const struct catalog *catalog = bytes_present(counting->spans[i].catalog) ? catalog_of(counting->spans[i].catalog) : NULL;
        catalog = catalog ? catalog : query->catalog; /* the engine counts by its own then, too */
        if (i == 0 || query->catalogs[query->catalog_count - 1].catalog != catalog)
            query->catalogs[query->catalog_count++] = (struct catalog_span){counting->spans[i].from, catalog};
    }
    return query->err;
}

static const struct catalog_item *find_item(const struct catalog *catalog, struct bytes code)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (bytes_equal(catalog->items[i].code, code))
            return &catalog->items[i];
    return NULL;
}

const struct catalog *query_catalog(const struct query *query, instant at)
{
    size_t i = query->catalog_count - 1;
    while (i > 0 && query->catalogs[i].from > at)
        i--;
    return query->catalogs[i].catalog;
}

struct item_measures query_measures(const struct query *query, size_t item, instant from, instant to)
{
    const struct query_item *what = &query->items[item];
    struct item_measures measures = {false, false};
    bool listed = false;
    if (what->is_bundle || query->catalog_count == 1)
        return (struct item_measures){what->concurrent, what->enabled};
    for (size_t i = 0; i < query->catalog_count; i++) {
        if (query->catalogs[i].from >= to || (i + 1 < query->catalog_count && query->catalogs[i + 1].from <= from))
            continue;
        const struct catalog_item *found = find_item(query->catalogs[i].catalog, what->code);
        listed |= found != NULL;
        measures.concurrent |= found && found->measure_concurrent;
        measures.enabled |= found && found->measure_enabled;
    }
    return listed ? measures : (struct item_measures){what->concurrent, what->enabled};
}

/* --- the items ----------------------------------------------------------------------------------- */

struct listing {
    struct query *query;
    size_t capacity;
};

static void add_item(struct listing *listing, struct query_item item)
{
    struct query *query = listing->query;
    for (size_t i = 0; i < query->item_count; i++)
        if (bytes_equal(query->items[i].code, item.code))
            return;
    if (query->item_count == listing->capacity) {
        size_t capacity = listing->capacity * 2 + 64;
        struct query_item *more = arena_alloc(query->arena, capacity * sizeof *more);
        if (query->item_count)
            memcpy(more, query->items, query->item_count * sizeof *more);
        query->items = more;
        listing->capacity = capacity;
    }
    query->items[query->item_count++] = item;
}

static void add_catalogs(struct listing *listing)
{
    for (size_t c = listing->query->catalog_count; c > 0; c--) {
        const struct catalog *catalog = listing->query->catalogs[c - 1].catalog;
        for (size_t i = 0; i < catalog->count; i++) {
            const struct catalog_item *item = &catalog->items[i];
            add_item(listing, (struct query_item){.code = item->code,
                                                  .name = item->name,
                                                  .concurrent = item->measure_concurrent,
                                                  .enabled = item->measure_enabled,
                                                  .is_port = item->where.kind == SUBJECT_PORT});
        }
    }
}

/* Of two sets that name a bundle the later issued, then the larger key, gives its name. */
struct named_bundle {
    const struct rule *rule;
    const struct bundle *bundle;
};

static int compare_bundles(const void *left, const void *right)
{
    const struct named_bundle *a = left, *b = right;
    if (a->bundle->id != b->bundle->id)
        return a->bundle->id < b->bundle->id ? -1 : 1;
    int32_t x = a->rule->fact.bundle_set.issued, y = b->rule->fact.bundle_set.issued;
    if (x != y)
        return x > y ? -1 : 1;
    return bytes_compare(b->rule->fact.key, a->rule->fact.key);
}

static void add_bundles(struct listing *listing)
{
    struct query *query = listing->query;
    const struct rule *sets;
    size_t count = rules_of_kind(query_rules(query), FACT_BUNDLE_SET, &sets), total = 0, filled = 0;
    for (size_t i = 0; i < count; i++)
        total += sets[i].counts ? sets[i].fact.bundle_set.bundle_count : 0;
    struct named_bundle *bundles = arena_alloc(query->arena, (total + 1) * sizeof *bundles);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; sets[i].counts && k < sets[i].fact.bundle_set.bundle_count; k++)
            bundles[filled++] = (struct named_bundle){&sets[i], &sets[i].fact.bundle_set.bundles[k]};
    if (filled)
        qsort(bundles, filled, sizeof *bundles, compare_bundles);
    for (size_t i = 0; i < filled; i++) {
        struct bytes code = bytes_from_text(arena_printf(query->arena, "bundle:%lld", (long long)bundles[i].bundle->id));
        struct bytes name = bundles[i].bundle->name;
        if (i == 0 || bundles[i].bundle->id != bundles[i - 1].bundle->id)
            add_item(listing, (struct query_item){.code = code, .name = bytes_present(name) ? name : code, .concurrent = true, .is_bundle = true});
    }
}

static void note_number(void *owner, uint32_t number, struct bytes text)
{
    struct query *query = owner;
    for (size_t i = 0; i < query->item_count; i++)
        if (bytes_equal(query->items[i].code, text))
            query->items[i].number = number;
}

enum err query_load_items(struct query *query)
{
    struct listing listing = {query, 0};
    enum err err = load_catalogs(query);
    if (err)
        return err;
    add_catalogs(&listing);
    add_bundles(&listing);
    dictionary_each(query->txn, DICTIONARY_ITEM, note_number, query);
    for (size_t i = 0; i < query->item_count; i++)
        if (query->items[i].number > query->number_max)
            query->number_max = query->items[i].number;
    query->item_of_number = arena_alloc(query->arena, (query->number_max + 1) * sizeof *query->item_of_number);
    for (size_t i = 0; i < query->item_count; i++)
        if (query->items[i].number)
            query->item_of_number[query->items[i].number] = (uint32_t)i + 1;
    return db_error(query->txn);
}

size_t query_items(struct query *query, struct arena *arena, const struct query_item **items)
{
    struct query_item *copy = arena_alloc(arena, (query->item_count + 1) * sizeof *copy);
    memcpy(copy, query->items, query->item_count * sizeof *copy); /* texts of a catalog live for ever */
    for (size_t i = 0; i < query->item_count; i++)
        if (copy[i].is_bundle) {
            copy[i].code = arena_copy(arena, copy[i].code);
            copy[i].name = arena_copy(arena, copy[i].name);
        }
    *items = copy;
    return query->item_count;
}
