/*
 * Twins with different session ids (domain.md §7.4): the two ICONs of an HA pair saw one login.
 *
 * Sessions of different sources with equal (switch, login, person, place, DN) on their login rows
 * (unknown equals unknown, one of the last four known) and begins at most two seconds after the first
 * of the cluster are one.  Clusters form in order of (begin, source, session): each session joins the
 * oldest cluster that still takes it and has none of its sources, else it opens one.  The first is the
 * leader: it is derived from the rows of all, the others are counted nowhere.
 *
 * Nothing of this is kept while only one source sends sessions.
 */
#include "server/engine/private.h"

#include "base/check.h"

#include <stdlib.h>

enum { TWIN_MS = 2000 };

/* What of a session's login rows decides. */
struct likeness {
    ref attributes[5]; /* switch, login, person, place, DN */
    instant begin;
    uint16_t source; /* of the first row by (source, key) */
    bool present;
};

static struct likeness likeness_of(const struct engine *engine, uint32_t number)
{
    struct likeness likeness = {.begin = INSTANT_NEVER};
    uint32_t *rows;
    size_t count = session_login_rows(engine, number, &rows);
    for (size_t i = 0; i < count; i++) {
        const struct login_record *record = rows_login(&engine->rows, rows[i]);
        const ref known[5] = {record->switch_id, record->login, record->person, record->place, record->dn};
        instant begin = record_instant(record->begin);
        likeness.begin = begin < likeness.begin ? begin : likeness.begin;
        for (int a = 0; a < 5; a++)
            if (!likeness.attributes[a])
                likeness.attributes[a] = known[a];
        if (i == 0)
            likeness.source = record->source;
    }
    likeness.present = count > 0;
    return likeness;
}

static uint32_t twin_key_of(struct engine *engine, const struct likeness *likeness)
{
    bool any = false;
    for (int a = 1; a < 5; a++)
        any |= likeness->attributes[a] != 0;
    if (!likeness->present || !any)
        return 0;
    uint32_t key = dictionary_number(&engine->twin_keys, bytes_of(likeness->attributes, sizeof likeness->attributes));
    if (engine->twin_keys.capacity > engine->twin_capacity) {
        engine->twins = memory_resize(engine->twins, engine->twin_keys.capacity * sizeof *engine->twins);
        memset(engine->twins + engine->twin_capacity, 0, (engine->twin_keys.capacity - engine->twin_capacity) * sizeof *engine->twins);
        engine->twin_capacity = engine->twin_keys.capacity;
    }
    return key;
}

static int compare_twins(const struct engine *engine, uint32_t a, uint32_t b)
{
    const struct session *x = session_at(engine, a), *y = session_at(engine, b);
    if (x->twin_begin != y->twin_begin)
        return x->twin_begin < y->twin_begin ? -1 : 1;
    if (x->twin_source != y->twin_source)
        return bytes_compare(names_text(&engine->names, DICTIONARY_SOURCE, x->twin_source),
                             names_text(&engine->names, DICTIONARY_SOURCE, y->twin_source));
    return bytes_compare(names_text(&engine->names, DICTIONARY_SESSION, a), names_text(&engine->names, DICTIONARY_SESSION, b));
}

/* --- the list of those alike ---------------------------------------------------------------------- */

static void list_remove(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    struct device *list = &engine->twins[session->twin_key - 1];
    if (session->twin_before)
        session_at(engine, session->twin_before)->twin_after = session->twin_after;
    else
        list->first = session->twin_after;
    if (session->twin_after)
        session_at(engine, session->twin_after)->twin_before = session->twin_before;
    else
        list->last = session->twin_before;
    session->twin_before = session->twin_after = session->twin_key = 0;
}

static void list_insert(struct engine *engine, uint32_t number, uint32_t key)
{
    struct session *session = session_at(engine, number);
    struct device *list = &engine->twins[key - 1];
    uint32_t before = list->last;
    while (before && compare_twins(engine, before, number) > 0)
        before = session_at(engine, before)->twin_before;
    uint32_t after = before ? session_at(engine, before)->twin_after : list->first;
    session->twin_key = key;
    session->twin_before = before;
    session->twin_after = after;
    *(before ? &session_at(engine, before)->twin_after : &list->first) = number;
    *(after ? &session_at(engine, after)->twin_before : &list->last) = number;
}

/* --- clusters ------------------------------------------------------------------------------------- */

static bool share_a_source(const struct engine *engine, uint32_t a, uint32_t b)
{
    for (uint32_t x = session_at(engine, a)->login_rows; x; x = rows_next(&engine->rows, SESSION_LOGIN, x))
        for (uint32_t y = session_at(engine, b)->login_rows; y; y = rows_next(&engine->rows, SESSION_LOGIN, y))
            if (rows_login(&engine->rows, x)->source == rows_login(&engine->rows, y)->source)
                return true;
    return false;
}

static bool takes(const struct engine *engine, uint32_t leader, uint32_t number)
{
    if (session_at(engine, number)->twin_begin - session_at(engine, leader)->twin_begin > TWIN_MS)
        return false;
    for (uint32_t member = leader; member; member = session_at(engine, member)->twin_member)
        if (share_a_source(engine, member, number))
            return false;
    return true;
}

static void follow(struct engine *engine, uint32_t number, uint32_t leader)
{
    struct session *session = session_at(engine, number);
    if (session->twin_leader == leader)
        return;
    if (session->twin_leader)
        session_mark(engine, session->twin_leader);
    session->twin_leader = leader;
    if (leader)
        session_mark(engine, leader);
    session_mark(engine, number);
}

/* Forms the clusters anew of all that are connected with the session by steps of two seconds. */
static void recluster(struct engine *engine, uint32_t number)
{
    uint32_t first = number, last = number;
    while (session_at(engine, first)->twin_before &&
           session_at(engine, first)->twin_begin - session_at(engine, session_at(engine, first)->twin_before)->twin_begin <= TWIN_MS)
        first = session_at(engine, first)->twin_before;
    while (session_at(engine, last)->twin_after &&
           session_at(engine, session_at(engine, last)->twin_after)->twin_begin - session_at(engine, last)->twin_begin <= TWIN_MS)
        last = session_at(engine, last)->twin_after;
    uint32_t end = session_at(engine, last)->twin_after;
    for (uint32_t s = first; s != end; s = session_at(engine, s)->twin_after)
        session_at(engine, s)->twin_member = 0;
    for (uint32_t s = first; s != end; s = session_at(engine, s)->twin_after) {
        /* Leaders of this run lie between its first session and this one. */
        uint32_t leader = first;
        while (leader != s && (session_at(engine, leader)->twin_leader != 0 || !takes(engine, leader, s)))
            leader = session_at(engine, leader)->twin_after;
        if (leader == s) {
            follow(engine, s, 0);
            continue;
        }
        uint32_t tail = leader;
        while (session_at(engine, tail)->twin_member)
            tail = session_at(engine, tail)->twin_member;
        session_at(engine, tail)->twin_member = s;
        follow(engine, s, leader);
    }
}

static void leave(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    uint32_t before = session->twin_before, after = session->twin_after;
    if (!session->twin_key)
        return;
    list_remove(engine, number);
    /* Those it led or stood among are looked at again, each side for itself: a gap may be open now. */
    for (uint32_t member = session->twin_member; member; member = session_at(engine, member)->twin_member)
        if (session_at(engine, member)->twin_leader == number)
            follow(engine, member, 0);
    session->twin_member = 0;
    follow(engine, number, 0);
    if (before)
        recluster(engine, before);
    if (after)
        recluster(engine, after);
}

bool twin_place(struct engine *engine, uint32_t number)
{
    struct session *session = session_at(engine, number);
    if (!engine->twins_on)
        return true;
    struct likeness likeness = likeness_of(engine, number);
    uint32_t key = twin_key_of(engine, &likeness);
    if (key != session->twin_key || likeness.begin != session->twin_begin || likeness.source != session->twin_source) {
        leave(engine, number);
        session->twin_begin = likeness.begin;
        session->twin_source = likeness.source;
        if (key)
            list_insert(engine, number, key);
    }
    /* Also when nothing of this changed a row of another source may have come. */
    if (key)
        recluster(engine, number);
    if (session->twin_leader)
        session_mark(engine, session->twin_leader);
    return session->twin_leader == 0;
}

void twin_forget(struct engine *engine, uint32_t number)
{
    uint32_t key = session_at(engine, number)->twin_key;
    if (!key)
        return;
    list_remove(engine, number);
    if (!engine->twins[key - 1].first)
        dictionary_remove(&engine->twin_keys, key);
}

void twin_switch_on(struct engine *engine)
{
    if (engine->twins_on)
        return;
    engine->twins_on = true;
    for (uint32_t number = 1; number <= engine->session_capacity; number++)
        if (session_at(engine, number)->used && !session_at(engine, number)->port)
            session_mark(engine, number);
}
