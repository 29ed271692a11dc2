/*
 * server/api/write.h - writes: a rule or decision becomes a fact in the log, and the answer comes when it is folded.
 *
 * Law 2: what changes a number is a fact.  A write is checked, handed over (api_options.say), and rests until a flush has
 * put it into the store; then it is answered from there.  It needs three headers:
 *   Idempotency-Key  the request's id: the same again is answered as the first time, another body under it is refused
 *   If-Match         the ETag of the list that the caller has seen, or *: nobody decides on an old picture
 *   Content-Type     application/json
 * Until there are tokens the server listens on the loopback only, so who may connect may write.
 *
 * Thread: the serve loop's.  Owner: api.c.
 */
#ifndef SERVER_API_WRITE_H
#define SERVER_API_WRITE_H

#include "server/api/route.h"

enum { WRITE_WAITING_MAX = 64, WRITE_WAIT_MS = 30000 };

struct scribe;

struct scribe *scribe_create(struct api *api, bool (*say)(void *owner, const struct fact *fact), void *owner);
/* Whoever waits has been answered by then: http_destroy(). */
void scribe_destroy(struct scribe *writer);
/* After a flush: answers what is folded. */
void scribe_look(struct scribe *writer);

/* The list's ETag, in arena. */
struct bytes scribe_tag(struct query *query, enum fact_kind kind, struct arena *arena);

/* PUT /api/v1/decisions */
void put_decision(struct call *call);

#endif
