/*
 * tests/system/odbc_ways.c - reads the same rows in another system's ways, for tests/system/icon_mariadb.sh.
 *
 *   odbc_ways DSN DIALECT   log-ins behind a bound number, page by page, as a real server answers to that dialect's texts and
 *                           bindings: a line a row.  DIALECT "" is the server's own.
 */
#include "adapters/odbc.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_ROWS = 100 };

struct taking {
    int64_t seq, id;
    int rows;
};

static void take(void *owner, const struct odbc_value *values)
{
    struct taking *taking = owner;
    taking->seq = values[0].integer;
    taking->id = values[1].integer;
    taking->rows++;
    printf("%lld %lld %.*s %lld %s %lld\n", (long long)values[0].integer, (long long)values[1].integer, (int)values[2].text.len,
           (const char *)values[2].text.data, (long long)values[3].integer, values[4].known ? "" : "NULL", (long long)values[4].integer);
}

int main(int argc, char **argv)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_TEXT, ODBC_TIME, ODBC_INTEGER};
    struct odbc_fault fault;
    struct taking taking = {.seq = 0, .id = -1};
    struct arena *arena = arena_create();
    if (argc != 3)
        return 2;
    struct odbc *odbc = odbc_create(&(struct odbc_options){.dsn = argv[1], .dialect = argv[2][0] ? argv[2] : NULL, .timeout_seconds = 30});
    enum err err = odbc_connect(odbc, &fault);
    do {
        struct odbc_param params[] = {{.integer = taking.seq}, {.integer = taking.seq}, {.integer = taking.id}};
        struct buffer sql = {0};
        taking.rows = 0;
        buffer_append_text(&sql, "SELECT GSYS_SEQ, ID, LOGINSESSIONID, CREATED, TERMINATED_TS FROM G_LOGIN_SESSION WHERE GSYS_SEQ >= ? AND "
                                 "(GSYS_SEQ > ? OR ID > ?) ORDER BY GSYS_SEQ, ID ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (!err)
            buffer_printf(&sql, odbc_dialect(odbc)->page, PAGE_ROWS);
#pragma GCC diagnostic pop
        if (!err)
            err = odbc_run(odbc, &(struct odbc_query){.sql = buffer_text(&sql), .params = params, .param_count = 3, .types = types, .column_count = 5,
                                                      .row = take, .owner = &taking}, &fault);
        buffer_free(&sql);
    } while (!err && taking.rows == PAGE_ROWS);
    if (err)
        fprintf(stderr, "%s\n", fault.text);
    odbc_destroy(odbc);
    arena_destroy(arena);
    return err ? 1 : 0;
}
