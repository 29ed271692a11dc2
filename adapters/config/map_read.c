/* adapters/config/map_read.c - the map from YAML, checked word by word. */
#include "adapters/config/map.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/yaml.h"

#include <stdio.h>

extern const unsigned char config_map_shipped[];
extern const size_t config_map_shipped_size;

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
    struct site_reader site;
    struct config_map *map;
};

/* The field of that name among those allowed, CONFIG_FIELD_COUNT: none, which was said. */
static enum config_field find_field(struct reader *reader, const struct yaml *value, unsigned allowed)
{
    const char *list = "one of";
    for (enum config_field field = 0; field < CONFIG_FIELD_COUNT; field++)
        if (allowed >> field & 1) {
            if (bytes_equal_text(value->name, config_field_name(field)))
                return field;
            list = arena_printf(reader->site.arena, "%s %s", list, config_field_name(field));
        }
    site_refuse_name(&reader->site, value, list);
    return CONFIG_FIELD_COUNT;
}

static bool read_columns(struct reader *reader, const struct yaml *value, enum config_table table)
{
    struct config_columns *columns = &reader->map->tables[table];
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *column = &value->children[i];
        enum config_field field = find_field(reader, column, uses[table].needed | uses[table].allowed);
        if (field == CONFIG_FIELD_COUNT || !site_read_identifier(&reader->site, column, &columns->names[field]))
            return false;
        if (!columns->names[field] && (uses[table].needed >> field & 1))
            return site_refuse_value(&reader->site, column, "a column: this one cannot be left out");
    }
    return true;
}

static bool read_table(struct reader *reader, const struct yaml *value, enum config_table table)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        bool good = bytes_equal_text(member->name, "table")     ? site_read_identifier(&reader->site, member, &reader->map->tables[table].table)
                    : bytes_equal_text(member->name, "columns") ? read_columns(reader, member, table)
                                                                : site_refuse_name(&reader->site, member, "table or columns");
        if (!good)
            return false;
    }
    return true;
}

static bool read_tables(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum config_table table = 0;
        while (table < CONFIG_TABLE_COUNT && !bytes_equal_text(value->children[i].name, config_table_name(table)))
            table++;
        if (table == CONFIG_TABLE_COUNT)
            return site_refuse_name(&reader->site, &value->children[i],
                               "one of option, tenant, switch, dn, place, login, person, group, group_person, group_place");
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
        enum config_code_kind kind = 0;
        while (kind < CONFIG_CODE_KIND_COUNT && !bytes_equal_text(value->children[i].name, code_kind_names[kind]))
            kind++;
        if (kind == CONFIG_CODE_KIND_COUNT)
            return site_refuse_name(&reader->site, &value->children[i], "state, agent, group_type, switch_type or object_type");
        if (!site_read_codes(&reader->site, &value->children[i], config_words, config_word_count, (int)kind,
                             &reader->map->codes[kind]))
            return false;
    }
    return true;
}

static bool read_fields(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        enum config_field field = find_field(reader, member, line_fields);
        if (field == CONFIG_FIELD_COUNT || !site_need(&reader->site, member, YAML_KIND_SCALAR))
            return false;
        reader->map->fields[field] = yaml_is_null(member) ? BYTES_NONE : member->text;
    }
    return true;
}

static bool read_types(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        enum object_type type = object_type_from_name(member->name);
        size_t count;
        if (type == OBJECT_NONE || type == OBJECT_MAILBOX || type == OBJECT_IVR_PORT)
            return site_refuse_name(&reader->site, member, "tenant, person, place, dn, switch, login, agent-group or place-group");
        if (!site_read_texts(&reader->site, member, &reader->map->types[type], &count))
            return false;
    }
    return true;
}

static bool read_lines(struct reader *reader, const struct yaml *value)
{
    if (!site_need(&reader->site, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        bool good = bytes_equal_text(member->name, "fields")  ? read_fields(reader, member)
                    : bytes_equal_text(member->name, "types") ? read_types(reader, member)
                                                              : site_refuse_name(&reader->site, member, "fields or types");
        if (!good)
            return false;
    }
    return true;
}

static bool read_whole(struct reader *reader, struct bytes text)
{
    const struct yaml *tree = yaml_read(text, reader->site.arena, &reader->site.why);
    if (!tree || !site_need(&reader->site, tree, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct yaml *member = &tree->children[i];
        bool good = bytes_equal_text(member->name, "tables")  ? read_tables(reader, member)
                    : bytes_equal_text(member->name, "codes") ? read_code_kinds(reader, member)
                    : bytes_equal_text(member->name, "annex") ? site_read_options(&reader->site, member, reader->map->options)
                    : bytes_equal_text(member->name, "lines") ? read_lines(reader, member)
                                                              : site_refuse_name(&reader->site, member, "tables, codes, annex or lines");
        if (!good)
            return false;
    }
    return true;
}

enum err config_map_read(struct bytes text, struct arena *arena, const struct config_map **map, const char **why)
{
    struct reader reader = {.site.arena = arena, .map = arena_alloc(arena, sizeof *reader.map)};
    bool shipped = read_whole(&reader, bytes_of(config_map_shipped, config_map_shipped_size));
    if (!shipped)
        fprintf(stderr, "the shipped map: %s\n", reader.site.why);
    check(shipped);
    for (enum config_table table = 0; table < CONFIG_TABLE_COUNT; table++)
        for (enum config_field field = 0; field < CONFIG_FIELD_COUNT; field++)
            check(!(uses[table].needed >> field & 1) || reader.map->tables[table].names[field]);
    if (bytes_present(text) && !read_whole(&reader, text)) {
        *why = reader.site.why;
        return ERR_INPUT;
    }
    *map = reader.map;
    return ERR_OK;
}
