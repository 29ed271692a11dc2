/*
 * server/engine/counter.h - edges in, slot summaries and levels out (design.md §4).
 *
 * An edge is +1 or -1 for every item of a mask, in one scope, at one millisecond.  Slots from the floor
 * on keep their edges in memory; such a slot is folded when it is flushed.  An edge that falls before
 * the floor makes its slot stale: the slot's edges are derived again from the sessions, once for all
 * stale slots of a settling (subject.h).  An edge before the horizon stands at it: it changes the
 * level at which the horizon's slot is entered and is no occasion (domain.md §7.20).
 *
 * Beside the slots: the sum of the deltas per UTC day, from which entry levels follow, and the level
 * per scope at the clock, for the live view.
 *
 * An edge is first staged, once for all the scopes that it belongs to, in the row of its slot (stage.c).
 * Before anything is read counters_scatter() sorts a row's staged edges by time and hands them out to
 * the logs of their scopes, to the days and to the levels: one random access a session and slot, not
 * three a session, scope and edge.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_COUNTER_H
#define SERVER_ENGINE_COUNTER_H

#include "base/instant.h"
#include "base/map.h"
#include "server/engine/hours.h"
#include "server/engine/predicate.h"
#include "store/slot.h"

struct edge {
    instant at;
    uint32_t scope; /* number */
    uint32_t mask;
    int sign;
};

struct slot_edge {
    uint32_t at; /* ms from the slot's start */
    int32_t mask; /* negative: minus */
};

static inline uint32_t slot_edge_mask(const struct slot_edge *edge)
{
    return (uint32_t)(edge->mask < 0 ? -edge->mask : edge->mask);
}

struct counter_slot {
    uint32_t slot, scope;
    struct slot_edge *edges;
    uint32_t count, capacity;
    uint32_t sorted; /* so many of the first are in order of time */
    bool live, dirty, stale;
};

/* An edge that waits in its slot's row. */
struct staged_edge {
    uint32_t at;
    int32_t mask;
    uint32_t scopes; /* SCOPES_ONE and the number of a scope, or a set of them */
};
#define SCOPES_ONE 0x80000000u

struct counter_day {
    int32_t day;
    uint32_t scope;
    int32_t *nets; /* a lane each */
    bool dirty;
};

/* Which scopes have a slot in memory. */
struct slot_row {
    uint32_t slot;
    uint32_t *by_scope; /* [scope - 1]: number of the counter_slot, 0 none */
    uint32_t capacity, count;
    struct staged_edge *staged;
    uint32_t staged_count, staged_capacity;
    bool dirty; /* one of its slots is */
};

struct counter_scope {
    struct scope scope;
    uint32_t last_day; /* number of the counter_day looked at last, 0: none */
    int32_t *levels; /* at the clock, a lane each */
    int32_t *carry;  /* into the horizon's slot; NULL: none */
    bool dirty;
};

enum { ROWS_NEAR = 512 };

struct counters {
    struct masks *masks;
    size_t item_count, lane_count; /* two lanes an item: the families of seat keys */
    struct counter_scope *scopes; /* [number - 1] */
    uint32_t scope_count, scope_capacity;
    struct map scope_index[SCOPE_KIND_COUNT];
    struct counter_slot *slots;
    uint32_t slot_count, slot_capacity, slot_free_count;
    uint32_t *slot_free;
    struct slot_row *rows;
    uint32_t row_count, row_capacity;
    struct map row_index; /* slot + 1 → row */
    struct counter_day *days;
    uint32_t day_count, day_capacity;
    struct map day_index; /* (day, scope) */
    struct edge *future;  /* edges behind the clock */
    size_t future_count, future_capacity;
    uint32_t floor; /* slots from here on are complete in memory */
    instant horizon; /* INSTANT_EVER: none */
    instant clock;
    uint32_t stale_from, stale_to; /* hull of the stale slots; from > to: none */
    bool stale_pending;
    struct dictionary scope_sets; /* scope numbers as text → number */
    uint32_t *set_at;             /* [number - 1]: its place in sets */
    uint32_t *sets;               /* one after the other: how many, and the scopes */
    uint32_t set_capacity, sets_count, sets_capacity;
    bool staged;                  /* something waits in some row */
    uint32_t row_near[ROWS_NEAR]; /* [slot % ROWS_NEAR]: a row that may be it, 0: none */
    uint32_t *order;              /* scope numbers in the order of the store's keys */
    uint32_t order_count;
    struct stage_scratch *stage;  /* of stage.c, kept between rows */
    struct fold_scratch *fold;    /* of fold.c, kept between slots */
    struct hours hours; /* whose named and sustained rest on what changed */
};

void counters_create(struct counters *counters, struct masks *masks, size_t item_count);
void counters_free(struct counters *counters);

/* Adds sign, or a sum of signs, to the lanes of a mask. */
void counters_add_lanes(const struct counters *counters, int32_t *lanes, uint32_t mask, int sign);
/* The number of a scope, made when new. */
uint32_t counters_scope(struct counters *counters, struct scope scope);
/* A set of scopes, each once, for counters_edges(): a place in counters.sets. */
uint32_t counters_scope_set(struct counters *counters, const uint32_t *scopes, size_t count);
/* The same edge in every scope of a set, or in one: SCOPES_ONE and its number. */
void counters_edges(struct counters *counters, instant at, uint32_t scopes, uint32_t mask, int sign);
void counters_edge(struct counters *counters, const struct edge *edge);
/* Somebody else is there from an instant on, though no level changes. */
void counters_mark_hour(struct counters *counters, instant at);
/* Moves the clock of the levels on; it never goes back. */
void counters_advance(struct counters *counters, instant clock);

/* Deriving again: edges of the sessions themselves, which are in the sums and levels already. */
void counters_derived_edge(struct counters *counters, const struct edge *edge);
/* False: nothing became stale since the last time.  Else derive every edge from stale_from to stale_to. */
bool counters_stale_begin(struct counters *counters);
/* After a reopening: the edge belongs to the levels, and to its slot when that is not below the floor. */
void counters_restored_edge(struct counters *counters, const struct edge *edge);

/* Hands out what was staged.  Days, levels and slots are complete afterwards; nothing reads them before.  In stage.c. */
void counters_scatter(struct counters *counters);
void stage_add(struct counters *counters, uint32_t slot, const struct staged_edge *edge);
void stage_free(struct stage_scratch *scratch);
void fold_free(struct fold_scratch *scratch);
/* What stage.c shares with counter.c. */
struct counter_day *counters_day(struct counters *counters, int32_t day, uint32_t scope);
struct slot_row *counters_row(struct counters *counters, uint32_t slot); /* made when new */
struct counter_slot *counters_slot(struct counters *counters, struct slot_row *row, uint32_t scope); /* made when new */
void counters_mark_dirty(struct slot_row *row, struct counter_slot *slot);
/* Room for more edges behind those of the log. */
void counters_reserve_log(struct counter_slot *slot, uint32_t more);
void counters_add_future(struct counters *counters, const struct edge *edge);

/* Calls fn for every dirty slot in the order of the store's keys, so that neighbours share pages. */
typedef void (*dirty_slot_fn)(void *owner, struct counter_slot *slot);
void counters_each_dirty(struct counters *counters, dirty_slot_fn fn, void *owner);

/* The summaries of a slot as they are to be written; empty: no record.  In fold.c. */
void counters_pack_slot(struct counters *counters, struct counter_slot *slot, const uint32_t *item_numbers, struct buffer *out);
/* Forgets the slots below floor and what was dirty. */
void counters_flushed(struct counters *counters, uint32_t floor);

void counters_restore_day(struct counters *counters, int32_t day, struct scope scope, const int32_t *nets);
void counters_restore_carry(struct counters *counters, struct scope scope, const int32_t *carry);
/* Moves the horizon on to a slot's start; carries of the former one stay in its record. */
void counters_set_horizon(struct counters *counters, instant horizon);

#endif
