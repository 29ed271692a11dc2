#include "base/csv.h"

void csv_begin(struct csv *csv, struct bytes text, struct arena *arena)
{
    static const char mark[] = "\xef\xbb\xbf";
    *csv = (struct csv){.rest = text, .arena = arena, .next_line = 1, .line = 1};
    if (text.len >= 3 && memcmp(text.data, mark, 3) == 0)
        csv->rest = bytes_of(text.data + 3, text.len - 3);
}

static void skip(struct csv *csv, size_t len)
{
    csv->rest.data += len;
    csv->rest.len -= len;
}

/* 0: none here; else its bytes. */
static size_t line_end(const struct csv *csv)
{
    const uint8_t *at = csv->rest.data;
    if (csv->rest.len >= 1 && at[0] == '\n')
        return 1;
    return csv->rest.len >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static bool refuse(struct csv *csv, int line, const char *why)
{
    csv->line = line;
    csv->why = why;
    return false;
}

/* The rest begins behind the opening quote. */
static bool take_quoted(struct csv *csv, struct bytes *field)
{
    int opened = csv->next_line;
    struct buffer text = {0};
    bool closed = false;
    while (csv->rest.len && !closed) {
        uint8_t c = *csv->rest.data;
        bool doubled = c == '"' && csv->rest.len >= 2 && csv->rest.data[1] == '"';
        closed = c == '"' && !doubled;
        if (!closed)
            buffer_append_char(&text, (char)c);
        csv->next_line += c == '\n';
        skip(csv, doubled ? 2 : 1);
    }
    *field = text.len ? arena_copy(csv->arena, buffer_bytes(&text)) : BYTES_LITERAL("");
    buffer_free(&text);
    if (!closed)
        return refuse(csv, opened, "a quoted field without its closing quote");
    if (csv->rest.len && *csv->rest.data != ',' && !line_end(csv))
        return refuse(csv, csv->next_line, "text behind a closing quote, expected a comma or the line's end");
    return true;
}

static bool take_plain(struct csv *csv, struct bytes *field)
{
    size_t len = 0;
    const uint8_t *at = csv->rest.data;
    while (len < csv->rest.len && at[len] != ',' && at[len] != '\n' &&
           !(at[len] == '\r' && len + 1 < csv->rest.len && at[len + 1] == '\n')) {
        if (at[len] == '"')
            return refuse(csv, csv->next_line, "a quote inside a field that does not begin with one");
        if (at[len] == '\r')
            return refuse(csv, csv->next_line, "a carriage return without a line feed");
        len++;
    }
    *field = len ? bytes_of(at, len) : BYTES_LITERAL("");
    skip(csv, len);
    return true;
}

static bool take_record(struct csv *csv)
{
    for (;;) {
        if (csv->field_count == CSV_FIELDS_MAX)
            return refuse(csv, csv->next_line, "more than 64 fields");
        struct bytes *field = &csv->fields[csv->field_count++];
        bool quoted = csv->rest.len && *csv->rest.data == '"';
        if (quoted)
            skip(csv, 1);
        if (!(quoted ? take_quoted(csv, field) : take_plain(csv, field)))
            return false;
        if (!csv->rest.len || *csv->rest.data != ',')
            return true;
        skip(csv, 1);
    }
}

bool csv_next(struct csv *csv)
{
    size_t ended;
    csv->field_count = 0;
    if (csv->why)
        return false;
    while ((ended = line_end(csv)) > 0) {
        skip(csv, ended);
        csv->next_line++;
    }
    csv->line = csv->next_line;
    if (!csv->rest.len || !take_record(csv))
        return false;
    ended = line_end(csv);
    skip(csv, ended);
    csv->next_line += ended > 0;
    return true;
}
