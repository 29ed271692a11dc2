/* By which rules a span is counted, as one digest: what a close names (contract.md §6). */
#include "proto/fact_json.h"
#include "server/query/snapshot.h"

/* The members of a rule set with the instant from which on they hold, the catalog's text with its length. */
static void add_counting(struct query *query, const struct counting_rules *rules, size_t i, struct buffer *out)
{
    const struct counting *counting = &rules->spans[i];
    struct bytes catalog = query_catalog(query, counting->from)->text, cap = BYTES_NONE;
    char from[INSTANT_TEXT_SIZE];
    buffer_printf(out, "from %s\n", counting->from == INSTANT_EVER ? "ever" : instant_format(counting->from, from));
    if (counting->cap_hours != ID_NONE)
        buffer_printf(out, "cap_hours %lld\n", (long long)counting->cap_hours);
    else if (meta_get(query->txn, "cap_hours", query->arena, &cap))
        buffer_printf(out, "cap_hours %.*s\n", (int)cap.len, (const char *)cap.data);
    if (counting->sustained_minutes != ID_NONE)
        buffer_printf(out, "sustained_minutes %lld\n", (long long)counting->sustained_minutes);
    buffer_printf(out, "catalog %zu\n", catalog.len);
    buffer_append_bytes(out, catalog);
}

/* The bundle set of a date as its canonical body. */
static void add_bundle_set(const struct rules *rules, int32_t date, struct buffer *out)
{
    const struct bundle_set *set = rules_bundle_set(rules, date);
    struct fact fact = fact_blank(FACT_BUNDLE_SET);
    if (!set)
        return;
    fact.bundle_set = *set;
    buffer_append_text(out, "bundle_set ");
    fact_json_write_body(&fact, out);
    buffer_append_char(out, '\n');
}

void query_rules_digest(struct query *query, instant from, instant to, char text[SHA256_TEXT_SIZE])
{
    const struct rules *rules = query_rules(query);
    const struct counting_rules *counting = rules_counting(rules);
    const struct calendar *calendar = rules_system_calendar(rules);
    struct buffer all = {0};
    for (size_t i = 0; i < counting->count; i++)
        if (counting->spans[i].from < to && (i + 1 == counting->count || counting->spans[i + 1].from > from))
            add_counting(query, counting, i, &all);
    for (int32_t date = calendar_date(calendar, from); calendar_start(calendar, date) < to; date++) {
        struct bytes zone = zone_name(calendar_zone(calendar, date));
        buffer_printf(&all, "zone %.*s\n", (int)zone.len, (const char *)zone.data);
        add_bundle_set(rules, date, &all);
    }
    sha256_text(buffer_bytes(&all), text);
    buffer_free(&all);
}
