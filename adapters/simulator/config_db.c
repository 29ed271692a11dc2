#include "adapters/simulator/config_db.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

extern const unsigned char config_db_postgres[]; /* deploy/config-db.postgres.sql */

enum { ROWS_PER_STATEMENT = 2000, ENABLED = 1, DISABLED = 2, AGENT = 2, OTHER = 1, OF_SWITCH = 1, OF_PERSON = 3, GROUP_AGENTS = 1, GROUP_PLACES = 2 };

static const char *const part = "simulate";

struct filling {
    struct sim_database *database;
    const struct site *site;
    struct row_list rows;
    const char *table;
    int64_t option; /* the last DBID of the annex */
    enum err err;
};

static void flush(struct filling *filling)
{
    if (filling->rows.count && !filling->err)
        filling->err = database_insert(filling->database, filling->table, row_list_text(&filling->rows));
    row_list_clear(&filling->rows);
}

static void open_row(struct filling *filling, const char *table)
{
    if (filling->table != table || filling->rows.count >= ROWS_PER_STATEMENT)
        flush(filling);
    filling->table = table;
    row_open(&filling->rows);
}

static void open_object(struct filling *filling, const char *table, int64_t id, bool enabled)
{
    open_row(filling, table);
    row_put_integer(&filling->rows, "dbid", id);
    row_put_integer(&filling->rows, "state", enabled ? ENABLED : DISABLED);
}

static void put_tenant(struct filling *filling, int32_t tenant)
{
    row_put_integer(&filling->rows, "tenant_dbid", TENANT_ID_BASE + tenant);
}

static void put_number(struct filling *filling, const char *column, const char *before, int64_t number)
{
    char text[64];
    snprintf(text, sizeof text, "%s%" PRId64, before, number);
    row_put_text(&filling->rows, column, text);
}

/* A section of an object's annex, and the one key in it. */
static void put_option(struct filling *filling, int64_t type, int64_t object, const char *section, const char *key)
{
    for (int i = 0; i < 2; i++) {
        open_row(filling, "cfg_flex_prop");
        row_put_integer(&filling->rows, "dbid", ++filling->option);
        row_put_integer(&filling->rows, "object_dbid", object);
        row_put_integer(&filling->rows, "object_type", type);
        row_put_integer(&filling->rows, "parent_dbid", i ? filling->option - 1 : 0);
        row_put_text(&filling->rows, "prop_name", i ? key : section);
        if (i)
            row_put_text(&filling->rows, "prop_value", "true");
        row_close(&filling->rows);
    }
}

static void put_switches(struct filling *filling)
{
    static const struct { const char *title; int64_t type; } switches[] = {
#define X(name, title, type, type_name, backup) {title, type},
        SIM_SWITCH_MAP(X)
#undef X
    };
    for (int32_t i = 0; i < SIM_SWITCH_COUNT; i++) {
        open_object(filling, "cfg_switch", SWITCH_ID_BASE + i, true);
        put_tenant(filling, site_switch_tenant(filling->site, (enum sim_switch)i));
        row_put_text(&filling->rows, "name", switches[i].title);
        row_put_integer(&filling->rows, "type", switches[i].type);
        row_close(&filling->rows);
    }
    for (int32_t i = 0; i < SIM_SWITCH_COUNT; i++)
        if (sim_switch_has_backup((enum sim_switch)i))
            put_option(filling, OF_SWITCH, SWITCH_ID_BASE + i, "TServer", "has-backup");
}

static void put_devices(struct filling *filling)
{
    const struct site *site = filling->site;
    for (int32_t i = 0; i < site->dn_count; i++) {
        open_object(filling, "cfg_dn", DN_ID_BASE + i, true);
        row_put_integer(&filling->rows, "switch_dbid", SWITCH_ID_BASE + (int64_t)site->dns[i].on);
        put_number(filling, "number_", "", 40001 + i);
        row_close(&filling->rows);
    }
    for (int32_t i = 0; i < site->place_count; i++) {
        open_object(filling, "cfg_place", PLACE_ID_BASE + i, true);
        put_tenant(filling, site->places[i].tenant);
        put_number(filling, "name", "Place ", PLACE_ID_BASE + i);
        row_close(&filling->rows);
    }
    for (int32_t i = 0; i < site->login_count; i++) {
        open_object(filling, "cfg_agent_login", LOGIN_ID_BASE + i, true);
        put_tenant(filling, site->logins[i].tenant);
        row_put_integer(&filling->rows, "switch_dbid", SWITCH_ID_BASE + (int64_t)site->logins[i].on);
        put_number(filling, "login_code", "", 70001 + i);
        row_close(&filling->rows);
    }
}

static void put_people(struct filling *filling)
{
    const struct site *site = filling->site;
    for (int32_t i = 0; i < site->person_count; i++) {
        const struct sim_person *person = &site->persons[i];
        open_object(filling, "cfg_person", PERSON_ID_BASE + i, person->enabled);
        put_tenant(filling, person->tenant);
        put_number(filling, "user_name", "agent", i + 1);
        put_number(filling, "employee_id", "E", 100001 + i);
        row_put_integer(&filling->rows, "is_agent", person->agent ? AGENT : OTHER);
        row_close(&filling->rows);
    }
    for (int32_t i = 0; i < site->person_count; i++)
        if (site->persons[i].wfm)
            put_option(filling, OF_PERSON, PERSON_ID_BASE + i, "WFM", "enabled");
}

static void put_group(struct filling *filling, int64_t id, int64_t type, int32_t tenant, const char *before, int64_t number)
{
    open_object(filling, "cfg_group", id, true);
    put_tenant(filling, tenant);
    row_put_integer(&filling->rows, "type", type);
    put_number(filling, "name", before, number);
    row_close(&filling->rows);
}

static void put_members(struct filling *filling, const char *table, const char *column, int64_t base, const int32_t groups[2], int64_t member)
{
    for (int k = 0; k < (groups[1] != groups[0] ? 2 : 1); k++) {
        open_row(filling, table);
        row_put_integer(&filling->rows, "group_dbid", base + groups[k]);
        row_put_integer(&filling->rows, column, member);
        row_close(&filling->rows);
    }
}

static void put_groups(struct filling *filling)
{
    const struct site *site = filling->site;
    for (int32_t i = 0; i < site->agent_group_count; i++)
        put_group(filling, AGENT_GROUP_ID_BASE + i, GROUP_AGENTS, site->agent_group_tenants[i], "Team ", i + 1);
    for (int32_t i = 0; i < site->place_group_count; i++)
        put_group(filling, PLACE_GROUP_ID_BASE + i, GROUP_PLACES, site->place_group_tenants[i], "Floor ", i + 1);
    for (int32_t i = 0; i < site->person_count; i++)
        put_members(filling, "cfg_agent_group", "agent_dbid", AGENT_GROUP_ID_BASE, site->persons[i].groups, PERSON_ID_BASE + i);
    for (int32_t i = 0; i < site->place_count; i++)
        put_members(filling, "cfg_place_group", "place_dbid", PLACE_GROUP_ID_BASE, site->places[i].groups, PLACE_ID_BASE + i);
}

static enum err fill(struct sim_database *database, const struct site *site)
{
    struct filling filling = {.database = database, .site = site};
    char mark[200];
    row_list_clear(&filling.rows);
    for (int32_t i = 0; i < site->options.tenants; i++) {
        open_object(&filling, "cfg_tenant", TENANT_ID_BASE + i, true);
        put_number(&filling, "name", "Tenant ", i + 1);
        row_close(&filling.rows);
    }
    put_switches(&filling);
    put_devices(&filling);
    put_people(&filling);
    put_groups(&filling);
    flush(&filling);
    row_list_free(&filling.rows);
    snprintf(mark, sizeof mark, "CREATE TABLE SEATMETER_SIMULATOR_CONFIG AS SELECT %" PRIu64 "::BIGINT AS SEED, %d AS AGENTS, %d AS TENANTS", site->options.seed,
             (int)site->options.agents, (int)site->options.tenants);
    return filling.err ? filling.err : database_run(database, LANE_MAIN, mark, NULL);
}

/* Ours: 0 no tables at all, 1 this site's, else another's. */
static enum err look(struct sim_database *database, const struct site *site, int64_t *tables, int64_t *same)
{
    char question[300];
    int64_t marked = 0;
    *same = 0;
    enum err err = database_ask_integer(database, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name LIKE 'cfg\\_%'", tables);
    if (!err)
        err = database_ask_integer(database, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = "
                                             "'seatmeter_simulator_config'", &marked);
    if (err || !marked)
        return err;
    snprintf(question, sizeof question, "SELECT count(*) FROM SEATMETER_SIMULATOR_CONFIG WHERE SEED = %" PRIu64 " AND AGENTS = %d AND TENANTS = %d",
             site->options.seed, (int)site->options.agents, (int)site->options.tenants);
    return database_ask_integer(database, question, same);
}

enum err config_db_write(const struct database_options *options, const struct site *site)
{
    struct sim_database *database;
    int64_t tables = 0, same = 0;
    enum err err = database_open(options, &database);
    if (err)
        return err;
    err = look(database, site, &tables, &same);
    if (!err && tables && !same) {
        log_error(part, "database %s has configuration tables that this simulator did not make for this site (SEATMETER_SIMULATOR_CONFIG): nothing was written; "
                  "expected: none, or the same --seed, --agents and --tenants", options->dsn);
        err = ERR_USAGE;
    } else if (!err && !same) {
        err = database_run_file(database, (const char *)config_db_postgres);
        if (!err)
            err = fill(database, site);
        if (!err)
            err = database_commit(database, LANE_MAIN);
        if (!err)
            log_info(part, "a Configuration Database in %s: %d persons", options->dsn, (int)site->person_count);
    }
    database_close(database);
    return err;
}
