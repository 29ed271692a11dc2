/*
 * tests/unit/server/api/served.h - a store (told_store.h) and the api on it, on a loop and thread of their own, asked over real sockets.
 *
 *   served_open(), facts to served.told …, served_start(), served_ask() …, served_close()
 */
#ifndef TESTS_UNIT_SERVER_API_SERVED_H
#define TESTS_UNIT_SERVER_API_SERVED_H

#include "server/api/api.h"
#include "tests/support/told_store.h"

#include <pthread.h>

struct served {
    struct told_store told;
    struct settings settings;
    struct loop *loop;
    struct api *api; /* NULL: not started, or stopped */
    pthread_t thread;
};

void served_open(struct served *served);
void served_start(struct served *served, bool (*ready)(void *owner, const char **why));
/* The loop alone; what ready() answers may change in between. */
void served_pause(struct served *served);
void served_go_on(struct served *served);
void served_stop(struct served *served); /* connections that are open end */
void served_close(struct served *served); /* stops, if it was not */

/* A connection on which request was sent; the caller closes it.  Reads from it end after half a minute: how long a failure takes. */
int served_ask(const struct served *served, const char *request);

#endif
