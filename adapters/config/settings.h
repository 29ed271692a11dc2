/*
 * adapters/config/settings.h - the keys of a source of kind config, one table (contract.md §3).
 */
#ifndef ADAPTERS_CONFIG_SETTINGS_H
#define ADAPTERS_CONFIG_SETTINGS_H

#include "adapters/adapter.h"
#include "adapters/config/map.h"

/* How the configuration is followed: exactly one of the keys dsn, file, pipe, socket says so. */
enum config_way { CONFIG_WAY_DATABASE, CONFIG_WAY_FILE, CONFIG_WAY_PIPE, CONFIG_WAY_SOCKET, CONFIG_WAY_COUNT };

struct config_settings {
    const char *name, *user, *password_file;
    enum config_way way;
    const char *where; /* the DSN or the path */
    struct bytes group;
    int64_t snapshot_minutes, statement_timeout_seconds, page_rows, hold_percent, hold_things;
    const struct config_map *map;
    bool clear_names;
};

/* Into arena.  ERR_SETTINGS, each fault logged with file and line. */
MUST_CHECK enum err config_settings_read(const struct adapter_options *options, struct arena *arena, struct config_settings *settings);

#endif
