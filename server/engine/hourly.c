#include "server/engine/hourly.h"

#include "base/check.h"

#include <stdlib.h>

/* A slice should take some milliseconds, whatever the site's size. */
enum { SLICE_SESSIONS = 200000, SLICE_SEATS = 4000, SLICE_EVENTS = 50000 };

/* --- what is to be counted ------------------------------------------------------------------------ */

static void touched_room(struct hourly *hourly, uint32_t seat)
{
    if (seat <= hourly->touched_capacity)
        return;
    uint32_t capacity = hourly->touched_capacity ? hourly->touched_capacity * 2 : 1024;
    while (capacity < seat)
        capacity *= 2;
    hourly->touched_from = memory_resize(hourly->touched_from, capacity * sizeof *hourly->touched_from);
    for (uint32_t i = hourly->touched_capacity; i < capacity; i++)
        hourly->touched_from[i] = INSTANT_NEVER;
    hourly->touched_capacity = capacity;
}

void hourly_touch(struct engine *engine, uint32_t seat, instant from)
{
    struct hourly *hourly = engine->hourly;
    touched_room(hourly, seat);
    if (hourly->touched_from[seat - 1] == INSTANT_NEVER)
        number_list_add(&hourly->touched, seat);
    if (from < hourly->touched_from[seat - 1])
        hourly->touched_from[seat - 1] = from;
}

static void mark_start(struct engine *engine, instant at, instant from)
{
    instant horizon = engine->counters.horizon;
    if (at > from && at >= horizon)
        hours_mark(&engine->counters.hours, slot_of(at));
}

/* The gap of an entry rests on the seat's use before it, so what begins after a change is counted again. */
static void mark_later_uses(struct engine *engine, uint32_t seat, instant from)
{
    enum seat_family family = engine->seat_families[seat - 1];
    for (uint32_t s = engine->seats[seat - 1]; s; s = session_at(engine, s)->seat_after[family]) {
        const struct session *session = session_at(engine, s);
        mark_start(engine, session->begin, from);
        size_t count;
        struct piece one;
        const struct piece *pieces = session_uses(engine, session, &one, &count);
        for (size_t i = 0; i < count; i++)
            mark_start(engine, pieces[i].from, from);
        const struct presence *presences;
        count = session_groups(engine, session, &presences);
        for (size_t i = 0; i < count; i++)
            if (presences[i].from > session->begin && presences[i].from < session->end)
                mark_start(engine, presences[i].from, from);
    }
    /* What a horizon cut begins at it. */
    if (from < engine->counters.horizon)
        hours_mark(&engine->counters.hours, slot_of(engine->counters.horizon));
}

void hourly_settle(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    for (size_t i = 0; i < hourly->touched.count; i++) {
        uint32_t seat = hourly->touched.numbers[i];
        mark_later_uses(engine, seat, hourly->touched_from[seat - 1]);
        hourly->touched_from[seat - 1] = INSTANT_NEVER;
    }
    hourly->touched.count = 0;
}

/* --- the seats in use in an hour ------------------------------------------------------------------ */

void hourly_new_round(struct engine *engine)
{
    engine->hourly->stamp++;
}

bool hourly_stamp(struct engine *engine, uint32_t seat)
{
    struct hourly *hourly = engine->hourly;
    if (seat > hourly->stamp_capacity) {
        uint32_t capacity = hourly->stamp_capacity ? hourly->stamp_capacity * 2 : 1024;
        while (capacity < seat)
            capacity *= 2;
        hourly->stamps = memory_resize(hourly->stamps, capacity * sizeof *hourly->stamps);
        memset(hourly->stamps + hourly->stamp_capacity, 0, (capacity - hourly->stamp_capacity) * sizeof *hourly->stamps);
        hourly->stamp_capacity = capacity;
    }
    bool first = hourly->stamps[seat - 1] != hourly->stamp;
    hourly->stamps[seat - 1] = hourly->stamp;
    return first;
}

static void found(struct engine *engine, uint32_t seat)
{
    struct hourly *hourly = engine->hourly;
    if (!hourly_stamp(engine, seat))
        return;
    if (hourly->seat_count == hourly->seat_capacity) {
        hourly->seat_capacity = hourly->seat_capacity ? hourly->seat_capacity * 2 : 1024;
        hourly->seats = memory_resize(hourly->seats, hourly->seat_capacity * sizeof *hourly->seats);
    }
    hourly->seats[hourly->seat_count++] = seat;
}

static void look_at_sessions(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    instant from = (instant)hourly->slot * SLOT_MS, to = (instant)hourly->slot_end * SLOT_MS;
    size_t last = hourly->next + SLICE_SESSIONS;
    for (; hourly->next < engine->session_capacity && hourly->next < last; hourly->next++) {
        const struct session *session = &engine->sessions[hourly->next];
        if (!session->seat[SEAT_DEFAULT] || session->begin >= to || session->end < from)
            continue;
        for (int family = 0; family < SEAT_FAMILIES; family++)
            found(engine, session->seat[family]);
    }
    if (hourly->next >= engine->session_capacity) {
        hourly->phase = HOURLY_SEATS;
        hourly->next = 0;
    }
}

static void look_at_seats(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    instant from = (instant)hourly->slot * SLOT_MS, to = (instant)hourly->slot_end * SLOT_MS;
    size_t last = hourly->next + SLICE_SEATS;
    for (; hourly->next < hourly->seat_count && hourly->next < last; hourly->next++) {
        uint32_t seat = hourly->seats[hourly->next];
        enum seat_family family = engine->seat_families[seat - 1];
        struct part_list parts = subject_parts(engine, seat, family, INSTANT_EVER, to - 1);
        if (family == SEAT_DEFAULT)
            parts_edges(engine, &parts, from, to - 1, &hourly->edges);
        else
            parts_sort(&parts);
        named_add_seat(engine, seat, family, &parts);
        arena_reset(engine->scratch);
    }
    if (hourly->next >= hourly->seat_count)
        hourly->phase = HOURLY_SORTING;
}

void hour_result_add(struct hour_result *result, enum db_table table, uint32_t scope, struct bytes records)
{
    if (records.len == 0)
        return;
    if (result->count == result->capacity) {
        result->capacity = result->capacity ? result->capacity * 2 : 64;
        result->records = memory_resize(result->records, result->capacity * sizeof *result->records);
    }
    result->records[result->count++] = (struct hour_record){table, scope, result->bytes.len, records.len};
    buffer_append_bytes(&result->bytes, records);
}

/* Puts a list in order of scopes, which stand first in each element; returns where each scope's end. */
static size_t *by_scope(const struct engine *engine, void **list, size_t count, size_t size, size_t scope_at)
{
    uint32_t scopes = engine->counters.scope_count, scope;
    size_t *ends = memory_alloc_zero(scopes + 1, sizeof *ends), sum = 0;
    uint8_t *from = *list, *sorted = memory_alloc((count + 1) * size);
    for (size_t i = 0; i < count; i++) {
        memcpy(&scope, from + i * size + scope_at, sizeof scope);
        ends[scope - 1]++;
    }
    for (uint32_t i = 0; i < scopes; i++) { /* first where each begins; each element moves it on to its end */
        size_t here = ends[i];
        ends[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(&scope, from + i * size + scope_at, sizeof scope);
        memcpy(sorted + ends[scope - 1]++ * size, from + i * size, size);
    }
    free(from);
    *list = sorted;
    return ends;
}

static void sort_scopes(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    void *entries = hourly->entries.list, *edges = hourly->edges.edges;
    hourly->entry_ends = by_scope(engine, &entries, hourly->entries.count, sizeof *hourly->entries.list, offsetof(struct entry_event, scope));
    hourly->edge_ends = by_scope(engine, &edges, hourly->edges.count, sizeof *hourly->edges.edges, offsetof(struct edge, scope));
    hourly->entries = (struct entry_events){entries, hourly->entries.count, hourly->entries.count + 1};
    hourly->edges = (struct edge_list){edges, hourly->edges.count, hourly->edges.count + 1};
    hourly->result = memory_alloc_zero(1, sizeof *hourly->result);
    hourly->result->slot = hourly->slot;
    hourly->sorted_scopes = engine->counters.scope_count;
    hourly->next = 0;
    hourly->phase = HOURLY_SCOPES;
}

static void free_result(struct hour_result *result)
{
    free(result->records);
    buffer_free(&result->bytes);
    free(result);
}

static void leave_scopes(struct hourly *hourly)
{
    free(hourly->entry_ends);
    free(hourly->edge_ends);
    hourly->entry_ends = hourly->edge_ends = NULL;
    hourly->result = NULL;
    hourly->phase = HOURLY_NOTHING;
}

static void look_at_scopes(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    for (size_t events = 0; hourly->next < hourly->sorted_scopes && events < SLICE_EVENTS; hourly->next++) {
        size_t scope = hourly->next, entry = scope ? hourly->entry_ends[scope - 1] : 0, edge = scope ? hourly->edge_ends[scope - 1] : 0;
        named_scope(engine, &hourly->entries.list[entry], hourly->entry_ends[scope] - entry, hourly->result);
        sustained_scope(engine, &hourly->edges.edges[edge], hourly->edge_ends[scope] - edge, hourly->result);
        events += hourly->entry_ends[scope] - entry + hourly->edge_ends[scope] - edge;
    }
    if (hourly->next < hourly->sorted_scopes)
        return;
    if (hourly->last)
        hourly->last->next = hourly->result;
    else
        hourly->first = hourly->result;
    hourly->last = hourly->result;
    leave_scopes(hourly);
}

/* The oldest marked hour that a horizon has left something of. */
static bool begin(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    struct hours *hours = &engine->counters.hours;
    uint32_t horizon = engine->counters.horizon == INSTANT_EVER ? 0 : slot_of(engine->counters.horizon), oldest;
    hourly_settle(engine);
    do {
        if (hours->count == 0)
            return false;
        oldest = hours->marks[0].hour;
        for (uint32_t i = 1; i < hours->count; i++)
            if (hours->marks[i].hour < oldest)
                oldest = hours->marks[i].hour;
        hours_remove(hours, oldest);
    } while ((oldest + 1) * HOUR_SLOTS <= horizon);
    hourly->hour = oldest;
    hourly->slot = oldest * HOUR_SLOTS > horizon ? oldest * HOUR_SLOTS : horizon;
    hourly->slot_end = (oldest + 1) * HOUR_SLOTS;
    hourly->next = hourly->seat_count = hourly->entries.count = hourly->edges.count = 0;
    hourly->phase = HOURLY_SESSIONS;
    hourly_new_round(engine);
    return true;
}

/* Reads seats as they are derived: what facts only noted marks its hours when it is. */
bool engine_count_slice(struct engine *engine)
{
    switch (engine->hourly->phase) {
    case HOURLY_NOTHING:
        return begin(engine);
    case HOURLY_SESSIONS:
        look_at_sessions(engine);
        return true;
    case HOURLY_SEATS:
        look_at_seats(engine);
        return true;
    case HOURLY_SORTING:
        sort_scopes(engine);
        return true;
    default:
        look_at_scopes(engine);
        return true;
    }
}

bool engine_counting(const struct engine *engine)
{
    return engine->hourly->phase != HOURLY_NOTHING;
}

uint32_t engine_hours_marked(struct engine *engine, instant before)
{
    uint32_t count = 0;
    engine_settle(engine, INSTANT_EVER);
    hourly_settle(engine);
    const struct hours *hours = &engine->counters.hours;
    if (engine_counting(engine))
        count += (instant)engine->hourly->hour * HOUR_MS < before;
    for (uint32_t i = 0; i < hours->count; i++)
        count += (instant)hours->marks[i].hour * HOUR_MS < before;
    return count;
}

/* An hour under way counts from the beginning again. */
void hourly_stop(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    if (hourly->phase != HOURLY_NOTHING)
        hours_add(&engine->counters.hours, hourly->hour);
    if (hourly->result)
        free_result(hourly->result);
    leave_scopes(hourly);
}

/* --- changes -------------------------------------------------------------------------------------- */

static int compare_marks(const void *a, const void *b)
{
    const struct hour_mark *x = a, *y = b;
    return x->hour < y->hour ? -1 : x->hour > y->hour;
}

/* Those that are marked, and the one under way, as they would have to be counted if the process died now. */
static void give_marks(struct engine *engine, const struct engine_sink *sink)
{
    struct hours *hours = &engine->counters.hours;
    struct hourly *hourly = engine->hourly;
    hourly_settle(engine);
    bool under_way = hourly->phase != HOURLY_NOTHING && !hours_has(hours, hourly->hour);
    struct hour_mark *marks = memory_alloc((hours->count + 1) * sizeof *marks);
    for (uint32_t i = 0; i < hours->count; i++) {
        if (hours->marks[i].since == INSTANT_EVER)
            hours->marks[i].since = engine->counters.clock;
        marks[i] = hours->marks[i];
    }
    size_t count = hours->count;
    if (under_way)
        marks[count++] = (struct hour_mark){hourly->hour, engine->counters.clock};
    qsort(marks, count, sizeof *marks, compare_marks);
    sink->marks(sink->owner, marks, count);
    free(marks);
}

void hourly_give(struct engine *engine, const struct engine_sink *sink)
{
    const struct counter_scope *scopes = engine->counters.scopes;
    for (const struct hour_result *result = engine->hourly->first; result; result = result->next) {
        sink->hour(sink->owner, result->slot);
        for (size_t i = 0; i < result->count; i++) {
            const struct hour_record *record = &result->records[i];
            sink->hour_record(sink->owner, record->table, result->slot, scopes[record->scope - 1].scope, bytes_of(result->bytes.data + record->from, record->len));
        }
    }
    give_marks(engine, sink);
    seen_give(engine, sink);
}

static void drop_results(struct hourly *hourly)
{
    for (struct hour_result *result = hourly->first, *next; result; result = next) {
        next = result->next;
        free_result(result);
    }
    hourly->first = hourly->last = NULL;
}

void hourly_flushed(struct engine *engine)
{
    struct hourly *hourly = engine->hourly;
    drop_results(hourly);
    for (size_t i = 0; i < hourly->seen_dirty.count; i++)
        hourly->seen[hourly->seen_dirty.numbers[i] - 1].dirty = false;
    hourly->seen_dirty.count = 0;
}

bool hourly_dirty(const struct engine *engine)
{
    return engine->hourly->first || engine->hourly->seen_dirty.count;
}

struct hourly *hourly_create(void)
{
    return memory_alloc_zero(1, sizeof(struct hourly));
}

void hourly_destroy(struct hourly *hourly)
{
    drop_results(hourly);
    if (hourly->result)
        free_result(hourly->result);
    leave_scopes(hourly);
    last_seen_free(hourly);
    free(hourly->seats);
    free(hourly->entries.list);
    free(hourly->edges.edges);
    free(hourly->touched_from);
    number_list_free(&hourly->touched);
    free(hourly->stamps);
    number_list_free(&hourly->seen_dirty);
    free(hourly);
}
