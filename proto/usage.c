#include "proto/usage.h"

#include "base/check.h"

#include <assert.h>

static const char *const scope_names[SCOPE_KIND_COUNT] = {"system", "tenant", "agent-group", "place-group"};
static const char *const profile_names[PROFILE_COUNT] = {"exact", "lrm", "person", "sustained"};
static const char *const granularity_names[GRANULARITY_COUNT] = {"10m", "hour", "day", "week", "month"};
static const char *const status_names[STATUS_COUNT] = {"open", "provisional", "closed", "final"};

static int find(const char *const *names, int count, struct bytes name)
{
    int i = 0;
    while (i < count && !bytes_equal_text(name, names[i]))
        i++;
    return i;
}

const char *scope_kind_name(enum scope_kind scope)
{
    check((unsigned)scope < SCOPE_KIND_COUNT);
    return scope_names[scope];
}

enum scope_kind scope_kind_from_name(struct bytes name)
{
    return (enum scope_kind)find(scope_names, SCOPE_KIND_COUNT, name);
}

const char *profile_name(enum profile profile)
{
    check((unsigned)profile < PROFILE_COUNT);
    return profile_names[profile];
}

enum profile profile_from_name(struct bytes name)
{
    return (enum profile)find(profile_names, PROFILE_COUNT, name);
}

const char *granularity_name(enum granularity granularity)
{
    check((unsigned)granularity < GRANULARITY_COUNT);
    return granularity_names[granularity];
}

enum granularity granularity_from_name(struct bytes name)
{
    return (enum granularity)find(granularity_names, GRANULARITY_COUNT, name);
}

const char *row_status_name(enum row_status status)
{
    check((unsigned)status < STATUS_COUNT);
    return status_names[status];
}

/* How a column is written.  The columns stand once, in contract.md's order, for JSON and CSV alike. */
enum column_type { COLUMN_WORD, COLUMN_TEXT, COLUMN_INTEGER, COLUMN_INSTANT, COLUMN_FRACTION };

struct value {
    const char *name;
    enum column_type type;
    const char *word;
    struct bytes text;
    int64_t integer;
    int places;
};

enum { COLUMN_COUNT = 22, SECONDS_PLACES = 3, PPM_PLACES = 6 };

static void row_values(const struct usage_row *row, struct value values[COLUMN_COUNT])
{
    const struct value all[] = {
        {"scope", COLUMN_WORD, .word = scope_kind_name(row->scope)},
        {"id", COLUMN_INTEGER, .integer = row->id},
        {"name", COLUMN_TEXT, .text = row->name},
        {"item", COLUMN_TEXT, .text = row->item},
        {"profile", COLUMN_WORD, .word = profile_name(row->profile)},
        {"granularity", COLUMN_WORD, .word = granularity_name(row->granularity)},
        {"zone", COLUMN_TEXT, .text = row->zone},
        {"start", COLUMN_INSTANT, .integer = row->start},
        {"end", COLUMN_INSTANT, .integer = row->end},
        {"peak", COLUMN_INTEGER, .integer = row->peak},
        {"peak_at", COLUMN_INSTANT, .integer = row->peak_at},
        {"enabled", COLUMN_INTEGER, .integer = row->enabled},
        {"enabled_at", COLUMN_INSTANT, .integer = row->enabled_at},
        {"named", COLUMN_INTEGER, .integer = row->named},
        {"seat_seconds", COLUMN_FRACTION, .integer = row->seat_ms, .places = SECONDS_PLACES},
        {"entitled", COLUMN_INTEGER, .integer = row->entitled},
        {"burst", COLUMN_INTEGER, .integer = row->burst},
        {"over", COLUMN_INTEGER, .integer = row->over},
        {"over_burst", COLUMN_INTEGER, .integer = row->over_burst},
        {"coverage", COLUMN_FRACTION, .integer = row->coverage_ppm, .places = PPM_PLACES},
        {"status", COLUMN_WORD, .word = row_status_name(row->status)},
        {"revision", COLUMN_INTEGER, .integer = row->revision},
    };
    static_assert(sizeof all / sizeof *all == COLUMN_COUNT, "one value a column");
    memcpy(values, all, sizeof all);
}

static bool value_known(const struct value *value)
{
    switch (value->type) {
    case COLUMN_WORD:
        return true;
    case COLUMN_TEXT:
        return bytes_present(value->text);
    case COLUMN_INSTANT:
        return value->integer != INSTANT_NONE && value->integer != INSTANT_NEVER;
    default:
        return value->integer >= 0;
    }
}

static void write_value(const struct value *value, struct json_writer *writer)
{
    switch (value->type) {
    case COLUMN_WORD:
        json_write_text_c(writer, value->word);
        break;
    case COLUMN_TEXT:
        json_write_text(writer, value->text);
        break;
    case COLUMN_INTEGER:
        json_write_integer(writer, value->integer);
        break;
    case COLUMN_INSTANT:
        json_write_instant(writer, value->integer);
        break;
    case COLUMN_FRACTION:
        json_write_fraction(writer, value->integer, value->places);
        break;
    }
}

void usage_write_json(const struct usage_row *row, struct json_writer *writer)
{
    struct value values[COLUMN_COUNT];
    row_values(row, values);
    json_write_open_object(writer);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        json_write_name(writer, values[i].name);
        if (value_known(&values[i]))
            write_value(&values[i], writer);
        else
            json_write_null(writer);
    }
    json_write_close_object(writer);
}

void usage_write_csv_head(struct buffer *out)
{
    const struct usage_row blank = {0};
    struct value values[COLUMN_COUNT];
    row_values(&blank, values);
    for (int i = 0; i < COLUMN_COUNT; i++)
        buffer_printf(out, "%s%s", i ? "," : "", values[i].name);
    buffer_append_text(out, "\r\n");
}

static void csv_text(struct bytes text, struct buffer *out)
{
    bool quote = false;
    for (size_t i = 0; i < text.len && !quote; i++)
        quote = text.data[i] && strchr(",\"\r\n", text.data[i]);
    if (!quote) {
        buffer_append_bytes(out, text);
        return;
    }
    buffer_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            buffer_append_char(out, '"');
        buffer_append_char(out, (char)text.data[i]);
    }
    buffer_append_char(out, '"');
}

void usage_write_csv(const struct usage_row *row, struct buffer *out)
{
    struct value values[COLUMN_COUNT];
    char at[INSTANT_TEXT_SIZE];
    row_values(row, values);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        struct json_writer number = {.out = out};
        if (i)
            buffer_append_char(out, ',');
        if (!value_known(&values[i]))
            continue;
        if (values[i].type == COLUMN_WORD)
            buffer_append_text(out, values[i].word);
        else if (values[i].type == COLUMN_TEXT)
            csv_text(values[i].text, out);
        else if (values[i].type == COLUMN_INSTANT)
            buffer_append_text(out, instant_format(values[i].integer, at));
        else
            write_value(&values[i], &number);
    }
    buffer_append_text(out, "\r\n");
}

static const char *const weekdays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

const char *weekday_name(int weekday)
{
    return weekdays[weekday];
}

int weekday_from_name(struct bytes name)
{
    for (int i = 0; i < 7; i++)
        if (bytes_equal_text(name, weekdays[i]))
            return i;
    return -1;
}
