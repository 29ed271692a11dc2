/* One session derived again: its device, its end, its seat (domain.md §7.5). */
#include "server/engine/private.h"

#include "base/check.h"

struct session *session_at(const struct engine *engine, uint32_t number)
{
    check(number >= 1 && number <= engine->session_capacity);
    return &engine->sessions[number - 1];
}

void session_reserve(struct engine *engine, uint32_t number)
{
    if (number <= engine->session_capacity)
        return;
    uint32_t capacity = engine->session_capacity ? engine->session_capacity * 2 : 256;
    while (capacity < number)
        capacity *= 2;
    engine->sessions = memory_resize(engine->sessions, capacity * sizeof *engine->sessions);
    memset(engine->sessions + engine->session_capacity, 0, (capacity - engine->session_capacity) * sizeof *engine->sessions);
    engine->session_capacity = capacity;
}

void session_mark(struct engine *engine, uint32_t number)
{
    session_reserve(engine, number);
    struct session *session = session_at(engine, number);
    session->used = true;
    if (session->dirty)
        return;
    session->dirty = true;
    number_list_add(&engine->dirty, number);
}

/* Puts the session where its begin and its device are now; those whose next begin that changes are marked. */
static void place(struct engine *engine, uint32_t number, const struct view *view)
{
    struct session *session = session_at(engine, number);
    uint32_t device = device_of(engine, view);
    session->true_end = view->true_end;
    if (view->begin > engine->newest_begin)
        engine->newest_begin = view->begin;
    if (session->device_begin != view->begin)
        session->awaited = false; /* its entry in the heap has the old begin */
    else if (session->device == device)
        return;
    device_leave(engine, number);
    session->device_begin = view->begin;
    device_enter(engine, number, device);
}

void session_enter_device(struct engine *engine, uint32_t number)
{
    struct view view;
    struct session *session = session_at(engine, number);
    if (session->used && !session->port && !session->twin_leader) {
        session_view(engine, number, &view);
        if (view.present)
            place(engine, number, &view);
        arena_reset(engine->scratch);
    }
}

/* The end by the first rule that fits: a true end whatever else is known; else the earlier of a later
 * login on the device and the cap that the watermark has passed; else none. */
static void find_end(struct engine *engine, uint32_t number, instant begin, instant *end)
{
    struct session *session = session_at(engine, number);
    instant superseded = session->port ? INSTANT_NEVER : device_superseded_at(engine, number);
    instant cap_at = begin + eras_cap_ms(&engine->eras, begin);
    bool capped = engine->cap_watermark != INSTANT_NONE && cap_at <= engine->cap_watermark;
    if (session->true_end != INSTANT_NEVER) {
        *end = session->true_end;
        session->reason = END_TRUE;
        return;
    }
    *end = superseded;
    session->reason = superseded == INSTANT_NEVER ? END_OPEN : END_SUPERSEDED;
    if (capped && cap_at < superseded) {
        *end = cap_at;
        session->reason = END_CAPPED;
    }
    if (!capped && !session->awaited) {
        session->awaited = true;
        await_add(engine, number);
    }
}

static void derive_port(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    const struct statement *statement = statement_at(&engine->statements, session->port);
    struct fact fact = statement_fact(statement, &engine->names, engine->scratch);
    struct subject subject = {.begin = fact.port.begin};
    struct piece *pieces;
    if (session->device_begin != fact.port.begin)
        session->awaited = false;
    session->device_begin = fact.port.begin;
    session->true_end = fact.port.end;
    if (fact.port.begin > engine->newest_begin)
        engine->newest_begin = fact.port.begin;
    find_end(engine, number, subject.begin, &subject.end);
    /* The subject is the call, without it (source, key), which is the session's own number (§7.17). */
    bool call = bytes_present(fact.port.call);
    for (int family = 0; family < SEAT_FAMILIES; family++)
        subject.keys[family] = (call ? 6ull : 7ull) + 0x10 * (unsigned)family;
    uint32_t low = call ? dictionary_number(&engine->calls, fact.port.call) : number;
    for (int family = 0; family < SEAT_FAMILIES; family++)
        subject.keys[family] = subject.keys[family] << 32 | low;
    subject.piece_count = port_pieces(engine, statement, subject.begin, subject.end, &subject.tenant, &pieces);
    subject.pieces = pieces;
    subject_install(engine, number, &subject);
}

static void derive_session(struct engine *engine, uint32_t number)
{
    struct view view = {0};
    if (engine->restoring ? session_at(engine, number)->twin_leader == 0 : twin_place(engine, number))
        session_view(engine, number, &view);
    if (!view.present) {
        /* Media rows alone: they wait for their login row (§7.6).  A twin: its leader is counted. */
        device_leave(engine, number);
        subject_remove(engine, number);
        return;
    }
    if (!engine->restoring)
        place(engine, number, &view);
    struct subject subject;
    instant end;
    find_end(engine, number, view.begin, &end);
    session_resolve(engine, number, &view, end, &subject);
    subject_install(engine, number, &subject);
}

void session_derive(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    session->dirty = false;
    if (!session->used)
        return;
    if (session->port)
        derive_port(engine, number);
    else
        derive_session(engine, number);
    arena_reset(engine->scratch);
}

void session_forget(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    bool dirty = session->dirty;
    device_leave(engine, number);
    twin_forget(engine, number);
    subject_forget(engine, number);
    rows_remove_all(&engine->rows, SESSION_LOGIN, &session->login_rows);
    rows_remove_all(&engine->rows, SESSION_MEDIA, &session->media_rows);
    *session = (struct session){.dirty = dirty};
    names_remove(&engine->names, DICTIONARY_SESSION, number);
}
