/*
 * Which catalog and which cap hold when, and what bundles are (contract.md §1 `ruleset`; domain.md §7.9, §7.11, §7.18).
 *
 * Dates are days of the system's calendar; it is walked day by day, and on each the rules are looked through for the
 * one that holds.  A phase is a run of days with one catalog and one cap.
 */
#include "tests/support/naive_parts.h"
#include "tests/support/naive_rules.h"

#include <stdio.h>

/* --- days ----------------------------------------------------------------------------------------- */

static void widen(struct naive *naive, int32_t date)
{
    if (date == DATE_NONE)
        return;
    naive->first_date = naive->have_dates && naive->first_date < date ? naive->first_date : date;
    naive->last_date = naive->have_dates && naive->last_date > date ? naive->last_date : date;
    naive->have_dates = true;
}

static void find_days(struct naive *naive)
{
    bool zoned = false;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        zoned |= row->kind == FACT_RULESET;
        if (row->kind == FACT_RULESET)
            widen(naive, row->ruleset.effective);
        if (row->kind == FACT_BUNDLE_SET || row->kind == FACT_ENTITLEMENT) {
            widen(naive, row->kind == FACT_BUNDLE_SET ? row->bundle_set.valid_from : row->entitlement.valid_from);
            widen(naive, row->kind == FACT_BUNDLE_SET ? row->bundle_set.valid_to : row->entitlement.valid_to);
        }
    }
    if (!zoned)
        return; /* days are UTC's */
    if (!naive->have_dates)
        naive->first_date = naive->last_date = 20000;
    naive->first_date -= 3;
    naive->last_date += 3;
    check(naive->last_date - naive->first_date < NAIVE_DAYS_MAX);
    naive->days = arena_alloc(naive->arena, sizeof *naive->days);
    naive_calendar(naive, ID_NONE, BYTES_NONE, naive->first_date, (size_t)(naive->last_date - naive->first_date) + 1, naive->days);
}

instant naive_date_start(const struct naive *naive, int32_t date)
{
    if (!naive->days)
        return (instant)date * DAY_MS;
    check(date >= naive->first_date && date <= naive->last_date);
    return naive->days->days[date - naive->first_date].start;
}

/* --- rule sets ------------------------------------------------------------------------------------ */

static bool better(const struct fact *row, const struct fact *best)
{
    return !best || row->ruleset.effective > best->ruleset.effective ||
           (row->ruleset.effective == best->ruleset.effective && bytes_compare(row->key, best->key) > 0);
}

/* The rule set in force on a date among those that `asks` leaves; of one date the larger key alone. */
static const struct fact *ruleset_on(const struct naive *naive, int32_t date, bool (*states)(const struct ruleset *ruleset))
{
    const struct fact *best = NULL;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        bool alone = true;
        if (row->kind != FACT_RULESET || row->ruleset.effective > date || !config_rule_counts(naive, row) || !states(&row->ruleset))
            continue;
        for (size_t k = 0; k < naive->row_count && alone; k++) {
            const struct fact *other = naive->rows[k];
            alone = other->kind != FACT_RULESET || other->ruleset.effective != row->ruleset.effective ||
                    !config_rule_counts(naive, other) || bytes_compare(other->key, row->key) <= 0;
        }
        if (alone && better(row, best))
            best = row;
    }
    return best;
}

static bool states_catalog(const struct ruleset *ruleset)
{
    return bytes_present(ruleset->catalog);
}

static bool states_cap(const struct ruleset *ruleset)
{
    return ruleset->cap_hours != ID_NONE;
}

static bool states_sustained(const struct ruleset *ruleset)
{
    return ruleset->sustained_minutes != ID_NONE;
}

static const struct catalog *read_catalog(struct naive *naive, struct bytes text)
{
    struct catalog *catalog;
    const char *why;
    for (size_t i = 0; i < naive->phase_count; i++)
        if (bytes_equal(naive->phases[i].catalog->text, text))
            return naive->phases[i].catalog;
    check(catalog_read(text, naive->arena, &catalog, &why) == ERR_OK);
    return catalog;
}

static void add_phase(struct naive *naive, instant from, int32_t date)
{
    const struct fact *catalog = ruleset_on(naive, date, states_catalog), *cap = ruleset_on(naive, date, states_cap);
    const struct fact *sustained = ruleset_on(naive, date, states_sustained);
    struct naive_phase phase = {from, INSTANT_NEVER, catalog ? read_catalog(naive, catalog->ruleset.catalog) : naive->options.catalog,
                                cap ? (int)cap->ruleset.cap_hours : naive->options.cap_hours,
                                sustained ? (int)sustained->ruleset.sustained_minutes : 30};
    struct naive_phase *before = naive->phase_count ? &naive->phases[naive->phase_count - 1] : NULL;
    if (before && before->catalog == phase.catalog && before->cap_hours == phase.cap_hours && before->sustained_minutes == phase.sustained_minutes)
        return;
    if (before && before->from == from) {
        *before = phase; /* a day without an instant */
        return;
    }
    if (before)
        before->to = from;
    naive->phases[naive->phase_count++] = phase;
}

/* --- items ---------------------------------------------------------------------------------------- */

const struct catalog_item *naive_item_in(const struct catalog *catalog, struct bytes code)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (bytes_equal(catalog->items[i].code, code))
            return &catalog->items[i];
    return NULL;
}

static int64_t next_bundle(const struct naive *naive, int64_t behind)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        for (size_t k = 0; row->kind == FACT_BUNDLE_SET && config_rule_counts(naive, row) && k < row->bundle_set.bundle_count; k++)
            if (row->bundle_set.bundles[k].id > behind && row->bundle_set.bundles[k].id < next)
                next = row->bundle_set.bundles[k].id;
    }
    return next;
}

static void list_items(struct naive *naive)
{
    size_t room = 1;
    for (size_t i = 0; i < naive->phase_count; i++)
        room += naive->phases[i].catalog->count;
    for (int64_t id = next_bundle(naive, -1); id != INT64_MAX; id = next_bundle(naive, id))
        room++;
    struct catalog *all = arena_alloc(naive->arena, sizeof *all);
    all->items = arena_alloc(naive->arena, room * sizeof *all->items);
    for (size_t p = naive->phase_count; p > 0; p--)
        for (size_t i = 0; i < naive->phases[p - 1].catalog->count; i++)
            if (!naive_item_in(all, naive->phases[p - 1].catalog->items[i].code))
                all->items[all->count++] = naive->phases[p - 1].catalog->items[i];
    naive->bundles_from = all->count;
    for (int64_t id = next_bundle(naive, -1); id != INT64_MAX; id = next_bundle(naive, id)) {
        struct bytes code = bytes_from_text(arena_printf(naive->arena, "bundle:%lld", (long long)id));
        all->items[all->count++] = (struct catalog_item){.code = code, .measure_concurrent = true};
    }
    naive->items = all;
    if (naive->phase_count == 1 && naive->bundles_from == all->count)
        naive->items = naive->phases[0].catalog;
}

void naive_rulesets_find(struct naive *naive)
{
    size_t days;
    find_days(naive);
    days = naive->days ? naive->days->count : 0;
    naive->phases = arena_alloc(naive->arena, (days + 2) * sizeof *naive->phases);
    add_phase(naive, INSTANT_EVER, naive->days ? naive->first_date - 1 : INT32_MAX);
    for (size_t i = 0; i < days; i++)
        if (naive->days->days[i].start < naive->days->days[i].end || i + 1 == days)
            add_phase(naive, naive->days->days[i].start, naive->days->days[i].date);
    list_items(naive);
}

const struct catalog *naive_items(const struct naive *naive)
{
    return naive->items;
}

static bool has_measure(const struct naive *naive, size_t item, instant from, instant to, bool enabled)
{
    struct bytes code = naive->items->items[item].code;
    bool listed = false, has = false;
    for (size_t i = 0; i < naive->phase_count; i++) {
        const struct catalog_item *found = naive_item_in(naive->phases[i].catalog, code);
        if (!found || naive->phases[i].from >= to || naive->phases[i].to <= from)
            continue;
        listed = true;
        has |= enabled ? found->measure_enabled : found->measure_concurrent;
    }
    const struct catalog_item *newest = &naive->items->items[item];
    return listed ? has : enabled ? newest->measure_enabled : newest->measure_concurrent;
}

bool naive_measured(const struct naive *naive, size_t item, instant from, instant to)
{
    return has_measure(naive, item, from, to, false);
}

bool naive_has_enabled(const struct naive *naive, size_t item, instant from, instant to)
{
    return has_measure(naive, item, from, to, true);
}

static const struct naive_phase *phase_at(const struct naive *naive, instant at)
{
    size_t i = 0;
    while (at >= naive->phases[i].to)
        i++;
    return &naive->phases[i];
}

int naive_cap_hours(const struct naive *naive, instant begin)
{
    return phase_at(naive, begin)->cap_hours;
}

int naive_sustained_minutes(const struct naive *naive, instant start)
{
    return phase_at(naive, start)->sustained_minutes;
}

/* --- what a session or a port uses ------------------------------------------------------------------ */

static void add_cut(struct naive *naive, struct spans *all, const struct spans *uses, instant from, instant to)
{
    struct spans cut = spans_cut(naive, uses, from, to);
    for (size_t i = 0; i < cut.count; i++)
        spans_add(naive, all, cut.list[i].begin, cut.list[i].end);
}

static struct spans uses_of(struct naive *naive, const struct naive_session *session, struct bytes code)
{
    struct spans all = {0};
    for (size_t i = 0; i < naive->phase_count; i++) {
        const struct catalog_item *item = naive_item_in(naive->phases[i].catalog, code);
        if (!item || !item->measure_concurrent)
            continue;
        struct spans uses = naive_session_uses(naive, &item->where, session);
        add_cut(naive, &all, &uses, naive->phases[i].from, naive->phases[i].to);
    }
    return all;
}

static bool uses_one(struct naive *naive, const struct naive_session *session, const struct bytes *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (uses_of(naive, session, codes[i]).count > 0)
            return true;
    return false;
}

/* Of several sets in force the latest issued, then the larger key. */
static const struct fact *set_at(const struct naive *naive, instant at)
{
    const struct fact *best = NULL;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        const struct bundle_set *set = &row->bundle_set;
        if (row->kind != FACT_BUNDLE_SET || !config_rule_counts(naive, row) ||
            (set->valid_from != DATE_NONE && at < naive_date_start(naive, set->valid_from)) ||
            (set->valid_to != DATE_NONE && at >= naive_date_start(naive, set->valid_to + 1)))
            continue;
        if (!best || set->issued > best->bundle_set.issued ||
            (set->issued == best->bundle_set.issued && bytes_compare(row->key, best->key) > 0))
            best = row;
    }
    return best;
}

static struct spans bundle_uses(struct naive *naive, const struct naive_session *session, struct bytes code)
{
    struct spans all = {0};
    instant at = INSTANT_EVER;
    while (at != INSTANT_NEVER) {
        const struct fact *set = set_at(naive, at);
        instant next = INSTANT_NEVER;
        for (size_t i = 0; i < naive->row_count; i++) {
            const struct bundle_set *other = &naive->rows[i]->bundle_set;
            if (naive->rows[i]->kind != FACT_BUNDLE_SET)
                continue;
            instant from = other->valid_from == DATE_NONE ? INSTANT_EVER : naive_date_start(naive, other->valid_from);
            instant to = other->valid_to == DATE_NONE ? INSTANT_NEVER : naive_date_start(naive, other->valid_to + 1);
            next = from > at && from < next ? from : next;
            next = to > at && to < next ? to : next;
        }
        for (size_t i = 0; set && i < set->bundle_set.bundle_count; i++) {
            const struct bundle *bundle = &set->bundle_set.bundles[i];
            char name[32];
            snprintf(name, sizeof name, "bundle:%lld", (long long)bundle->id);
            struct spans whole = {0};
            spans_add(naive, &whole, session->begin, session->end);
            if (bytes_equal_text(code, name) && uses_one(naive, session, bundle->include, bundle->include_count) &&
                !uses_one(naive, session, bundle->exclude, bundle->exclude_count))
                add_cut(naive, &all, &whole, at, next);
        }
        at = next;
    }
    return all;
}

struct spans naive_session_item(struct naive *naive, const struct naive_session *session, size_t item)
{
    struct bytes code = naive->items->items[item].code;
    return item >= naive->bundles_from ? bundle_uses(naive, session, code) : uses_of(naive, session, code);
}

struct spans naive_port_item(struct naive *naive, const struct port *port, size_t item)
{
    struct spans all = {0};
    for (size_t i = 0; i < naive->phase_count; i++) {
        const struct catalog_item *found = naive_item_in(naive->phases[i].catalog, naive->items->items[item].code);
        if (!found || !found->measure_concurrent)
            continue;
        struct spans uses = naive_port_uses(naive, &found->where, port);
        add_cut(naive, &all, &uses, naive->phases[i].from, naive->phases[i].to);
    }
    return all;
}
