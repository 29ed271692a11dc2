/*
 * adapters/icon/tail_state.h - what the parts of a tail share: tail.c (the order of a poll), tail_read.c
 * (queries), tail_pass.c (the window between the marks), tail_reconcile.c (what lasts), tail_reread.c (old rows), tail_table.c (tables
 * that are set aside), tail_publish.c (rows to the sink), tail_cursor.c (the cursor's text).  Nobody else includes it.
 */
#ifndef ADAPTERS_ICON_TAIL_STATE_H
#define ADAPTERS_ICON_TAIL_STATE_H

#include "adapters/icon/known.h"
#include "adapters/icon/map.h"
#include "adapters/icon/seen.h"
#include "adapters/icon/tail.h"
#include "adapters/icon/watermark.h"
#include "adapters/pace.h"
#include "base/map.h"

enum { STREAM_INSERT, STREAM_UPDATE, STREAM_COUNT };
enum { SAMPLE_COUNT = 40 /* of the counters, spread over the time to settle */, PASS_EVERY_MS = 1000, MISSING_MAX = 500 };

/* Rows are read from behind (number, id) on; id -1: from number on. */
struct position {
    int64_t number, id;
};

struct stream {
    struct position eager;
    int64_t confirmed;
    int64_t started;  /* the eager mark when this run began: what lies above was never published before */
    int64_t head;     /* the newest number that is visible */
    bool full;        /* the last page was a full one */
    bool passing;
    struct position pass;
    int64_t pass_to, confirm_to;
};

/* All numbers up to this one have been read. */
static inline int64_t stream_eager(const struct stream *stream)
{
    return stream->eager.number - 1;
}

struct table {
    struct stream streams[STREAM_COUNT];
    bool stopped;                 /* its counter lies below our mark */
    bool first_done;              /* the first load is over … */
    int64_t first[STREAM_COUNT];  /* … and ended at these numbers */
    bool checked, broken;         /* looked at since the connect; set aside */
    bool query_failed;            /* … though a look at it found nothing wrong */
    bool indexed;                 /* its indexes were looked at */
    bool unindexed[STREAM_COUNT]; /* … and none begins with the stream's numbers */
    bool passes;                  /* the pass under way reads it */
    int64_t retry_us;
    struct backoff backoff;
    struct seen seen;
    struct known known;           /* what was published of the last days */
    struct map open;              /* id of a row that lasts → the reconciling that saw it last */
};

enum page_purpose { PAGE_EAGER, PAGE_PASS, PAGE_RECONCILE, PAGE_REREAD, PAGE_LENT /* not to be published */ };

struct page {
    enum icon_table table;
    enum page_purpose purpose;
    int stream;
    int64_t to;  /* the upper bound of the numbers */
    bool full;
    struct icon_record *records;
    size_t count, capacity;
    struct page *next;
};

/* What the annex says of an object, and by which of its rows. */
struct annex_flag {
    int64_t row;
    enum flag flag;
};

/* An object whose annex changed, as its own row is now. */
struct derived {
    struct icon_record record;
    instant at; /* INSTANT_NONE: when the row's own version began */
    int64_t version;
    struct derived *next;
};

/* A span of time that is read again (tail_reread.c). */
struct reread {
    bool running, all;      /* all: whatever is known of it is published, too */
    bool fresh, gave_up;    /* what is read next begins; its query failed */
    bool ends;              /* by when rows ended; else by when they began */
    bool indexed;
    instant from, to;
    enum icon_table table;
    struct position at;
    uint64_t rows, news, late;
    int32_t day; /* whose nightly one it is */
};

struct sample {
    int64_t at_us;
    int64_t limits[ICON_TAILED_COUNT][STREAM_COUNT];
};

struct tail {
    struct tail_options options;
    struct table tables[ICON_TABLE_COUNT];
    struct arena *arena;  /* of a poll */

    bool declared;
    struct bytes declared_group;
    int64_t declared_version;
    uint64_t declared_late; /* how many late rows the source said it had met */
    instant watermark;    /* the last one published */
    instant newest;       /* newest event time up to the confirmed marks */
    bool changed;         /* the cursor has something new to say */
    bool said_empty;

    bool passing, pass_whole;
    int64_t pass_work_us, pass_due_us;
    instant pass_newest;
    struct sample samples[SAMPLE_COUNT];
    size_t sample_count;  /* ever */

    int64_t reconcile_due_us, reconcile_id;
    enum { RECONCILE_IDLE, RECONCILE_OPEN, RECONCILE_MISSING } reconcile;
    enum icon_table reconcile_table;
    uint32_t generation;
    bool compared;        /* one reconciling was whole, so what is open is known here */

    struct reread reread;
    int32_t reread_day;   /* of the last nightly one; INT32_MIN: none yet */
    instant known_since;  /* what was published since then is in known; INSTANT_EVER: everything */
    uint64_t late;        /* rows that were found by reconciling or re-reading alone, ever */

    bool annex_loaded;
    struct map annex_index;  /* object * OPTION_COUNT + option → place in annex_flags + 1 */
    struct annex_flag *annex_flags;
    uint32_t annex_count, annex_capacity;

    /* As the last look at the control tables had it; in memory of their own. */
    struct icon_connection *connections;
    struct icon_disconnect *disconnects;
    struct icon_sync *syncs;
    size_t connection_count, disconnect_count, sync_count;
    int64_t written[CLASS_COUNT], reserved[CLASS_COUNT]; /* -1: not known */
    int64_t written_least;
    struct seen coverage;

    /* Of the poll under way. */
    struct page *pages, **pages_end;
    struct derived *derived;
    bool heads_apart;       /* ask each table by itself for its newest numbers */
    enum icon_table asked;  /* the table of the query that failed; ICON_TABLE_COUNT: of all */
};

/* tail_read.c: each adds to tail->pages or to the control state; ERR_… with *fault and tail->asked. */
MUST_CHECK enum err tail_read_heads(struct tail *tail, struct odbc_fault *fault);
MUST_CHECK enum err tail_read_page(struct tail *tail, enum icon_table table, int stream, enum page_purpose purpose,
                                   struct position from, int64_t to, struct page **page, struct odbc_fault *fault);
MUST_CHECK enum err tail_read_open(struct tail *tail, enum icon_table table, int64_t after_id, struct page **page,
                                   struct odbc_fault *fault);
MUST_CHECK enum err tail_read_row(struct tail *tail, enum icon_table table, int64_t id, enum page_purpose purpose,
                                  struct page **page, struct odbc_fault *fault);
MUST_CHECK enum err tail_read_whole(struct tail *tail, enum icon_table table, struct page **page, struct odbc_fault *fault);
/* Rows by seconds in field from … to, behind at; indexed: in their order, else in that of the ids (FIELD_ID: all rows). */
MUST_CHECK enum err tail_read_span(struct tail *tail, enum icon_table table, enum icon_field field, bool indexed, int64_t from, int64_t to,
                                   struct position at, struct page **page, struct odbc_fault *fault);
void tail_pages_drop(struct tail *tail);

/* tail_control.c: connections are PAGE_LENT pages of tail->pages until the poll's end. */
MUST_CHECK enum err tail_read_counters(struct tail *tail, struct odbc_fault *fault);
MUST_CHECK enum err tail_read_connections(struct tail *tail, struct odbc_fault *fault);
instant tail_watermark(const struct tail *tail, instant wall);

/* tail_table.c */
bool tail_table_is_on(const struct tail *tail, enum icon_table table);    /* the map has it */
bool tail_table_is_good(const struct tail *tail, enum icon_table table);  /* … and it can be read */
MUST_CHECK enum err tail_tables_check(struct tail *tail, int64_t now_us, struct odbc_fault *fault);
/* Sets aside the table that was asked; true when the poll can go on without it. */
bool tail_table_fail(struct tail *tail, enum err err, const struct odbc_fault *fault, int64_t now_us);
/* A query of the table went well. */
void tail_table_well(struct tail *tail, enum icon_table table);

/* tail_annex.c */
MUST_CHECK enum err tail_annex_load(struct tail *tail, struct odbc_fault *fault);
/* Notes what annex rows say; objects that changed by it are read and kept in tail->derived. */
MUST_CHECK enum err tail_annex_apply(struct tail *tail, const struct page *page, struct odbc_fault *fault);
enum flag tail_annex_flag(const struct tail *tail, enum site_option_kind option, int64_t object);

/* tail_publish.c: ERR_OK or ERR_CANCELLED. */
MUST_CHECK enum err tail_publish_source(struct tail *tail);
MUST_CHECK enum err tail_publish_coverage(struct tail *tail);
MUST_CHECK enum err tail_publish_page(struct tail *tail, const struct page *page);
MUST_CHECK enum err tail_publish_derived(struct tail *tail);
MUST_CHECK enum err tail_publish_watermark(struct tail *tail, instant until);

/* tail.c: every table that can be read was, to its head; no table is set aside. */
bool tail_is_caught_up(const struct tail *tail);
bool tail_is_whole(const struct tail *tail);

/* tail_pass.c */
MUST_CHECK enum err tail_read_pass(struct tail *tail, struct odbc_fault *fault);
void tail_begin_pass(struct tail *tail, int64_t now_us);
bool tail_pass_is_over(const struct tail *tail);
/* Moves the confirmed marks, and publishes the watermark.  ERR_OK or ERR_CANCELLED. */
MUST_CHECK enum err tail_end_pass(struct tail *tail, int64_t now_us);

/* tail_reconcile.c: when it is due; one page of it a poll; what came of the page, once it was handed over. */
void tail_begin_reconcile(struct tail *tail, int64_t now_us);
MUST_CHECK enum err tail_read_reconcile(struct tail *tail, struct odbc_fault *fault);
void tail_step_reconcile(struct tail *tail);

/* tail_reread.c */
void tail_begin_reread(struct tail *tail, instant wall);
void tail_reread_span(struct tail *tail, instant from, instant to, bool all);
MUST_CHECK enum err tail_read_reread(struct tail *tail, struct odbc_fault *fault);
void tail_step_reread(struct tail *tail);

/* tail_cursor.c */
void tail_cursor_write(const struct tail *tail, struct buffer *out);
/* False when it is none of ours; *why in arena. */
bool tail_cursor_read(struct tail *tail, struct bytes cursor, struct arena *arena, const char **why);

#endif
