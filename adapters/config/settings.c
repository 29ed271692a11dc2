#include "adapters/config/settings.h"

#include "adapters/odbc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

static const struct number {
    const char *name;
    size_t offset;
    int64_t least, most, otherwise;
} numbers[] = {
    {"snapshot_minutes", offsetof(struct config_settings, snapshot_minutes), 1, 1440, 10},
    {"statement_timeout_seconds", offsetof(struct config_settings, statement_timeout_seconds), 1, 3600, 120},
    {"page_rows", offsetof(struct config_settings, page_rows), 1, 100000, 5000},
    {"hold_percent", offsetof(struct config_settings, hold_percent), 0, 100, 20},
    {"hold_things", offsetof(struct config_settings, hold_things), 0, 1000000000, 20},
};
enum { NUMBER_COUNT = sizeof numbers / sizeof *numbers };
static const char *const ways[CONFIG_WAY_COUNT] = {"dsn", "file", "pipe", "socket"};
static const char *const texts[] = {"kind", "name", "dsn", "file", "pipe", "socket", "user", "password_file", "group", "map", "names"};
enum { TEXT_COUNT = sizeof texts / sizeof *texts, DSN_BYTES_MAX = 128, SOCKET_PATH_MAX = 107 };

struct reader {
    const struct adapter_options *options;
    struct arena *arena;
    enum err err;
};

const char *config_way_name(enum config_way way)
{
    return ways[way];
}

__attribute__((format(printf, 3, 4))) static void refuse(struct reader *reader, const struct yaml *at, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    log_error("settings", "%s:%d: source \"%s\": %s", reader->options->file ? reader->options->file : "settings", at->line, reader->options->name,
              buffer_text(&text));
    buffer_free(&text);
    reader->err = ERR_SETTINGS;
}

static void check_names(struct reader *reader, const struct yaml *own)
{
    for (size_t i = 0; i < own->child_count; i++) {
        const struct yaml *member = &own->children[i];
        bool known = false;
        for (size_t j = 0; j < NUMBER_COUNT; j++)
            known = known || bytes_equal_text(member->name, numbers[j].name);
        for (size_t j = 0; j < TEXT_COUNT; j++)
            known = known || bytes_equal_text(member->name, texts[j]);
        if (!known)
            refuse(reader, member, "unknown key \"%s\", expected one of kind, name, dsn, file, pipe, socket, user, password_file, group, map, names, "
                   "snapshot_minutes, statement_timeout_seconds, page_rows, hold_percent, hold_things",
                   arena_text(reader->arena, member->name));
    }
}

static void read_numbers(struct reader *reader, const struct yaml *own, struct config_settings *settings)
{
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        const struct number *number = &numbers[i];
        const struct yaml *value = yaml_member(own, number->name);
        int64_t *to = (int64_t *)(void *)((char *)settings + number->offset);
        *to = number->otherwise;
        if (value && (!yaml_integer(value, to) || *to < number->least || *to > number->most))
            refuse(reader, value, "%s: \"%s\", expected a number from %lld to %lld", number->name, arena_text(reader->arena, value->text),
                   (long long)number->least, (long long)number->most);
    }
}

/* NULL when it is not there or was refused. */
static const char *read_text(struct reader *reader, const struct yaml *own, const char *name, size_t most)
{
    const struct yaml *value = yaml_member(own, name);
    if (!value || yaml_is_null(value))
        return NULL;
    if (value->kind != YAML_KIND_SCALAR || value->text.len == 0 || value->text.len > most || !bytes_are_utf8(value->text)) {
        refuse(reader, value, "%s: expected a text of 1 to %zu bytes", name, most);
        return NULL;
    }
    return arena_text(reader->arena, value->text);
}

static void read_way(struct reader *reader, const struct yaml *own, struct config_settings *settings)
{
    static const size_t most[CONFIG_WAY_COUNT] = {DSN_BYTES_MAX, TEXT_BYTES_MAX, TEXT_BYTES_MAX, SOCKET_PATH_MAX};
    int count = 0;
    for (enum config_way way = 0; way < CONFIG_WAY_COUNT; way++) {
        const char *where = read_text(reader, own, ways[way], most[way]);
        count += yaml_member(own, ways[way]) != NULL;
        if (!where)
            continue;
        settings->way = way;
        settings->where = where;
    }
    if (count != 1)
        refuse(reader, own, "expected exactly one of dsn (a Configuration Database), file, pipe, socket (a sidecar's lines), found %d", count);
    /* A connection string may hold a password, and would be logged somewhere. */
    else if (settings->where && settings->way == CONFIG_WAY_DATABASE && strpbrk(settings->where, "=;{}"))
        refuse(reader, yaml_member(own, "dsn"), "dsn: expected the name of a data source in odbc.ini, no connection string");
}

static void read_map(struct reader *reader, const struct yaml *own, struct config_settings *settings)
{
    const char *file = read_text(reader, own, "map", TEXT_BYTES_MAX), *why = NULL;
    struct bytes text = BYTES_NONE;
    if (file && file_read(file, reader->arena, &text, &why)) {
        refuse(reader, yaml_member(own, "map"), "map: %s: %s", file, why);
        return;
    }
    if (config_map_read(text, reader->arena, &settings->map, &why))
        refuse(reader, yaml_member(own, "map"), "map: %s, %s", file, why);
}

enum err config_settings_read(const struct adapter_options *options, struct arena *arena, struct config_settings *settings)
{
    struct reader reader = {options, arena, ERR_OK};
    const struct yaml *own = options->settings, *names = yaml_member(own, "names");
    *settings = (struct config_settings){.name = options->name};
    check_names(&reader, own);
    read_numbers(&reader, own, settings);
    read_way(&reader, own, settings);
    settings->user = read_text(&reader, own, "user", DSN_BYTES_MAX);
    settings->password_file = read_text(&reader, own, "password_file", TEXT_BYTES_MAX);
    if (settings->password_file && !settings->user)
        refuse(&reader, yaml_member(own, "password_file"), "password_file without user");
    if (settings->user && settings->way != CONFIG_WAY_DATABASE)
        refuse(&reader, yaml_member(own, "user"), "user goes with dsn alone");
    settings->group = bytes_from_text(read_text(&reader, own, "group", SOURCE_BYTES_MAX));
    read_map(&reader, own, settings);
    if (names) {
        settings->clear_names = bytes_equal_text(names->text, "clear");
        if (!settings->clear_names && !bytes_equal_text(names->text, "pseudonym"))
            refuse(&reader, names, "names: \"%s\", expected pseudonym or clear", arena_text(arena, names->text));
    }
    if (settings->way == CONFIG_WAY_DATABASE && odbc_is_traced())
        refuse(&reader, own, "unixODBC is told to trace (Trace=Yes in odbcinst.ini), which writes passwords down: switch it off");
    return reader.err;
}
