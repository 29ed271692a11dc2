/* adapters/gvp/tail_state.h - what tail.c (the order), tail_read.c (a window) and tail_ask.c (one request) share. */
#ifndef ADAPTERS_GVP_TAIL_STATE_H
#define ADAPTERS_GVP_TAIL_STATE_H

#include "adapters/gvp/answer.h"
#include "adapters/gvp/cursor.h"
#include "adapters/gvp/seen.h"
#include "adapters/gvp/tail.h"

enum { SNAPSHOT_COUNT = 32, RUNNING_PAGES_MAX = 1000, CLOCK_MS_MAX = 5 * MINUTE_MS /* two clocks may differ by so much without a word */ };

struct gvp_tail {
    struct gvp_tail_options options;
    const struct gvp_settings *settings;
    struct arena *arena, *page_arena; /* the cursor's texts; one answer's */
    struct gvp_cursor cursor;
    struct gvp_seen seen;
    struct map pass;                    /* hashes of the rows that this reading of a window met */
    bool changed;                       /* something was handed over, or the cursor moved, since it was given */
    int64_t step_ms[GVP_LEG_COUNT];     /* how long a window may be so that its pages are few */
    instant wide_at;                    /* when the whole overlap was read last, INSTANT_NONE: not in this run */
    instant snapshots[SNAPSHOT_COUNT];  /* when calls in progress were read whole; a ring */
    size_t snapshot_count;
    instant wall;                       /* of this poll */
};

struct gvp_range {
    enum gvp_leg leg;
    bool running;     /* calls in progress; else those that ended in [from, to) */
    instant from, to;
};

/* One page, its rows handed over.  ERR_OK; ERR_CANCELLED; else *fault. */
struct gvp_page {
    int64_t page_count, record_count; /* 1 and the page's own where the manifest says nothing */
    int64_t records;
    uint64_t digest;                  /* of its rows, in any order */
    bool repeated;                    /* a row that this reading had met already */
    instant generated;                /* at most our clock */
};
MUST_CHECK enum err gvp_tail_ask(struct gvp_tail *tail, const struct gvp_range *range, int64_t number, struct gvp_page *page, struct gvp_fault *fault);

/* The first page, looked at only: nothing is handed over.  *dated: when it was made is known by the header's Date. */
struct gvp_census;
MUST_CHECK enum err gvp_tail_look(struct gvp_tail *tail, const struct gvp_range *range, struct gvp_census *census, struct gvp_page *page, bool *dated,
                                  struct gvp_fault *fault);

struct gvp_found {
    bool whole;
    instant generated; /* of the first page */
};
/* All pages; most: beyond so many pages it is not read at all. */
MUST_CHECK enum err gvp_tail_read(struct gvp_tail *tail, const struct gvp_range *range, int64_t most, struct gvp_found *found, struct gvp_fault *fault);
/* Calls that ended in [from, to), whole, in as many windows as it takes. */
MUST_CHECK enum err gvp_tail_read_ended(struct gvp_tail *tail, enum gvp_leg leg, instant from, instant to, struct gvp_fault *fault);

#endif
