#include "adapters/entitlement/settings.h"

#include "adapters/settings.h"
#include "base/file.h"

enum { PATH_BYTES_MAX = 1000 };

static const struct adapter_key keys[] = {
    ADAPTER_KEY_OWN("kind"),
    ADAPTER_KEY_OWN("name"),
    ADAPTER_KEY_TEXT(struct entitlement_settings, dir, PATH_BYTES_MAX),
    ADAPTER_KEY_NUMBER(struct entitlement_settings, poll_seconds, 1, 3600, 5),
    ADAPTER_KEY_TEXT(struct entitlement_settings, map, PATH_BYTES_MAX),
};

enum err entitlement_map_load(const char *file, struct arena *arena, const struct item_map **map, struct bytes *text, const char **why)
{
    const char *what = NULL;
    *text = BYTES_NONE;
    if (file && file_read(file, arena, text, &what)) {
        *why = arena_printf(arena, "%s: %s", file, what);
        return ERR_SETTINGS;
    }
    if (item_map_read(*text, arena, map, &what) == ERR_OK)
        return ERR_OK;
    *why = arena_printf(arena, "%s: %s", file, what);
    return ERR_SETTINGS;
}

enum err entitlement_settings_read(const struct adapter_options *options, struct arena *arena, struct entitlement_settings *settings)
{
    struct adapter_reading reading = {options, arena, ERR_OK};
    const struct item_map *map;
    struct bytes text;
    const char *why;
    *settings = (struct entitlement_settings){.name = options->name};
    adapter_settings_read(&reading, keys, sizeof keys / sizeof *keys, settings);
    adapter_settings_need(&reading, "dir", "the folder into which files are dropped");
    if (settings->map && entitlement_map_load(settings->map, arena, &map, &text, &why))
        adapter_settings_refuse(&reading, "map", "map: %s", why);
    return reading.err;
}
