/*
 * server/close/held.h - `deletions held`: a source has found so much missing that it waits for somebody's word.
 *
 * One alert a source in /api/v1/alerts, raised while /api/v1/sources shows something held and ended when nothing is any more: it
 * was decided (seatmeter decide deletions), what was missing is back, or the source is retired.  Another held snapshot is told under
 * the same alert, which keeps its `since`.  Which of them hold stands in the store alone.
 * Thread: any; the closer's worker.
 */
#ifndef SERVER_CLOSE_HELD_H
#define SERVER_CLOSE_HELD_H

#include "server/query/query.h"
#include "store/alert.h"

/* What has changed since the snapshot's alerts, to be raised or ended (ingest_alert()); logged.  In arena. */
size_t held_alerts(struct query *query, instant wall, struct arena *arena, const struct alert **alerts);

/* These and those of silent.h together; after_ms and listened as there. */
size_t source_alerts(struct query *query, instant wall, int64_t after_ms, bool listened, struct arena *arena, const struct alert **alerts);

#endif
