/*
 * tests/support/naive_parts.h - the rooms of the judge (naive.h), known to naive*.c alone.
 *
 * naive_rows.c     facts → the newest version of each row
 * naive_config.c   what the configuration and the rules said at an instant, or over spans
 * naive_enabled.c  what of the configuration could use an item
 * naive_rulesets.c which catalog and cap hold when, and what bundles are
 * naive_twin.c     which session ids are one session
 * naive_session.c  rows → sessions with begin, end and attributes
 * naive_named.c    who was there at all, and what was held for long
 * naive.c          sessions and ports → spans per subject → lines → periods
 */
#ifndef TESTS_SUPPORT_NAIVE_PARTS_H
#define TESTS_SUPPORT_NAIVE_PARTS_H

#include "base/check.h"
#include "base/memory.h"
#include "tests/support/naive.h"

/* A span with one catalog and one cap. */
struct naive_phase {
    instant from, to;
    const struct catalog *catalog;
    int cap_hours, sustained_minutes;
};

struct naive_calendar;
struct naive {
    struct arena *arena;
    struct naive_options options;
    const struct fact **rows; /* the newest version of each, in order of (kind, source, key, session) */
    size_t row_count;
    size_t *session_of; /* of the row in the same place: its session's, when it is a login or media row */
    struct naive_session *sessions;
    size_t session_count;
    struct memo *memos; /* lines that were asked for before */
    struct naive_calendar *days; /* the system's, first_date … last_date; NULL: UTC's */
    int32_t first_date, last_date;
    bool have_dates;
    struct naive_phase *phases;
    size_t phase_count;
    const struct catalog *items;
    size_t bundles_from; /* items from here on are bundles */
    struct named_memo *named_memos;
    struct enabled_memo *enabled_memos;
    instant watermark; /* the latest of any source that sent sessions, media or ports; INSTANT_EVER: none */
};

struct span {
    instant begin, end;
};
struct spans {
    struct span *list;
    size_t count, capacity;
};
/* Empty spans are left out. */
void spans_add(struct naive *naive, struct spans *spans, instant begin, instant end);
/* What of [begin, end) lies in spans, each on its own. */
struct spans spans_cut(struct naive *naive, const struct spans *spans, instant begin, instant end);
/* Each span of a with each of b. */
struct spans spans_and(struct naive *naive, const struct spans *a, const struct spans *b);

void naive_rows_keep(struct naive *naive, const struct fact *facts, size_t count);

/* The version of (type, id) in force at an instant; NULL: none. */
const struct object *config_object(const struct naive *naive, enum object_type type, int64_t id, instant at);
/* When a person or a place is in a group. */
struct spans config_member(struct naive *naive, enum object_type member_type, int64_t member, int64_t group);
/* When a campaign is loaded whose group the person is in. */
struct spans config_campaigns(struct naive *naive, int64_t person);
/* When the site type in force is this one (domain.md §7.12). */
struct spans config_site(struct naive *naive, enum site_type type);
/* Whether the tenant has one of these items (domain.md §7.12). */
bool config_tenant_has(const struct naive *naive, int64_t tenant, const struct text_list *items);

/* True when the rule counts: neither taken back, nor stated by a source that comes first (domain.md §7.19). */
bool config_rule_counts(const struct naive *naive, const struct fact *rule);

void naive_rulesets_find(struct naive *naive);
/* The first instant of a date of the system's calendar. */
instant naive_date_start(const struct naive *naive, int32_t date);
/* Of what begins at an instant. */
int naive_cap_hours(const struct naive *naive, instant begin);
const struct catalog_item *naive_item_in(const struct catalog *catalog, struct bytes code); /* NULL: not in it */
/* When a session or a port uses an item of naive_items(). */
struct spans naive_session_item(struct naive *naive, const struct naive_session *session, size_t item);
struct spans naive_port_item(struct naive *naive, const struct port *port, size_t item);

/* When the session or port uses what an item asks for, and when it is in a scope. */
struct spans naive_session_uses(struct naive *naive, const struct where *where, const struct naive_session *session);
struct spans naive_port_uses(struct naive *naive, const struct where *where, const struct port *port);
struct spans naive_session_in_scope(struct naive *naive, const struct naive_session *session, enum scope_kind kind, int64_t id);
bool naive_port_in_scope(const struct port *port, enum scope_kind kind, int64_t id);

/* Whose row it is; absent: neither a login nor a media row. */
struct bytes naive_session_id(const struct fact *row);
static inline void first_known(int64_t *attribute, int64_t stated)
{
    if (*attribute == ID_NONE)
        *attribute = stated;
}
/* Fills sessions with id and copies, and session_of. */
void naive_twins_find(struct naive *naive);
void naive_sessions_fold(struct naive *naive);
#endif
