/*
 * From a session's attributes to what it counts as: seats, tenant, groups, items.
 *
 * Most sessions repeat what their agent did before, and most configuration never changes: then all of
 * this follows from the attributes alone and is kept under them.  What names an object with a history,
 * or a group that campaigns are loaded for, is worked out each time.
 */
#include "server/engine/private.h"

#include <stdlib.h>

/* --- what is kept --------------------------------------------------------------------------------- */

bool resolution_key(const struct engine *engine, const struct view *view, instant end, struct attributes_key *key)
{
    if (view->media_count > KEPT_MEDIA)
        return false;
    *key = (struct attributes_key){view->tenant, view->person, view->login, view->place, view->dn, view->switch_id, view->app, {0},
                                   eras_number(&engine->eras, view->begin), eras_number(&engine->eras, end - 1)};
    for (size_t i = 0; i < view->media_count; i++) {
        size_t at = i;
        for (; at > 0 && key->media[at - 1] > view->media[i]; at--)
            key->media[at] = key->media[at - 1];
        key->media[at] = view->media[i];
    }
    return true;
}

uint64_t resolution_hash(const struct attributes_key *key)
{
    uint64_t hash = 0, word;
    static_assert(sizeof *key % sizeof word == sizeof key->last_era, "the last era is the odd half word");
    for (size_t at = 0; at + sizeof word <= sizeof *key; at += sizeof word) {
        memcpy(&word, (const char *)key + at, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash_mix(hash ^ key->last_era);
}

uint32_t resolution_find(const struct resolutions *kept, const struct attributes_key *key, uint64_t hash)
{
    uint32_t mask = kept->place_count - 1;
    if (kept->place_count == 0)
        return 0;
    for (uint32_t i = (uint32_t)hash & mask; kept->places[i].number; i = (i + 1) & mask)
        if (kept->places[i].tag == (uint32_t)(hash >> 32) && memcmp(&kept->all[kept->places[i].number - 1].key, key, sizeof *key) == 0)
            return kept->places[i].number;
    return 0;
}

void resolution_fetch_place(const struct resolutions *kept, uint64_t hash)
{
    if (kept->place_count)
        __builtin_prefetch(&kept->places[(uint32_t)hash & (kept->place_count - 1)]);
}

void resolution_fetch(const struct resolutions *kept, uint64_t hash)
{
    uint32_t mask = kept->place_count - 1;
    for (uint32_t i = (uint32_t)hash & mask; kept->place_count && kept->places[i].number; i = (i + 1) & mask)
        if (kept->places[i].tag == (uint32_t)(hash >> 32)) {
            __builtin_prefetch(&kept->all[kept->places[i].number - 1]);
            __builtin_prefetch((const char *)&kept->all[kept->places[i].number - 1] + 64);
            return;
        }
}

uint32_t resolution_of(const struct engine *engine, const struct view *view, instant end)
{
    struct attributes_key key;
    return resolution_key(engine, view, end, &key) ? resolution_find(&engine->resolutions, &key, resolution_hash(&key)) : 0;
}

bool resolution_holds(const struct engine *engine, uint32_t known, instant end)
{
    return engine->resolutions.all[known - 1].key.last_era == eras_number(&engine->eras, end - 1);
}

static void put_place(struct resolutions *kept, struct resolution_place place, uint64_t hash)
{
    uint32_t mask = kept->place_count - 1, i = (uint32_t)hash & mask;
    while (kept->places[i].number)
        i = (i + 1) & mask;
    kept->places[i] = place;
}

static struct resolution *resolution_add(struct resolutions *kept, const struct attributes_key *key)
{
    if (kept->count == kept->capacity) {
        kept->capacity = kept->capacity ? kept->capacity * 2 : 64;
        kept->all = memory_resize(kept->all, kept->capacity * sizeof *kept->all);
        free(kept->places);
        kept->place_count = kept->capacity * 2;
        kept->places = memory_alloc_zero(kept->place_count, sizeof *kept->places);
        for (uint32_t i = 1; i <= kept->count; i++) {
            uint64_t hash = resolution_hash(&kept->all[i - 1].key);
            put_place(kept, (struct resolution_place){(uint32_t)(hash >> 32), i}, hash);
        }
    }
    uint64_t hash = resolution_hash(key);
    kept->all[kept->count] = (struct resolution){.key = *key};
    put_place(kept, (struct resolution_place){(uint32_t)(hash >> 32), kept->count + 1}, hash);
    return &kept->all[kept->count++];
}

void resolutions_clear(struct resolutions *resolutions)
{
    if (resolutions->place_count)
        memset(resolutions->places, 0, resolutions->place_count * sizeof *resolutions->places);
    resolutions->count = 0;
}

void resolutions_free(struct resolutions *resolutions)
{
    free(resolutions->places);
    free(resolutions->all);
    *resolutions = (struct resolutions){0};
}

/* --- working it out ------------------------------------------------------------------------------- */

/* True when begin and end of the session do not matter within its eras. */
static bool is_timeless(struct engine *engine, const struct view *view)
{
    const struct history *history = &engine->history;
    return history_is_timeless(history, OBJECT_PERSON, view->person) &&
           history_is_timeless(history, OBJECT_PLACE, view->place) && history_is_timeless(history, OBJECT_DN, view->dn) &&
           history_is_timeless(history, OBJECT_LOGIN, view->login) &&
           history_is_timeless(history, OBJECT_SWITCH, session_switch(engine, view)) &&
           !(engine->eras.asks_campaign && history_has_campaigns(history, view->person));
}

/* The system, the tenant and the groups as one set; SCOPES_NONE when some group is not for ever. */
static uint32_t scopes_of(struct engine *engine, uint32_t tenant, const struct presence *groups, size_t count)
{
    size_t filled = 2;
    uint32_t *scopes = arena_alloc(engine->scratch, (count + 2) * sizeof *scopes);
    scopes[0] = counters_scope(&engine->counters, (struct scope){SCOPE_SYSTEM, 0});
    scopes[1] = tenant;
    for (size_t i = 0; i < count; i++) {
        if (groups[i].from != INSTANT_EVER || groups[i].to != INSTANT_NEVER)
            return SCOPES_NONE;
        if (i == 0 || groups[i].scope != groups[i - 1].scope) /* they are in order; several sources may say the same */
            scopes[filled++] = groups[i].scope;
    }
    return counters_scope_set(&engine->counters, scopes, filled);
}

void session_resolve_fetch(struct engine *engine, uint32_t number, const struct view *view, int step)
{
    const struct {
        enum object_type type;
        ref id;
    } objects[] = {{OBJECT_PERSON, view->person}, {OBJECT_PLACE, view->place}, {OBJECT_DN, view->dn}, {OBJECT_LOGIN, view->login}};
    uint64_t keys[SEAT_FAMILIES];
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (objects[i].id)
            history_fetch(&engine->history, objects[i].type, objects[i].id, step);
    if (step > 0)
        return;
    session_seat_keys(number, view, keys);
    for (int family = 0; family < SEAT_FAMILIES; family++)
        map_fetch(&engine->seat_index, keys[family]);
}

static bool is_own(uint64_t key, uint32_t session)
{
    return (key >> 32 & 0x0f) == 5 && (uint32_t)key == session;
}

void session_resolve(struct engine *engine, uint32_t number, const struct view *view, uint32_t known, instant end, struct subject *subject)
{
    struct attributes_key key;
    struct piece *pieces;
    struct presence *groups;
    uint64_t keys[SEAT_FAMILIES];
    subject->begin = view->begin;
    subject->end = end;
    if (known) {
        const struct resolution *resolution = &engine->resolutions.all[known - 1];
        struct piece *piece = arena_alloc(engine->scratch, sizeof *piece);
        *piece = (struct piece){view->begin, end, resolution->mask};
        subject->tenant = resolution->tenant;
        subject->presence = resolution->presence;
        subject->scopes = resolution->scopes;
        subject->pieces = piece;
        subject->piece_count = 1;
        for (unsigned family = 0; family < SEAT_FAMILIES; family++)
            subject->seats[family] =
                resolution->seats[family] ? resolution->seats[family] : seat_of(engine, (uint64_t)(5 + 0x10 * family) << 32 | number);
        return;
    }
    session_seat_keys(number, view, keys);
    for (int family = 0; family < SEAT_FAMILIES; family++)
        subject->seats[family] = seat_of(engine, keys[family]);
    size_t group_count = session_presences(engine, view, &groups);
    subject->piece_count = session_pieces(engine, view, view->begin, end, &subject->tenant, &pieces);
    subject->pieces = pieces;
    subject->scopes = scopes_of(engine, subject->tenant, groups, group_count);
    subject->presence = subject->scopes == SCOPES_NONE ? dictionary_number(&engine->presences, bytes_of(groups, group_count * sizeof *groups)) : 0;
    if (!resolution_key(engine, view, end, &key) || subject->piece_count != 1 || !is_timeless(engine, view) ||
        resolution_find(&engine->resolutions, &key, resolution_hash(&key)))
        return;
    struct resolution *resolution = resolution_add(&engine->resolutions, &key);
    resolution->device = device_of(engine, view);
    resolution->tenant = subject->tenant;
    resolution->presence = subject->presence;
    resolution->scopes = subject->scopes;
    resolution->mask = subject->pieces[0].mask;
    for (int family = 0; family < SEAT_FAMILIES; family++)
        resolution->seats[family] = is_own(keys[family], number) ? 0 : subject->seats[family];
}
