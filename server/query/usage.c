/* Usage rows: scope by scope, item by item, period by period (contract.md §5). */
#include "server/query/snapshot.h"

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
    struct arena *arena;
    const struct rules *rules;
    const struct calendar *asked;    /* of the zone that was asked for; NULL: each scope's own */
    const struct calendar *calendar; /* whose periods these are */
    struct periods periods;
    const struct calendar *dated_by; /* whose dates these are */
    int32_t *dates;                  /* of each of the periods' days, the date at its first instant by the scope's own calendar */
    usage_row_fn fn;
    void *owner;
};

/* One scope on its way: what was folded of it. */
struct scope_walk {
    const struct query_scope *scope;
    struct book book;
    struct fold_cell *cells[PROFILE_COUNT];     /* [item * periods + period] */
    struct fold_cell *day_cells[PROFILE_COUNT]; /* [item * days + day]; the same cells when each period is a day or less */
    struct fold_cell *enabled, *day_enabled;    /* likewise */
    size_t item;
    struct bought *bought; /* of the item, on each day */
};

static enum err refuse(const char **why, const char *text)
{
    *why = text;
    return ERR_INPUT;
}

static enum err check_request(struct query *query, const struct usage_request *request, struct arena *arena, const char **why)
{
    if (request->profiles == 0 || request->profiles >> PROFILE_COUNT)
        return refuse(why, "profile: expected some of exact, lrm, person, sustained.");
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

/* The day of the peak, else the period's first (domain.md §7.15). */
static size_t day_of_peak(const struct periods *periods, const struct period *when, instant peak_at)
{
    size_t day = when->day;
    while (peak_at != INSTANT_NONE && day + 1 < when->day + when->day_count && periods->days[day].end <= peak_at)
        day++;
    return day;
}

/* What can be said of an item in a period: by the catalogs then, and while its sums are kept. */
static struct item_measures measures_in(const struct walk *walk, const struct scope_walk *of, instant start, instant end)
{
    struct item_measures has = query_measures(walk->query, of->item, start, end);
    has.concurrent = has.concurrent && start >= query_kept_from(walk->query, of->scope->scope.kind);
    return has;
}

/* Of several days the largest of their own; null only if all are. */
static void fill_bought(const struct walk *walk, const struct scope_walk *of, size_t period, struct usage_row *row)
{
    const struct period *when = &walk->periods.list[period];
    const struct bought *bought = &of->bought[day_of_peak(&walk->periods, when, row->peak_at)];
    row->entitled = bought->entitled;
    row->burst = bought->burst;
    if (when->day_count == 1) {
        int64_t number = bought->by_enabled ? row->enabled : row->peak;
        row->over = bought_over(bought, number);
        row->over_burst = bought_over_burst(bought, number);
        return;
    }
    bool gone = false; /* the largest of those that are left would be too small */
    for (size_t day = when->day; day < when->day + when->day_count; day++) {
        size_t cell = of->item * walk->periods.day_count + day;
        struct item_measures has = measures_in(walk, of, walk->periods.days[day].start, walk->periods.days[day].end);
        int64_t number = of->bought[day].by_enabled ? has.enabled ? of->day_enabled[cell].peak : -1
                         : has.concurrent           ? of->day_cells[row->profile][cell].peak
                                                    : -1;
        int64_t over = bought_over(&of->bought[day], number), over_burst = bought_over_burst(&of->bought[day], number);
        row->over = over > row->over ? over : row->over;
        row->over_burst = over_burst > row->over_burst ? over_burst : row->over_burst;
        gone |= of->bought[day].known && !of->bought[day].by_enabled && walk->periods.days[day].start < query_kept_from(walk->query, row->scope);
    }
    if (gone)
        row->over = row->over_burst = -1;
}

static void fill_row(const struct walk *walk, const struct scope_walk *of, enum profile profile, size_t period, struct usage_row *row)
{
    const struct query_item *what = &walk->query->items[of->item];
    const struct period *when = &walk->periods.list[period];
    const struct fold_cell *cell = &of->cells[profile][of->item * walk->periods.count + period];
    struct item_measures has = measures_in(walk, of, when->start, when->end);
    *row = (struct usage_row){
        .scope = of->scope->scope.kind,
        .id = of->scope->scope.kind == SCOPE_SYSTEM ? ID_NONE : of->scope->scope.id,
        .name = of->scope->name,
        .item = what->code,
        .profile = profile,
        .granularity = walk->request->granularity,
        .zone = zone_name(walk->periods.days[when->day].zone),
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
    if (has.concurrent) {
        row->peak = cell->peak;
        row->seat_ms = cell->seat_ms;
        row->named = cell->named;
        if (cell->peak > 0 && profile != PROFILE_SUSTAINED)
            row->peak_at = cell->peak_at == INSTANT_NONE ? when->start : cell->peak_at;
    }
    const struct fold_cell *enabled = &of->enabled[of->item * walk->periods.count + period];
    if (has.enabled) {
        row->enabled = enabled->peak;
        if (enabled->peak > 0)
            row->enabled_at = enabled->peak_at == INSTANT_NONE ? when->start : enabled->peak_at;
    }
    fill_bought(walk, of, period, row);
    book_status(&of->book, when->start, when->end, &row->status, &row->revision);
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

static enum err walk_item(struct walk *walk, struct scope_walk *of, size_t after_item)
{
    enum err err = ERR_OK;
    for (size_t day = 0; day < walk->periods.day_count; day++)
        of->bought[day] = rules_bought(walk->rules, of->scope->scope, walk->query->items[of->item].code, walk->dates[day]);
    for (int profile = 0; profile < PROFILE_COUNT && !err; profile++)
        for (size_t p = 0; of->cells[profile] && p < walk->periods.count && !err; p++) {
            struct usage_row row;
            if (!behind(walk->request, of->scope->scope.id, of->item, after_item, profile, walk->periods.list[p].start))
                continue;
            fill_row(walk, of, profile, p, &row);
            err = walk->fn(walk->owner, &row);
        }
    return err;
}

static void use_one_day(struct walk *walk, const struct calendar *calendar)
{
    const struct usage_request *request = walk->request;
    walk->periods = (struct periods){arena_alloc(walk->arena, sizeof *walk->periods.list), 1, arena_alloc(walk->arena, sizeof *walk->periods.days), 1};
    walk->periods.list[0] = (struct period){request->from, request->to, 0, 1};
    walk->periods.days[0] = (struct local_day){request->date, request->from, request->to, calendar_zone(calendar, request->date)};
}

/* The periods of a scope and their dates; most scopes share them with the one before. */
static void use_calendar(struct walk *walk, const struct query_scope *scope)
{
    const struct usage_request *request = walk->request;
    const struct calendar *own = rules_calendar(walk->rules, scope), *calendar = walk->asked ? walk->asked : own;
    if (walk->calendar != calendar) {
        if (request->one_day)
            use_one_day(walk, calendar);
        else
            periods_make(calendar, request->granularity, request->first_weekday, request->from, request->to, walk->arena, &walk->periods);
        walk->calendar = calendar;
        walk->dated_by = NULL;
    }
    if (walk->dated_by == own)
        return;
    walk->dated_by = own;
    walk->dates = arena_alloc(walk->arena, (walk->periods.day_count + 1) * sizeof *walk->dates);
    for (size_t i = 0; i < walk->periods.day_count; i++)
        walk->dates[i] = calendar == own ? walk->periods.days[i].date : calendar_date(own, walk->periods.days[i].start);
}

static void note_changes(struct walk *walk, const struct query_scope *scope)
{
    struct query *query = walk->query;
    if (rules_calendar(walk->rules, scope)->count == 1)
        return;
    use_calendar(walk, scope);
    for (size_t i = 0; i < walk->periods.day_count; i++) {
        const struct local_day *day = &walk->periods.days[i];
        const struct zone *before = calendar_zone(walk->calendar, day->date - 1);
        if (before == day->zone || day->start == zone_day_start(day->zone, day->date))
            continue;
        struct usage_note *more = arena_alloc(query->arena, (query->note_count + 1) * sizeof *more);
        if (query->note_count)
            memcpy(more, query->notes, query->note_count * sizeof *more);
        more[query->note_count++] = (struct usage_note){*scope, day->date, day->start, day->end, zone_name(day->zone), zone_name(before)};
        query->notes = more;
    }
}

/* Distinct seats, by the profile's own seat keys; lrm and sustained have those of exact. */
static void fill_named(struct walk *walk, struct scope_walk *of)
{
    struct fold_cell *first = NULL;
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        if (profile != PROFILE_PERSON && of->cells[profile] && !first)
            first = of->cells[profile];
    named_periods(walk->query, of->scope->scope, walk->periods.list, walk->periods.count, first, of->cells[PROFILE_PERSON]);
    for (int profile = 0; profile < PROFILE_COUNT && first; profile++)
        for (size_t i = 0; profile != PROFILE_PERSON && of->cells[profile] && i < walk->query->item_count * walk->periods.count; i++)
            of->cells[profile][i].named = first[i].named;
}

static void fold_scope(struct walk *walk, struct scope_walk *of, struct arena *arena)
{
    struct query *query = walk->query;
    const struct periods *periods = &walk->periods;
    bool days = walk->request->granularity == GRANULARITY_WEEK || walk->request->granularity == GRANULARITY_MONTH;
    struct period *whole_days = arena_alloc(arena, (periods->day_count + 1) * sizeof *whole_days);
    for (size_t i = 0; i < periods->day_count; i++)
        whole_days[i] = (struct period){periods->days[i].start, periods->days[i].end, i, 1};
    for (int profile = 0; profile < PROFILE_COUNT; profile++) {
        if (!(walk->request->profiles & 1u << profile))
            continue;
        of->cells[profile] = arena_alloc(arena, (query->item_count * periods->count + 1) * sizeof **of->cells);
        fold_periods(query, of->scope->scope, profile, periods->list, periods->count, of->cells[profile]);
        of->day_cells[profile] = of->cells[profile];
        if (!days)
            continue;
        of->day_cells[profile] = arena_alloc(arena, (query->item_count * periods->day_count + 1) * sizeof **of->day_cells);
        fold_periods(query, of->scope->scope, profile, whole_days, periods->day_count, of->day_cells[profile]);
    }
    fill_named(walk, of);
    of->enabled = arena_alloc(arena, (query->item_count * periods->count + 1) * sizeof *of->enabled);
    enabled_periods(query, of->scope->scope, periods->list, periods->count, of->enabled);
    of->day_enabled = of->enabled;
    if (days) {
        of->day_enabled = arena_alloc(arena, (query->item_count * periods->day_count + 1) * sizeof *of->day_enabled);
        enabled_periods(query, of->scope->scope, whole_days, periods->day_count, of->day_enabled);
    }
    of->bought = arena_alloc(arena, (periods->day_count + 1) * sizeof *of->bought);
}

static enum err walk_scope(struct walk *walk, const struct query_scope *scope, size_t after_item)
{
    struct query *query = walk->query;
    struct arena *arena = arena_create();
    struct scope_walk of = {.scope = scope};
    enum err err = ERR_OK;
    use_calendar(walk, scope);
    fold_scope(walk, &of, arena);
    const struct periods *periods = &walk->periods;
    if (periods->count)
        query_book(query, scope, instant_day(periods->list[0].start) - CALENDAR_DAYS_APART,
                   instant_day(periods->list[periods->count - 1].end) + CALENDAR_DAYS_APART, arena, &of.book);
    for (of.item = 0; of.item < query->item_count && !err; of.item++)
        if (!bytes_present(walk->request->item) || bytes_equal(walk->request->item, query->items[of.item].code))
            err = walk_item(walk, &of, after_item);
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
    bool all = request->id == ID_NONE || request->scope == SCOPE_SYSTEM;
    for (size_t i = 0; i < count && !walk->asked; i++)
        if (all || scopes[i].scope.id == request->id)
            note_changes(walk, &scopes[i]); /* on each page those of all its scopes: whoever joins pages keeps the last */
    for (size_t i = 0; i < count && !err; i++)
        if ((all || scopes[i].scope.id == request->id) && (!request->after || scopes[i].scope.id >= request->after_id))
            err = walk_scope(walk, &scopes[i], after_item);
    return err ? err : query->err;
}

enum err query_usage(struct query *query, const struct usage_request *request, struct arena *arena, usage_row_fn fn, void *owner, const char **why)
{
    struct walk walk = {.query = query, .request = request, .arena = arena, .fn = fn, .owner = owner};
    struct zone *zone = NULL;
    enum err err = check_request(query, request, arena, why);
    query->note_count = 0;
    if (err)
        return err;
    if (bytes_present(request->zone)) {
        zone = zone_open(request->zone);
        if (!zone)
            return refuse(why, arena_printf(arena, "zone: \"%.*s\" is no IANA time zone, expected e.g. Europe/Vienna.",
                                            (int)request->zone.len, (const char *)request->zone.data));
        walk.asked = calendar_of_zone(zone, arena);
    }
    walk.rules = query_rules(query);
    err = walk_scopes(&walk, arena, why);
    zone_close(zone);
    return err;
}

size_t query_usage_notes(const struct query *query, const struct usage_note **notes)
{
    *notes = query->notes;
    return query->note_count;
}
