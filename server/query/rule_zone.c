/* Whose days: the zones of rule sets and of tenant settings as calendars (domain.md §7.9). */
#include "server/query/rule_book.h"

#include "base/log.h"

#include <stdlib.h>

/* NULL, said once, when tzdata does not know it: then the rule says nothing of a zone. */
static const struct zone *zone_of(void *owner, struct bytes name)
{
    struct rules *rules = owner;
    for (size_t i = 0; i < rules->zone_count; i++)
        if (bytes_equal(zone_name(rules->zones[i]), name))
            return rules->zones[i];
    struct zone *zone = zone_open(name);
    if (!zone) {
        log_once(LOG_WARNING, "query", "zone of a rule", "a rule names the zone \"%.*s\", which tzdata does not know: it is left out",
                 (int)name.len, (const char *)name.data);
        return NULL;
    }
    rules->zones = memory_resize(rules->zones, (rules->zone_count + 1) * sizeof *rules->zones);
    rules->zones[rules->zone_count++] = zone;
    return zone;
}

/* A rule as far as zones go. */
struct zone_rule {
    int64_t tenant;
    int32_t from;
    struct bytes key, name;
    const struct zone *zone;
};

static int compare_zone_rule(const void *left, const void *right)
{
    const struct zone_rule *a = left, *b = right;
    if (a->tenant != b->tenant)
        return a->tenant < b->tenant ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return bytes_compare(a->key, b->key);
}

/* Those that count, by tenant and date: of one date the larger key; one that names no zone leaves it as it was. */
static size_t zone_rules(struct rules *rules, struct zone_rule **out)
{
    const struct rule *list;
    size_t count = rules_of_kind(rules, FACT_TENANT_SETTING, &list), counting = 0, kept = 0;
    struct zone_rule *made = arena_alloc(rules->arena, (count + 1) * sizeof *made);
    for (size_t i = 0; i < count; i++) {
        const struct fact *fact = &list[i].fact;
        if (list[i].counts)
            made[counting++] = (struct zone_rule){fact->tenant_setting.tenant, fact->tenant_setting.effective, fact->key,
                                                  fact->tenant_setting.zone, NULL};
    }
    if (counting)
        qsort(made, counting, sizeof *made, compare_zone_rule);
    for (size_t i = 0; i < counting; i++) {
        if (i + 1 < counting && made[i + 1].tenant == made[i].tenant && made[i + 1].from == made[i].from)
            continue;
        made[i].zone = bytes_present(made[i].name) ? zone_of(rules, made[i].name) : NULL;
        if (made[i].zone)
            made[kept++] = made[i];
    }
    *out = made;
    return kept;
}

static void add_span(struct calendar *calendar, int32_t from, const struct zone *zone)
{
    if (calendar->count == 0 || calendar->spans[calendar->count - 1].zone != zone)
        calendar->spans[calendar->count++] = (struct calendar_span){from, zone};
}

/* The rules of one owner; what holds before the first of them, and only until then, is before's. */
static const struct calendar *calendar_make(struct rules *rules, const struct calendar *before, const struct zone_rule *list, size_t count)
{
    struct calendar *calendar = arena_alloc(rules->arena, sizeof *calendar);
    calendar->spans = arena_alloc(rules->arena, (before->count + count) * sizeof *calendar->spans);
    for (size_t i = 0; i < before->count && (count == 0 || before->spans[i].from < list[0].from); i++)
        add_span(calendar, before->spans[i].from, before->spans[i].zone);
    for (size_t i = 0; i < count; i++)
        add_span(calendar, list[i].from, list[i].zone);
    return calendar;
}

static bool same_calendar(const struct calendar *a, const struct calendar *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->spans[i].from == b->spans[i].from && a->spans[i].zone == b->spans[i].zone;
    return same;
}

/* Tenants with the same history share it, so that what was found out about its days may be used again. */
static const struct calendar *shared(const struct rules *rules, const struct calendar *calendar)
{
    if (same_calendar(calendar, rules->system))
        return rules->system;
    for (size_t i = 0; i < rules->tenant_count; i++)
        if (same_calendar(calendar, rules->tenants[i].calendar))
            return rules->tenants[i].calendar;
    return calendar;
}

static void build_counting(struct rules *rules)
{
    const struct rule *list;
    size_t count = rules_of_kind(rules, FACT_RULESET, &list), counting = 0;
    struct ruleset_said *said = arena_alloc(rules->arena, (count + 1) * sizeof *said);
    for (size_t i = 0; i < count; i++)
        if (list[i].counts)
            said[counting++] = (struct ruleset_said){list[i].fact.key, list[i].fact.ruleset};
    counting_make(said, counting, zone_of, rules, rules->arena, &rules->counting);
    rules->system = rules->counting.calendar;
}

void rules_build_calendars(struct rules *rules)
{
    struct zone_rule *list;
    build_counting(rules);
    size_t count = zone_rules(rules, &list);
    rules->tenants = arena_alloc(rules->arena, (count + 1) * sizeof *rules->tenants);
    for (size_t from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && list[to].tenant == list[from].tenant)
            to++;
        const struct calendar *calendar = shared(rules, calendar_make(rules, rules->system, &list[from], to - from));
        rules->tenants[rules->tenant_count++] = (struct tenant_calendar){list[from].tenant, calendar};
    }
}

const struct counting_rules *rules_counting(const struct rules *rules)
{
    return &rules->counting;
}

const struct calendar *rules_system_calendar(const struct rules *rules)
{
    return rules->system;
}

const struct calendar *rules_calendar(const struct rules *rules, const struct query_scope *scope)
{
    int64_t tenant = scope->scope.kind == SCOPE_SYSTEM ? ID_NONE : scope->scope.kind == SCOPE_TENANT ? scope->scope.id : scope->tenant;
    size_t low = 0, high = rules->tenant_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rules->tenants[middle].tenant < tenant)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = tenant != ID_NONE && low < rules->tenant_count && rules->tenants[low].tenant == tenant;
    return found ? rules->tenants[low].calendar : rules->system;
}
