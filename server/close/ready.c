#include "server/close/ready.h"

#include "server/query/rule.h"

/* --- days ---------------------------------------------------------------------------------------- */

size_t close_books(struct query *query, struct arena *arena, const struct query_scope **books)
{
    const struct query_scope *tenants;
    size_t count = query_scopes(query, SCOPE_TENANT, arena, &tenants), kept = 1;
    struct query_scope *list = arena_alloc(arena, (count + 1) * sizeof *list);
    list[0] = (struct query_scope){{SCOPE_SYSTEM, 0}, BYTES_NONE, ID_NONE};
    for (size_t i = 0; i < count; i++)
        if (tenants[i].scope.id != 0)
            list[kept++] = tenants[i];
    *books = list;
    return kept;
}

/* Where a book's first day begins; false: nothing was counted yet. */
static bool first_day(struct query *query, const struct calendar *calendar, int32_t *date, instant *start)
{
    instant since = query_since(query), horizon = query_horizon(query);
    if (since == INSTANT_NONE)
        return false;
    *date = calendar_date(calendar, horizon > since ? horizon : since);
    *start = calendar_start(calendar, *date);
    while (*start < horizon) /* of that day a part of the detail is gone */
        *start = calendar_start(calendar, ++*date);
    return true;
}

bool close_next_day(struct query *query, const struct query_scope *book, struct close_day *day)
{
    const struct calendar *calendar = rules_calendar(query_rules(query), book);
    struct close_head last;
    day->book = book->scope.id;
    if (close_last(query_txn(query), day->book, &last)) {
        day->start = last.end;
        day->date = calendar_date(calendar, last.end);
        if (day->date <= last.key.day)
            day->date = last.key.day + 1;
    } else if (!first_day(query, calendar, &day->date, &day->start)) {
        return false;
    }
    while ((day->end = calendar_start(calendar, day->date + 1)) <= day->start)
        day->date++;
    return true;
}

struct standing {
    instant from;
    struct close_day *day;
    bool found;
};

static bool take_standing(void *owner, const struct close_head *head)
{
    struct standing *standing = owner;
    if (head->end <= standing->from)
        return true;
    *standing->day = (struct close_day){head->key.book, head->key.day, head->start, head->end};
    standing->found = true;
    return false;
}

bool close_standing_day(struct query *query, int64_t book, int32_t behind, instant from, struct close_day *day)
{
    struct standing standing = {from, day, false};
    close_heads(query_txn(query), book, behind < 0 ? 0 : behind + 1, INT32_MAX, take_standing, &standing);
    return standing.found;
}

instant close_book_horizon(struct query *query, const struct query_scope *book, int32_t upto, int detail_days)
{
    struct close_day day;
    if (close_standing_day(query, book->scope.id, upto - detail_days, INSTANT_EVER, &day))
        return day.start;
    return close_next_day(query, book, &day) ? day.start : INSTANT_NONE;
}

/* --- watermarks ---------------------------------------------------------------------------------- */

static bool waited_for(const struct query_source *source)
{
    return !source->retired &&
           (source->kind == SOURCE_ICON || source->kind == SOURCE_GVP || source->kind == SOURCE_CONFIG);
}

static instant group_watermark(struct query *query, const struct query_source *sources, size_t count, struct bytes group,
                               instant start, instant end)
{
    instant best = INSTANT_NONE, least = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        if (!waited_for(&sources[i]) || !bytes_equal(query_source_group(&sources[i]), group))
            continue;
        if (sources[i].watermark < least)
            least = sources[i].watermark;
        if (sources[i].watermark > best &&
            query_watched(query, sources[i].name, start, end))
            best = sources[i].watermark;
    }
    return best != INSTANT_NONE ? best : least;
}

bool close_watermark(struct query *query, instant start, instant end, struct arena *arena, instant *watermark, struct bytes *behind)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources);
    bool any = false;
    *watermark = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        if (!waited_for(&sources[i]))
            continue;
        instant group = group_watermark(query, sources, count, query_source_group(&sources[i]), start, end);
        if (!any || group < *watermark) {
            *watermark = group;
            *behind = query_source_group(&sources[i]);
        }
        any = true;
    }
    return any;
}
