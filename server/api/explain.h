/*
 * server/api/explain.h - /api/v1/explain, answered on a thread of its own.
 *
 * To tell who was in a level an engine is made from the store, about a second's work for a large one and
 * as much memory again, so one question is worked on at a time, off the serve loop, and a few more wait;
 * beyond that the answer is 503 with Retry-After.  The request rests meanwhile (http.h).
 * Thread: the serve loop's.  Owner: api.c.
 */
#ifndef SERVER_API_EXPLAIN_H
#define SERVER_API_EXPLAIN_H

#include "server/api/route.h"
#include "server/privacy.h"

enum { EXPLAIN_WAITING_MAX = 4 };

struct explainer *explainer_create(struct api *api, const struct pseudonyms *pseudonyms);
/* Waits for the question that is worked on; those that wait are left to http_destroy(). */
void explainer_destroy(struct explainer *explainer);

#endif
