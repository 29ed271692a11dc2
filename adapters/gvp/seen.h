/*
 * adapters/gvp/seen.h - which rows were handed over lately, by their hashes, so that what is read again is not stated again.
 *
 * Two generations of at most GVP_SEEN_MAX rows each: when one is full, the older goes.  A row that was forgotten is stated once
 * more, which changes nothing.  A hash is 64 bits of the whole row: that two rows of one run share one, so that the second
 * were left out, is to be expected once in some ten thousand years of a million rows a day.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_GVP_SEEN_H
#define ADAPTERS_GVP_SEEN_H

#include "base/map.h"

enum { GVP_SEEN_MAX = 500000 }; /* 16 MiB a generation */

struct gvp_seen {
    struct map now, before;
};

bool gvp_seen_has(const struct gvp_seen *seen, uint64_t hash);
void gvp_seen_add(struct gvp_seen *seen, uint64_t hash);
void gvp_seen_free(struct gvp_seen *seen);

#endif
