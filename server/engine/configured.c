/*
 * Configured objects → parts → steps of the enabled counts (domain.md §7.14).
 *
 * An object's parts are not kept: before it changes they are derived and remembered until the next settling, which derives
 * them again and gives the difference.  So a store opens without a look at what did not change.
 */
#include "server/engine/private.h"

#include <stdlib.h>

static bool matches(const struct enabled_where *where, enum object_type type, const struct object *object)
{
    return where->object == type && (where->agent == FLAG_UNKNOWN || where->agent == object->agent) &&
           (where->wfm == FLAG_UNKNOWN || where->wfm == object->wfm) &&
           (where->switch_types == 0 || (object->switch_type != SWITCH_UNKNOWN && (where->switch_types & 1u << object->switch_type)));
}

/* The items of a catalog that the object could use; for_group: those that a place stands for in its place groups. */
static uint32_t mask_of(struct engine *engine, const struct counted_catalog *counted, enum object_type type, const struct object *object,
                        bool for_group)
{
    uint64_t *words = arena_alloc(engine->scratch, engine->masks.word_count * sizeof *words);
    for (size_t i = 0; i < counted->catalog->count; i++) {
        const struct catalog_item *item = &counted->catalog->items[i];
        uint32_t lane = counted->predicates.lanes[i];
        bool holds = for_group ? item->enabled_where.object == OBJECT_PERSON : matches(&item->enabled_where, type, object);
        if (item->measure_enabled && holds)
            words[lane / 64] |= 1ull << lane % 64;
    }
    return masks_number(&engine->masks, words);
}

struct adding {
    struct engine *engine;
    struct part_list *list;
    struct piece piece;
};

static void add_group(void *owner, enum object_type member_type, int64_t group, instant from, instant to)
{
    struct adding *adding = owner;
    struct piece inside = adding->piece;
    enum scope_kind kind = member_type == OBJECT_PERSON ? SCOPE_AGENT_GROUP : SCOPE_PLACE_GROUP;
    inside.from = from > inside.from ? from : inside.from;
    inside.to = to < inside.to ? to : inside.to;
    if (inside.from < inside.to)
        part_add(adding->engine, adding->list, &inside, counters_scope(&adding->engine->counters, (struct scope){kind, group}));
}

/* The part of a version in which one catalog is in force. */
static void add_span(struct engine *engine, struct part_list *list, enum object_type type, ref id, const struct object *object,
                     const struct counted_catalog *counted, instant from, instant to)
{
    struct adding adding = {engine, list, {from, to, mask_of(engine, counted, type, object, false)}};
    if (adding.piece.mask) {
        int64_t tenant = type == OBJECT_TENANT ? object->id : object->tenant == ID_NONE ? 0 : object->tenant;
        part_add(engine, list, &adding.piece, counters_scope(&engine->counters, (struct scope){SCOPE_SYSTEM, 0}));
        part_add(engine, list, &adding.piece, counters_scope(&engine->counters, (struct scope){SCOPE_TENANT, tenant}));
        if (type == OBJECT_PERSON)
            history_groups(&engine->history, OBJECT_PERSON, id, add_group, &adding);
    }
    if (type == OBJECT_PLACE) {
        adding.piece.mask = mask_of(engine, counted, type, object, true);
        if (adding.piece.mask)
            history_groups(&engine->history, OBJECT_PLACE, id, add_group, &adding);
    }
}

static void add_version(struct engine *engine, struct part_list *list, enum object_type type, ref id, const struct object *object, instant to)
{
    const struct eras *eras = &engine->eras;
    if (object->enabled != FLAG_YES || object->deleted == FLAG_YES)
        return;
    for (size_t i = 0; i < eras->catalog_count; i++) {
        instant from = eras->catalogs[i].from, until = i + 1 < eras->catalog_count ? eras->catalogs[i + 1].from : INSTANT_NEVER;
        from = from > object->valid_from ? from : object->valid_from;
        until = until < to ? until : to;
        if (from < until)
            add_span(engine, list, type, id, object, eras->catalogs[i].catalog, from, until);
    }
}

static void give(struct engine *engine, struct part_list *parts, int sign)
{
    engine->after.count = 0;
    parts_edges(engine, parts, INSTANT_EVER, INSTANT_NEVER, &engine->after);
    for (size_t i = 0; i < engine->after.count; i++) {
        engine->after.edges[i].sign *= sign;
        enabled_add(&engine->enabled, &engine->counters, &engine->after.edges[i]);
    }
}

/* In the scratch arena. */
static struct part_list parts_of(struct engine *engine, enum object_type type, ref id)
{
    const struct object **versions;
    struct part_list parts = {0};
    size_t count = history_versions(&engine->history, type, id, engine->scratch, &versions);
    for (size_t i = 0; i < count; i++)
        add_version(engine, &parts, type, id, versions[i], i + 1 < count ? versions[i + 1]->valid_from : INSTANT_NEVER);
    return parts;
}

uint32_t configured_remember(void *owner, enum object_type type, ref id)
{
    struct engine *engine = owner;
    struct part_list parts = parts_of(engine, type, id);
    if (engine->configured_count == engine->configured_capacity) {
        engine->configured_capacity = engine->configured_capacity ? engine->configured_capacity * 2 : 64;
        engine->configured = memory_resize(engine->configured, engine->configured_capacity * sizeof *engine->configured);
    }
    struct configured *configured = &engine->configured[engine->configured_count++];
    *configured = (struct configured){parts.count ? memory_alloc(parts.count * sizeof *parts.parts) : NULL, parts.count};
    if (parts.count)
        memcpy(configured->parts, parts.parts, parts.count * sizeof *parts.parts);
    arena_reset(engine->scratch);
    return engine->configured_count;
}

static void mark_one(void *owner, enum object_type type, ref id, uint32_t before)
{
    (void)before;
    history_mark(owner, type, id);
}

void configured_remember_all(struct engine *engine)
{
    history_each_object(&engine->history, mark_one, &engine->history);
}

void configured_derive(struct engine *engine, enum object_type type, ref id, uint32_t before)
{
    struct configured *old = &engine->configured[before - 1];
    struct part_list parts = parts_of(engine, type, id);
    if (parts.count == old->count && (parts.count == 0 || memcmp(parts.parts, old->parts, parts.count * sizeof *parts.parts) == 0))
        return;
    give(engine, &(struct part_list){old->parts, old->count, old->count}, -1);
    give(engine, &parts, 1);
}

static void recount_one(void *owner, enum object_type type, ref id, uint32_t before)
{
    struct engine *engine = owner;
    struct part_list parts = parts_of(engine, type, id);
    (void)before;
    give(engine, &parts, 1);
    arena_reset(engine->scratch);
}

void configured_recount(struct engine *engine)
{
    history_each_object(&engine->history, recount_one, engine);
}

void configured_settled(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->configured_count; i++)
        free(engine->configured[i].parts);
    free(engine->configured);
    engine->configured = NULL;
    engine->configured_count = engine->configured_capacity = 0;
}

void configured_free(struct engine *engine)
{
    configured_settled(engine);
    enabled_free(&engine->enabled);
}
