#include "server/cli/table.h"

#include "base/check.h"

#include <inttypes.h>

void table_begin(struct table *table, const char *const *heads)
{
    *table = (struct table){0};
    for (; heads[table->column_count]; table->column_count++) {
        check(table->column_count < TABLE_COLUMNS_MAX);
        table->right[table->column_count] = heads[table->column_count][0] == '>';
    }
    for (size_t i = 0; i < table->column_count; i++)
        table_add(table, bytes_from_text(heads[i] + table->right[i]));
}

void table_add(struct table *table, struct bytes cell)
{
    for (size_t i = 0; i < cell.len; i++)
        buffer_append_char(&table->cells, cell.data[i] < 0x20 || cell.data[i] == 0x7f ? '?' : (char)cell.data[i]);
    buffer_append_char(&table->cells, 0);
    table->cell_count++;
}

void table_printf(struct table *table, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    table_add(table, buffer_bytes(&text));
    buffer_free(&text);
}

void table_number(struct table *table, int64_t value)
{
    if (value < 0)
        table_printf(table, "-");
    else
        table_printf(table, "%" PRId64, value);
}

void table_instant(struct table *table, instant at, enum table_time how)
{
    char text[INSTANT_TEXT_SIZE];
    if (at == INSTANT_NONE || at == INSTANT_NEVER) {
        table_printf(table, "-");
        return;
    }
    instant_format(at, text);
    if (how == TABLE_TIME_OF_DAY)
        table_printf(table, "%.8s", text + 11);
    else
        table_printf(table, "%.10s %.*s", text, how == TABLE_TIME_FULL ? 12 : 5, text + 11);
}

void table_print_line(const char *name, struct bytes text, FILE *to)
{
    fprintf(to, "%-16s", name);
    for (size_t i = 0; i < text.len; i++)
        fputc(text.data[i] < 0x20 || text.data[i] == 0x7f ? '?' : text.data[i], to);
    fputc('\n', to);
}

static size_t width_of(const char *cell)
{
    size_t width = 0;
    for (; *cell; cell++)
        width += ((unsigned char)*cell & 0xc0) != 0x80; /* not a byte that goes on */
    return width;
}

void table_end(struct table *table, FILE *to)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    const char *cell = (const char *)table->cells.data;
    check(table->cell_count % table->column_count == 0);
    for (size_t i = 0; i < table->cell_count; i++, cell += strlen(cell) + 1)
        if (width_of(cell) > widths[i % table->column_count])
            widths[i % table->column_count] = width_of(cell);
    cell = (const char *)table->cells.data;
    for (size_t i = 0; i < table->cell_count; i++, cell += strlen(cell) + 1) {
        size_t column = i % table->column_count;
        bool last = column + 1 == table->column_count;
        int pad = (int)(widths[column] - width_of(cell));
        if (table->right[column])
            fprintf(to, "%*s%s", pad, "", cell);
        else
            fprintf(to, "%s%*s", cell, last ? 0 : pad, "");
        fputs(last ? "\n" : "  ", to);
    }
    buffer_free(&table->cells);
}
