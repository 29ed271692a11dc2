/*
 * server/engine/enabled.h - enabled counts: the subject is a configured object (domain.md §7.14).
 *
 * An object is enabled for an item while it is known to be enabled, not deleted, and matches the item's
 * enabled_where.  It counts in the system, in its tenant (none: 0), and a person in its agent groups, for
 * as long as it is a member; in a place group the member places that are known to be enabled count, for
 * every item whose object is a person.
 *
 * Steps per (scope, UTC day) lie in memory as in the store (store/enabled.h); a step before the horizon
 * is carried to it.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_ENABLED_H
#define SERVER_ENGINE_ENABLED_H

#include "server/engine/counter.h"
#include "store/enabled.h"

struct enabled_day {
    uint32_t scope; /* number */
    int32_t day;
    struct enabled_step *steps; /* items are lanes; in no order until packed */
    uint32_t count, capacity;
    bool dirty;
};

struct enabled_days {
    struct enabled_day *days;
    uint32_t count, capacity;
    struct map index; /* (day, scope) */
};

/* delta objects more from at on for every item of the mask. */
void enabled_add(struct enabled_days *enabled, const struct counters *counters, const struct edge *edge);
/* Puts a stored step back. */
void enabled_restore(struct enabled_days *enabled, uint32_t scope, int32_t day, const struct enabled_step *step);
/* Nets and packs a day; empty: no record. */
void enabled_pack_day(struct enabled_day *day, const uint32_t *item_numbers, struct buffer *out);
void enabled_flushed(struct enabled_days *enabled);
void enabled_free(struct enabled_days *enabled);

#endif
