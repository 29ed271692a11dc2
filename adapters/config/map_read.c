/* adapters/config/map_read.c - the map from YAML, checked word by word. */
#include "adapters/config/map.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/yaml.h"

#include <stdio.h>

extern const unsigned char config_map_shipped[];
extern const size_t config_map_shipped_size;

enum { IDENTIFIER_BYTES_MAX = 128 };

#define BIT(field) (1u << CONFIG_FIELD_##field)

/* Which columns a table has, and which of them its meaning needs. */
static const struct {
    unsigned needed, allowed;
} uses[CONFIG_TABLE_COUNT] = {
    [CONFIG_OPTION] = {BIT(ID) | BIT(PARENT) | BIT(OBJECT) | BIT(OBJECT_TYPE) | BIT(NAME) | BIT(VALUE), 0},
    [CONFIG_TENANT] = {BIT(ID), BIT(NAME) | BIT(STATE)},
    [CONFIG_SWITCH] = {BIT(ID), BIT(TENANT) | BIT(NAME) | BIT(TYPE) | BIT(STATE)},
    [CONFIG_DN] = {BIT(ID), BIT(TENANT) | BIT(SWITCH) | BIT(NAME) | BIT(STATE)},
    [CONFIG_PLACE] = {BIT(ID), BIT(TENANT) | BIT(NAME) | BIT(STATE)},
    [CONFIG_LOGIN] = {BIT(ID), BIT(TENANT) | BIT(SWITCH) | BIT(NAME) | BIT(STATE)},
    [CONFIG_PERSON] = {BIT(ID), BIT(TENANT) | BIT(AGENT) | BIT(NAME) | BIT(FIRST_NAME) | BIT(LAST_NAME) | BIT(STATE)},
    [CONFIG_GROUP] = {BIT(ID) | BIT(TYPE), BIT(TENANT) | BIT(NAME) | BIT(STATE)},
    [CONFIG_GROUP_PERSON] = {BIT(GROUP) | BIT(MEMBER), 0},
    [CONFIG_GROUP_PLACE] = {BIT(GROUP) | BIT(MEMBER), 0},
};
static const char *const code_kind_names[CONFIG_CODE_KIND_COUNT] = {"state", "agent", "group_type", "switch_type", "object_type"};
static const unsigned line_fields = BIT(TENANT) | BIT(SWITCH) | BIT(STATE) | BIT(TYPE) | BIT(AGENT) | BIT(NAME) | BIT(FIRST_NAME) |
                                    BIT(LAST_NAME) | BIT(MEMBERS) | BIT(OPTIONS);

struct reader {
    struct arena *arena;
    struct config_map *map;
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

static bool need(struct reader *reader, const struct yaml *value, enum yaml_kind kind)
{
    return value->kind == kind || refuse_value(reader, value, kind == YAML_KIND_MAP ? "a map" : kind == YAML_KIND_LIST ? "a list" : "a text");
}

/* Names go into SQL texts as they are: so nothing but plain identifiers. */
static bool read_identifier(struct reader *reader, const struct yaml *value, const char **out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$#.";
    if (!need(reader, value, YAML_KIND_SCALAR))
        return false;
    *out = NULL;
    if (yaml_is_null(value))
        return true;
    char *text = arena_text(reader->arena, value->text);
    if (value->text.len == 0 || value->text.len > IDENTIFIER_BYTES_MAX || strspn(text, plain) != value->text.len)
        return refuse_value(reader, value, "a plain identifier of A-Z a-z 0-9 _ $ # . and at most 128 characters, or ~");
    *out = text;
    return true;
}

/* The field of that name among those allowed, CONFIG_FIELD_COUNT: none, which was said. */
static enum config_field find_field(struct reader *reader, const struct yaml *value, unsigned allowed)
{
    const char *list = "one of";
    for (enum config_field field = 0; field < CONFIG_FIELD_COUNT; field++)
        if (allowed >> field & 1) {
            if (bytes_equal_text(value->name, config_field_name(field)))
                return field;
            list = arena_printf(reader->arena, "%s %s", list, config_field_name(field));
        }
    refuse_name(reader, value, list);
    return CONFIG_FIELD_COUNT;
}

static bool read_columns(struct reader *reader, const struct yaml *value, enum config_table table)
{
    struct config_columns *columns = &reader->map->tables[table];
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *column = &value->children[i];
        enum config_field field = find_field(reader, column, uses[table].needed | uses[table].allowed);
        if (field == CONFIG_FIELD_COUNT || !read_identifier(reader, column, &columns->names[field]))
            return false;
        if (!columns->names[field] && (uses[table].needed >> field & 1))
            return refuse_value(reader, column, "a column: this one cannot be left out");
    }
    return true;
}

static bool read_table(struct reader *reader, const struct yaml *value, enum config_table table)
{
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        bool good = bytes_equal_text(member->name, "table")     ? read_identifier(reader, member, &reader->map->tables[table].table)
                    : bytes_equal_text(member->name, "columns") ? read_columns(reader, member, table)
                                                                : refuse_name(reader, member, "table or columns");
        if (!good)
            return false;
    }
    return true;
}

static bool read_tables(struct reader *reader, const struct yaml *value)
{
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum config_table table = 0;
        while (table < CONFIG_TABLE_COUNT && !bytes_equal_text(value->children[i].name, config_table_name(table)))
            table++;
        if (table == CONFIG_TABLE_COUNT)
            return refuse_name(reader, &value->children[i],
                               "one of option, tenant, switch, dn, place, login, person, group, group_person, group_place");
        if (!read_table(reader, &value->children[i], table))
            return false;
    }
    return true;
}

/* A site's list of a meaning replaces the shipped one. */
static bool read_codes(struct reader *reader, const struct yaml *value, enum config_code_kind kind)
{
    struct config_code *old = reader->map->codes[kind].codes, *codes;
    size_t old_count = reader->map->codes[kind].count, count = 0, room = old_count;
    unsigned replaced = 0;
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++)
        room += value->children[i].child_count;
    codes = arena_alloc(reader->arena, (room + 1) * sizeof *codes);
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *list = &value->children[i];
        int meaning = config_word_find(kind, list->name);
        if (!meaning)
            return refuse_name(reader, list, "a meaning that the shipped map has there");
        if (!need(reader, list, YAML_KIND_LIST))
            return false;
        replaced |= 1u << meaning;
        for (size_t j = 0; j < list->child_count; j++) {
            int64_t code;
            if (!yaml_integer(&list->children[j], &code))
                return refuse_value(reader, &list->children[j], "a number");
            for (size_t k = 0; k < count; k++)
                if (codes[k].code == code)
                    return refuse_value(reader, &list->children[j], "each code once");
            codes[count++] = (struct config_code){code, meaning};
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
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum config_code_kind kind = 0;
        while (kind < CONFIG_CODE_KIND_COUNT && !bytes_equal_text(value->children[i].name, code_kind_names[kind]))
            kind++;
        if (kind == CONFIG_CODE_KIND_COUNT)
            return refuse_name(reader, &value->children[i], "state, agent, group_type, switch_type or object_type");
        if (!read_codes(reader, &value->children[i], kind))
            return false;
    }
    return true;
}

static bool read_texts(struct reader *reader, const struct yaml *value, struct bytes **texts, size_t *count)
{
    if (!need(reader, value, YAML_KIND_LIST))
        return false;
    *texts = arena_alloc(reader->arena, (value->child_count + 1) * sizeof **texts); /* the last is absent */
    *count = value->child_count;
    for (size_t i = 0; i < value->child_count; i++) {
        if (value->children[i].kind != YAML_KIND_SCALAR || value->children[i].text.len > NAME_BYTES_MAX)
            return refuse_value(reader, &value->children[i], "a text of at most 1020 bytes");
        (*texts)[i] = value->children[i].text;
    }
    return true;
}

static bool read_option_of(struct reader *reader, const struct yaml *value, struct config_option *option)
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

static bool read_option_path(struct reader *reader, const struct yaml *value, struct config_option *option)
{
    const uint8_t *slash = value->text.len ? memchr(value->text.data, '/', value->text.len) : NULL;
    if (!slash || slash == value->text.data || slash + 1 == value->text.data + value->text.len)
        return refuse_value(reader, value, "SECTION/KEY");
    option->section = bytes_of(value->text.data, (size_t)(slash - value->text.data));
    option->key = bytes_of(slash + 1, value->text.len - option->section.len - 1);
    return true;
}

static bool read_option(struct reader *reader, const struct yaml *value, struct config_option *option)
{
    if (value->kind == YAML_KIND_SCALAR && yaml_is_null(value)) {
        *option = (struct config_option){0};
        return true;
    }
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        bool good = bytes_equal_text(member->name, "of")       ? read_option_of(reader, member, option)
                    : bytes_equal_text(member->name, "yes")    ? read_texts(reader, member, &option->yes, &option->yes_count)
                    : bytes_equal_text(member->name, "option") ? read_option_path(reader, member, option)
                                                               : refuse_name(reader, member, "of, option or yes");
        if (!good)
            return false;
    }
    return (option->of && bytes_present(option->section)) || refuse_value(reader, value, "of: and option: together");
}

static bool read_options(struct reader *reader, const struct yaml *value)
{
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum config_option_kind kind = 0;
        while (kind < CONFIG_OPTION_COUNT && !bytes_equal_text(value->children[i].name, config_option_name(kind)))
            kind++;
        if (kind == CONFIG_OPTION_COUNT)
            return refuse_name(reader, &value->children[i], "wfm, has_backup, mailbox or ivr_port");
        if (!read_option(reader, &value->children[i], &reader->map->options[kind]))
            return false;
    }
    return true;
}

static bool read_fields(struct reader *reader, const struct yaml *value)
{
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        enum config_field field = find_field(reader, member, line_fields);
        if (field == CONFIG_FIELD_COUNT || !need(reader, member, YAML_KIND_SCALAR))
            return false;
        reader->map->fields[field] = yaml_is_null(member) ? BYTES_NONE : member->text;
    }
    return true;
}

static bool read_types(struct reader *reader, const struct yaml *value)
{
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        enum object_type type = object_type_from_name(member->name);
        size_t count;
        if (type == OBJECT_NONE || type == OBJECT_MAILBOX || type == OBJECT_IVR_PORT)
            return refuse_name(reader, member, "tenant, person, place, dn, switch, login, agent-group or place-group");
        if (!read_texts(reader, member, &reader->map->types[type], &count))
            return false;
    }
    return true;
}

static bool read_lines(struct reader *reader, const struct yaml *value)
{
    if (!need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        bool good = bytes_equal_text(member->name, "fields")  ? read_fields(reader, member)
                    : bytes_equal_text(member->name, "types") ? read_types(reader, member)
                                                              : refuse_name(reader, member, "fields or types");
        if (!good)
            return false;
    }
    return true;
}

static bool read_whole(struct reader *reader, struct bytes text)
{
    const struct yaml *tree = yaml_read(text, reader->arena, &reader->why);
    if (!tree || !need(reader, tree, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct yaml *member = &tree->children[i];
        bool good = bytes_equal_text(member->name, "tables")  ? read_tables(reader, member)
                    : bytes_equal_text(member->name, "codes") ? read_code_kinds(reader, member)
                    : bytes_equal_text(member->name, "annex") ? read_options(reader, member)
                    : bytes_equal_text(member->name, "lines") ? read_lines(reader, member)
                                                              : refuse_name(reader, member, "tables, codes, annex or lines");
        if (!good)
            return false;
    }
    return true;
}

enum err config_map_read(struct bytes text, struct arena *arena, const struct config_map **map, const char **why)
{
    struct reader reader = {.arena = arena, .map = arena_alloc(arena, sizeof *reader.map)};
    bool shipped = read_whole(&reader, bytes_of(config_map_shipped, config_map_shipped_size));
    if (!shipped)
        fprintf(stderr, "the shipped map: %s\n", reader.why);
    check(shipped);
    for (enum config_table table = 0; table < CONFIG_TABLE_COUNT; table++)
        for (enum config_field field = 0; field < CONFIG_FIELD_COUNT; field++)
            check(!(uses[table].needed >> field & 1) || reader.map->tables[table].names[field]);
    if (bytes_present(text) && !read_whole(&reader, text)) {
        *why = reader.why;
        return ERR_INPUT;
    }
    *map = reader.map;
    return ERR_OK;
}
