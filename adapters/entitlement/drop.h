/*
 * adapters/entitlement/drop.h - one look into the folder: what is steady is read, checked, moved aside with a receipt, and its
 * facts are handed over with the cursor.
 *
 * Order and crashes: the receipt is on disk, the file is moved, the facts go out, the cursor with them.  Killed before the move:
 * the file is taken again.  Killed behind it: the receipt's version is above the cursor's, so the first look of the next run states the
 * same facts with the same version from accepted/.  So that folder is also what a new, empty store is filled from.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_ENTITLEMENT_DROP_H
#define ADAPTERS_ENTITLEMENT_DROP_H

#include "adapters/adapter.h"
#include "adapters/entitlement/settings.h"

struct drop;

struct drop_options {
    const struct entitlement_settings *settings; /* outlives it */
    const char *part;                            /* who speaks in the log */
    const struct bytes *items;                   /* the catalog's codes, as in adapter.h; outlive it */
    struct adapter_sink sink;
    struct bytes cursor;
};

/* ERR_INPUT, logged: the cursor is none of ours. */
MUST_CHECK enum err drop_create(const struct drop_options *options, struct drop **drop);
void drop_destroy(struct drop *drop);
/* ERR_OK; ERR_CANCELLED: the sink wants no more; ERR_AWAY and *why: the folder cannot be read or written, later.
 * now: the wall clock. */
MUST_CHECK enum err drop_look(struct drop *drop, instant now, const char **why);

#endif
