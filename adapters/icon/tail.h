/*
 * adapters/icon/tail.h - follows an ICON database: which rows are new, which changed, which came late.
 *
 * Each tailed table has two streams, by insert numbers (GSYS_SEQ) and by update numbers (GSYS_USEQ),
 * for a log-out is an update in place.  A stream has two marks:
 *   eager      the newest number that was read; a poll reads what lies above it
 *   confirmed  where the next run begins; it moves only to a number that ICON had written (SEQCURRENT)
 *              at least settle_seconds ago, and never above what was then read
 * Numbers are given before their transactions commit, so a lower one may become visible after a higher
 * one.  So a *pass* reads the window between the marks again, once a second or more rarely, and drops
 * what was published.  What comes later still is found by the update stream or by *reconciling*: every
 * few minutes the sessions that are open there are compared with those that are open here.
 *
 * A poll is a handful of queries that only read, each a transaction of its own.  Its rows are mapped and handed over
 * after the last, then the cursor follows; marks move in memory when the sink took the facts.  A poll that
 * fails has moved nothing.  The watermark (watermark.h) follows a whole pass: what G_SYNC_CONTROL said
 * when the pass began holds once every table has been read after that.
 *
 * A table that is missing a column, or refuses us, is set aside, said once, and tried again with
 * back-off; the others go on, the watermark stands.  A table whose counter (SEQCOUNTER) lies below our
 * mark belongs to a database that was restored or made anew: its cursor stops for good.
 *
 * Thread: one.  Owner: who created it; options' texts must outlive it.
 */
#ifndef ADAPTERS_ICON_TAIL_H
#define ADAPTERS_ICON_TAIL_H

#include "adapters/adapter.h"
#include "adapters/icon/columns.h"
#include "adapters/odbc.h"

struct tail;

struct tail_options {
    const char *name, *part;  /* the source; what log lines begin with */
    struct bytes group;       /* of an HA pair; absent: none */
    const struct icon_map *map;
    struct adapter_sink sink;
    struct odbc *odbc;
    bool clear_names;
    int page_rows;
    int64_t settle_ms, reconcile_ms;
    int64_t reread_days, reread_hour; /* so many days are read again each night at this hour (UTC); 0 days: never */
};

/* cursor: what the sink was last given; absent or unreadable (said): from the start. */
struct tail *tail_create(const struct tail_options *options, struct bytes cursor);
void tail_destroy(struct tail *tail);

enum tail_next {
    TAIL_REST, /* all is read: until the next look is due */
    TAIL_SOON, /* what was read is read again, in small portions: after a breath */
    TAIL_NOW,  /* there is more that is new */
};

/* One look.  *next: when to look again.  ERR_OK; ERR_CANCELLED: the sink ends, or odbc_cancel();
 * ERR_AWAY, ERR_IO with *fault: the database is gone or refuses everything. */
MUST_CHECK enum err tail_poll(struct tail *tail, enum tail_next *next, struct odbc_fault *fault);

/* A page of what began or ended from … to, whatever was published of it; again until *over.  No cursor follows.  As tail_poll(). */
MUST_CHECK enum err tail_backfill(struct tail *tail, instant from, instant to, bool *over, struct odbc_fault *fault);

/* The connection was made anew: tables are looked at again. */
void tail_connected(struct tail *tail);

#endif
