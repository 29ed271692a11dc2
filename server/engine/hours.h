/*
 * server/engine/hours.h - which hours are to be counted: those whose named and sustained rest on what changed.
 *
 * Slots are kept up with every fact.  Who came in an hour, and how long each level was held (store/hour.h), is
 * counted afterwards, hour by hour, from the sessions: an edge marks its hour, and counting takes the mark away
 * (hourly.h).  So what is stored is the same however the facts came.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_HOURS_H
#define SERVER_ENGINE_HOURS_H

#include "base/instant.h"
#include "store/hour.h"

/* To 2200, and a year more: a session that begins then may be capped up to 8,760 hours later. */
enum { HOURS_MAX = (int)(INSTANT_MAX / HOUR_MS) + 8800 };

struct hour_mark {
    uint32_t hour;
    instant since; /* the clock of the first flush that found it marked; INSTANT_EVER: none yet */
};

struct hours {
    uint64_t *bits; /* [hour / 64]: made with the first mark */
    struct hour_mark *marks;
    uint32_t count, capacity;
};

void hours_add(struct hours *hours, uint32_t hour);
void hours_remove(struct hours *hours, uint32_t hour);
bool hours_has(const struct hours *hours, uint32_t hour);
void hours_free(struct hours *hours);

/* Something changed in a slot: who is in use there may have changed in the next one, too. */
static inline void hours_mark(struct hours *hours, uint32_t slot)
{
    uint32_t hour = slot / HOUR_SLOTS, next = (slot + 1) / HOUR_SLOTS;
    if (!hours->bits || !(hours->bits[hour / 64] >> hour % 64 & 1))
        hours_add(hours, hour);
    if (next != hour)
        hours_add(hours, next);
}

#endif
