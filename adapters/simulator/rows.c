/* adapters/simulator/rows.c - scripted things as rows. */
#include "adapters/simulator/rows.h"

#include "adapters/simulator/watch.h"

#include <stdio.h>

int64_t sim_class_tag(enum sim_class class)
{
    static const int64_t tags[] = {1, 2, 3};
    return tags[class];
}

int64_t sim_provider_session(enum sim_provider provider)
{
    return 5001 + (int64_t)provider;
}

int64_t sim_provider_id(enum sim_provider provider)
{
    return 301 + (int64_t)provider;
}

void row_list_clear(struct row_list *list)
{
    buffer_clear(&list->json);
    list->writer = (struct json_writer){.out = &list->json};
    list->count = 0;
    json_write_open_list(&list->writer);
}

const char *row_list_text(struct row_list *list)
{
    json_write_close_list(&list->writer);
    return buffer_text(&list->json);
}

void row_list_free(struct row_list *list)
{
    buffer_free(&list->json);
    *list = (struct row_list){0};
}

void row_open(struct row_list *list)
{
    json_write_open_object(&list->writer);
    list->count++;
}

void row_close(struct row_list *list)
{
    json_write_close_object(&list->writer);
}

void row_put_integer(struct row_list *list, const char *column, int64_t value)
{
    json_write_name(&list->writer, column);
    json_write_integer(&list->writer, value);
}

void row_put_text(struct row_list *list, const char *column, const char *value)
{
    json_write_name(&list->writer, column);
    json_write_text_c(&list->writer, value);
}

/* An index as DBID; none: the column is left out and so is NULL. */
static void put_id(struct row_list *list, const char *column, int32_t index, int64_t base)
{
    if (index >= 0)
        row_put_integer(list, column, base + index);
}

/* COLUMN and COLUMN_TS. */
void row_put_time(struct row_list *list, const char *column, const char *seconds_column, instant at)
{
    json_write_name(&list->writer, column);
    json_write_instant(&list->writer, at);
    row_put_integer(list, seconds_column, at / SECOND_MS);
}

static void put_system(struct row_list *list, int icon, enum sim_provider provider, int64_t connection, int64_t seq, int64_t useq, instant written)
{
    row_put_integer(list, "gsys_domain", connection ? connection : sim_provider_session(provider));
    row_put_integer(list, "gsys_seq", seq);
    row_put_integer(list, "gsys_useq", useq);
    if (provider == PROVIDER_OUTBOUND)
        return;
    row_put_integer(list, "gsys_partition", 0);
    row_put_integer(list, "gsys_sys_id", SIM_ICON_ID + icon);
    json_write_name(&list->writer, "gsys_ts");
    json_write_instant(&list->writer, written);
    row_put_integer(list, "gsys_tc", written / SECOND_MS);
}

/* STATE, CREATED and, when it is over, TERMINATED. */
static void put_life(struct row_list *list, instant begin, instant end, instant as_of)
{
    row_put_integer(list, "state", end <= as_of ? 2 : 1);
    row_put_time(list, "created", "created_ts", begin);
    if (end <= as_of)
        row_put_time(list, "terminated", "terminated_ts", end);
}

void row_add_login(struct row_list *list, const struct script *script, const struct sim_session *session, instant as_of, instant written)
{
    char guid[SIM_GUID_SIZE];
    row_open(list);
    row_put_integer(list, "id", session->id + script->icon * SIM_TWIN_ROWS);
    row_put_text(list, "loginsessionid", script_guid(script, session, guid));
    put_id(list, "agentid", session->person, PERSON_ID_BASE);
    put_id(list, "loginid", session->login, LOGIN_ID_BASE);
    put_id(list, "placeid", session->place, PLACE_ID_BASE);
    put_id(list, "primarydeviceid", session->dn, DN_ID_BASE);
    if (session->app != SIM_APP_NONE)
        row_put_text(list, "appname", sim_app_name(session->app));
    put_life(list, session->begin, session->end, as_of);
    put_system(list, script->icon, session->provider, session->connection, session->seq, session->useq, written);
    row_close(list);
}

void row_add_endpoint(struct row_list *list, const struct script *script, const struct sim_media_row *media, instant as_of, instant written)
{
    const struct sim_session *session = &script->sessions[media->session];
    bool voice = media->medium == MEDIUM_VOICE;
    char guid[SIM_GUID_SIZE];
    row_open(list);
    row_put_integer(list, "id", media->id + script->icon * SIM_TWIN_ROWS);
    row_put_text(list, "loginsessionid", script_guid(script, session, guid));
    put_id(list, "agentid", session->person, PERSON_ID_BASE);
    put_id(list, "placeid", session->place, PLACE_ID_BASE);
    row_put_integer(list, "endpointid", media->dn >= 0 ? DN_ID_BASE + media->dn : 0);
    /* 0 Interaction Server, 1 SIP Cluster, else the DN's type: 2 is an ACD position. */
    row_put_integer(list, "endpointtype", media->dn >= 0 ? 2 : voice ? 1 : 0);
    row_put_text(list, "mediatype", sim_medium_name(media->medium));
    put_life(list, media->begin, session->end, as_of);
    put_system(list, script->icon, session->provider, session->connection, media->seq, media->useq, written);
    row_close(list);
}

void row_add_campaign(struct row_list *list, const struct script *script, const struct sim_campaign *campaign, instant as_of, instant written)
{
    char session[32];
    row_open(list);
    row_put_integer(list, "id", campaign->id + script->icon * SIM_TWIN_ROWS);
    snprintf(session, sizeof session, "OCS-%lld", (long long)campaign->id);
    row_put_text(list, "sessid", session);
    row_put_integer(list, "campaignid", CAMPAIGN_ID_BASE + campaign->campaign);
    row_put_integer(list, "groupid", AGENT_GROUP_ID_BASE + campaign->group);
    if (campaign->to > as_of)
        row_put_integer(list, "state", 1);
    row_put_integer(list, "ocsid", sim_provider_id(PROVIDER_OUTBOUND));
    row_put_integer(list, "dialmode", 2 + campaign->campaign % 2);
    row_put_time(list, "created", "created_ts", campaign->from);
    if (campaign->to <= as_of)
        row_put_time(list, "terminated", "terminated_ts", campaign->to);
    put_system(list, script->icon, PROVIDER_OUTBOUND, 0, campaign->seq, campaign->useq, written);
    row_close(list);
}

/* An instant without its seconds column: G_DSS_* has none. */
static void put_moment(struct row_list *list, const char *column, instant at)
{
    json_write_name(&list->writer, column);
    json_write_instant(&list->writer, at);
}

void row_put_connection(struct row_list *list, int icon, enum sim_provider provider, struct sim_connection connection, bool again)
{
    row_put_integer(list, "dss_id", connection.id);
    row_put_integer(list, "icon_dbid", SIM_ICON_ID + icon);
    row_put_integer(list, "ds_dbid", sim_provider_id(provider));
    row_put_integer(list, "ds_dbid_prim", sim_provider_id(provider));
    if (provider <= PROVIDER_NETWORK)
        row_put_integer(list, "ds2_dbid", SWITCH_ID_BASE + (int64_t)provider);
    row_put_integer(list, "ds_type", provider == PROVIDER_INTERACTION ? 2 : provider == PROVIDER_OUTBOUND ? 3 : 1);
    row_put_integer(list, "dsconn_type", again ? 2 : 1);
    put_moment(list, "dsconn_stime", connection.from);
    put_moment(list, "dsconn_sdstime", connection.from);
    put_moment(list, "fevent_itime", connection.from);
    put_moment(list, "fevent_dstime", connection.from);
}

void row_add_connections(struct row_list *list, const struct script *script, const struct sim_outage *outage, bool back)
{
    for (int i = 0; i < PROVIDER_COUNT; i++) {
        enum sim_provider provider = (enum sim_provider)i;
        if (!(outage->providers >> i & 1))
            continue;
        row_open(list);
        row_put_connection(list, script->icon, provider, watch_connection(script, provider, back ? outage->to : outage->from), back);
        if (!back)
            put_moment(list, "dsconn_etime", outage->from);
        row_close(list);
    }
}

/* A simulator that was killed writes its last rows again: what is there stays, but learns its end. */
#define INSERT_ROWS(table) \
    "INSERT INTO " table " AS t SELECT * FROM json_populate_recordset(NULL::" table ", ?::json) ON CONFLICT (id) DO UPDATE SET " \
    "state = EXCLUDED.state, terminated = EXCLUDED.terminated, terminated_ts = EXCLUDED.terminated_ts, gsys_useq = EXCLUDED.gsys_useq " \
    "WHERE t.terminated IS NULL AND EXCLUDED.terminated IS NOT NULL"
#define UPDATE_ROWS(table) \
    "UPDATE " table " t SET state = r.state, terminated = r.terminated, terminated_ts = r.terminated_ts, " \
    "gsys_useq = r.gsys_useq FROM json_populate_recordset(NULL::" table ", ?::json) r WHERE t.id = r.id"

#define INSERT_CONNECTIONS \
    "INSERT INTO g_dss_gls_provider SELECT * FROM json_populate_recordset(NULL::g_dss_gls_provider, ?::json) ON CONFLICT DO NOTHING"
#define UPDATE_CONNECTIONS \
    "UPDATE g_dss_gls_provider t SET dsconn_etime = r.dsconn_etime FROM json_populate_recordset(NULL::g_dss_gls_provider, ?::json) r " \
    "WHERE t.dss_id = r.dss_id AND t.icon_dbid = r.icon_dbid"

const char *sim_insert_statement(enum sim_table table)
{
    static const char *const statements[] = {INSERT_CONNECTIONS, INSERT_ROWS("g_login_session"), INSERT_ROWS("gx_session_endpoint"), INSERT_ROWS("go_campaign")};
    return statements[table];
}

const char *sim_update_statement(enum sim_table table)
{
    static const char *const statements[] = {UPDATE_CONNECTIONS, UPDATE_ROWS("g_login_session"), UPDATE_ROWS("gx_session_endpoint"), UPDATE_ROWS("go_campaign")};
    return statements[table];
}
