/*
 * adapters/simulator/database.h - the simulated ICON's database: a PostgreSQL that is ours to write.
 *
 * It is ours when it carries the marker table SEATMETER_SIMULATOR, which database_create() makes together with the
 * ICON tables (deploy/icon-idb.postgres.sql, part of the program) and only where none of them exists: the simulator
 * never writes into anybody else's database.  The marker remembers the site and until when all rows are written, so
 * that a simulator that is started again goes on where it was.
 *
 * Two connections: main writes and commits as it goes, side holds a transaction open (delivery.h).
 * What fails is logged here, with the database's words.  Thread: one.
 */
#ifndef ADAPTERS_SIMULATOR_DATABASE_H
#define ADAPTERS_SIMULATOR_DATABASE_H

#include "adapters/simulator/numbers.h"
#include "adapters/simulator/people.h"
#include "adapters/simulator/rows.h"
#include "base/err.h"

struct sim_database;

struct database_options {
    const char *dsn, *user, *password_file; /* as struct odbc_options */
};

enum sim_lane { LANE_MAIN, LANE_SIDE, LANE_COUNT };

struct marker {
    bool filled; /* false: the tables are there and empty */
    struct site_options site;
    int icon, drops;      /* of script */
    instant begin, until; /* of the script; all events up to until are written */
};

/* ERR_OK; ERR_AWAY, ERR_IO. */
MUST_CHECK enum err database_open(const struct database_options *options, struct sim_database **database);
void database_close(struct sim_database *database);
/* Makes tables and marker where there is neither; nothing when the marker is there.  ERR_USAGE: somebody else's. */
MUST_CHECK enum err database_create(struct sim_database *database);
/* Makes this simulator the only one that writes there, until it ends.  ERR_BUSY: another one does. */
MUST_CHECK enum err database_lock(struct sim_database *database);
/* ERR_USAGE, with what to do, when there is no marker. */
MUST_CHECK enum err database_read_marker(struct sim_database *database, struct marker *marker, struct counter counters[CLASS_COUNT]);

/* A statement inside the lane's transaction, with a row list's text as its parameter (NULL: none). */
MUST_CHECK enum err database_run(struct sim_database *database, enum sim_lane lane, const char *sql, const char *rows_json);
/* The statements of a file one by one; it has no texts with semicolons. */
MUST_CHECK enum err database_run_file(struct sim_database *database, const char *text);
/* The first column of the last row; -1: NULL. */
MUST_CHECK enum err database_ask_integer(struct sim_database *database, const char *sql, int64_t *value);
MUST_CHECK enum err database_commit(struct sim_database *database, enum sim_lane lane);
/* "INSERT INTO table …" of configuration rows, on the main lane. */
MUST_CHECK enum err database_insert(struct sim_database *database, const char *table, const char *rows_json);
MUST_CHECK enum err database_write_marker(struct sim_database *database, const struct marker *marker);

#endif
