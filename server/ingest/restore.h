/*
 * server/ingest/restore.h - the engine rebuilt from a snapshot of its store; nothing is written.
 *
 * Who folds facts opens so (ingest.c), and who asks what only the sessions can tell (query/explain.c).
 * Thread: the engine's.
 */
#ifndef SERVER_INGEST_RESTORE_H
#define SERVER_INGEST_RESTORE_H

#include "base/instant.h"
#include "store/db.h"

struct engine;

/* The engine must be new, made with the catalog and the cap by which the store is counted.  recount: the
 * counting rules differ from those (engine.h).  ERR_DAMAGED, logged. */
MUST_CHECK enum err restore_engine(struct db_txn *txn, struct engine *engine, bool recount);
/* "clock", "horizon" of the table meta; INSTANT_EVER: none yet. */
instant restore_instant(struct db_txn *txn, const char *name);

#endif
