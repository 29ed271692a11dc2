#include "adapters/gvp/settings.h"

#include "base/file.h"
#include "base/http_client.h"
#include "base/limits.h"
#include "base/log.h"

static const struct number {
    const char *name;
    size_t offset;
    int64_t least, most, otherwise;
} numbers[] = {
    {"poll_seconds", offsetof(struct gvp_settings, poll_seconds), 1, 3600, 10},
    {"lag_seconds", offsetof(struct gvp_settings, lag_seconds), 1, 3600, 60},
    {"overlap_minutes", offsetof(struct gvp_settings, overlap_minutes), 1, 1440, 30},
    {"window_minutes", offsetof(struct gvp_settings, window_minutes), 1, 1440, 60},
    {"first_days", offsetof(struct gvp_settings, first_days), 0, 400, 3},
    {"second_pass_hour", offsetof(struct gvp_settings, second_pass_hour), 0, 23, 3},
    {"page_size", offsetof(struct gvp_settings, page_size), 1, 20000, 5000},
    {"answer_timeout_seconds", offsetof(struct gvp_settings, answer_timeout_seconds), 1, 3600, 60},
};
enum { NUMBER_COUNT = sizeof numbers / sizeof *numbers };

static const struct text {
    const char *name;
    size_t offset;
    size_t most;
} texts[] = {
    {"url", offsetof(struct gvp_settings, url), 1000},
    {"user", offsetof(struct gvp_settings, user), 128},
    {"password_file", offsetof(struct gvp_settings, password_file), 1000},
    {"ca_file", offsetof(struct gvp_settings, ca_file), 1000},
    {"cert_file", offsetof(struct gvp_settings, cert_file), 1000},
    {"key_file", offsetof(struct gvp_settings, key_file), 1000},
};
enum { TEXT_COUNT = sizeof texts / sizeof *texts };
static const char *const others[] = {"kind", "name", "group", "map", "legs"};
enum { OTHER_COUNT = sizeof others / sizeof *others };

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
        const struct yaml *member = &own->children[i];
        bool known = false;
        for (size_t j = 0; j < NUMBER_COUNT; j++)
            known = known || bytes_equal_text(member->name, numbers[j].name);
        for (size_t j = 0; j < TEXT_COUNT; j++)
            known = known || bytes_equal_text(member->name, texts[j].name);
        for (size_t j = 0; j < OTHER_COUNT; j++)
            known = known || bytes_equal_text(member->name, others[j]);
        if (!known)
            refuse(reader, member->name_line, "unknown key \"%s\", expected one of kind, name, url, user, password_file, ca_file, cert_file, key_file, group, "
                   "legs, map, poll_seconds, lag_seconds, overlap_minutes, window_minutes, first_days, second_pass_hour, page_size, "
                   "answer_timeout_seconds", arena_text(reader->arena, member->name));
    }
}

static void read_numbers(struct reader *reader, const struct yaml *own, struct gvp_settings *settings)
{
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        const struct number *number = &numbers[i];
        const struct yaml *value = yaml_member(own, number->name);
        int64_t *to = (int64_t *)(void *)((char *)settings + number->offset);
        *to = number->otherwise;
        if (value && (!yaml_integer(value, to) || *to < number->least || *to > number->most))
            refuse(reader, value->line, "%s: \"%s\", expected a number from %lld to %lld", number->name, arena_text(reader->arena, value->text),
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
        refuse(reader, value->line, "%s: expected a text of 1 to %zu bytes", name, most);
        return NULL;
    }
    return arena_text(reader->arena, value->text);
}

static void read_url(struct reader *reader, const struct yaml *own, struct gvp_settings *settings)
{
    const struct yaml *value = yaml_member(own, "url");
    if (!value || yaml_is_null(value))
        refuse(reader, own->line, "url is missing: expected the Reporting Server's address, as http://gvp-rs:8080");
    if (!settings->url)
        return;
    /* A user in an address would be logged with it. */
    if (!http_client_base_is_lawful(bytes_from_text(settings->url))) {
        refuse(reader, value->line, "url: expected an address as https://gvp-rs:8443, without user, query or blank");
        return;
    }
    size_t len = strlen(settings->url);
    while (settings->url[len - 1] == '/')
        len--;
    settings->url = arena_text(reader->arena, bytes_of(settings->url, len));
}

static void read_legs(struct reader *reader, const struct yaml *own, struct gvp_settings *settings)
{
    const struct yaml *value = yaml_member(own, "legs");
    bool good = !value || (value->kind == YAML_KIND_LIST && value->child_count > 0);
    for (int leg = 0; leg < GVP_LEG_COUNT; leg++)
        settings->legs[leg] = !value;
    for (size_t i = 0; value && good && i < value->child_count; i++) {
        enum gvp_leg leg = value->children[i].kind == YAML_KIND_SCALAR ? gvp_leg_find(value->children[i].text) : GVP_LEG_COUNT;
        good = leg != GVP_LEG_COUNT;
        if (good)
            settings->legs[leg] = true;
    }
    if (!good)
        refuse(reader, value->line, "legs: expected a list of MCP, RM");
}

static void read_map(struct reader *reader, const struct yaml *own, struct gvp_settings *settings)
{
    const char *file = read_text(reader, own, "map", TEXT_BYTES_MAX), *why = NULL;
    struct bytes text = BYTES_NONE;
    if (file && file_read(file, reader->arena, &text, &why))
        refuse(reader, yaml_member(own, "map")->line, "map: column map %s: %s", file, why);
    else if (gvp_map_read(text, reader->arena, &settings->map, &why))
        refuse(reader, yaml_member(own, "map")->line, "map: column map %s, %s", file, why);
}

static void check_together(struct reader *reader, const struct yaml *own, const struct gvp_settings *settings)
{
    if (settings->password_file && !settings->user)
        refuse(reader, yaml_member(own, "password_file")->line, "password_file without user");
    if (settings->user && strchr(settings->user, ':'))
        refuse(reader, yaml_member(own, "user")->line, "user: expected a name without a colon, which Basic authentication cannot say");
    if (!settings->cert_file != !settings->key_file)
        refuse(reader, own->line, "cert_file and key_file go together");
    bool plain = settings->url && strncmp(settings->url, "http:", 5) == 0;
    if (plain && (settings->ca_file || settings->cert_file))
        refuse(reader, yaml_member(own, "url")->line, "url: certificates are set, expected an address with https");
}

enum err gvp_settings_read(const struct adapter_options *options, struct arena *arena, struct gvp_settings *settings)
{
    struct reader reader = {options, arena, ERR_OK};
    const struct yaml *own = options->settings;
    *settings = (struct gvp_settings){.name = options->name};
    check_names(&reader, own);
    read_numbers(&reader, own, settings);
    for (size_t i = 0; i < TEXT_COUNT; i++)
        *(const char **)(void *)((char *)settings + texts[i].offset) = read_text(&reader, own, texts[i].name, texts[i].most);
    settings->group = bytes_from_text(read_text(&reader, own, "group", SOURCE_BYTES_MAX));
    read_url(&reader, own, settings);
    read_legs(&reader, own, settings);
    read_map(&reader, own, settings);
    check_together(&reader, own, settings);
    return reader.err;
}
