/*
 * tests/support/slots.h - the slot summaries and day nets that a store should hold, by the judge (naive.h).
 *
 * Record for record and in the words of dump.h, so that what the engine wrote can be compared without
 * asking through the query: a summary for each slot in which a counter changed (design.md §4), and the
 * nets of each UTC day; of all scopes, by exact and by person, and what lrm saw at whole minutes.  No horizon.
 */
#ifndef TESTS_SUPPORT_SLOTS_H
#define TESTS_SUPPORT_SLOTS_H

#include "tests/support/naive.h"

/* Appends the lines, sorted. */
void slots_expect(struct naive *naive, struct buffer *out);

/* The same for the levels at the clock of a flush. */
void slots_expect_live(struct naive *naive, instant clock, struct buffer *out);

#endif
