/*
 * server/close/silent.h - `source silent`: a source says nothing new, so what rests on it is unknown and days wait for it.
 *
 * One alert a source in /api/v1/alerts, raised while /api/v1/sources calls it silent (alerts.silent_seconds) and ended when
 * it is heard again or retired.  Which of them hold stands in the store alone, so a restart neither raises one anew nor
 * leaves one behind.  A source that never said how far it is raises none: nothing rests on it yet.
 * Thread: any; the closer's worker.
 */
#ifndef SERVER_CLOSE_SILENT_H
#define SERVER_CLOSE_SILENT_H

#include "server/query/query.h"
#include "store/alert.h"

/* What has changed since the snapshot's alerts, to be raised or ended (ingest_alert()); logged.  In arena.  listened: we
 * ourselves have been there for after_ms; before that nobody's silence is raised, for after a long stop all look silent. */
size_t silent_alerts(struct query *query, instant wall, int64_t after_ms, bool listened, struct arena *arena, const struct alert **alerts);

#endif
