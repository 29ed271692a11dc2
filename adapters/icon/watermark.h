/*
 * adapters/icon/watermark.h - up to when all rows of an ICON are in.  Pure; never the clock.
 *
 * The smallest, over the providers with an open connection, of the newest event time stored:
 *   - G_SYNC_CONTROL's, where it moves: where it lies within the connection that is open now;
 *   - else the largest CREATED or TERMINATED up to the confirmed marks (ICON's queue is first in,
 *     first out, so an earlier event cannot come after it; inferred from the documentation).
 * When no connection is open, those that ended last count, and stop at their end.  When nothing moves,
 * the watermark stands.  The wall clock only bounds it: nothing was seen that lies in the future.
 */
#ifndef ADAPTERS_ICON_WATERMARK_H
#define ADAPTERS_ICON_WATERMARK_H

#include "base/instant.h"

#include <stdbool.h>
#include <stddef.h>

struct icon_connection {
    int64_t provider, provider_primary; /* either names its row in G_SYNC_CONTROL */
    instant begin, end;                 /* end: INSTANT_NEVER while open */
};

struct icon_sync {
    int64_t provider;
    instant at;
};

/* INSTANT_NONE: nothing can be said.  newest: of the rows up to the confirmed marks, INSTANT_NONE: none. */
instant icon_watermark(const struct icon_connection *connections, size_t connection_count, const struct icon_sync *syncs,
                       size_t sync_count, instant newest, instant wall);

#endif
