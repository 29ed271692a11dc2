/*
 * adapters/simulator/sold.h - what the site was sold: an entitlement, provisioned counts and bundles, as files for a drop folder.
 *
 * Quantities come from the seed and lie where peaks lie, so that some are passed and others are not.  The entitlement has a line
 * an item (one is unlimited, one has none) and is in force for ever; each tenant has a count an item from the script's first day
 * on and another one from the second; the bundles are those of SIM_ITEM_MAP.  A quantity of -1 is unlimited.
 * Thread: any; sold_write() blocks.
 */
#ifndef ADAPTERS_SIMULATOR_SOLD_H
#define ADAPTERS_SIMULATOR_SOLD_H

#include "adapters/simulator/truth.h"
#include "base/err.h"

struct sold {
    int64_t quantity, burst; /* -1: unlimited; none */
};

struct sold_bundle {
    uint32_t includes, excludes; /* bits 1 << SIM_ITEM_… */
};

/* In force on a day for the system (tenant 0) or a tenant (its id); false: nothing was sold. */
bool sold_find(const struct script *script, int64_t tenant, enum sim_item item, int32_t day, struct sold *sold);
/* item: SIM_ITEM_BUNDLE_FIRST and up.  Static. */
const struct sold_bundle *sold_bundle_of(enum sim_item item);
/* The files into dir, each renamed into place when it is whole.  ERR_IO, logged. */
MUST_CHECK enum err sold_write(const char *dir, const struct script *script);

#endif
