#include "server/engine/history.h"

#include "base/check.h"

static uint64_t pair(unsigned type, ref id)
{
    return (uint64_t)type << 32 | id;
}

/* --- chains of statements ---------------------------------------------------------------------- */

static uint32_t *link_of(struct history *history, uint32_t number, bool of_group)
{
    struct statement *statement = statement_at(history->statements, number);
    return of_group ? &statement->next_of_group : &statement->next;
}

static void chain_add(struct history *history, struct map *map, uint64_t key, uint32_t number, bool of_group)
{
    *link_of(history, number, of_group) = map_swap(map, key, number);
}

static void chain_remove(struct history *history, struct map *map, uint64_t key, uint32_t number, bool of_group)
{
    uint32_t at = map_get(map, key), after = *link_of(history, number, of_group);
    if (at == number) {
        if (after)
            map_put(map, key, after);
        else
            map_remove(map, key);
        return;
    }
    while (*link_of(history, at, of_group) != number)
        at = *link_of(history, at, of_group);
    *link_of(history, at, of_group) = after;
}

/* --- what changed ------------------------------------------------------------------------------ */

void history_reserve(struct history *history, uint32_t count)
{
    map_reserve(&history->objects, count / 2);
    map_reserve(&history->members, count / 2);
}

void history_mark(struct history *history, enum object_type type, ref id)
{
    if (!map_get(&history->dirty, pair(type, id))) {
        uint32_t before = history->before(history->owner, type, id);
        map_put(&history->dirty, pair(type, id), before);
    }
    /* A session reaches its switch through its DN or login too, so the few switches touch everybody. */
    if (type == OBJECT_SWITCH)
        history->all_dirty = true;
}

static void mark_group(struct history *history, ref group)
{
    for (uint32_t at = map_get(&history->groups, group); at; at = statement_at(history->statements, at)->next_of_group) {
        const struct membership *membership = &statement_at(history->statements, at)->membership;
        history_mark(history, membership->member_type, names_ref(history->names, membership->member));
    }
}

static void mark_said(struct history *history, const struct statement *statement)
{
    struct names *names = history->names;
    if (statement->kind == FACT_OBJECT)
        history_mark(history, statement->object.type, names_ref(names, statement->object.id));
    else if (statement->kind == FACT_MEMBERSHIP)
        history_mark(history, statement->membership.member_type, names_ref(names, statement->membership.member));
    else if (statement->campaign.group != ID_NONE)
        mark_group(history, names_ref(names, statement->campaign.group));
}

/* What it says now and said before.  While it is noted the statement says what it said before, so that before() sees the
 * history as it was; a new one is in no chain yet. */
static void mark_changed(struct history *history, uint32_t number, const struct statement *old)
{
    struct statement *statement = statement_at(history->statements, number), now = *statement;
    if (old->live)
        *statement = *old;
    mark_said(history, &now);
    if (old->live)
        mark_said(history, old);
    *statement = now;
}

static void object_changed(struct history *history, uint32_t number, const struct statement *old)
{
    const struct object *now = &statement_at(history->statements, number)->object;
    bool moved = old->live && (old->object.id != now->id || old->object.type != now->type);
    if (moved)
        chain_remove(history, &history->objects, pair(old->object.type, names_ref(history->names, old->object.id)), number, false);
    if (!old->live || moved)
        chain_add(history, &history->objects, pair(now->type, names_ref(history->names, now->id)), number, false);
}

static void membership_changed(struct history *history, uint32_t number, const struct statement *old)
{
    const struct membership *now = &statement_at(history->statements, number)->membership;
    if (old->live) {
        ref member = names_ref(history->names, old->membership.member);
        chain_remove(history, &history->members, pair(old->membership.member_type, member), number, false);
        chain_remove(history, &history->groups, names_ref(history->names, old->membership.group), number, true);
    }
    ref member = names_ref(history->names, now->member);
    chain_add(history, &history->members, pair(now->member_type, member), number, false);
    chain_add(history, &history->groups, names_ref(history->names, now->group), number, true);
}

static void campaign_changed(struct history *history, uint32_t number, const struct statement *old)
{
    const struct campaign *now = &statement_at(history->statements, number)->campaign;
    if (old->live && old->campaign.group != ID_NONE)
        chain_remove(history, &history->loaded, names_ref(history->names, old->campaign.group), number, false);
    if (now->group != ID_NONE)
        chain_add(history, &history->loaded, names_ref(history->names, now->group), number, false);
}

static void chain(struct history *history, uint32_t number, const struct statement *old)
{
    switch (statement_at(history->statements, number)->kind) {
    case FACT_OBJECT:
        object_changed(history, number, old);
        break;
    case FACT_MEMBERSHIP:
        membership_changed(history, number, old);
        break;
    case FACT_CAMPAIGN:
        campaign_changed(history, number, old);
        break;
    default:
        break;
    }
}

void history_changed(struct history *history, uint32_t number, const struct statement *old)
{
    mark_changed(history, number, old);
    chain(history, number, old);
}

void history_restored(struct history *history)
{
    static const struct statement nothing = {0};
    for (uint32_t i = 0; i < history->coming_count; i++)
        chain(history, history->coming[i], &nothing);
    history->coming_count = 0;
}

void history_restore(struct history *history, uint32_t number)
{
    const struct statement *statement = statement_at(history->statements, number);
    if (history->coming_count == STATEMENTS_TOGETHER)
        history_restored(history);
    if (statement->kind == FACT_OBJECT)
        map_fetch(&history->objects, pair(statement->object.type, names_ref(history->names, statement->object.id)));
    else if (statement->kind == FACT_MEMBERSHIP)
        map_fetch(&history->members, pair(statement->membership.member_type, names_ref(history->names, statement->membership.member)));
    history->coming[history->coming_count++] = number;
}

bool history_is_dirty(const struct history *history, enum object_type type, ref id)
{
    return id && map_get(&history->dirty, pair(type, id));
}

void history_settled(struct history *history)
{
    map_free(&history->dirty);
    history->all_dirty = false;
}

void history_free(struct history *history)
{
    map_free(&history->objects);
    map_free(&history->members);
    map_free(&history->groups);
    map_free(&history->loaded);
    map_free(&history->dirty);
}

static void fetch_statement(const struct history *history, uint32_t number)
{
    const char *statement = number ? (const char *)statement_at(history->statements, number) : NULL;
    for (size_t at = 0; statement && at < sizeof(struct statement); at += 64)
        __builtin_prefetch(statement + at);
}

void history_fetch(const struct history *history, enum object_type type, ref id, int step)
{
    bool member = type == OBJECT_PERSON || type == OBJECT_PLACE;
    if (step == 0) {
        map_fetch(&history->objects, pair(type, id));
        if (member)
            map_fetch(&history->members, pair(type, id));
        return;
    }
    fetch_statement(history, map_get(&history->objects, pair(type, id)));
    if (member)
        fetch_statement(history, map_get(&history->members, pair(type, id)));
}

/* --- questions --------------------------------------------------------------------------------- */

const struct object *history_object(const struct history *history, enum object_type type, ref id, instant at)
{
    const struct statement *best = NULL;
    if (id == 0)
        return NULL;
    for (uint32_t i = map_get(&history->objects, pair(type, id)); i;) {
        const struct statement *statement = statement_at(history->statements, i);
        i = statement->next;
        if (statement->object.valid_from > at)
            continue;
        if (!best || statement->object.valid_from > best->object.valid_from ||
            (statement->object.valid_from == best->object.valid_from &&
             statement_precedes(history->names, statement, best)))
            best = statement;
    }
    return best ? &best->object : NULL;
}

static void campaigns_of_group(const struct history *history, ref group, instant begin, instant end, span_fn fn, void *owner)
{
    for (uint32_t i = map_get(&history->loaded, group); i;) {
        const struct statement *statement = statement_at(history->statements, i);
        i = statement->next;
        instant from = statement->campaign.loaded_from > begin ? statement->campaign.loaded_from : begin;
        instant to = statement->campaign.loaded_to < end ? statement->campaign.loaded_to : end;
        if (from < to)
            fn(owner, from, to);
    }
}

void history_campaigns(const struct history *history, ref person, instant begin, instant end, span_fn fn, void *owner)
{
    if (person == 0)
        return;
    for (uint32_t i = map_get(&history->members, pair(OBJECT_PERSON, person)); i;) {
        const struct statement *statement = statement_at(history->statements, i);
        i = statement->next;
        instant from = statement->membership.from > begin ? statement->membership.from : begin;
        instant to = statement->membership.to < end ? statement->membership.to : end;
        if (from < to)
            campaigns_of_group(history, names_ref(history->names, statement->membership.group), from, to, fn, owner);
    }
}

void history_groups(const struct history *history, enum object_type member_type, ref member, group_fn fn, void *owner)
{
    for (uint32_t i = member ? map_get(&history->members, pair(member_type, member)) : 0; i;) {
        const struct statement *statement = statement_at(history->statements, i);
        const struct membership *membership = &statement->membership;
        i = statement->next;
        fn(owner, member_type, membership->group, membership->from, membership->to);
    }
}

size_t history_versions(const struct history *history, enum object_type type, ref id, struct arena *arena, const struct object ***versions)
{
    size_t count = 0;
    uint32_t first = map_get(&history->objects, pair(type, id));
    for (uint32_t i = first; i; i = statement_at(history->statements, i)->next)
        count++;
    const struct object **list = arena_alloc(arena, (count + 1) * sizeof *list);
    size_t filled = 0;
    for (uint32_t i = first; i; i = statement_at(history->statements, i)->next) {
        instant from = statement_at(history->statements, i)->object.valid_from;
        const struct object *counts = history_object(history, type, id, from);
        size_t at = filled;
        if (counts != &statement_at(history->statements, i)->object)
            continue; /* another source's word for the same instant goes before */
        for (; at > 0 && list[at - 1]->valid_from > from; at--)
            list[at] = list[at - 1];
        list[at] = counts;
        filled++;
    }
    *versions = list;
    return filled;
}

static void each_key(const struct map *map, bool value, changed_fn fn, void *owner)
{
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value)
            fn(owner, (enum object_type)(map->slots[i].key >> 32), (ref)map->slots[i].key, value ? map->slots[i].value : 0);
}

void history_each_dirty(const struct history *history, changed_fn fn, void *owner)
{
    each_key(&history->dirty, true, fn, owner);
}

void history_each_object(const struct history *history, changed_fn fn, void *owner)
{
    each_key(&history->objects, false, fn, owner);
}

bool history_is_timeless(const struct history *history, enum object_type type, ref id)
{
    uint32_t first = id ? map_get(&history->objects, pair(type, id)) : 0;
    if (!first)
        return true;
    const struct statement *statement = statement_at(history->statements, first);
    return !statement->next && statement->object.valid_from == INSTANT_EVER;
}

bool history_has_campaigns(const struct history *history, ref person)
{
    if (history->loaded.count == 0 || !person)
        return false;
    for (uint32_t i = map_get(&history->members, pair(OBJECT_PERSON, person)); i; i = statement_at(history->statements, i)->next)
        if (map_get(&history->loaded, names_ref(history->names, statement_at(history->statements, i)->membership.group)))
            return true;
    return false;
}
