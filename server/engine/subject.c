/*
 * Sessions → seats → edges.  An item's use by a seat is the union over the seat's sessions; its ends
 * are the edges.  When a session changes, the seat's edges are made for the span that it touches,
 * before and after, and only the difference reaches the counters (design.md §3).
 */
#include "server/engine/private.h"

#include "base/check.h"

#include <stdlib.h>

static void add_edge(struct edge_list *list, instant at, uint32_t scope, uint32_t mask, int sign)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->edges = memory_resize(list->edges, list->capacity * sizeof *list->edges);
    }
    list->edges[list->count++] = (struct edge){at, scope, mask, sign};
}

/* --- the union of a seat's pieces ---------------------------------------------------------------- */

void part_add(struct engine *engine, struct part_list *list, const struct piece *piece, uint32_t scope)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct part *more = arena_alloc(engine->scratch, capacity * sizeof *more);
        if (list->count)
            memcpy(more, list->parts, list->count * sizeof *more);
        list->parts = more;
        list->capacity = capacity;
    }
    list->parts[list->count++] = (struct part){*piece, scope};
}

/* The piece in the system, in the tenant, and in each group for as long as its person or place is in it. */
static void add_parts(struct engine *engine, struct part_list *list, const struct session *session, const struct piece *piece,
                      uint32_t system)
{
    const struct presence *presences;
    const uint32_t *scopes;
    size_t count = session_groups(engine, session, &presences), ever = session_groups_ever(engine, session, &scopes);
    part_add(engine, list, piece, system);
    part_add(engine, list, piece, session->tenant);
    for (size_t i = 0; i < ever; i++)
        part_add(engine, list, piece, scopes[i]);
    for (size_t i = 0; i < count; i++) {
        struct piece inside = *piece;
        inside.from = presences[i].from > inside.from ? presences[i].from : inside.from;
        inside.to = presences[i].to < inside.to ? presences[i].to : inside.to;
        if (inside.from < inside.to)
            part_add(engine, list, &inside, presences[i].scope);
    }
}

struct part_list subject_parts(struct engine *engine, uint32_t seat, enum seat_family family, instant from, instant to)
{
    uint32_t system = counters_scope(&engine->counters, (struct scope){SCOPE_SYSTEM, 0});
    struct part_list list = {0};
    for (uint32_t s = engine->seats[seat - 1]; s; s = session_at(engine, s)->seat_after[family]) {
        const struct session *session = session_at(engine, s);
        if (session->begin > to || session->end < from)
            continue;
        size_t count;
        struct piece one;
        const struct piece *pieces = session_uses(engine, session, &one, &count);
        for (size_t i = 0; i < count; i++)
            if (pieces[i].mask && pieces[i].from < pieces[i].to && pieces[i].from <= to && pieces[i].to >= from)
                add_parts(engine, &list, session, &pieces[i], system);
    }
    return list;
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return x->scope < y->scope ? -1 : x->scope > y->scope;
}

/* By scope; there are a handful, so insertion beats a call of qsort by far. */
static void sort_parts(struct part *parts, size_t count)
{
    enum { FEW = 64 };
    if (count > FEW) {
        qsort(parts, count, sizeof *parts, compare_parts);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct part part = parts[i];
        size_t at = i;
        for (; at > 0 && parts[at - 1].scope > part.scope; at--)
            parts[at] = parts[at - 1];
        parts[at] = part;
    }
}

void parts_sort(struct part_list *list)
{
    sort_parts(list->parts, list->count);
}

/* The items that begin and end at an instant, of parts of one scope. */
static void edges_at(struct engine *engine, const struct part *parts, size_t count, instant at, struct edge_list *list)
{
    size_t words = engine->masks.word_count;
    uint64_t *before = arena_alloc(engine->scratch, 3 * words * sizeof *before);
    uint64_t *after = before + words, *change = after + words;
    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &parts[i].piece;
        const uint64_t *bits = masks_words(&engine->masks, piece->mask);
        for (size_t w = 0; w < words; w++) {
            before[w] |= piece->from < at && at <= piece->to ? bits[w] : 0;
            after[w] |= piece->from <= at && at < piece->to ? bits[w] : 0;
        }
    }
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t w = 0; w < words; w++)
            change[w] = sign < 0 ? before[w] & ~after[w] : after[w] & ~before[w];
        uint32_t mask = masks_number(&engine->masks, change);
        if (mask)
            add_edge(list, at, parts[0].scope, mask, sign);
    }
}

/* The edges of parts of one scope in [from, to], both included, in order of time. */
static void scope_edges(struct engine *engine, const struct part *parts, size_t count, instant from, instant to, struct edge_list *list)
{
    size_t point_count = 0;
    if (count == 1) {
        const struct piece *piece = &parts[0].piece;
        if (piece->from >= from && piece->from <= to)
            add_edge(list, piece->from, parts[0].scope, piece->mask, 1);
        if (piece->to >= from && piece->to <= to && piece->to != INSTANT_NEVER)
            add_edge(list, piece->to, parts[0].scope, piece->mask, -1);
        return;
    }
    instant *points = arena_alloc(engine->scratch, 2 * count * sizeof *points);
    for (size_t i = 0; i < count; i++) {
        const instant ends[] = {parts[i].piece.from, parts[i].piece.to};
        for (int e = 0; e < 2; e++)
            if (ends[e] >= from && ends[e] <= to && ends[e] != INSTANT_NEVER)
                points[point_count++] = ends[e];
    }
    instants_sort(points, point_count);
    for (size_t p = 0; p < point_count; p++)
        if (p == 0 || points[p] != points[p - 1])
            edges_at(engine, parts, count, points[p], list);
}

void parts_edges(struct engine *engine, struct part_list *parts, instant from, instant to, struct edge_list *list)
{
    sort_parts(parts->parts, parts->count);
    for (size_t i = 0, next; i < parts->count; i = next) {
        for (next = i; next < parts->count && parts->parts[next].scope == parts->parts[i].scope; next++)
            ;
        scope_edges(engine, &parts->parts[i], next - i, from, to, list);
    }
}

/* The seat's edges in [from, to], both included, in order of scope and time. */
static void seat_edges(struct engine *engine, uint32_t seat, enum seat_family family, instant from, instant to, struct edge_list *list)
{
    struct part_list parts = subject_parts(engine, seat, family, from, to);
    size_t start = list->count;
    parts_edges(engine, &parts, from, to, list);
    if (family == SEAT_PERSON)
        for (; start < list->count; start++)
            list->edges[start].mask = masks_person(&engine->masks, list->edges[start].mask);
}

/* --- the difference ------------------------------------------------------------------------------ */

static bool same_edge(const struct edge *a, const struct edge *b)
{
    return a->at == b->at && a->scope == b->scope && a->mask == b->mask && a->sign == b->sign;
}

/* moved: from seats to others.  Returns the first instant at which something differs; INSTANT_NEVER: nothing does. */
static instant apply_difference(struct engine *engine, bool moved)
{
    instant from = INSTANT_NEVER;
    struct edge_list *before = &engine->before, *after = &engine->after;
    size_t first = 0, before_end = before->count, after_end = after->count;
    while (first < before_end && first < after_end && same_edge(&before->edges[first], &after->edges[first]))
        first++;
    while (before_end > first && after_end > first &&
           same_edge(&before->edges[before_end - 1], &after->edges[after_end - 1])) {
        before_end--;
        after_end--;
    }
    /* No level need change where a session moves from one seat to another, but who is there does (named.c). */
    for (size_t i = 0; moved && i < before->count; i++) {
        counters_mark_hour(&engine->counters, before->edges[i].at);
        from = before->edges[i].at < from ? before->edges[i].at : from;
    }
    for (size_t i = first; i < before_end; i++) {
        before->edges[i].sign = -before->edges[i].sign;
        counters_edge(&engine->counters, &before->edges[i]);
        from = before->edges[i].at < from ? before->edges[i].at : from;
    }
    for (size_t i = first; i < after_end; i++) {
        counters_edge(&engine->counters, &after->edges[i]);
        from = after->edges[i].at < from ? after->edges[i].at : from;
    }
    return from;
}

/* A list of pieces that is kept under a number. */
static uint32_t keep_cut(struct engine *engine, const struct subject *subject)
{
    uint32_t number = engine->cut_free;
    if (number) {
        engine->cut_free = engine->cuts[number - 1].count;
    } else {
        if (engine->cut_count == engine->cut_capacity) {
            engine->cut_capacity = engine->cut_capacity ? engine->cut_capacity * 2 : 64;
            engine->cuts = memory_resize(engine->cuts, engine->cut_capacity * sizeof *engine->cuts);
        }
        number = ++engine->cut_count;
    }
    struct piece_list *list = &engine->cuts[number - 1];
    *list = (struct piece_list){memory_alloc(subject->piece_count * sizeof *list->pieces), (uint32_t)subject->piece_count};
    memcpy(list->pieces, subject->pieces, subject->piece_count * sizeof *list->pieces);
    return number;
}

static void drop_cut(struct engine *engine, struct session *session)
{
    if (!session->cut)
        return;
    struct piece_list *list = &engine->cuts[session->use - 1];
    free(list->pieces);
    *list = (struct piece_list){NULL, engine->cut_free};
    engine->cut_free = session->use;
    session->cut = false;
    session->use = 0;
}

static void leave_seats(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        uint32_t before = session->seat_before[family], after = session->seat_after[family];
        if (!session->seat[family])
            continue;
        if (before)
            session_at(engine, before)->seat_after[family] = after;
        else
            engine->seats[session->seat[family] - 1] = after;
        if (after)
            session_at(engine, after)->seat_before[family] = before;
        seat_left(engine, session->seat[family], number);
        session->seat[family] = session->seat_before[family] = session->seat_after[family] = 0;
    }
    drop_cut(engine, session);
}

static void enter_seats(struct engine *engine, uint32_t number, const struct subject *subject)
{
    struct session *session = session_at(engine, number);
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        uint32_t seat = subject->seats[family], first = engine->seats[seat - 1];
        session->seat[family] = seat;
        session->seat_after[family] = first;
        if (first)
            session_at(engine, first)->seat_before[family] = number;
        engine->seats[seat - 1] = number;
    }
}

static void take_subject(struct engine *engine, struct session *session, const struct subject *subject)
{
    session->begin = subject->begin;
    session->end = subject->end;
    session->tenant = subject->tenant;
    session->listed = subject->scopes == SCOPES_NONE;
    session->groups = session->listed ? subject->presence : subject->scopes;
    session->cut = subject->piece_count > 1;
    session->use = session->cut ? keep_cut(engine, subject) : subject->pieces[0].mask;
}

void subject_forget(struct engine *engine, uint32_t number)
{
    leave_seats(engine, number);
}

/* A span of a seat whose edges may change. */
struct window {
    uint32_t seat;
    enum seat_family family;
    instant from, to;
};

/* When the second half of list repeats the first in the other family's lanes, as it does for a session
 * alone on both its seats, one edge carries both. */
static void join_families(struct engine *engine, struct edge_list *list, size_t start, size_t half)
{
    size_t count = half - start;
    if (list->count - half != count)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct edge *a = &list->edges[start + i], *b = &list->edges[half + i];
        if (a->at != b->at || a->scope != b->scope || a->sign != b->sign)
            return;
    }
    for (size_t i = 0; i < count; i++)
        list->edges[start + i].mask = masks_union(&engine->masks, list->edges[start + i].mask, list->edges[half + i].mask);
    list->count = half;
}

/* windows stand in pairs: the default seat's, the person seat's. */
static void window_edges(struct engine *engine, const struct window *windows, size_t count, struct edge_list *list)
{
    list->count = 0;
    for (size_t i = 0; i < count; i += SEAT_FAMILIES) {
        size_t start = list->count;
        seat_edges(engine, windows[i].seat, SEAT_DEFAULT, windows[i].from, windows[i].to, list);
        size_t half = list->count;
        seat_edges(engine, windows[i + 1].seat, SEAT_PERSON, windows[i + 1].from, windows[i + 1].to, list);
        join_families(engine, list, start, half);
    }
}

/* --- alone ---------------------------------------------------------------------------------------- */

static void move_edge(struct engine *engine, const struct subject *old, instant old_at, const struct subject *now, instant at, int sign)
{
    struct counters *counters = &engine->counters;
    bool same = old->scopes == now->scopes && old->pieces[0].mask == now->pieces[0].mask;
    if (old->begin < old->end && now->begin < now->end && same && old_at == at)
        return;
    if (old->begin < old->end && old->pieces[0].mask && old_at != INSTANT_NEVER)
        counters_edges(counters, old_at, old->scopes, masks_both(&engine->masks, old->pieces[0].mask), -sign);
    if (now->begin < now->end && now->pieces[0].mask && at != INSTANT_NEVER)
        counters_edges(counters, at, now->scopes, masks_both(&engine->masks, now->pieces[0].mask), sign);
}

/* The common case: nobody else is on its seats at its time, so its edges are its own ends.  False: it is not so. */
static bool install_alone(struct engine *engine, uint32_t number, const struct subject *now)
{
    static const struct piece nothing = {0};
    struct session *session = session_at(engine, number);
    struct subject old = {.scopes = now->scopes, .pieces = &nothing, .piece_count = 1};
    bool installed = session->seat[SEAT_DEFAULT];
    struct piece piece = {session->begin, session->end, session->use};
    if (now->scopes == SCOPES_NONE || now->piece_count != 1)
        return false;
    if (installed) {
        if (session->listed || session->cut || session->seat[SEAT_DEFAULT] != now->seats[SEAT_DEFAULT] ||
            session->seat[SEAT_PERSON] != now->seats[SEAT_PERSON])
            return false;
        old = (struct subject){.scopes = session->groups, .begin = session->begin, .end = session->end, .pieces = &piece, .piece_count = 1};
    }
    if (!seats_alone(engine, number, now->seats, installed && old.begin < now->begin ? old.begin : now->begin))
        return false;
    if (!engine->restoring) {
        move_edge(engine, &old, old.begin, now, now->begin, 1);
        move_edge(engine, &old, old.end, now, now->end, -1);
    }
    if (!installed)
        enter_seats(engine, number, now);
    take_subject(engine, session, now);
    seats_end(engine, number, now->seats, now->end);
    return true;
}

/* --- among others --------------------------------------------------------------------------------- */

/* When a use differs, the gap of a later one of the same seat may (named.c).  Who is alone has none behind it. */
static void touch_seats(struct engine *engine, const struct window *windows, size_t count, instant from)
{
    for (size_t i = 0; i < count && from != INSTANT_NEVER; i++)
        hourly_touch(engine, windows[i].seat, from);
}

void subject_install(struct engine *engine, uint32_t number, const struct subject *subject)
{
    struct session *session = session_at(engine, number);
    struct window windows[2 * SEAT_FAMILIES];
    size_t count = 0;
    bool stays = true;
    if (install_alone(engine, number, subject))
        return;
    for (int family = 0; family < SEAT_FAMILIES; family++) {
        stays &= session->seat[family] == subject->seats[family];
        windows[count++] = (struct window){subject->seats[family], family, subject->begin, subject->end};
    }
    bool moves = !stays && session->seat[SEAT_DEFAULT];
    if (stays)
        for (int family = 0; family < SEAT_FAMILIES; family++) {
            windows[family].from = session->begin < subject->begin ? session->begin : subject->begin;
            windows[family].to = session->end > subject->end ? session->end : subject->end;
        }
    else if (moves)
        for (int family = 0; family < SEAT_FAMILIES; family++) {
            /* One seat of the two may be the same: its window must hold both spans, and stand once. */
            if (session->seat[family] == subject->seats[family]) {
                windows[family].from = session->begin < subject->begin ? session->begin : subject->begin;
                windows[family].to = session->end > subject->end ? session->end : subject->end;
                windows[count++] = (struct window){subject->seats[family], family, INSTANT_NEVER, INSTANT_NEVER};
            } else {
                windows[count++] = (struct window){session->seat[family], family, session->begin, session->end};
            }
        }
    if (!engine->restoring)
        window_edges(engine, windows, count, &engine->before);
    leave_seats(engine, number);
    enter_seats(engine, number, subject);
    take_subject(engine, session, subject);
    for (int family = 0; family < SEAT_FAMILIES; family++)
        seat_measure(engine, subject->seats[family], family);
    if (!engine->restoring) {
        window_edges(engine, windows, count, &engine->after);
        touch_seats(engine, windows, count, apply_difference(engine, moves));
    }
}

void subject_remove(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    struct window windows[SEAT_FAMILIES];
    if (!session->seat[SEAT_DEFAULT])
        return;
    for (int family = 0; family < SEAT_FAMILIES; family++)
        windows[family] = (struct window){session->seat[family], family, session->begin, session->end};
    window_edges(engine, windows, SEAT_FAMILIES, &engine->before);
    leave_seats(engine, number);
    window_edges(engine, windows, SEAT_FAMILIES, &engine->after);
    touch_seats(engine, windows, SEAT_FAMILIES, apply_difference(engine, false));
}

void subject_each_edge(struct engine *engine, instant over, instant from, instant to, edge_fn fn)
{
    for (uint32_t seat = 1; seat <= engine->seat_count; seat++) {
        if (!engine->seats[seat - 1] || seat_over_before(engine, seat, over))
            continue;
        engine->after.count = 0;
        seat_edges(engine, seat, engine->seat_families[seat - 1], from, to, &engine->after);
        for (size_t i = 0; i < engine->after.count; i++)
            fn(&engine->counters, &engine->after.edges[i]);
        arena_reset(engine->scratch);
    }
}
