/* What is in use now: levels, today's peaks, and what of it is unknown because a source is silent. */
#include "server/query/snapshot.h"

struct silence {
    bool silent;
    instant since; /* the watermark of the group that was heard longest ago */
};

/* Sessions rest on ICON's sources and on undeclared ones, ports on GVP's. */
static bool rests_on(const struct query_source *source, bool ports)
{
    if (source->retired)
        return false;
    return ports ? source->kind == SOURCE_GVP : source->kind == SOURCE_ICON || source->kind == SOURCE_NONE;
}

/* A pair is silent when both are: what one saw is enough. */
static struct silence silence_of(struct query *query, bool ports, instant wall, int64_t after_ms)
{
    struct silence silence = {false, INSTANT_NONE};
    query_load_sources(query);
    for (size_t i = 0; i < query->source_count; i++) {
        const struct query_source *source = &query->sources[i].face;
        if (!rests_on(source, ports))
            continue;
        bool all = true;
        instant heard = INSTANT_NONE;
        for (size_t k = 0; k < query->source_count; k++) {
            const struct query_source *other = &query->sources[k].face;
            if (!rests_on(other, ports) || !bytes_equal(query_source_group(source), query_source_group(other)))
                continue;
            all = all && query_source_silent(other, wall, after_ms);
            heard = other->watermark > heard ? other->watermark : heard;
        }
        if (all && (!silence.silent || heard < silence.since))
            silence = (struct silence){true, heard};
    }
    return silence;
}

/* The three tenants with most seats of each item, those with more first, then by id. */
static void find_top(struct query *query, struct arena *arena, struct now_answer *answer)
{
    const struct query_scope *tenants;
    size_t count = query_scopes(query, SCOPE_TENANT, arena, &tenants);
    int64_t *levels = arena_alloc(arena, (query->item_count + 1) * sizeof *levels);
    enum { TOP = sizeof answer->rows->top / sizeof *answer->rows->top };
    for (size_t t = 0; t < count; t++) {
        if (!query_levels(query, tenants[t].scope, levels))
            continue;
        for (size_t i = 0; i < query->item_count; i++) {
            struct now_row *row = &answer->rows[i];
            size_t at = row->top_count;
            if (levels[i] <= 0 || row->level < 0) /* of what is unknown nobody has most */
                continue;
            while (at > 0 && row->top[at - 1].level < levels[i])
                at--;
            if (at == TOP)
                continue;
            size_t moved = (row->top_count < TOP ? row->top_count : TOP - 1) - at;
            memmove(&row->top[at + 1], &row->top[at], moved * sizeof *row->top);
            row->top[at] = (struct now_top){tenants[t].scope.id, tenants[t].name, levels[i]};
            if (row->top_count < TOP)
                row->top_count++;
        }
    }
}

/* The first of contract.md §5 that holds; highest: of today, of what is compared, or -1.  That may be unknown although
 * a quantity is known: then nothing can be said of it. */
static const char *state_of(const struct now_row *row, const struct bought *bought, int64_t highest, bool silent)
{
    bool compared = bought->known && !bought->unlimited && highest >= 0;
    if (row->over > 0)
        return "over";
    if (compared && highest > row->entitled)
        return "over-earlier";
    if (silent)
        return "unknown";
    /* 95 % and more, in whole seats; what nobody uses is not close to anything */
    if (compared && highest > 0 && highest >= row->entitled - row->entitled / 20)
        return "close";
    return compared || bought->unlimited ? "within" : "no-quantity";
}

/* What is known of one scope, by the catalog's order. */
struct today {
    int64_t *levels;
    struct fold_cell *cells;
    struct fold_cell *enabled_cells, *enabled; /* of the day, and of this millisecond */
    instant start;
};

static void fill_row(struct now_row *row, const struct query_item *item, size_t place, const struct today *today, const struct silence *silence,
                     const struct bought *bought)
{
    const struct fold_cell *cell = &today->cells[place];
    bool silent = item->concurrent && silence->silent, by_enabled = bought->by_enabled && item->enabled;
    *row = (struct now_row){
        .item = *item,
        .level = -1,
        .peak = -1,
        .peak_at = INSTANT_NONE,
        .enabled = by_enabled ? today->enabled[place].peak : -1,
        .entitled = bought->entitled,
        .burst = bought->burst,
        .over = -1,
        .unlimited = bought->unlimited,
        .over_since = INSTANT_NONE,
        .seen_until = silent ? silence->since : INSTANT_NONE,
        .last_seen = -1,
    };
    if (item->concurrent) {
        row->peak = cell->peak;
        if (cell->peak > 0)
            row->peak_at = cell->peak_at == INSTANT_NONE ? today->start : cell->peak_at;
        *(silent ? &row->last_seen : &row->level) = today->levels[place];
    }
    row->over = bought_over(bought, bought->by_enabled ? row->enabled : row->level);
    row->state = state_of(row, bought, !bought->by_enabled ? row->peak : by_enabled ? today->enabled_cells[place].peak : -1, silent);
}

/* Since when: from today's slots, and from those of the days before while it was over at their end already.  Each day
 * has its own quantity.  What is compared with enabled has no slots: since when is not told. */
static void find_over_since(struct query *query, const struct rules *rules, const struct calendar *calendar, int32_t date,
                            struct arena *arena, struct now_answer *answer)
{
    enum { DAYS_MAX = 31 };
    size_t items = query->item_count;
    int64_t *limits = arena_alloc(arena, (items + 1) * sizeof *limits);
    instant *since = arena_alloc(arena, (items + 1) * sizeof *since);
    instant end = answer->as_of;
    bool any = false;
    for (size_t i = 0; i < items; i++) {
        limits[i] = answer->rows[i].over > 0 && answer->rows[i].enabled < 0 ? answer->rows[i].entitled : -1;
        any = any || limits[i] >= 0;
    }
    for (int days = 0; any && days < DAYS_MAX; days++, date--) {
        instant start = calendar_start(calendar, date);
        if (start >= end)
            continue;
        fold_over_since(query, answer->scope.scope, start, end, limits, since);
        any = false;
        for (size_t i = 0; i < items; i++) {
            if (limits[i] < 0)
                continue;
            struct now_row *row = &answer->rows[i];
            struct bought before = rules_bought(rules, answer->scope.scope, row->item.code, date - 1);
            if (since[i] != INSTANT_NONE)
                row->over_since = since[i];
            else if (row->over_since == INSTANT_NONE) /* it rose behind the last slot's end: in the slot under way */
                row->over_since = floor_div(end, SLOT_MS) * SLOT_MS;
            bool goes_on = since[i] == start && before.known && !before.unlimited && !before.by_enabled;
            limits[i] = goes_on ? before.entitled : -1;
            any = any || goes_on;
        }
        end = start;
    }
}

static enum err find_scope(struct query *query, struct scope scope, struct arena *arena, struct query_scope *out)
{
    const struct query_scope *scopes;
    size_t count = query_scopes(query, scope.kind, arena, &scopes);
    for (size_t i = 0; i < count; i++)
        if (scope.id == ID_NONE || scope.kind == SCOPE_SYSTEM || scopes[i].scope.id == scope.id) {
            *out = scopes[i];
            return ERR_OK;
        }
    return ERR_NOT_FOUND;
}

static struct today fold_today(struct query *query, const struct query_scope *scope, const struct now_answer *answer, struct arena *arena)
{
    struct period day = {answer->day_start, answer->day_end, 0, 1};
    struct today today = {.levels = arena_alloc(arena, (query->item_count + 1) * sizeof *today.levels),
                          .cells = arena_alloc(arena, (query->item_count + 1) * sizeof *today.cells),
                          .start = answer->day_start};
    fold_periods(query, scope->scope, PROFILE_EXACT, &day, 1, today.cells);
    query_levels(query, scope->scope, today.levels);
    return today;
}

/* Only where something is compared with it: it walks over the whole history of the scope's objects. */
static void count_enabled(struct query *query, const struct now_answer *answer, struct arena *arena, struct today *today)
{
    instant now = answer->as_of == INSTANT_NONE ? answer->day_start : answer->as_of;
    struct period day = {answer->day_start, answer->day_end, 0, 1}, instant_of_now = {now, now + 1, 0, 1};
    today->enabled_cells = arena_alloc(arena, (query->item_count + 1) * sizeof *today->enabled_cells);
    today->enabled = arena_alloc(arena, (query->item_count + 1) * sizeof *today->enabled);
    enabled_periods(query, answer->scope.scope, &day, 1, today->enabled_cells);
    enabled_periods(query, answer->scope.scope, &instant_of_now, 1, today->enabled);
}

enum err query_now(struct query *query, struct scope scope, instant wall, int64_t silent_after_ms, struct arena *arena, struct now_answer *answer)
{
    *answer = (struct now_answer){.as_of = query->clock};
    enum err err = find_scope(query, scope, arena, &answer->scope);
    if (err)
        return err;
    const struct rules *rules = query_rules(query);
    const struct calendar *calendar = rules_calendar(rules, &answer->scope);
    int32_t date = calendar_date(calendar, query->clock == INSTANT_NONE ? wall : query->clock);
    answer->zone = arena_copy(arena, zone_name(calendar_zone(calendar, date)));
    answer->day_start = calendar_start(calendar, date);
    answer->day_end = calendar_start(calendar, date + 1);
    struct today today = fold_today(query, &answer->scope, answer, arena);
    struct silence silences[2] = {silence_of(query, false, wall, silent_after_ms), silence_of(query, true, wall, silent_after_ms)};
    answer->rows = arena_alloc(arena, (query->item_count + 1) * sizeof *answer->rows);
    answer->row_count = query->item_count;
    for (size_t i = 0; i < query->item_count; i++) {
        struct bought bought = rules_bought(rules, answer->scope.scope, query->items[i].code, date);
        if (bought.by_enabled && !today.enabled)
            count_enabled(query, answer, arena, &today);
        struct query_item item = query->items[i];
        struct item_measures has = query_measures(query, i, answer->day_start, answer->day_end);
        item.concurrent = has.concurrent;
        item.enabled = has.enabled;
        if (item.is_bundle) { /* its texts go with the query */
            item.code = arena_copy(arena, item.code);
            item.name = arena_copy(arena, item.name);
        }
        fill_row(&answer->rows[i], &item, i, &today, &silences[query->items[i].is_port], &bought);
    }
    if (query->clock != INSTANT_NONE)
        find_over_since(query, rules, calendar, date, arena, answer);
    if (answer->scope.scope.kind == SCOPE_SYSTEM)
        find_top(query, arena, answer);
    return query->err ? query->err : db_error(query->txn);
}
