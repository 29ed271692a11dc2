#include "adapters/settings.h"

#include "adapters/odbc.h"
#include "base/limits.h"
#include "base/log.h"

void adapter_settings_refuse(struct adapter_reading *reading, const char *key, const char *format, ...)
{
    const struct yaml *own = reading->options->settings, *member = key ? yaml_member(own, key) : NULL;
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    log_error("settings", "%s:%d: source \"%s\": %s", reading->options->file ? reading->options->file : "settings",
              member ? member->name_line : own->line, reading->options->name, buffer_text(&text));
    buffer_free(&text);
    reading->err = ERR_SETTINGS;
}

static bool is_key(struct bytes name, const struct adapter_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_text(name, keys[i].name))
            return true;
    return false;
}

static void refuse_unknown(struct adapter_reading *reading, const struct yaml *member, const struct adapter_key *keys, size_t count)
{
    const char *list = keys[0].name;
    for (size_t i = 1; i < count; i++)
        list = arena_printf(reading->arena, "%s, %s", list, keys[i].name);
    const char *name = arena_text(reading->arena, member->name);
    adapter_settings_refuse(reading, name, "unknown key \"%s\", expected one of %s", name, list);
}

static void read_number(struct adapter_reading *reading, const struct adapter_key *key, int64_t *to)
{
    const struct yaml *value = yaml_member(reading->options->settings, key->name);
    *to = key->otherwise;
    if (value && (!yaml_integer(value, to) || *to < key->least || *to > key->most))
        adapter_settings_refuse(reading, key->name, "%s: \"%s\", expected a number from %lld to %lld", key->name,
                                arena_text(reading->arena, value->text), (long long)key->least, (long long)key->most);
}

void adapter_settings_read(struct adapter_reading *reading, const struct adapter_key *keys, size_t count, void *settings)
{
    const struct yaml *own = reading->options->settings;
    for (size_t i = 0; i < own->child_count; i++)
        if (!is_key(own->children[i].name, keys, count))
            refuse_unknown(reading, &own->children[i], keys, count);
    for (size_t i = 0; i < count; i++) {
        void *to = (char *)settings + keys[i].offset;
        if (keys[i].is == ADAPTER_IS_NUMBER)
            read_number(reading, &keys[i], to);
        else if (keys[i].is == ADAPTER_IS_TEXT)
            *(const char **)to = adapter_settings_text(reading, keys[i].name, keys[i].most);
    }
}

const char *adapter_settings_text(struct adapter_reading *reading, const char *name, int64_t most)
{
    const struct yaml *value = yaml_member(reading->options->settings, name);
    if (!value || yaml_is_null(value))
        return NULL;
    if (value->kind != YAML_KIND_SCALAR || value->text.len == 0 || value->text.len > (size_t)most || !bytes_are_utf8(value->text)) {
        adapter_settings_refuse(reading, name, "%s: expected a text of 1 to %lld bytes", name, (long long)most);
        return NULL;
    }
    return arena_text(reading->arena, value->text);
}

void adapter_settings_need(struct adapter_reading *reading, const char *name, const char *expected)
{
    const struct yaml *value = yaml_member(reading->options->settings, name);
    if (!value || yaml_is_null(value))
        adapter_settings_refuse(reading, NULL, "%s is missing: expected %s", name, expected);
}

struct bytes adapter_settings_group(struct adapter_reading *reading)
{
    return bytes_from_text(adapter_settings_text(reading, "group", SOURCE_BYTES_MAX));
}

bool adapter_settings_clear_names(struct adapter_reading *reading)
{
    const struct yaml *names = yaml_member(reading->options->settings, "names");
    bool clear = names && bytes_equal_text(names->text, "clear");
    if (names && !clear && !bytes_equal_text(names->text, "pseudonym"))
        adapter_settings_refuse(reading, "names", "names: \"%s\", expected pseudonym or clear", arena_text(reading->arena, names->text));
    return clear;
}

void adapter_settings_check_login(struct adapter_reading *reading, const char *user, const char *password_file)
{
    if (password_file && !user)
        adapter_settings_refuse(reading, "password_file", "password_file without user");
}

void adapter_settings_check_dsn(struct adapter_reading *reading, const char *dsn)
{
    /* A connection string may hold a password, and would be logged somewhere. */
    if (dsn && strpbrk(dsn, "=;{}"))
        adapter_settings_refuse(reading, "dsn", "dsn: expected the name of a data source in odbc.ini, no connection string");
    if (odbc_is_traced())
        adapter_settings_refuse(reading, NULL, "unixODBC is told to trace (Trace=Yes in odbcinst.ini), which writes passwords down: switch it off");
}
