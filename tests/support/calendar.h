/*
 * tests/support/calendar.h - the periods of a report in any zone, by the C library's own clock.
 *
 * What a wall clock shows is asked of localtime_r() every quarter of an hour; the first time it shows a date
 * is where that date begins (domain.md §7.8).  It shares no line with base/zone.h.
 * Thread: one, and the process's TZ is changed.
 */
#ifndef TESTS_SUPPORT_CALENDAR_H
#define TESTS_SUPPORT_CALENDAR_H

#include "base/instant.h"
#include "base/memory.h"
#include "proto/usage.h"

struct calendar_period {
    instant start, end;
};
/* The whole periods that overlap [from, to), in order; first_weekday: 0 Monday … 6 Sunday. */
size_t calendar_periods(const char *zone, enum granularity granularity, int first_weekday, instant from, instant to, struct arena *arena,
                        struct calendar_period **periods);

#endif
