/*
 * tests/support/icon_world.h - an ICON database in memory, behind the adapter's own query interface, with a clock of its own.
 *
 * It defines odbc_run() and what else the tail calls of adapters/odbc.h, and reads the tail's SQL; so it is no part of the library
 * of test helpers, and its program is linked with --wrap for the clock (tests/CMakeLists.txt).  Rows have numbers from blocks that writers reserve; a change lies in a
 * transaction, or in ICON's queue, until it is committed; G_SYNC_CONTROL stands before the earliest event that is not.
 *
 * A change is *late* when a higher number had been there for the time to settle before it was committed.
 * The ledger is what a store would hold: facts count when their cursor came.
 * Thread: one.  There is one world.
 */
#ifndef TESTS_SUPPORT_ICON_WORLD_H
#define TESTS_SUPPORT_ICON_WORLD_H

#include "adapters/adapter.h"
#include "adapters/icon/columns.h"

enum { WORLD_WRITERS = 4, WORLD_ROWS_MAX = 4000, WORLD_LOGINS = 0, WORLD_ENDPOINTS = 1 };

struct world_row {
    int table;
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

struct world {
    uint64_t dice;
    int64_t mono_us, settle_us;
    instant wall;
    struct world_row rows[WORLD_ROWS_MAX];
    size_t row_count;
    struct world_change open[WORLD_WRITERS][64], queue[512];
    size_t open_count[WORLD_WRITERS], queue_count;
    int64_t next[WORLD_WRITERS + 1], end[WORLD_WRITERS + 1]; /* blocks; the last writer is the queue's */
    int64_t reserved, written, recorded;
    struct { int64_t mono_us, written; } history[8192];
    size_t history_count;
    int fail_in;                 /* the database is away at the n-th query from now; 0: it is not */
    const struct icon_map *map;
    struct world_known ledger[WORLD_ROWS_MAX], pending[WORLD_ROWS_MAX];
    size_t touched[WORLD_ROWS_MAX * 2], touched_count;
    instant watermark, watermark_pending;
    struct buffer cursor;
    size_t facts, late, contradictions;
};

extern struct world *world;

void icon_world_make(uint64_t seed, int64_t settle_ms, const struct icon_map *map);
void icon_world_drop(void);
int64_t icon_world_roll(int64_t limit);
void icon_world_pass(int64_t ms);
/* Something begins or ends, now; it is committed at once, in a writer's open transaction, or waits in the queue. */
void icon_world_begin_session(void);
void icon_world_end_session(void);
void icon_world_commit(int writer);
/* Writes what is due in the queue; all: whatever waits. */
void icon_world_queue(bool all);
void icon_world_purge(void);
void icon_world_record(void);
struct adapter_sink icon_world_sink(void);
/* The adapter was killed: what had no cursor is gone. */
void icon_world_forget(void);
/* What the watermark promises: NULL, or what is not there, static. */
const char *icon_world_watermark_wrong(void);
/* Every visible row is in the ledger as it is: NULL, or the first that is not, static. */
const char *icon_world_ledger_wrong(void);

#endif
