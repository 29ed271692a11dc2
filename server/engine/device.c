/*
 * Who supersedes whom (domain.md §7.5): sessions on the same DN or, without a DN, with the same known
 * place and known person, in order of begin.  An open session ends at the strictly later begin of
 * another one; when a session enters or leaves, those whose next begin may have changed are marked.
 */
#include "server/engine/private.h"

#include "base/check.h"

uint32_t device_of(struct engine *engine, const struct view *view)
{
    struct map *map = view->dn ? &engine->device_dn : &engine->device_pair;
    uint64_t key = view->dn ? view->dn : (uint64_t)view->place << 32 | view->person;
    if (!view->dn && (!view->place || !view->person))
        return 0;
    uint32_t device = map_get(map, key);
    if (device)
        return device;
    if (engine->device_count == engine->device_capacity) {
        engine->device_capacity = engine->device_capacity ? engine->device_capacity * 2 : 64;
        engine->devices = memory_resize(engine->devices, engine->device_capacity * sizeof *engine->devices);
    }
    device = ++engine->device_count;
    engine->devices[device - 1] = (struct device){0};
    map_put(map, key, device);
    return device;
}

void device_fetch(const struct engine *engine, const struct view *view)
{
    if (view->dn)
        map_fetch(&engine->device_dn, view->dn);
    else
        map_fetch(&engine->device_pair, (uint64_t)view->place << 32 | view->person);
}

/* Those at the greatest begin below the session's own: their next begin is this session's. */
static void mark_before(struct engine *engine, uint32_t number)
{
    const struct session *session = session_at(engine, number);
    if (engine->restoring)
        return;
    uint32_t other = session->device_before;
    while (other && session_at(engine, other)->device_begin == session->device_begin)
        other = session_at(engine, other)->device_before;
    if (!other)
        return;
    instant begin = session_at(engine, other)->device_begin;
    for (; other && session_at(engine, other)->device_begin == begin; other = session_at(engine, other)->device_before)
        if (!session_at(engine, other)->ended)
            session_mark(engine, other);
}

void device_enter(struct engine *engine, uint32_t number, uint32_t to)
{
    struct session *session = session_at(engine, number);
    check(session->device == 0);
    session->device = to;
    if (!to)
        return;
    struct device *device = &engine->devices[session->device - 1];
    uint32_t before = device->last;
    while (before && session_at(engine, before)->device_begin > session->device_begin)
        before = session_at(engine, before)->device_before;
    uint32_t after = before ? session_at(engine, before)->device_after : device->first;
    session->device_before = before;
    session->device_after = after;
    if (before)
        session_at(engine, before)->device_after = number;
    else
        device->first = number;
    if (after)
        session_at(engine, after)->device_before = number;
    else
        device->last = number;
    mark_before(engine, number);
}

void device_leave(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    if (!session->device)
        return;
    mark_before(engine, number);
    struct device *device = &engine->devices[session->device - 1];
    if (session->device_before)
        session_at(engine, session->device_before)->device_after = session->device_after;
    else
        device->first = session->device_after;
    if (session->device_after)
        session_at(engine, session->device_after)->device_before = session->device_before;
    else
        device->last = session->device_before;
    session->device = session->device_before = session->device_after = 0;
}

instant device_superseded_at(const struct engine *engine, uint32_t number)
{
    const struct session *session = session_at(engine, number);
    for (uint32_t other = session->device_after; other; other = session_at(engine, other)->device_after)
        if (session_at(engine, other)->device_begin > session->device_begin)
            return session_at(engine, other)->device_begin;
    return INSTANT_NEVER;
}
