/*
 * base/csv.h - comma-separated values as RFC 4180 has them, a record at a time.
 *
 * Fields stand between commas; one with a comma, a quote or a line end in it stands in quotes, a quote in it is
 * written twice.  Lines end with CRLF or LF; an empty line is no record; a byte order mark at the start is read over.
 * Blanks belong to a field.  A fault ends the reading, since what follows it cannot be told apart any more.
 *
 * Thread: the owner's.  Fields live in the arena, or in the text itself.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/bytes.h"
#include "base/memory.h"

enum { CSV_FIELDS_MAX = 64 };

struct csv {
    struct bytes rest;
    struct arena *arena;
    int next_line;
    int line; /* where the last record began, or where the fault is; from 1 */
    struct bytes fields[CSV_FIELDS_MAX];
    size_t field_count;
    const char *why; /* of a fault: a sentence, static */
};

void csv_begin(struct csv *csv, struct bytes text, struct arena *arena);
/* True: a record is in fields.  False: the end, or a fault when why is set. */
bool csv_next(struct csv *csv);

#endif
