/*
 * server/ingest/recall.h - what a source said before, and what was decided about it, from the store: for adapters inside
 * the server (adapter_sink.recall, .decisions).  One read transaction a call.  Thread: any.
 */
#ifndef SERVER_INGEST_RECALL_H
#define SERVER_INGEST_RECALL_H

#include "adapters/adapter.h"
#include "store/db.h"

/* Its objects, memberships, declaration and watermark, then the decisions.  What take() returns, or reading the store. */
MUST_CHECK enum err recall_past(struct db *db, struct bytes source, adapter_take_fn take, void *owner);
/* Every decision about the source. */
MUST_CHECK enum err recall_decisions(struct db *db, struct bytes source, adapter_take_fn take, void *owner);

#endif
