/*
 * adapters/simulator/rows.h - rows of ICON's tables as JSON objects, the way json_populate_recordset() takes them.
 *
 * One statement with one bound text inserts or updates any number of rows: that is what makes a fill of days take
 * seconds.  A row list is a JSON list that grows row by row.  Pure.
 */
#ifndef ADAPTERS_SIMULATOR_ROWS_H
#define ADAPTERS_SIMULATOR_ROWS_H

#include "adapters/simulator/script.h"
#include "base/json.h"

/* Classes of data: PROVIDERTAG; each with a counter of its own. */
enum sim_class { CLASS_CFG, CLASS_GLS, CLASS_GOS, CLASS_COUNT };

/* PROVIDERTAG of a class, GSYS_DOMAIN (DSS_ID) and DS_DBID of a provider. */
int64_t sim_class_tag(enum sim_class class);
int64_t sim_provider_session(enum sim_provider provider);
int64_t sim_provider_id(enum sim_provider provider);
enum { SIM_ICON_ID = 401 /* the twin's is the next */, SIM_DOMAIN_ID = 1, SIM_TWIN_ROWS = 7 /* its surrogate ids are ahead by so many */ };

/* Tables that grow with events. */
enum sim_table { TABLE_CONNECTION, TABLE_LOGIN, TABLE_ENDPOINT, TABLE_CAMPAIGN, SIM_TABLE_COUNT };

struct row_list {
    struct buffer json;
    struct json_writer writer;
    size_t count;
};

void row_list_clear(struct row_list *list);
/* "[…]"; good until the list changes. */
const char *row_list_text(struct row_list *list);
void row_list_free(struct row_list *list);

/* Any row, member by member: columns by their lower-case names, as the database keeps them; left out: NULL. */
void row_open(struct row_list *list);
void row_put_integer(struct row_list *list, const char *column, int64_t value);
void row_put_text(struct row_list *list, const char *column, const char *value);
void row_put_time(struct row_list *list, const char *column, const char *seconds_column, instant at);
void row_close(struct row_list *list);

/* The row as it stands at as_of, written at written; ended rows carry TERMINATED and GSYS_USEQ. */
void row_add_login(struct row_list *list, const struct script *script, const struct sim_session *session, instant as_of, instant written);
void row_add_endpoint(struct row_list *list, const struct script *script, const struct sim_media_row *media, instant as_of, instant written);
void row_add_campaign(struct row_list *list, const struct script *script, const struct sim_campaign *campaign, instant as_of, instant written);
/* G_DSS_GLS_PROVIDER: the connections to the outage's providers as they ended with it (back: as they came after it). */
void row_add_connections(struct row_list *list, const struct script *script, const struct sim_outage *outage, bool back);
/* The columns that every connection has. */
void row_put_connection(struct row_list *list, int icon, enum sim_provider provider, struct sim_connection connection, bool again);

/* The statements with one parameter, a row list's text.  Static. */
const char *sim_insert_statement(enum sim_table table);
const char *sim_update_statement(enum sim_table table);

#endif
