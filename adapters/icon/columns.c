/* adapters/icon/columns.c - the words of the map and what they mean once read; columns_read.c reads it. */
#include "adapters/icon/columns.h"

#include <strings.h>

const char *icon_table_name(enum icon_table table)
{
    static const char *const names[] = {
#define X(table, name, class, tailed) name,
        ICON_TABLE_MAP(X)
#undef X
    };
    return names[table];
}

enum icon_class icon_table_class(enum icon_table table)
{
    static const enum icon_class classes[] = {
#define X(table, name, class, tailed) CLASS_##class,
        ICON_TABLE_MAP(X)
#undef X
    };
    return classes[table];
}

const char *icon_class_name(enum icon_class class)
{
    static const char *const names[CLASS_COUNT] = {"none", "cfg", "gls", "gos"};
    return names[class];
}

const char *icon_field_name(enum icon_field field)
{
    static const char *const names[] = {
#define X(field, name, type) name,
        ICON_FIELD_MAP(X)
#undef X
    };
    return names[field];
}

const struct site_word icon_words[] = {
    {CODE_STATUS, "active", CODE_ACTIVE}, {CODE_STATUS, "deleted", CODE_DELETED},
    {CODE_STATE, "enabled", CODE_ENABLED}, {CODE_STATE, "disabled", CODE_DISABLED},
    {CODE_PERSON_TYPE, "agent", CODE_AGENT}, {CODE_PERSON_TYPE, "other", CODE_OTHER},
    {CODE_GROUP_TYPE, "agent-group", OBJECT_AGENT_GROUP}, {CODE_GROUP_TYPE, "place-group", OBJECT_PLACE_GROUP},
    {CODE_SWITCH_TYPE, "tdm", SWITCH_TDM}, {CODE_SWITCH_TYPE, "sip", SWITCH_SIP}, {CODE_SWITCH_TYPE, "network", SWITCH_NETWORK},
    {CODE_ENDPOINT_TYPE, "no-dn", CODE_NO_DN},
    {CODE_PROVIDER_TAG, "cfg", CLASS_CFG}, {CODE_PROVIDER_TAG, "gls", CLASS_GLS}, {CODE_PROVIDER_TAG, "gos", CLASS_GOS},
#define X(type, name) {CODE_OBJECT_TYPE, name, OBJECT_##type},
    OBJECT_TYPE_MAP(X)
#undef X
};
const size_t icon_word_count = sizeof icon_words / sizeof *icon_words;

const char *icon_code_kind_name(enum icon_code_kind kind)
{
    static const char *const names[CODE_KIND_COUNT] = {"status",      "state",       "person_type",   "group_type",
                                                       "switch_type", "object_type", "endpoint_type", "provider_tag"};
    return names[kind];
}

const char *icon_code_name(enum icon_code_kind kind, int meaning)
{
    for (size_t i = 0; i < icon_word_count; i++)
        if (icon_words[i].kind == (int)kind && icon_words[i].meaning == meaning)
            return icon_words[i].name;
    return "?";
}

int icon_code_find(const struct icon_map *map, enum icon_code_kind kind, int64_t code)
{
    return site_code_find(&map->codes[kind], code);
}

static bool equal_caseless(struct bytes a, struct bytes b)
{
    return a.len == b.len && strncasecmp((const char *)a.data, (const char *)b.data, a.len) == 0;
}

struct bytes icon_medium_find(const struct icon_map *map, struct bytes name, struct arena *arena)
{
    for (size_t i = 0; i < map->media_count; i++)
        if (equal_caseless(map->media[i].name, name))
            return map->media[i].medium;
    struct bytes own = arena_copy(arena, name);
    char *text = arena_text(arena, own);
    for (size_t i = 0; i < own.len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    return bytes_of(text, own.len);
}

enum site_option_kind icon_option_find(const struct icon_map *map, struct bytes section, struct bytes key, enum object_type of)
{
    for (enum site_option_kind kind = 0; kind < OPTION_COUNT; kind++) {
        const struct site_option *option = &map->options[kind];
        if (bytes_present(option->section) && (option->of >> of & 1) && bytes_equal(option->section, section) &&
            bytes_equal(option->key, key))
            return kind;
    }
    return OPTION_COUNT;
}
