/*
 * base/instant.h - instants, dates, and the two clocks.
 *
 * An instant is milliseconds since 1970-01-01 UTC; it counts from 1970 to the end of 2199, the range
 * in which facts are taken.  A date is days since 1970-01-01.  Text is RFC 3339, UTC, milliseconds.
 * Meaning comes from a fact's own time; the wall clock is read once per turn and handed down.
 */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

typedef int64_t instant;

#define INSTANT_NONE INT64_MIN           /* unknown */
#define INSTANT_EVER INT64_MIN           /* "since ever": the same bits, before every instant */
#define INSTANT_NEVER INT64_MAX          /* an end that has not come */
#define INSTANT_MAX 7258118400000        /* 2200-01-01, the first instant not taken */

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
    INSTANT_TEXT_SIZE = 25, /* "2026-11-23T09:10:11.120Z" and NUL */
    DATE_TEXT_SIZE = 11,
};

/* Reads YYYY-MM-DDTHH:MM:SS[.f[f[f]]]Z; false when it is none or out of range. */
bool instant_parse(struct bytes text, instant *out);
/* Writes all 24 characters; returns buffer.  The instant must be in range. */
char *instant_format(instant at, char buffer[INSTANT_TEXT_SIZE]);

/* Reads YYYY-MM-DD; false when there is no such day. */
bool date_parse(struct bytes text, int32_t *days);
char *date_format(int32_t days, char buffer[DATE_TEXT_SIZE]);
void date_split(int32_t days, int *year, int *month, int *day);
int32_t date_join(int year, int month, int day);

static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}
static inline int32_t instant_day(instant at)
{
    return (int32_t)floor_div(at, DAY_MS);
}

/* Ascending; count may be 0. */
void instants_sort(instant *list, size_t count);

/* Thread: any. */
instant clock_wall(void);
int64_t clock_mono_us(void);

#endif
