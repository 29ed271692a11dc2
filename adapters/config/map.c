/* adapters/config/map.c - the words of the map and what they mean once read; map_read.c reads it. */
#include "adapters/config/map.h"

const struct site_word config_words[] = {
    {CONFIG_CODE_STATE, "enabled", FLAG_YES}, {CONFIG_CODE_STATE, "disabled", FLAG_NO},
    {CONFIG_CODE_AGENT, "agent", FLAG_YES},   {CONFIG_CODE_AGENT, "other", FLAG_NO},
    {CONFIG_CODE_GROUP, "agent-group", OBJECT_AGENT_GROUP}, {CONFIG_CODE_GROUP, "place-group", OBJECT_PLACE_GROUP},
    {CONFIG_CODE_SWITCH, "tdm", SWITCH_TDM}, {CONFIG_CODE_SWITCH, "sip", SWITCH_SIP}, {CONFIG_CODE_SWITCH, "network", SWITCH_NETWORK},
#define X(type, name) {CONFIG_CODE_OBJECT, name, OBJECT_##type},
    OBJECT_TYPE_MAP(X)
#undef X
};
const size_t config_word_count = sizeof config_words / sizeof *config_words;

const char *config_table_name(enum config_table table)
{
    static const char *const names[] = {
#define X(table, name, type) name,
        CONFIG_TABLE_MAP(X)
#undef X
    };
    return names[table];
}

enum object_type config_table_type(enum config_table table)
{
    static const enum object_type types[] = {
#define X(table, name, type) OBJECT_##type,
        CONFIG_TABLE_MAP(X)
#undef X
    };
    return types[table];
}

const char *config_field_name(enum config_field field)
{
    static const char *const names[] = {
#define X(field, name, type) name,
        CONFIG_FIELD_MAP(X)
#undef X
    };
    return names[field];
}

bool config_field_is_text(enum config_field field)
{
    static const enum { INTEGER, TEXT } kinds[] = {
#define X(field, name, type) type,
        CONFIG_FIELD_MAP(X)
#undef X
    };
    return kinds[field] == TEXT;
}

/* A login's code and a DN's number point at people, too. */
bool config_field_is_personal(enum config_table table, enum config_field field)
{
    bool name = field == CONFIG_FIELD_NAME || field == CONFIG_FIELD_FIRST_NAME || field == CONFIG_FIELD_LAST_NAME;
    return name && (table == CONFIG_PERSON || table == CONFIG_LOGIN || table == CONFIG_DN);
}

int config_code_find(const struct config_map *map, enum config_code_kind kind, int64_t code)
{
    return site_code_find(&map->codes[kind], code);
}

int config_word_find(enum config_code_kind kind, struct bytes word)
{
    return site_word_find(config_words, config_word_count, (int)kind, word);
}

enum object_type config_type_find(const struct config_map *map, struct bytes name)
{
    for (int type = 0; type < OBJECT_TYPE_COUNT; type++)
        for (const struct bytes *other = map->types[type]; other && bytes_present(*other); other++)
            if (bytes_equal(*other, name))
                return (enum object_type)type;
    return OBJECT_NONE;
}
