/*
 * server/close/proof.h - who was in the peaks of the days that are being closed (server/query/roster.h).
 *
 * An engine is opened on the query's snapshot for it, once for all of them, which costs a second or more at a large site.
 * Thread: any; the closer's worker.
 */
#ifndef SERVER_CLOSE_PROOF_H
#define SERVER_CLOSE_PROOF_H

#include "server/close/document.h"
#include "server/query/roster.h"

/* The rosters of each of the days, in arena; NULL, logged: they cannot be made, and the days are closed all the same. */
struct rosters *close_rosters(struct query *query, const struct close_request *requests, size_t count, const struct pseudonyms *pseudonyms,
                              struct arena *arena);

#endif
