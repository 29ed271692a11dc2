/*
 * adapters/simulator/config_db.h - the site as a Configuration Database, for a source of kind config.
 *
 * The tables of deploy/config-db.postgres.sql, made where none of them exists and marked by SEATMETER_SIMULATOR_CONFIG, so
 * that nobody else's database is written into; they may lie beside the ICON tables.  They hold the same site, with the same
 * DBIDs, as ICON's configuration tables, so the simulator's truth holds whichever of both is followed.  The site does not change.
 */
#ifndef ADAPTERS_SIMULATOR_CONFIG_DB_H
#define ADAPTERS_SIMULATOR_CONFIG_DB_H

#include "adapters/simulator/database.h"

/* Writes it once; a database that has this site already stays as it is.  ERR_USAGE: somebody else's, or another site; ERR_AWAY,
 * ERR_IO; logged. */
MUST_CHECK enum err config_db_write(const struct database_options *options, const struct site *site);

#endif
