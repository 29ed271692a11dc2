/*
 * server/engine/rules.h - the site type in force, and which items a tenant has.
 *
 * Both follow from rules (entitlements, tenant settings) by domain.md §7.12 and are made anew whenever
 * a rule changes, which is rare.  Dates are in the system's zone, which is UTC until "Exact seats".
 * Of the same rule (kind and key) from several sources `api` counts, else the first by name; what
 * `api` took back is gone (§7.19).
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_RULES_H
#define SERVER_ENGINE_RULES_H

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
bool rules_rebuild(struct rules *rules, const struct statements *statements, const struct names *names);
/* False: no list is known for the tenant, so it has every item. */
bool rules_tenant_items(const struct rules *rules, int64_t tenant, const struct tenant_items **items);
void rules_free(struct rules *rules);

#endif
