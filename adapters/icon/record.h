/*
 * adapters/icon/record.h - a row of ICON, typed, with its column map beside it.
 *
 * A record asks for fields by our words; a field that the map leaves out is like NULL.  Its texts lie
 * in the arena of the poll that read it.
 */
#ifndef ADAPTERS_ICON_RECORD_H
#define ADAPTERS_ICON_RECORD_H

#include "adapters/icon/columns.h"

struct icon_record {
    enum icon_table table;
    const struct icon_columns *columns;
    struct odbc_value *values; /* in the columns' order */
};

/* Versions of rows that were updated begin here, above every insert number (sources' rule: an update is
 * newer than its insert, whatever the two counters are). */
#define ICON_VERSION_UPDATED ((int64_t)1 << 62)
/* Numbers above this are none that a counter gives. */
#define ICON_NUMBER_MAX (((int64_t)1 << 61) - 1)

/* Copies values, and their texts, into arena. */
struct icon_record icon_record_copy(enum icon_table table, const struct icon_columns *columns,
                                    const struct odbc_value *values, struct arena *arena);

struct odbc_value icon_record_value(const struct icon_record *record, enum icon_field field);
/* The integer or instant; otherwise when it is NULL or left out. */
int64_t icon_record_integer(const struct icon_record *record, enum icon_field field, int64_t otherwise);
/* Insert and update number; 0 when NULL. */
int64_t icon_record_seq(const struct icon_record *record);
int64_t icon_record_useq(const struct icon_record *record);
/* -1 when the row has no number, or one that is none. */
int64_t icon_record_version(const struct icon_record *record);

/* The row as one JSON object, by the columns' names at the site: what is kept of a row that is refused.
 * Names of persons are left out unless clear. */
void icon_record_write(const struct icon_record *record, bool clear_names, struct buffer *out);

#endif
