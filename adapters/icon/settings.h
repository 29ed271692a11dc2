/*
 * adapters/icon/settings.h - the keys of a source of kind icon, one table (contract.md §3).
 */
#ifndef ADAPTERS_ICON_SETTINGS_H
#define ADAPTERS_ICON_SETTINGS_H

#include "adapters/adapter.h"
#include "adapters/icon/columns.h"

struct icon_settings {
    const char *name, *dsn, *user, *password_file;
    struct bytes group;
    int64_t poll_ms, settle_seconds, statement_timeout_seconds, page_rows, reconcile_minutes, reread_days, reread_hour;
    const struct icon_map *map;
    bool clear_names;
};

/* Into arena.  ERR_OK; ERR_SETTINGS, each fault logged with file and line. */
MUST_CHECK enum err icon_settings_read(const struct adapter_options *options, struct arena *arena,
                                       struct icon_settings *settings);

#endif
