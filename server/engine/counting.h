/*
 * server/engine/counting.h - by which rules is counted when: rule sets one behind the other.
 *
 * A rule set (contract.md §1, `ruleset`) holds from the first instant of its day in the system's zone on, until
 * the next one's.  Each of its members that it does not state stays what it was before; of two with one day the
 * larger key holds.  The zones together are the system's calendar (domain.md §7.9); since a day starts where the
 * one before ended, the first instant of a rule set's day follows from the zone that was.
 *
 * The engine and the query read their rule sets here, so that both know the same instants.
 * Thread: any.  Owner: the arena; texts are those of the facts.
 */
#ifndef SERVER_ENGINE_COUNTING_H
#define SERVER_ENGINE_COUNTING_H

#include "base/calendar.h"
#include "proto/fact.h"

/* A rule set that counts: not taken back, and no other source's statement of it comes first (domain.md §7.19). */
struct ruleset_said {
    struct bytes key;
    struct ruleset ruleset;
};

struct counting {
    instant from;                         /* until the next one's; the first: INSTANT_EVER */
    struct bytes catalog;                 /* its text; absent: none was said, the store's own holds (ingest.h) */
    int64_t cap_hours, sustained_minutes; /* ID_NONE: likewise */
};

struct counting_rules {
    const struct calendar *calendar; /* the system's */
    struct counting *spans;          /* ascending, at least one */
    size_t count;
};

/* A zone by its name, NULL: tzdata knows none, so the rule set says nothing of it.  It must outlive the rules. */
typedef const struct zone *(*counting_zone_fn)(void *owner, struct bytes name);
/* Sorts said. */
void counting_make(struct ruleset_said *said, size_t count, counting_zone_fn zone_of, void *owner, struct arena *arena, struct counting_rules *rules);
const struct counting *counting_at(const struct counting_rules *rules, instant at);

#endif
