#include "base/calendar.h"

struct calendar *calendar_of_zone(const struct zone *zone, struct arena *arena)
{
    struct calendar *calendar = arena_alloc(arena, sizeof *calendar);
    calendar->spans = arena_alloc(arena, sizeof *calendar->spans);
    calendar->spans[0] = (struct calendar_span){CALENDAR_EVER, zone};
    calendar->count = 1;
    return calendar;
}

static size_t span_of(const struct calendar *calendar, int32_t date)
{
    size_t i = calendar->count - 1;
    while (i > 0 && calendar->spans[i].from > date)
        i--;
    return i;
}

const struct zone *calendar_zone(const struct calendar *calendar, int32_t date)
{
    return calendar->spans[span_of(calendar, date)].zone;
}

/* Where the day before ended, by its own zone.  Zones differ by at most 26 hours, so after a change eastwards
 * the border of one of the days before may lie later: then the day has no instant, and the next begins there. */
instant calendar_start(const struct calendar *calendar, int32_t date)
{
    enum { BEFORE = 3 };
    size_t span = span_of(calendar, date - 1);
    instant start = zone_day_start(calendar->spans[span].zone, date);
    if (span == span_of(calendar, date - 1 - BEFORE))
        return start;
    for (int32_t before = date - BEFORE; before < date; before++) {
        instant border = zone_day_start(calendar_zone(calendar, before - 1), before);
        if (border > start)
            start = border;
    }
    return start;
}

int32_t calendar_date(const struct calendar *calendar, instant at)
{
    /* No zone is a whole day and more before UTC, so the date after the next begins later for sure. */
    int32_t date = instant_day(at) + 1;
    while (calendar_start(calendar, date) > at)
        date--;
    return date;
}
