/*
 * server/settings_table.h - every setting, one row each.
 *
 * A row has the key, its type, unit, range or words, default and a sentence.  The reader (settings.c),
 * the manual and the print of what is in force (settings_manual.c) are walks over these rows, so a
 * setting that is born is a row here and a member of struct settings.  Only these files include this.
 */
#ifndef SERVER_SETTINGS_TABLE_H
#define SERVER_SETTINGS_TABLE_H

#include "server/settings.h"

enum setting_type {
    SETTING_INTEGER, /* int */
    SETTING_BYTES,   /* uint64_t */
    SETTING_TEXT,    /* const char * */
    SETTING_WORD,    /* const char *, one of words */
    SETTING_TEXTS,   /* const char ** and a count */
};

struct setting {
    const char *group; /* NULL: the key stands at the top */
    const char *key;
    enum setting_type type;
    size_t offset, count_offset;
    int64_t min, max;             /* of a number; of a text its bytes */
    const char *const *words;     /* ends with NULL */
    bool (*fits)(const char *text); /* of a text; NULL: any */
    const char *expected;         /* what fits() wants, and why; NULL: made from the rest */
    const char *unit;             /* NULL: none */
    const char *fallback;         /* the default as YAML; NULL: none, the key may be absent */
    const char *sentence;         /* lines of at most 100 characters */
};

extern const struct setting settings_table[]; /* ends with a key of NULL */

/* What a row takes: "an integer of 0 to 65535"; in arena or static. */
const char *setting_expected(const struct setting *setting, struct arena *arena);
/* "http.port"; in arena or static. */
const char *setting_path(const struct setting *setting, struct arena *arena);
/* True at a group's first row. */
bool setting_opens_group(const struct setting *setting);

#endif
