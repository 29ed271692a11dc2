/*
 * tests/system/icon_probe.c - a probe of an ICON database during which something happens, for icon_probe.sh.
 *
 *   icon_probe DSN READER WRITER PASSWORD_FILE SQL…   the report on stdout; between its two looks WRITER runs each SQL
 *
 * The shipped column map, a time to settle of 20 s.  Exit: as `seatmeter adapt icon --probe`: 0, 1 a fault was found, 3 away.
 */
#include "adapters/icon/probe.h"
#include "adapters/odbc.h"

#include <stdio.h>

struct meanwhile {
    struct odbc *writer;
    char **sql;
    int count;
};

static void happen(void *owner)
{
    struct meanwhile *meanwhile = owner;
    struct odbc_fault fault;
    for (int i = 0; i < meanwhile->count; i++)
        if (odbc_run(meanwhile->writer, &(struct odbc_query){.sql = meanwhile->sql[i]}, &fault))
            printf("the test's own statement failed: %s: %s\n", meanwhile->sql[i], fault.text);
}

static struct odbc *make(const char *dsn, const char *user, const char *password_file, bool writes)
{
    struct odbc_fault fault;
    struct odbc *odbc = odbc_create(&(struct odbc_options){.dsn = dsn, .user = user, .password_file = password_file, .timeout_seconds = 30,
                                                           .alone = true, .writes = writes});
    if (odbc_connect(odbc, &fault))
        printf("%s cannot connect: %s\n", user, fault.text);
    return odbc;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_create();
    const struct icon_map *map;
    const char *why;
    struct odbc_fault fault;
    if (argc < 5 || icon_map_read(BYTES_NONE, arena, &map, &why))
        return 2;
    struct odbc *reader = make(argv[1], argv[2], argv[4], false);
    struct meanwhile meanwhile = {make(argv[1], argv[3], argv[4], true), argv + 5, argc - 5};
    enum err err = icon_probe(&(struct probe_options){.name = "icon-a", .dsn = argv[1], .user = argv[2], .map = map, .odbc = reader, .settle_ms = 20000,
                                                      .out = stdout, .rest = happen, .owner = &meanwhile}, &fault);
    odbc_destroy(meanwhile.writer);
    odbc_destroy(reader);
    arena_destroy(arena);
    return !err ? 0 : err == ERR_INPUT ? 1 : 3;
}
