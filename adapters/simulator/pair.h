/*
 * adapters/simulator/pair.h - two ICONs' views of one script as the one that a counter must find (domain.md §7.4).
 *
 * A session begins when the first of them saw it.  It ends at the earliest log-out that one of them saw; when both lost
 * it, with the later loss; else it is open.  The simulator's own reading of the rule: it shares no code with the engine.
 */
#ifndef ADAPTERS_SIMULATOR_PAIR_H
#define ADAPTERS_SIMULATOR_PAIR_H

#include "adapters/simulator/script.h"

/* What is known at as_of; both views must have been reached to it.  Owner: the caller, until script_free(). */
void pair_merge(struct script *merged, const struct script *first, const struct script *twin, instant as_of);

#endif
