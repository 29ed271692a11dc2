/* adapters/simulator/config.c - what a first synchronisation writes. */
#include "adapters/simulator/config.h"

#include <stdio.h>

enum { ROWS_PER_STATEMENT = 2000, OBJECT_PERSON = 3, OBJECT_SWITCH = 1, GROUP_AGENTS = 1, GROUP_PLACES = 2 };

struct walk {
    const struct site *site;
    int icon;
    instant created, connected;
    struct counter *counter;
    struct block block;
    struct row_list rows;
    const char *table;
    enum err err;
    config_take take;
    void *owner;
};

static void flush(struct walk *walk)
{
    if (walk->rows.count && walk->err == ERR_OK)
        walk->err = walk->take(walk->owner, walk->table, row_list_text(&walk->rows));
    row_list_clear(&walk->rows);
}

static void begin_row(struct walk *walk, const char *table)
{
    if (walk->table != table || walk->rows.count >= ROWS_PER_STATEMENT) {
        flush(walk);
        walk->table = table;
    }
    row_open(&walk->rows);
}

/* An object or relation as it is synchronised: active, with CREATED, a number and the connection it came by. */
static void begin_object(struct walk *walk, const char *table, int64_t id)
{
    begin_row(walk, table);
    row_put_integer(&walk->rows, "id", id);
    row_put_integer(&walk->rows, "status", 1);
    row_put_time(&walk->rows, "created", "created_ts", walk->created);
    row_put_integer(&walk->rows, "gsys_domain", sim_provider_session(PROVIDER_CONFIG));
    int64_t number = number_take(walk->counter, &walk->block, 100);
    number_written(walk->counter, number);
    row_put_integer(&walk->rows, "gsys_seq", number);
    row_put_integer(&walk->rows, "gsys_useq", 0);
}

static void put_state(struct walk *walk, bool enabled)
{
    row_put_integer(&walk->rows, "state", enabled ? 1 : 2);
    row_put_time(&walk->rows, "lastchange", "lastchange_ts", walk->created);
}

static void put_tenant(struct walk *walk, int32_t tenant)
{
    row_put_integer(&walk->rows, "tenantid", TENANT_ID_BASE + tenant);
}

static void put_name(struct walk *walk, const char *column, const char *format, int64_t number)
{
    char text[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, (long long)number);
#pragma GCC diagnostic pop
    row_put_text(&walk->rows, column, text);
}

static void write_tenants(struct walk *walk)
{
    static const char *const names[] = {"Acme Insurance", "Borealis Telecom", "Cobalt Bank", "Dune Travel", "Elm Retail"};
    for (int32_t i = 0; i < walk->site->options.tenants; i++) {
        begin_object(walk, "gc_tenant", TENANT_ID_BASE + i);
        put_state(walk, true);
        if (i < (int32_t)(sizeof names / sizeof *names))
            row_put_text(&walk->rows, "name", names[i]);
        else
            put_name(walk, "name", "Tenant %lld", i + 1);
        row_close(&walk->rows);
    }
}

static void write_switches(struct walk *walk)
{
    static const struct { const char *title; int64_t type; } switches[] = {
#define X(name, title, type, type_name, backup) {title, type},
        SIM_SWITCH_MAP(X)
#undef X
    };
    for (int32_t i = 0; i < SIM_SWITCH_COUNT; i++) {
        begin_object(walk, "gc_switch", SWITCH_ID_BASE + i);
        put_state(walk, true);
        put_tenant(walk, site_switch_tenant(walk->site, (enum sim_switch)i));
        row_put_text(&walk->rows, "name", switches[i].title);
        row_put_integer(&walk->rows, "type", switches[i].type);
        row_close(&walk->rows);
    }
}

static void write_places(struct walk *walk)
{
    const struct site *site = walk->site;
    for (int32_t i = 0; i < site->place_count; i++) {
        begin_object(walk, "gc_place", PLACE_ID_BASE + i);
        put_state(walk, true);
        put_tenant(walk, site->places[i].tenant);
        put_name(walk, "name", "Place %lld", PLACE_ID_BASE + i);
        row_close(&walk->rows);
    }
    for (int32_t i = 0; i < site->dn_count; i++) {
        begin_object(walk, "gc_endpoint", DN_ID_BASE + i);
        put_state(walk, true);
        row_put_integer(&walk->rows, "switchid", SWITCH_ID_BASE + (int64_t)site->dns[i].on);
        row_put_integer(&walk->rows, "type", 2);
        put_name(walk, "dn", "%lld", 40001 + i);
        row_close(&walk->rows);
    }
    for (int32_t i = 0; i < site->dn_count; i++) {
        if (site->dns[i].place < 0)
            continue;
        begin_object(walk, "gcx_endpoint_place", i + 1);
        row_put_integer(&walk->rows, "endpointid", DN_ID_BASE + i);
        row_put_integer(&walk->rows, "placeid", PLACE_ID_BASE + site->dns[i].place);
        row_close(&walk->rows);
    }
}

static void write_people(struct walk *walk)
{
    static const char *const firsts[] = {"Ada", "Bela", "Chidi", "Dina", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jana", "Kofi", "Lea", "Mei"};
    static const char *const lasts[] = {"Abel", "Bruck", "Costa", "Dahl", "Eder", "Fabri", "Gruber", "Hori", "Ilic", "Jensen", "Kaya"};
    const struct site *site = walk->site;
    for (int32_t i = 0; i < site->person_count; i++) {
        const struct sim_person *person = &site->persons[i];
        begin_object(walk, "gc_agent", PERSON_ID_BASE + i);
        put_state(walk, person->enabled);
        put_tenant(walk, person->tenant);
        put_name(walk, "username", "agent%05lld", i + 1);
        put_name(walk, "employeeid", "E%06lld", 100001 + i);
        row_put_text(&walk->rows, "firstname", firsts[i % (int32_t)(sizeof firsts / sizeof *firsts)]);
        row_put_text(&walk->rows, "lastname", lasts[i % (int32_t)(sizeof lasts / sizeof *lasts)]);
        row_put_integer(&walk->rows, "type", person->agent ? 2 : 1);
        if (person->place >= 0)
            row_put_integer(&walk->rows, "placeid", PLACE_ID_BASE + person->place);
        row_close(&walk->rows);
    }
    for (int32_t i = 0; i < site->login_count; i++) {
        begin_object(walk, "gc_login", LOGIN_ID_BASE + i);
        put_state(walk, true);
        put_tenant(walk, site->logins[i].tenant);
        put_name(walk, "logincode", "%lld", 70001 + i);
        row_put_integer(&walk->rows, "switchid", SWITCH_ID_BASE + (int64_t)site->logins[i].on);
        row_close(&walk->rows);
    }
    for (int32_t i = 0; i < site->login_count; i++) {
        begin_object(walk, "gcx_login_info", i + 1);
        row_put_integer(&walk->rows, "loginid", LOGIN_ID_BASE + i);
        row_put_integer(&walk->rows, "agentid", PERSON_ID_BASE + site->logins[i].person);
        row_put_integer(&walk->rows, "wrapuptime", 0);
        row_close(&walk->rows);
    }
}

static void write_group(struct walk *walk, int64_t id, int64_t type, int32_t tenant, const char *format, int64_t number)
{
    begin_object(walk, "gc_group", id);
    put_state(walk, true);
    put_tenant(walk, tenant);
    row_put_integer(&walk->rows, "type", type);
    put_name(walk, "name", format, number);
    row_close(&walk->rows);
}

static void write_member(struct walk *walk, const char *table, int64_t *id, const char *column, int64_t group, int64_t member)
{
    begin_object(walk, table, ++*id);
    row_put_integer(&walk->rows, "groupid", group);
    row_put_integer(&walk->rows, column, member);
    row_close(&walk->rows);
}

static void write_groups(struct walk *walk)
{
    const struct site *site = walk->site;
    for (int32_t i = 0; i < site->agent_group_count; i++)
        write_group(walk, AGENT_GROUP_ID_BASE + i, GROUP_AGENTS, site->agent_group_tenants[i], "Team %lld", i + 1);
    for (int32_t i = 0; i < site->place_group_count; i++)
        write_group(walk, PLACE_GROUP_ID_BASE + i, GROUP_PLACES, site->place_group_tenants[i], "Floor %lld", i + 1);
    int64_t id = 0;
    for (int32_t i = 0; i < site->person_count; i++)
        for (int k = 0; k < 2; k++)
            if (k == 0 || site->persons[i].groups[1] != site->persons[i].groups[0])
                write_member(walk, "gcx_group_agent", &id, "agentid", AGENT_GROUP_ID_BASE + site->persons[i].groups[k], PERSON_ID_BASE + i);
    id = 0;
    for (int32_t i = 0; i < site->place_count; i++)
        for (int k = 0; k < 2; k++)
            if (k == 0 || site->places[i].groups[1] != site->places[i].groups[0])
                write_member(walk, "gcx_group_place", &id, "placeid", PLACE_GROUP_ID_BASE + site->places[i].groups[k], PLACE_ID_BASE + i);
}

static void write_option(struct walk *walk, int64_t *id, int64_t type, int64_t object, int32_t tenant, const char *section, const char *key)
{
    begin_object(walk, "gc_annex", ++*id);
    row_put_integer(&walk->rows, "cfgobjectid", object);
    row_put_integer(&walk->rows, "cfgobjecttype", type);
    row_put_text(&walk->rows, "sectionname", section);
    row_put_text(&walk->rows, "keyname", key);
    put_tenant(walk, tenant);
    row_put_text(&walk->rows, "value", "true");
    row_close(&walk->rows);
}

/* The options that deploy/icon-map.yaml reads: which persons are scheduled, which switches' servers have a backup. */
static void write_annex(struct walk *walk)
{
    int64_t id = 0;
    for (int32_t i = 0; i < SIM_SWITCH_COUNT; i++)
        if (sim_switch_has_backup((enum sim_switch)i))
            write_option(walk, &id, OBJECT_SWITCH, SWITCH_ID_BASE + i, site_switch_tenant(walk->site, (enum sim_switch)i), "TServer", "has-backup");
    for (int32_t i = 0; i < walk->site->person_count; i++)
        if (walk->site->persons[i].wfm)
            write_option(walk, &id, OBJECT_PERSON, PERSON_ID_BASE + i, walk->site->persons[i].tenant, "WFM", "enabled");
}

static void write_dictionary(struct walk *walk)
{
    static const struct { int64_t type, id; const char *name; } names[] = {
        {24, 0, "unknown"}, {24, 1, "active"}, {24, 2, "deleted"}, {24, 10, "synchronising"},
        {500, 1, "enabled"}, {500, 2, "disabled"}, {509, 1, "not an agent"}, {509, 2, "agent"},
        {540, 1, "agent group"}, {540, 2, "place group"}, {540, 3, "DN group"}, {540, 4, "access group"},
#define X(name, title, type, type_name, backup) {504, type, type_name},
        SIM_SWITCH_MAP(X)
#undef X
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        begin_row(walk, "g_dictionary");
        row_put_integer(&walk->rows, "type", names[i].type);
        row_put_integer(&walk->rows, "id", names[i].id);
        row_put_text(&walk->rows, "name", names[i].name);
        row_close(&walk->rows);
    }
}

static void write_connections(struct walk *walk)
{
    char text[INSTANT_TEXT_SIZE];
    for (int i = 0; i < PROVIDER_COUNT; i++) {
        enum sim_provider provider = (enum sim_provider)i;
        begin_row(walk, provider == PROVIDER_CONFIG ? "g_dss_cfg_provider" : "g_dss_gls_provider");
        row_put_connection(&walk->rows, walk->icon, provider, (struct sim_connection){sim_provider_session(provider), walk->connected}, false);
        row_put_text(&walk->rows, "icon_stime", instant_format(walk->created, text));
        row_close(&walk->rows);
    }
}

enum err config_write(const struct site *site, int icon, instant created, instant connected, struct counter *counter, config_take take, void *owner)
{
    struct walk walk = {.site = site, .icon = icon, .created = created, .connected = connected, .counter = counter, .take = take, .owner = owner};
    row_list_clear(&walk.rows);
    write_dictionary(&walk);
    write_tenants(&walk);
    write_switches(&walk);
    write_places(&walk);
    write_people(&walk);
    write_groups(&walk);
    write_annex(&walk);
    write_connections(&walk);
    flush(&walk);
    row_list_free(&walk.rows);
    return walk.err;
}
