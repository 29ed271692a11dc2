/*
 * server/settings.h - the settings file, checked by a table (contract.md §3).
 *
 * Every key stands in one table with its type, unit, range, default and a sentence; the table reads
 * the file, refuses what does not fit with file, line and the allowed values, and prints
 * deploy/settings.yaml.  Settings are read once and do not change while the program runs.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "server/engine/catalog.h"

struct source_settings {
    const char *kind, *name;
    const struct yaml *own; /* its entry, with its own keys */
};

struct settings {
    const char *file; /* NULL: defaults alone */
    struct {
        const char *dir;
        uint64_t map_bytes;
    } store;
    struct {
        const char *bind;
        int port;
        const char **hosts; /* more names that a Host header may have */
        size_t host_count;
    } http;
    struct {
        const char *brokers; /* NULL: no Kafka, the sources run inside the server */
        const char *topics;  /* what the topics' names begin with */
        int partitions, replication, mark_seconds;
        const char *security, *ca_file, *cert_file, *key_file;
        const char *mechanism, *user, *password_file;
    } kafka;
    struct {
        const char *zone;
        int cap_hours, sustained_minutes;
    } counting;
    struct {
        int wait_minutes, deadline_minutes, detail_days, correct_minutes;
    } close;
    struct {
        int slots_months, group_slots_months, closes_months, rosters_days, dead_days;
    } retention;
    struct {
        const char *key_file; /* NULL: another key each time the program runs */
    } privacy;
    struct {
        int silent_seconds; /* a source this long without a newer watermark is silent */
    } alerts;
    const char *catalog_file; /* NULL: the shipped catalog */
    const char *log_level;
    const struct source_settings *sources;
    size_t source_count;
};

/* file NULL: the defaults.  ERR_SETTINGS, each fault logged on a line of its own; *settings in arena. */
MUST_CHECK enum err settings_read(const char *file, struct arena *arena, const struct settings **settings);
/* The catalog that the settings name, else the shipped one; in arena.  ERR_SETTINGS, logged with file, line and column. */
MUST_CHECK enum err settings_catalog(const struct settings *settings, struct arena *arena, struct catalog **catalog);
/* The same for a file, NULL: the shipped one. */
MUST_CHECK enum err catalog_read_file(const char *file, struct arena *arena, struct catalog **catalog);
struct adapter_kind;
struct adapter_options;
/* What an adapter of the source is told by the settings; sink and cursor are left to the caller.  In arena.  ERR_SETTINGS, logged: the
 * kind asks which items there are, and the catalog cannot be read. */
MUST_CHECK enum err settings_adapter_options(const struct settings *settings, const struct source_settings *source, const struct adapter_kind *kind,
                                             struct arena *arena, struct adapter_options *options);
/* Lets each source's adapter look at its own keys; touches no foreign system.  ERR_SETTINGS, every fault logged. */
MUST_CHECK enum err settings_check_sources(const struct settings *settings);
/* The whole manual as YAML with comments: what stands in deploy/settings.yaml. */
void settings_print_manual(struct buffer *out);
/* The settings in force, as YAML; secrets are named, not shown. */
void settings_print(const struct settings *settings, struct buffer *out);

#endif
