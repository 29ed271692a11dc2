/*
 * server/api/aside.h - answers that take long, worked out on a thread beside the serve loop.
 *
 * The request rests meanwhile (http.h).  An aside works on one question at a time, in a snapshot of its own; a few more
 * wait, and who comes then is told 503.  There are two of them (api.c): explain takes seconds and as much memory as the
 * engine, and a look at the sources, half a second at a large site, must not wait behind it.
 * Thread: the serve loop's, but for the question's function.  Owner: api.c.
 */
#ifndef SERVER_API_ASIDE_H
#define SERVER_API_ASIDE_H

#include "server/api/route.h"

/* Makes a JSON body.  Thread: the aside's own.  Failures as in body.h. */
typedef enum err (*aside_fn)(void *owner, struct query *query, struct arena *arena, struct buffer *body, const char **why);

struct aside *aside_create(struct api *api, size_t waiting_max);
/* Waits for the question that is worked on; those that wait are left to http_destroy(). */
void aside_destroy(struct aside *aside);
/* Lets the call rest until fn has made its answer; 503 with Retry-After when too many wait.  The arena, in which owner
 * lives, is the aside's from here on. */
void aside_ask(struct aside *aside, struct call *call, struct arena *arena, aside_fn fn, void *owner);

#endif
