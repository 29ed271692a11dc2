/* tests/support/icon_world_real.c - the world in a real database: its writers, its reader, and what is there in the end. */
#include "tests/support/icon_world_real.h"

#include "adapters/icon/record.h"
#include "base/check.h"
#include "tests/support/icon_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { GONE_TRIES = 20000 };

static struct real {
    struct icon_real_options options;
    struct odbc *reader, *writers[WORLD_WRITERS], *alone, *admin;
    int64_t reader_session, writer_sessions[WORLD_WRITERS];
    int64_t said_reserved, said_recorded, said_promise;
    bool is_postgres;
} real;

enum err __real_odbc_run(struct odbc *odbc, const struct odbc_query *query, struct odbc_fault *fault);
enum err __wrap_odbc_run(struct odbc *odbc, const struct odbc_query *query, struct odbc_fault *fault);

static void must(enum err err, const struct odbc_fault *fault, const char *sql)
{
    if (!err)
        return;
    fprintf(stderr, "the test's own session: %s: %s [%s]\n", sql, fault->text, fault->state);
    exit(2);
}

__attribute__((format(printf, 2, 3))) static void run(struct odbc *odbc, const char *format, ...)
{
    char sql[1000];
    struct odbc_fault fault;
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    must(__real_odbc_run(odbc, &(struct odbc_query){.sql = sql}, &fault), &fault, sql);
}

static void take_integer(void *owner, const struct odbc_value *values)
{
    *(int64_t *)owner = values[0].integer;
}

static int64_t ask(struct odbc *odbc, const char *sql)
{
    static const enum odbc_type types[] = {ODBC_INTEGER};
    struct odbc_fault fault;
    int64_t answer = -1;
    must(__real_odbc_run(odbc, &(struct odbc_query){.sql = sql, .types = types, .column_count = 1, .row = take_integer, .owner = &answer}, &fault),
         &fault, sql);
    odbc_end(odbc);
    return answer;
}

static int64_t session_of(struct odbc *odbc)
{
    return ask(odbc, real.is_postgres ? "SELECT pg_backend_pid()" : "SELECT CONNECTION_ID()");
}

static void connect_again(struct odbc *odbc, int64_t *session)
{
    struct odbc_fault fault;
    odbc_disconnect(odbc);
    must(odbc_connect(odbc, &fault), &fault, "connect");
    real.is_postgres = strcmp(odbc_dialect(odbc)->name, "PostgreSQL") == 0;
    if (session)
        *session = session_of(odbc);
}

static struct odbc *make_session(const char *user, bool writes, bool alone)
{
    return odbc_create(&(struct odbc_options){.dsn = real.options.dsn, .user = user, .password_file = real.options.password_file, .timeout_seconds = 60,
                                              .alone = alone, .writes = writes});
}

/* The server ends a session, as it does when it restarts or a network drops it; waits until it is gone. */
static void cut_off(int64_t session)
{
    char sql[200];
    if (real.is_postgres)
        run(real.admin, "SELECT pg_terminate_backend(%" PRId64 ")", session);
    else
        run(real.admin, "KILL CONNECTION %" PRId64, session);
    snprintf(sql, sizeof sql, real.is_postgres ? "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = %" PRId64
                                               : "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %" PRId64, session);
    for (int i = 0; ask(real.admin, sql) != 0; i++)
        check(i < GONE_TRIES);
}

static const char *text_of(instant at, char text[INSTANT_TEXT_SIZE])
{
    instant_format(at, text);
    text[10] = ' ';
    text[23] = 0; /* no Z */
    return text;
}

static const char *table_name(int table)
{
    return world->map->tables[world_tables[table]].table;
}

/* The column as it is called now. */
static const char *column(int table, enum icon_field field, char name[64])
{
    bool gone = world->harm[table] == HARM_GONE && world->harmed[table] == field;
    snprintf(name, 64, "%s%s", gone ? "WAS_" : "", world->map->tables[world_tables[table]].names[field]);
    return name;
}

static void write_change(const struct world_change *change, int writer)
{
    const struct world_row *row = &world->rows[change->row];
    struct odbc *odbc = writer == WORLD_ALONE ? real.alone : real.writers[writer];
    char at[INSTANT_TEXT_SIZE], a[64], b[64];
    text_of(change->at, at);
    if (change->ends)
        run(odbc, "UPDATE %s SET %s = '%s', TERMINATED_TS = %" PRId64 ", GSYS_USEQ = %" PRId64 " WHERE ID = %" PRId64, table_name(row->table),
            column(row->table, FIELD_TERMINATED, a), at, change->at / 1000, change->number, row->id);
    else
        run(odbc, "INSERT INTO %s (ID, LOGINSESSIONID, %s, %s, STATE, CREATED, CREATED_TS, GSYS_SEQ, GSYS_USEQ) "
            "VALUES (%" PRId64 ", 'S-%" PRId64 "', %" PRId64 ", %" PRId64 ", 1, '%s', %" PRId64 ", %" PRId64 ", %s)", table_name(row->table),
            column(row->table, row->table ? FIELD_TYPE : FIELD_PERSON, a), column(row->table, FIELD_PLACE, b), row->id, row->id,
            row->table ? 2 : icon_world_person(row), icon_world_place(row), at, change->at / 1000, change->number, row->id % 2 ? "0" : "NULL");
}

static void commit_writer(int writer)
{
    struct odbc_fault fault;
    must(odbc_commit(real.writers[writer], &fault), &fault, "commit");
}

static void lose_writer(int writer)
{
    cut_off(real.writer_sessions[writer]);
    connect_again(real.writers[writer], &real.writer_sessions[writer]);
}

static void purge_row(size_t row)
{
    run(real.alone, "DELETE FROM %s WHERE ID = %" PRId64, table_name(world->rows[row].table), world->rows[row].id);
}

static const char *own_type(enum icon_field field)
{
    return field != FIELD_TERMINATED ? "INTEGER" : real.is_postgres ? "TIMESTAMP(3)" : "DATETIME(3)";
}

static void retype(const char *table, const char *name, const char *type)
{
    if (real.is_postgres)
        run(real.admin, "ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s", table, name, type, name, type);
    else
        run(real.admin, "ALTER TABLE %s MODIFY %s %s", table, name, type);
}

static void alter_table(int table)
{
    static enum world_harm was[WORLD_TABLES];
    enum icon_field field = world->harmed[table];
    const char *name = world->map->tables[world_tables[table]].names[field];
    if (world->harm[table] == HARM_GONE)
        run(real.admin, "ALTER TABLE %s RENAME COLUMN %s TO WAS_%s", table_name(table), name, name);
    else if (world->harm[table] == HARM_RETYPED)
        retype(table_name(table), name, "VARCHAR(40)");
    else if (was[table] == HARM_GONE)
        run(real.admin, "ALTER TABLE %s RENAME COLUMN WAS_%s TO %s", table_name(table), name, name);
    else if (was[table] == HARM_RETYPED)
        retype(table_name(table), name, own_type(field));
    was[table] = world->harm[table];
}

static void connect_reader(void)
{
    connect_again(real.reader, &real.reader_session);
}

/* ICON's own counters, and how far it has stored. */
static void say_control(void)
{
    instant promise = icon_world_promise();
    if (world->reserved != real.said_reserved || world->recorded != real.said_recorded)
        run(real.alone, "UPDATE G_PROV_CONTROL SET SEQCOUNTER = %" PRId64 ", SEQCURRENT = %" PRId64, world->reserved, world->recorded);
    if (promise != real.said_promise)
        run(real.alone, "UPDATE G_SYNC_CONTROL SET EVENTTIMESEC = %" PRId64 ", EVENTTIMEUSEC = %" PRId64, promise / 1000, promise % 1000 * 1000);
    real.said_reserved = world->reserved;
    real.said_recorded = world->recorded;
    real.said_promise = promise;
}

/* The reader's queries: its session may be cut off before one, and between two of them the writers go on. */
enum err __wrap_odbc_run(struct odbc *odbc, const struct odbc_query *query, struct odbc_fault *fault)
{
    if (odbc != real.reader)
        return __real_odbc_run(odbc, query, fault);
    if (world->fail_in && --world->fail_in == 0 && odbc_is_connected(odbc))
        cut_off(real.reader_session);
    if (strstr(query->sql, "G_PROV_CONTROL") || strstr(query->sql, "G_SYNC_CONTROL"))
        say_control();
    enum err err = __real_odbc_run(odbc, query, fault);
    if (icon_world_roll(30) == 0)
        icon_world_commit((int)icon_world_roll(WORLD_WRITERS));
    return err;
}

void icon_real_open(const struct icon_real_options *options)
{
    static const struct world_mirror mirror = {write_change, commit_writer, lose_writer, purge_row, alter_table, connect_reader};
    real.options = *options;
    real.admin = make_session(options->admin, true, true);
    real.alone = make_session(options->writer, true, true);
    real.reader = make_session(options->reader, false, true);
    connect_again(real.admin, NULL);
    connect_again(real.alone, NULL);
    connect_reader();
    for (int w = 0; w < WORLD_WRITERS; w++) {
        real.writers[w] = make_session(options->writer, true, false);
        connect_again(real.writers[w], &real.writer_sessions[w]);
    }
    world_mirror = &mirror;
}

void icon_real_close(void)
{
    for (int w = 0; w < WORLD_WRITERS; w++)
        odbc_destroy(real.writers[w]);
    odbc_destroy(real.reader);
    odbc_destroy(real.alone);
    odbc_destroy(real.admin);
    world_mirror = NULL;
}

struct odbc *icon_real_reader(void)
{
    return real.reader;
}

void icon_real_clear(void)
{
    static const char *const tables[] = {"G_LOGIN_SESSION", "GX_SESSION_ENDPOINT", "G_PROV_CONTROL", "G_SYNC_CONTROL", "G_DSS_GLS_PROVIDER"};
    for (int w = 0; w < WORLD_WRITERS; w++) {
        struct odbc_fault fault;
        must(odbc_commit(real.writers[w], &fault), &fault, "commit");
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        run(real.alone, "DELETE FROM %s", tables[i]);
    run(real.alone, "INSERT INTO G_PROV_CONTROL (DOMAINID, PRIMARYID, PROVIDERTAG, SEQCOUNTER, SEQCURRENT) VALUES (1, 1, 2, 0, 0)");
    run(real.alone, "INSERT INTO G_SYNC_CONTROL (DOMAINID, PRIMARYID, PROVIDERTAG, CLUSTERID, PROVIDERID, EVENTTIMESEC, EVENTTIMEUSEC) VALUES (1, 1, 2, 0, 101, 0, 0)");
    run(real.alone, "INSERT INTO G_DSS_GLS_PROVIDER (DSS_ID, ICON_DBID, DS_DBID, DS_DBID_PRIM, DSCONN_STIME) VALUES (1, 77, 101, 101, '1970-01-02 00:00:01')");
    real.said_reserved = real.said_recorded = real.said_promise = -1;
}

struct judging {
    int table;
    uint64_t rows;
    bool met[WORLD_ROWS_MAX];
    char wrong[1200];
};

/* What the database says of a row, in the words of its fact. */
static void judge_row(void *owner, const struct odbc_value *v)
{
    struct judging *judging = owner;
    size_t at = (size_t)v[0].integer - 1;
    char begin[INSTANT_TEXT_SIZE], end[INSTANT_TEXT_SIZE], body[600], until[80] = "";
    int64_t version = v[2].known && v[2].integer > 0 ? ICON_VERSION_UPDATED + v[2].integer : v[1].integer;
    judging->rows++;
    if (judging->wrong[0])
        return;
    instant_format(v[3].integer, begin);
    if (v[4].known)
        snprintf(until, sizeof until, ",\"end\":\"%s\"", instant_format(v[4].integer, end));
    if (judging->table == 0)
        snprintf(body, sizeof body, "{\"begin\":\"%s\"%s,\"person\":%" PRId64 ",\"place\":%" PRId64 ",\"session\":\"%.*s\"}", begin, until, v[6].integer,
                 v[5].integer, (int)v[7].text.len, (const char *)v[7].text.data);
    else
        snprintf(body, sizeof body, "{\"begin\":\"%s\"%s,\"media\":\"%s\",\"place\":%" PRId64 ",\"session\":\"%.*s\"}", begin, until,
                 v[6].integer ? "voice" : "?", v[5].integer, (int)v[7].text.len, (const char *)v[7].text.data);
    const struct world_known *told = at < world->row_count ? &world->ledger[at] : NULL;
    if (!told || told->version != version || told->body != bytes_hash(bytes_from_text(body)))
        snprintf(judging->wrong, sizeof judging->wrong, "%s, ID %" PRId64 ": the database has version %" PRId64 " %s, the newest fact is %s %" PRId64,
                 table_name(judging->table), v[0].integer, version, body, !told || told->version < 0 ? "none" : told->version == version ? "another one of" : "of",
                 told ? told->version : -1);
    else
        judging->met[at] = true;
}

const char *icon_real_wrong(uint64_t *rows)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER, ODBC_TIME, ODBC_TIME, ODBC_INTEGER, ODBC_INTEGER, ODBC_TEXT};
    static struct judging judging;
    struct odbc_fault fault;
    char sql[300];
    memset(&judging, 0, sizeof judging);
    for (int table = 0; table < WORLD_TABLES; table++) {
        judging.table = table;
        snprintf(sql, sizeof sql, "SELECT ID, GSYS_SEQ, GSYS_USEQ, CREATED, TERMINATED, PLACEID, %s, LOGINSESSIONID FROM %s",
                 table ? "ENDPOINTTYPE" : "AGENTID", table_name(table));
        must(__real_odbc_run(real.admin, &(struct odbc_query){.sql = sql, .types = types, .column_count = 8, .row = judge_row, .owner = &judging}, &fault),
             &fault, sql);
    }
    for (size_t i = 0; i < world->row_count && !judging.wrong[0]; i++)
        if (!judging.met[i] && !world->rows[i].purged && (world->rows[i].visible || world->ledger[i].version >= 0))
            snprintf(judging.wrong, sizeof judging.wrong, "ID %" PRId64 ": there is a fact of it, and no row", world->rows[i].id);
    *rows += judging.rows;
    return judging.wrong[0] ? judging.wrong : NULL;
}
