/*
 * server/cli/ask.h - questions of a command, to a store's files or to a server, with the same answers.
 *
 * With --store the files are opened read-only, beside a server that may be at work; with --url, or
 * without both, the server is asked.  An answer is the body that the API gives (server/api/body.h);
 * several pages of usage come as one.
 *
 * What fails is said on stderr, and *code is the command's exit code then.
 * Thread: one.  Owner: the command.
 */
#ifndef SERVER_CLI_ASK_H
#define SERVER_CLI_ASK_H

#include "base/json.h"
#include "server/api/body.h"

struct ask;

struct ask_options {
    const char *command;
    const char *settings, *store, *url; /* -c, --store, --url; NULL: not given */
};

/* NULL when it cannot be had. */
struct ask *ask_create(const struct ask_options *options, int *code);
void ask_destroy(struct ask *ask);
/* Good until ask_destroy(). */
struct arena *ask_arena(struct ask *ask);

bool ask_now(struct ask *ask, enum scope_kind kind, int64_t id, struct buffer *out, int *code);
bool ask_usage(struct ask *ask, struct usage_request *request, enum body_format format, struct buffer *out, int *code);
bool ask_closes(struct ask *ask, const struct closes_request *request, struct buffer *out, int *code);
bool ask_close(struct ask *ask, int64_t book, int32_t day, int64_t revision, enum body_format format, struct buffer *out, int *code);
/* Every seat. */
struct explain_request;
bool ask_explain(struct ask *ask, const struct explain_request *request, struct buffer *out, int *code);
/* One page; the cursor is absent for the first. */
bool ask_dead(struct ask *ask, struct bytes cursor, size_t limit, struct buffer *out, int *code);

/* An answer as a tree in the arena; NULL, said, when it is none. */
const struct json *ask_read(struct ask *ask, struct bytes answer, int *code);
/* Members of an answer: absent, -1 or INSTANT_NONE when null or not there. */
struct bytes ask_text(const struct json *object, const char *name);
int64_t ask_integer(const struct json *object, const char *name);
instant ask_instant(const struct json *object, const char *name);

#endif
