/*
 * adapters/gvp/settings.h - the keys of a source of kind gvp, one table (contract.md §3).
 */
#ifndef ADAPTERS_GVP_SETTINGS_H
#define ADAPTERS_GVP_SETTINGS_H

#include "adapters/adapter.h"
#include "adapters/gvp/columns.h"

struct gvp_settings {
    const char *name, *url, *user, *password_file, *ca_file, *cert_file, *key_file;
    struct bytes group;
    int64_t poll_seconds, lag_seconds, overlap_minutes, window_minutes, first_days, second_pass_hour, page_size, answer_timeout_seconds;
    bool legs[GVP_LEG_COUNT];
    const struct gvp_map *map;
};

/* Into arena.  ERR_OK; ERR_SETTINGS, each fault logged with file and line. */
MUST_CHECK enum err gvp_settings_read(const struct adapter_options *options, struct arena *arena, struct gvp_settings *settings);

#endif
