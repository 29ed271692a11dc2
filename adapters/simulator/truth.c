/* adapters/simulator/truth.c - a sweep over the intervals of each scope and item. */
#include "adapters/simulator/truth.h"

#include "adapters/simulator/known.h"
#include "adapters/simulator/sold.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TEN_MINUTES_MS = 10 * MINUTE_MS };

struct change {
    instant at;
    int delta;
};

/* Scratch of one (scope, item). */
struct sweep {
    struct seat_use *uses;
    struct change *changes;
    size_t change_count;
};

static int compare_by_tenant(const void *a, const void *b)
{
    const struct seat_use *x = a, *y = b;
    return (x->tenant > y->tenant) - (x->tenant < y->tenant);
}

static int compare_by_seat(const void *a, const void *b)
{
    const struct seat_use *x = a, *y = b;
    if (x->seat != y->seat)
        return x->seat < y->seat ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Each seat's union of intervals, as +1 and -1 in order of time, netted by instant. */
static void find_changes(struct sweep *sweep, size_t use_count)
{
    size_t count = 0;
    qsort(sweep->uses, use_count, sizeof *sweep->uses, compare_by_seat);
    for (size_t i = 0; i < use_count;) {
        instant to = sweep->uses[i].to;
        size_t next = i + 1;
        while (next < use_count && sweep->uses[next].seat == sweep->uses[i].seat && sweep->uses[next].from <= to) {
            if (sweep->uses[next].to > to)
                to = sweep->uses[next].to;
            next++;
        }
        sweep->changes[count++] = (struct change){sweep->uses[i].from, 1};
        sweep->changes[count++] = (struct change){to, -1};
        i = next;
    }
    qsort(sweep->changes, count, sizeof *sweep->changes, compare_changes);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept && sweep->changes[kept - 1].at == sweep->changes[i].at)
            sweep->changes[kept - 1].delta += sweep->changes[i].delta;
        else
            sweep->changes[kept++] = sweep->changes[i];
    }
    sweep->change_count = kept;
}

/* What was bought for the day, and how far the peak lies beyond it. */
static void add_bought(const struct script *script, struct truth_row *row)
{
    struct sold sold = {.quantity = -1, .burst = -1};
    row->bought = row->day && script->sold;
    row->entitled = row->burst = row->over = row->over_burst = -1;
    if (!row->bought || !sold_find(script, row->tenant, row->item, (int32_t)instant_day(row->start), &sold))
        return;
    row->entitled = sold.quantity;
    row->burst = sold.burst;
    row->over = sold.quantity < 0 || row->peak <= sold.quantity ? 0 : row->peak - sold.quantity;
    row->over_burst = sold.burst < 0 ? row->over : row->over > sold.burst ? row->over - sold.burst : 0;
}

/* The periods of one length from the script's begin to as_of. */
static void sweep_periods(const struct sweep *sweep, const struct script *script, instant as_of, int64_t length,
                          struct truth_row row, truth_take take, void *owner)
{
    size_t at = 0;
    int64_t level = 0;
    row.day = length == DAY_MS;
    for (row.start = floor_div(script->begin, length) * length; row.start < as_of; row.start += length) {
        instant end = row.start + length, now = row.start;
        row.partial = end > as_of;
        if (row.partial)
            end = as_of;
        row.seat_ms = 0;
        /* What changes in the first millisecond belongs to the first level and is no rise of its own: the start is. */
        while (at < sweep->change_count && sweep->changes[at].at <= row.start)
            level += sweep->changes[at++].delta;
        row.peak = level;
        row.peak_at = row.start;
        for (; at < sweep->change_count && sweep->changes[at].at < end; at++) {
            const struct change *change = &sweep->changes[at];
            row.seat_ms += level * (change->at - now);
            now = change->at;
            level += change->delta;
            check(level >= 0);
            if (change->delta > 0 && level >= row.peak) {
                row.peak = level;
                row.peak_at = now;
            }
        }
        row.seat_ms += level * (end - now);
        if (row.peak == 0)
            row.peak_at = INSTANT_NONE;
        add_bought(script, &row);
        take(owner, &row);
    }
}

/* Whether the script has what an item rests on. */
static bool is_told(const struct script *script, int item)
{
    return item < SIM_ITEM_ICON_COUNT || (item < SIM_ITEM_BUNDLE_FIRST ? script->calls != NULL : script->sold);
}

static void sweep_scope(struct sweep *sweep, const struct script *script, instant as_of, int64_t tenant,
                        const struct seat_use *uses, size_t use_count, truth_take take, void *owner)
{
    for (int item = 0; item < SIM_ITEM_COUNT; item++) {
        size_t count = 0;
        if (!is_told(script, item))
            continue;
        for (size_t i = 0; i < use_count; i++)
            if (uses[i].items & 1u << item)
                sweep->uses[count++] = uses[i];
        find_changes(sweep, count);
        struct truth_row row = {.tenant = tenant, .item = (enum sim_item)item};
        sweep_periods(sweep, script, as_of, TEN_MINUTES_MS, row, take, owner);
        sweep_periods(sweep, script, as_of, DAY_MS, row, take, owner);
    }
}

void truth_compute(const struct script *script, instant as_of, truth_take take, void *owner)
{
    struct seat_uses uses = known_uses(script, as_of);
    struct sweep sweep = {
        .uses = memory_alloc((uses.count + 1) * sizeof *sweep.uses),
        .changes = memory_alloc((2 * uses.count + 1) * sizeof *sweep.changes),
    };
    if (uses.count)
        qsort(uses.items, uses.count, sizeof *uses.items, compare_by_tenant);
    sweep_scope(&sweep, script, as_of, 0, uses.items, uses.count, take, owner);
    size_t from = 0;
    for (int32_t tenant = 0; tenant < script->site->options.tenants; tenant++) {
        size_t to = from;
        while (to < uses.count && uses.items[to].tenant == tenant)
            to++;
        sweep_scope(&sweep, script, as_of, TENANT_ID_BASE + tenant, uses.items + from, to - from, take, owner);
        from = to;
    }
    free(sweep.uses);
    free(sweep.changes);
    free(uses.items);
}

static void write_number(FILE *file, const char *name, int64_t number)
{
    if (number < 0)
        fprintf(file, ",\"%s\":null", name);
    else
        fprintf(file, ",\"%s\":%" PRId64, name, number);
}

static void write_row(void *owner, const struct truth_row *row)
{
    char start[INSTANT_TEXT_SIZE], peak_at[INSTANT_TEXT_SIZE + 2] = "null";
    if (row->peak_at != INSTANT_NONE) {
        char text[INSTANT_TEXT_SIZE];
        snprintf(peak_at, sizeof peak_at, "\"%s\"", instant_format(row->peak_at, text));
    }
    fprintf(owner,
            "{\"scope\":\"%s\",\"id\":%" PRId64 ",\"item\":\"%s\",\"granularity\":\"%s\",\"start\":\"%s\",\"peak\":%" PRId64
            ",\"peak_at\":%s,\"seat_ms\":%" PRId64 "%s",
            row->tenant ? "tenant" : "system", row->tenant, sim_item_code(row->item), row->day ? "day" : "10m",
            instant_format(row->start, start), row->peak, peak_at, row->seat_ms, row->partial ? ",\"partial\":true" : "");
    if (row->bought) {
        write_number(owner, "entitled", row->entitled);
        write_number(owner, "burst", row->burst);
        write_number(owner, "over", row->over);
        write_number(owner, "over_burst", row->over_burst);
    }
    fputs("}\n", owner);
}

void truth_write(const struct script *script, instant as_of, FILE *file)
{
    char text[INSTANT_TEXT_SIZE];
    fprintf(file, "{\"as_of\":\"%s\"}\n", instant_format(as_of, text));
    truth_compute(script, as_of, write_row, file);
}

const char *sim_item_code(enum sim_item item)
{
    static const char *const codes[] = {
#define X(name, code) code,
        SIM_ITEM_MAP(X)
#undef X
    };
    return codes[item];
}
