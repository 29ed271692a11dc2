/*
 * base/calendar.h - whose days: a zone that may have been another one before.
 *
 * A calendar is a history of zones by date (domain.md §7.9): days before a change keep the old zone, and the
 * first day in the new one starts where the last in the old ended.  So the border between two days is always
 * the earlier day's own midnight, days never overlap and leave no hole, and the day of a change is longer or
 * shorter; where the new zone's midnight lies before that of the old one's last day it has no instant at all.
 * A day starts at the first instant of its local date (§7.8).
 * Thread: any; a calendar does not change.  Owner: the arena it was made in.
 */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include "base/memory.h"
#include "base/zone.h"

struct calendar_span {
    int32_t from; /* a date; the first span's is CALENDAR_EVER */
    const struct zone *zone;
};
#define CALENDAR_EVER INT32_MIN

struct calendar {
    struct calendar_span *spans; /* by from, each with another zone than the one before */
    size_t count;                /* at least one */
};

/* Of one zone, which must live as long as the calendar is used. */
struct calendar *calendar_of_zone(const struct zone *zone, struct arena *arena);
/* The zone of a date. */
const struct zone *calendar_zone(const struct calendar *calendar, int32_t date);
/* The first instant of a date; the date's end is that of the next.  Never before that of the date before. */
instant calendar_start(const struct calendar *calendar, int32_t date);
/* The date in whose day an instant lies. */
int32_t calendar_date(const struct calendar *calendar, instant at);

#endif
