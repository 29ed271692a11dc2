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

static struct twin *twin_at(const struct engine *engine, uint32_t number)
{
    check(number >= 1 && number <= engine->twin_capacity);
    return &engine->twins[number - 1];
}

uint32_t twin_leader(const struct engine *engine, uint32_t number)
{
    return engine->twins_on ? twin_at(engine, number)->leader : 0;
}

uint32_t twin_member(const struct engine *engine, uint32_t number)
{
    return engine->twins_on ? twin_at(engine, number)->member : 0;
}

void twins_reserve(struct engine *engine)
{
    if (engine->twin_capacity == engine->session_capacity)
        return;
    engine->twins = memory_resize(engine->twins, engine->session_capacity * sizeof *engine->twins);
    memset(engine->twins + engine->twin_capacity, 0, (engine->session_capacity - engine->twin_capacity) * sizeof *engine->twins);
    engine->twin_capacity = engine->session_capacity;
}

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
    if (engine->twin_keys.capacity > engine->alike_capacity) {
        engine->alikes = memory_resize(engine->alikes, engine->twin_keys.capacity * sizeof *engine->alikes);
        memset(engine->alikes + engine->alike_capacity, 0, (engine->twin_keys.capacity - engine->alike_capacity) * sizeof *engine->alikes);
        engine->alike_capacity = engine->twin_keys.capacity;
    }
    return key;
}

static int compare_twins(const struct engine *engine, uint32_t a, uint32_t b)
{
    const struct twin *x = twin_at(engine, a), *y = twin_at(engine, b);
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->source != y->source)
        return bytes_compare(names_text(&engine->names, DICTIONARY_SOURCE, x->source),
                             names_text(&engine->names, DICTIONARY_SOURCE, y->source));
    return bytes_compare(names_text(&engine->names, DICTIONARY_SESSION, a), names_text(&engine->names, DICTIONARY_SESSION, b));
}

/* --- the list of those alike ---------------------------------------------------------------------- */

static void list_remove(struct engine *engine, uint32_t number)
{
    struct twin *twin = twin_at(engine, number);
    struct device *list = &engine->alikes[twin->key - 1];
    if (twin->before)
        twin_at(engine, twin->before)->after = twin->after;
    else
        list->first = twin->after;
    if (twin->after)
        twin_at(engine, twin->after)->before = twin->before;
    else
        list->last = twin->before;
    twin->before = twin->after = twin->key = 0;
}

static void list_insert(struct engine *engine, uint32_t number, uint32_t key)
{
    struct twin *twin = twin_at(engine, number);
    struct device *list = &engine->alikes[key - 1];
    uint32_t before = list->last;
    while (before && compare_twins(engine, before, number) > 0)
        before = twin_at(engine, before)->before;
    uint32_t after = before ? twin_at(engine, before)->after : list->first;
    twin->key = key;
    twin->before = before;
    twin->after = after;
    *(before ? &twin_at(engine, before)->after : &list->first) = number;
    *(after ? &twin_at(engine, after)->before : &list->last) = number;
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
    if (twin_at(engine, number)->begin - twin_at(engine, leader)->begin > TWIN_MS)
        return false;
    for (uint32_t member = leader; member; member = twin_at(engine, member)->member)
        if (share_a_source(engine, member, number))
            return false;
    return true;
}

static void follow(struct engine *engine, uint32_t number, uint32_t leader)
{
    struct twin *twin = twin_at(engine, number);
    if (twin->leader == leader)
        return;
    if (twin->leader)
        session_mark(engine, twin->leader);
    twin->leader = leader;
    if (leader)
        session_mark(engine, leader);
    session_mark(engine, number);
}

/* Forms the clusters anew of all that are connected with the session by steps of two seconds. */
static void recluster(struct engine *engine, uint32_t number)
{
    uint32_t first = number, last = number;
    while (twin_at(engine, first)->before &&
           twin_at(engine, first)->begin - twin_at(engine, twin_at(engine, first)->before)->begin <= TWIN_MS)
        first = twin_at(engine, first)->before;
    while (twin_at(engine, last)->after &&
           twin_at(engine, twin_at(engine, last)->after)->begin - twin_at(engine, last)->begin <= TWIN_MS)
        last = twin_at(engine, last)->after;
    uint32_t end = twin_at(engine, last)->after;
    for (uint32_t s = first; s != end; s = twin_at(engine, s)->after)
        twin_at(engine, s)->member = 0;
    for (uint32_t s = first; s != end; s = twin_at(engine, s)->after) {
        /* Leaders of this run lie between its first session and this one. */
        uint32_t leader = first;
        while (leader != s && (twin_at(engine, leader)->leader != 0 || !takes(engine, leader, s)))
            leader = twin_at(engine, leader)->after;
        if (leader == s) {
            follow(engine, s, 0);
            continue;
        }
        uint32_t tail = leader;
        while (twin_at(engine, tail)->member)
            tail = twin_at(engine, tail)->member;
        twin_at(engine, tail)->member = s;
        follow(engine, s, leader);
    }
}

static void leave(struct engine *engine, uint32_t number)
{
    struct twin *twin = twin_at(engine, number);
    uint32_t before = twin->before, after = twin->after;
    if (!twin->key)
        return;
    list_remove(engine, number);
    /* Those it led or stood among are looked at again, each side for itself: a gap may be open now. */
    for (uint32_t member = twin->member; member; member = twin_at(engine, member)->member)
        if (twin_at(engine, member)->leader == number)
            follow(engine, member, 0);
    twin->member = 0;
    follow(engine, number, 0);
    if (before)
        recluster(engine, before);
    if (after)
        recluster(engine, after);
}

bool twin_place(struct engine *engine, uint32_t number)
{
    if (!engine->twins_on)
        return true;
    struct twin *twin = twin_at(engine, number);
    struct likeness likeness = likeness_of(engine, number);
    uint32_t key = twin_key_of(engine, &likeness);
    if (key != twin->key || likeness.begin != twin->begin || likeness.source != twin->source) {
        leave(engine, number);
        twin->begin = likeness.begin;
        twin->source = likeness.source;
        if (key)
            list_insert(engine, number, key);
    }
    /* Also when nothing of this changed a row of another source may have come. */
    if (key)
        recluster(engine, number);
    if (twin->leader)
        session_mark(engine, twin->leader);
    return twin->leader == 0;
}

void twin_forget(struct engine *engine, uint32_t number)
{
    if (!engine->twins_on)
        return;
    uint32_t key = twin_at(engine, number)->key;
    if (key)
        list_remove(engine, number);
    if (key && !engine->alikes[key - 1].first)
        dictionary_remove(&engine->twin_keys, key);
    *twin_at(engine, number) = (struct twin){0};
}

void twin_switch_on(struct engine *engine)
{
    if (engine->twins_on)
        return;
    engine->twins_on = true;
    if (engine->session_capacity)
        twins_reserve(engine);
    for (uint32_t number = 1; number <= engine->session_capacity; number++)
        if (session_at(engine, number)->used && !session_at(engine, number)->port)
            session_mark(engine, number);
}
