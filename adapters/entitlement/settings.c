#include "adapters/entitlement/settings.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

enum { POLL_SECONDS_MIN = 1, POLL_SECONDS_MAX = 3600, POLL_SECONDS = 5, DIR_BYTES_MAX = 1000 };

static const char *const names[] = {"kind", "name", "dir", "poll_seconds", "map"};

struct reader {
    const struct adapter_options *options;
    struct arena *arena;
    enum err err;
};

__attribute__((format(printf, 3, 4))) static void refuse(struct reader *reader, int line, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    log_error("settings", "%s:%d: source \"%s\": %s", reader->options->file ? reader->options->file : "settings", line,
              reader->options->name, buffer_text(&text));
    buffer_free(&text);
    reader->err = ERR_SETTINGS;
}

static void check_names(struct reader *reader, const struct yaml *own)
{
    for (size_t i = 0; i < own->child_count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            known = known || bytes_equal_text(own->children[i].name, names[j]);
        if (!known)
            refuse(reader, own->children[i].name_line, "unknown key \"%s\", expected one of kind, name, dir, poll_seconds, map",
                   arena_text(reader->arena, own->children[i].name));
    }
}

/* NULL when it is not there or was refused. */
static const char *read_path(struct reader *reader, const struct yaml *own, const char *name)
{
    const struct yaml *value = yaml_member(own, name);
    if (!value || yaml_is_null(value))
        return NULL;
    if (value->kind != YAML_KIND_SCALAR || value->text.len == 0 || value->text.len > DIR_BYTES_MAX || !bytes_are_utf8(value->text)) {
        refuse(reader, value->line, "%s: expected a text of 1 to %d bytes", name, DIR_BYTES_MAX);
        return NULL;
    }
    return arena_text(reader->arena, value->text);
}

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
    struct reader reader = {options, arena, ERR_OK};
    const struct yaml *own = options->settings, *poll = yaml_member(own, "poll_seconds");
    *settings = (struct entitlement_settings){.name = options->name, .poll_seconds = POLL_SECONDS};
    check_names(&reader, own);
    settings->dir = read_path(&reader, own, "dir");
    if (!settings->dir && (!yaml_member(own, "dir") || yaml_is_null(yaml_member(own, "dir"))))
        refuse(&reader, own->line, "dir is missing: expected the folder into which files are dropped");
    if (poll && (!yaml_integer(poll, &settings->poll_seconds) || settings->poll_seconds < POLL_SECONDS_MIN || settings->poll_seconds > POLL_SECONDS_MAX))
        refuse(&reader, poll->line, "poll_seconds: \"%s\", expected a number from %d to %d", arena_text(arena, poll->text), POLL_SECONDS_MIN, POLL_SECONDS_MAX);
    settings->map = read_path(&reader, own, "map");
    const struct item_map *map;
    struct bytes text;
    const char *why;
    if (settings->map && entitlement_map_load(settings->map, arena, &map, &text, &why))
        refuse(&reader, yaml_member(own, "map")->line, "map: %s", why);
    return reader.err;
}
