/*
 * adapters/simulator/calls.h - calls of a voice portal, as their legs: what a GVP Reporting Server would know.
 *
 * Calls are made day by day; a day depends on (site, day) alone.  Most have a leg in the Resource Manager and one in a
 * Media Control Platform within it.  Beside them is what hurts: calls with two media legs that overlap or leave a gap, calls that
 * no platform took, media legs without a guid, media legs of no length, calls over midnight, records that come late.
 *
 * Thread: one.  Owner: the caller, until calls_free().
 */
#ifndef ADAPTERS_SIMULATOR_CALLS_H
#define ADAPTERS_SIMULATOR_CALLS_H

#include "adapters/simulator/delivery.h"

enum { CALL_LEGS_MAX = 3, CALL_MS_MAX = 40 * MINUTE_MS, COMPONENT_ID_BASE = 1050, PROFILE_ID_BASE = 2201 };

struct sim_leg {
    bool manager;        /* of the Resource Manager; else of a Media Control Platform */
    int64_t component, id;
    unsigned uses;       /* bits of enum port_use */
    instant begin, end;
    instant told, written; /* from when on it is in progress, and completed, for whoever asks */
};

struct sim_call {
    int32_t tenant;      /* index */
    int64_t profile;     /* DBID of its application */
    uint64_t guid[2];    /* both 0: it has none */
    struct sim_leg legs[CALL_LEGS_MAX];
    int leg_count;
    instant begin;       /* of its first leg; all end within CALL_MS_MAX */
};

struct calls {
    struct site_options site;
    struct delivery_options delivery;
    instant begin;
    int32_t next_day;    /* the first that is not made yet */
    struct sim_call *items; /* in order of begin */
    size_t count, room;
};

void calls_make(struct calls *calls, const struct site_options *site, const struct delivery_options *delivery, instant begin);
void calls_free(struct calls *calls);
/* Makes all days up to that of at. */
void calls_reach(struct calls *calls, instant at);
/* The first call that begins at or after at. */
size_t calls_find(const struct calls *calls, instant at);

#endif
