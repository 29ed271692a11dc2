/*
 * base/zone.h - the one door to GLib's time zones: IANA names, the system's tzdata.
 *
 * A day of a zone starts at the first instant of its local date (domain.md §7.8): in a zone that skips
 * midnight that is later than 00:00, and a date that is left out altogether has no instant.
 * Thread: any; a zone does not change once opened.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/bytes.h"
#include "base/instant.h"

struct zone;

/* NULL when tzdata knows no such name.  "UTC" is always there.  Owner: the caller, until zone_close(). */
struct zone *zone_open(struct bytes name);
void zone_close(struct zone *zone);
/* The name it was opened by; lives as long as the zone. */
struct bytes zone_name(const struct zone *zone);

/* The local date of an instant. */
int32_t zone_date(const struct zone *zone, instant at);
/* The first instant whose local date is days or later. */
instant zone_day_start(const struct zone *zone, int32_t days);

#endif
