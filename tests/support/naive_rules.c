#include "tests/support/naive_rules.h"

#include "tests/support/naive_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* --- which statement of a rule counts (domain.md §7.19) -------------------------------------------- */

static bool counts(const struct naive *naive, const struct fact *rule)
{
    bool api = bytes_equal_text(rule->source, "api");
    if (rule->rule_deleted)
        return false;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *other = naive->rows[i];
        if (other == rule || other->kind != rule->kind || bytes_compare(other->key, rule->key) != 0)
            continue;
        if (bytes_equal_text(other->source, "api"))
            return false; /* it speaks for the rule, be it to take it back */
        if (!api && !other->rule_deleted && bytes_compare(other->source, rule->source) < 0)
            return false;
    }
    return true;
}

/* --- local dates by the C library ------------------------------------------------------------------- */

static bool in_tzdata(struct bytes zone)
{
    char path[128];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)zone.len, (const char *)zone.data);
    return access(path, R_OK) == 0;
}

static void use_zone(struct bytes zone)
{
    const char *now = getenv("TZ"); /* calendar.c changes it, too, and never without tzset() */
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)zone.len, (const char *)zone.data);
    if (now && strcmp(now, name) == 0)
        return;
    setenv("TZ", name, 1);
    tzset();
}

static int32_t local_date(struct bytes zone, instant at)
{
    time_t seconds = (time_t)floor_div(at, SECOND_MS);
    struct tm local;
    use_zone(zone);
    check(localtime_r(&seconds, &local));
    return date_join(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

/* The first instant whose local date is date or later; asked again and again, so the last answers are kept. */
static instant day_start(struct bytes zone, int32_t date)
{
    static struct {
        char zone[64];
        int32_t date;
        instant start;
    } known[4096];
    uint64_t place = (bytes_hash(zone) + (uint64_t)date * 7) % (sizeof known / sizeof *known);
    if (known[place].date == date && bytes_equal_text(zone, known[place].zone))
        return known[place].start;
    instant at = (instant)date * DAY_MS - 27 * HOUR_MS;
    while (local_date(zone, at) < date)
        at += 15 * MINUTE_MS;
    snprintf(known[place].zone, sizeof known[place].zone, "%.*s", (int)zone.len, (const char *)zone.data);
    known[place].date = date;
    known[place].start = at;
    return at;
}

/* --- calendars --------------------------------------------------------------------------------------- */

/* Of the rules that hold on a date the latest; of one date the larger key, even if that one names no zone. */
static bool is_zone_rule(const struct fact *row, int64_t tenant, int32_t *effective, struct bytes *zone)
{
    *effective = row->kind == FACT_RULESET ? row->ruleset.effective : row->tenant_setting.effective;
    *zone = row->kind == FACT_RULESET ? row->ruleset.zone : row->tenant_setting.zone;
    return tenant == ID_NONE ? row->kind == FACT_RULESET : row->kind == FACT_TENANT_SETTING && row->tenant_setting.tenant == tenant;
}

static bool beaten(const struct naive *naive, const struct fact *rule, int64_t tenant, int32_t effective)
{
    for (size_t i = 0; i < naive->row_count; i++) {
        int32_t other;
        struct bytes zone;
        if (is_zone_rule(naive->rows[i], tenant, &other, &zone) && other == effective && counts(naive, naive->rows[i]) &&
            bytes_compare(naive->rows[i]->key, rule->key) > 0)
            return true;
    }
    return false;
}

static struct bytes zone_on(const struct naive *naive, int64_t tenant, int32_t date)
{
    struct bytes best = BYTES_NONE;
    int32_t best_effective = 0;
    for (size_t i = 0; i < naive->row_count; i++) {
        int32_t effective;
        struct bytes zone;
        if (!is_zone_rule(naive->rows[i], tenant, &effective, &zone) || effective > date || !bytes_present(zone) || !in_tzdata(zone) ||
            !counts(naive, naive->rows[i]) || beaten(naive, naive->rows[i], tenant, effective))
            continue;
        if (!bytes_present(best) || effective > best_effective) {
            best = zone;
            best_effective = effective;
        }
    }
    if (bytes_present(best))
        return best;
    return tenant != ID_NONE ? zone_on(naive, ID_NONE, date) : BYTES_LITERAL("UTC");
}

void naive_calendar(struct naive *naive, int64_t tenant, struct bytes zone, int32_t first, size_t count, struct naive_calendar *calendar)
{
    check(count <= NAIVE_DAYS_MAX);
    calendar->count = count;
    for (size_t i = 0; i < count; i++) {
        struct naive_day *day = &calendar->days[i];
        day->date = first + (int32_t)i;
        day->zone = bytes_present(zone) ? zone : zone_on(naive, tenant, day->date);
        /* It starts where the day before ended, and ends at its own zone's next date, or at once if that has passed. */
        day->start = i ? calendar->days[i - 1].end : day_start(day->zone, day->date);
        day->end = day_start(day->zone, day->date + 1);
        if (day->end < day->start)
            day->end = day->start;
    }
}

/* --- periods ------------------------------------------------------------------------------------------ */

static bool begins_period(int32_t date, enum granularity granularity, int first_weekday)
{
    time_t seconds = (time_t)date * 86400;
    struct tm day;
    gmtime_r(&seconds, &day);
    if (granularity == GRANULARITY_WEEK)
        return (day.tm_wday + 6) % 7 == first_weekday;
    return granularity == GRANULARITY_MONTH ? day.tm_mday == 1 : true;
}

size_t naive_periods(const struct naive_calendar *calendar, enum granularity granularity, int first_weekday, instant from, instant to,
                     struct naive_period *periods, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0, next; i < calendar->count; i = next) {
        next = i + 1;
        while (next < calendar->count && !begins_period(calendar->days[next].date, granularity, first_weekday))
            next++;
        if (!begins_period(calendar->days[i].date, granularity, first_weekday) || next == calendar->count)
            continue; /* the calendar has a part of it only */
        instant start = calendar->days[i].start, end = calendar->days[next - 1].end;
        instant step = granularity == GRANULARITY_10M ? 10 * MINUTE_MS : granularity == GRANULARITY_HOUR ? HOUR_MS : end - start;
        for (instant at = start; at < end; at += step) {
            instant stop = at + step < end ? at + step : end;
            if (stop <= from || at >= to)
                continue;
            check(count < capacity);
            periods[count++] = (struct naive_period){at, stop, i, next - i};
        }
    }
    return count;
}

/* --- what was bought ------------------------------------------------------------------------------------ */

/* The first instant of a date; beyond the calendar's ends the question is from within. */
static instant date_start(const struct naive_calendar *calendar, int32_t date)
{
    for (size_t i = 0; i < calendar->count; i++)
        if (calendar->days[i].date == date)
            return calendar->days[i].start;
    return date < calendar->days[0].date ? INSTANT_EVER : INSTANT_NEVER;
}

static struct naive_bought by_file(struct naive *naive, const struct naive_calendar *days, struct bytes item, instant at)
{
    const struct fact *best = NULL;
    struct naive_bought bought = {.entitled = -1, .burst = -1};
    int64_t burst = 0, entitled = 0;
    bool has_burst = false, all_enabled = true;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        const struct entitlement *file = &row->entitlement;
        if (row->kind != FACT_ENTITLEMENT || !counts(naive, row))
            continue;
        if ((file->valid_from != DATE_NONE && at < date_start(days, file->valid_from)) ||
            (file->valid_to != DATE_NONE && at >= date_start(days, file->valid_to + 1)))
            continue;
        if (!best || file->issued > best->entitlement.issued ||
            (file->issued == best->entitlement.issued && bytes_compare(row->key, best->key) > 0))
            best = row;
    }
    for (size_t i = 0; best && i < best->entitlement.line_count; i++) {
        const struct entitlement_line *line = &best->entitlement.lines[i];
        if (!bytes_equal(line->item, item))
            continue;
        bought.known = true;
        all_enabled &= line->license == LICENSE_ENABLED;
        has_burst |= line->burst != ID_NONE;
        burst += line->burst != ID_NONE ? line->burst : 0;
        if (line->quantity == QUANTITY_UNLIMITED)
            bought.unlimited = true;
        else
            entitled += line->quantity;
    }
    bought.by_enabled = bought.known && all_enabled;
    if (bought.known && !bought.unlimited) {
        bought.entitled = entitled;
        bought.burst = has_burst ? burst : -1;
    }
    return bought;
}

static struct naive_bought by_count(struct naive *naive, const struct naive_calendar *days, int64_t tenant, struct bytes item,
                                    instant at)
{
    const struct fact *best = NULL;
    struct naive_bought bought = {.entitled = -1, .burst = -1};
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind != FACT_PROVISIONED || row->provisioned.tenant != tenant || !bytes_equal(row->provisioned.item, item) ||
            !counts(naive, row) || date_start(days, row->provisioned.effective) > at)
            continue;
        if (!best || row->provisioned.effective > best->provisioned.effective ||
            (row->provisioned.effective == best->provisioned.effective && bytes_compare(row->key, best->key) > 0))
            best = row;
    }
    if (best) {
        bought.known = true;
        bought.unlimited = best->provisioned.quantity == QUANTITY_UNLIMITED;
        bought.entitled = bought.unlimited ? -1 : best->provisioned.quantity;
    }
    return bought;
}

struct naive_bought naive_bought(struct naive *naive, const struct naive_calendar *own, enum scope_kind kind, int64_t id, struct bytes item,
                                 instant at)
{
    if (kind == SCOPE_SYSTEM)
        return by_file(naive, own, item, at);
    if (kind == SCOPE_TENANT)
        return by_count(naive, own, id, item, at);
    return (struct naive_bought){.entitled = -1, .burst = -1};
}

int64_t naive_over(const struct naive_bought *bought, int64_t peak, int64_t enabled, bool with_burst)
{
    int64_t number = bought->by_enabled ? enabled : peak;
    if (!bought->known)
        return -1;
    if (bought->unlimited)
        return 0;
    if (number == -1)
        return -1;
    number -= bought->entitled + (with_burst && bought->burst != -1 ? bought->burst : 0);
    return number < 0 ? 0 : number;
}
