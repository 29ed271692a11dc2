/* The periods of a report: days, weeks and months of a zone, and what days are cut into (domain.md §7.8). */
#include "server/query/snapshot.h"

#include "base/zone.h"

struct making {
    struct arena *arena;
    instant from, to;
    struct period *periods;
    size_t count, capacity;
};

static void add_period(struct making *making, instant start, instant end)
{
    if (end <= making->from || start >= making->to || start >= end)
        return;
    if (making->count == making->capacity) {
        size_t capacity = making->capacity ? making->capacity * 2 : 64;
        struct period *more = arena_alloc(making->arena, capacity * sizeof *more);
        if (making->count)
            memcpy(more, making->periods, making->count * sizeof *more);
        making->periods = more;
        making->capacity = capacity;
    }
    making->periods[making->count++] = (struct period){start, end};
}

/* 10-minute periods and hours count in elapsed time from the day's start; the last is cut at its end. */
static void cut_day(struct making *making, instant start, instant end, int64_t ms)
{
    for (; start < end; start += ms)
        add_period(making, start, start + ms < end ? start + ms : end);
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

size_t periods_make(const struct zone *zone, enum granularity granularity, int first_weekday, instant from, instant to, struct arena *arena,
                    struct period **periods)
{
    struct making making = {.arena = arena, .from = from, .to = to};
    int32_t first, next, last = zone_date(zone, to - 1);
    date_span(granularity, first_weekday, zone_date(zone, from), &first, &next);
    /* A zone whose clock goes back over midnight has instants of the day before behind the day's start. */
    if (granularity < GRANULARITY_WEEK && zone_day_start(zone, first + 1) <= from)
        date_span(granularity, first_weekday, first + 1, &first, &next);
    for (; first <= last || zone_day_start(zone, first) < to; date_span(granularity, first_weekday, next, &first, &next)) {
        instant start = zone_day_start(zone, first), end = zone_day_start(zone, next);
        if (granularity == GRANULARITY_10M)
            cut_day(&making, start, end, 10 * MINUTE_MS);
        else if (granularity == GRANULARITY_HOUR)
            cut_day(&making, start, end, HOUR_MS);
        else
            add_period(&making, start, end);
    }
    *periods = making.periods;
    return making.count;
}
