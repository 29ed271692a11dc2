/*
 * base/json.h - the one door to jansson, and a writer.
 *
 * Reading gives an immutable tree in the caller's arena.  Duplicate members are refused; integers are
 * 64 bits; the message of a failure says what was found and where (line, column).
 *
 * Writing appends to a buffer; the writer puts the commas.  json_write_text escapes as RFC 8785
 * does, so a writer that gives its members in order writes canonical JSON.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/bytes.h"
#include "base/memory.h"

enum json_kind { JSON_KIND_NULL, JSON_KIND_BOOL, JSON_KIND_INTEGER, JSON_KIND_DECIMAL, JSON_KIND_TEXT, JSON_KIND_LIST, JSON_KIND_OBJECT };

struct json {
    enum json_kind kind;
    struct bytes name;     /* of a member; absent elsewhere */
    bool boolean;
    int64_t integer;
    double decimal;
    struct bytes text;
    struct json *children; /* of a list or an object, in the order of the text */
    size_t child_count;
};

/* NULL when text is no JSON value; then *why is a sentence in arena.  Nesting is limited to 32. */
const struct json *json_read(struct bytes text, struct arena *arena, const char **why);
/* The member, or NULL. */
const struct json *json_member(const struct json *object, const char *name);
/* "an integer", "text", …: for messages. */
const char *json_kind_text(enum json_kind kind);

struct json_writer {
    struct buffer *out;
    bool comma;
};

void json_write_open_object(struct json_writer *writer);
void json_write_close_object(struct json_writer *writer);
void json_write_open_list(struct json_writer *writer);
void json_write_close_list(struct json_writer *writer);
void json_write_name(struct json_writer *writer, const char *name);
void json_write_null(struct json_writer *writer);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_integer(struct json_writer *writer, int64_t value);
/* value / 10^places without trailing zeros: 2458715 with 1 place is 245871.5. */
void json_write_fraction(struct json_writer *writer, int64_t value, int places);
void json_write_text(struct json_writer *writer, struct bytes text);
void json_write_text_c(struct json_writer *writer, const char *text);
/* An instant as text, null for INSTANT_NONE and INSTANT_NEVER. */
void json_write_instant(struct json_writer *writer, int64_t at);
/* Text that is JSON already. */
void json_write_raw(struct json_writer *writer, struct bytes json);

#endif
