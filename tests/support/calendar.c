#include "tests/support/calendar.h"

#include "base/check.h"

#include <stdlib.h>
#include <time.h>

#define STEP_MS ((instant)15 * MINUTE_MS)
#define AROUND_MS ((instant)45 * DAY_MS) /* a month around what is asked for */

/* What the wall clock of the process's zone shows. */
static struct tm shown(instant at)
{
    time_t seconds = (time_t)floor_div(at, 1000);
    struct tm tm;
    check(localtime_r(&seconds, &tm));
    return tm;
}

static int32_t date_shown(const struct tm *tm)
{
    return date_join(tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday);
}

static bool begins(const struct tm *tm, enum granularity granularity, int first_weekday)
{
    switch (granularity) {
    case GRANULARITY_WEEK: return tm->tm_wday == (first_weekday + 1) % 7; /* of tm 0 is Sunday */
    case GRANULARITY_MONTH: return tm->tm_mday == 1;
    default: return true;
    }
}

/* Where weeks or months or days begin, from before from until behind to. */
static size_t find_borders(enum granularity granularity, int first_weekday, instant from, instant to, struct arena *arena, instant **borders)
{
    instant at = floor_div(from - AROUND_MS, STEP_MS) * STEP_MS, end = to + AROUND_MS;
    struct tm tm = shown(at);
    int32_t latest = date_shown(&tm);
    size_t count = 0;
    *borders = arena_alloc(arena, (size_t)((end - at) / DAY_MS + 3) * sizeof **borders);
    for (; at < end; at += STEP_MS) {
        tm = shown(at);
        int32_t date = date_shown(&tm);
        bool border = false;
        /* Dates that the clock jumped over begin and end here. */
        for (; latest < date; border |= begins(&tm, granularity, first_weekday)) {
            time_t noon = (time_t)++latest * 86400 + 43200;
            check(gmtime_r(&noon, &tm));
        }
        if (border)
            (*borders)[count++] = at;
    }
    return count;
}

static size_t cut(instant start, instant end, instant step, struct calendar_period *periods)
{
    size_t count = 0;
    for (; start < end; start += step)
        periods[count++] = (struct calendar_period){start, start + step < end ? start + step : end};
    return count;
}

size_t calendar_periods(const char *zone, enum granularity granularity, int first_weekday, instant from, instant to, struct arena *arena,
                        struct calendar_period **periods)
{
    instant *borders, step = granularity == GRANULARITY_10M ? 10 * MINUTE_MS : granularity == GRANULARITY_HOUR ? HOUR_MS : 0;
    setenv("TZ", zone, 1);
    tzset();
    size_t borders_count = find_borders(granularity, first_weekday, from, to, arena, &borders), count = 0;
    size_t most = step ? (size_t)((borders[borders_count - 1] - borders[0]) / step) + borders_count : borders_count;
    *periods = arena_alloc(arena, most * sizeof **periods);
    for (size_t i = 0; i + 1 < borders_count; i++) {
        struct calendar_period *next = *periods + count;
        size_t made = cut(borders[i], borders[i + 1], step ? step : borders[i + 1] - borders[i], next);
        for (size_t k = 0; k < made; k++)
            if (next[k].start < to && next[k].end > from)
                (*periods)[count++] = next[k];
    }
    return count;
}
