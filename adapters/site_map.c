#include "adapters/site_map.h"

#include "base/limits.h"

#include <strings.h>

enum { IDENTIFIER_BYTES_MAX = 128 };

static bool refuse(struct site_reader *reader, int line, int column, const char *what)
{
    if (!reader->why)
        reader->why = arena_printf(reader->arena, "line %d, column %d: %s", line, column, what);
    return false;
}

bool site_refuse_value(struct site_reader *reader, const struct yaml *value, const char *expected)
{
    return refuse(reader, value->line, value->column,
                  arena_printf(reader->arena, "\"%.*s\" of %s: expected %s", (int)value->text.len,
                               value->text.data ? (const char *)value->text.data : "",
                               bytes_present(value->name) ? arena_text(reader->arena, value->name) : "a list", expected));
}

bool site_refuse_name(struct site_reader *reader, const struct yaml *value, const char *expected)
{
    return refuse(reader, value->name_line, value->name_column,
                  arena_printf(reader->arena, "\"%s\" is unknown: expected %s", arena_text(reader->arena, value->name), expected));
}

bool site_need(struct site_reader *reader, const struct yaml *value, enum yaml_kind kind)
{
    return value->kind == kind || site_refuse_value(reader, value, kind == YAML_KIND_MAP ? "a map" : kind == YAML_KIND_LIST ? "a list" : "a text");
}

bool site_read_identifier(struct site_reader *reader, const struct yaml *value, const char **out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$#.";
    if (value->kind != YAML_KIND_SCALAR)
        return site_refuse_value(reader, value, "a name or ~");
    *out = NULL;
    if (yaml_is_null(value))
        return true;
    char *text = arena_text(reader->arena, value->text);
    if (value->text.len == 0 || value->text.len > IDENTIFIER_BYTES_MAX || strspn(text, plain) != value->text.len)
        return site_refuse_value(reader, value, "a plain identifier of A-Z a-z 0-9 _ $ # . and at most 128 characters, or ~");
    *out = text;
    return true;
}

bool site_read_texts(struct site_reader *reader, const struct yaml *value, struct bytes **texts, size_t *count)
{
    if (!site_need(reader, value, YAML_KIND_LIST))
        return false;
    *texts = arena_alloc(reader->arena, (value->child_count + 1) * sizeof **texts);
    *count = value->child_count;
    for (size_t i = 0; i < value->child_count; i++) {
        if (value->children[i].kind != YAML_KIND_SCALAR || value->children[i].text.len > NAME_BYTES_MAX)
            return site_refuse_value(reader, &value->children[i], "a text of at most 1020 bytes");
        (*texts)[i] = value->children[i].text;
    }
    return true;
}

/* --- codes --------------------------------------------------------------------------------------- */

int site_word_find(const struct site_word *words, size_t count, int kind, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].kind == kind && bytes_equal_text(name, words[i].name))
            return words[i].meaning;
    return 0;
}

int site_code_find(const struct site_codes *codes, int64_t code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (codes->list[i].code == code)
            return codes->list[i].meaning;
    return 0;
}

static bool read_code_list(struct site_reader *reader, const struct yaml *value, int meaning, struct site_codes *codes)
{
    if (value->kind != YAML_KIND_LIST)
        return site_refuse_value(reader, value, "a list of numbers");
    for (size_t i = 0; i < value->child_count; i++) {
        int64_t code;
        if (!yaml_integer(&value->children[i], &code))
            return site_refuse_value(reader, &value->children[i], "a number");
        if (site_code_find(codes, code))
            return site_refuse_value(reader, &value->children[i], "each code once");
        codes->list[codes->count++] = (struct site_code){code, meaning};
    }
    return true;
}

bool site_read_codes(struct site_reader *reader, const struct yaml *value, const struct site_word *words, size_t count, int kind,
                     struct site_codes *codes)
{
    size_t room = codes->count;
    unsigned replaced = 0;
    if (!site_need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++)
        room += value->children[i].child_count;
    struct site_codes all = {.list = arena_alloc(reader->arena, (room + 1) * sizeof *all.list)};
    for (size_t i = 0; i < value->child_count; i++) {
        int meaning = site_word_find(words, count, kind, value->children[i].name);
        if (!meaning)
            return site_refuse_name(reader, &value->children[i], "a meaning that the shipped map has there");
        if (!read_code_list(reader, &value->children[i], meaning, &all))
            return false;
        replaced |= 1u << meaning;
    }
    for (size_t i = 0; i < codes->count; i++)
        if (!(replaced >> codes->list[i].meaning & 1))
            all.list[all.count++] = codes->list[i];
    *codes = all;
    return true;
}

/* --- options ------------------------------------------------------------------------------------- */

const char *site_option_name(enum site_option_kind option)
{
    static const char *const names[OPTION_COUNT] = {"wfm", "has_backup", "mailbox", "ivr_port"};
    return names[option];
}

bool site_option_is_yes(const struct site_option *option, struct bytes value)
{
    for (size_t i = 0; i < option->yes_count; i++)
        if (option->yes[i].len == value.len &&
            (value.len == 0 || strncasecmp((const char *)option->yes[i].data, (const char *)value.data, value.len) == 0))
            return true;
    return option->yes_count == 0;
}

static bool read_option_of(struct site_reader *reader, const struct yaml *value, struct site_option *option)
{
    const struct yaml *one = value->kind == YAML_KIND_LIST ? value->children : value;
    size_t count = value->kind == YAML_KIND_LIST ? value->child_count : 1;
    option->of = 0;
    for (size_t i = 0; i < count; i++) {
        enum object_type type = one[i].kind == YAML_KIND_SCALAR ? object_type_from_name(one[i].text) : OBJECT_NONE;
        if (type == OBJECT_NONE)
            return site_refuse_value(reader, &one[i], "a type of object: person, switch, login, …");
        option->of |= 1u << type;
    }
    return true;
}

static bool read_option_path(struct site_reader *reader, const struct yaml *value, struct site_option *option)
{
    const uint8_t *slash = value->text.len ? memchr(value->text.data, '/', value->text.len) : NULL;
    if (!slash || slash == value->text.data || slash + 1 == value->text.data + value->text.len)
        return site_refuse_value(reader, value, "SECTION/KEY");
    option->section = bytes_of(value->text.data, (size_t)(slash - value->text.data));
    option->key = bytes_of(slash + 1, value->text.len - option->section.len - 1);
    return true;
}

static bool read_option(struct site_reader *reader, const struct yaml *value, struct site_option *option)
{
    if (value->kind == YAML_KIND_SCALAR && yaml_is_null(value)) {
        *option = (struct site_option){0};
        return true;
    }
    if (!site_need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *member = &value->children[i];
        bool good = bytes_equal_text(member->name, "of")       ? read_option_of(reader, member, option)
                    : bytes_equal_text(member->name, "yes")    ? site_read_texts(reader, member, &option->yes, &option->yes_count)
                    : bytes_equal_text(member->name, "option") ? read_option_path(reader, member, option)
                                                               : site_refuse_name(reader, member, "of, option or yes");
        if (!good)
            return false;
    }
    return (option->of && bytes_present(option->section)) || site_refuse_value(reader, value, "of: and option: together");
}

bool site_read_options(struct site_reader *reader, const struct yaml *value, struct site_option options[OPTION_COUNT])
{
    if (!site_need(reader, value, YAML_KIND_MAP))
        return false;
    for (size_t i = 0; i < value->child_count; i++) {
        enum site_option_kind kind = 0;
        while (kind < OPTION_COUNT && !bytes_equal_text(value->children[i].name, site_option_name(kind)))
            kind++;
        if (kind == OPTION_COUNT)
            return site_refuse_name(reader, &value->children[i], "wfm, has_backup, mailbox or ivr_port");
        if (!read_option(reader, &value->children[i], &options[kind]))
            return false;
    }
    return true;
}
