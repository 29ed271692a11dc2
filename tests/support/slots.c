#include "tests/support/slots.h"

#include "tests/support/dump.h"

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

static void expect_line(const struct naive_line *line, struct scope scope, struct bytes item, instant clock, struct buffer *out)
{
    (void)clock;
    int64_t entry = 0, day_entry = 0;
    for (size_t i = 0; i < line->count;) {
        uint32_t slot = slot_of(line->steps[i].at);
        size_t next = i;
        while (next < line->count && slot_of(line->steps[next].at) == slot)
            next++;
        struct slot_summary summary = summarize(line, i, next, entry, (instant)slot * SLOT_MS);
        dump_slot_line(out, slot, scope, item, PROFILE_EXACT, &summary);
        buffer_append_char(out, '\n');
        entry = line->steps[next - 1].level;
        int32_t day = instant_day(line->steps[i].at);
        if (next == line->count || instant_day(line->steps[next].at) != day) {
            if (entry != day_entry) {
                dump_day_net_line(out, day, scope, item, PROFILE_EXACT, (int32_t)(entry - day_entry));
                buffer_append_char(out, '\n');
            }
            day_entry = entry;
        }
        i = next;
    }
}

typedef void (*line_fn)(const struct naive_line *line, struct scope scope, struct bytes item, instant clock, struct buffer *out);

static void each_line(struct naive *naive, const struct catalog *catalog, line_fn fn, instant clock, struct buffer *out)
{
    for (enum scope_kind kind = SCOPE_SYSTEM; kind <= SCOPE_TENANT; kind++) {
        const int64_t *ids;
        size_t count = naive_scopes(naive, kind, &ids);
        for (size_t i = 0; i < count; i++)
            for (size_t item = 0; item < catalog->count; item++)
                if (catalog->items[item].measure_concurrent) {
                    struct naive_line line = naive_line(naive, kind, ids[i], item, PROFILE_EXACT);
                    fn(&line, (struct scope){kind, ids[i]}, catalog->items[item].code, clock, out);
                }
    }
    dump_sort(out);
}

static void expect_level(const struct naive_line *line, struct scope scope, struct bytes item, instant clock, struct buffer *out)
{
    int64_t level = naive_level(line, clock);
    if (level == 0)
        return;
    dump_live_line(out, scope, item, PROFILE_EXACT, (int32_t)level);
    buffer_append_char(out, '\n');
}

void slots_expect(struct naive *naive, const struct catalog *catalog, struct buffer *out)
{
    each_line(naive, catalog, expect_line, INSTANT_NONE, out);
}

void slots_expect_live(struct naive *naive, const struct catalog *catalog, instant clock, struct buffer *out)
{
    each_line(naive, catalog, expect_level, clock, out);
}
