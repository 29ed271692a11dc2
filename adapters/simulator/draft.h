/*
 * adapters/simulator/draft.h - the sessions of one shift day, before they have numbers.
 *
 * Pure: the same site and day give the same drafts, in order of (begin, person).
 */
#ifndef ADAPTERS_SIMULATOR_DRAFT_H
#define ADAPTERS_SIMULATOR_DRAFT_H

#include "adapters/simulator/script.h"

enum { DRAFT_MEDIA_MAX = 5 };

struct draft {
    struct sim_session session;
    struct sim_media_row media[DRAFT_MEDIA_MAX];
    int media_count;
    size_t order; /* of making: the last word in sorting */
};

struct drafts {
    struct draft *items; /* owned, until drafts_free() */
    size_t count, room;
};

void drafts_make(struct drafts *drafts, const struct site *site, int32_t day);
void drafts_free(struct drafts *drafts);

#endif
