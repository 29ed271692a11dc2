/*
 * server/cli/table.h - columns that stand under each other.
 *
 * Cells are added one by one, row after row; the last column is not padded.  Widths count characters,
 * not bytes.  Control characters of a cell are shown as "?", so that data cannot move the cursor.
 * Thread: one.  Owner: the command.
 */
#ifndef SERVER_CLI_TABLE_H
#define SERVER_CLI_TABLE_H

#include "base/bytes.h"
#include "base/instant.h"

#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
    size_t column_count;
    bool right[TABLE_COLUMNS_MAX]; /* numbers */
    struct buffer cells;           /* each with a zero byte behind it */
    size_t cell_count;
};

/* heads: a name per column, with ">" before it when it is aligned to the right; NULL ends them. */
void table_begin(struct table *table, const char *const *heads);
void table_add(struct table *table, struct bytes cell);
__attribute__((format(printf, 2, 3))) void table_printf(struct table *table, const char *format, ...);
/* A number, "-" below 0. */
void table_number(struct table *table, int64_t value);
/* An instant as "2026-11-23 10:41:07", "-" when there is none; with milliseconds or only the time of day. */
enum table_time { TABLE_TIME_FULL, TABLE_TIME_MINUTE, TABLE_TIME_OF_DAY };
void table_instant(struct table *table, instant at, enum table_time how);
/* Text of others on a line of its own: control characters are shown as "?". */
void table_print_line(const char *name, struct bytes text, FILE *to);
/* Prints and frees. */
void table_end(struct table *table, FILE *to);

#endif
