/*
 * Which session ids are one session (domain.md §7.4).
 *
 * Those of different sources with equal (switch, login, person, place, DN) on their login rows, unknown
 * equal to unknown, one of the last four known, that begin at most two seconds after the first.  Each in
 * order of (begin, source, session) gathers those behind it that no earlier one gathered.
 */
#include "tests/support/naive_parts.h"

#include <stdlib.h>

enum { TWIN_MS = 2000, ALIKE = 5 };

struct copy { /* the rows of one session id */
    struct bytes id;
    struct bytes source; /* the first of its login rows */
    int64_t alike[ALIKE];
    instant begin;
    bool has_login, gathered;
    size_t session;
};

struct copies {
    const struct naive *naive;
    struct copy *list;
    size_t count;
    size_t *copy_of; /* of each row */
};

static void gather_copies(struct copies *copies)
{
    const struct naive *naive = copies->naive;
    for (size_t i = 0; i < naive->row_count; i++) {
        struct bytes id = naive_session_id(naive->rows[i]);
        if (!bytes_present(id))
            continue;
        size_t at = 0;
        while (at < copies->count && !bytes_equal(copies->list[at].id, id))
            at++;
        copies->copy_of[i] = at;
        struct copy *copy = &copies->list[at];
        if (at == copies->count) {
            *copy = (struct copy){.id = id, .alike = {ID_NONE, ID_NONE, ID_NONE, ID_NONE, ID_NONE}, .begin = INSTANT_NEVER};
            copies->count++;
        }
        if (naive->rows[i]->kind != FACT_LOGIN_SESSION)
            continue;
        const struct login_session *row = &naive->rows[i]->login_session;
        const int64_t stated[ALIKE] = {row->switch_id, row->login, row->person, row->place, row->dn};
        for (int k = 0; k < ALIKE; k++)
            first_known(&copy->alike[k], stated[k]);
        if (!copy->has_login) /* rows come by source */
            copy->source = naive->rows[i]->source;
        copy->has_login = true;
        if (row->begin < copy->begin)
            copy->begin = row->begin;
    }
}

static int compare_copy(const void *left, const void *right)
{
    const struct copy *a = *(const struct copy *const *)left, *b = *(const struct copy *const *)right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    int order = bytes_compare(a->source, b->source);
    return order ? order : bytes_compare(a->id, b->id);
}

static bool alike(const struct copy *a, const struct copy *b)
{
    bool known = false;
    for (int k = 0; k < ALIKE; k++) {
        if (a->alike[k] != b->alike[k])
            return false;
        known |= k > 0 && a->alike[k] != ID_NONE; /* a switch alone says nothing */
    }
    return known;
}

/* Whether the copy has login rows of a source that the session has already. */
static bool source_twice(const struct copies *copies, size_t session, const struct copy *copy)
{
    const struct naive *naive = copies->naive;
    for (size_t i = 0; i < naive->row_count; i++) {
        if (naive->rows[i]->kind != FACT_LOGIN_SESSION || &copies->list[copies->copy_of[i]] != copy)
            continue;
        for (size_t k = 0; k < naive->row_count; k++) {
            if (naive->rows[k]->kind != FACT_LOGIN_SESSION || !bytes_equal(naive->rows[k]->source, naive->rows[i]->source))
                continue;
            const struct copy *other = &copies->list[copies->copy_of[k]];
            if (other->gathered && other->session == session)
                return true;
        }
    }
    return false;
}

static void join(struct naive *naive, struct copy *copy, size_t session)
{
    copy->gathered = true;
    copy->session = session;
    naive->sessions[session].copies += copy->has_login;
}

void naive_twins_find(struct naive *naive)
{
    size_t room = naive->row_count + 1;
    struct copies copies = {naive, arena_alloc(naive->arena, room * sizeof *copies.list), 0, arena_alloc(naive->arena, room * sizeof(size_t))};
    naive->sessions = arena_alloc(naive->arena, room * sizeof *naive->sessions);
    naive->session_of = arena_alloc(naive->arena, room * sizeof *naive->session_of);
    gather_copies(&copies);
    struct copy **order = arena_alloc(naive->arena, room * sizeof *order);
    for (size_t i = 0; i < copies.count; i++)
        order[i] = &copies.list[i];
    qsort(order, copies.count, sizeof *order, compare_copy);
    for (size_t i = 0; i < copies.count; i++) {
        struct copy *first = order[i];
        if (first->gathered)
            continue;
        size_t session = naive->session_count++;
        naive->sessions[session] = (struct naive_session){.id = first->id, .given_tenant = ID_NONE, .person = ID_NONE, .login = ID_NONE, .place = ID_NONE,
                                                          .dn = ID_NONE, .switch_id = ID_NONE, .begin = INSTANT_NEVER, .end = INSTANT_NEVER, .latest = INSTANT_EVER};
        join(naive, first, session);
        for (size_t k = i + 1; k < copies.count && first->has_login; k++)
            if (order[k]->has_login && !order[k]->gathered && order[k]->begin - first->begin <= TWIN_MS && alike(first, order[k]) &&
                !source_twice(&copies, session, order[k]))
                join(naive, order[k], session);
    }
    for (size_t i = 0; i < naive->row_count; i++)
        if (bytes_present(naive_session_id(naive->rows[i])))
            naive->session_of[i] = copies.list[copies.copy_of[i]].session;
}
