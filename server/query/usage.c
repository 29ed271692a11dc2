/* Usage rows: scope by scope, item by item, period by period (contract.md §5). */
#include "server/query/snapshot.h"

#include "base/zone.h"

/* Over how many days periods may be asked at once: a page of rows should cost well under a second. */
static const struct {
    int32_t days_max;
    const char *instead;
} granularities[GRANULARITY_COUNT] = {
    [GRANULARITY_10M] = {31, "Ask for hour rows instead, or for fewer days."},
    [GRANULARITY_HOUR] = {186, "Ask for day rows instead, or for fewer days."},
    [GRANULARITY_DAY] = {3660, "Ask for fewer days."},
    [GRANULARITY_WEEK] = {3660, "Ask for fewer days."},
    [GRANULARITY_MONTH] = {3660, "Ask for fewer days."},
};

struct walk {
    struct query *query;
    const struct usage_request *request;
    struct zone *zone;
    struct period *periods;
    size_t period_count;
    struct fold_cell *enabled; /* of the scope under way */
    usage_row_fn fn;
    void *owner;
};

static enum err refuse(const char **why, const char *text)
{
    *why = text;
    return ERR_INPUT;
}

static enum err check_request(struct query *query, const struct usage_request *request, struct arena *arena, const char **why)
{
    if (request->profiles & 1u << PROFILE_SUSTAINED)
        return refuse(why, "profile: sustained is not counted by this release; it has exact, lrm and person.");
    if (request->profiles == 0 || request->profiles >> PROFILE_COUNT)
        return refuse(why, "profile: expected some of exact, lrm, person.");
    if ((unsigned)request->granularity >= GRANULARITY_COUNT)
        return refuse(why, "granularity: expected 10m, hour, day, week or month.");
    if (request->from < 0 || request->to > INSTANT_MAX || request->from >= request->to)
        return refuse(why, "from must lie before to, both between 1970 and 2199.");
    int64_t days = (request->to - request->from + DAY_MS - 1) / DAY_MS;
    if (days > granularities[request->granularity].days_max)
        return refuse(why, arena_printf(arena, "%lld days of %s rows is too wide (limit %d days). %s", (long long)days,
                                        granularity_name(request->granularity), granularities[request->granularity].days_max,
                                        granularities[request->granularity].instead));
    if (!bytes_present(request->item))
        return ERR_OK;
    for (size_t i = 0; i < query->item_count; i++)
        if (bytes_equal(query->items[i].code, request->item))
            return ERR_OK;
    return refuse(why, arena_printf(arena, "item: \"%.*s\" is not in the catalog; /api/v1/catalog lists the codes.", (int)request->item.len,
                                    (const char *)request->item.data));
}

static void fill_row(struct walk *walk, const struct query_scope *scope, size_t item, enum profile profile, size_t period,
                     const struct fold_cell *cell, const struct book *book, struct usage_row *row)
{
    const struct query_item *what = &walk->query->items[item];
    const struct period *when = &walk->periods[period];
    *row = (struct usage_row){
        .scope = scope->scope.kind,
        .id = scope->scope.kind == SCOPE_SYSTEM ? ID_NONE : scope->scope.id,
        .name = scope->name,
        .item = what->code,
        .profile = profile,
        .granularity = walk->request->granularity,
        .zone = zone_name(walk->zone),
        .start = when->start,
        .end = when->end,
        .peak = -1,
        .peak_at = INSTANT_NONE,
        .enabled = -1,
        .enabled_at = INSTANT_NONE,
        .named = -1,
        .seat_ms = -1,
        .entitled = -1,
        .burst = -1,
        .over = -1,
        .over_burst = -1,
        .coverage_ppm = query_coverage_ppm(walk->query, when->start, when->end),
    };
    if (what->concurrent) {
        row->peak = cell->peak;
        row->seat_ms = cell->seat_ms;
        if (cell->peak > 0)
            row->peak_at = cell->peak_at == INSTANT_NONE ? when->start : cell->peak_at;
    }
    const struct fold_cell *enabled = &walk->enabled[item * walk->period_count + period];
    if (what->enabled) {
        row->enabled = enabled->peak;
        if (enabled->peak > 0)
            row->enabled_at = enabled->peak_at == INSTANT_NONE ? when->start : enabled->peak_at;
    }
    book_status(book, when->start, when->end, &row->status, &row->revision);
}

/* True when the row (scope, item, profile, start) lies behind the place where the page before ended. */
static bool behind(const struct usage_request *request, int64_t id, size_t item, size_t after_item, enum profile profile, instant start)
{
    if (!request->after || id != request->after_id)
        return !request->after || id > request->after_id;
    if (item != after_item)
        return item > after_item;
    return profile != request->after_profile ? profile > request->after_profile : start > request->after_start;
}

static enum err walk_item(struct walk *walk, const struct query_scope *scope, size_t item, size_t after_item, const struct book *book,
                          struct fold_cell *const cells[PROFILE_COUNT])
{
    enum err err = ERR_OK;
    for (int profile = 0; profile < PROFILE_COUNT && !err; profile++)
        for (size_t p = 0; cells[profile] && p < walk->period_count && !err; p++) {
            struct usage_row row;
            if (!behind(walk->request, scope->scope.id, item, after_item, profile, walk->periods[p].start))
                continue;
            fill_row(walk, scope, item, profile, p, &cells[profile][item * walk->period_count + p], book, &row);
            err = walk->fn(walk->owner, &row);
        }
    return err;
}

static enum err walk_scope(struct walk *walk, const struct query_scope *scope, size_t after_item)
{
    struct query *query = walk->query;
    struct arena *arena = arena_create();
    struct fold_cell *cells[PROFILE_COUNT] = {NULL};
    struct book book;
    enum err err = ERR_OK;
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        if (walk->request->profiles & 1u << profile) {
            cells[profile] = arena_alloc(arena, (query->item_count * walk->period_count + 1) * sizeof **cells);
            fold_periods(query, scope->scope, profile, walk->periods, walk->period_count, cells[profile]);
        }
    walk->enabled = arena_alloc(arena, (query->item_count * walk->period_count + 1) * sizeof *walk->enabled);
    enabled_periods(query, scope->scope, walk->periods, walk->period_count, walk->enabled);
    if (walk->period_count)
        query_book(query, scope, instant_day(walk->periods[0].start), instant_day(walk->periods[walk->period_count - 1].end - 1), arena, &book);
    for (size_t i = 0; i < query->item_count && !err; i++)
        if (!bytes_present(walk->request->item) || bytes_equal(walk->request->item, query->items[i].code))
            err = walk_item(walk, scope, i, after_item, &book, cells);
    arena_destroy(arena);
    return err ? err : db_error(query->txn);
}

static enum err walk_scopes(struct walk *walk, struct arena *arena, const char **why)
{
    struct query *query = walk->query;
    const struct usage_request *request = walk->request;
    const struct query_scope *scopes;
    enum err err = ERR_OK;
    size_t count = query_scopes(query, request->scope, arena, &scopes), after_item = 0;
    bool known = request->id == ID_NONE || request->scope == SCOPE_SYSTEM;
    for (size_t i = 0; i < count && !known; i++)
        known = scopes[i].scope.id == request->id;
    if (!known) {
        *why = arena_printf(arena, "There is no %s %lld here.", scope_kind_name(request->scope), (long long)request->id);
        return ERR_NOT_FOUND;
    }
    while (request->after && after_item < query->item_count && !bytes_equal(query->items[after_item].code, request->after_item))
        after_item++;
    walk->period_count = periods_make(walk->zone, request->granularity, request->first_weekday, request->from, request->to, arena, &walk->periods);
    for (size_t i = 0; i < count && !err; i++) {
        bool asked = request->id == ID_NONE || request->scope == SCOPE_SYSTEM || scopes[i].scope.id == request->id;
        if (asked && (!request->after || scopes[i].scope.id >= request->after_id))
            err = walk_scope(walk, &scopes[i], after_item);
    }
    return err ? err : query->err;
}

enum err query_usage(struct query *query, const struct usage_request *request, struct arena *arena, usage_row_fn fn, void *owner, const char **why)
{
    struct walk walk = {.query = query, .request = request, .fn = fn, .owner = owner};
    enum err err = check_request(query, request, arena, why);
    if (err)
        return err;
    walk.zone = zone_open(bytes_present(request->zone) ? request->zone : BYTES_LITERAL("UTC"));
    if (!walk.zone)
        return refuse(why, arena_printf(arena, "zone: \"%.*s\" is no IANA time zone, expected e.g. Europe/Vienna.", (int)request->zone.len,
                                        (const char *)request->zone.data));
    err = walk_scopes(&walk, arena, why);
    zone_close(walk.zone);
    return err;
}
