#include "base/json.h"

#include "base/check.h"
#include "base/instant.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { NESTING_MAX = 32 };

static bool convert(json_t *from, struct json *to, struct arena *arena, int depth)
{
    if (depth > NESTING_MAX)
        return false;
    switch (json_typeof(from)) {
    case JSON_NULL:
        to->kind = JSON_KIND_NULL;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = JSON_KIND_BOOL;
        to->boolean = json_is_true(from);
        break;
    case JSON_INTEGER:
        to->kind = JSON_KIND_INTEGER;
        to->integer = json_integer_value(from);
        break;
    case JSON_REAL:
        to->kind = JSON_KIND_DECIMAL;
        to->decimal = json_real_value(from);
        break;
    case JSON_STRING:
        to->kind = JSON_KIND_TEXT;
        to->text = arena_copy(arena, bytes_of(json_string_value(from), json_string_length(from)));
        break;
    case JSON_ARRAY: {
        to->kind = JSON_KIND_LIST;
        to->child_count = json_array_size(from);
        to->children = arena_alloc(arena, to->child_count * sizeof *to->children);
        for (size_t i = 0; i < to->child_count; i++)
            if (!convert(json_array_get(from, i), &to->children[i], arena, depth + 1))
                return false;
        break;
    }
    case JSON_OBJECT: {
        to->kind = JSON_KIND_OBJECT;
        to->child_count = json_object_size(from);
        to->children = arena_alloc(arena, to->child_count * sizeof *to->children);
        const char *name;
        json_t *value;
        size_t i = 0;
        json_object_foreach (from, name, value) {
            to->children[i].name = arena_copy(arena, bytes_from_text(name));
            if (!convert(value, &to->children[i++], arena, depth + 1))
                return false;
        }
        break;
    }
    }
    return true;
}

/* jansson names a duplicate member only when it is short; it always says where it stopped, which is
 * just behind the name's closing quote. */
static struct bytes duplicate_name(struct bytes text, int position)
{
    if (position < 2 || (size_t)position > text.len || text.data[position - 1] != '"')
        return BYTES_NONE;
    const uint8_t *end = text.data + position - 1, *start = end;
    while (start > text.data && !(start[-1] == '"' && (start - 1 == text.data || start[-2] != '\\')))
        start--;
    return bytes_of(start, (size_t)(end - start));
}

static const char *failure_text(struct bytes text, const json_error_t *error, struct arena *arena)
{
    if (json_error_code(error) == json_error_duplicate_key) {
        struct bytes name = duplicate_name(text, error->position);
        return arena_printf(arena, "the member \"%.*s\" stands here a second time (line %d, column %d)",
                            (int)(name.len < 100 ? name.len : 100), (const char *)name.data, error->line, error->column);
    }
    if (json_error_code(error) == json_error_numeric_overflow)
        return arena_printf(arena, "%s, expected a number of at most 2^63-1 (line %d, column %d)", error->text, error->line, error->column);
    return arena_printf(arena, "no JSON: %s (line %d, column %d)", error->text, error->line, error->column);
}

const struct json *json_read(struct bytes text, struct arena *arena, const char **why)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        *why = failure_text(text, &error, arena);
        return NULL;
    }
    struct json *tree = arena_alloc(arena, sizeof *tree);
    bool fits = convert(root, tree, arena, 0);
    json_decref(root);
    if (!fits) {
        *why = arena_printf(arena, "nested deeper than %d", NESTING_MAX);
        return NULL;
    }
    return tree;
}

const struct json *json_member(const struct json *object, const char *name)
{
    for (size_t i = 0; object && object->kind == JSON_KIND_OBJECT && i < object->child_count; i++)
        if (bytes_equal_text(object->children[i].name, name))
            return &object->children[i];
    return NULL;
}

const char *json_kind_text(enum json_kind kind)
{
    static const char *const texts[] = {"null", "true or false", "an integer", "a decimal number", "text", "a list", "an object"};
    return texts[kind];
}

static void separate(struct json_writer *writer)
{
    if (writer->comma)
        buffer_append_char(writer->out, ',');
    writer->comma = true;
}

void json_write_open_object(struct json_writer *writer)
{
    separate(writer);
    buffer_append_char(writer->out, '{');
    writer->comma = false;
}

void json_write_close_object(struct json_writer *writer)
{
    buffer_append_char(writer->out, '}');
    writer->comma = true;
}

void json_write_open_list(struct json_writer *writer)
{
    separate(writer);
    buffer_append_char(writer->out, '[');
    writer->comma = false;
}

void json_write_close_list(struct json_writer *writer)
{
    buffer_append_char(writer->out, ']');
    writer->comma = true;
}

void json_write_name(struct json_writer *writer, const char *name)
{
    json_write_text_c(writer, name);
    buffer_append_char(writer->out, ':');
    writer->comma = false;
}

void json_write_null(struct json_writer *writer)
{
    separate(writer);
    buffer_append_text(writer->out, "null");
}

void json_write_bool(struct json_writer *writer, bool value)
{
    separate(writer);
    buffer_append_text(writer->out, value ? "true" : "false");
}

void json_write_integer(struct json_writer *writer, int64_t value)
{
    separate(writer);
    buffer_printf(writer->out, "%" PRId64, value);
}

void json_write_fraction(struct json_writer *writer, int64_t value, int places)
{
    int64_t scale = 1;
    for (int i = 0; i < places; i++)
        scale *= 10;
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    separate(writer);
    buffer_printf(writer->out, "%s%" PRIu64, value < 0 ? "-" : "", size / (uint64_t)scale);
    uint64_t rest = size % (uint64_t)scale;
    if (rest == 0)
        return;
    for (; rest % 10 == 0; rest /= 10)
        places--;
    buffer_printf(writer->out, ".%0*" PRIu64, places, rest);
}

void json_write_text(struct json_writer *writer, struct bytes text)
{
    static const char shorts[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    size_t plain = 0; /* where the run of characters that stand for themselves begins */
    separate(writer);
    buffer_append_char(writer->out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(writer->out, text.data + plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\')
            buffer_printf(writer->out, "\\%c", c);
        else if (c < sizeof shorts && shorts[c])
            buffer_printf(writer->out, "\\%c", shorts[c]);
        else
            buffer_printf(writer->out, "\\u%04x", c);
    }
    buffer_append(writer->out, text.data + plain, text.len - plain);
    buffer_append_char(writer->out, '"');
}

void json_write_text_c(struct json_writer *writer, const char *text)
{
    json_write_text(writer, bytes_from_text(text));
}

void json_write_instant(struct json_writer *writer, int64_t at)
{
    char text[INSTANT_TEXT_SIZE];
    if (at == INSTANT_NONE || at == INSTANT_NEVER)
        json_write_null(writer);
    else
        json_write_text_c(writer, instant_format(at, text));
}

void json_write_raw(struct json_writer *writer, struct bytes json)
{
    separate(writer);
    buffer_append_bytes(writer->out, json);
}
