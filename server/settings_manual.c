#include "server/settings_table.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

/* The manual, and the settings in force.  Both are YAML that settings_read() takes. */

static const char head[] =
    "# Seatmeter's settings.  `seatmeter settings manual` prints this file: every key with its type, range\n"
    "# and default; what stands here is the default.  A key that is left out has it too.  Units stand in the\n"
    "# names.  `seatmeter settings check -c FILE` checks a file, `seatmeter settings show -c FILE` prints what is\n"
    "# in force.  Settings are read at the start; an unknown key or a value out of range stops it.\n";

static const char sources_head[] =
    "\n# The foreign systems to read, each with kind, name and keys of its own.\n"
    "#   kind: one of icon, config, entitlement, gvp\n"
    "#   name: text of 1 to 64 bytes; every row is known by it for ever, so it never changes; api is taken\n";

/* The keys that the ICON adapter itself checks (adapters/icon/settings.c). */
static const char sources_icon[] =
    "#\n"
    "# An ICON database:\n"
    "#   - kind: icon\n"
    "#     name: icon-a\n"
    "#     # The data source in odbc.ini; text of 1 to 128 bytes, no connection string; required\n"
    "#     dsn: ICON\n"
    "#     # Who asks; text of 1 to 128 bytes; default: as odbc.ini says\n"
    "#     user: seatmeter\n"
    "#     # A file with the password, only together with user; default none\n"
    "#     password_file: /etc/seatmeter/icon.password\n"
    "#     # The name that both databases of an HA pair share; text of 1 to 64 bytes; default: the source alone\n"
    "#     group: icon\n"
    "#     # How long to rest between two looks; an integer of 50 to 60000, in milliseconds; default 250\n"
    "#     poll_ms: 250\n"
    "#     # How late a row may become visible; an integer of 1 to 86400, in seconds; default 120\n"
    "#     settle_seconds: 120\n"
    "#     # How long a statement may take; an integer of 1 to 3600, in seconds; default 30\n"
    "#     statement_timeout_seconds: 30\n"
    "#     # How much is fetched at once; an integer of 1 to 100000, in rows; default 5000\n"
    "#     page_rows: 5000\n"
    "#     # How often open sessions are compared; an integer of 1 to 1440, in minutes; default 5\n"
    "#     reconcile_minutes: 5\n"
    "#     # How many days are read again each night, by time; an integer of 0 to 31, in days; default 3\n"
    "#     reread_days: 3\n"
    "#     # When that is done; an integer of 0 to 23, an hour in UTC; default 2\n"
    "#     reread_hour: 2\n"
    "#     # The column map, a file like deploy/icon-map.yaml; default: the shipped one\n"
    "#     map: /etc/seatmeter/icon-map.yaml\n"
    "#     # Whether names of persons are read; one of pseudonym, clear; default pseudonym\n"
    "#     names: pseudonym\n";

/* The keys that the config adapter itself checks (adapters/config/settings.c). */
static const char sources_config[] =
    "#\n"
    "# The configuration, where ICON's tables do not have it: a Configuration Database, or a sidecar's lines:\n"
    "#   - kind: config\n"
    "#     name: config\n"
    "#     # The data source of the database in odbc.ini; instead one of file, pipe, socket: a sidecar's lines; one is required\n"
    "#     dsn: CONFIG\n"
    "#     # Who asks, and a file with the password, as above; with dsn alone\n"
    "#     user: seatmeter\n"
    "#     password_file: /etc/seatmeter/config.password\n"
    "#     # How often the whole database is compared; an integer of 1 to 1440, in minutes; default 10\n"
    "#     snapshot_minutes: 10\n"
    "#     # How long a statement may take; an integer of 1 to 3600, in seconds; default 120\n"
    "#     statement_timeout_seconds: 120\n"
    "#     # How much is fetched at once; an integer of 1 to 100000, in rows; default 5000\n"
    "#     page_rows: 5000\n"
    "#     # What may be missing of a kind of objects without a decision: a share, an integer of 0 to 100, in percent; default 20\n"
    "#     hold_percent: 20\n"
    "#     # … or a number of them, an integer of 0 to 1000000000; default 20\n"
    "#     hold_things: 20\n"
    "#     # Tables, columns, codes and fields, a file like deploy/config-map.yaml; default: the shipped one\n"
    "#     map: /etc/seatmeter/config-map.yaml\n"
    "#     # Whether names of persons are read; one of pseudonym, clear; default pseudonym\n"
    "#     names: pseudonym\n";

/* The keys that the entitlement adapter itself checks (adapters/entitlement/settings.c). */
static const char sources_entitlement[] =
    "#\n"
    "# A folder into which files with what was sold are dropped (adapters/README.md):\n"
    "#   - kind: entitlement\n"
    "#     name: sold\n"
    "#     # The folder; text of 1 to 1000 bytes; required\n"
    "#     dir: /var/lib/seatmeter/drop\n"
    "#     # How long to rest between two looks; an integer of 1 to 3600, in seconds; default 5\n"
    "#     poll_seconds: 5\n"
    "#     # What customers' files call the items, a file like deploy/entitlement-map.yaml; default: the shipped one\n"
    "#     map: /etc/seatmeter/entitlement-map.yaml\n";

/* The keys that the gvp adapter itself checks (adapters/gvp/settings.c). */
static const char sources_gvp[] =
    "#\n"
    "# A GVP Reporting Server, whose calls are followed over HTTP:\n"
    "#   - kind: gvp\n"
    "#     name: gvp-a\n"
    "#     # Its address, http or https; text of 1 to 1000 bytes; required\n"
    "#     url: https://gvp-rs:8443\n"
    "#     # Basic authentication, a text of 1 to 128 bytes and a file whose first line is the password; default none\n"
    "#     user: seatmeter\n"
    "#     password_file: /etc/seatmeter/gvp.password\n"
    "#     # The certificates, as PEM, of those who may vouch for it; default: the system's\n"
    "#     ca_file: /etc/seatmeter/gvp-ca.pem\n"
    "#     # A certificate of our own and its key, as PEM, where it asks for one; default none\n"
    "#     cert_file: /etc/seatmeter/gvp.pem\n"
    "#     key_file: /etc/seatmeter/gvp.key\n"
    "#     # The name that both servers of a pair share; text of 1 to 64 bytes; default: the source alone\n"
    "#     group: gvp\n"
    "#     # Which legs of a call are read; a list of MCP, RM\n"
    "#     legs: [MCP, RM]\n"
    "#     # How long to rest between two looks; an integer of 1 to 3600, in seconds; default 10\n"
    "#     poll_seconds: 10\n"
    "#     # How late a call's record may come before it counts as late; an integer of 1 to 3600, in seconds; default 60\n"
    "#     lag_seconds: 60\n"
    "#     # How far back is read again every few minutes; an integer of 1 to 1440, in minutes; default 30\n"
    "#     overlap_minutes: 30\n"
    "#     # How much is asked for at once when it is behind; an integer of 1 to 1440, in minutes; default 60\n"
    "#     window_minutes: 60\n"
    "#     # How far back the first look goes; an integer of 0 to 400, in days; default 3\n"
    "#     first_days: 3\n"
    "#     # When, each day, the last two days are read again; an integer of 0 to 23, an hour in UTC; default 3\n"
    "#     second_pass_hour: 3\n"
    "#     # How many records a page may have; an integer of 1 to 20000; default 5000\n"
    "#     page_size: 5000\n"
    "#     # How long an answer may take; an integer of 1 to 3600, in seconds; default 60\n"
    "#     answer_timeout_seconds: 60\n"
    "#     # The column map, a file like deploy/gvp-map.yaml; default: the shipped one\n"
    "#     map: /etc/seatmeter/gvp-map.yaml\n";

static void print_scalar(struct bytes text, bool quote, struct buffer *out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";
    quote = quote || bytes_equal_text(text, "null");
    for (size_t i = 0; i < text.len && !quote; i++)
        quote = !text.data[i] || !strchr(plain, text.data[i]);
    if (text.len && !quote && text.data[0] != '-' && text.data[0] != '.') {
        buffer_append_bytes(out, text);
    } else {
        struct json_writer writer = {.out = out};
        json_write_text(&writer, text);
    }
}

static void print_value(const struct setting *setting, const struct settings *settings, struct buffer *out)
{
    const char *field = (const char *)settings + setting->offset;
    int number;
    uint64_t bytes;
    const char *text, **texts;
    size_t count;
    switch (setting->type) {
    case SETTING_INTEGER:
        memcpy(&number, field, sizeof number);
        buffer_printf(out, "%d", number);
        break;
    case SETTING_BYTES:
        memcpy(&bytes, field, sizeof bytes);
        buffer_printf(out, "%" PRIu64, bytes);
        break;
    case SETTING_TEXT:
    case SETTING_WORD:
        memcpy(&text, field, sizeof text);
        print_scalar(bytes_from_text(text), false, out);
        break;
    case SETTING_TEXTS:
        memcpy(&texts, field, sizeof texts);
        memcpy(&count, (const char *)settings + setting->count_offset, sizeof count);
        buffer_append_char(out, '[');
        for (size_t i = 0; i < count; i++) {
            buffer_append_text(out, i ? ", " : "");
            print_scalar(bytes_from_text(texts[i]), true, out);
        }
        buffer_append_char(out, ']');
        break;
    }
}

static void print_setting_manual(const struct setting *setting, struct arena *arena, struct buffer *out)
{
    const char *margin = setting->group ? "  " : "";
    if (setting_opens_group(setting))
        buffer_printf(out, "\n%s:\n", setting->group);
    else
        buffer_append_char(out, '\n');
    buffer_printf(out, "%s# %s\n", margin, setting->sentence);
    buffer_printf(out, "%s# %s%s%s; default %s\n", margin, setting_expected(setting, arena), setting->unit ? ", in " : "",
                  setting->unit ? setting->unit : "", setting->fallback ? setting->fallback : "none");
    if (setting->fallback)
        buffer_printf(out, "%s%s: %s\n", margin, setting->key, setting->fallback);
    else
        buffer_printf(out, "%s%s:\n", margin, setting->key);
}

void settings_print_manual(struct buffer *out)
{
    struct arena *arena = arena_create();
    buffer_append_text(out, head);
    for (const struct setting *setting = settings_table; setting->key; setting++)
        print_setting_manual(setting, arena, out);
    buffer_append_text(out, sources_head);
    buffer_append_text(out, sources_icon);
    buffer_append_text(out, sources_config);
    buffer_append_text(out, sources_entitlement);
    buffer_append_text(out, sources_gvp);
    buffer_append_text(out, "sources: []\n");
    arena_destroy(arena);
}

/* Secrets stand in files; should one stand in the settings all the same, it is not shown. */
static bool is_secret(const struct yaml *value)
{
    static const char *const words[] = {"password", "secret", "token"};
    struct buffer name = {0}, text = {0};
    bool secret = false;
    buffer_append_bytes(&name, value->name);
    buffer_append_bytes(&text, value->text);
    for (int i = 0; i < 3; i++)
        secret = secret || strcasestr(buffer_text(&name), words[i]);
    size_t len = strlen(buffer_text(&name));
    if (len >= 5 && strcmp(buffer_text(&name) + len - 5, "_file") == 0)
        secret = false;
    secret = secret || strcasestr(buffer_text(&text), "pwd=") || strcasestr(buffer_text(&text), "password=");
    buffer_free(&name);
    buffer_free(&text);
    return secret;
}

/* A source's own keys as they were given; the settings do not know their meaning. */
static void print_node(const struct yaml *value, int depth, struct buffer *out)
{
    if (value->kind == YAML_KIND_SCALAR) {
        buffer_append_char(out, ' ');
        if (is_secret(value))
            buffer_append_text(out, "\"(not shown)\"");
        else if (!yaml_is_null(value))
            print_scalar(value->text, value->quoted, out);
        buffer_append_char(out, '\n');
        return;
    }
    bool map = value->kind == YAML_KIND_MAP;
    buffer_append_text(out, value->child_count ? "\n" : map ? " {}\n" : " []\n");
    for (size_t i = 0; i < value->child_count; i++) {
        buffer_printf(out, "%*s", depth * 2, "");
        if (map) {
            print_scalar(value->children[i].name, false, out);
            buffer_append_char(out, ':');
        } else {
            buffer_append_char(out, '-');
        }
        print_node(&value->children[i], depth + 1, out);
    }
}

static void print_source(const struct source_settings *source, struct buffer *out)
{
    buffer_append_text(out, "  - kind: ");
    print_scalar(bytes_from_text(source->kind), false, out);
    buffer_append_text(out, "\n    name: ");
    print_scalar(bytes_from_text(source->name), true, out);
    buffer_append_char(out, '\n');
    for (size_t i = 0; i < source->own->child_count; i++) {
        const struct yaml *value = &source->own->children[i];
        if (bytes_equal_text(value->name, "kind") || bytes_equal_text(value->name, "name"))
            continue;
        buffer_append_text(out, "    ");
        print_scalar(value->name, false, out);
        buffer_append_char(out, ':');
        print_node(value, 3, out);
    }
}

void settings_print(const struct settings *settings, struct buffer *out)
{
    for (const struct setting *setting = settings_table; setting->key; setting++) {
        if (!setting->fallback && !*(const char *const *)(const void *)((const char *)settings + setting->offset))
            continue;
        if (setting_opens_group(setting))
            buffer_printf(out, "%s:\n", setting->group);
        buffer_printf(out, "%s%s: ", setting->group ? "  " : "", setting->key);
        print_value(setting, settings, out);
        buffer_append_char(out, '\n');
    }
    buffer_append_text(out, settings->source_count ? "sources:\n" : "sources: []\n");
    for (size_t i = 0; i < settings->source_count; i++)
        print_source(&settings->sources[i], out);
}
