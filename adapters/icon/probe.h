/*
 * adapters/icon/probe.h - a look at an ICON database: what is there, what each key of the column map resolves to, what a DBA
 * or the map's author should change.  Writes nothing but its report.
 *
 * Lines that somebody should act on begin with "!"; icon_probe() says whether one of them is a fault, without whose cure
 * the tail cannot be right (a missing table or column, a broken assumption of the watermark).
 * Thread: one, with the connection.
 */
#ifndef ADAPTERS_ICON_PROBE_H
#define ADAPTERS_ICON_PROBE_H

#include "adapters/icon/columns.h"

#include <stdio.h>

struct probe_options {
    const char *name, *dsn, *user; /* user NULL: as the DSN says */
    const struct icon_map *map;
    struct odbc *odbc; /* connected */
    int64_t settle_ms;
    FILE *out;
    /* Lets some time pass, so that something may come meanwhile. */
    void (*rest)(void *owner);
    void *owner;
};

/* ERR_OK; ERR_INPUT: a fault was found; ERR_AWAY, ERR_IO, ERR_CANCELLED with *fault. */
MUST_CHECK enum err icon_probe(const struct probe_options *options, struct odbc_fault *fault);

#endif
