/*
 * tests/support/icon_world_real.h - the world of icon_world.h in a real database: each writer is a session of it with a real
 * transaction held open, ICON's own account owns the tables, the reader only reads and is cut off by the server.
 *
 *   icon_real_open → icon_world_try(seed, map, icon_real_reader(), …), icon_real_wrong → … → icon_real_close
 *
 * Columns that go are renamed, those that change become texts, by ALTER TABLE.  What ICON says of itself is written before it is
 * read.  The program is linked with --wrap for odbc_run(): between two queries of the reader the writers go on.
 * A failure of the test's own sessions ends the program with its words.  Thread: one.
 */
#ifndef TESTS_SUPPORT_ICON_WORLD_REAL_H
#define TESTS_SUPPORT_ICON_WORLD_REAL_H

#include "adapters/odbc.h"

struct icon_real_options {
    const char *dsn, *reader, *writer, *admin; /* accounts: may SELECT; may write ICON's tables; may alter them and end sessions */
    const char *password_file;
    const struct icon_map *map;
};

void icon_real_open(const struct icon_real_options *options);
void icon_real_close(void);
struct odbc *icon_real_reader(void);
/* Empty tables, before a seed. */
void icon_real_clear(void);
/* The facts are the rows that are in the database, as a set and in every field: NULL, or the first difference, static.
 * *rows: how many were compared. */
const char *icon_real_wrong(uint64_t *rows);

#endif
