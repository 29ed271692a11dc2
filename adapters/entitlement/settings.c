#include "adapters/entitlement/settings.h"

#include "adapters/settings.h"
#include "base/file.h"
#include "base/log.h"
#include "proto/words.h"

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

/* No fault: the catalog may come later.  A start looks twice, so each is said once. */
static void say_strays(const struct adapter_reading *reading, const char *file, const struct item_map *map)
{
    const struct item_stray *strays;
    size_t count = item_map_strays(map, reading->options->items, reading->arena, &strays);
    for (size_t i = 0; i < count; i++) {
        const char *code = arena_text(reading->arena, strays[i].code);
        log_once(LOG_WARNING, "settings", arena_printf(reading->arena, "%s:%d: %s", file, strays[i].line, code),
                 "%s:%d: %s: \"%s\" is no item of the catalog, expected one of its codes or bundle:ID: it counts for nothing until there is one", file,
                 strays[i].line, text_shown(strays[i].name, reading->arena), code);
    }
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
    else if (settings->map)
        say_strays(&reading, settings->map, map);
    return reading.err;
}
