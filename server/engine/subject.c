/*
 * Sessions → seats → edges.  An item's use by a seat is the union over the seat's sessions; its ends
 * are the edges.  When a session changes, the seat's edges are made for the span that it touches,
 * before and after, and only the difference reaches the counters (design.md §3).
 */
#include "server/engine/private.h"

#include "base/check.h"

#include <stdlib.h>

static uint32_t seat_of(struct engine *engine, uint64_t key)
{
    uint32_t seat = map_get(&engine->seat_index, key);
    if (seat)
        return seat;
    if (engine->seat_count == engine->seat_capacity) {
        engine->seat_capacity = engine->seat_capacity ? engine->seat_capacity * 2 : 64;
        engine->seats = memory_resize(engine->seats, engine->seat_capacity * sizeof *engine->seats);
    }
    seat = ++engine->seat_count;
    engine->seats[seat - 1] = 0;
    map_put(&engine->seat_index, key, seat);
    return seat;
}

static void add_edge(struct edge_list *list, instant at, uint32_t scope, uint32_t mask, int sign)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->edges = memory_resize(list->edges, list->capacity * sizeof *list->edges);
    }
    list->edges[list->count++] = (struct edge){at, scope, mask, sign};
}

/* --- the union of a seat's pieces ---------------------------------------------------------------- */

/* A piece of some session of the seat that touches the span, with the session's tenant. */
struct part {
    struct piece piece;
    uint32_t tenant;
};

static const struct piece *pieces_of(const struct session *session, struct piece *one, size_t *count)
{
    if (session->pieces) {
        *count = session->piece_count;
        return session->pieces;
    }
    *one = (struct piece){session->begin, session->end, session->mask};
    *count = 1;
    return one;
}

static size_t parts_of(struct engine *engine, uint32_t seat, instant from, instant to, struct part **out)
{
    size_t count = 0, room = 0;
    for (uint32_t s = engine->seats[seat - 1]; s; s = session_at(engine, s)->seat_after) {
        const struct session *session = session_at(engine, s);
        if (session->begin <= to && session->end >= from)
            room += session->pieces ? session->piece_count : 1;
    }
    struct part *parts = arena_alloc(engine->scratch, (room + 1) * sizeof *parts);
    for (uint32_t s = engine->seats[seat - 1]; s; s = session_at(engine, s)->seat_after) {
        const struct session *session = session_at(engine, s);
        struct piece one;
        size_t piece_count;
        const struct piece *pieces = pieces_of(session, &one, &piece_count);
        if (session->begin > to || session->end < from)
            continue;
        for (size_t i = 0; i < piece_count; i++)
            if (pieces[i].mask && pieces[i].from < pieces[i].to && pieces[i].from <= to && pieces[i].to >= from)
                parts[count++] = (struct part){pieces[i], session->tenant};
    }
    *out = parts;
    return count;
}

static int compare_instants(const void *a, const void *b)
{
    instant x = *(const instant *)a, y = *(const instant *)b;
    return x < y ? -1 : x > y;
}

/* The items that begin and end at an instant in one scope (tenant 0: the system). */
static void edges_at(struct engine *engine, const struct part *parts, size_t count, uint32_t tenant, uint32_t scope,
                     instant at, struct edge_list *list)
{
    size_t words = engine->masks.word_count;
    uint64_t *before = arena_alloc(engine->scratch, 3 * words * sizeof *before);
    uint64_t *after = before + words, *change = after + words;
    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &parts[i].piece;
        const uint64_t *bits = masks_words(&engine->masks, piece->mask);
        if (tenant && parts[i].tenant != tenant)
            continue;
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
            add_edge(list, at, scope, mask, sign);
    }
}

/* The seat's edges in [from, to], both included, in order of time and scope. */
static void seat_edges(struct engine *engine, uint32_t seat, instant from, instant to, struct edge_list *list)
{
    uint32_t system = counters_scope(&engine->counters, (struct scope){SCOPE_SYSTEM, 0});
    struct part *parts;
    size_t count = parts_of(engine, seat, from, to, &parts), point_count = 0;
    if (count == 1) {
        const struct piece *piece = &parts[0].piece;
        if (piece->from >= from && piece->from <= to) {
            add_edge(list, piece->from, system, piece->mask, 1);
            add_edge(list, piece->from, parts[0].tenant, piece->mask, 1);
        }
        if (piece->to >= from && piece->to <= to && piece->to != INSTANT_NEVER) {
            add_edge(list, piece->to, system, piece->mask, -1);
            add_edge(list, piece->to, parts[0].tenant, piece->mask, -1);
        }
        return;
    }
    instant *points = arena_alloc(engine->scratch, (2 * count + 1) * sizeof *points);
    for (size_t i = 0; i < count; i++) {
        const instant ends[] = {parts[i].piece.from, parts[i].piece.to};
        for (int e = 0; e < 2; e++)
            if (ends[e] >= from && ends[e] <= to && ends[e] != INSTANT_NEVER)
                points[point_count++] = ends[e];
    }
    qsort(points, point_count, sizeof *points, compare_instants);
    for (size_t p = 0; p < point_count; p++) {
        if (p > 0 && points[p] == points[p - 1])
            continue;
        edges_at(engine, parts, count, 0, system, points[p], list);
        for (size_t i = 0; i < count; i++) {
            size_t first = 0;
            while (parts[first].tenant != parts[i].tenant)
                first++;
            if (first == i)
                edges_at(engine, parts, count, parts[i].tenant, parts[i].tenant, points[p], list);
        }
    }
}

/* --- the difference ------------------------------------------------------------------------------ */

static bool same_edge(const struct edge *a, const struct edge *b)
{
    return a->at == b->at && a->scope == b->scope && a->mask == b->mask && a->sign == b->sign;
}

static void apply_difference(struct engine *engine)
{
    struct edge_list *before = &engine->before, *after = &engine->after;
    size_t first = 0, before_end = before->count, after_end = after->count;
    while (first < before_end && first < after_end && same_edge(&before->edges[first], &after->edges[first]))
        first++;
    while (before_end > first && after_end > first &&
           same_edge(&before->edges[before_end - 1], &after->edges[after_end - 1])) {
        before_end--;
        after_end--;
    }
    for (size_t i = first; i < before_end; i++) {
        before->edges[i].sign = -before->edges[i].sign;
        counters_edge(&engine->counters, &before->edges[i]);
    }
    for (size_t i = first; i < after_end; i++)
        counters_edge(&engine->counters, &after->edges[i]);
}

static void leave_seat(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    if (session->seat_before)
        session_at(engine, session->seat_before)->seat_after = session->seat_after;
    else
        engine->seats[session->seat - 1] = session->seat_after;
    if (session->seat_after)
        session_at(engine, session->seat_after)->seat_before = session->seat_before;
    session->seat = session->seat_before = session->seat_after = 0;
    free(session->pieces);
    session->pieces = NULL;
    session->piece_count = 0;
}

static void enter_seat(struct engine *engine, uint32_t number, uint32_t seat, const struct piece *pieces, size_t piece_count)
{
    struct session *session = session_at(engine, number);
    uint32_t first = engine->seats[seat - 1];
    session->seat = seat;
    session->seat_after = first;
    if (first)
        session_at(engine, first)->seat_before = number;
    engine->seats[seat - 1] = number;
    session->mask = pieces[0].mask;
    if (piece_count > 1) {
        session->pieces = memory_alloc(piece_count * sizeof *pieces);
        memcpy(session->pieces, pieces, piece_count * sizeof *pieces);
        session->piece_count = (uint32_t)piece_count;
    }
}

void subject_forget(struct engine *engine, uint32_t number)
{
    if (session_at(engine, number)->seat)
        leave_seat(engine, number);
}

static void clear_lists(struct engine *engine)
{
    engine->before.count = engine->after.count = 0;
}

void subject_install(struct engine *engine, uint32_t number, uint64_t seat_key, uint32_t tenant, instant begin, instant end,
                     const struct piece *pieces, size_t piece_count)
{
    struct session *session = session_at(engine, number);
    uint32_t seat = seat_of(engine, seat_key);
    instant from = begin, to = end;
    clear_lists(engine);
    if (session->seat == seat) {
        from = session->begin < begin ? session->begin : begin;
        to = session->end > end ? session->end : end;
    } else if (session->seat) {
        subject_remove(engine, number);
        clear_lists(engine);
    }
    if (!engine->restoring)
        seat_edges(engine, seat, from, to, &engine->before);
    if (session->seat)
        leave_seat(engine, number);
    session->begin = begin;
    session->end = end;
    session->tenant = tenant;
    enter_seat(engine, number, seat, pieces, piece_count);
    if (!engine->restoring) {
        seat_edges(engine, seat, from, to, &engine->after);
        apply_difference(engine);
    }
}

void subject_remove(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    uint32_t seat = session->seat;
    if (!seat)
        return;
    clear_lists(engine);
    seat_edges(engine, seat, session->begin, session->end, &engine->before);
    leave_seat(engine, number);
    seat_edges(engine, seat, session->begin, session->end, &engine->after);
    apply_difference(engine);
}

void subject_each_edge(struct engine *engine, instant from, instant to, edge_fn fn)
{
    for (uint32_t seat = 1; seat <= engine->seat_count; seat++) {
        if (!engine->seats[seat - 1])
            continue;
        clear_lists(engine);
        seat_edges(engine, seat, from, to, &engine->after);
        for (size_t i = 0; i < engine->after.count; i++)
            fn(&engine->counters, &engine->after.edges[i]);
        arena_reset(engine->scratch);
    }
}
