/*
 * adapters/adapter.h - the one shape of a source (design.md §1).
 *
 * An adapter reads one foreign system at its own pace, turns rows into facts, and hands them to a
 * sink.  It knows nothing of seats.  Its cursor is one opaque text; it goes with the last fact of a
 * batch, and whoever owns the sink commits it with these facts in one transaction, so that a crash
 * anywhere causes duplicates, never gaps.
 *
 * A batch: sink->fact() for each fact, then sink->cursor() once.  sink->fact() copies what it keeps;
 * it waits while the other side is full (back-pressure) and returns ERR_CANCELLED when the adapter
 * shall end.  sink->refused() keeps a row that cannot be mapped, with its place and reason.
 *
 * Thread: an adapter runs on one thread of its own, from run() to its return.  stop() is called from
 * any thread and wakes it.  A folder of adapters/ fills one struct adapter_kind.
 */
#ifndef ADAPTERS_ADAPTER_H
#define ADAPTERS_ADAPTER_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/yaml.h"
#include "proto/fact.h"

#include <stdio.h>

/* Other than ERR_OK it ends the walk. */
typedef enum err (*adapter_take_fn)(void *owner, const struct fact *fact);

struct adapter_sink {
    void *owner;
    /* ERR_OK or ERR_CANCELLED. */
    enum err (*fact)(void *owner, const struct fact *fact);
    /* A row kept aside: place is "table G_LOGIN_SESSION, ID 4711", why a sentence, raw the row as text. */
    enum err (*refused)(void *owner, const char *place, const char *why, struct bytes raw);
    /* Ends a batch: everything handed over so far and this cursor are to be committed together. */
    enum err (*cursor)(void *owner, struct bytes cursor);
    /* What was handed over before and stands: the source's objects, memberships, declaration and watermark, and the decisions
     * about it; each in its newest version at least, in any order.  From run(), before the first fact.  NULL: nothing stands. */
    enum err (*recall)(void *owner, adapter_take_fn take, void *take_owner);
    /* The decisions about the source that came since then, each at least once.  NULL: none comes. */
    enum err (*decisions)(void *owner, adapter_take_fn take, void *take_owner);
};

struct adapter; /* one source at work; each kind's own */

struct adapter_options {
    const char *name;            /* the source's name */
    const struct yaml *settings; /* its entry under sources:; lives as long as the adapter */
    const char *file;            /* the settings file, for messages */
    const struct bytes *items;   /* the codes of the catalog, ended by an absent one; NULL: not known here */
    struct bytes cursor;         /* where it was; absent: from the start */
    struct adapter_sink sink;
};

struct adapter_kind {
    const char *name; /* icon, config, gvp, entitlement */
    bool names_items; /* its settings and files name items of the catalog, so it is told which there are */
    /* Checks its settings and makes it; touches no foreign system.  ERR_SETTINGS, logged with file and line. */
    enum err (*create)(const struct adapter_options *options, struct adapter **adapter);
    /* Works until stop(); the foreign system's failures are said once, retried with back-off and jitter. */
    void (*run)(struct adapter *adapter);
    /* Instead of run(): hands over again whatever began or ended from … to, and returns; no cursor follows.  NULL: it cannot.
     * ERR_OK; ERR_CANCELLED: stopped before the end. */
    enum err (*backfill)(struct adapter *adapter, instant from, instant to);
    /* Instead of run(): looks at the foreign system, writes nothing there, and says on out what it found.  NULL: it cannot.
     * ERR_OK; ERR_INPUT: something there must be changed; ERR_AWAY, ERR_IO, logged. */
    enum err (*probe)(struct adapter *adapter, FILE *out);
    void (*stop)(struct adapter *adapter); /* Thread: any. */
    void (*destroy)(struct adapter *adapter);
};

extern const struct adapter_kind adapter_config;
extern const struct adapter_kind adapter_icon;
extern const struct adapter_kind adapter_entitlement;
extern const struct adapter_kind adapter_gvp;

/* "icon, config, …": all there are, each once; in arena. */
const char *adapter_kind_names(struct arena *arena);
/* NULL when there is no such kind. */
const struct adapter_kind *adapter_kind_find(struct bytes name);

#endif
