/*
 * server/api/body.h - the bodies of answers, byte for byte the same over HTTP and from the commands.
 *
 * Each function reads through one query and appends to a buffer.  Failures: ERR_INPUT or ERR_NOT_FOUND
 * with *why, a sentence with what can be done, in arena; else the store's own.  What was appended
 * before a failure is to be thrown away.
 *
 * A page: at most limit entries from behind cursor (absent: the first); next is where the following
 * one begins, absent at the end.  Cursors are opaque and stay good while the store changes.
 * Thread: any.
 */
#ifndef SERVER_API_BODY_H
#define SERVER_API_BODY_H

#include "base/json.h"
#include "server/query/query.h"

struct body_clock {
    instant wall;
    int64_t silent_after_ms;
};

struct body_page {
    size_t limit;
    struct bytes cursor;
    struct bytes next; /* in the arena */
};

/* now: one object, or with id ID_NONE for tenants {"scopes":[…],"sources":[…]}. */
MUST_CHECK enum err body_now(struct query *query, enum scope_kind kind, int64_t id, struct body_clock clock, struct arena *arena,
                             struct buffer *out, const char **why);
/* Its parts, for streams. */
void body_now_head(const struct now_answer *answer, struct json_writer *writer); /* members up to zone */
void body_now_row(const struct now_row *row, bool has_top, struct json_writer *writer);
void body_sources_list(struct query *query, struct body_clock clock, struct arena *arena, struct json_writer *writer);

enum body_format { BODY_JSON, BODY_CSV };

MUST_CHECK enum err body_usage(struct query *query, struct usage_request *request, enum body_format format, struct body_page *page,
                               struct arena *arena, struct buffer *out, const char **why);

struct closes_request {
    int64_t book;     /* 0: the system; -1: every book */
    int32_t from, to; /* days, both included */
};
/* The newest day first within the page's order: by book, then day from the latest, then revision. */
MUST_CHECK enum err body_closes(struct query *query, const struct closes_request *request, struct body_page *page, struct arena *arena,
                                struct buffer *out, const char **why);
/* revision -1: the newest.  CSV: the rows alone. */
MUST_CHECK enum err body_close(struct query *query, int64_t book, int32_t day, int64_t revision, enum body_format format,
                               struct arena *arena, struct buffer *out, const char **why);
/* "system" or a tenant's id; false when it is neither. */
bool body_book_parse(struct bytes text, int64_t *book);
/* "system" or the id, in arena. */
struct bytes body_book_name(int64_t book, struct arena *arena);

/* explain: the seats page by page; seats in order of kind and key.  Persons and logins as pseudonyms. */
struct explain_request;
struct pseudonyms;
enum { BODY_NAMED_MAX = 100 }; /* seats and logins named behind a number; all of them are among the seats */
MUST_CHECK enum err body_explain(struct query *query, const struct explain_request *request, const struct pseudonyms *pseudonyms,
                                 struct body_page *page, struct arena *arena, struct buffer *out, const char **why);

MUST_CHECK enum err body_sources(struct query *query, struct body_clock clock, struct arena *arena, struct buffer *out);
MUST_CHECK enum err body_dead(struct query *query, struct body_page *page, struct arena *arena, struct buffer *out, const char **why);
MUST_CHECK enum err body_gaps(struct query *query, struct body_page *page, struct arena *arena, struct buffer *out, const char **why);
MUST_CHECK enum err body_alerts(struct query *query, struct body_page *page, struct arena *arena, struct buffer *out, const char **why);
void body_catalog(struct query *query, struct arena *arena, struct buffer *out);
void body_tenants(struct query *query, struct arena *arena, struct buffer *out);
/* The rules of a kind, entitlements to decisions, in a list of that name, with those that no longer hold. */
MUST_CHECK enum err body_rules(struct query *query, const char *name, enum fact_kind kind, struct body_page *page, struct arena *arena,
                               struct buffer *out, const char **why);

/* Cursors: bytes as hexadecimal digits and back; absent when text is none. */
struct bytes body_hex(struct bytes bytes, struct arena *arena);
struct bytes body_unhex(struct bytes text, struct arena *arena);

#endif
