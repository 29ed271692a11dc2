#include "adapters/icon/settings.h"

#include "adapters/settings.h"
#include "base/file.h"
#include "base/limits.h"

static const struct adapter_key keys[] = {
    ADAPTER_KEY_OWN("kind"),
    ADAPTER_KEY_OWN("name"),
    ADAPTER_KEY_TEXT(struct icon_settings, dsn, ADAPTER_DSN_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct icon_settings, user, ADAPTER_USER_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct icon_settings, password_file, TEXT_BYTES_MAX),
    ADAPTER_KEY_OWN("group"),
    ADAPTER_KEY_OWN("map"),
    ADAPTER_KEY_OWN("names"),
    ADAPTER_KEY_NUMBER(struct icon_settings, poll_ms, 50, 60000, 250),
    ADAPTER_KEY_NUMBER(struct icon_settings, settle_seconds, 1, 86400, 120),
    ADAPTER_KEY_NUMBER(struct icon_settings, statement_timeout_seconds, 1, 3600, 30),
    ADAPTER_KEY_NUMBER(struct icon_settings, page_rows, 1, 100000, 5000),
    ADAPTER_KEY_NUMBER(struct icon_settings, reconcile_minutes, 1, 1440, 5),
    ADAPTER_KEY_NUMBER(struct icon_settings, reread_days, 0, 31, 3),
    ADAPTER_KEY_NUMBER(struct icon_settings, reread_hour, 0, 23, 2),
};

static void read_map(struct adapter_reading *reading, struct icon_settings *settings)
{
    const char *file = adapter_settings_text(reading, "map", TEXT_BYTES_MAX), *why = NULL;
    struct bytes text = BYTES_NONE;
    if (file && file_read(file, reading->arena, &text, &why))
        adapter_settings_refuse(reading, "map", "map: column map %s: %s", file, why);
    else if (icon_map_read(text, reading->arena, &settings->map, &why))
        adapter_settings_refuse(reading, "map", "map: column map %s, %s", file, why);
}

enum err icon_settings_read(const struct adapter_options *options, struct arena *arena, struct icon_settings *settings)
{
    struct adapter_reading reading = {options, arena, ERR_OK};
    *settings = (struct icon_settings){.name = options->name};
    adapter_settings_read(&reading, keys, sizeof keys / sizeof *keys, settings);
    adapter_settings_need(&reading, "dsn", "the name of a data source in odbc.ini");
    adapter_settings_check_dsn(&reading, settings->dsn);
    adapter_settings_check_login(&reading, settings->user, settings->password_file);
    settings->group = adapter_settings_group(&reading);
    settings->clear_names = adapter_settings_clear_names(&reading);
    read_map(&reading, settings);
    return reading.err;
}
