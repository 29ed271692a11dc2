/*
 * adapters/simulator/delivery.h - how a row gets from the event into the database.
 *
 * Most rows are written as they happen.  Some wait in ICON's queue for minutes and are numbered when they are
 * written; some are numbered at once and written by a second connection that commits seconds later, so that a
 * lower number becomes visible after higher ones.  Pure: an event's delivery depends on the seed and the event.
 */
#ifndef ADAPTERS_SIMULATOR_DELIVERY_H
#define ADAPTERS_SIMULATOR_DELIVERY_H

#include "adapters/simulator/script.h"

struct delivery_options {
    int late_per_mille;    /* share of the events that come late */
    int late_minutes_max;  /* how late at most; at least 20 seconds */
    int side_per_mille;    /* share that the second connection writes */
};

#define DELIVERY_DEFAULT ((struct delivery_options){.late_per_mille = 4, .late_minutes_max = 3, .side_per_mille = 60})

struct delivery {
    bool side;        /* numbered at once, committed after delay_ms */
    int64_t delay_ms; /* 0: at once */
};

struct delivery delivery_of(const struct script *script, const struct sim_event *event, const struct delivery_options *options);

#endif
