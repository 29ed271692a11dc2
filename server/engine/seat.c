/*
 * Seats: their numbers, and whether a session is alone at the end of one.
 *
 * Agents log in one after the other at a place, so nearly every session begins behind the end of all others on its
 * seats.  Then its edges are its own ends, and no other session needs to be looked at (subject.c).  The bounds may be
 * too wide, never too narrow: a session taken for one among others is counted by the general way.
 */
#include "server/engine/private.h"

uint32_t seat_of(struct engine *engine, uint64_t key)
{
    uint32_t seat = map_get(&engine->seat_index, key);
    if (seat)
        return seat;
    if (engine->seat_count == engine->seat_capacity) {
        engine->seat_capacity = engine->seat_capacity ? engine->seat_capacity * 2 : 64;
        engine->seats = memory_resize(engine->seats, engine->seat_capacity * sizeof *engine->seats);
        engine->seat_families = memory_resize(engine->seat_families, engine->seat_capacity);
        engine->seat_keys = memory_resize(engine->seat_keys, engine->seat_capacity * sizeof *engine->seat_keys);
        engine->seat_bounds = memory_resize(engine->seat_bounds, engine->seat_capacity * sizeof *engine->seat_bounds);
    }
    seat = ++engine->seat_count;
    engine->seats[seat - 1] = 0;
    engine->seat_families[seat - 1] = key >> 32 > 0x10 ? SEAT_PERSON : SEAT_DEFAULT;
    engine->seat_keys[seat - 1] = key;
    engine->seat_bounds[seat - 1] = (struct seat_bounds){INSTANT_EVER, INSTANT_EVER, 0};
    map_put(&engine->seat_index, key, seat);
    return seat;
}

bool seats_alone(const struct engine *engine, uint32_t number, const uint32_t seats[SEAT_FAMILIES], instant begin)
{
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        const struct seat_bounds *bounds = &engine->seat_bounds[seats[family] - 1];
        if (begin <= bounds->others_end || (bounds->last != number && begin <= bounds->last_end))
            return false;
    }
    return true;
}

void seats_end(struct engine *engine, uint32_t number, const uint32_t seats[SEAT_FAMILIES], instant end)
{
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        struct seat_bounds *bounds = &engine->seat_bounds[seats[family] - 1];
        if (bounds->last != number && bounds->last_end > bounds->others_end)
            bounds->others_end = bounds->last_end;
        bounds->last = number;
        bounds->last_end = end;
    }
}

void seat_left(struct engine *engine, uint32_t seat, uint32_t number)
{
    struct seat_bounds *bounds = &engine->seat_bounds[seat - 1];
    if (bounds->last != number)
        return;
    bounds->last = 0;
    bounds->last_end = INSTANT_EVER;
}

bool seat_over_before(const struct engine *engine, uint32_t seat, instant at)
{
    const struct seat_bounds *bounds = &engine->seat_bounds[seat - 1];
    return bounds->others_end < at && bounds->last_end < at;
}

void seat_measure(struct engine *engine, uint32_t seat, enum seat_family family)
{
    struct seat_bounds bounds = {INSTANT_EVER, INSTANT_EVER, 0};
    instant last_begin = INSTANT_EVER;
    for (uint32_t s = engine->seats[seat - 1]; s; s = session_at(engine, s)->seat_after[family]) {
        const struct session *session = session_at(engine, s);
        if (!bounds.last || session->begin > last_begin) {
            bounds.others_end = bounds.last_end > bounds.others_end ? bounds.last_end : bounds.others_end;
            bounds.last = s;
            bounds.last_end = session->end;
            last_begin = session->begin;
        } else if (session->end > bounds.others_end) {
            bounds.others_end = session->end;
        }
    }
    engine->seat_bounds[seat - 1] = bounds;
}
