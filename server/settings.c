#include "server/settings.h"

#include "adapters/adapter.h"
#include "base/check.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "proto/words.h"
#include "server/settings_table.h"

#include <limits.h>
#include <stdio.h>

struct reading {
    struct arena *arena;
    const char *file;
    int faults;
};

/* FILE:LINE: and the sentence; every fault has a line of its own and the reading goes on. */
__attribute__((format(printf, 3, 4))) static void fault(struct reading *reading, int line, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    log_error("settings", "%s:%d: %s", reading->file, line, buffer_text(&text));
    buffer_free(&text);
    reading->faults++;
}

static const char *shown(struct reading *reading, const struct yaml *value)
{
    if (value->kind == YAML_KIND_LIST)
        return "a list";
    if (value->kind == YAML_KIND_MAP)
        return "a map";
    return yaml_is_null(value) ? "nothing" : text_shown(value->text, reading->arena);
}

/* NUL-terminated, or NULL when the value is no text that the row takes. */
static const char *text_of(struct reading *reading, const struct setting *setting, const struct yaml *value)
{
    if (value->kind != YAML_KIND_SCALAR || yaml_is_null(value) || !bytes_are_utf8(value->text) ||
        (int64_t)value->text.len < setting->min || (setting->max && (int64_t)value->text.len > setting->max))
        return NULL;
    const char *text = arena_text(reading->arena, value->text);
    if (setting->fits && !setting->fits(text))
        return NULL;
    for (int i = 0; setting->words; i++) {
        if (!setting->words[i])
            return NULL;
        if (strcmp(text, setting->words[i]) == 0)
            break;
    }
    return text;
}

static bool read_texts(struct reading *reading, const struct setting *setting, const struct yaml *list, struct settings *settings)
{
    if (list->kind != YAML_KIND_LIST)
        return false;
    const char **texts = arena_alloc(reading->arena, list->child_count * sizeof *texts);
    for (size_t i = 0; i < list->child_count; i++)
        if (!(texts[i] = text_of(reading, setting, &list->children[i])))
            return false;
    memcpy((char *)settings + setting->offset, &texts, sizeof texts);
    memcpy((char *)settings + setting->count_offset, &list->child_count, sizeof list->child_count);
    return true;
}

static bool read_value(struct reading *reading, const struct setting *setting, const struct yaml *value, struct settings *settings)
{
    char *field = (char *)settings + setting->offset;
    int64_t number;
    int small;
    const char *text;
    switch (setting->type) {
    case SETTING_INTEGER:
    case SETTING_BYTES:
        if (!yaml_integer(value, &number) || number < setting->min || number > setting->max)
            return false;
        if (setting->type == SETTING_BYTES) {
            memcpy(field, &number, sizeof number);
        } else {
            check(setting->max <= INT_MAX);
            small = (int)number;
            memcpy(field, &small, sizeof small);
        }
        return true;
    case SETTING_TEXT:
    case SETTING_WORD:
        text = text_of(reading, setting, value);
        memcpy(field, &text, sizeof text);
        return text != NULL;
    case SETTING_TEXTS:
        return read_texts(reading, setting, value, settings);
    }
    check_fail("a setting's type that is none");
}

static void read_default(struct reading *reading, const struct setting *setting, struct settings *settings)
{
    const char *why;
    if (!setting->fallback)
        return;
    const struct yaml *value = yaml_read(bytes_from_text(setting->fallback), reading->arena, &why);
    check(value && read_value(reading, setting, value, settings));
}

static void read_setting(struct reading *reading, const struct setting *setting, const struct yaml *value, struct settings *settings)
{
    /* A key without a default may stand there empty. */
    if (!setting->fallback && yaml_is_null(value))
        return;
    if (!read_value(reading, setting, value, settings))
        fault(reading, value->line, "key %s: value %s, expected %s", setting_path(setting, reading->arena), shown(reading, value),
              setting_expected(setting, reading->arena));
}

static bool same_group(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The keys of a group, or of the top with its groups. */
static const char *keys_of(struct reading *reading, const char *group)
{
    const char *text = NULL;
    for (const struct setting *setting = settings_table; setting->key; setting++) {
        const char *name = same_group(setting->group, group) ? setting->key : !group && setting_opens_group(setting) ? setting->group : NULL;
        if (name)
            text = text ? arena_printf(reading->arena, "%s, %s", text, name) : name;
    }
    return group ? text : arena_printf(reading->arena, "%s, sources", text);
}

/* What the whole product will have and this release has not, so that nobody looks for a typing error. */
static bool is_of_a_later_release(const char *group, struct bytes key)
{
    static const char *const tops[] = {"audit", "feeds", NULL};
    const char *const https[] = {"tokens_file", "lrm", NULL}, *const closes[] = {"key_file", NULL}, *const none[] = {NULL};
    const char *const *names = !group ? tops : strcmp(group, "http") == 0 ? https : strcmp(group, "close") == 0 ? closes : none;
    while (*names && !bytes_equal_text(key, *names))
        names++;
    return *names != NULL;
}

static void refuse_key(struct reading *reading, const char *group, const struct yaml *value)
{
    const char *name = arena_text(reading->arena, value->name);
    fault(reading, value->name_line, "key %s%s%s: value %s, but %s; expected one of %s", group ? group : "", group ? "." : "", name,
          shown(reading, value), is_of_a_later_release(group, value->name) ? "this release has no such setting" : "there is no such setting",
          keys_of(reading, group));
}

static void read_group(struct reading *reading, const char *group, const struct yaml *map, struct settings *settings)
{
    if (yaml_is_null(map))
        return;
    if (map->kind != YAML_KIND_MAP) {
        fault(reading, map->line, "key %s: value %s, expected a map of %s", group, shown(reading, map), keys_of(reading, group));
        return;
    }
    for (size_t i = 0; i < map->child_count; i++) {
        const struct setting *setting = settings_table;
        while (setting->key && !(same_group(setting->group, group) && bytes_equal_text(map->children[i].name, setting->key)))
            setting++;
        if (setting->key)
            read_setting(reading, setting, &map->children[i], settings);
        else
            refuse_key(reading, group, &map->children[i]);
    }
}

/* The text under key in a source's entry; NULL and a fault when it is missing or none. */
static const char *source_text(struct reading *reading, const struct yaml *entry, size_t number, const char *key, const char *expected)
{
    const struct yaml *value = yaml_member(entry, key);
    bool fits = value && value->kind == YAML_KIND_SCALAR && value->text.len >= 1 && value->text.len <= SOURCE_BYTES_MAX &&
                !yaml_is_null(value) && bytes_are_utf8(value->text);
    for (size_t i = 0; fits && i < value->text.len; i++)
        fits = value->text.data[i] >= 0x20 && value->text.data[i] != 0x7f;
    if (fits)
        return arena_text(reading->arena, value->text);
    fault(reading, value ? value->line : entry->line, "key sources[%zu].%s: value %s, expected %s", number, key,
          value ? shown(reading, value) : "missing", expected);
    return NULL;
}

static void read_source(struct reading *reading, const struct yaml *entry, size_t number, struct source_settings *sources)
{
    const char *kinds = adapter_kind_names(reading->arena);
    struct source_settings *source = &sources[number];
    if (entry->kind != YAML_KIND_MAP) {
        fault(reading, entry->line, "key sources[%zu]: value %s, expected a map with kind, name and the source's own keys", number, shown(reading, entry));
        return;
    }
    source->own = entry;
    source->kind = source_text(reading, entry, number, "kind", kinds);
    if (source->kind && !adapter_kind_find(bytes_from_text(source->kind)))
        fault(reading, yaml_member(entry, "kind")->line, "key sources[%zu].kind: value %s, expected %s", number,
              text_shown(bytes_from_text(source->kind), reading->arena), kinds);
    source->name = source_text(reading, entry, number, "name", "a name of 1 to 64 bytes, which no other source has and which never changes");
    if (source->name && strcmp(source->name, "api") == 0)
        fault(reading, yaml_member(entry, "name")->line, "key sources[%zu].name: value \"api\", expected another name: api is the server's own source", number);
    for (size_t i = 0; source->name && i < number; i++)
        if (sources[i].name && strcmp(sources[i].name, source->name) == 0)
            fault(reading, yaml_member(entry, "name")->line, "key sources[%zu].name: value %s, expected a name of its own (the source of line %d has it)",
                  number, text_shown(bytes_from_text(source->name), reading->arena), sources[i].own->line);
}

static void read_sources(struct reading *reading, const struct yaml *list, struct settings *settings)
{
    if (yaml_is_null(list))
        return;
    if (list->kind != YAML_KIND_LIST) {
        fault(reading, list->line, "key sources: value %s, expected a list of maps with kind and name", shown(reading, list));
        return;
    }
    struct source_settings *sources = arena_alloc(reading->arena, list->child_count * sizeof *sources);
    for (size_t i = 0; i < list->child_count; i++)
        read_source(reading, &list->children[i], i, sources);
    settings->sources = sources;
    settings->source_count = list->child_count;
}

static void read_top(struct reading *reading, const struct yaml *root, struct settings *settings)
{
    for (size_t i = 0; i < root->child_count; i++) {
        const struct yaml *value = &root->children[i];
        const struct setting *setting = settings_table;
        while (setting->key && !bytes_equal_text(value->name, setting->group ? setting->group : setting->key))
            setting++;
        if (bytes_equal_text(value->name, "sources"))
            read_sources(reading, value, settings);
        else if (!setting->key)
            refuse_key(reading, NULL, value);
        else if (setting->group)
            read_group(reading, setting->group, value, settings);
        else
            read_setting(reading, setting, value, settings);
    }
}

static int line_of(const struct yaml *root, const char *group, const char *key)
{
    const struct yaml *map = yaml_member(root, group), *value = yaml_member(map, key);
    return value ? value->line : map ? map->line : 1;
}

static void read_file(struct reading *reading, struct settings *settings)
{
    struct bytes text;
    const char *why;
    int line = 1, column, skip = 0;
    if (file_read(reading->file, reading->arena, &text, &why)) {
        log_error("settings", "%s: %s", reading->file, why);
        reading->faults++;
        return;
    }
    const struct yaml *root = yaml_read(text, reading->arena, &why);
    if (!root) {
        /* "line 3, column 5: what": the line goes where it stands in every other message */
        if (sscanf(why, "line %d, column %d: %n", &line, &column, &skip) != 2)
            skip = 0;
        fault(reading, line, "%s", why + skip);
        return;
    }
    if (root->kind != YAML_KIND_MAP) {
        fault(reading, root->line, "%s, expected a map of %s", shown(reading, root), keys_of(reading, NULL));
        return;
    }
    read_top(reading, root, settings);
    if (!reading->faults && settings->close.deadline_minutes < settings->close.wait_minutes)
        fault(reading, line_of(root, "close", "deadline_minutes"), "key close.deadline_minutes: value %d, expected at least close.wait_minutes (%d)",
              settings->close.deadline_minutes, settings->close.wait_minutes);
    if (!reading->faults && !settings->kafka.brokers && (settings->kafka.user || settings->kafka.password_file || settings->kafka.ca_file || settings->kafka.cert_file))
        fault(reading, line_of(root, "kafka", "topics"), "key kafka.brokers: missing, though other keys of kafka are given");
}

enum err settings_read(const char *file, struct arena *arena, const struct settings **settings)
{
    struct reading reading = {.arena = arena, .file = file};
    struct settings *made = arena_alloc(arena, sizeof *made);
    made->file = file ? arena_text(arena, bytes_from_text(file)) : NULL;
    for (const struct setting *setting = settings_table; setting->key; setting++)
        read_default(&reading, setting, made);
    if (file)
        read_file(&reading, made);
    *settings = made;
    return reading.faults ? ERR_SETTINGS : ERR_OK;
}
