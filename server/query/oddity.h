/*
 * server/query/oddity.h - what contradicts itself in a store: counted by the written rule, and shown.
 *
 * Nothing is refused because of something else (design.md §2), so sources may say what cannot be all true.  Each kind
 * of it has a row here: how often, the rule by which it is counted all the same, and a few examples.
 *
 * All of the configuration and all login rows are walked over, half a second at a large site, so it is asked on a worker's
 * thread (api/aside.h); there the answer is kept for some twenty times as long as it took.
 * Thread: any.
 */
#ifndef SERVER_QUERY_ODDITY_H
#define SERVER_QUERY_ODDITY_H

#include "server/query/query.h"

/* kind, what it is and how it counts */
#define ODDITY_MAP(X)                                                                                                     \
    X(SESSION_ENDS_TWICE, "session_ends_twice", "a session whose login rows tell different logouts: the earliest counts") \
    X(ENDLESS_MEMBERSHIP, "endless_membership",                                                                           \
      "a membership without an end though its member or its group is deleted: it goes on")                                \
    X(GROUP_OF_UNKNOWN_TYPE, "group_of_unknown_type",                                                                     \
      "a group that no object declares as one of the type its members or campaigns need: it counts all the same")         \
    X(PERSON_IN_NO_TENANT, "person_in_no_tenant",                                                                         \
      "a person whose newest version names no tenant: seats belong to that of the place or the switch, else to none")     \
    X(UNKNOWN_ITEM_IN_BUNDLE, "unknown_item_in_bundle", "a bundle that names an item of no catalog: nobody uses that item") \
    X(SAID_BY_TWO_SOURCES, "said_by_two_sources", "a rule or object version that two sources state differently: api's counts, else the first by name")

enum oddity_kind {
#define X(kind, name, rule) ODDITY_##kind,
    ODDITY_MAP(X)
#undef X
    ODDITY_KIND_COUNT
};
const char *oddity_name(enum oddity_kind kind);
const char *oddity_rule(enum oddity_kind kind);

enum { ODDITY_EXAMPLES = 5 };
struct oddity {
    uint64_t count;
    struct {
        struct bytes source, key; /* of a row that says it */
        struct bytes what;        /* in words */
    } examples[ODDITY_EXAMPLES];
    size_t example_count;
};
/* oddities: ODDITY_KIND_COUNT of them; texts in arena.  ERR_DAMAGED: a row cannot be read. */
MUST_CHECK enum err query_oddities(struct query *query, struct arena *arena, struct oddity *oddities);

#endif
