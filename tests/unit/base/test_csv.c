/* RFC 4180, and what is none, with its line. */
#include "base/csv.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* "1:a|b;3:c;" and after a fault "!4:why" */
static const char *read_all(const char *text, struct arena *arena)
{
    struct csv *csv = arena_alloc(arena, sizeof *csv);
    const char *shown = "";
    csv_begin(csv, bytes_from_text(text), arena);
    while (csv_next(csv)) {
        shown = arena_printf(arena, "%s%d:", shown, csv->line);
        for (size_t i = 0; i < csv->field_count; i++)
            shown = arena_printf(arena, "%s%s%s", shown, i ? "|" : "", arena_text(arena, csv->fields[i]));
        shown = arena_printf(arena, "%s;", shown);
    }
    cr_expect(!csv_next(csv), "the end is the end");
    return csv->why ? arena_printf(arena, "%s!%d:%s", shown, csv->line, csv->why) : shown;
}

Test(csv, records_and_faults)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", ""},
        {"\n\r\n", ""},
        {"a", "1:a;"},
        {"a,b\r\nc,d\r\n", "1:a|b;2:c|d;"},
        {"a,b\nc,d", "1:a|b;2:c|d;"},
        {"\xef\xbb\xbf" "a,b\n", "1:a|b;"},
        {",\n,,", "1:|;2:||;"},
        {"a, b ,c\n", "1:a| b |c;"},
        {"\"a\",\"b,c\",\"d\"\"e\",\"\"\n", "1:a|b,c|d\"e|;"},
        {"\"a\nb\r\nc\",d\ne\n", "1:a\nb\r\nc|d;4:e;"},
        {"a\n\nb\n", "1:a;3:b;"},
        {"a\n\"b", "1:a;!2:a quoted field without its closing quote"},
        {"a\n\"b\nc\n", "1:a;!2:a quoted field without its closing quote"},
        {"\"a\nb\"c\n", "!2:text behind a closing quote, expected a comma or the line's end"},
        {"a,b\"c\n", "!1:a quote inside a field that does not begin with one"},
        {"a\rb\n", "!1:a carriage return without a line feed"},
        {"a,b\r", "!1:a carriage return without a line feed"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(read_all(rows[i].text, arena), rows[i].says);
    struct buffer many = {0};
    for (int i = 0; i < CSV_FIELDS_MAX; i++)
        buffer_append_char(&many, ',');
    cr_expect_str_eq(read_all(buffer_text(&many), arena), "!1:more than 64 fields");
    buffer_free(&many);
    printf("%zu texts\n", sizeof rows / sizeof *rows + 1);
    arena_destroy(arena);
}
