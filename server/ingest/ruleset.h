/*
 * server/ingest/ruleset.h - the counting rules of the settings as a fact (contract.md §3, design.md Law 2).
 *
 * What changes a number is a fact: zone, cap, sustained minutes and the catalog's text stand in the store
 * as a `ruleset` of source `api`, written when they differ from those that hold last.  The first has no
 * `effective`, nor has any as long as no day is closed; later ones hold from the first day that no book has
 * closed, so that open days are counted again and closed ones stay what they were.
 * Thread: ingest's.
 */
#ifndef SERVER_INGEST_RULESET_H
#define SERVER_INGEST_RULESET_H

#include "server/settings.h"
#include "store/db.h"

struct catalog;

/* The fact that says what the settings say; wall gives its version.  ERR_OK; ERR_NOT_FOUND: they say what holds
 * already; what reading the store gives.  In arena. */
MUST_CHECK enum err ruleset_make(struct db *db, const struct settings *settings, const struct catalog *catalog, instant wall,
                                 struct arena *arena, struct fact *fact);

#endif
