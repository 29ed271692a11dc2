#include "server/api/target.h"

#include <ctype.h>

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes into arena; absent when an escape is broken or the outcome is no text. */
static struct bytes unescape(struct bytes raw, bool plus_is_space, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        uint8_t c = raw.data[i];
        if (c == '%') {
            bool whole = i + 2 < raw.len;
            int high = whole ? hex_value(raw.data[i + 1]) : -1;
            int low = whole ? hex_value(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return BYTES_NONE;
            c = (uint8_t)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[len++] = c;
    }
    struct bytes text = bytes_of(out, len);
    return bytes_are_utf8(text) ? text : BYTES_NONE;
}

static enum err add_parameter(struct bytes raw, struct arena *arena, struct target *target, const char **why)
{
    const uint8_t *equals = raw.len ? memchr(raw.data, '=', raw.len) : NULL;
    size_t name_len = equals ? (size_t)(equals - raw.data) : raw.len;
    struct bytes name = unescape(bytes_of(raw.data, name_len), true, arena);
    struct bytes value = equals ? unescape(bytes_of(equals + 1, raw.len - name_len - 1), true, arena) : BYTES_LITERAL("");
    if (!bytes_present(name) || !bytes_present(value)) {
        *why = arena_printf(arena, "The parameter \"%.*s\" holds a broken escape or bytes that are no UTF-8.", (int)name_len,
                            (const char *)raw.data);
        /* what is shown must be text itself */
        if (!bytes_are_utf8(bytes_from_text(*why)))
            *why = "A parameter holds a broken escape or bytes that are no UTF-8.";
        return ERR_INPUT;
    }
    for (size_t i = 0; i < target->parameter_count; i++)
        if (bytes_equal(target->parameters[i].name, name)) {
            *why = arena_printf(arena, "The parameter \"%.*s\" stands twice; each may stand once.", (int)name.len,
                                (const char *)name.data);
            return ERR_INPUT;
        }
    if (target->parameter_count == TARGET_PARAMETERS_MAX) {
        *why = arena_printf(arena, "More than %d parameters.", TARGET_PARAMETERS_MAX);
        return ERR_INPUT;
    }
    target->parameters[target->parameter_count++] = (struct parameter){name, value};
    return ERR_OK;
}

enum err target_parse(struct bytes raw, struct arena *arena, struct target *target, const char **why)
{
    *target = (struct target){0};
    const uint8_t *question = raw.len ? memchr(raw.data, '?', raw.len) : NULL;
    size_t path_len = question ? (size_t)(question - raw.data) : raw.len;
    target->path = unescape(bytes_of(raw.data, path_len), false, arena);
    if (!bytes_present(target->path)) {
        *why = "The path holds a broken escape or bytes that are no UTF-8.";
        return ERR_INPUT;
    }
    struct bytes rest = question ? bytes_of(question + 1, raw.len - path_len - 1) : BYTES_LITERAL("");
    while (rest.len) {
        const uint8_t *and = memchr(rest.data, '&', rest.len);
        size_t len = and ? (size_t)(and - rest.data) : rest.len;
        if (len) {
            enum err err = add_parameter(bytes_of(rest.data, len), arena, target, why);
            if (err)
                return err;
        }
        rest = and ? bytes_of(and + 1, rest.len - len - 1) : BYTES_LITERAL("");
    }
    return ERR_OK;
}

struct bytes target_parameter(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->parameter_count; i++)
        if (bytes_equal_text(target->parameters[i].name, name))
            return target->parameters[i].value;
    return BYTES_NONE;
}

void target_escape(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
            buffer_append_char(out, (char)c);
        else
            buffer_printf(out, "%%%02X", c);
    }
}
