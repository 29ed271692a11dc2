/*
 * tests/support/naive_rules.h - the judge of what was bought and of whose days (domain.md §7.9, §7.11, §7.15, §7.19).
 *
 * It shares no line with server/query: the newest facts are looked through anew for each question, local dates come
 * from the C library (localtime_r, one zone at a time) instead of GLib, a day's begin is found by trying quarter hours,
 * and the days of a calendar are walked one by one from a day on which everybody is at peace.
 * Thread: one, and it changes TZ.
 */
#ifndef TESTS_SUPPORT_NAIVE_RULES_H
#define TESTS_SUPPORT_NAIVE_RULES_H

#include "tests/support/naive.h"

enum { NAIVE_DAYS_MAX = 400 };

struct naive_day {
    int32_t date;
    instant start, end; /* equal: the date has no instant */
    struct bytes zone;
};
struct naive_calendar {
    struct naive_day days[NAIVE_DAYS_MAX]; /* each date from the first */
    size_t count;
};
/* The days of a tenant, ID_NONE: of the system, from first on; zone present: that zone's instead. */
void naive_calendar(struct naive *naive, int64_t tenant, struct bytes zone, int32_t first, size_t count, struct naive_calendar *calendar);

struct naive_period {
    instant start, end;
    size_t first_day, day_count; /* of the calendar's days, those without an instant included */
};
/* The whole periods that overlap [from, to), at most capacity; how many. */
size_t naive_periods(const struct naive_calendar *calendar, enum granularity granularity, int first_weekday, instant from, instant to,
                     struct naive_period *periods, size_t capacity);

struct naive_bought {
    bool known, unlimited, by_enabled;
    int64_t entitled, burst; /* -1: null */
};
/* own: the calendar of the tenant, or of the system, with every date on which a rule of its begins or ends in reach of at. */
struct naive_bought naive_bought(struct naive *naive, const struct naive_calendar *own, enum scope_kind kind, int64_t id, struct bytes item,
                                 instant at);

/* -1: null */
int64_t naive_over(const struct naive_bought *bought, int64_t peak, int64_t enabled, bool with_burst);

#endif
