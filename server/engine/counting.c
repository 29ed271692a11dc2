#include "server/engine/counting.h"

#include <stdlib.h>

static int compare_said(const void *left, const void *right)
{
    const struct ruleset_said *a = left, *b = right;
    if (a->ruleset.effective != b->ruleset.effective) /* DATE_NONE, "ever", is below every date */
        return a->ruleset.effective < b->ruleset.effective ? -1 : 1;
    return bytes_compare(a->key, b->key);
}

/* Of one day the last one counts. */
static size_t one_a_day(struct ruleset_said *said, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(said, count, sizeof *said, compare_said);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || said[i + 1].ruleset.effective != said[i].ruleset.effective)
            said[kept++] = said[i];
    return kept;
}

static const struct calendar *make_calendar(const struct ruleset_said *said, size_t count, counting_zone_fn zone_of, void *owner, struct arena *arena)
{
    struct calendar *calendar = arena_alloc(arena, sizeof *calendar);
    calendar->spans = arena_alloc(arena, (count + 1) * sizeof *calendar->spans);
    calendar->spans[calendar->count++] = (struct calendar_span){CALENDAR_EVER, zone_of(owner, BYTES_LITERAL("UTC"))};
    for (size_t i = 0; i < count; i++) {
        const struct zone *zone = bytes_present(said[i].ruleset.zone) ? zone_of(owner, said[i].ruleset.zone) : NULL;
        struct calendar_span *last = &calendar->spans[calendar->count - 1];
        if (!zone || zone == last->zone)
            continue;
        if (said[i].ruleset.effective == DATE_NONE)
            last->zone = zone;
        else
            calendar->spans[calendar->count++] = (struct calendar_span){said[i].ruleset.effective, zone};
    }
    return calendar;
}

void counting_make(struct ruleset_said *said, size_t count, counting_zone_fn zone_of, void *owner, struct arena *arena, struct counting_rules *rules)
{
    count = one_a_day(said, count);
    rules->calendar = make_calendar(said, count, zone_of, owner, arena);
    rules->spans = arena_alloc(arena, (count + 1) * sizeof *rules->spans);
    rules->spans[0] = (struct counting){INSTANT_EVER, BYTES_NONE, ID_NONE, ID_NONE};
    rules->count = 1;
    for (size_t i = 0; i < count; i++) {
        const struct ruleset *ruleset = &said[i].ruleset;
        struct counting next = rules->spans[rules->count - 1];
        next.from = ruleset->effective == DATE_NONE ? INSTANT_EVER : calendar_start(rules->calendar, ruleset->effective);
        if (bytes_present(ruleset->catalog))
            next.catalog = ruleset->catalog;
        if (ruleset->cap_hours != ID_NONE)
            next.cap_hours = ruleset->cap_hours;
        if (ruleset->sustained_minutes != ID_NONE)
            next.sustained_minutes = ruleset->sustained_minutes;
        /* Days before 1970 began before everything; a date without an instant leaves the next one its begin. */
        if (next.from <= rules->spans[rules->count - 1].from)
            next.from = rules->spans[--rules->count].from;
        rules->spans[rules->count++] = next;
    }
}

const struct counting *counting_at(const struct counting_rules *rules, instant at)
{
    size_t i = rules->count - 1;
    while (i > 0 && rules->spans[i].from > at)
        i--;
    return &rules->spans[i];
}
