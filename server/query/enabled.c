/* How many objects were enabled: the steps of a scope walked over periods (domain.md §7.14). */
#include "server/query/snapshot.h"

#include "base/log.h"
#include "store/enabled.h"

struct walking {
    struct query *query;
    const struct period *periods;
    size_t count;
    struct fold_cell *cells; /* [item * count + period] */
    size_t *period;          /* per item: the one that the level has been told to */
    int64_t *levels;
};

/* Tells the periods that begin up to `at` the level they are entered with.  A period's first level is the
 * one after the changes of its first millisecond, so those that begin at `at` itself wait for its steps. */
static void enter_periods(struct walking *walking, size_t item, instant at)
{
    size_t *period = &walking->period[item];
    for (; *period < walking->count && walking->periods[*period].start < at; ++*period) {
        struct fold_cell *cell = &walking->cells[item * walking->count + *period];
        cell->peak = walking->levels[item];
        cell->peak_at = INSTANT_NONE;
    }
}

static void take_change(struct walking *walking, size_t item, instant at, int32_t delta, bool carried)
{
    enter_periods(walking, item, at);
    int64_t level = walking->levels[item] += delta;
    size_t period = walking->period[item];
    if (period < walking->count && walking->periods[period].start == at && !carried) {
        walking->cells[item * walking->count + period] = (struct fold_cell){.peak = level, .peak_at = delta > 0 ? at : INSTANT_NONE};
        walking->period[item]++;
        return;
    }
    if (period == 0 || carried || walking->periods[period - 1].end <= at)
        return; /* before the first period, or behind the last */
    struct fold_cell *cell = &walking->cells[item * walking->count + period - 1];
    if (delta > 0 && level >= cell->peak) {
        cell->peak = level;
        cell->peak_at = at;
    }
}

static void take_day(struct walking *walking, int32_t day, struct bytes steps)
{
    struct query *query = walking->query;
    struct enabled_step step = {0};
    bool damaged = false;
    while (enabled_unpack(&steps, &step, &damaged)) {
        uint32_t item = step.item <= query->number_max ? query->item_of_number[step.item] : 0;
        if (item)
            take_change(walking, item - 1, (instant)day * DAY_MS + step.at / 2, step.delta, step.at % 2 == 0);
    }
    if (damaged)
        log_error("query", "table enabled: a record of day %d is damaged", day);
}

void enabled_periods(struct query *query, struct scope scope, const struct period *periods, size_t count, struct fold_cell *cells)
{
    struct arena *arena = arena_create();
    struct walking walking = {
        .query = query,
        .periods = periods,
        .count = count,
        .cells = cells,
        .period = arena_alloc(arena, (query->item_count + 1) * sizeof *walking.period),
        .levels = arena_alloc(arena, (query->item_count + 1) * sizeof *walking.levels),
    };
    struct bytes key, value, steps;
    struct key prefix = {.len = 0};
    key_add_u8(&prefix, (uint8_t)scope.kind);
    key_add_u64(&prefix, (uint64_t)scope.id);
    struct db_cursor *cursor = db_cursor_open(query->txn, TABLE_ENABLED, key_bytes(&prefix));
    while (count && db_cursor_next(cursor, &key, &value)) {
        uint32_t day;
        uint16_t chunk;
        struct bytes rest = bytes_of(key.data + prefix.len, key.len - prefix.len), head = bytes_of(key.data, key.len - 2);
        if (!key_take_u32(&rest, &day) || !key_take_u16(&rest, &chunk) || chunk != 0)
            continue;
        if ((instant)(int32_t)day * DAY_MS >= periods[count - 1].end)
            break;
        if (db_get_chunked(query->txn, TABLE_ENABLED, head, arena, &steps))
            take_day(&walking, (int32_t)day, steps);
    }
    db_cursor_close(cursor);
    for (size_t item = 0; count && item < query->item_count; item++)
        enter_periods(&walking, item, INSTANT_NEVER);
    arena_destroy(arena);
}
