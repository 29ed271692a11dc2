/*
 * adapters/config/map.h - what a site calls the things of its configuration: tables, columns, codes, options, and the
 * fields of a sidecar's lines.
 *
 * Nothing that could differ at a site stands in C: the words below are ours, and deploy/config-map.yaml (part of the
 * program) says what they are called there.  A site's own file is laid over it: what it does not say stays.
 *
 * An *option* is a key in a section of an object's annex (CFG_FLEX_PROP).  wfm and has_backup are said of the object
 * itself; each mailbox and each ivr-port is an object of its own.
 *
 * Thread: any, once read.  Owner: the arena it was read into.
 */
#ifndef ADAPTERS_CONFIG_MAP_H
#define ADAPTERS_CONFIG_MAP_H

#include "adapters/site_map.h"
#include "base/bytes.h"
#include "base/err.h"

/* enumerator, name in the map, what its rows are; in the order they are read: what lends before what borrows. */
#define CONFIG_TABLE_MAP(X)                                                                        \
    X(OPTION, "option", NONE)                                                                      \
    X(TENANT, "tenant", TENANT)                                                                    \
    X(SWITCH, "switch", SWITCH)                                                                    \
    X(DN, "dn", DN)                                                                                \
    X(PLACE, "place", PLACE)                                                                       \
    X(LOGIN, "login", LOGIN)                                                                       \
    X(PERSON, "person", PERSON)                                                                    \
    X(GROUP, "group", NONE)                                                                        \
    X(GROUP_PERSON, "group_person", NONE)                                                          \
    X(GROUP_PLACE, "group_place", NONE)

enum config_table {
#define X(table, name, type) CONFIG_##table,
    CONFIG_TABLE_MAP(X)
#undef X
    CONFIG_TABLE_COUNT
};

/* enumerator, name in the map, a number or a text */
#define CONFIG_FIELD_MAP(X)                                                                        \
    X(ID, "id", INTEGER) X(TENANT, "tenant", INTEGER) X(SWITCH, "switch", INTEGER)                 \
    X(STATE, "state", INTEGER) X(TYPE, "type", INTEGER) X(AGENT, "agent", INTEGER)                 \
    X(NAME, "name", TEXT) X(FIRST_NAME, "first_name", TEXT) X(LAST_NAME, "last_name", TEXT)        \
    X(GROUP, "group", INTEGER) X(MEMBER, "member", INTEGER) X(PARENT, "parent", INTEGER)           \
    X(OBJECT, "object", INTEGER) X(OBJECT_TYPE, "object_type", INTEGER) X(VALUE, "value", TEXT)    \
    X(MEMBERS, "members", INTEGER) X(OPTIONS, "options", TEXT)

enum config_field {
#define X(field, name, type) CONFIG_FIELD_##field,
    CONFIG_FIELD_MAP(X)
#undef X
    CONFIG_FIELD_COUNT
};

struct config_columns {
    const char *table;                     /* NULL: switched off */
    const char *names[CONFIG_FIELD_COUNT]; /* NULL: there is no such column */
};

enum config_code_kind { CONFIG_CODE_STATE, CONFIG_CODE_AGENT, CONFIG_CODE_GROUP, CONFIG_CODE_SWITCH, CONFIG_CODE_OBJECT, CONFIG_CODE_KIND_COUNT };

struct config_map {
    struct config_columns tables[CONFIG_TABLE_COUNT];
    struct site_codes codes[CONFIG_CODE_KIND_COUNT]; /* meanings by kind: enum flag (enabled, agent), enum object_type, enum switch_type */
    struct site_option options[OPTION_COUNT];
    struct bytes fields[CONFIG_FIELD_COUNT];      /* of a line; absent: not told */
    struct bytes *types[OBJECT_TYPE_COUNT];       /* how a line calls a type, ended by an absent one */
};

/* The shipped map, with the text of a site's file (absent: none) laid over it.  ERR_OK; ERR_INPUT and *why
 * ("line 3, column 7: …, expected …") in arena. */
MUST_CHECK enum err config_map_read(struct bytes text, struct arena *arena, const struct config_map **map, const char **why);

/* The meaning of a code, 0 when the map has none. */
int config_code_find(const struct config_map *map, enum config_code_kind kind, int64_t code);
/* The meaning of a word ("enabled", "sip", …), 0 when there is none. */
int config_word_find(enum config_code_kind kind, struct bytes word);
/* The type that a line calls so, OBJECT_NONE: none that is counted. */
enum object_type config_type_find(const struct config_map *map, struct bytes name);

const char *config_table_name(enum config_table table);
/* OBJECT_NONE where the row says it itself. */
enum object_type config_table_type(enum config_table table);
const char *config_field_name(enum config_field field);
bool config_field_is_text(enum config_field field);
/* True when the field names a person: read only when names are told. */
bool config_field_is_personal(enum config_table table, enum config_field field);

/* For map_read.c. */
extern const struct site_word config_words[];
extern const size_t config_word_count;

#endif
