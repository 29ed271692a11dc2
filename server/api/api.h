/*
 * server/api/api.h - the outer face: HTTP for programs and people (contract.md §5).
 *
 * An api answers on the serve loop from read transactions of the store; what is written goes out as a fact (write.h).  It binds
 * loopback only, as long as there are no tokens.  After each flush the ingest side calls api_wake(),
 * so that streams look for changed levels.
 *
 * Thread: create, destroy and all answers on the serve loop's thread; api_wake() from any.
 * Owner: who runs the server; db, settings and metrics must outlive it.
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "base/err.h"
#include "base/instant.h"
#include "proto/fact.h"
#include "server/api/metrics.h"
#include "server/loop.h"
#include "server/settings.h"
#include "store/db.h"

struct api;

struct api_options {
    struct loop *loop;
    struct db *db;
    const struct settings *settings;
    const struct metrics *metrics; /* NULL: /metrics has only what the store knows */
    /* True when the engine is loaded and the first flush done, else *why says what is missing.
     * Thread: called on the serve loop's.  NULL: always ready. */
    bool (*ready)(void *owner, const char **why);
    void *ready_owner;
    /* Hands a fact of source `api` over to be folded; does not wait.  False: the server ends.  Thread: called on the serve
     * loop's.  NULL: nothing can be written. */
    bool (*say)(void *owner, const struct fact *fact);
    void *say_owner;
};

/* ERR_SETTINGS: an address that is none, or not loopback; ERR_IO: cannot listen; logged. */
MUST_CHECK enum err api_create(const struct api_options *options, struct api **api);
/* Ends all streams and connections. */
void api_destroy(struct api *api);
/* The port that was bound: settings may say 0. */
int api_port(const struct api *api);
/* A flush is done.  Thread: any. */
void api_wake(struct api *api);

#endif
