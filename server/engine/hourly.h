/*
 * server/engine/hourly.h - the marked hours counted, in slices, for the engine's own files.
 *
 * hourly.c      which hour is next; finds the seats in use in it, hands them on, keeps the results for the flush
 * named.c       a seat's entries → the hour's entries, scope by scope (domain.md §7.10)
 * sustained.c   the hour's edges → the time at each level, slot by slot (domain.md §2.10)
 * last_seen.c   what a forgotten session leaves behind: the last slot of its seat's uses before the horizon
 *
 * Facts may come between two slices.  What they change marks the hour again, so it is counted once more.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_HOURLY_H
#define SERVER_ENGINE_HOURLY_H

#include "server/engine/private.h"

/* An entry of some seats of one scope. */
struct entry_event {
    uint32_t scope, slot, gap, mask;
    int32_t count;
};
struct entry_events {
    struct entry_event *list;
    size_t count, capacity;
};

/* What one scope has in one hour. */
struct hour_record {
    enum db_table table;
    uint32_t scope;
    size_t from, len; /* in the result's bytes */
};
struct hour_result {
    struct hour_result *next;
    uint32_t slot; /* what stands from here to the hour's end is replaced */
    struct hour_record *records;
    size_t count, capacity;
    struct buffer bytes;
};
void hour_result_add(struct hour_result *result, enum db_table table, uint32_t scope, struct bytes records);

/* Of the seats that may come again: when each used what last before the horizon. */
struct seen_part {
    uint32_t scope, mask, slot;
};
struct seen {
    struct seen_part *parts; /* owned; by (scope, slot) */
    uint32_t count;
    bool dirty;
};

struct hourly {
    enum { HOURLY_NOTHING, HOURLY_SESSIONS, HOURLY_SEATS, HOURLY_SORTING, HOURLY_SCOPES } phase;
    uint32_t hour, slot, slot_end; /* from slot, which is later than the hour's begin when a horizon lies in it */
    size_t next;                   /* session, seat or scope to go on with */
    uint32_t *seats;               /* found so far */
    size_t seat_count, seat_capacity;
    struct entry_events entries;
    struct edge_list edges;
    size_t *entry_ends, *edge_ends; /* [scope - 1], once they stand scope by scope */
    uint32_t sorted_scopes;
    struct hour_result *result;     /* of the hour under way, while its scopes are gone through */
    struct hour_result *first, *last; /* counted, not yet in the store */

    instant *touched_from; /* [seat - 1]; INSTANT_NEVER: not touched */
    uint32_t touched_capacity;
    struct number_list touched;
    uint32_t *stamps;      /* [seat - 1]: found in this round */
    uint32_t stamp_capacity, stamp;

    struct seen *seen; /* [seat - 1] */
    uint32_t seen_capacity;
    struct number_list seen_dirty; /* seats */
};

/* True the first time that it is asked for a seat in this round. */
bool hourly_stamp(struct engine *engine, uint32_t seat);
void hourly_new_round(struct engine *engine);

/* named.c */
/* parts: all of the seat that begin before the end of what is counted, by scope. */
void named_add_seat(struct engine *engine, uint32_t seat, enum seat_family family, const struct part_list *parts);
/* The events of one scope: sorts them and adds the scope's record. */
void named_scope(struct engine *engine, struct entry_event *list, size_t count, struct hour_result *result);

/* sustained.c */
void sustained_scope(struct engine *engine, struct edge *list, size_t count, struct hour_result *result);

/* last_seen.c */
/* Takes in what lies before the new horizon, before its sessions are forgotten. */
void seen_advance(struct engine *engine, instant horizon);
const struct seen *seen_of(const struct engine *engine, uint32_t seat);
void seen_give(struct engine *engine, const struct engine_sink *sink);
void last_seen_free(struct hourly *hourly);

#endif
