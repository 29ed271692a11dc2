#include "server/engine/private.h"

#include "base/check.h"

#include <stdlib.h>

/* --- catalogs ------------------------------------------------------------------------------------ */

/* Compiled once; the lanes of its items are there when eras_rebuild() ends. */
static const struct counted_catalog *add_catalog(struct engine *engine, const struct catalog *catalog, struct arena *arena)
{
    struct counted_catalog *counted = memory_alloc_zero(1, sizeof *counted);
    *counted = (struct counted_catalog){.next = engine->eras.known, .arena = arena, .catalog = catalog};
    predicates_compile(&counted->predicates, catalog, &engine->names);
    for (size_t i = 0; i < catalog->count; i++)
        counted->predicates.lanes[i] = lanes_of(engine, catalog->items[i].code);
    engine->eras.known = counted;
    return counted;
}

/* Absent, or a text that cannot be read, which ingest refuses: the store's own. */
static const struct counted_catalog *catalog_of(struct engine *engine, struct bytes text)
{
    const struct counted_catalog *known = engine->eras.known, *own = NULL;
    struct catalog *catalog;
    const char *why;
    for (; known; known = known->next) {
        own = known->catalog == engine->catalog ? known : own;
        if (bytes_present(text) && bytes_equal(known->catalog->text, text))
            return known;
    }
    if (!bytes_present(text))
        return own;
    struct arena *arena = arena_create();
    if (catalog_read(text, arena, &catalog, &why) == ERR_OK)
        return add_catalog(engine, catalog, arena);
    arena_destroy(arena);
    return own;
}

void eras_create(struct engine *engine)
{
    add_catalog(engine, engine->catalog, NULL);
}

static void build_catalogs(struct engine *engine)
{
    struct eras *eras = &engine->eras;
    eras->catalogs = arena_alloc(eras->arena, eras->counting.count * sizeof *eras->catalogs);
    eras->asks_site = eras->asks_campaign = false;
    for (size_t i = 0; i < eras->counting.count; i++) {
        const struct counted_catalog *catalog = catalog_of(engine, eras->counting.spans[i].catalog);
        if (i > 0 && eras->catalogs[eras->catalog_count - 1].catalog == catalog)
            continue;
        eras->catalogs[eras->catalog_count++] = (struct catalog_era){eras->counting.spans[i].from, catalog};
        eras->asks_site |= catalog->predicates.asks_site;
        eras->asks_campaign |= catalog->predicates.asks_campaign;
    }
}

static void build_caps(struct engine *engine)
{
    struct eras *eras = &engine->eras;
    eras->caps = arena_alloc(eras->arena, eras->counting.count * sizeof *eras->caps);
    for (size_t i = 0; i < eras->counting.count; i++) {
        const struct counting *counting = &eras->counting.spans[i];
        instant cap_ms = counting->cap_hours == ID_NONE ? engine->cap_ms : counting->cap_hours * HOUR_MS;
        if (i == 0 || eras->caps[eras->cap_count - 1].cap_ms != cap_ms)
            eras->caps[eras->cap_count++] = (struct cap_era){counting->from, cap_ms};
    }
}

/* --- all of it ----------------------------------------------------------------------------------- */

static const struct zone *zone_of(void *owner, struct bytes name)
{
    struct eras *eras = owner;
    for (size_t i = 0; i < eras->zone_count; i++)
        if (bytes_equal(zone_name(eras->zones[i]), name))
            return eras->zones[i];
    struct zone *zone = zone_open(name);
    if (!zone)
        return NULL;
    eras->zones = memory_resize(eras->zones, (eras->zone_count + 1) * sizeof *eras->zones);
    return eras->zones[eras->zone_count++] = zone;
}

static void build_counting(struct engine *engine)
{
    struct eras *eras = &engine->eras;
    const struct statement **list;
    size_t count = rules_that_count(FACT_RULESET, &engine->statements, &engine->names, eras->arena, &list);
    struct ruleset_said *said = arena_alloc(eras->arena, (count + 1) * sizeof *said);
    for (size_t i = 0; i < count; i++)
        said[i] = (struct ruleset_said){arena_copy(eras->arena, list[i]->key), statement_fact(list[i], &engine->names, eras->arena).ruleset};
    counting_make(said, count, zone_of, eras, eras->arena, &eras->counting);
}

static void build_cuts(struct engine *engine)
{
    struct eras *eras = &engine->eras;
    size_t sites = eras->asks_site ? engine->rules.site_count : 1, kept = 0;
    eras->cuts = arena_alloc(eras->arena, (eras->catalog_count + eras->bundle_count + sites) * sizeof *eras->cuts);
    for (size_t i = 1; i < eras->catalog_count; i++)
        eras->cuts[eras->cut_count++] = eras->catalogs[i].from;
    for (size_t i = 1; i < eras->bundle_count; i++)
        eras->cuts[eras->cut_count++] = eras->bundles[i].from;
    for (size_t i = 1; i < sites; i++)
        eras->cuts[eras->cut_count++] = engine->rules.sites[i].from;
    instants_sort(eras->cuts, eras->cut_count);
    for (size_t i = 0; i < eras->cut_count; i++)
        if (i == 0 || eras->cuts[i] != eras->cuts[i - 1])
            eras->cuts[kept++] = eras->cuts[i];
    eras->cut_count = kept;
}

/* The rule sets and bundle sets that count, one behind the other; which source said them does not matter. */
static void write_said(struct engine *engine, struct buffer *out)
{
    static const enum fact_kind kinds[] = {FACT_RULESET, FACT_BUNDLE_SET};
    struct arena *arena = arena_create();
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct statement **list;
        size_t count = rules_that_count(kinds[k], &engine->statements, &engine->names, arena, &list);
        buffer_printf(out, "%zu\n", count);
        for (size_t i = 0; i < count; i++) {
            buffer_append_bytes(out, list[i]->key);
            buffer_append_char(out, '\n');
            buffer_append_bytes(out, list[i]->body);
            buffer_append_char(out, '\n');
        }
    }
    arena_destroy(arena);
}

/* Sites change with entitlements, and with the calendar. */
bool eras_rebuild(struct engine *engine)
{
    struct eras *eras = &engine->eras;
    struct buffer said = {0};
    write_said(engine, &said);
    bool same_said = eras->arena && bytes_equal(buffer_bytes(&said), buffer_bytes(&eras->said));
    if (eras->arena && !same_said)
        configured_remember_all(engine);
    buffer_free(&eras->said);
    struct arena *old = eras->arena;
    *eras = (struct eras){.known = eras->known, .arena = arena_create(), .zones = eras->zones, .zone_count = eras->zone_count,
                          .said = said, .bundle_masks = eras->bundle_masks};
    map_free(&eras->bundle_masks);
    build_counting(engine);
    bool same_rules = !rules_rebuild(&engine->rules, &engine->statements, &engine->names, eras->counting.calendar);
    build_catalogs(engine);
    build_caps(engine);
    bundles_build(engine);
    build_cuts(engine);
    lanes_grow(engine);
    arena_destroy(old);
    return !same_said || !same_rules;
}

void eras_free(struct eras *eras)
{
    for (struct counted_catalog *known = eras->known, *next; known; known = next) {
        next = known->next;
        predicates_free(&known->predicates);
        arena_destroy(known->arena);
        free(known);
    }
    for (size_t i = 0; i < eras->zone_count; i++)
        zone_close(eras->zones[i]);
    free(eras->zones);
    map_free(&eras->bundle_masks);
    buffer_free(&eras->said);
    arena_destroy(eras->arena);
}

/* --- questions ----------------------------------------------------------------------------------- */

const struct counted_catalog *eras_catalog(const struct eras *eras, instant at)
{
    size_t i = eras->catalog_count - 1;
    while (i > 0 && eras->catalogs[i].from > at)
        i--;
    return eras->catalogs[i].catalog;
}

instant eras_cap_ms(const struct eras *eras, instant begin)
{
    size_t i = eras->cap_count - 1;
    while (i > 0 && eras->caps[i].from > begin)
        i--;
    return eras->caps[i].cap_ms;
}

uint32_t eras_number(const struct eras *eras, instant at)
{
    size_t i = eras->cut_count;
    while (i > 0 && eras->cuts[i - 1] > at)
        i--;
    return (uint32_t)i;
}
