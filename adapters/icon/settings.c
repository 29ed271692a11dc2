#include "adapters/icon/settings.h"

#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>

static const struct number {
    const char *name;
    size_t offset;
    int64_t least, most, otherwise;
} numbers[] = {
    {"poll_ms", offsetof(struct icon_settings, poll_ms), 50, 60000, 250},
    {"settle_seconds", offsetof(struct icon_settings, settle_seconds), 1, 86400, 120},
    {"statement_timeout_seconds", offsetof(struct icon_settings, statement_timeout_seconds), 1, 3600, 30},
    {"page_rows", offsetof(struct icon_settings, page_rows), 1, 100000, 5000},
    {"reconcile_minutes", offsetof(struct icon_settings, reconcile_minutes), 1, 1440, 5},
    {"reread_days", offsetof(struct icon_settings, reread_days), 0, 31, 3},
    {"reread_hour", offsetof(struct icon_settings, reread_hour), 0, 23, 2},
};
enum { NUMBER_COUNT = sizeof numbers / sizeof *numbers };
static const char *const texts[] = {"kind", "name", "dsn", "user", "password_file", "group", "map", "names"};
enum { TEXT_COUNT = sizeof texts / sizeof *texts, MAP_BYTES_MAX = 1 << 20, DSN_BYTES_MAX = 128 };

struct reader {
    const struct adapter_options *options;
    struct arena *arena;
    enum err err;
};

__attribute__((format(printf, 3, 4))) static void refuse(struct reader *reader, const struct yaml *at, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    log_error("settings", "%s:%d: source \"%s\": %s", reader->options->file ? reader->options->file : "settings",
              at->line, reader->options->name, buffer_text(&text));
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
            refuse(reader, member, "unknown key \"%s\", expected one of kind, name, dsn, user, password_file, group, map, names, "
                   "poll_ms, settle_seconds, statement_timeout_seconds, page_rows, reconcile_minutes, reread_days, reread_hour",
                   arena_text(reader->arena, member->name));
    }
}

static void read_numbers(struct reader *reader, const struct yaml *own, struct icon_settings *settings)
{
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        const struct number *number = &numbers[i];
        const struct yaml *value = yaml_member(own, number->name);
        int64_t *to = (int64_t *)(void *)((char *)settings + number->offset);
        *to = number->otherwise;
        if (value && (!yaml_integer(value, to) || *to < number->least || *to > number->most))
            refuse(reader, value, "%s: \"%s\", expected a number from %lld to %lld", number->name,
                   arena_text(reader->arena, value->text), (long long)number->least, (long long)number->most);
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

static void read_dsn(struct reader *reader, const struct yaml *own, struct icon_settings *settings)
{
    settings->dsn = read_text(reader, own, "dsn", DSN_BYTES_MAX);
    if (!settings->dsn) {
        if (!yaml_member(own, "dsn"))
            refuse(reader, own, "dsn is missing: expected the name of a data source in odbc.ini");
        return;
    }
    /* A connection string may hold a password, and would be logged somewhere. */
    if (strpbrk(settings->dsn, "=;{}"))
        refuse(reader, yaml_member(own, "dsn"), "dsn: expected the name of a data source in odbc.ini, no connection string");
}

static bool read_file(struct reader *reader, const char *name, struct bytes *text, const char **why)
{
    FILE *in = fopen(name, "re");
    if (!in) {
        *why = strerror(errno);
        return false;
    }
    char *data = arena_alloc(reader->arena, MAP_BYTES_MAX + 1);
    size_t len = fread(data, 1, MAP_BYTES_MAX + 1, in);
    *why = ferror(in) ? "cannot be read" : len > MAP_BYTES_MAX ? "longer than 1 MiB" : NULL;
    fclose(in);
    *text = bytes_of(data, len);
    return !*why;
}

static void read_map(struct reader *reader, const struct yaml *own, struct icon_settings *settings)
{
    const char *file = read_text(reader, own, "map", TEXT_BYTES_MAX), *why = NULL;
    struct bytes text = BYTES_NONE;
    if (file && !read_file(reader, file, &text, &why)) {
        refuse(reader, yaml_member(own, "map"), "map: column map %s: %s", file, why);
        return;
    }
    if (icon_map_read(text, reader->arena, &settings->map, &why))
        refuse(reader, yaml_member(own, "map"), "map: column map %s, %s", file, why);
}

enum err icon_settings_read(const struct adapter_options *options, struct arena *arena, struct icon_settings *settings)
{
    struct reader reader = {options, arena, ERR_OK};
    const struct yaml *own = options->settings, *names = yaml_member(own, "names");
    *settings = (struct icon_settings){.name = options->name};
    check_names(&reader, own);
    read_numbers(&reader, own, settings);
    read_dsn(&reader, own, settings);
    settings->user = read_text(&reader, own, "user", DSN_BYTES_MAX);
    settings->password_file = read_text(&reader, own, "password_file", TEXT_BYTES_MAX);
    if (settings->password_file && !settings->user)
        refuse(&reader, yaml_member(own, "password_file"), "password_file without user");
    settings->group = bytes_from_text(read_text(&reader, own, "group", SOURCE_BYTES_MAX));
    read_map(&reader, own, settings);
    if (names) {
        settings->clear_names = bytes_equal_text(names->text, "clear");
        if (!settings->clear_names && !bytes_equal_text(names->text, "pseudonym"))
            refuse(&reader, names, "names: \"%s\", expected pseudonym or clear", arena_text(arena, names->text));
    }
    if (odbc_is_traced())
        refuse(&reader, own, "unixODBC is told to trace (Trace=Yes in odbcinst.ini), which writes passwords down: switch it off");
    return reader.err;
}
