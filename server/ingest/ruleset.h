/*
 * server/ingest/ruleset.h - the counting rules of the settings as a fact (contract.md §3, design.md Law 2).
 *
 * What changes a number is a fact: zone, cap, sustained minutes and the catalog's text stand in the store
 * as a `ruleset` of source `api`, written when they differ from the last one.  The first has no
 * `effective`; this release takes no later one, since it cannot count one store by two rule sets yet
 * (ingest_create() refuses other rules once a day is closed).
 * Thread: ingest's, before the loops run.
 */
#ifndef SERVER_INGEST_RULESET_H
#define SERVER_INGEST_RULESET_H

#include "server/ingest/ingest.h"
#include "server/settings.h"

/* Folds the fact when it is news; wall gives its version.  ERR_OK; what reading the store gives. */
MUST_CHECK enum err ruleset_say(struct ingest *ingest, struct db *db, const struct settings *settings, const struct catalog *catalog, instant wall);

#endif
