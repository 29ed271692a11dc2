/*
 * adapters/icon/columns.h - the column map: which table and column holds what, what its codes mean.
 *
 * Nothing about ICON's tables that could differ at a site stands in C: the words below are ours, and
 * deploy/icon-map.yaml (part of the program) says what they are called there.  A site's own file is
 * laid over it: what it does not say stays.  A *tailed* table grows by insert and update numbers and
 * is read from marks; the others are small and read whole.
 *
 * Thread: any, once read.  Owner: the arena it was read into.
 */
#ifndef ADAPTERS_ICON_COLUMNS_H
#define ADAPTERS_ICON_COLUMNS_H

#include "adapters/odbc.h"
#include "adapters/site_map.h"
#include "base/bytes.h"
#include "base/err.h"

/* Classes of data: each has its counter in G_PROV_CONTROL and its connections in G_DSS_*. */
enum icon_class { CLASS_NONE, CLASS_CFG, CLASS_GLS, CLASS_GOS, CLASS_COUNT };

/* enumerator, name in the map, class, tailed; the tailed ones first, in the order they are read:
 * what lends attributes before what uses them. */
#define ICON_TABLE_MAP(X)                                                                          \
    X(ANNEX, "annex", CFG, true)                                                                   \
    X(TENANT, "tenant", CFG, true)                                                                 \
    X(SWITCH, "switch", CFG, true)                                                                 \
    X(ENDPOINT, "endpoint", CFG, true)                                                             \
    X(PLACE, "place", CFG, true)                                                                   \
    X(LOGIN, "login", CFG, true)                                                                   \
    X(PERSON, "person", CFG, true)                                                                 \
    X(GROUP, "group", CFG, true)                                                                   \
    X(GROUP_PERSON, "group_person", CFG, true)                                                     \
    X(GROUP_PLACE, "group_place", CFG, true)                                                       \
    X(CAMPAIGN, "campaign", GOS, true)                                                             \
    X(LOGIN_SESSION, "login_session", GLS, true)                                                   \
    X(SESSION_ENDPOINT, "session_endpoint", GLS, true)                                             \
    X(COUNTER, "counter", NONE, false)                                                             \
    X(SYNC, "sync", NONE, false)                                                                   \
    X(CONNECTION_GLS, "connection_gls", GLS, false)                                                \
    X(CONNECTION_CFG, "connection_cfg", CFG, false)

enum icon_table {
#define X(table, name, class, tailed) ICON_##table,
    ICON_TABLE_MAP(X)
#undef X
    ICON_TABLE_COUNT,
    ICON_TAILED_COUNT = ICON_COUNTER
};

#define ICON_FIELD_MAP(X)                                                                          \
    X(ID, "id", INTEGER) X(SEQ, "seq", INTEGER) X(USEQ, "useq", INTEGER)                           \
    X(CREATED, "created", TIME) X(TERMINATED, "terminated", TIME)                                   \
    X(CREATED_TS, "created_ts", INTEGER) X(TERMINATED_TS, "terminated_ts", INTEGER) X(DELETED, "deleted", TIME)      \
    X(CHANGED, "changed", TIME) X(STATUS, "status", INTEGER) X(STATE, "state", INTEGER)            \
    X(TYPE, "type", INTEGER) X(TENANT, "tenant", INTEGER) X(NAME, "name", TEXT)                    \
    X(FIRST_NAME, "first_name", TEXT) X(LAST_NAME, "last_name", TEXT)                              \
    X(SWITCH, "switch", INTEGER) X(PERSON, "person", INTEGER) X(LOGIN, "login", INTEGER)           \
    X(PLACE, "place", INTEGER) X(DN, "dn", INTEGER) X(SESSION, "session", TEXT) X(DOMAIN, "domain", INTEGER) X(APP, "app", TEXT) \
    X(MEDIA, "media", TEXT) X(GROUP, "group", INTEGER) X(MEMBER, "member", INTEGER)                \
    X(CAMPAIGN, "campaign", INTEGER) X(OBJECT, "object", INTEGER)                                  \
    X(OBJECT_TYPE, "object_type", INTEGER) X(SECTION, "section", TEXT) X(KEY, "key", TEXT)         \
    X(VALUE, "value", TEXT) X(TAG, "tag", INTEGER) X(RESERVED, "reserved", INTEGER)                \
    X(WRITTEN, "written", INTEGER) X(PROVIDER, "provider", INTEGER) X(SECONDS, "seconds", INTEGER) \
    X(MICROSECONDS, "microseconds", INTEGER) X(CONNECTION, "connection", INTEGER)                  \
    X(COLLECTOR, "collector", INTEGER) X(PROVIDER_PRIMARY, "provider_primary", INTEGER)            \
    X(COLLECTOR_END, "collector_end", TIME) X(BEGIN, "begin", TIME) X(END, "end", TIME)

enum icon_field {
#define X(field, name, type) FIELD_##field,
    ICON_FIELD_MAP(X)
#undef X
    FIELD_COUNT
};

struct icon_columns {
    const char *table;                   /* NULL: switched off */
    const char *names[FIELD_COUNT];      /* the column of a field; NULL: not there */
    enum icon_field order[FIELD_COUNT];  /* the fields that are there, as they are selected */
    enum odbc_type types[FIELD_COUNT];   /* in that order */
    size_t count;
    int8_t position[FIELD_COUNT];        /* of a field in that order; -1: not there */
};

enum icon_code_kind {
    CODE_STATUS, CODE_STATE, CODE_PERSON_TYPE, CODE_GROUP_TYPE, CODE_SWITCH_TYPE, CODE_OBJECT_TYPE, CODE_ENDPOINT_TYPE,
    CODE_PROVIDER_TAG, CODE_KIND_COUNT
};
enum { CODE_ACTIVE = 1, CODE_DELETED = 2, CODE_ENABLED = 1, CODE_DISABLED = 2, CODE_AGENT = 1, CODE_OTHER = 2, CODE_NO_DN = 1 };

struct icon_medium {
    struct bytes name, medium;
};

struct icon_map {
    struct icon_columns tables[ICON_TABLE_COUNT];
    struct site_codes codes[CODE_KIND_COUNT]; /* meanings by kind: CODE_…, enum object_type, enum switch_type, enum icon_class */
    struct icon_medium *media;
    size_t media_count;
    struct site_option options[OPTION_COUNT];
    unsigned coverage, watermark; /* bits 1 << enum icon_class */
};

/* The shipped map, with the text of a site's file (absent: none) laid over it.  ERR_OK; ERR_INPUT and
 * *why ("line 3, column 7: …, expected …") in arena. */
MUST_CHECK enum err icon_map_read(struct bytes text, struct arena *arena, const struct icon_map **map, const char **why);

/* The meaning of a code, 0 when the map has none. */
int icon_code_find(const struct icon_map *map, enum icon_code_kind kind, int64_t code);
/* The medium of a MEDIATYPE; in arena. */
struct bytes icon_medium_find(const struct icon_map *map, struct bytes name, struct arena *arena);
/* The option that an annex row is about, OPTION_COUNT: none of ours. */
enum site_option_kind icon_option_find(const struct icon_map *map, struct bytes section, struct bytes key, enum object_type of);

/* Words of the map, static: "switch_type"; "sip", or "?" for a meaning that the kind has not. */
const char *icon_code_kind_name(enum icon_code_kind kind);
const char *icon_code_name(enum icon_code_kind kind, int meaning);
/* For columns_read.c. */
extern const struct site_word icon_words[];
extern const size_t icon_word_count;
const char *icon_table_name(enum icon_table table);
enum icon_class icon_table_class(enum icon_table table);
const char *icon_class_name(enum icon_class class);
const char *icon_field_name(enum icon_field field);

#endif
