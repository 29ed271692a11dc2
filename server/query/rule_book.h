/* server/query/rule_book.h - what a book of rules holds, known to rule*.c alone (rule.h). */
#ifndef SERVER_QUERY_RULE_BOOK_H
#define SERVER_QUERY_RULE_BOOK_H

#include "server/query/rule.h"

struct rule_list {
    struct rule *list;
    size_t count, capacity;
};

struct tenant_calendar {
    int64_t tenant;
    const struct calendar *calendar;
};

struct rules {
    unsigned users;      /* under the lock of rule.c */
    struct arena *arena;
    struct buffer table; /* what it was read from */
    struct rule_list kinds[FACT_KIND_COUNT];
    const struct rule **provisioned; /* those that count, by (tenant, item, effective, key) */
    size_t provisioned_count;
    struct zone **zones; /* each once */
    size_t zone_count;
    struct counting_rules counting;
    const struct calendar *system;
    struct tenant_calendar *tenants; /* by tenant */
    size_t tenant_count;
};

/* When the system's and the tenants' days are (rule_zone.c); after the lists. */
void rules_build_calendars(struct rules *rules);
/* The counts by tenant and item (rule_bought.c). */
void rules_build_provisioned(struct rules *rules);

#endif
