/* adapters/icon/columns_read.c - the column map from YAML, checked word by word. */
#include "adapters/icon/columns.h"

#include "base/check.h"
#include "base/yaml.h"

#include "base/limits.h"

#include <stdio.h>

extern const unsigned char icon_map_shipped[];
extern const size_t icon_map_shipped_size;

enum { IDENTIFIER_BYTES_MAX = 128 };

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
    struct arena *arena;
    struct icon_map *map;
    const char *why;
};

static bool refuse(struct reader *reader, int line, int column, const char *what)
{
    if (!reader->why)
        reader->why = arena_printf(reader->arena, "line %d, column %d: %s", line, column, what);
    return false;
}

static bool refuse_value(struct reader *reader, const struct yaml *value, const char *expected)
{
    return refuse(reader, value->line, value->column,
                  arena_printf(reader->arena, "\"%.*s\" of %s: expected %s", (int)value->text.len,
                               value->text.data ? (const char *)value->text.data : "",
                               bytes_present(value->name) ? arena_text(reader->arena, value->name) : "a list", expected));
}

static bool refuse_name(struct reader *reader, const struct yaml *value, const char *expected)
{
    return refuse(reader, value->name_line, value->name_column,
                  arena_printf(reader->arena, "\"%s\" is unknown: expected %s", arena_text(reader->arena, value->name), expected));
}

static bool need_map(struct reader *reader, const struct yaml *value)
{
    return value->kind == YAML_KIND_MAP || refuse_value(reader, value, "a map");
}

/* Names go into SQL texts as they are: so nothing but plain identifiers. */
static bool read_identifier(struct reader *reader, const struct yaml *value, const char **out)
{
    if (value->kind != YAML_KIND_SCALAR)
        return refuse_value(reader, value, "a name or ~");
    *out = NULL;
    if (yaml_is_null(value))
        return true;
    bool plain = value->text.len > 0 && value->text.len <= IDENTIFIER_BYTES_MAX;
    for (size_t i = 0; plain && i < value->text.len; i++) {
        uint8_t c = value->text.data[i];
        plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
                c == '#' || c == '.';
    }
    if (!plain)
        return refuse_value(reader, value, "a plain identifier of A-Z a-z 0-9 _ $ # . and at most 128 characters, or ~");
    *out = arena_text(reader->arena, value->text);
    return true;
}

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
    const char *copy = arena_text(reader->arena, buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

static bool read_table(struct reader *reader, const struct yaml *value, enum icon_table table)
{
    struct icon_columns *columns = &reader->map->tables[table];
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        if (bytes_equal_text(member->name, "table")) {
            if (!read_identifier(reader, member, &columns->table))
                return false;
            continue;
        }
        if (!bytes_equal_text(member->name, "columns"))
            return refuse_name(reader, member, "table or columns");
        if (!need_map(reader, member))
            return false;
        for (size_t j = 0; j < member->child_count; j++) {
            const struct yaml *column = &member->children[j];
            const struct field_use *use = find_use(table, column->name);
            if (!use)
                return refuse_name(reader, column, expected_fields(reader, table));
            if (!read_identifier(reader, column, &columns->names[use->field]))
                return false;
            if (!columns->names[use->field] && use->needed)
                return refuse_value(reader, column, "a column: this one cannot be left out");
        }
    }
    return true;
}

static bool read_tables(struct reader *reader, const struct yaml *value)
{
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum icon_table table = 0;
        while (table < ICON_TABLE_COUNT && !bytes_equal_text(value->children[i].name, icon_table_name(table)))
            table++;
        if (table == ICON_TABLE_COUNT) {
            struct buffer text = {0};
            for (table = 0; table < ICON_TABLE_COUNT; table++)
                buffer_printf(&text, "%s%s", text.len ? ", " : "one of ", icon_table_name(table));
            refuse_name(reader, &value->children[i], buffer_text(&text));
            buffer_free(&text);
            return false;
        }
        if (!read_table(reader, &value->children[i], table))
            return false;
    }
    return true;
}

/* A site's list of a meaning replaces the shipped one and stands before all others. */
static bool read_codes(struct reader *reader, const struct yaml *value, enum icon_code_kind kind)
{
    struct icon_code *old = reader->map->codes[kind].codes, *codes;
    size_t old_count = reader->map->codes[kind].count, count = 0, room = old_count;
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++)
        room += value->children[i].child_count;
    codes = arena_alloc(reader->arena, (room + 1) * sizeof *codes);
    unsigned replaced = 0;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *list = &value->children[i];
        int meaning = icon_code_meaning(kind, list->name);
        if (!meaning)
            return refuse_name(reader, list, "a meaning that the shipped map has there");
        if (list->kind != YAML_KIND_LIST)
            return refuse_value(reader, list, "a list of numbers");
        replaced |= 1u << meaning;
        for (size_t j = 0; j < list->child_count; j++) {
            int64_t code;
            if (!yaml_integer(&list->children[j], &code))
                return refuse_value(reader, &list->children[j], "a number");
            for (size_t k = 0; k < count; k++)
                if (codes[k].code == code)
                    return refuse_value(reader, &list->children[j], "each code once");
            codes[count++] = (struct icon_code){code, meaning};
        }
    }
    for (size_t i = 0; i < old_count; i++)
        if (!(replaced >> old[i].meaning & 1))
            codes[count++] = old[i];
    reader->map->codes[kind].codes = codes;
    reader->map->codes[kind].count = count;
    return true;
}

static bool read_code_kinds(struct reader *reader, const struct yaml *value)
{
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum icon_code_kind kind = 0;
        while (kind < CODE_KIND_COUNT && !bytes_equal_text(value->children[i].name, icon_code_kind_name(kind)))
            kind++;
        if (kind == CODE_KIND_COUNT)
            return refuse_name(reader, &value->children[i], "status, state, person_type, group_type, switch_type, object_type, "
                                                            "endpoint_type or provider_tag");
        if (!read_codes(reader, &value->children[i], kind))
            return false;
    }
    return true;
}

static bool read_texts(struct reader *reader, const struct yaml *value, struct bytes **texts, size_t *count)
{
    if (value->kind != YAML_KIND_LIST)
        return refuse_value(reader, value, "a list");
    *texts = arena_alloc(reader->arena, (value->child_count + 1) * sizeof **texts);
    *count = value->child_count;
    for (size_t i = 0; i < value->child_count; i++) {
        if (value->children[i].kind != YAML_KIND_SCALAR || value->children[i].text.len > NAME_BYTES_MAX)
            return refuse_value(reader, &value->children[i], "a text of at most 255 bytes");
        (*texts)[i] = value->children[i].text;
    }
    return true;
}

static bool read_media(struct reader *reader, const struct yaml *value)
{
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        struct bytes *names;
        size_t count, old = reader->map->media_count;
        if (!read_texts(reader, &value->children[i], &names, &count))
            return false;
        struct icon_medium *media = arena_alloc(reader->arena, (count + old + 1) * sizeof *media);
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
        return refuse_value(reader, value, "a list of cfg, gls");
    *bits = 0;
    for (size_t i = 0; i < value->child_count; i++) {
        if (bytes_equal_text(value->children[i].text, "cfg"))
            *bits |= 1u << CLASS_CFG;
        else if (bytes_equal_text(value->children[i].text, "gls"))
            *bits |= 1u << CLASS_GLS;
        else
            return refuse_value(reader, &value->children[i], "cfg or gls");
    }
    return true;
}

static bool read_option_of(struct reader *reader, const struct yaml *value, struct icon_option *option)
{
    const struct yaml *one = value->kind == YAML_KIND_LIST ? value->children : value;
    size_t count = value->kind == YAML_KIND_LIST ? value->child_count : 1;
    option->of = 0;
    for (size_t i = 0; i < count; i++) {
        enum object_type type = one[i].kind == YAML_KIND_SCALAR ? object_type_from_name(one[i].text) : OBJECT_NONE;
        if (type == OBJECT_NONE)
            return refuse_value(reader, &one[i], "a type of object: person, switch, login, …");
        option->of |= 1u << type;
    }
    return true;
}

static bool read_option(struct reader *reader, const struct yaml *value, struct icon_option *option)
{
    if (value->kind == YAML_KIND_SCALAR && yaml_is_null(value)) {
        *option = (struct icon_option){0};
        return true;
    }
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        if (bytes_equal_text(member->name, "of")) {
            if (!read_option_of(reader, member, option))
                return false;
        } else if (bytes_equal_text(member->name, "yes")) {
            if (!read_texts(reader, member, &option->yes, &option->yes_count))
                return false;
        } else if (bytes_equal_text(member->name, "option")) {
            const uint8_t *slash = member->text.len ? memchr(member->text.data, '/', member->text.len) : NULL;
            if (!slash || slash == member->text.data || slash + 1 == member->text.data + member->text.len)
                return refuse_value(reader, member, "SECTION/KEY");
            option->section = bytes_of(member->text.data, (size_t)(slash - member->text.data));
            option->key = bytes_of(slash + 1, member->text.len - option->section.len - 1);
        } else {
            return refuse_name(reader, member, "of, option or yes");
        }
    }
    return (option->of && bytes_present(option->section)) || refuse_value(reader, value, "of: and option: together");
}

static bool read_options(struct reader *reader, const struct yaml *value)
{
    if (!need_map(reader, value))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum icon_option_kind kind = 0;
        while (kind < OPTION_COUNT && !bytes_equal_text(value->children[i].name, icon_option_name(kind)))
            kind++;
        if (kind == OPTION_COUNT)
            return refuse_name(reader, &value->children[i], "wfm, has_backup, mailbox or ivr_port");
        if (!read_option(reader, &value->children[i], &reader->map->options[kind]))
            return false;
    }
    return true;
}

static bool read_file(struct reader *reader, struct bytes text)
{
    const struct yaml *tree = yaml_read(text, reader->arena, &reader->why);
    if (!tree || !need_map(reader, tree))
        return false;
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct yaml *member = &tree->children[i];
        bool good = bytes_equal_text(member->name, "tables")      ? read_tables(reader, member)
                    : bytes_equal_text(member->name, "codes")     ? read_code_kinds(reader, member)
                    : bytes_equal_text(member->name, "media")     ? read_media(reader, member)
                    : bytes_equal_text(member->name, "annex")     ? read_options(reader, member)
                    : bytes_equal_text(member->name, "coverage")  ? read_classes(reader, member, &reader->map->coverage)
                    : bytes_equal_text(member->name, "watermark") ? read_classes(reader, member, &reader->map->watermark)
                    : refuse_name(reader, member, "tables, codes, media, annex, coverage or watermark");
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
    struct reader reader = {.arena = arena, .map = arena_alloc(arena, sizeof *reader.map)};
    bool shipped = read_file(&reader, bytes_of(icon_map_shipped, icon_map_shipped_size));
    if (!shipped)
        fprintf(stderr, "the shipped column map: %s\n", reader.why);
    check(shipped);
    for (size_t i = 0; i < USE_COUNT; i++)
        check(!uses[i].needed || reader.map->tables[uses[i].table].names[uses[i].field]);
    if (bytes_present(text) && !read_file(&reader, text)) {
        *why = reader.why;
        return ERR_INPUT;
    }
    for (enum icon_table table = 0; table < ICON_TABLE_COUNT; table++)
        order_columns(&reader.map->tables[table]);
    *map = reader.map;
    return ERR_OK;
}
