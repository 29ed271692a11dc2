/*
 * server/cli/client.h - asking a server of ours, one GET or PUT at a time.
 *
 * No redirect is followed, only http and https are spoken, an answer has a limit.
 * Thread: one.  Owner: the command.
 */
#ifndef SERVER_CLI_CLIENT_H
#define SERVER_CLI_CLIENT_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"

enum { CLIENT_ANSWER_BYTES_MAX = 256 << 20, CLIENT_CONNECT_SECONDS = 5, CLIENT_IDLE_SECONDS = 60 };

struct client;

struct client_answer {
    int status;
    struct buffer body;
    struct bytes next_cursor; /* of a Link header with rel="next", in the arena; absent: none */
};

/* base: "http://127.0.0.1:8080".  ERR_USAGE, said, when it is no such address. */
MUST_CHECK enum err client_create(const char *base, struct client **client);
void client_destroy(struct client *client);
/* target: path and query.  ERR_AWAY, said with the reason; any status is ERR_OK.  The body is the caller's to free. */
MUST_CHECK enum err client_get(struct client *client, const char *target, struct arena *arena, struct client_answer *answer);
/* A body of JSON, with further header lines ("Name: value", NULL behind the last). */
MUST_CHECK enum err client_put(struct client *client, const char *target, struct bytes body, const char *const *headers, struct arena *arena,
                               struct client_answer *answer);

#endif
