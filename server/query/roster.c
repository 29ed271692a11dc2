#include "server/query/roster.h"

#include "base/map.h"
#include "base/varint.h"
#include "server/query/roster_pack.h"
#include "server/query/rule.h"
#include "server/query/snapshot.h"

#include <stdlib.h>

/* --- packing -------------------------------------------------------------------------------------- */

struct making {
    struct roster_packing packing;
    struct map numbers; /* the engine's session → its place in the table, + 1 */
    struct buffer out;
    const struct seat_index *index;
    struct arena *arena;
};

static uint64_t session_place(struct making *making, const struct told_session *told)
{
    uint32_t place = map_get(&making->numbers, told->number);
    if (!place) {
        place = roster_pack_session(&making->packing, told) + 1;
        map_put(&making->numbers, told->number, place);
    }
    return place - 1;
}

static void put_instant(struct making *making, instant at)
{
    varint_put(&making->out, at == INSTANT_NONE || at == INSTANT_NEVER ? 0 : (uint64_t)(at - making->packing.start) + 1);
}

static void put_steps(struct making *making, const struct explain_answer *answer)
{
    int64_t peak = answer->peak;
    instant peak_at = answer->peak_at;
    for (int i = 0; i < EXPLAIN_STEPS; i++) {
        const struct explain_step *step = &answer->steps[i];
        bool differs = step->peak != peak || step->peak_at != peak_at || step->alone != answer->peak || step->seat_count;
        varint_put(&making->out, differs);
        if (!differs)
            continue;
        varint_put(&making->out, (uint64_t)step->peak);
        varint_put(&making->out, (uint64_t)step->alone);
        put_instant(making, step->peak_at);
        varint_put(&making->out, step->seat_count);
        for (size_t k = 0; k < step->seat_count; k++)
            roster_pack_key(&making->packing, &making->out, &step->seats[k]);
        peak = step->peak;
        peak_at = step->peak_at;
    }
}

static void put_seats(struct making *making, const struct explain_answer *answer)
{
    int64_t before = -1;
    varint_put(&making->out, answer->seat_count);
    for (size_t i = 0; i < answer->seat_count; i++) {
        const struct explain_seat *seat = &answer->seats[i];
        for (size_t k = 0; k < seat->session_count; k++) {
            int64_t place = (int64_t)session_place(making, &seat->sessions[k]), step = place - before - 1;
            uint64_t zigzag = (uint64_t)step << 1 ^ (uint64_t)(step >> 63);
            varint_put(&making->out, zigzag << 2 | (uint64_t)seat->shared << 1 | (k + 1 < seat->session_count));
            before = place;
        }
    }
}

static struct bytes pack(struct making *making, const struct explain_answer *answer)
{
    buffer_clear(&making->out);
    varint_put(&making->out, (uint64_t)answer->peak);
    put_instant(making, answer->peak_at);
    put_instant(making, answer->held_until);
    varint_put(&making->out, answer->maker_count);
    for (size_t i = 0; i < answer->maker_count; i++)
        varint_put(&making->out, session_place(making, &answer->makers[i].session) << 1 | answer->makers[i].begins);
    put_steps(making, answer);
    put_seats(making, answer);
    return arena_copy(making->arena, buffer_bytes(&making->out));
}

/* --- the counters of a book ----------------------------------------------------------------------- */

static void add_roster(struct rosters *rosters, struct roster roster, struct arena *arena)
{
    if (rosters->count == rosters->capacity) {
        size_t capacity = rosters->capacity * 2 + 64;
        struct roster *more = arena_alloc(arena, capacity * sizeof *more);
        if (rosters->count)
            memcpy(more, rosters->list, rosters->count * sizeof *more);
        rosters->list = more;
        rosters->capacity = capacity;
    }
    rosters->list[rosters->count++] = roster;
}

static void make_scope(struct query *query, struct engine *engine, const struct query_scope *scope, instant start, instant end, struct making *making,
                       struct rosters *rosters)
{
    for (size_t i = 0; i < query->item_count; i++) {
        const struct query_item *item = &query->items[i];
        struct explain_answer answer = {.scope = *scope, .item = *item, .profile = PROFILE_EXACT, .period = GRANULARITY_DAY, .start = start, .end = end, .known_from = start};
        if (!item->number || !query_measures(query, i, start, end).concurrent)
            continue;
        struct arena *arena = arena_create();
        explain_engine(engine, making->index, true, start, arena, &answer);
        if (answer.peak > 0)
            add_roster(rosters, (struct roster){scope->scope, item->number, pack(making, &answer)}, making->arena);
        arena_destroy(arena);
    }
}

enum err rosters_make(struct query *query, struct engine *engine, const struct seat_index *index, const struct query_scope *book, int32_t date,
                      instant start, instant end, const struct pseudonyms *pseudonyms, struct arena *arena, struct rosters *rosters)
{
    struct making making = {.packing = {.start = start, .pseudonyms = pseudonyms}, .index = index, .arena = arena};
    *rosters = (struct rosters){.book = book->scope.id, .date = date};
    make_scope(query, engine, book, start, end, &making, rosters);
    for (enum scope_kind kind = SCOPE_AGENT_GROUP; kind <= SCOPE_PLACE_GROUP && book->scope.kind == SCOPE_TENANT; kind++) {
        const struct query_scope *groups;
        size_t count = query_scopes(query, kind, arena, &groups);
        for (size_t i = 0; i < count; i++)
            if (groups[i].tenant == book->scope.id)
                make_scope(query, engine, &groups[i], start, end, &making, rosters);
    }
    rosters->sessions = roster_pack_end(&making.packing, arena);
    map_free(&making.numbers);
    buffer_free(&making.out);
    return query_failure(query);
}

void rosters_put(struct db_txn *txn, const struct rosters *rosters)
{
    for (size_t i = 0; i < rosters->count; i++)
        roster_put(txn, rosters->book, rosters->date, rosters->list[i].scope, rosters->list[i].item, rosters->list[i].packed);
    if (rosters->count)
        roster_sessions_put(txn, rosters->book, rosters->date, rosters->sessions);
}

/* --- reading -------------------------------------------------------------------------------------- */

struct reading {
    struct roster_table table;
    struct bytes rest;
    struct arena *arena;
    bool damaged;
};

static uint64_t take(struct reading *reading)
{
    uint64_t value = 0;
    if (!varint_take(&reading->rest, &value))
        reading->damaged = true;
    return reading->damaged ? 0 : value;
}

static instant take_instant(struct reading *reading, instant none)
{
    uint64_t value = take(reading);
    return value ? reading->table.start + (instant)(value - 1) : none;
}

/* A count of what takes a byte each at least. */
static size_t take_count(struct reading *reading)
{
    uint64_t count = take(reading);
    reading->damaged |= count > reading->rest.len;
    return reading->damaged ? 0 : (size_t)count;
}

static struct told_session take_session(struct reading *reading, uint64_t place)
{
    if (place < reading->table.count)
        return reading->table.sessions[place];
    reading->damaged = true;
    return (struct told_session){0};
}

static void take_steps(struct reading *reading, struct explain_answer *answer)
{
    int64_t peak = answer->peak;
    instant peak_at = answer->peak_at;
    unsigned without = 0;
    for (int i = 0; i < EXPLAIN_STEPS; i++) {
        struct explain_step *step = &answer->steps[i];
        without |= 1u << i;
        *step = (struct explain_step){without, peak, answer->peak, peak_at, NULL, 0};
        if (!take(reading))
            continue;
        step->peak = peak = (int64_t)take(reading);
        step->alone = (int64_t)take(reading);
        step->peak_at = peak_at = take_instant(reading, INSTANT_NONE);
        step->seat_count = take_count(reading);
        step->seats = arena_alloc(reading->arena, (step->seat_count + 1) * sizeof *step->seats);
        for (size_t k = 0; k < step->seat_count; k++)
            reading->damaged |= !roster_take_key(&reading->table, &reading->rest, &step->seats[k]);
    }
}

static void take_seats(struct reading *reading, struct explain_answer *answer)
{
    int64_t before = -1;
    answer->seat_count = take_count(reading);
    answer->seats = arena_alloc(reading->arena, (answer->seat_count + 1) * sizeof *answer->seats);
    for (size_t i = 0; i < answer->seat_count && !reading->damaged; i++) {
        struct explain_seat *seat = &answer->seats[i];
        *seat = (struct explain_seat){0};
        for (bool more = true; more && !reading->damaged;) {
            uint64_t code = take(reading), zigzag = code >> 2;
            struct told_session *sessions = arena_alloc(reading->arena, (seat->session_count + 1) * sizeof *sessions);
            if (seat->session_count)
                memcpy(sessions, seat->sessions, seat->session_count * sizeof *sessions);
            before += 1 + (int64_t)(zigzag >> 1 ^ -(zigzag & 1));
            sessions[seat->session_count++] = take_session(reading, (uint64_t)before);
            seat->sessions = sessions;
            seat->shared = code >> 1 & 1;
            more = code & 1;
        }
        seat->key = seat->sessions[0].seat;
    }
}

static bool unpack(struct reading *reading, struct explain_answer *answer)
{
    answer->peak = (int64_t)take(reading);
    answer->peak_at = take_instant(reading, INSTANT_NONE);
    answer->held_until = take_instant(reading, INSTANT_NEVER);
    answer->maker_count = take_count(reading);
    answer->makers = arena_alloc(reading->arena, (answer->maker_count + 1) * sizeof *answer->makers);
    for (size_t i = 0; i < answer->maker_count; i++) {
        uint64_t code = take(reading);
        answer->makers[i] = (struct explain_maker){take_session(reading, code >> 1), code & 1};
    }
    take_steps(reading, answer);
    take_seats(reading, answer);
    return !reading->damaged;
}

struct finding {
    instant at;
    struct close_head head;
    bool found;
};

static bool take_head(void *owner, const struct close_head *head)
{
    struct finding *finding = owner;
    if (head->start <= finding->at && finding->at < head->end) {
        finding->head = *head;
        finding->found = true;
    }
    return !finding->found;
}

enum err roster_explain(struct query *query, instant at, struct arena *arena, struct explain_answer *answer, const char **why)
{
    const struct query_scope *scope = &answer->scope;
    int64_t book = scope->scope.kind == SCOPE_SYSTEM ? 0 : scope->scope.kind == SCOPE_TENANT ? scope->scope.id : scope->tenant;
    struct finding finding = {.at = at};
    struct reading reading = {.arena = arena};
    struct bytes sessions, roster;
    char asked[INSTANT_TEXT_SIZE], peak_at[INSTANT_TEXT_SIZE];
    int32_t day = instant_day(at);
    close_heads(query->txn, book, day - CALENDAR_DAYS_APART, day + CALENDAR_DAYS_APART, take_head, &finding);
    day = finding.head.key.day;
    if (!finding.found || !roster_get(query->txn, book, day, scope->scope, answer->item.number, arena, &roster) ||
        !roster_sessions_get(query->txn, book, day, arena, &sessions)) {
        *why = arena_printf(arena, "Who was in use at %s is gone: sessions are kept from %s on, and no roster of the peak of a closed day that holds it is "
                                   "kept (retention.rosters_days).",
                            instant_format(at, asked), instant_format(query->horizon, peak_at));
        return ERR_NOT_FOUND;
    }
    reading.rest = roster;
    answer->period = GRANULARITY_DAY;
    answer->zone = arena_copy(arena, zone_name(calendar_zone(rules_calendar(query_rules(query), scope), day)));
    answer->start = answer->known_from = finding.head.start;
    answer->end = finding.head.end;
    if (!roster_unpack_sessions(sessions, answer->start, arena, &reading.table) || !unpack(&reading, answer)) {
        *why = "the roster of this day cannot be read";
        return ERR_DAMAGED;
    }
    answer->at = answer->peak_at;
    if (at == answer->peak_at)
        return ERR_OK;
    *why = arena_printf(arena, "Who was in use at %s is gone; kept is who was in the peak of its day, %lld at %s: ask for that instant.",
                        instant_format(at, asked), (long long)answer->peak, instant_format(answer->peak_at, peak_at));
    return ERR_NOT_FOUND;
}
