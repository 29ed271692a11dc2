#include "adapters/config/line.h"

#include "adapters/config/object.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "proto/words.h"

#include <stdlib.h>

static const char *const op_names[LINE_OP_COUNT] = {"upsert", "delete", "alive", "snapshot-begin", "snapshot-end"};

struct reading {
    const struct config_map *map;
    struct arena *arena;
    struct line *line;
    const char *why;
    bool clear_names;
    struct bytes first, last, other; /* names */
};

static bool refuse(struct reading *reading, const struct json *value, const char *expected)
{
    const char *shown = value->kind == JSON_KIND_TEXT      ? text_shown(value->text, reading->arena)
                        : value->kind == JSON_KIND_INTEGER ? arena_printf(reading->arena, "%lld", (long long)value->integer)
                                                           : json_kind_text(value->kind);
    if (!reading->why)
        reading->why = arena_printf(reading->arena, "%s: %s, expected %s", text_shown(value->name, reading->arena), shown, expected);
    return false;
}

static bool refuse_plain(struct reading *reading, const char *why)
{
    if (!reading->why)
        reading->why = why;
    return false;
}

static bool read_id(struct reading *reading, const struct json *value, int64_t *id)
{
    if (value->kind != JSON_KIND_INTEGER || value->integer < 0)
        return refuse(reading, value, "an integer from 0 up");
    *id = value->integer;
    return true;
}

/* NULL and 0 are both "none". */
static bool read_reference(struct reading *reading, const struct json *value, int64_t *id)
{
    *id = ID_NONE;
    if (value->kind == JSON_KIND_NULL)
        return true;
    if (!read_id(reading, value, id))
        return false;
    if (*id == 0)
        *id = ID_NONE;
    return true;
}

/* A number of the map's codes, a word of ours, true or false; what the map does not know is unknown. */
static bool read_code(struct reading *reading, const struct json *value, enum config_code_kind kind, int *meaning)
{
    *meaning = 0;
    if (value->kind == JSON_KIND_NULL)
        return true;
    if (value->kind == JSON_KIND_INTEGER) {
        *meaning = config_code_find(reading->map, kind, value->integer);
        return true;
    }
    if (value->kind == JSON_KIND_BOOL && (kind == CONFIG_CODE_STATE || kind == CONFIG_CODE_AGENT)) {
        *meaning = value->boolean ? FLAG_YES : FLAG_NO;
        return true;
    }
    if (value->kind == JSON_KIND_TEXT)
        *meaning = config_word_find(kind, value->text);
    return *meaning != 0 || refuse(reading, value, kind == CONFIG_CODE_STATE   ? "enabled, disabled, true, false or a code"
                                                   : kind == CONFIG_CODE_AGENT ? "agent, other, true, false or a code"
                                                                               : "tdm, sip, network or a code");
}

static bool read_name(struct reading *reading, const struct json *value, struct bytes *name)
{
    *name = BYTES_NONE;
    if (value->kind == JSON_KIND_NULL)
        return true;
    if (value->kind != JSON_KIND_TEXT || value->text.len > NAME_BYTES_MAX)
        return refuse(reading, value, "text of at most 1020 bytes");
    if (value->text.len)
        *name = value->text;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool read_members(struct reading *reading, const struct json *value)
{
    struct line *line = reading->line;
    if (line->object.type != OBJECT_AGENT_GROUP && line->object.type != OBJECT_PLACE_GROUP)
        return refuse(reading, value, "only groups to have members");
    if (value->kind != JSON_KIND_LIST)
        return refuse(reading, value, "a list of DBIDs");
    line->members = arena_alloc(reading->arena, (value->child_count + 1) * sizeof *line->members);
    for (size_t i = 0; i < value->child_count; i++) {
        if (value->children[i].kind != JSON_KIND_INTEGER || value->children[i].integer < 0)
            return refuse(reading, value, "a list of DBIDs, integers from 0 up");
        line->members[i] = value->children[i].integer;
    }
    if (value->child_count)
        qsort(line->members, value->child_count, sizeof *line->members, compare_ids);
    for (size_t i = 0; i < value->child_count; i++)
        if (i == 0 || line->members[i] != line->members[line->member_count - 1])
            line->members[line->member_count++] = line->members[i];
    line->said |= SAID_MEMBERS;
    return true;
}

/* {"SECTION/KEY": "value", …}; null: the option is gone; those that the map does not ask for are passed over. */
static bool read_options(struct reading *reading, const struct json *value)
{
    struct line *line = reading->line;
    if (value->kind != JSON_KIND_OBJECT)
        return refuse(reading, value, "an object of \"SECTION/KEY\": \"value\"");
    line->said |= SAID_OPTIONS;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct json *member = &value->children[i];
        struct bytes name = member->name;
        for (enum site_option_kind kind = 0; kind < OPTION_COUNT; kind++) {
            const struct site_option *option = &reading->map->options[kind];
            size_t section = option->section.len;
            if (!bytes_present(option->section) || !(option->of >> line->object.type & 1) || name.len != section + 1 + option->key.len ||
                memcmp(name.data, option->section.data, section) != 0 || name.data[section] != '/' ||
                memcmp(name.data + section + 1, option->key.data, option->key.len) != 0)
                continue;
            if (member->kind != JSON_KIND_TEXT && member->kind != JSON_KIND_NULL)
                return refuse(reading, member, "text or null");
            line->options_said |= 1u << kind;
            if (member->kind == JSON_KIND_TEXT && site_option_is_yes(option, member->text))
                line->options_yes |= 1u << kind;
        }
    }
    return true;
}

static bool read_field(struct reading *reading, const struct json *value, enum config_field field)
{
    struct line *line = reading->line;
    struct object *object = &line->object;
    int meaning = 0;
    bool good = true;
    switch (field) {
    case CONFIG_FIELD_TENANT:
        line->said |= SAID_TENANT;
        return read_reference(reading, value, &object->tenant);
    case CONFIG_FIELD_SWITCH:
        line->said |= SAID_SWITCH;
        return read_reference(reading, value, &object->switch_id);
    case CONFIG_FIELD_STATE:
        line->said |= SAID_STATE;
        good = read_code(reading, value, CONFIG_CODE_STATE, &meaning);
        object->enabled = (enum flag)meaning;
        return good;
    case CONFIG_FIELD_AGENT:
        line->said |= SAID_AGENT;
        good = read_code(reading, value, CONFIG_CODE_AGENT, &meaning);
        object->agent = object->type == OBJECT_PERSON ? (enum flag)meaning : FLAG_UNKNOWN;
        return good;
    case CONFIG_FIELD_TYPE:
        if (object->type != OBJECT_SWITCH)
            return true; /* of a DN, a group: nothing that is counted */
        line->said |= SAID_TYPE;
        good = read_code(reading, value, CONFIG_CODE_SWITCH, &meaning);
        object->switch_type = (enum switch_type)meaning;
        return good;
    case CONFIG_FIELD_NAME:
        return read_name(reading, value, &reading->other);
    case CONFIG_FIELD_FIRST_NAME:
        return read_name(reading, value, &reading->first);
    case CONFIG_FIELD_LAST_NAME:
        return read_name(reading, value, &reading->last);
    case CONFIG_FIELD_MEMBERS:
        return read_members(reading, value);
    case CONFIG_FIELD_OPTIONS:
        return read_options(reading, value);
    default:
        return true;
    }
}

/* A sidecar tells more of an object than we count, so what the map does not name is passed over. */
static bool read_fields(struct reading *reading, const struct json *fields)
{
    struct line *line = reading->line;
    enum object_type type = line->object.type;
    bool personal = type == OBJECT_PERSON || type == OBJECT_LOGIN || type == OBJECT_DN, named = false;
    if (fields->kind != JSON_KIND_OBJECT)
        return refuse(reading, fields, "an object");
    for (size_t i = 0; i < fields->child_count; i++) {
        const struct json *member = &fields->children[i];
        for (enum config_field field = 0; field < CONFIG_FIELD_COUNT; field++) {
            bool name = field == CONFIG_FIELD_NAME || field == CONFIG_FIELD_FIRST_NAME || field == CONFIG_FIELD_LAST_NAME;
            if (!bytes_present(reading->map->fields[field]) || !bytes_equal(reading->map->fields[field], member->name) ||
                (name && personal && !reading->clear_names))
                continue;
            named = named || name;
            if (!read_field(reading, member, field))
                return false;
        }
    }
    if (named) {
        line->said |= SAID_NAME;
        line->object.name = type == OBJECT_PERSON ? config_person_name(reading->first, reading->last, reading->other, reading->arena) : reading->other;
    }
    return true;
}

static bool read_object(struct reading *reading, const struct json *tree)
{
    struct line *line = reading->line;
    const struct json *type = json_member(tree, "type"), *id = json_member(tree, "dbid"), *fields = json_member(tree, "fields");
    if (!type || type->kind != JSON_KIND_TEXT || type->text.len == 0)
        return type ? refuse(reading, type, "text, as \"person\"") : refuse_plain(reading, "type is missing, expected text, as \"person\"");
    line->type_name = type->text;
    line->object.type = config_type_find(reading->map, type->text);
    if (!id)
        return refuse_plain(reading, "dbid is missing, expected an integer from 0 up");
    if (!read_id(reading, id, &line->object.id))
        return false;
    if (line->object.type == OBJECT_NONE || line->op == LINE_DELETE)
        return true;
    if (fields && !read_fields(reading, fields))
        return false;
    const char *wrong = config_object_wrong(&line->object, reading->arena);
    return !wrong || refuse_plain(reading, wrong);
}

static bool read_head(struct reading *reading, const struct json *tree, instant latest)
{
    struct line *line = reading->line;
    const struct json *op = json_member(tree, "op"), *sequence = json_member(tree, "seq"), *at = json_member(tree, "at");
    if (!op)
        return refuse_plain(reading, "op is missing, expected upsert, delete, alive, snapshot-begin or snapshot-end");
    while (line->op < LINE_OP_COUNT && (op->kind != JSON_KIND_TEXT || !bytes_equal_text(op->text, op_names[line->op])))
        line->op++;
    if (line->op == LINE_OP_COUNT)
        return refuse(reading, op, "upsert, delete, alive, snapshot-begin or snapshot-end");
    if (sequence && !read_id(reading, sequence, &line->sequence))
        return false;
    if (at && at->kind != JSON_KIND_NULL && (at->kind != JSON_KIND_TEXT || !instant_parse(at->text, &line->at)))
        return refuse(reading, at, "a time as \"2026-11-23T09:10:11.120Z\"");
    if (line->at != INSTANT_NONE && line->at > latest)
        return refuse(reading, at, "no time that is to come: are the clocks right?");
    return true;
}

enum err line_read(const struct config_map *map, bool clear_names, struct bytes text, instant latest, struct arena *arena, struct line *line,
                   const char **why)
{
    struct reading reading = {.map = map, .arena = arena, .line = line, .clear_names = clear_names};
    *line = (struct line){.sequence = -1, .at = INSTANT_NONE, .object = fact_blank(FACT_OBJECT).object};
    if (text.len > LINE_BYTES_MAX) {
        *why = arena_printf(arena, "a line of %zu bytes, expected at most %d", text.len, LINE_BYTES_MAX);
        return ERR_INPUT;
    }
    const struct json *tree = json_read(text, arena, why);
    if (!tree)
        return ERR_INPUT;
    bool good = tree->kind == JSON_KIND_OBJECT ? read_head(&reading, tree, latest)
                                               : refuse_plain(&reading, arena_printf(arena, "%s, expected an object", json_kind_text(tree->kind)));
    if (good && (line->op == LINE_UPSERT || line->op == LINE_DELETE))
        good = read_object(&reading, tree);
    *why = reading.why;
    return good ? ERR_OK : ERR_INPUT;
}

struct object line_object(const struct line *line, const struct object *before)
{
    struct object object = line->object, none = fact_blank(FACT_OBJECT).object;
    const struct object *old = before ? before : &none;
    if (!(line->said & SAID_TENANT))
        object.tenant = old->tenant;
    if (!(line->said & SAID_SWITCH))
        object.switch_id = old->switch_id;
    if (!(line->said & SAID_STATE))
        object.enabled = old->enabled;
    if (!(line->said & SAID_TYPE))
        object.switch_type = old->switch_type;
    if (!(line->said & SAID_AGENT))
        object.agent = old->agent;
    if (!(line->said & SAID_NAME))
        object.name = old->name;
    /* Options of an object that is shown whole: those that are not named are not set. */
    unsigned options_said = !before && line->said & SAID_OPTIONS ? ~0u : line->options_said;
    object.wfm = old->wfm;
    object.has_backup = old->has_backup;
    if (object.type == OBJECT_PERSON && options_said >> OPTION_WFM & 1)
        object.wfm = line->options_yes >> OPTION_WFM & 1 ? FLAG_YES : FLAG_NO;
    if (object.type == OBJECT_SWITCH && options_said >> OPTION_HAS_BACKUP & 1)
        object.has_backup = line->options_yes >> OPTION_HAS_BACKUP & 1 ? FLAG_YES : FLAG_NO;
    return object;
}
