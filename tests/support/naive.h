/*
 * tests/support/naive.h - the judge: seats counted slowly and plainly, straight from domain.md.
 *
 * It shares no line with the engine.  It takes any heap of facts (any order, duplicates, many versions),
 * keeps the newest version of each row, folds sessions, ends them, looks their attributes up, collects
 * every interval of a counter and sweeps over their ends.  No slots, no state between questions.
 * What the engine says about the same facts must be equal, to the millisecond.
 *
 * A *line* is the staircase of one counter (scope, item, profile): the level after each instant at
 * which it changed.  A *span* is a half-open interval.
 *
 * Counted: system, tenants, agent groups, place groups; all profiles; enabled; rule sets and bundle sets; over any span, so in any
 * zone (calendar.h).  Not yet: horizons; entitled is in naive_rules.h.
 * Thread: one.  Everything lives until naive_destroy(); the facts and the catalog must live as long.
 */
#ifndef TESTS_SUPPORT_NAIVE_H
#define TESTS_SUPPORT_NAIVE_H

#include "proto/fact.h"
#include "proto/usage.h"
#include "server/engine/catalog.h"

struct naive;

struct naive_options {
    const struct catalog *catalog; /* where no rule set says another */
    int cap_hours;                 /* likewise; 0: 24 */
};

struct naive *naive_create(const struct fact *facts, size_t count, const struct naive_options *options);
void naive_destroy(struct naive *naive);

/* The ids of a scope's kind that have rows (domain.md §7.18), ascending; the system: one 0. */
size_t naive_scopes(struct naive *naive, enum scope_kind kind, const int64_t **ids);

/* What may be asked for: the items of the newest catalog, then what only older ones have, then the bundles of every set
 * by id.  Without rule sets and bundle sets it is the catalog itself. */
const struct catalog *naive_items(const struct naive *naive);
/* Whether an item has the concurrent measure in a period: by the catalogs in force in it, else by the newest that lists it. */
bool naive_measured(const struct naive *naive, size_t item, instant from, instant to);
/* Likewise the enabled measure. */
bool naive_has_enabled(const struct naive *naive, size_t item, instant from, instant to);

struct naive_step {
    instant at;
    int64_t level; /* from at on */
};
struct naive_line {
    struct naive_step *steps; /* ascending, each with another level than before */
    size_t count;
    enum profile profile;
};
/* item: its place in naive_items(); it must have the concurrent measure.  Sustained is not to be had. */
struct naive_line naive_line(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, enum profile profile);

struct naive_usage {
    int64_t peak;
    instant peak_at; /* INSTANT_NONE when peak is 0 */
    int64_t seat_ms;
};
/* What [start, end) of a line says. */
struct naive_usage naive_usage(const struct naive_line *line, instant start, instant end);

/* Distinct seats in use at any time in [start, end) (domain.md §7.10), by the profile's seat keys. */
int64_t naive_named(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, enum profile profile, instant start, instant end);
/* The largest level at or above which the line of profile exact lies for so long in total in [start, end); -1: the span is
 * shorter than an hour (domain.md §2.10, §7.7). */
int naive_sustained_minutes(const struct naive *naive, instant start);
int64_t naive_sustained(const struct naive_line *line, instant start, instant end, int64_t minutes);

/* The level at an instant. */
int64_t naive_level(const struct naive_line *line, instant at);

/* How many configured objects could use an item, which must have the enabled measure; its periods by naive_usage(). */
struct naive_line naive_enabled_line(struct naive *naive, enum scope_kind kind, int64_t id, size_t item);

/* The largest number of them in [start, end); -1: the item does not have the measure. */
int64_t naive_enabled(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, instant start, instant end);

/* A session as it was folded, for messages and hand-made cases; of twins, the first id of the cluster. */
enum naive_end { NAIVE_END_OPEN, NAIVE_END_TRUE, NAIVE_END_SUPERSEDED, NAIVE_END_CAPPED };
struct naive_session {
    struct bytes id;
    size_t copies; /* session ids with a login row that are this one: more than one are twins */
    int64_t given_tenant, person, login, place, dn, switch_id;
    struct bytes app;
    struct bytes *media;
    size_t media_count;
    bool has_login; /* false: media rows alone, it waits */
    instant begin, end;
    instant latest; /* begin of any of its rows */
    enum naive_end end_kind;
    /* as of begin */
    int64_t tenant;
    enum flag agent, wfm, has_backup;
    enum switch_type switch_type;
};
/* A span in which one session, or one port, uses an item in a scope; those of one session do not touch. */
struct naive_user {
    const struct naive_session *session; /* NULL: a port */
    const struct fact *port;
    instant from, to;
};
size_t naive_users(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, const struct naive_user **users);

/* The newest version of a port, and when the cap ends something that is open; INSTANT_NEVER: not yet. */
const struct port *naive_port(const struct naive *naive, struct bytes source, struct bytes key);
instant naive_capped_at(const struct naive *naive, instant begin);
/* The latest end of the media rows of a session id, of an open one INSTANT_EVER. */
instant naive_waits_until(const struct naive *naive, struct bytes id);
/* Whether the begin of one session ends another that is open. */
bool naive_supersedes(const struct naive_session *later, const struct naive_session *open);
/* The session that a session id is part of; NULL: no such id. */
const struct naive_session *naive_session_of(const struct naive *naive, struct bytes id);
size_t naive_sessions(const struct naive *naive, const struct naive_session **sessions);

#endif
