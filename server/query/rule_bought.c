/* What was bought, on a day (domain.md §7.11, §7.15), and which rule of a history is in force. */
#include "server/query/rule_book.h"

#include <assert.h>
#include <stdlib.h>

/* --- provisioned counts ------------------------------------------------------------------------- */

/* NULL items stand before every other: a search begins there. */
static int compare_provisioned(int64_t tenant, struct bytes item, const struct rule *rule)
{
    const struct provisioned *p = &rule->fact.provisioned;
    if (p->tenant != tenant)
        return tenant < p->tenant ? -1 : 1;
    return bytes_compare(item, p->item);
}

static int by_tenant_and_item(const void *left, const void *right)
{
    const struct rule *a = *(const struct rule *const *)left, *b = *(const struct rule *const *)right;
    int order = compare_provisioned(a->fact.provisioned.tenant, a->fact.provisioned.item, b);
    if (order)
        return order;
    int32_t x = a->fact.provisioned.effective, y = b->fact.provisioned.effective;
    return x != y ? (x > y) - (x < y) : bytes_compare(a->fact.key, b->fact.key);
}

void rules_build_provisioned(struct rules *rules)
{
    const struct rule_list *all = &rules->kinds[FACT_PROVISIONED];
    rules->provisioned = arena_alloc(rules->arena, (all->count + 1) * sizeof *rules->provisioned);
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].counts)
            rules->provisioned[rules->provisioned_count++] = &all->list[i];
    if (rules->provisioned_count)
        qsort(rules->provisioned, rules->provisioned_count, sizeof *rules->provisioned, by_tenant_and_item);
}

/* The last whose day has come. */
static const struct rule *provisioned_on(const struct rules *rules, int64_t tenant, struct bytes item, int32_t date)
{
    size_t low = 0, high = rules->provisioned_count;
    while (low < high) { /* the first of (tenant, item) that comes later, or of a later item */
        size_t middle = (low + high) / 2;
        int order = compare_provisioned(tenant, item, rules->provisioned[middle]);
        if (order > 0 || (order == 0 && rules->provisioned[middle]->fact.provisioned.effective <= date))
            low = middle + 1;
        else
            high = middle;
    }
    const struct rule *found = low > 0 ? rules->provisioned[low - 1] : NULL;
    return found && compare_provisioned(tenant, item, found) == 0 ? found : NULL;
}

/* --- entitlement files and bundle sets ------------------------------------------------------------ */

struct validity {
    int32_t from, to, issued;
};

static struct validity validity_of(const struct fact *fact)
{
    if (fact->kind == FACT_ENTITLEMENT)
        return (struct validity){fact->entitlement.valid_from, fact->entitlement.valid_to, fact->entitlement.issued};
    return (struct validity){fact->bundle_set.valid_from, fact->bundle_set.valid_to, fact->bundle_set.issued};
}

static bool has_come(struct validity validity, int32_t date)
{
    return validity.from == DATE_NONE || validity.from <= date;
}

static bool is_over(struct validity validity, int32_t date)
{
    return validity.to != DATE_NONE && validity.to < date;
}

/* Of several the latest issued (one that does not say is older than all), then the larger key. */
static const struct rule *valid_on(const struct rules *rules, enum fact_kind kind, int32_t date)
{
    const struct rule *list, *best = NULL;
    size_t count = rules_of_kind(rules, kind, &list);
    for (size_t i = 0; i < count; i++) {
        struct validity validity = validity_of(&list[i].fact);
        if (!list[i].counts || !has_come(validity, date) || is_over(validity, date))
            continue;
        int32_t issued = best ? validity_of(&best->fact).issued : 0;
        if (!best || validity.issued > issued ||
            (validity.issued == issued && bytes_compare(list[i].fact.key, best->fact.key) > 0))
            best = &list[i];
    }
    return best;
}

const struct bundle_set *rules_bundle_set(const struct rules *rules, int32_t date)
{
    const struct rule *rule = valid_on(rules, FACT_BUNDLE_SET, date);
    return rule ? &rule->fact.bundle_set : NULL;
}

/* --- what was bought ------------------------------------------------------------------------------ */

static int64_t add_up(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static struct bought bought_by_lines(const struct entitlement *file, struct bytes item)
{
    struct bought bought = {.by_enabled = true, .burst = -1};
    for (size_t i = 0; i < file->line_count; i++) {
        const struct entitlement_line *line = &file->lines[i];
        if (!bytes_equal(line->item, item))
            continue;
        bought.known = true;
        bought.by_enabled = bought.by_enabled && line->license == LICENSE_ENABLED;
        bought.unlimited = bought.unlimited || line->quantity == QUANTITY_UNLIMITED;
        if (line->quantity != QUANTITY_UNLIMITED)
            bought.entitled = add_up(bought.entitled, line->quantity);
        if (line->burst >= 0)
            bought.burst = add_up(bought.burst < 0 ? 0 : bought.burst, line->burst);
    }
    bought.by_enabled = bought.by_enabled && bought.known;
    return bought;
}

struct bought rules_bought(const struct rules *rules, struct scope scope, struct bytes item, int32_t date)
{
    struct bought bought = {.burst = -1};
    if (scope.kind == SCOPE_SYSTEM) {
        const struct rule *file = valid_on(rules, FACT_ENTITLEMENT, date);
        if (file)
            bought = bought_by_lines(&file->fact.entitlement, item);
    } else if (scope.kind == SCOPE_TENANT) {
        const struct rule *count = provisioned_on(rules, scope.id, item, date);
        if (count)
            bought = (struct bought){.known = true, .unlimited = count->fact.provisioned.quantity == QUANTITY_UNLIMITED,
                                     .entitled = count->fact.provisioned.quantity, .burst = -1};
    }
    if (!bought.known || bought.unlimited)
        bought.entitled = bought.burst = -1;
    return bought;
}

static int64_t over(const struct bought *bought, int64_t number, int64_t extra)
{
    if (!bought->known)
        return -1;
    if (bought->unlimited)
        return 0; /* whatever the number is */
    if (number < 0)
        return -1;
    int64_t line = add_up(bought->entitled, extra);
    return number > line ? number - line : 0;
}

int64_t bought_over(const struct bought *bought, int64_t number)
{
    return over(bought, number, 0);
}

int64_t bought_over_burst(const struct bought *bought, int64_t number)
{
    return over(bought, number, bought->burst < 0 ? 0 : bought->burst);
}

/* --- states --------------------------------------------------------------------------------------- */

const char *rule_state_name(enum rule_state state)
{
    static const char *const names[] = {"in-force", "to-come", "past", "outranked", "overruled", "taken-back"};
    static_assert(sizeof names / sizeof *names == RULE_STATE_COUNT, "a name each");
    return names[state];
}

/* The rule of a tenant's settings, or of the rule sets, that is in force: the latest whose day has come. */
static const struct rule *latest_on(const struct rules *rules, const struct rule *like, int32_t date)
{
    const struct rule *list, *best = NULL;
    bool setting = like->fact.kind == FACT_TENANT_SETTING;
    size_t count = rules_of_kind(rules, like->fact.kind, &list);
    for (size_t i = 0; i < count; i++) {
        int32_t effective = setting ? list[i].fact.tenant_setting.effective : list[i].fact.ruleset.effective;
        int32_t best_effective = !best ? 0 : setting ? best->fact.tenant_setting.effective : best->fact.ruleset.effective;
        bool same_owner = !setting || list[i].fact.tenant_setting.tenant == like->fact.tenant_setting.tenant;
        if (list[i].counts && same_owner && effective <= date &&
            (!best || effective > best_effective || (effective == best_effective && bytes_compare(list[i].fact.key, best->fact.key) > 0)))
            best = &list[i];
    }
    return best;
}

static enum rule_state state_by_validity(const struct rules *rules, const struct rule *rule, int32_t date)
{
    struct validity validity = validity_of(&rule->fact);
    if (!has_come(validity, date))
        return RULE_TO_COME;
    if (is_over(validity, date))
        return RULE_PAST;
    return valid_on(rules, rule->fact.kind, date) == rule ? RULE_IN_FORCE : RULE_OUTRANKED;
}

const struct calendar *rules_calendar_of(const struct rules *rules, const struct rule *rule)
{
    const struct fact *fact = &rule->fact;
    struct query_scope owner = {{SCOPE_SYSTEM, 0}, BYTES_NONE, ID_NONE};
    if (fact->kind == FACT_PROVISIONED || fact->kind == FACT_TENANT_SETTING)
        owner.scope = (struct scope){SCOPE_TENANT, fact->kind == FACT_PROVISIONED ? fact->provisioned.tenant : fact->tenant_setting.tenant};
    return rules_calendar(rules, &owner);
}

enum rule_state rules_state(const struct rules *rules, const struct rule *rule, int32_t date)
{
    const struct fact *fact = &rule->fact;
    if (fact->rule_deleted)
        return RULE_TAKEN_BACK;
    if (!rule->counts)
        return RULE_OVERRULED;
    if (fact->kind == FACT_ENTITLEMENT || fact->kind == FACT_BUNDLE_SET)
        return state_by_validity(rules, rule, date);
    const struct rule *holds = fact->kind == FACT_PROVISIONED ? provisioned_on(rules, fact->provisioned.tenant, fact->provisioned.item, date)
                                                              : latest_on(rules, rule, date);
    int32_t effective = fact->kind == FACT_PROVISIONED ? fact->provisioned.effective
                        : fact->kind == FACT_RULESET   ? fact->ruleset.effective
                                                       : fact->tenant_setting.effective;
    return holds == rule ? RULE_IN_FORCE : effective > date ? RULE_TO_COME : RULE_PAST;
}
