#include "proto/fact_json.h"

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "proto/member.h"

#include <inttypes.h>

/* Types and spelling are read here; presence and ranges of a fact as a whole are fact_check()'s.  A
 * number is held against its range here too, since -1 stands for "unknown" once it is read. */

struct reading {
    struct arena *arena;
    const char **why;
};

static const char *value_shown(const struct json *value, struct arena *arena)
{
    switch (value->kind) {
    case JSON_KIND_TEXT:
        return text_shown(value->text, arena);
    case JSON_KIND_INTEGER:
        return arena_printf(arena, "%" PRId64, value->integer);
    case JSON_KIND_DECIMAL:
        return arena_printf(arena, "%.15g (a decimal number)", value->decimal);
    case JSON_KIND_BOOL:
        return value->boolean ? "true" : "false";
    case JSON_KIND_LIST:
        return arena_printf(arena, "a list of %zu", value->child_count);
    default:
        return json_kind_text(value->kind);
    }
}

static enum err refuse(struct reading *reading, const char *prefix, const struct member *member, const struct json *value)
{
    const char *no = "";
    if (value->kind == JSON_KIND_TEXT && (member->type == MEMBER_BEGIN || member->type == MEMBER_END))
        no = " is no time";
    else if (value->kind == JSON_KIND_TEXT && member->type == MEMBER_DATE)
        no = " is no date";
    *reading->why = arena_printf(reading->arena, "%s.%s: %s%s, expected %s", prefix, member->name,
                                 value_shown(value, reading->arena), no, member_expected(member, reading->arena));
    return ERR_INPUT;
}

static enum err read_record(struct reading *reading, const char *prefix, const struct record *record,
                            const struct json *object, void *base);

static bool read_number(const struct member *member, const struct json *value, char *field)
{
    int64_t at;
    int32_t day;
    switch (member->type) {
    case MEMBER_INTEGER:
        if (value->kind != JSON_KIND_INTEGER || value->integer < member->min || value->integer > member->max)
            return false;
        memcpy(field, &value->integer, sizeof value->integer);
        return true;
    case MEMBER_DATE:
        if (value->kind != JSON_KIND_TEXT || !date_parse(value->text, &day))
            return false;
        memcpy(field, &day, sizeof day);
        return true;
    default:
        if (value->kind != JSON_KIND_TEXT || !instant_parse(value->text, &at))
            return false;
        memcpy(field, &at, sizeof at);
        return true;
    }
}

static bool read_uses(const struct words *words, const struct json *value, char *field)
{
    unsigned bits = 0;
    if (value->kind != JSON_KIND_LIST || value->child_count == 0)
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        int word = value->children[i].kind == JSON_KIND_TEXT ? words_find(words, value->children[i].text) : 0;
        if (!word)
            return false;
        bits |= 1u << (word - 1);
    }
    memcpy(field, &bits, sizeof bits);
    return true;
}

static bool read_text(const struct member *member, const struct json *value, char *field, struct arena *arena)
{
    struct bytes text = value->text;
    if (member->type == MEMBER_LABEL && value->kind == JSON_KIND_INTEGER && value->integer >= 0)
        text = bytes_from_text(arena_printf(arena, "%" PRId64, value->integer));
    else if (value->kind != JSON_KIND_TEXT)
        return false;
    memcpy(field, &text, sizeof text);
    return true;
}

static enum err read_list(struct reading *reading, const char *prefix, const struct member *member, const struct json *list, void *base)
{
    size_t size = member->type == MEMBER_RECORDS ? member->record->size : sizeof(struct bytes);
    char *elements = arena_alloc(reading->arena, list->child_count * size);
    for (size_t i = 0; i < list->child_count; i++) {
        const struct json *value = &list->children[i];
        const char *inner = arena_printf(reading->arena, "%s.%s[%zu]", prefix, member->name, i);
        bool fits = value->kind == (member->type == MEMBER_RECORDS ? JSON_KIND_OBJECT : JSON_KIND_TEXT);
        if (!fits) {
            *reading->why = arena_printf(reading->arena, "%s: %s, expected %s", inner, value_shown(value, reading->arena),
                                         member->type == MEMBER_RECORDS ? "an object" : "text");
            return ERR_INPUT;
        }
        if (member->type == MEMBER_RECORDS) {
            fact_blank_record(member->record, elements + i * size);
            enum err err = read_record(reading, inner, member->record, value, elements + i * size);
            if (err)
                return err;
        } else {
            memcpy(elements + i * size, &value->text, size);
        }
    }
    memcpy((char *)base + member->offset, &elements, sizeof elements);
    memcpy((char *)base + member->count_offset, &list->child_count, sizeof list->child_count);
    if (member->given_offset)
        *(bool *)((char *)base + member->given_offset) = true;
    return ERR_OK;
}

static enum err read_member(struct reading *reading, const char *prefix, const struct member *member, const struct json *value, void *base)
{
    char *field = (char *)base + member->offset;
    bool fits = false;
    int32_t word;
    switch (member->type) {
    case MEMBER_INTEGER:
    case MEMBER_BEGIN:
    case MEMBER_END:
    case MEMBER_DATE:
        fits = read_number(member, value, field);
        break;
    case MEMBER_FLAG:
        fits = value->kind == JSON_KIND_BOOL;
        word = value->boolean ? FLAG_YES : FLAG_NO;
        memcpy(field, &word, sizeof word);
        break;
    case MEMBER_MARK:
        fits = value->kind == JSON_KIND_BOOL;
        *(bool *)field = value->boolean;
        break;
    case MEMBER_WORD:
        word = value->kind == JSON_KIND_TEXT ? words_find(member->words, value->text) : 0;
        fits = words_allow(member->words, word);
        memcpy(field, &word, sizeof word);
        break;
    case MEMBER_USES:
        fits = read_uses(member->words, value, field);
        break;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        fits = read_text(member, value, field, reading->arena);
        break;
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        if (value->kind == JSON_KIND_LIST)
            return read_list(reading, prefix, member, value, base);
        break;
    }
    return fits ? ERR_OK : refuse(reading, prefix, member, value);
}

static const char *member_names(const struct record *record, struct arena *arena)
{
    const char *text = record->members[0].name;
    for (size_t i = 1; i < record->count; i++)
        text = arena_printf(arena, "%s, %s", text, record->members[i].name);
    return text;
}

static enum err read_record(struct reading *reading, const char *prefix, const struct record *record,
                            const struct json *object, void *base)
{
    for (size_t i = 0; i < object->child_count; i++) {
        const struct json *value = &object->children[i];
        const struct member *member = record->members, *end = record->members + record->count;
        while (member < end && (member->name_len != value->name.len || memcmp(member->name, value->name.data, value->name.len) != 0))
            member++;
        if (member == end) {
            *reading->why = arena_printf(reading->arena, "%s: unknown member %s, expected one of %s", prefix,
                                         text_shown(value->name, reading->arena), member_names(record, reading->arena));
            return ERR_INPUT;
        }
        if (value->kind == JSON_KIND_NULL)
            continue;
        enum err err = read_member(reading, prefix, member, value, base);
        if (err)
            return err;
    }
    return ERR_OK;
}

static enum err read_body(const struct json *body, struct arena *arena, struct fact *fact, const char **why)
{
    struct reading reading = {.arena = arena, .why = why};
    if (body->kind != JSON_KIND_OBJECT) {
        *why = arena_printf(arena, "body: %s, expected an object", value_shown(body, arena));
        return ERR_INPUT;
    }
    enum err err = read_record(&reading, "body", fact_record(fact->kind), body, fact);
    return err ? err : fact_check(fact, arena, why);
}

static const char *kind_names(struct arena *arena)
{
    const char *text = fact_kind_name(0);
    for (int kind = 1; kind < FACT_KIND_COUNT; kind++)
        text = arena_printf(arena, "%s, %s", text, fact_kind_name((enum fact_kind)kind));
    return text;
}

/* The five members around the body; *body is set when all are there and of their type. */
static enum err read_envelope(const struct json *root, struct arena *arena, struct fact *fact, const struct json **body, const char **why)
{
    static const struct {
        const char *name;
        enum json_kind kind;
    } members[] = {{"source", JSON_KIND_TEXT}, {"kind", JSON_KIND_TEXT}, {"key", JSON_KIND_TEXT}, {"version", JSON_KIND_INTEGER}, {"body", JSON_KIND_OBJECT}};
    enum { COUNT = sizeof members / sizeof *members };
    const struct json *found[COUNT];
    if (root->kind != JSON_KIND_OBJECT) {
        *why = arena_printf(arena, "%s, expected an object with source, kind, key, version and body", value_shown(root, arena));
        return ERR_INPUT;
    }
    for (size_t i = 0; i < root->child_count; i++) {
        bool known = false;
        for (int m = 0; m < COUNT && !known; m++)
            known = bytes_equal_text(root->children[i].name, members[m].name);
        if (!known) {
            *why = arena_printf(arena, "unknown member %s, expected source, kind, key, version, body", text_shown(root->children[i].name, arena));
            return ERR_INPUT;
        }
    }
    for (int m = 0; m < COUNT; m++) {
        found[m] = json_member(root, members[m].name);
        if (!found[m] || found[m]->kind != members[m].kind) {
            *why = arena_printf(arena, "%s: %s, expected %s", members[m].name, found[m] ? value_shown(found[m], arena) : "missing",
                                json_kind_text(members[m].kind));
            return ERR_INPUT;
        }
    }
    enum fact_kind kind = fact_kind_from_name(found[1]->text);
    if (kind == FACT_KIND_COUNT) {
        *why = arena_printf(arena, "kind: %s, expected one of %s", text_shown(found[1]->text, arena), kind_names(arena));
        return ERR_INPUT;
    }
    *fact = fact_blank(kind);
    fact->source = found[0]->text;
    fact->key = found[2]->text;
    fact->version = found[3]->integer;
    *body = found[4];
    return ERR_OK;
}

enum err fact_json_read(struct bytes line, struct arena *arena, struct fact *fact, const char **why)
{
    if (line.len > FACT_LINE_BYTES_MAX) {
        *why = arena_printf(arena, "a line of %zu bytes, expected at most %d", line.len, FACT_LINE_BYTES_MAX);
        return ERR_INPUT;
    }
    const struct json *body, *root = json_read(line, arena, why);
    if (!root)
        return ERR_INPUT;
    enum err err = read_envelope(root, arena, fact, &body, why);
    return err ? err : read_body(body, arena, fact, why);
}

static void blank_body(struct fact *fact)
{
    struct fact blank = fact_blank(fact->kind);
    blank.source = fact->source;
    blank.key = fact->key;
    blank.version = fact->version;
    *fact = blank;
}

enum err fact_json_read_body(struct bytes body, struct arena *arena, struct fact *fact, const char **why)
{
    blank_body(fact);
    return fact_json_read_blank(body, arena, fact, why);
}

enum err fact_json_read_blank(struct bytes body, struct arena *arena, struct fact *fact, const char **why)
{
    if (fact_json_take_body(body, arena, fact))
        return fact_check(fact, arena, why);
    const struct json *root = json_read(body, arena, why);
    if (!root)
        return ERR_INPUT;
    blank_body(fact);
    return read_body(root, arena, fact, why);
}
