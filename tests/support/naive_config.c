/* What the configuration and the rules said: at an instant (domain.md §7.1) or over spans (§7.12, §7.13). */
#include "tests/support/naive_parts.h"

void spans_add(struct naive *naive, struct spans *spans, instant begin, instant end)
{
    if (begin >= end)
        return;
    if (spans->count == spans->capacity) {
        struct span *old = spans->list;
        spans->capacity = spans->capacity ? spans->capacity * 2 : 4;
        spans->list = arena_alloc(naive->arena, spans->capacity * sizeof *spans->list);
        if (spans->count)
            memcpy(spans->list, old, spans->count * sizeof *old);
    }
    spans->list[spans->count++] = (struct span){begin, end};
}

struct spans spans_cut(struct naive *naive, const struct spans *spans, instant begin, instant end)
{
    struct spans cut = {0};
    for (size_t i = 0; i < spans->count; i++)
        spans_add(naive, &cut, spans->list[i].begin > begin ? spans->list[i].begin : begin,
                  spans->list[i].end < end ? spans->list[i].end : end);
    return cut;
}

struct spans spans_and(struct naive *naive, const struct spans *a, const struct spans *b)
{
    struct spans both = {0};
    for (size_t i = 0; i < a->count; i++) {
        struct spans cut = spans_cut(naive, b, a->list[i].begin, a->list[i].end);
        for (size_t k = 0; k < cut.count; k++)
            spans_add(naive, &both, cut.list[k].begin, cut.list[k].end);
    }
    return both;
}

/* True when source a speaks before source b: `api` first, then by name (domain.md §7.19). */
static bool speaks_first(struct bytes a, struct bytes b)
{
    bool a_api = bytes_equal_text(a, "api"), b_api = bytes_equal_text(b, "api");
    return a_api != b_api ? a_api : bytes_compare(a, b) < 0;
}

const struct object *config_object(const struct naive *naive, enum object_type type, int64_t id, instant at)
{
    const struct fact *best = NULL;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind != FACT_OBJECT || row->object.type != type || row->object.id != id || row->object.valid_from > at)
            continue;
        if (!best || row->object.valid_from > best->object.valid_from ||
            (row->object.valid_from == best->object.valid_from && speaks_first(row->source, best->source)))
            best = row;
    }
    return best ? &best->object : NULL;
}

struct spans config_member(struct naive *naive, enum object_type member_type, int64_t member, int64_t group)
{
    struct spans spans = {0};
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind == FACT_MEMBERSHIP && member != ID_NONE && row->membership.group == group &&
            row->membership.member_type == member_type && row->membership.member == member)
            spans_add(naive, &spans, row->membership.from, row->membership.to);
    }
    return spans;
}

struct spans config_campaigns(struct naive *naive, int64_t person)
{
    struct spans spans = {0};
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind != FACT_CAMPAIGN)
            continue;
        struct spans member = config_member(naive, OBJECT_PERSON, person, row->campaign.group);
        struct spans loaded = spans_cut(naive, &member, row->campaign.loaded_from, row->campaign.loaded_to);
        for (size_t k = 0; k < loaded.count; k++)
            spans_add(naive, &spans, loaded.list[k].begin, loaded.list[k].end);
    }
    return spans;
}

/* A rule counts when its own source has not taken it back, nor `api`, and no source states it before this one. */
bool config_rule_counts(const struct naive *naive, const struct fact *rule)
{
    if (rule->rule_deleted)
        return false;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *other = naive->rows[i];
        if (other->kind != rule->kind || other == rule || !bytes_equal(other->key, rule->key))
            continue;
        if (other->rule_deleted ? bytes_equal_text(other->source, "api") : speaks_first(other->source, rule->source))
            return false;
    }
    return true;
}

static instant entitlement_from(const struct naive *naive, const struct entitlement *entitlement)
{
    return entitlement->valid_from == DATE_NONE ? INSTANT_EVER : naive_date_start(naive, entitlement->valid_from);
}

/* valid_to is a date, included. */
static instant entitlement_to(const struct naive *naive, const struct entitlement *entitlement)
{
    return entitlement->valid_to == DATE_NONE ? INSTANT_NEVER : naive_date_start(naive, entitlement->valid_to + 1);
}

/* Of several in force the latest issued, then the larger key; without one, multi-site. */
static enum site_type site_at(const struct naive *naive, instant at)
{
    const struct fact *best = NULL;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind != FACT_ENTITLEMENT || !config_rule_counts(naive, row) || at < entitlement_from(naive, &row->entitlement) ||
            at >= entitlement_to(naive, &row->entitlement))
            continue;
        if (!best || row->entitlement.issued > best->entitlement.issued ||
            (row->entitlement.issued == best->entitlement.issued && bytes_compare(row->key, best->key) > 0))
            best = row;
    }
    return best && best->entitlement.site_type != SITE_UNKNOWN ? best->entitlement.site_type : SITE_MULTI;
}

struct spans config_site(struct naive *naive, enum site_type type)
{
    struct spans spans = {0};
    instant at = INSTANT_EVER;
    while (at != INSTANT_NEVER) { /* from each date at which something may change to the next */
        instant next = INSTANT_NEVER;
        for (size_t i = 0; i < naive->row_count; i++) {
            if (naive->rows[i]->kind != FACT_ENTITLEMENT)
                continue;
            instant from = entitlement_from(naive, &naive->rows[i]->entitlement), to = entitlement_to(naive, &naive->rows[i]->entitlement);
            next = from > at && from < next ? from : next;
            next = to > at && to < next ? to : next;
        }
        if (site_at(naive, at) == type)
            spans_add(naive, &spans, at, next);
        at = next;
    }
    return spans;
}

bool config_tenant_has(const struct naive *naive, int64_t tenant, const struct text_list *items)
{
    const struct tenant_setting *best = NULL;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind == FACT_TENANT_SETTING && row->tenant_setting.tenant == tenant && config_rule_counts(naive, row) &&
            (!best || row->tenant_setting.effective > best->effective))
            best = &row->tenant_setting;
    }
    if (!best || !best->has_items)
        return true;
    for (size_t i = 0; i < best->item_count; i++)
        for (size_t k = 0; k < items->count; k++)
            if (bytes_equal(best->items[i], items->texts[k]))
                return true;
    return false;
}
