/*
 * tests/support/told_store.h - a store that is told facts as a person writes them down, and asked: what a test of the
 * query or the api with facts that a reader can count by hand stands on.
 *
 *   told_store_open(), told_line() …, told_look(), a question to told.query …, told_store_close()
 *
 * Counted by the shipped catalog, cap 24 h, in UTC.  Fails the test (Criterion) that calls it.  Thread: one.
 */
#ifndef TESTS_SUPPORT_TOLD_STORE_H
#define TESTS_SUPPORT_TOLD_STORE_H

#include "server/ingest/ingest.h"
#include "server/query/query.h"
#include "tests/support/ways.h"

struct told_store {
    struct way_store store;
    struct query *query; /* as of the last told_look(); NULL: none yet */
    struct arena *arena; /* for the test's own texts and answers */
};

void told_store_open(struct told_store *told);
void told_store_close(struct told_store *told);

/* "2026-11-23T09:00:00.000Z" */
instant told_at(const char *text);
/* A fact as its whole JSON line; what became of it. */
enum fact_outcome told_line(struct told_store *told, const char *line);
/* A fact of version 1 by its parts; body with its braces. */
enum fact_outcome told_fact(struct told_store *told, const char *source, const char *kind, const char *key, const char *body);
/* Flushes with the clock at wall, and opens the query anew. */
void told_look(struct told_store *told, const char *wall);

#endif
