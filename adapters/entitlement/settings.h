/*
 * adapters/entitlement/settings.h - the keys of a source of kind entitlement (contract.md §3).
 */
#ifndef ADAPTERS_ENTITLEMENT_SETTINGS_H
#define ADAPTERS_ENTITLEMENT_SETTINGS_H

#include "adapters/adapter.h"
#include "adapters/entitlement/map.h"

struct entitlement_settings {
    const char *name, *dir;
    const char *map; /* the map's file; NULL: the shipped map alone */
    int64_t poll_seconds;
};

/* Into arena; the map is read to be checked, and what it names of no catalog is warned of.  ERR_SETTINGS, each fault logged with file and line. */
MUST_CHECK enum err entitlement_settings_read(const struct adapter_options *options, struct arena *arena,
                                              struct entitlement_settings *settings);
/* The map as it stands now; *text absent without a file.  ERR_SETTINGS and *why: a sentence that names the file. */
MUST_CHECK enum err entitlement_map_load(const char *file, struct arena *arena, const struct item_map **map, struct bytes *text,
                                         const char **why);

#endif
