#include "server/query/explain.h"

#include "base/zone.h"
#include "server/engine/engine.h"
#include "server/ingest/restore.h"
#include "server/query/roster.h"
#include "server/query/snapshot.h"

#include <stdlib.h>

static enum err refuse(const char **why, const char *text)
{
    *why = text;
    return ERR_INPUT;
}

/* --- what is asked ------------------------------------------------------------------------------- */

static enum err find_item(struct query *query, struct bytes code, struct arena *arena, size_t *item, const char **why)
{
    for (*item = 0; *item < query->item_count; ++*item)
        if (bytes_equal(query->items[*item].code, code))
            break;
    if (*item == query->item_count)
        return refuse(why, arena_printf(arena, "item: \"%.*s\" is not in the catalog; /api/v1/catalog lists the codes.", (int)code.len,
                                        (const char *)code.data));
    if (!query->items[*item].concurrent)
        return refuse(why, arena_printf(arena, "item: %.*s is counted as enabled only, so there are no seats in use to tell of.",
                                        (int)code.len, (const char *)code.data));
    return ERR_OK;
}

static enum err find_scope(struct query *query, struct scope scope, struct arena *arena, struct query_scope *out, const char **why)
{
    const struct query_scope *scopes;
    size_t count = query_scopes(query, scope.kind, arena, &scopes);
    for (size_t i = 0; i < count; i++)
        if (scope.kind == SCOPE_SYSTEM || scopes[i].scope.id == scope.id) {
            *out = scopes[i];
            return ERR_OK;
        }
    if (scope.id == ID_NONE)
        return refuse(why, arena_printf(arena, "id is missing: which %s?", scope_kind_name(scope.kind)));
    *why = arena_printf(arena, "There is no %s %lld here.", scope_kind_name(scope.kind), (long long)scope.id);
    return ERR_NOT_FOUND;
}

/* The instant whose period is asked; what lies outside of what is known is said. */
static enum err find_instant(struct query *query, instant asked, struct arena *arena, instant *at, const char **why)
{
    char known[INSTANT_TEXT_SIZE], text[INSTANT_TEXT_SIZE];
    *at = asked == EXPLAIN_PEAK ? query->clock : asked;
    if (query_since(query) == INSTANT_NONE || *at == INSTANT_NONE) {
        *why = "No seats have been reported yet. That is not zero seats: nothing has been heard.";
        return ERR_NOT_FOUND;
    }
    if (*at < 0 || *at >= INSTANT_MAX)
        return refuse(why, "at: expected an instant between 1970 and 2199.");
    if (*at > query->known_until) {
        *why = arena_printf(arena, "Nothing has been heard of %s yet: all that is known ends at %s.", instant_format(*at, text),
                            instant_format(query->known_until, known));
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

static enum err find_period(const struct explain_request *request, instant at, struct arena *arena, struct explain_answer *answer, const char **why)
{
    struct bytes name = bytes_present(request->zone) ? request->zone : BYTES_LITERAL("UTC");
    struct zone *zone = zone_open(name);
    struct periods periods;
    if (!zone)
        return refuse(why, arena_printf(arena, "zone: \"%.*s\" is no IANA time zone, expected e.g. Europe/Vienna.", (int)name.len,
                                        (const char *)name.data));
    periods_make(calendar_of_zone(zone, arena), request->period, 0, at, at + 1, arena, &periods);
    zone_close(zone);
    if (periods.count != 1)
        return refuse(why, "at: it lies in no period of this zone.");
    answer->period = request->period;
    answer->zone = arena_copy(arena, name);
    answer->start = periods.list[0].start;
    answer->end = periods.list[0].end;
    return ERR_OK;
}

/* --- the engine of the snapshot ------------------------------------------------------------------ */

/* By the rules that the store is counted by; a store that does not say its cap has the usual one. */
enum err explain_open_engine(struct query *query, struct engine **out)
{
    struct bytes text;
    int cap_hours = 24;
    if (meta_get(query->txn, "cap_hours", query->arena, &text))
        cap_hours = atoi(arena_text(query->arena, text));
    struct engine *engine = engine_create(&(struct engine_options){query->catalog, (instant)cap_hours * HOUR_MS});
    enum err err = restore_engine(query->txn, engine, false);
    if (err) {
        engine_destroy(engine);
        return err;
    }
    *out = engine;
    return ERR_OK;
}

/* --- the answer ---------------------------------------------------------------------------------- */

struct making {
    struct engine *engine;
    struct arena *arena;
    struct explain_answer *answer;
    const struct use *uses;
    size_t use_count;
};

static int compare_sessions(const void *a, const void *b)
{
    const struct told_session *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return bytes_compare(x->id, y->id);
}

static void tell(const struct making *making, const struct use *use, struct told_session *told)
{
    engine_tell(making->engine, use->session, making->answer->profile, making->arena, told);
}

static void tell_seat(const struct making *making, const struct use *uses, size_t count, struct explain_seat *seat)
{
    instant at = making->answer->at;
    *seat = (struct explain_seat){.sessions = arena_alloc(making->arena, count * sizeof *seat->sessions)};
    for (size_t i = 0; i < count; i++)
        if (uses[i].from <= at && at < uses[i].to)
            tell(making, &uses[i], &seat->sessions[seat->session_count++]);
    qsort(seat->sessions, seat->session_count, sizeof *seat->sessions, compare_sessions);
    seat->key = seat->sessions[0].seat;
    seat->shared = uses_shared(uses, count, 0, at);
}

/* Calls for every seat; both passes of what is counted first and then told. */
#define EACH_SEAT(making, start, end)                                                                            \
    for (size_t start = 0, end; start < (making)->use_count &&                                                   \
                                (end = uses_of_seat((making)->uses, (making)->use_count, start), true);          \
         start = end)

static void tell_seats(struct making *making)
{
    struct explain_answer *answer = making->answer;
    size_t count = 0;
    EACH_SEAT(making, start, end)
        count += uses_hold(&making->uses[start], end - start, 0, answer->at);
    answer->seats = arena_alloc(making->arena, (count + 1) * sizeof *answer->seats);
    EACH_SEAT(making, start, end)
        if (uses_hold(&making->uses[start], end - start, 0, answer->at))
            tell_seat(making, &making->uses[start], end - start, &answer->seats[answer->seat_count++]);
}

/* The use that took a free seat at the instant; what is freed and taken in one instant is no rise. */
static const struct use *taken_at(const struct use *uses, size_t count, instant at)
{
    const struct use *taker = NULL;
    for (size_t i = 0; i < count; i++) {
        if (uses[i].from < at && uses[i].to >= at)
            return NULL;
        if (uses[i].from == at && !taker)
            taker = &uses[i];
    }
    return taker;
}

static void tell_makers(struct making *making)
{
    struct explain_answer *answer = making->answer;
    size_t count = 0;
    EACH_SEAT(making, start, end)
        count += taken_at(&making->uses[start], end - start, answer->peak_at) != NULL;
    answer->makers = arena_alloc(making->arena, (count + 1) * sizeof *answer->makers);
    EACH_SEAT(making, start, end) {
        const struct use *taker = taken_at(&making->uses[start], end - start, answer->peak_at);
        if (!taker)
            continue;
        struct explain_maker *maker = &answer->makers[answer->maker_count++];
        tell(making, taker, &maker->session);
        maker->begins = maker->session.begin == answer->peak_at;
    }
}

/* The seats that a step takes from the peak of the step before, which may have another instant than the first. */
static void tell_step(struct making *making, unsigned before, instant at, struct explain_step *step)
{
    size_t count = 0;
    EACH_SEAT(making, start, end)
        count += uses_hold(&making->uses[start], end - start, before, at) && !uses_hold(&making->uses[start], end - start, step->without, at);
    step->seats = arena_alloc(making->arena, (count + 1) * sizeof *step->seats);
    EACH_SEAT(making, start, end) {
        const struct use *uses = &making->uses[start];
        struct told_session told;
        if (!uses_hold(uses, end - start, before, at) || uses_hold(uses, end - start, step->without, at))
            continue;
        tell(making, uses, &told);
        step->seats[step->seat_count++] = told.seat;
    }
}

/* Which bits would leave anything out at all: a sweep over a large day costs a tenth of a second. */
static unsigned bits_that_matter(const struct use *uses, size_t count)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits |= uses[i].reason == END_CAPPED ? WITHOUT_CAPPED : uses[i].reason == END_SUPERSEDED ? WITHOUT_SUPERSEDED : 0;
        if (i && uses[i].seat == uses[i - 1].seat && uses[i].person != uses[i - 1].person)
            bits |= WITHOUT_SHARED;
    }
    return bits;
}

static void tell_why(struct making *making)
{
    struct explain_answer *answer = making->answer;
    unsigned matter = bits_that_matter(making->uses, making->use_count), without = 0;
    struct sweep whole = uses_sweep(making->uses, making->use_count, 0, answer->known_from, answer->end), last = whole;
    answer->peak = whole.peak;
    answer->peak_at = whole.peak_at;
    answer->held_until = whole.held_until;
    if (whole.rose)
        tell_makers(making);
    for (int i = 0; i < EXPLAIN_STEPS; i++) {
        struct explain_step *step = &answer->steps[i];
        unsigned bit = 1u << i, before = without;
        without |= bit;
        *step = (struct explain_step){without, last.peak, whole.peak, last.peak_at, NULL, 0};
        if (!(matter & bit))
            continue;
        if (last.peak)
            tell_step(making, before, last.peak_at, step);
        last = uses_sweep(making->uses, making->use_count, without, answer->known_from, answer->end);
        step->peak = last.peak;
        step->peak_at = last.peak_at;
        step->alone = uses_sweep(making->uses, making->use_count, bit, answer->known_from, answer->end).peak;
    }
}

void explain_engine(struct engine *engine, const struct seat_index *index, bool at_peak, instant at, struct arena *arena, struct explain_answer *answer)
{
    struct use *uses = NULL;
    struct use_request request = {answer->scope.scope, answer->item.number, answer->profile, answer->known_from, answer->end, index};
    size_t count = answer->item.number ? engine_uses(engine, &request, arena, &uses) : 0;
    struct making making = {engine, arena, answer, uses, count};
    tell_why(&making);
    answer->at = at_peak && answer->peak ? answer->peak_at : at;
    tell_seats(&making);
}

enum err query_explain(struct query *query, const struct explain_request *request, struct arena *arena, struct explain_answer *answer,
                       const char **why)
{
    instant horizon = restore_instant(query->txn, "horizon"), at;
    struct engine *engine;
    size_t item;
    *answer = (struct explain_answer){.profile = request->profile, .as_of = query->clock};
    if (request->profile != PROFILE_EXACT && request->profile != PROFILE_PERSON)
        return refuse(why, "profile: expected exact or person: lrm and sustained count the same seats as exact, at fewer instants.");
    if (request->period > GRANULARITY_DAY)
        return refuse(why, "period: expected 10m, hour or day: sessions are kept for a few days.");
    enum err err = find_item(query, request->item, arena, &item, why);
    if (!err)
        err = find_scope(query, request->scope, arena, &answer->scope, why);
    if (!err)
        err = find_instant(query, request->at, arena, &at, why);
    if (err)
        return err;
    answer->item = query->items[item];
    answer->item.code = arena_copy(arena, answer->item.code);
    answer->item.name = arena_copy(arena, answer->item.name);
    if (horizon != INSTANT_EVER && at < horizon)
        return roster_explain(query, at, arena, answer, why);
    err = find_period(request, at, arena, answer, why);
    if (!err)
        err = explain_open_engine(query, &engine);
    if (err)
        return err;
    answer->known_from = horizon != INSTANT_EVER && horizon > answer->start ? horizon : answer->start;
    explain_engine(engine, NULL, request->at == EXPLAIN_PEAK, at, arena, answer);
    engine_destroy(engine);
    return query->err ? query->err : db_error(query->txn);
}
