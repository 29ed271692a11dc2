/* adapters/icon/columns_read.c - the column map from YAML, checked word by word. */
#include "adapters/icon/columns.h"

#include "base/check.h"
#include "base/yaml.h"

#include <stdio.h>

extern const unsigned char icon_map_shipped[];
extern const size_t icon_map_shipped_size;

/* Which fields a table has, and which of them its meaning needs. */
#define NEED true
#define MAY false
#define OBJECT_FIELDS(table)                                                                       \
    {ICON_##table, FIELD_ID, NEED}, {ICON_##table, FIELD_SEQ, NEED}, {ICON_##table, FIELD_USEQ, NEED},              \
    {ICON_##table, FIELD_CREATED, NEED}, {ICON_##table, FIELD_DELETED, MAY}, {ICON_##table, FIELD_CHANGED, MAY},    \
    {ICON_##table, FIELD_STATUS, MAY}, {ICON_##table, FIELD_STATE, MAY}, {ICON_##table, FIELD_NAME, MAY}
#define STAY_FIELDS(table)                                                                         \
    {ICON_##table, FIELD_ID, NEED}, {ICON_##table, FIELD_SEQ, NEED}, {ICON_##table, FIELD_USEQ, NEED},              \
    {ICON_##table, FIELD_CREATED, NEED}, {ICON_##table, FIELD_DELETED, NEED}, {ICON_##table, FIELD_STATUS, MAY},    \
    {ICON_##table, FIELD_GROUP, NEED}, {ICON_##table, FIELD_MEMBER, NEED}
#define SPAN_FIELDS(table)                                                                         \
    {ICON_##table, FIELD_ID, NEED}, {ICON_##table, FIELD_SEQ, NEED}, {ICON_##table, FIELD_USEQ, NEED},              \
    {ICON_##table, FIELD_CREATED, NEED}, {ICON_##table, FIELD_TERMINATED, NEED},                   \
    {ICON_##table, FIELD_CREATED_TS, MAY}, {ICON_##table, FIELD_TERMINATED_TS, MAY}
#define CONNECTION_FIELDS(table)                                                                   \
    {ICON_##table, FIELD_CONNECTION, NEED}, {ICON_##table, FIELD_COLLECTOR, MAY}, {ICON_##table, FIELD_PROVIDER, NEED}, \
    {ICON_##table, FIELD_PROVIDER_PRIMARY, MAY}, {ICON_##table, FIELD_SWITCH, MAY}, {ICON_##table, FIELD_COLLECTOR_END, MAY}, \
    {ICON_##table, FIELD_BEGIN, NEED}, {ICON_##table, FIELD_END, NEED}

static const struct field_use {
    enum icon_table table;
    enum icon_field field;
    bool needed;
} uses[] = {
    {ICON_ANNEX, FIELD_ID, NEED}, {ICON_ANNEX, FIELD_SEQ, NEED}, {ICON_ANNEX, FIELD_USEQ, NEED},
    {ICON_ANNEX, FIELD_CREATED, NEED}, {ICON_ANNEX, FIELD_DELETED, MAY}, {ICON_ANNEX, FIELD_STATUS, MAY},
    {ICON_ANNEX, FIELD_OBJECT, NEED}, {ICON_ANNEX, FIELD_OBJECT_TYPE, NEED}, {ICON_ANNEX, FIELD_SECTION, NEED},
    {ICON_ANNEX, FIELD_KEY, NEED}, {ICON_ANNEX, FIELD_VALUE, NEED}, {ICON_ANNEX, FIELD_TENANT, MAY},
    OBJECT_FIELDS(TENANT),
    OBJECT_FIELDS(SWITCH), {ICON_SWITCH, FIELD_TENANT, MAY}, {ICON_SWITCH, FIELD_TYPE, MAY},
    OBJECT_FIELDS(ENDPOINT), {ICON_ENDPOINT, FIELD_SWITCH, MAY},
    OBJECT_FIELDS(PLACE), {ICON_PLACE, FIELD_TENANT, MAY},
    OBJECT_FIELDS(LOGIN), {ICON_LOGIN, FIELD_TENANT, MAY}, {ICON_LOGIN, FIELD_SWITCH, MAY},
    OBJECT_FIELDS(PERSON), {ICON_PERSON, FIELD_TENANT, MAY}, {ICON_PERSON, FIELD_TYPE, MAY},
    {ICON_PERSON, FIELD_FIRST_NAME, MAY}, {ICON_PERSON, FIELD_LAST_NAME, MAY},
    OBJECT_FIELDS(GROUP), {ICON_GROUP, FIELD_TENANT, MAY}, {ICON_GROUP, FIELD_TYPE, NEED},
    STAY_FIELDS(GROUP_PERSON), STAY_FIELDS(GROUP_PLACE),
    SPAN_FIELDS(CAMPAIGN), {ICON_CAMPAIGN, FIELD_CAMPAIGN, NEED}, {ICON_CAMPAIGN, FIELD_GROUP, NEED},
    SPAN_FIELDS(LOGIN_SESSION), {ICON_LOGIN_SESSION, FIELD_SESSION, NEED}, {ICON_LOGIN_SESSION, FIELD_PERSON, MAY},
    {ICON_LOGIN_SESSION, FIELD_LOGIN, MAY}, {ICON_LOGIN_SESSION, FIELD_PLACE, MAY}, {ICON_LOGIN_SESSION, FIELD_DN, MAY},
    {ICON_LOGIN_SESSION, FIELD_APP, MAY}, {ICON_LOGIN_SESSION, FIELD_DOMAIN, MAY},
    SPAN_FIELDS(SESSION_ENDPOINT), {ICON_SESSION_ENDPOINT, FIELD_SESSION, NEED}, {ICON_SESSION_ENDPOINT, FIELD_DN, MAY},
    {ICON_SESSION_ENDPOINT, FIELD_TYPE, MAY}, {ICON_SESSION_ENDPOINT, FIELD_PLACE, MAY},
    {ICON_SESSION_ENDPOINT, FIELD_MEDIA, MAY},
    {ICON_COUNTER, FIELD_TAG, NEED}, {ICON_COUNTER, FIELD_RESERVED, MAY}, {ICON_COUNTER, FIELD_WRITTEN, NEED},
    {ICON_SYNC, FIELD_TAG, NEED}, {ICON_SYNC, FIELD_PROVIDER, NEED}, {ICON_SYNC, FIELD_SECONDS, NEED},
    {ICON_SYNC, FIELD_MICROSECONDS, MAY},
    CONNECTION_FIELDS(CONNECTION_GLS), CONNECTION_FIELDS(CONNECTION_CFG),
};
enum { USE_COUNT = sizeof uses / sizeof *uses };

struct reader {
    struct site_reader site;
    struct icon_map *map;
};

static const struct field_use *find_use(enum icon_table table, struct bytes name)
{
    for (size_t i = 0; i < USE_COUNT; i++)
        if (uses[i].table == table && bytes_equal_text(name, icon_field_name(uses[i].field)))
            return &uses[i];
    return NULL;
}

static const char *expected_fields(struct reader *reader, enum icon_table table)
{
    struct buffer text = {0};
    for (size_t i = 0; i < USE_COUNT; i++)
        if (uses[i].table == table)
            buffer_printf(&text, "%s%s", text.len ? ", " : "one of ", icon_field_name(uses[i].field));
    const char *copy = arena_text(reader->site.arena, buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

static bool read_table(struct reader *reader, const struct yaml *value, enum icon_table table)
{
    struct icon_columns *columns = &reader->map->tables[table];
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        if (bytes_equal_text(member->name, "table")) {
            if (!site_read_identifier(&reader->site, member, &columns->table))
                return false;
            continue;
        }
        if (!bytes_equal_text(member->name, "columns"))
            return site_refuse_name(&reader->site, member, "table or columns");
        if (!site_need(&reader->site, member, YAML_KIND_MAP))
            return false;
        for (size_t j = 0; j < member->child_count; j++) {
            const struct yaml *column = &member->children[j];
            const struct field_use *use = find_use(table, column->name);
            if (!use)
                return site_refuse_name(&reader->site, column, expected_fields(reader, table));
            if (!site_read_identifier(&reader->site, column, &columns->names[use->field]))
                return false;
            if (!columns->names[use->field] && use->needed)
                return site_refuse_value(&reader->site, column, "a column: this one cannot be left out");
        }
    }
    return true;
}

static bool read_tables(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum icon_table table = 0;
        while (table < ICON_TABLE_COUNT && !bytes_equal_text(value->children[i].name, icon_table_name(table)))
            table++;
        if (table == ICON_TABLE_COUNT) {
            struct buffer text = {0};
            for (table = 0; table < ICON_TABLE_COUNT; table++)
                buffer_printf(&text, "%s%s", text.len ? ", " : "one of ", icon_table_name(table));
            site_refuse_name(&reader->site, &value->children[i], buffer_text(&text));
            buffer_free(&text);
            return false;
        }
        if (!read_table(reader, &value->children[i], table))
            return false;
    }
    return true;
}

static bool read_code_kinds(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum icon_code_kind kind = 0;
        while (kind < CODE_KIND_COUNT && !bytes_equal_text(value->children[i].name, icon_code_kind_name(kind)))
            kind++;
        if (kind == CODE_KIND_COUNT)
            return site_refuse_name(&reader->site, &value->children[i], "status, state, person_type, group_type, switch_type, object_type, "
                                                            "endpoint_type or provider_tag");
        if (!site_read_codes(&reader->site, &value->children[i], icon_words, icon_word_count, (int)kind,
                             &reader->map->codes[kind]))
            return false;
    }
    return true;
}

static bool read_media(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        struct bytes *names;
        size_t count, old = reader->map->media_count;
        if (!site_read_texts(&reader->site, &value->children[i], &names, &count))
            return false;
        struct icon_medium *media = arena_alloc(reader->site.arena, (count + old + 1) * sizeof *media);
        for (size_t j = 0; j < count; j++)
            media[j] = (struct icon_medium){names[j], value->children[i].name};
        if (old)
            memcpy(media + count, reader->map->media, old * sizeof *media);
        reader->map->media = media;
        reader->map->media_count = count + old;
    }
    return true;
}

static bool read_classes(struct reader *reader, const struct yaml *value, unsigned *bits)
{
    if (value->kind != YAML_KIND_LIST)
        return site_refuse_value(&reader->site, value, "a list of cfg, gls");
    *bits = 0;
    for (size_t i = 0; i < value->child_count; i++) {
        if (bytes_equal_text(value->children[i].text, "cfg"))
            *bits |= 1u << CLASS_CFG;
        else if (bytes_equal_text(value->children[i].text, "gls"))
            *bits |= 1u << CLASS_GLS;
        else
            return site_refuse_value(&reader->site, &value->children[i], "cfg or gls");
    }
    return true;
}

static bool read_file(struct reader *reader, struct bytes text)
{
    const struct yaml *tree = yaml_read(text, reader->site.arena, &reader->site.why);
    if (!tree || !site_need(&reader->site, tree, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct yaml *member = &tree->children[i];
        bool good = bytes_equal_text(member->name, "tables")      ? read_tables(reader, member)
                    : bytes_equal_text(member->name, "codes")     ? read_code_kinds(reader, member)
                    : bytes_equal_text(member->name, "media")     ? read_media(reader, member)
                    : bytes_equal_text(member->name, "annex")     ? site_read_options(&reader->site, member, reader->map->options)
                    : bytes_equal_text(member->name, "coverage")  ? read_classes(reader, member, &reader->map->coverage)
                    : bytes_equal_text(member->name, "watermark") ? read_classes(reader, member, &reader->map->watermark)
                    : site_refuse_name(&reader->site, member, "tables, codes, media, annex, coverage or watermark");
        if (!good)
            return false;
    }
    return true;
}

static void order_columns(struct icon_columns *columns)
{
    static const enum odbc_type types[] = {
#define X(field, name, type) ODBC_##type,
        ICON_FIELD_MAP(X)
#undef X
    };
    columns->count = 0;
    for (enum icon_field field = 0; field < FIELD_COUNT; field++) {
        columns->position[field] = -1;
        if (!columns->names[field])
            continue;
        columns->position[field] = (int8_t)columns->count;
        columns->order[columns->count] = field;
        columns->types[columns->count++] = types[field];
    }
    check(columns->count <= ODBC_COLUMNS_MAX);
}

enum err icon_map_read(struct bytes text, struct arena *arena, const struct icon_map **map, const char **why)
{
    struct reader reader = {.site.arena = arena, .map = arena_alloc(arena, sizeof *reader.map)};
    bool shipped = read_file(&reader, bytes_of(icon_map_shipped, icon_map_shipped_size));
    if (!shipped)
        fprintf(stderr, "the shipped column map: %s\n", reader.site.why);
    check(shipped);
    for (size_t i = 0; i < USE_COUNT; i++)
        check(!uses[i].needed || reader.map->tables[uses[i].table].names[uses[i].field]);
    if (bytes_present(text) && !read_file(&reader, text)) {
        *why = reader.site.why;
        return ERR_INPUT;
    }
    for (enum icon_table table = 0; table < ICON_TABLE_COUNT; table++)
        order_columns(&reader.map->tables[table]);
    *map = reader.map;
    return ERR_OK;
}
