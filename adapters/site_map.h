/*
 * adapters/site_map.h - what maps have in common that say how a site calls things: the shipped one with a site's own file
 * laid over it, from YAML, checked word by word (icon/columns.h, config/map.h, gvp/columns.h).
 *
 * Codes are a foreign system's numbers and what they mean to us; an *option* is a key in a section of an object's annex.
 * wfm and has_backup are said of the object itself; each mailbox and each ivr-port is an object of its own.
 *
 * The first fault ends the reading: functions return false and why is a sentence with line and column.
 *
 * Thread: any.  Owner: the arena.
 */
#ifndef ADAPTERS_SITE_MAP_H
#define ADAPTERS_SITE_MAP_H

#include "base/memory.h"
#include "base/yaml.h"
#include "proto/fact.h"

struct site_reader {
    struct arena *arena;
    const char *why; /* NULL: nothing was refused */
};

/* False, always.  "line 3, column 7: "VALUE" of NAME: expected …", "…: "NAME" is unknown: expected …" */
bool site_refuse_value(struct site_reader *reader, const struct yaml *value, const char *expected);
bool site_refuse_name(struct site_reader *reader, const struct yaml *value, const char *expected);
/* False, and refused, when it is of another kind. */
bool site_need(struct site_reader *reader, const struct yaml *value, enum yaml_kind kind);

/* A name of a table or column, NULL for ~: it goes into SQL texts as it is, so nothing but plain identifiers. */
bool site_read_identifier(struct site_reader *reader, const struct yaml *value, const char **out);
/* A list of texts; behind the last stands an absent one. */
bool site_read_texts(struct site_reader *reader, const struct yaml *value, struct bytes **texts, size_t *count);

/* --- codes --------------------------------------------------------------------------------------- */

struct site_word {
    int kind; /* whose word it is: its owner's enum */
    const char *name;
    int meaning; /* 1 to 31 */
};

struct site_code {
    int64_t code;
    int meaning;
};

struct site_codes {
    struct site_code *list; /* each code once, but a site's own stand before the shipped ones */
    size_t count;
};

/* 0: none. */
int site_word_find(const struct site_word *words, size_t count, int kind, struct bytes name);
/* 0 when the map has none. */
int site_code_find(const struct site_codes *codes, int64_t code);
/* A map of words to lists of codes.  A site's list of a meaning replaces the shipped one. */
bool site_read_codes(struct site_reader *reader, const struct yaml *value, const struct site_word *words, size_t count, int kind,
                     struct site_codes *codes);

/* --- options ------------------------------------------------------------------------------------- */

enum site_option_kind { OPTION_WFM, OPTION_HAS_BACKUP, OPTION_MAILBOX, OPTION_IVR_PORT, OPTION_COUNT };

struct site_option {
    struct bytes section, key; /* section absent: switched off */
    unsigned of;               /* bits 1 << enum object_type */
    struct bytes *yes;         /* none: every value */
    size_t yes_count;
};

/* "wfm", …; static. */
const char *site_option_name(enum site_option_kind option);
bool site_option_is_yes(const struct site_option *option, struct bytes value);
bool site_read_options(struct site_reader *reader, const struct yaml *value, struct site_option options[OPTION_COUNT]);

#endif
