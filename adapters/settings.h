/*
 * adapters/settings.h - a source's own settings: its entry under sources:, read by a table of its keys (contract.md §3).
 *
 * A kind writes one table, in the order in which a message shall name the keys: texts and numbers go into its struct, the
 * others it reads by itself.  Every fault is logged with file, line and source, and remembered in err, so that one look
 * finds all of them.
 *
 *     static const struct adapter_key keys[] = {
 *         ADAPTER_KEY_OWN("kind"), ADAPTER_KEY_OWN("name"), ADAPTER_KEY_TEXT(struct drop_settings, dir, 1000),
 *         ADAPTER_KEY_NUMBER(struct drop_settings, poll_seconds, 1, 3600, 5),
 *     };
 *
 * Thread: one.  Texts live in the arena.
 */
#ifndef ADAPTERS_SETTINGS_H
#define ADAPTERS_SETTINGS_H

#include "adapters/adapter.h"

enum { ADAPTER_USER_BYTES_MAX = 128, ADAPTER_DSN_BYTES_MAX = 128 };

struct adapter_key {
    const char *name;
    enum { ADAPTER_IS_OWN, ADAPTER_IS_TEXT, ADAPTER_IS_NUMBER } is;
    size_t offset;
    int64_t least, most, otherwise; /* of a number; most: of a text, too, in bytes */
};

#define ADAPTER_KEY_OWN(key) {key, ADAPTER_IS_OWN, 0, 0, 0, 0}
#define ADAPTER_KEY_TEXT(type, member, most) {#member, ADAPTER_IS_TEXT, offsetof(type, member), 1, most, 0}
#define ADAPTER_KEY_NUMBER(type, member, least, most, otherwise) {#member, ADAPTER_IS_NUMBER, offsetof(type, member), least, most, otherwise}

struct adapter_reading {
    const struct adapter_options *options;
    struct arena *arena;
    enum err err; /* ERR_SETTINGS once something was refused */
};

/* Fills the texts (const char *, NULL: not there or refused) and numbers (int64_t) of settings, which is a struct of the type that
 * keys name; a key that is not among them is refused. */
void adapter_settings_read(struct adapter_reading *reading, const struct adapter_key *keys, size_t count, void *settings);
/* Logs "FILE:LINE: source "NAME": …" and remembers it.  LINE: that key's, else (NULL, not there) the source's. */
__attribute__((format(printf, 3, 4))) void adapter_settings_refuse(struct adapter_reading *reading, const char *key, const char *format, ...);
/* NULL when it is not there or was refused. */
const char *adapter_settings_text(struct adapter_reading *reading, const char *name, int64_t most);
/* Refuses a source without that key. */
void adapter_settings_need(struct adapter_reading *reading, const char *name, const char *expected);
/* Of which pair it is; absent: of none. */
struct bytes adapter_settings_group(struct adapter_reading *reading);
/* names: clear; else, and when it is not there, pseudonyms. */
bool adapter_settings_clear_names(struct adapter_reading *reading);
/* A password goes with a user. */
void adapter_settings_check_login(struct adapter_reading *reading, const char *user, const char *password_file);
/* A DSN of odbc.ini, not a text with a password in it; and unixODBC writes no password down. */
void adapter_settings_check_dsn(struct adapter_reading *reading, const char *dsn);

#endif
