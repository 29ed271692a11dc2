/* adapters/simulator/database.c - tables, marker and statements. */
#include "adapters/simulator/database.h"

#include "adapters/odbc.h"
#include "base/check.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const unsigned char icon_idb_postgres[]; /* deploy/icon-idb.postgres.sql */

static const char *const part = "simulate";
enum { STATEMENT_SECONDS = 120 };

struct sim_database {
    const char *dsn;
    struct odbc *lanes[LANE_COUNT];
};

static enum err say(const struct sim_database *database, enum err err, const struct odbc_fault *fault, const char *what)
{
    log_error(part, "database %s, %s: %s (%s)", database->dsn, what, fault->text, fault->state);
    return err;
}

enum err database_open(const struct database_options *options, struct sim_database **out)
{
    struct sim_database *database = memory_alloc_zero(1, sizeof *database);
    struct odbc_options odbc = {
        .dsn = options->dsn, .user = options->user, .password_file = options->password_file,
        .timeout_seconds = STATEMENT_SECONDS, .writes = true,
    };
    database->dsn = options->dsn;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        struct odbc_fault fault;
        database->lanes[lane] = odbc_create(&odbc);
        enum err err = odbc_connect(database->lanes[lane], &fault);
        if (err) {
            say(database, err, &fault, "connecting");
            database_close(database);
            return err;
        }
    }
    *out = database;
    return ERR_OK;
}

void database_close(struct sim_database *database)
{
    if (!database)
        return;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        odbc_destroy(database->lanes[lane]);
    free(database);
}

enum err database_run(struct sim_database *database, enum sim_lane lane, const char *sql, const char *rows_json)
{
    struct odbc_fault fault;
    struct odbc_param param = {.text = bytes_from_text(rows_json)};
    struct odbc_query query = {.sql = sql, .params = &param, .param_count = rows_json ? 1 : 0};
    enum err err = odbc_run(database->lanes[lane], &query, &fault);
    if (err) {
        char what[64];
        snprintf(what, sizeof what, "%.50s…", sql);
        return say(database, err, &fault, what);
    }
    return ERR_OK;
}

enum err database_commit(struct sim_database *database, enum sim_lane lane)
{
    struct odbc_fault fault;
    enum err err = odbc_commit(database->lanes[lane], &fault);
    return err ? say(database, err, &fault, "committing") : ERR_OK;
}

enum err database_insert(struct sim_database *database, const char *table, const char *rows_json)
{
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT INTO %s SELECT * FROM json_populate_recordset(NULL::%s, ?::json)", table, table);
    return database_run(database, LANE_MAIN, sql, rows_json);
}

static void take_integer(void *owner, const struct odbc_value *values)
{
    *(int64_t *)owner = values[0].known ? values[0].integer : -1;
}

/* One integer; *value stays when there is no row. */
enum err database_ask_integer(struct sim_database *database, const char *sql, int64_t *value)
{
    static const enum odbc_type types[] = {ODBC_INTEGER};
    struct odbc_fault fault;
    struct odbc_query query = {.sql = sql, .types = types, .column_count = 1, .row = take_integer, .owner = value};
    enum err err = odbc_run(database->lanes[LANE_MAIN], &query, &fault);
    return err ? say(database, err, &fault, "looking at its tables") : ERR_OK;
}

static enum err has_marker(struct sim_database *database, bool *has)
{
    int64_t count = 0;
    enum err err = database_ask_integer(database, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() "
                                         "AND table_name = 'seatmeter_simulator'", &count);
    *has = count > 0;
    return err;
}

/* The file's statements one by one: comments end with their line, statements with a semicolon; it has no texts. */
enum err database_run_file(struct sim_database *database, const char *text)
{
    struct buffer statement = {0};
    enum err err = ERR_OK;
    for (const char *at = text; *at && !err; at++) {
        if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
            if (!*at)
                break;
        }
        if (*at != ';') {
            buffer_append_char(&statement, *at);
            continue;
        }
        err = database_run(database, LANE_MAIN, buffer_text(&statement), NULL);
        buffer_clear(&statement);
    }
    buffer_free(&statement);
    return err;
}

/* The indexes that the adapter asks a DBA for: without them each of its looks reads whole tables, and it slows down. */
static enum err make_indexes(struct sim_database *database)
{
    return database_run(database, LANE_MAIN,
                        "DO $$ DECLARE followed text; BEGIN "
                        "FOR followed IN SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema() "
                        "AND column_name IN ('id', 'gsys_seq', 'gsys_useq') GROUP BY table_name HAVING count(*) = 3 LOOP "
                        "EXECUTE format('CREATE INDEX %I ON %I (gsys_seq, id)', followed || '_gsys_seq', followed); "
                        "EXECUTE format('CREATE INDEX %I ON %I (gsys_useq, id)', followed || '_gsys_useq', followed); "
                        "END LOOP; END $$", NULL);
}

enum err database_create(struct sim_database *database)
{
    bool has;
    int64_t foreign = 0;
    enum err err = has_marker(database, &has);
    if (err || has)
        return err;
    err = database_ask_integer(database, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() "
                                "AND (table_name LIKE 'g\\_%' OR table_name LIKE 'gc\\_%' OR table_name LIKE 'gcx\\_%' OR "
                                "table_name LIKE 'gx\\_%' OR table_name LIKE 'go\\_%')", &foreign);
    if (err)
        return err;
    if (foreign) {
        log_error(part, "database %s has ICON tables but no table SEATMETER_SIMULATOR: it is somebody else's, nothing was written; "
                  "expected: an empty database", database->dsn);
        return ERR_USAGE;
    }
    err = database_run_file(database, (const char *)icon_idb_postgres);
    if (!err)
        err = make_indexes(database);
    if (!err)
        err = database_run(database, LANE_MAIN, "CREATE TABLE SEATMETER_SIMULATOR (ONE INTEGER PRIMARY KEY, SEED BIGINT, AGENTS BIGINT, "
                           "TENANTS BIGINT, BEGIN_MS BIGINT, UNTIL_MS BIGINT, ICON BIGINT, DROPS BIGINT)", NULL);
    return err ? err : database_commit(database, LANE_MAIN);
}

enum err database_lock(struct sim_database *database)
{
    /* The server may need a moment to see that a killed simulator is gone. */
    for (int tries = 0; tries < 20; tries++) {
        int64_t locked = 0;
        enum err err = database_ask_integer(database, "SELECT CASE WHEN pg_try_advisory_lock(4711, 7) THEN 1 ELSE 0 END", &locked);
        if (err || locked)
            return err;
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000000}, NULL);
    }
    log_error(part, "database %s: another simulator is writing there", database->dsn);
    return ERR_BUSY;
}

static void take_marker(void *owner, const struct odbc_value *values)
{
    struct marker *marker = owner;
    *marker = (struct marker){
        .filled = true,
        .site = {.seed = (uint64_t)values[0].integer, .agents = (int32_t)values[1].integer, .tenants = (int32_t)values[2].integer},
        .begin = values[3].integer, .until = values[4].integer, .icon = (int)values[5].integer, .drops = (int)values[6].integer,
    };
}

static void take_counter(void *owner, const struct odbc_value *values)
{
    struct counter *counters = owner;
    for (int class = 0; class < CLASS_COUNT; class++)
        if (values[0].integer == sim_class_tag((enum sim_class)class))
            counters[class] = (struct counter){.reserved = values[1].integer, .written = values[2].integer};
}

enum err database_read_marker(struct sim_database *database, struct marker *marker, struct counter counters[CLASS_COUNT])
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER};
    struct odbc_fault fault;
    bool has;
    *marker = (struct marker){0};
    enum err err = has_marker(database, &has);
    if (err)
        return err;
    if (!has) {
        log_error(part, "database %s has no table SEATMETER_SIMULATOR: the simulator writes only into a database that it made; "
                  "nothing was written; give --create and an empty database", database->dsn);
        return ERR_USAGE;
    }
    /* A marker of an earlier release has no pair. */
    if ((err = database_run(database, LANE_MAIN, "ALTER TABLE SEATMETER_SIMULATOR ADD COLUMN IF NOT EXISTS ICON BIGINT DEFAULT 0, "
                            "ADD COLUMN IF NOT EXISTS DROPS BIGINT DEFAULT 0", NULL)))
        return err;
    struct odbc_query query = {.sql = "SELECT SEED, AGENTS, TENANTS, BEGIN_MS, UNTIL_MS, ICON, DROPS FROM SEATMETER_SIMULATOR", .types = types,
                               .column_count = 7, .row = take_marker, .owner = marker};
    if ((err = odbc_run(database->lanes[LANE_MAIN], &query, &fault)))
        return say(database, err, &fault, "reading SEATMETER_SIMULATOR");
    query = (struct odbc_query){.sql = "SELECT PROVIDERTAG, SEQCOUNTER, SEQCURRENT FROM G_PROV_CONTROL", .types = types,
                                .column_count = 3, .row = take_counter, .owner = counters};
    if ((err = odbc_run(database->lanes[LANE_MAIN], &query, &fault)))
        return say(database, err, &fault, "reading G_PROV_CONTROL");
    return database_commit(database, LANE_MAIN);
}

enum err database_write_marker(struct sim_database *database, const struct marker *marker)
{
    struct row_list row = {0};
    row_list_clear(&row);
    row_open(&row);
    row_put_integer(&row, "one", 1);
    row_put_integer(&row, "seed", (int64_t)marker->site.seed);
    row_put_integer(&row, "agents", marker->site.agents);
    row_put_integer(&row, "tenants", marker->site.tenants);
    row_put_integer(&row, "begin_ms", marker->begin);
    row_put_integer(&row, "until_ms", marker->until);
    row_put_integer(&row, "icon", marker->icon);
    row_put_integer(&row, "drops", marker->drops);
    row_close(&row);
    enum err err = database_run(database, LANE_MAIN,
                                "INSERT INTO SEATMETER_SIMULATOR SELECT * FROM json_populate_recordset(NULL::SEATMETER_SIMULATOR, ?::json) "
                                "ON CONFLICT (ONE) DO UPDATE SET UNTIL_MS = EXCLUDED.UNTIL_MS", row_list_text(&row));
    row_list_free(&row);
    return err;
}
