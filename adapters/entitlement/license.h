/*
 * adapters/entitlement/license.h - the grammar of the FlexNet licence file (domain.md §5).
 *
 * A line ends at its end, or goes on behind a backslash; "#" begins a comment line; words stand between blanks, what
 * stands in quotes is one word.  Nothing is verified: signatures, hosts and keys are read over.
 *
 * Thread: any.  Owner: the arena; names borrow from it.
 */
#ifndef ADAPTERS_ENTITLEMENT_LICENSE_H
#define ADAPTERS_ENTITLEMENT_LICENSE_H

#include "adapters/entitlement/reading.h"

enum { LICENSE_LINES_MAX = 20000, LICENSE_NAME_BYTES_MAX = 100 };

struct license_line {
    int line;
    bool increment;      /* INCREMENT, which adds up; else FEATURE, of which the first counts */
    struct bytes name;
    int64_t count;       /* QUANTITY_UNLIMITED: uncounted */
    int32_t expires;     /* the last day; DATE_NONE: permanent */
    int32_t starts;      /* START=: the first day; DATE_NONE: not said */
};

struct license {
    struct license_line *lines;
    size_t count, capacity;
};

/* FEATUREs and INCREMENTs in their order; faults go to the reading. */
void license_read(struct reading *reading, struct bytes content, struct license *license);

#endif
