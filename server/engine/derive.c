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
    if (engine->twins_on)
        twins_reserve(engine);
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
static void place(struct engine *engine, uint32_t number, const struct view *view, uint32_t device)
{
    struct session *session = session_at(engine, number);
    session->ended = view->true_end != INSTANT_NEVER;
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

void sessions_enter_devices(struct engine *engine)
{
    enum { BESIDE = 64 }; /* as below: memory is asked for side by side */
    struct view views[BESIDE];
    uint32_t devices[BESIDE];
    for (size_t i = 0, count; i < engine->dirty.count; i += count) {
        const uint32_t *numbers = &engine->dirty.numbers[i];
        count = engine->dirty.count - i < BESIDE ? engine->dirty.count - i : BESIDE;
        for (size_t s = 0; s < count; s++) {
            const struct session *session = session_at(engine, numbers[s]);
            views[s].present = false;
            if (session->used && !session->port && !twin_leader(engine, numbers[s]))
                session_view(engine, numbers[s], &views[s]);
            if (views[s].present)
                device_fetch(engine, &views[s]);
        }
        for (size_t s = 0; s < count; s++)
            devices[s] = views[s].present ? device_of(engine, &views[s]) : 0;
        for (int step = 0; step <= 1; step++)
            for (size_t s = 0; s < count; s++)
                if (devices[s] && step == 0)
                    __builtin_prefetch(&engine->devices[devices[s] - 1]);
                else if (devices[s] && engine->devices[devices[s] - 1].last)
                    fetch(session_at(engine, engine->devices[devices[s] - 1].last));
        for (size_t s = 0; s < count; s++)
            if (views[s].present)
                place(engine, numbers[s], &views[s], devices[s]);
        arena_reset(engine->scratch);
    }
}

/* The end by the first rule that fits: a true end whatever else is known; else the earlier of a later
 * login on the device and the cap that the watermark has passed; else none. */
static void find_end(struct engine *engine, uint32_t number, instant begin, instant true_end, instant *end)
{
    struct session *session = session_at(engine, number);
    if (true_end != INSTANT_NEVER) {
        *end = true_end;
        session->reason = END_TRUE;
        return;
    }
    instant superseded = session->port ? INSTANT_NEVER : device_superseded_at(engine, number);
    instant cap_at = begin + eras_cap_ms(&engine->eras, begin);
    bool capped = engine->cap_watermark != INSTANT_NONE && cap_at <= engine->cap_watermark;
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
    session->ended = fact.port.end != INSTANT_NEVER;
    if (fact.port.begin > engine->newest_begin)
        engine->newest_begin = fact.port.begin;
    find_end(engine, number, subject.begin, fact.port.end, &subject.end);
    /* The subject is the call, without it (source, key), which is the session's own number (§7.17). */
    bool call = bytes_present(fact.port.call);
    uint32_t low = call ? dictionary_number(&engine->calls, fact.port.call) : number;
    for (int family = 0; family < SEAT_FAMILIES; family++)
        subject.seats[family] = seat_of(engine, ((call ? 6ull : 7ull) + 0x10 * (unsigned)family) << 32 | low);
    subject.scopes = SCOPES_NONE;
    subject.piece_count = port_pieces(engine, statement, subject.begin, subject.end, &subject.tenant, &pieces);
    subject.pieces = pieces;
    subject_install(engine, number, &subject);
}

/* known: what resolve.c knows of the view when it ends truly, 0: nothing. */
static void derive_view(struct engine *engine, uint32_t number, const struct view *view, uint32_t known)
{
    if (!view->present) {
        /* Media rows alone: they wait for their login row (§7.6).  A twin: its leader is counted. */
        device_leave(engine, number);
        subject_remove(engine, number);
        return;
    }
    if (!engine->restoring)
        place(engine, number, view, known ? engine->resolutions.all[known - 1].device : device_of(engine, view));
    struct subject subject;
    instant end;
    find_end(engine, number, view->begin, view->true_end, &end);
    if (known && end != view->true_end && !resolution_holds(engine, known, end))
        known = resolution_of(engine, view, end);
    session_resolve(engine, number, view, known, end, &subject);
    subject_install(engine, number, &subject);
}

/* Any session, with its twins. */
static void derive_session(struct engine *engine, uint32_t number)
{
    struct view view = {0};
    if (engine->restoring ? twin_leader(engine, number) == 0 : twin_place(engine, number))
        session_view(engine, number, &view);
    derive_view(engine, number, &view, view.present ? resolution_of(engine, &view, view.true_end) : 0);
}

/* --- many together -------------------------------------------------------------------------------- */

/*
 * What a session rests on lies wherever it came to lie, and a read of memory that waits for the one before costs as much
 * as all the rest.  So some sessions go through the same steps side by side: each step asks for what the next one reads.
 * Rows, and so views, do not change while sessions are derived; with twins they rest on other sessions, so then each
 * session is derived by itself.
 */
enum { TOGETHER = 64 };

struct pending {
    uint32_t number, known;
    bool plain, keyed;
    struct view view;
    struct attributes_key key;
    uint64_t hash;
};

/* Rows, the head of each list and what is behind it. */
static void fetch_rows(const struct engine *engine, const struct session *session, unsigned step)
{
    const struct rows *rows = &engine->rows;
    uint32_t media = session->media_rows;
    if (step == 0 && session->login_rows)
        touch_row(&rows->pools[SESSION_LOGIN], session->login_rows);
    for (; media && step > 0; step--)
        media = rows_next(rows, SESSION_MEDIA, media);
    if (media)
        touch_row(&rows->pools[SESSION_MEDIA], media);
}

static void look(struct engine *engine, struct pending *pending)
{
    session_view(engine, pending->number, &pending->view);
    pending->keyed = pending->view.present && resolution_key(engine, &pending->view, pending->view.true_end, &pending->key);
    if (!pending->keyed)
        return;
    pending->hash = resolution_hash(&pending->key);
    resolution_fetch_place(&engine->resolutions, pending->hash);
}

static void fetch_resolved(const struct engine *engine, const struct pending *pending, bool neighbours)
{
    if (!pending->known)
        return;
    const struct resolution *resolution = &engine->resolutions.all[pending->known - 1];
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        uint32_t seat = resolution->seats[family];
        if (seat && !neighbours) {
            __builtin_prefetch(&engine->seat_bounds[seat - 1]);
            __builtin_prefetch(&engine->seats[seat - 1]);
        } else if (seat && engine->seats[seat - 1]) {
            fetch(session_at(engine, engine->seats[seat - 1]));
        }
    }
    if (resolution->device && !neighbours)
        __builtin_prefetch(&engine->devices[resolution->device - 1]);
    else if (resolution->device && engine->devices[resolution->device - 1].last)
        fetch(session_at(engine, engine->devices[resolution->device - 1].last));
}

static void derive_together(struct engine *engine, struct pending *pending, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct session *session = session_at(engine, pending[i].number);
        pending[i].plain = session->used && !session->port;
        pending[i].known = 0;
        if (pending[i].plain)
            fetch_rows(engine, session, 0);
    }
    for (unsigned step = 1; step <= 2; step++)
        for (size_t i = 0; i < count; i++)
            if (pending[i].plain)
                fetch_rows(engine, session_at(engine, pending[i].number), step);
    for (size_t i = 0; i < count; i++)
        if (pending[i].plain)
            look(engine, &pending[i]);
    for (size_t i = 0; i < count; i++)
        if (pending[i].plain && pending[i].keyed)
            resolution_fetch(&engine->resolutions, pending[i].hash);
    for (size_t i = 0; i < count; i++)
        if (pending[i].plain && pending[i].keyed)
            pending[i].known = resolution_find(&engine->resolutions, &pending[i].key, pending[i].hash);
    for (int step = 0; step <= 1; step++)
        for (size_t i = 0; i < count; i++)
            if (pending[i].plain && pending[i].view.present && !pending[i].known)
                session_resolve_fetch(engine, pending[i].number, &pending[i].view, step);
            else
                fetch_resolved(engine, &pending[i], step);
    for (size_t i = 0; i < count; i++) {
        struct session *session = session_at(engine, pending[i].number);
        session->dirty = false;
        if (pending[i].plain)
            derive_view(engine, pending[i].number, &pending[i].view, pending[i].known);
        else if (session->used)
            derive_port(engine, pending[i].number);
    }
    arena_reset(engine->scratch);
}

static void derive_alone(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    session->dirty = false;
    if (session->used && session->port)
        derive_port(engine, number);
    else if (session->used)
        derive_session(engine, number);
    arena_reset(engine->scratch);
}

void sessions_settle(struct engine *engine)
{
    struct pending pending[TOGETHER];
    const struct number_list *dirty = &engine->dirty;
    /* The list grows while it is worked off: a session that moves marks those it superseded. */
    for (size_t i = 0, count; i < dirty->count; i += count) {
        count = engine->twins_on ? 1 : dirty->count - i < TOGETHER ? dirty->count - i : TOGETHER;
        for (size_t ahead = i + count; ahead < i + 2 * count && ahead < dirty->count; ahead++) {
            fetch(session_at(engine, dirty->numbers[ahead]));
            __builtin_prefetch((const char *)session_at(engine, dirty->numbers[ahead]) + 128);
        }
        for (size_t p = 0; p < count; p++)
            pending[p].number = dirty->numbers[i + p];
        if (count == 1)
            derive_alone(engine, dirty->numbers[i]);
        else
            derive_together(engine, pending, count);
    }
    engine->dirty.count = 0;
}

/* A call's number is given again when its last port is gone, and with it the seats that it keys. */
static void forget_call(struct engine *engine, uint32_t seat)
{
    if (!engine->seats[seat - 1] && engine->seat_keys[seat - 1] >> 32 == SEAT_BY_CALL)
        dictionary_remove(&engine->calls, (uint32_t)engine->seat_keys[seat - 1]);
}

void session_forget(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    uint32_t seat = session->seat[SEAT_DEFAULT];
    bool dirty = session->dirty;
    device_leave(engine, number);
    twin_forget(engine, number);
    subject_forget(engine, number);
    if (seat)
        forget_call(engine, seat);
    rows_remove_all(&engine->rows, SESSION_LOGIN, &session->login_rows);
    rows_remove_all(&engine->rows, SESSION_MEDIA, &session->media_rows);
    *session = (struct session){.dirty = dirty};
    names_remove(&engine->names, DICTIONARY_SESSION, number);
}
