/*
 * server/close/retention.h - what becomes of days with time: closed ones are sealed (store/slots.h), old ones go by kind, as
 * the settings have it (store/retention.h does the work).
 *
 * The cuts follow the engine's horizon, not the clock: what is kept begins so many months, and a day for zones east of
 * UTC, before the day of the horizon.  After a flush a slice of what lies before goes in a transaction of its own, for at most
 * RETENTION_SLICE_MS; how far it is stands in the log, in /metrics and in the store.  Dead letters go by the clock, once an hour.
 * Thread: the ingest loop's.  Owner: the closer.
 */
#ifndef SERVER_CLOSE_RETENTION_H
#define SERVER_CLOSE_RETENTION_H

#include "base/instant.h"
#include "store/retention.h"

enum { RETENTION_SLICE_MS = 20 };

struct retention_settings {
    int slots_months, group_slots_months, closes_months;
    int rosters_days, dead_days;
};

struct retention;
struct retention *retention_create(struct db *db, const struct retention_settings *settings);
void retention_destroy(struct retention *retention);
/* Where what is kept of a kind begins at a horizon. */
instant retention_cut(const struct retention_settings *settings, enum retention_kind kind, instant horizon);
/* horizon INSTANT_EVER: none yet, so nothing but dead letters goes. */
void retention_poll(struct retention *retention, instant horizon, instant wall);

#endif
