#include "adapters/config/settings.h"

#include "adapters/settings.h"
#include "base/file.h"
#include "base/limits.h"

enum { SOCKET_PATH_MAX = 107 };

static const struct adapter_key keys[] = {
    ADAPTER_KEY_OWN("kind"),
    ADAPTER_KEY_OWN("name"),
    ADAPTER_KEY_OWN("dsn"),
    ADAPTER_KEY_OWN("file"),
    ADAPTER_KEY_OWN("pipe"),
    ADAPTER_KEY_OWN("socket"),
    ADAPTER_KEY_TEXT(struct config_settings, user, ADAPTER_USER_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct config_settings, password_file, TEXT_BYTES_MAX),
    ADAPTER_KEY_OWN("group"),
    ADAPTER_KEY_OWN("map"),
    ADAPTER_KEY_OWN("names"),
    ADAPTER_KEY_NUMBER(struct config_settings, snapshot_minutes, 1, 1440, 10),
    ADAPTER_KEY_NUMBER(struct config_settings, statement_timeout_seconds, 1, 3600, 120),
    ADAPTER_KEY_NUMBER(struct config_settings, page_rows, 1, 100000, 5000),
    ADAPTER_KEY_NUMBER(struct config_settings, hold_percent, 0, 100, 20),
    ADAPTER_KEY_NUMBER(struct config_settings, hold_things, 0, 1000000000, 20),
};
static const char *const ways[CONFIG_WAY_COUNT] = {"dsn", "file", "pipe", "socket"};

static void read_way(struct adapter_reading *reading, struct config_settings *settings)
{
    static const int64_t most[CONFIG_WAY_COUNT] = {ADAPTER_DSN_BYTES_MAX, TEXT_BYTES_MAX, TEXT_BYTES_MAX, SOCKET_PATH_MAX};
    const struct yaml *own = reading->options->settings;
    int count = 0;
    for (enum config_way way = 0; way < CONFIG_WAY_COUNT; way++) {
        const char *where = adapter_settings_text(reading, ways[way], most[way]);
        const struct yaml *value = yaml_member(own, ways[way]);
        count += value && !yaml_is_null(value);
        if (!where)
            continue;
        settings->way = way;
        settings->where = where;
    }
    if (count != 1)
        adapter_settings_refuse(reading, NULL,
                                "expected exactly one of dsn (a Configuration Database), file, pipe, socket (a sidecar's lines), found %d", count);
    else if (settings->way == CONFIG_WAY_DATABASE)
        adapter_settings_check_dsn(reading, settings->where);
}

static void read_map(struct adapter_reading *reading, struct config_settings *settings)
{
    const char *file = adapter_settings_text(reading, "map", TEXT_BYTES_MAX), *why = NULL;
    struct bytes text = BYTES_NONE;
    if (file && file_read(file, reading->arena, &text, &why))
        adapter_settings_refuse(reading, "map", "map: %s: %s", file, why);
    else if (config_map_read(text, reading->arena, &settings->map, &why))
        adapter_settings_refuse(reading, "map", "map: %s, %s", file, why);
}

enum err config_settings_read(const struct adapter_options *options, struct arena *arena, struct config_settings *settings)
{
    struct adapter_reading reading = {options, arena, ERR_OK};
    *settings = (struct config_settings){.name = options->name};
    adapter_settings_read(&reading, keys, sizeof keys / sizeof *keys, settings);
    read_way(&reading, settings);
    adapter_settings_check_login(&reading, settings->user, settings->password_file);
    if (settings->user && settings->way != CONFIG_WAY_DATABASE)
        adapter_settings_refuse(&reading, "user", "user goes with dsn alone");
    settings->group = adapter_settings_group(&reading);
    settings->clear_names = adapter_settings_clear_names(&reading);
    read_map(&reading, settings);
    return reading.err;
}
