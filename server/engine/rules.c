#include "server/engine/rules.h"

#include "base/check.h"

#include <stdlib.h>

/* What a source took back it no longer says, so another's statement of the same rule counts; but what `api` took
 * back is gone, whoever else states it (domain.md §7.19). */
static bool says_nothing(const struct statement *statement, const struct names *names)
{
    return statement->rule_deleted && !bytes_equal_text(names_text(names, DICTIONARY_SOURCE, statement->source), "api");
}

size_t rules_that_count(enum fact_kind kind, const struct statements *statements, const struct names *names, struct arena *arena,
                        const struct statement ***out)
{
    const struct statement **list = arena_alloc(arena, (statements->rules.count + 1) * sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < statements->rules.count; i++) {
        const struct statement *statement = statement_at(statements, statements->rules.numbers[i]);
        if (!statement->live || statement->kind != kind || says_nothing(statement, names))
            continue;
        size_t same = 0;
        while (same < count && !bytes_equal(list[same]->key, statement->key))
            same++;
        if (same == count)
            list[count++] = statement;
        else if (statement_precedes(names, statement, list[same]))
            list[same] = statement;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!list[i]->rule_deleted)
            list[kept++] = list[i];
    *out = list;
    return kept;
}

void rules_days(const struct calendar *calendar, int32_t from, int32_t to, instant *begin, instant *end)
{
    *begin = from == DATE_NONE ? INSTANT_EVER : calendar_start(calendar, from);
    *end = to == DATE_NONE ? INSTANT_NEVER : calendar_start(calendar, to + 1);
}

struct site_rule {
    instant from, to;
    int32_t issued;
    struct bytes key;
    enum site_type type;
};

static enum site_type site_at(const struct site_rule *list, size_t count, instant at)
{
    const struct site_rule *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].from <= at && at < list[i].to &&
            (!best || list[i].issued > best->issued ||
             (list[i].issued == best->issued && bytes_compare(list[i].key, best->key) > 0)))
            best = &list[i];
    return best && best->type == SITE_SINGLE ? SITE_SINGLE : SITE_MULTI;
}

static void build_sites(struct rules *rules, const struct statements *statements, const struct names *names, const struct calendar *system)
{
    const struct statement **list;
    size_t count = rules_that_count(FACT_ENTITLEMENT, statements, names, rules->arena, &list);
    struct site_rule *sites = arena_alloc(rules->arena, (count + 1) * sizeof *sites);
    instant *points = arena_alloc(rules->arena, (2 * count + 1) * sizeof *points);
    size_t point_count = 0;
    points[point_count++] = INSTANT_EVER;
    for (size_t i = 0; i < count; i++) {
        struct fact fact = statement_fact(list[i], names, rules->arena);
        const struct entitlement *e = &fact.entitlement;
        sites[i] = (struct site_rule){
            .issued = e->issued,
            .key = list[i]->key,
            .type = e->site_type,
        };
        rules_days(system, e->valid_from, e->valid_to, &sites[i].from, &sites[i].to);
        if (sites[i].from != INSTANT_EVER)
            points[point_count++] = sites[i].from;
        if (sites[i].to != INSTANT_NEVER)
            points[point_count++] = sites[i].to;
    }
    instants_sort(points, point_count);
    rules->sites = arena_alloc(rules->arena, point_count * sizeof *rules->sites);
    rules->site_count = 0;
    for (size_t i = 0; i < point_count; i++) {
        enum site_type type = site_at(sites, count, points[i]);
        if (rules->site_count == 0 || rules->sites[rules->site_count - 1].type != type)
            rules->sites[rules->site_count++] = (struct site_span){points[i], type};
    }
}

static void build_tenants(struct rules *rules, const struct statements *statements, const struct names *names)
{
    const struct statement **list;
    size_t count = rules_that_count(FACT_TENANT_SETTING, statements, names, rules->arena, &list);
    rules->tenants = arena_alloc(rules->arena, (count + 1) * sizeof *rules->tenants);
    rules->tenant_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct fact fact = statement_fact(list[i], names, rules->arena);
        const struct tenant_setting *s = &fact.tenant_setting;
        struct tenant_items entry = {s->tenant, s->effective, arena_copy(rules->arena, list[i]->key), s->has_items, s->items, s->item_count};
        size_t at = 0;
        while (at < rules->tenant_count && rules->tenants[at].tenant != s->tenant)
            at++;
        /* DATE_NONE, "ever", is below every date; two rules of one date: the larger key, as for entitlements. */
        struct tenant_items *known = at < rules->tenant_count ? &rules->tenants[at] : NULL;
        if (!known)
            rules->tenants[rules->tenant_count++] = entry;
        else if (entry.effective > known->effective ||
                 (entry.effective == known->effective && bytes_compare(entry.key, known->key) > 0))
            *known = entry;
    }
}

static bool same_items(const struct tenant_items *a, const struct tenant_items *b)
{
    if (a->has_items != b->has_items || a->item_count != b->item_count)
        return false;
    for (size_t i = 0; i < a->item_count; i++)
        if (!bytes_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool same(const struct rules *a, const struct rules *b)
{
    if (a->site_count != b->site_count || a->tenant_count != b->tenant_count)
        return false;
    for (size_t i = 0; i < a->site_count; i++)
        if (a->sites[i].from != b->sites[i].from || a->sites[i].type != b->sites[i].type)
            return false;
    for (size_t i = 0; i < a->tenant_count; i++) {
        const struct tenant_items *other = NULL;
        for (size_t j = 0; j < b->tenant_count; j++)
            if (b->tenants[j].tenant == a->tenants[i].tenant)
                other = &b->tenants[j];
        if (!other || !same_items(&a->tenants[i], other))
            return false;
    }
    return true;
}

bool rules_rebuild(struct rules *rules, const struct statements *statements, const struct names *names, const struct calendar *system)
{
    struct rules fresh = {.arena = arena_create()};
    build_sites(&fresh, statements, names, system);
    build_tenants(&fresh, statements, names);
    bool changed = !rules->arena || !same(rules, &fresh);
    rules_free(rules);
    *rules = fresh;
    return changed;
}

bool rules_tenant_items(const struct rules *rules, int64_t tenant, const struct tenant_items **items)
{
    for (size_t i = 0; i < rules->tenant_count; i++)
        if (rules->tenants[i].tenant == tenant) {
            *items = &rules->tenants[i];
            return rules->tenants[i].has_items;
        }
    return false;
}

void rules_free(struct rules *rules)
{
    arena_destroy(rules->arena);
    *rules = (struct rules){0};
}
