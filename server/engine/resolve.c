/*
 * From a session's attributes to what it counts as: seats, tenant, groups, items.
 *
 * Most sessions repeat what their agent did before, and most configuration never changes: then all of
 * this follows from the attributes alone and is kept under them.  What names an object with a history,
 * or a group that campaigns are loaded for, is worked out each time.
 */
#include "server/engine/private.h"

#include <stdlib.h>

enum { KEPT_MEDIA = 6 };

struct attributes_key {
    ref tenant, person, login, place, dn, switch_id;
    uint32_t app;
    uint32_t media[KEPT_MEDIA]; /* ascending */
    uint32_t first_era, last_era; /* what rules say is the same for all that lie in these */
};

static bool key_of(const struct engine *engine, const struct view *view, instant end, struct attributes_key *key)
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

static void keep(struct engine *engine, const struct attributes_key *key, const struct subject *subject, uint32_t session)
{
    struct resolutions *kept = &engine->resolutions;
    uint32_t number = dictionary_number(&kept->index, bytes_of(key, sizeof *key));
    if (kept->index.capacity > kept->capacity) {
        kept->capacity = kept->index.capacity;
        kept->all = memory_resize(kept->all, kept->capacity * sizeof *kept->all);
    }
    struct resolution *resolution = &kept->all[number - 1];
    *resolution = (struct resolution){.tenant = subject->tenant, .presence = subject->presence, .mask = subject->pieces[0].mask};
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        bool own = (subject->keys[family] >> 32 & 0x0f) == 5 && (uint32_t)subject->keys[family] == session;
        resolution->keys[family] = own ? 0 : subject->keys[family];
    }
}

void session_resolve(struct engine *engine, uint32_t number, const struct view *view, instant end, struct subject *subject)
{
    struct attributes_key key;
    struct piece *pieces;
    bool keyed = key_of(engine, view, end, &key);
    uint32_t known = keyed ? dictionary_find(&engine->resolutions.index, bytes_of(&key, sizeof key)) : 0;
    subject->begin = view->begin;
    subject->end = end;
    if (known) {
        const struct resolution *resolution = &engine->resolutions.all[known - 1];
        struct piece *piece = arena_alloc(engine->scratch, sizeof *piece);
        *piece = (struct piece){view->begin, end, resolution->mask};
        subject->tenant = resolution->tenant;
        subject->presence = resolution->presence;
        subject->pieces = piece;
        subject->piece_count = 1;
        for (unsigned family = 0; family < SEAT_FAMILIES; family++)
            subject->keys[family] = resolution->keys[family] ? resolution->keys[family] : (uint64_t)(5 + 0x10 * family) << 32 | number;
        return;
    }
    session_seat_keys(number, view, subject->keys);
    subject->presence = session_presence(engine, view);
    subject->piece_count = session_pieces(engine, view, view->begin, end, &subject->tenant, &pieces);
    subject->pieces = pieces;
    if (keyed && subject->piece_count == 1 && is_timeless(engine, view))
        keep(engine, &key, subject, number);
}

void resolutions_clear(struct resolutions *resolutions)
{
    dictionary_free(&resolutions->index);
}
