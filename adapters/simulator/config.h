/*
 * adapters/simulator/config.h - the site as rows of ICON's configuration tables, dictionary and connections.
 *
 * All of it is written once, at the first synchronisation: every row carries that moment as CREATED.
 */
#ifndef ADAPTERS_SIMULATOR_CONFIG_H
#define ADAPTERS_SIMULATOR_CONFIG_H

#include "adapters/simulator/numbers.h"
#include "adapters/simulator/rows.h"
#include "base/err.h"

/* Takes up to a few thousand rows of one table; what it returns other than ERR_OK ends the walk. */
typedef enum err (*config_take)(void *owner, const char *table, const char *rows_json);

/* icon: 0 or its twin, 1; created: the synchronisation; connected: since when the providers' connections are open. */
MUST_CHECK enum err config_write(const struct site *site, int icon, instant created, instant connected, struct counter *counter,
                                 config_take take, void *owner);

#endif
