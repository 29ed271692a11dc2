/*
 * server/query/snapshot.h - what the parts of a query share: one read transaction and what was read from it.
 *
 * Lists are read when first asked for and live in the query's arena.
 * Thread: the query's.  Owner: query_open() … query_close().
 */
#ifndef SERVER_QUERY_SNAPSHOT_H
#define SERVER_QUERY_SNAPSHOT_H

#include "server/engine/catalog.h"
#include "server/engine/watermark.h"
#include "server/query/query.h"
#include "server/query/rule.h"

/* Half-open spans in order, apart from each other. */
struct span {
    instant from, to;
};
struct spans {
    struct span *spans;
    size_t count;
};

/* A source with what the outer face does not need. */
struct source {
    struct query_source face;
    struct watermarks watermarks;
    bool counts;      /* it sent sessions, media, ports or coverage */
    instant retired;  /* from when on it is asked no more; INSTANT_NEVER: it is */
    struct spans watched;
};

struct query {
    struct db *db;
    struct db_txn *txn;
    struct arena *arena;

    const struct catalog *catalog; /* where no rule set says another; lives for ever */
    struct catalog_span {
        instant from; /* until the next one's; the first: INSTANT_EVER */
        const struct catalog *catalog;
    } *catalogs;
    size_t catalog_count;
    struct query_item *items; /* items.c has their order */
    size_t item_count;
    uint32_t *item_of_number; /* index + 1, 0: none */
    uint32_t number_max;

    uint32_t slot_first, slot_end; /* slots in the store: [first, end), empty when equal */
    int32_t *days;                 /* that day_net has records of, ascending */
    size_t day_count;
    instant clock;                 /* of the last flush, INSTANT_NONE: none yet */
    instant known_until;           /* where integrals are cut */
    instant kept_from[2];          /* numbers of earlier periods are gone: of the system and tenants, of groups; INSTANT_EVER */
    instant horizon;               /* closed days that end by then are final; INSTANT_EVER: none is */

    enum err err;                  /* the first failure to read a list */
    const struct rules *rules;     /* query_rules() */

    struct query_set *sets;        /* [number - 1], named.c */
    uint32_t set_count;
    uint32_t named_end;            /* slots of the table named: [0, end) */
    struct uncounted {
        uint32_t hour;
        instant since;
    } *uncounted;                  /* hours of which named and sustained are not known */
    size_t uncounted_count;
    bool have_sets, have_uncounted;

    struct usage_note *notes;      /* of the last query_usage() */
    size_t note_count;

    struct source *sources; /* by name */
    size_t source_count;
    bool have_sources;
    struct spans seen; /* when every group of sources was watching */
    bool have_seen, seen_known;
};

/* What one counter did in one period. */
struct fold_cell {
    int64_t peak;    /* -1: the counter is below zero, a bug: unknown */
    instant peak_at; /* INSTANT_NONE: it never rose to the peak in the period */
    int64_t seat_ms;
    int64_t entry;   /* the level that the period was entered at, a horizon's carry included */
    int64_t named;   /* distinct seats, named_periods(); -1: unknown */
};

struct period {
    instant start, end;
    size_t day, day_count; /* the local days it lies in: from days[day] */
};
struct local_day {
    int32_t date; /* of the calendar */
    instant start, end;
    const struct zone *zone;
};
struct periods {
    struct period *list;
    size_t count;
    struct local_day *days; /* follow each other without holes; a date without an instant is left out */
    size_t day_count;
};

/* Every whole period of a calendar that overlaps [from, to) (domain.md §7.8), with all its days; in arena. */
void periods_make(const struct calendar *calendar, enum granularity granularity, int first_weekday, instant from, instant to,
                  struct arena *arena, struct periods *periods);

/* The items; after the transaction has begun. */
MUST_CHECK enum err query_load_items(struct query *query);
/* Which measures an item has in a period: those of the catalogs in force in it. */
struct item_measures {
    bool concurrent, enabled;
};
/* Where the numbers of a scope begin that retention has left; INSTANT_EVER: all are there. */
instant query_kept_from(const struct query *query, enum scope_kind scope);
struct item_measures query_measures(const struct query *query, size_t item, instant from, instant to);

/* The sources, read when first asked for; failures stick to query->err. */
void query_load_sources(struct query *query);
/* Puts spans into order and joins those that touch. */
void spans_join(struct spans *spans);

/* False: named and sustained of [from, to) are not counted yet, or not since its facts changed. */
bool hours_counted(struct query *query, instant from, instant to);
/* Fills named in cells of fold_periods() of the same periods: of profile exact (lrm, sustained) and of person; NULL: not wanted. */
void named_periods(struct query *query, struct scope scope, const struct period *periods, size_t count, struct fold_cell *exact, struct fold_cell *person);

/* Folds scope's slots over periods that follow each other without holes, each a whole number of slots:
 * cells[item * period_count + period], for every item of the catalog. */
void fold_periods(struct query *query, struct scope scope, enum profile profile, const struct period *periods, size_t period_count,
                  struct fold_cell *cells);
/* The same for the enabled objects: peak and its time; periods in order, none overlapping. */
void enabled_periods(struct query *query, struct scope scope, const struct period *periods, size_t count, struct fold_cell *cells);
/* Since when the level lies above limits[item], without a fall to it at a slot's border, seen from `to` back to `from`:
 * since[item] is exact where a slot's summary tells, else the begin of the slot in which it rose; `from` itself when
 * the level lay above already then; INSTANT_NONE when it does not at the end.  Items with a limit below 0 are left out. */
void fold_over_since(struct query *query, struct scope scope, instant from, instant to, const int64_t *limits, instant *since);
/* Levels at the clock of the last flush, by the catalog's order; false when scope has none. */
bool query_levels(struct query *query, struct scope scope, int64_t *levels);

/* What a group of sources watched, joined. */
struct spans query_group_watched(struct query *query, struct bytes group);
/* The part of [from, to) that was seen, in millionths, rounded down; -1: unknown. */
int64_t query_coverage_ppm(struct query *query, instant from, instant to);

/* Closed days of one book. */
struct book_day {
    int32_t day; /* of the book's own calendar */
    instant start, end;
    enum row_status status;
    uint32_t revision;
};
struct book {
    instant gone_to; /* closes of days that ended by then went with time: those days are final */
    struct book_day *days;
    size_t count;
};
/* A date of any calendar lies within so many days of the same date of UTC. */
enum { CALENDAR_DAYS_APART = 2 };
/* The newest revision of each closed day from … to, both included. */
void query_book(struct query *query, const struct query_scope *scope, int32_t from, int32_t to, struct arena *arena, struct book *book);
/* The first of the statuses of the days that [start, end) overlaps, in whatever zone either is, and their largest revision. */
void book_status(const struct book *book, instant start, instant end, enum row_status *status, int64_t *revision);

#endif
