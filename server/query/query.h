/*
 * server/query/query.h - questions to the store: one snapshot, one answer.
 *
 * The API, the commands and the close ask here and nowhere else; open and closed days are the same
 * fold over the slots (design.md §4).  A query is one read transaction: open, ask, close at once.
 * What it hands out lives in the caller's arena.
 * Thread: any, one query per thread at a time.
 */
#ifndef SERVER_QUERY_QUERY_H
#define SERVER_QUERY_QUERY_H

#include "base/crypto.h"
#include "base/memory.h"
#include "proto/fact.h"
#include "proto/usage.h"
#include "store/db.h"
#include "store/records.h"
#include "store/slot.h"

struct query;

MUST_CHECK enum err query_open(struct db *db, struct query **query);
void query_close(struct query *query);
struct db_txn *query_txn(struct query *query);
/* The first failure to read the store that sticks to the query. */
MUST_CHECK enum err query_failure(const struct query *query);
/* The clock of the last flush, and the first instant of the first slot; INSTANT_NONE: nothing yet. */
instant query_clock(const struct query *query);
instant query_since(const struct query *query);
/* Detail of what is over before is gone, and days that end by then are final; INSTANT_EVER: all is there. */
instant query_horizon(const struct query *query);

struct query_item {
    struct bytes code, name;
    uint32_t number; /* in slots; 0: nothing was ever counted for it */
    bool concurrent, enabled; /* in the newest catalog that lists it */
    bool is_port;             /* fed by ports, else by sessions */
    bool is_bundle;
};
/* Of every catalog, the newest first, and the bundles of every set. */
size_t query_items(struct query *query, struct arena *arena, const struct query_item **items);

/* The catalog in force at an instant; good until query_close(). */
struct catalog;
const struct catalog *query_catalog(const struct query *query, instant at);

/* The sha256, as text, of the rules that [from, to) is counted by: zone, catalogs, caps, sustained minutes, bundle sets. */
void query_rules_digest(struct query *query, instant from, instant to, char text[SHA256_TEXT_SIZE]);

struct query_scope {
    struct scope scope;
    struct bytes name; /* of the newest version of its object; absent: unknown */
    int64_t tenant;    /* of a group, by the same version: its book and its zone are that tenant's; else ID_NONE */
};
/* Every scope of kind that has rows (domain.md §7.18), in order of id; the system: one. */
size_t query_scopes(struct query *query, enum scope_kind kind, struct arena *arena, const struct query_scope **scopes);

/* What a source is connected to: the newest span of coverage under each note.  It tells who lost something while others stay, which lowers no
 * coverage (domain.md §7.16). */
enum { QUERY_CONNECTIONS_MAX = 256 };
struct query_connection {
    struct bytes note; /* "switch 11, by provider 101" */
    instant from, to;  /* to: INSTANT_NEVER while it stands */
};

struct query_source {
    struct bytes name, group; /* group absent: its own */
    enum source_kind kind;
    instant watermark;        /* INSTANT_NONE: none yet */
    bool retired;
    bool has_coverage;
    int64_t held, held_snapshot; /* deletions that wait for a decision about that snapshot; ID_NONE: none */
    struct bytes held_note;
    int64_t late;             /* rows that its adapter found by looking again alone, ever; ID_NONE: none */
    const struct query_connection *connections;
    size_t connection_count;
};
size_t query_sources(struct query *query, struct arena *arena, const struct query_source **sources);
/* The name of its pair, else its own. */
struct bytes query_source_group(const struct query_source *source);
/* True when it said once how far it is, and nothing newer for more than after_ms; of a retired one nothing is expected. */
bool query_source_silent(const struct query_source *source, instant wall, int64_t after_ms);
/* True when one span of coverage of the source holds [from, to) whole. */
bool query_watched(struct query *query, struct bytes source, instant from, instant to);
/* What of [from, to) a group of sources did not watch, span by span in order of its first source's name; groups that
 * say nothing of what they watch are left out. */
typedef void (*query_hole_fn)(void *owner, struct bytes group, instant from, instant to);
void query_holes(struct query *query, instant from, instant to, query_hole_fn fn, void *owner);

struct usage_request {
    enum scope_kind scope;
    int64_t id;              /* ID_NONE: every one of the kind */
    struct bytes item;       /* absent: every item */
    instant from, to;
    enum granularity granularity;
    unsigned profiles;       /* bits 1 << PROFILE_… */
    struct bytes zone;       /* absent: each scope's own, with its history (domain.md §7.9) */
    int first_weekday;       /* of weeks: 0 Monday … 6 Sunday */
    bool one_day;            /* just the day [from, to) of `date`, as its book has it; with granularity day */
    int32_t date;
    bool after;              /* go on behind this row: where a page ended */
    int64_t after_id;
    struct bytes after_item;
    enum profile after_profile;
    instant after_start;
};
typedef enum err (*usage_row_fn)(void *owner, const struct usage_row *row);
/* Rows in the order of contract.md §5.  ERR_INPUT and *why: an unknown item, a range too wide or empty,
 * a zone, profile or scope not to be had; ERR_NOT_FOUND: no such id; fn's own failure ends the walk. */
MUST_CHECK enum err query_usage(struct query *query, const struct usage_request *request, struct arena *arena, usage_row_fn fn, void *owner, const char **why);

/* What the rows of the last query_usage() cannot say for themselves: a day whose zone is another than that of the
 * day before starts where that one ended, so it is longer or shorter than its zone has it (domain.md §7.9).  Good until
 * the next question or query_close(). */
struct usage_note {
    struct query_scope scope;
    int32_t day;
    instant start, end;
    struct bytes zone, zone_before;
};
size_t query_usage_notes(const struct query *query, const struct usage_note **notes);

/* True when hours that begin before an instant are not counted: named and sustained before it may change without a fact. */
bool query_hours_wait(struct query *query, instant before);

struct now_row {
    struct query_item item;
    int64_t level;      /* -1: the item has no concurrent measure, or unknown */
    int64_t peak;       /* of today, in the scope's zone */
    instant peak_at;
    int64_t enabled;    /* now, where the licences are compared with it instead of the level; else -1 */
    int64_t entitled, burst, over;
    bool unlimited;     /* bought without a limit: entitled and burst -1, over 0 */
    const char *state;  /* a word of contract.md §5 */
    instant over_since; /* since when the level has been over: to the begin of a slot at worst; of enabled: none */
    instant seen_until;
    int64_t last_seen;
    struct now_top {
        int64_t tenant;
        struct bytes name;
        int64_t level;
    } top[3];
    size_t top_count;
};
struct now_answer {
    struct query_scope scope;
    instant as_of; /* the clock of the last flush; INSTANT_NONE: nothing was flushed yet */
    struct bytes zone;
    instant day_start, day_end; /* today, in zone */
    struct now_row *rows;
    size_t row_count;
};
/* id ID_NONE: the first of the kind only (callers loop over query_scopes). silent_after_ms: a source whose
 * watermark is older than this makes its items unknown. */
MUST_CHECK enum err query_now(struct query *query, struct scope scope, instant wall, int64_t silent_after_ms, struct arena *arena, struct now_answer *answer);

#endif
