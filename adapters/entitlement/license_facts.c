/*
 * adapters/entitlement/license_facts.c - a licence file → entitlements, one for each span in which the same lines hold.
 *
 * An expired line counts 0, and it expires on a day that the file itself states, so the days on which a line begins or
 * ends cut time into spans, each of which is an entitlement with its own validity: what was so last month stays so,
 * what will expire expires, with nobody dropping the file again.  A source's first licence file holds since ever, a
 * later one from the (UTC) day of its acceptance on.  It has no day of issue, so an entitlement file that is in force
 * on a day goes before it.
 */
#include "adapters/entitlement/license.h"

#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>

enum { SPANS_MAX = 200 };

struct group { /* all lines of one name */
    struct bytes name;
    const struct item_codes *codes; /* NULL: not in the map */
    int feature;                    /* the line of its FEATURE; 0: none */
    int64_t quantity;               /* in the span at hand */
};

struct groups {
    struct dictionary names;
    struct group *list;
    uint32_t *of_line; /* its group's number, from 1; 0: another FEATURE counts instead */
};

static const char *line_shown(const struct reading *reading, const struct license_line *line)
{
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    const char *count = line->count == QUANTITY_UNLIMITED ? "uncounted" : arena_printf(reading->arena, "%lld", (long long)line->count);
    const char *start = line->starts == DATE_NONE ? "" : arena_printf(reading->arena, " from %s", date_format(line->starts, from));
    const char *end = line->expires == DATE_NONE ? ", permanent" : arena_printf(reading->arena, " until %s", date_format(line->expires, to));
    return arena_printf(reading->arena, "%s %s: %s%s%s", line->increment ? "INCREMENT" : "FEATURE", reading_shown(reading, line->name), count, start, end);
}

static void tell(struct reading *reading, const struct license_line *line, const struct group *group, bool counts, int32_t today)
{
    const char *shown = line_shown(reading, line);
    if (!counts)
        reading_note(reading, line->line, "%s: not counted, the FEATURE of line %d counts", shown, group->feature);
    else if (!group->codes)
        reading_note(reading, line->line, "UNMAPPED %s: not counted until the map (features:) has the name", shown);
    else if (group->codes->count == 0)
        reading_note(reading, line->line, "%s: not counted, says the map", shown);
    else
        reading_note(reading, line->line, "%s: %s%s", shown, reading_codes_shown(reading, group->codes),
                     line->expires != DATE_NONE && line->expires < today ? ", expired: counts 0 now" : "");
    if (counts && group->codes)
        reading_check_codes(reading, line->line, group->codes);
}

static void make_groups(struct reading *reading, const struct license *license, int32_t today, struct groups *groups)
{
    groups->list = arena_alloc(reading->arena, license->count * sizeof *groups->list);
    groups->of_line = arena_alloc(reading->arena, license->count * sizeof *groups->of_line);
    for (size_t i = 0; i < license->count; i++) {
        const struct license_line *line = &license->lines[i];
        uint32_t known = groups->names.count, number = dictionary_number(&groups->names, line->name);
        struct group *group = &groups->list[number - 1];
        if (number > known) {
            *group = (struct group){.name = line->name, .codes = item_map_feature(reading->map, line->name)};
            reading->unmapped += !group->codes;
        }
        bool counts = line->increment || !group->feature;
        if (!line->increment && counts)
            group->feature = line->line;
        groups->of_line[i] = counts ? number : 0;
        tell(reading, line, group, counts, today);
    }
}

static int compare_dates(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The first days of the spans, in order; DATE_NONE (since ever) is the least of all. */
static size_t find_spans(struct reading *reading, const struct license *license, int32_t from, int32_t **out)
{
    int32_t *days = arena_alloc(reading->arena, (2 * license->count + 1) * sizeof *days);
    size_t count = 0, kept = 1;
    days[count++] = from;
    for (size_t i = 0; i < license->count; i++) {
        if (license->lines[i].starts != DATE_NONE && license->lines[i].starts > from)
            days[count++] = license->lines[i].starts;
        if (license->lines[i].expires != DATE_NONE && license->lines[i].expires >= from &&
            license->lines[i].expires + 1 < INSTANT_MAX / DAY_MS)
            days[count++] = license->lines[i].expires + 1;
    }
    qsort(days, count, sizeof *days, compare_dates);
    for (size_t i = 1; i < count; i++)
        if (days[i] != days[kept - 1])
            days[kept++] = days[i];
    *out = days;
    return kept;
}

static bool in_force(const struct license_line *line, int32_t day)
{
    /* Since ever is before every START and every expiry. */
    bool begun = line->starts == DATE_NONE || (day != DATE_NONE && line->starts <= day);
    return begun && (line->expires == DATE_NONE || day == DATE_NONE || line->expires >= day);
}

static void count_span(const struct license *license, const struct groups *groups, int32_t day)
{
    for (uint32_t i = 0; i < groups->names.count; i++)
        groups->list[i].quantity = 0;
    for (size_t i = 0; i < license->count; i++) {
        if (!groups->of_line[i] || !in_force(&license->lines[i], day))
            continue;
        struct group *group = &groups->list[groups->of_line[i] - 1];
        bool unlimited = group->quantity == QUANTITY_UNLIMITED || license->lines[i].count == QUANTITY_UNLIMITED;
        group->quantity = unlimited ? QUANTITY_UNLIMITED : group->quantity + license->lines[i].count;
    }
}

static void state_lines(struct reading *reading, const struct groups *groups, struct entitlement *entitlement)
{
    size_t count = 0;
    for (uint32_t i = 0; i < groups->names.count; i++)
        count += groups->list[i].codes ? groups->list[i].codes->count : 0;
    entitlement->lines = arena_alloc(reading->arena, (count + 1) * sizeof *entitlement->lines);
    for (uint32_t i = 0; i < groups->names.count; i++) {
        const struct group *group = &groups->list[i];
        for (size_t j = 0; group->codes && j < group->codes->count; j++)
            entitlement->lines[entitlement->line_count++] = (struct entitlement_line){
                .item = group->codes->codes[j], .quantity = group->quantity, .burst = ID_NONE, .license = LICENSE_CONCURRENT, .order = group->name};
    }
}

static void state_span(struct reading *reading, const struct groups *groups, int32_t from, int32_t to)
{
    char at[INSTANT_TEXT_SIZE], date[DATE_TEXT_SIZE];
    int64_t at_us = reading->license.at_us;
    struct fact *fact = reading_fact(reading, FACT_ENTITLEMENT);
    fact->entitlement.valid_from = from;
    fact->entitlement.valid_to = to;
    state_lines(reading, groups, &fact->entitlement);
    /* No day of issue: of several copies the later one counts, since its key is the larger. */
    fact->key = bytes_from_text(arena_printf(reading->arena, "license/%.23s%03dZ/%s", instant_format(at_us / 1000, at), (int)(at_us % 1000),
                                             from == DATE_NONE ? "ever" : date_format(from, date)));
}

static bool is_mapped(const struct groups *groups)
{
    for (uint32_t i = 0; i < groups->names.count; i++)
        if (groups->list[i].codes && groups->list[i].codes->count)
            return true;
    return false;
}

void reading_license(struct reading *reading, struct bytes content)
{
    struct license license = {0};
    struct groups groups = {0};
    int32_t today = instant_day(reading->version / 1000), *days;
    reading->what = "licence file";
    reading->subject = BYTES_LITERAL("license");
    license_read(reading, content, &license);
    make_groups(reading, &license, today, &groups);
    size_t count = find_spans(reading, &license, reading->license.ever ? DATE_NONE : instant_day(reading->license.at_us / 1000), &days);
    if (license.count == 0 && !reading->fault_count)
        reading_fault(reading, 0, "no FEATURE and no INCREMENT, expected at least one");
    else if (!is_mapped(&groups) && !reading->fault_count)
        reading_fault(reading, 0, "no feature is mapped to an item, expected at least one of these names in the map (features:)");
    else if (count > SPANS_MAX)
        reading_fault(reading, 0, "%zu different days on which lines begin or end, expected at most %d", count, SPANS_MAX);
    for (size_t i = 0; i < count && !reading->fault_count; i++) {
        count_span(&license, &groups, days[i]);
        state_span(reading, &groups, days[i], i + 1 < count ? days[i + 1] - 1 : DATE_NONE);
    }
    dictionary_free(&groups.names);
}
