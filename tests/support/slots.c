#include "tests/support/slots.h"

#include "tests/support/dump.h"

struct place { /* of a counter's records */
    struct scope scope;
    struct bytes item;
    enum profile profile;
};

/* The summary of the steps first … last - 1, all in one slot that is entered at level entry. */
static struct slot_summary summarize(const struct naive_line *line, size_t first, size_t last, int64_t entry, instant start)
{
    struct slot_summary summary = {.rise_at = SLOT_RISE_NONE};
    int64_t level = entry, high = entry;
    instant since = start;
    for (size_t i = first; i < last; i++) {
        instant at = line->steps[i].at;
        summary.seat_ms += (level - entry) * (at - since);
        if (at == start)
            high = line->steps[i].level; /* looked at only after the first millisecond's changes */
        if (line->steps[i].level >= high && line->steps[i].level > level) {
            high = line->steps[i].level;
            summary.rise_at = (uint32_t)(at - start);
        }
        level = line->steps[i].level;
        since = at;
    }
    summary.seat_ms += (level - entry) * (start + SLOT_MS - since);
    summary.net = (int32_t)(level - entry);
    summary.high = (int32_t)(high - entry);
    return summary;
}

/* What lrm saw at the slot's whole minutes; false when that is what a slot without changes says: nothing above
 * its entry, the last minute the latest. */
static bool look_at_minutes(const struct naive_line *line, size_t first, size_t last, int64_t entry, instant start, struct slot_summary *seen)
{
    int64_t level = entry, high = INT64_MIN;
    instant latest = start;
    for (instant minute = start; minute < start + SLOT_MS; minute += MINUTE_MS) {
        for (; first < last && line->steps[first].at <= minute; first++)
            level = line->steps[first].level;
        if (level >= high) {
            high = level;
            latest = minute;
        }
    }
    *seen = (struct slot_summary){.high = (int32_t)(high - entry), .rise_at = (uint32_t)(latest - start)};
    return high != entry || latest != start + SLOT_MS - MINUTE_MS;
}

static void say_slot(struct buffer *out, uint32_t slot, const struct place *place, const struct slot_summary *summary)
{
    dump_slot_line(out, slot, place->scope, place->item, place->profile, summary);
    buffer_append_char(out, '\n');
}

static void expect_line(const struct naive_line *line, const struct place *place, instant clock, struct buffer *out)
{
    (void)clock;
    int64_t entry = 0, day_entry = 0;
    struct place minutes = *place;
    minutes.profile = PROFILE_LRM;
    for (size_t i = 0; i < line->count;) {
        uint32_t slot = slot_of(line->steps[i].at);
        instant start = (instant)slot * SLOT_MS;
        size_t next = i;
        while (next < line->count && slot_of(line->steps[next].at) == slot)
            next++;
        struct slot_summary summary = summarize(line, i, next, entry, start), seen;
        say_slot(out, slot, place, &summary);
        if (place->profile == PROFILE_EXACT && look_at_minutes(line, i, next, entry, start, &seen))
            say_slot(out, slot, &minutes, &seen);
        entry = line->steps[next - 1].level;
        int32_t day = instant_day(line->steps[i].at);
        if (next == line->count || instant_day(line->steps[next].at) != day) {
            if (entry != day_entry) {
                dump_day_net_line(out, day, place->scope, place->item, place->profile, (int32_t)(entry - day_entry));
                buffer_append_char(out, '\n');
            }
            day_entry = entry;
        }
        i = next;
    }
}

static void expect_level(const struct naive_line *line, const struct place *place, instant clock, struct buffer *out)
{
    int64_t level = naive_level(line, clock);
    if (level == 0 || place->profile != PROFILE_EXACT) /* live has the default profile alone */
        return;
    dump_live_line(out, place->scope, place->item, place->profile, (int32_t)level);
    buffer_append_char(out, '\n');
}

typedef void (*line_fn)(const struct naive_line *line, const struct place *place, instant clock, struct buffer *out);

static void each_line(struct naive *naive, line_fn fn, instant clock, struct buffer *out)
{
    static const enum profile profiles[] = {PROFILE_EXACT, PROFILE_PERSON};
    const struct catalog *catalog = naive_items(naive);
    for (enum scope_kind kind = SCOPE_SYSTEM; kind < SCOPE_KIND_COUNT; kind++) {
        const int64_t *ids;
        size_t count = naive_scopes(naive, kind, &ids);
        for (size_t i = 0; i < count; i++)
            for (size_t item = 0; item < catalog->count; item++)
                for (int p = 0; p < 2; p++) {
                    struct naive_line line = naive_line(naive, kind, ids[i], item, profiles[p]);
                    fn(&line, &(struct place){{kind, ids[i]}, catalog->items[item].code, profiles[p]}, clock, out);
                }
    }
    dump_sort(out);
}

void slots_expect(struct naive *naive, struct buffer *out)
{
    each_line(naive, expect_line, INSTANT_NONE, out);
}

void slots_expect_live(struct naive *naive, instant clock, struct buffer *out)
{
    each_line(naive, expect_level, clock, out);
}
