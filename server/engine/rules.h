/*
 * server/engine/rules.h - the site type in force, and which items a tenant has.
 *
 * Both follow from rules (entitlements, tenant settings) by domain.md §7.12 and are made anew whenever
 * a rule changes, which is rare.  Dates are in the system's zone.
 * Of the same rule (kind and key) from several sources `api` counts, else the first by name; what
 * `api` took back is gone (§7.19).
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_RULES_H
#define SERVER_ENGINE_RULES_H

#include "base/calendar.h"
#include "server/engine/statement.h"

struct site_span {
    instant from; /* until the next one's from; the first is INSTANT_EVER */
    enum site_type type;
};

struct tenant_items {
    int64_t tenant;
    int32_t effective;
    struct bytes key;
    bool has_items;
    struct bytes *items;
    size_t item_count;
};

struct rules {
    struct site_span *sites;
    size_t site_count;
    struct tenant_items *tenants; /* the setting with the latest effective, a tenant each */
    size_t tenant_count;
    struct arena *arena;
};

/* True when the answer to some question changed. */
bool rules_rebuild(struct rules *rules, const struct statements *statements, const struct names *names, const struct calendar *system);
/* False: no list is known for the tenant, so it has every item. */
bool rules_tenant_items(const struct rules *rules, int64_t tenant, const struct tenant_items **items);
void rules_free(struct rules *rules);

/* The statements of a kind that count: of one key the preceding source's, unless `api` took it back.  In arena; how many. */
size_t rules_that_count(enum fact_kind kind, const struct statements *statements, const struct names *names, struct arena *arena,
                        const struct statement ***out);
/* The days from … to, both included, DATE_NONE: no bound, as instants (domain.md §7.11). */
void rules_days(const struct calendar *calendar, int32_t from, int32_t to, instant *begin, instant *end);

#endif
