/*
 * adapters/simulator/writer.h - the simulated ICON: events become rows, as ICON writes them.
 *
 * writer_fill() writes a stretch of the past in large transactions, rows in their final state with the numbers they
 * would have got; writer_turn() writes what is due at an instant, row by row as it happens: insert at login, update in
 * place at logout, some late, some in a second transaction that commits later (delivery.h).
 *
 * The promise: G_SYNC_CONTROL says per provider "every row of an event up to here is committed".  It stands before the
 * earliest event that waits, and is written in the transaction that makes it true.  SEQCURRENT in G_PROV_CONTROL is
 * recorded up to a minute late, as ICON does.
 * Failures are logged by database.c.  Thread: one.
 */
#ifndef ADAPTERS_SIMULATOR_WRITER_H
#define ADAPTERS_SIMULATOR_WRITER_H

#include "adapters/simulator/database.h"
#include "adapters/simulator/delivery.h"

struct writer_options {
    struct script *script; /* outlives the writer */
    struct sim_database *database; /* likewise */
    struct marker marker;
    struct counter counters[CLASS_COUNT];
    struct delivery_options delivery;
};

struct writer;

/* Called in a fill after each chunk; false ends the fill early with ERR_CANCELLED. */
typedef bool (*writer_progress)(void *owner, instant until, size_t rows);

struct writer *writer_create(const struct writer_options *options);
void writer_destroy(struct writer *writer);

/* The configuration of a new site, created before its script begins. */
MUST_CHECK enum err writer_configure(struct writer *writer);
/* Everything from where the marker stands up to until, included. */
MUST_CHECK enum err writer_fill(struct writer *writer, instant until, writer_progress progress, void *owner);
/* What is due at now, and the promise; mono_ms is a clock that only paces SEQCURRENT. */
MUST_CHECK enum err writer_turn(struct writer *writer, instant now, int64_t mono_ms);
/* Whatever waits, as if its time had come: then all rows of events up to now are committed, and promised. */
MUST_CHECK enum err writer_finish(struct writer *writer, instant now);

/* When the next row is due, INSTANT_NEVER when none is known. */
instant writer_next_due(const struct writer *writer);
/* Rows written, sessions running (logged in and not out): for the display. */
size_t writer_rows(const struct writer *writer);
size_t writer_running(const struct writer *writer);

#endif
