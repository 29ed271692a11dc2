/*
 * adapters/config/read.h - a whole Configuration Database as one picture (the map says what its tables are called).
 *
 * One transaction that only reads and sees one state (odbc_options.snapshot), each table by pages of its key, so that
 * memory does not grow with the database.  A table that cannot be read is said once, with its key in the map; what it
 * would say stays as it was and the picture is not whole.  A row that cannot be mapped goes to sink->refused, once,
 * and its object stays as it was.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_CONFIG_READ_H
#define ADAPTERS_CONFIG_READ_H

#include "adapters/adapter.h"
#include "adapters/config/known.h"
#include "adapters/config/map.h"
#include "adapters/odbc.h"

struct read_options {
    const char *part;
    const struct config_map *map;
    struct odbc *odbc;
    struct adapter_sink sink;
    bool clear_names; /* else names of persons are not even asked for */
    int page_rows;
};

struct config_reader;
/* options are copied; what they point at outlives it. */
struct config_reader *config_reader_create(const struct read_options *options);
void config_reader_destroy(struct config_reader *reader);
/* Shows everything to known, after known_begin().  ERR_OK and *whole; ERR_AWAY, ERR_CANCELLED, ERR_IO with *fault. */
MUST_CHECK enum err config_read(struct config_reader *reader, struct known *known, bool *whole, struct odbc_fault *fault);

#endif
