/* The periods of a report: days, weeks and months of a calendar, and what days are cut into (domain.md §7.8). */
#include "server/query/snapshot.h"

struct making {
    const struct calendar *calendar;
    struct arena *arena;
    instant from, to;
    struct periods *periods;
    size_t capacity, day_capacity;
};

static void *grow(struct arena *arena, void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    *capacity = *capacity ? *capacity * 2 : 64;
    void *more = arena_alloc(arena, *capacity * size);
    if (count)
        memcpy(more, list, count * size);
    return more;
}

static bool overlaps(const struct making *making, instant start, instant end)
{
    return start < end && end > making->from && start < making->to;
}

static void add_day(struct making *making, int32_t date, instant start, instant end)
{
    struct periods *periods = making->periods;
    periods->days = grow(making->arena, periods->days, periods->day_count, &making->day_capacity, sizeof *periods->days);
    periods->days[periods->day_count++] = (struct local_day){date, start, end, calendar_zone(making->calendar, date)};
}

/* The last day_count days are the period's. */
static void add_period(struct making *making, instant start, instant end, size_t day_count)
{
    struct periods *periods = making->periods;
    periods->list = grow(making->arena, periods->list, periods->count, &making->capacity, sizeof *periods->list);
    periods->list[periods->count++] = (struct period){start, end, periods->day_count - day_count, day_count};
}

/* 10-minute periods and hours count in elapsed time from the day's start; the last is cut at its end. */
static void cut_day(struct making *making, int32_t date, instant start, instant end, int64_t ms)
{
    if (!overlaps(making, start, end))
        return;
    add_day(making, date, start, end);
    for (; start < end; start += ms)
        if (overlaps(making, start, start + ms < end ? start + ms : end))
            add_period(making, start, start + ms < end ? start + ms : end, 1);
}

static void add_days(struct making *making, int32_t first, int32_t next, instant start, instant end)
{
    size_t before = making->periods->day_count;
    if (!overlaps(making, start, end))
        return;
    for (int32_t date = first; date < next; date++) {
        instant day_end = date + 1 == next ? end : calendar_start(making->calendar, date + 1);
        if (start < day_end)
            add_day(making, date, start, day_end);
        start = day_end;
    }
    size_t days = making->periods->day_count - before;
    add_period(making, making->periods->days[before].start, end, days);
}

/* The first date of the period that holds date, and of the one behind it. */
static void date_span(enum granularity granularity, int first_weekday, int32_t date, int32_t *first, int32_t *next)
{
    int year, month, day;
    if (granularity == GRANULARITY_WEEK) {
        /* 1970-01-01 was a Thursday, 3 days behind Monday. */
        int weekday = (int)(((int64_t)date + 3 - first_weekday) % 7 + 7) % 7;
        *first = date - weekday;
        *next = *first + 7;
    } else if (granularity == GRANULARITY_MONTH) {
        date_split(date, &year, &month, &day);
        *first = date_join(year, month, 1);
        *next = month == 12 ? date_join(year + 1, 1, 1) : date_join(year, month + 1, 1);
    } else {
        *first = date;
        *next = date + 1;
    }
}

void periods_make(const struct calendar *calendar, enum granularity granularity, int first_weekday, instant from, instant to,
                  struct arena *arena, struct periods *periods)
{
    struct making making = {.calendar = calendar, .arena = arena, .from = from, .to = to, .periods = periods};
    int32_t first, next;
    *periods = (struct periods){0};
    date_span(granularity, first_weekday, calendar_date(calendar, from), &first, &next);
    for (instant start = calendar_start(calendar, first), end; start < to; start = end) {
        end = calendar_start(calendar, next);
        if (granularity == GRANULARITY_10M)
            cut_day(&making, first, start, end, 10 * MINUTE_MS);
        else if (granularity == GRANULARITY_HOUR)
            cut_day(&making, first, start, end, HOUR_MS);
        else
            add_days(&making, first, next, start, end);
        date_span(granularity, first_weekday, next, &first, &next);
    }
}
