/*
 * tests/support/icon_world.h - ICON's writers over two tables, with a clock of their own, at random from a seed.
 *
 * Rows have numbers from blocks that writers reserve; a change lies in a transaction, or in ICON's queue, until it is
 * committed; G_SYNC_CONTROL stands before the earliest event that is not.  Writers lose their connection (what they had open goes
 * back to the queue, their numbers are holes), ICON restarts, rows are purged, a column goes away or changes its type and comes back.
 *
 *   icon_world.c        rows, writers and the ledger
 *   icon_world_trial.c  a seed from its first row to the end of its night: what happens, and what must hold
 *   icon_world_sql.c    the database in memory: it defines odbc_run() and what else the tail calls of adapters/odbc.h
 *   icon_world_real.c   the database is a real one: each writer is a session of it (struct world_mirror)
 *
 * So none of them is in the library of test helpers, and a program takes one of the last two.  It is linked with --wrap for the
 * clock and for what is said once of a table (tests/CMakeLists.txt).
 *
 * A change is *late* when a higher number had been there for the time to settle before it was committed.
 * The ledger is what a store would hold: facts count when their cursor came.
 * Thread: one.  There is one world.
 */
#ifndef TESTS_SUPPORT_ICON_WORLD_H
#define TESTS_SUPPORT_ICON_WORLD_H

#include "adapters/adapter.h"
#include "adapters/icon/columns.h"

enum { WORLD_WRITERS = 4, WORLD_TABLES = 2, WORLD_ROWS_MAX = 4000, WORLD_OPEN_MAX = 64, WORLD_QUEUE_MAX = 512, WORLD_ALONE = -1 };
extern const enum icon_table world_tables[WORLD_TABLES];

struct world_row {
    int table; /* of world_tables */
    int64_t id, seq, useq;
    instant created, terminated; /* INSTANT_NEVER */
    bool visible, purged;
    bool changing;               /* a change of it is not committed */
    bool late_begin, late_end;
};

struct world_change {
    size_t row;
    bool ends;
    int64_t number; /* 0: given when it leaves the queue */
    instant at;
    int64_t due_us; /* in the queue until then */
};

struct world_known { /* the ledger's entry of a row */
    int64_t version; /* -1: none */
    instant end;
    uint64_t body;
};

enum world_harm { HARM_NONE, HARM_GONE /* the column has another name */, HARM_RETYPED };

struct world {
    uint64_t dice;
    int64_t mono_us, settle_us;
    instant wall;
    struct world_row rows[WORLD_ROWS_MAX];
    size_t row_count;
    struct world_change open[WORLD_WRITERS][WORLD_OPEN_MAX], queue[WORLD_QUEUE_MAX];
    size_t open_count[WORLD_WRITERS], queue_count;
    int64_t next[WORLD_WRITERS + 1], end[WORLD_WRITERS + 1]; /* blocks; the last writer is the queue's */
    int64_t reserved, written, recorded;
    struct { int64_t mono_us, written; } history[8192];
    size_t history_count;
    int fail_in;                 /* the database is away at the n-th query from now; 0: it is not */
    enum world_harm harm[WORLD_TABLES];
    enum icon_field harmed[WORLD_TABLES];
    bool said[WORLD_TABLES];     /* that the column is not what it was */
    const struct icon_map *map;
    struct world_known ledger[WORLD_ROWS_MAX], pending[WORLD_ROWS_MAX];
    instant watermark, watermark_pending;
    struct buffer cursor;
    size_t facts, late, contradictions;
    int64_t told_late;           /* what the source says of itself: rows found by looking again alone */
};

/* What a database that is a real one does beside the world; a function may be called at any time between icon_world_make() and drop. */
struct world_mirror {
    void (*write)(const struct world_change *change, int writer); /* in the writer's transaction; WORLD_ALONE: committed at once */
    void (*commit)(int writer);
    void (*lose)(int writer); /* its connection */
    void (*purge)(size_t row);
    void (*alter)(int table); /* as world->harm and harmed say now */
    void (*reconnect)(void);  /* the reader */
};

extern struct world *world;
extern const struct world_mirror *world_mirror; /* NULL: in memory */

void icon_world_make(uint64_t seed, int64_t settle_ms, const struct icon_map *map);
void icon_world_drop(void);
int64_t icon_world_roll(int64_t limit);
void icon_world_pass(int64_t ms);
/* Something begins or ends, now; it is committed at once, in a writer's open transaction, or waits in the queue. */
void icon_world_begin_session(void);
void icon_world_end_session(void);
/* A row of this table, committed at once, with the newest number. */
void icon_world_begin_now(int table);
void icon_world_commit(int writer);
/* The writer's connection drops. */
void icon_world_lose(int writer);
/* Writes what is due in the queue; all: whatever waits. */
void icon_world_queue(bool all);
void icon_world_purge(void);
void icon_world_record(void);
/* Another harm to a table, or none any more; whoever writes commits before. */
void icon_world_alter(int table, enum world_harm harm, enum icon_field field);
/* What G_SYNC_CONTROL says: before the earliest event that is not committed. */
instant icon_world_promise(void);
/* The place and the person of a row. */
int64_t icon_world_place(const struct world_row *row);
int64_t icon_world_person(const struct world_row *row);
struct adapter_sink icon_world_sink(void);
/* The adapter was killed: what had no cursor is gone. */
void icon_world_forget(void);
/* What the watermark promises: NULL, or what is not there, static. */
const char *icon_world_watermark_wrong(void);
/* Every visible row (of this table; -1: of all) is in the ledger as it is: NULL, or the first that is not, static; timely: late ones may
 * be missing. */
const char *icon_world_ledger_wrong(int table, bool timely);

struct odbc;
struct world_totals {
    uint64_t rows, facts, late, told_late, stands, harms, lost;
};
/* One seed, from its first row to the end of its night; odbc: NULL in memory.  NULL, or what is wrong, static.  The world stays. */
const char *icon_world_try(uint64_t seed, const struct icon_map *map, struct odbc *odbc, struct world_totals *totals);
/* The column map of the world: what it does not have is switched off. */
const struct icon_map *icon_world_map(struct arena *arena);

#endif
