/*
 * How many seats were in use at any time in a period (domain.md §7.10): those of its first slot, and then each
 * entry of a seat that was in use last before the period (store/hour.h).
 */
#include "server/query/snapshot.h"

#include "base/log.h"
#include "base/varint.h"
#include "store/dictionary.h"
#include "store/hour.h"

struct lane { /* an item's, of a family of seat keys */
    uint32_t item;
    uint32_t family;
};
struct query_set {
    struct lane *lanes;
    size_t count;
};

struct taking {
    struct query *query;
    struct query_set *sets;
    uint32_t capacity;
};

static void take_set(void *owner, uint32_t number, struct bytes text)
{
    struct taking *taking = owner;
    uint64_t code;
    if (number > taking->capacity) {
        uint32_t capacity = number * 2 + 16;
        struct query_set *more = arena_alloc(taking->query->arena, capacity * sizeof *more);
        if (taking->capacity)
            memcpy(more, taking->sets, taking->capacity * sizeof *more);
        taking->sets = more;
        taking->capacity = capacity;
    }
    struct query_set *set = &taking->sets[number - 1];
    set->lanes = arena_alloc(taking->query->arena, (text.len + 1) * sizeof *set->lanes);
    while (varint_take(&text, &code))
        if (code / 2 <= taking->query->number_max && taking->query->item_of_number[code / 2])
            set->lanes[set->count++] = (struct lane){taking->query->item_of_number[code / 2] - 1, code % 2};
}

static void load_sets(struct query *query)
{
    struct taking taking = {.query = query};
    if (query->have_sets)
        return;
    dictionary_each(query->txn, DICTIONARY_SET, take_set, &taking);
    query->sets = taking.sets;
    query->set_count = taking.capacity;
    query->have_sets = true;
    /* Behind the last slot with a summary, too: a seat that takes over from another within a millisecond changes no level. */
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(query->txn, TABLE_NAMED, BYTES_NONE);
    if (db_cursor_last(cursor, &key, &value) && key_take_u32(&key, &query->named_end))
        query->named_end += HOUR_SLOTS;
    db_cursor_close(cursor);
}

/* --- hours that are not counted yet ---------------------------------------------------------------- */

/* A counted hour that goes on changing is told as it was counted last; older, or never counted, it is unknown. */
enum { LAG_MS = 60 * 1000 };

static void load_uncounted(struct query *query)
{
    struct bytes marks;
    struct uncounted one;
    bool damaged = false;
    if (query->have_uncounted)
        return;
    query->have_uncounted = true;
    if (!meta_get(query->txn, "hours", query->arena, &marks))
        return;
    query->uncounted = arena_alloc(query->arena, (marks.len + 1) * sizeof *query->uncounted);
    while (hour_mark_unpack(&marks, &one.hour, &one.since, &damaged)) {
        bool under_way = ((instant)one.hour + 2) * HOUR_MS > query->clock && query->clock - one.since <= LAG_MS;
        if (!under_way)
            query->uncounted[query->uncounted_count++] = one;
    }
}

bool query_hours_wait(struct query *query, instant before)
{
    struct bytes marks;
    uint32_t hour;
    instant since;
    bool damaged = false, waits = false;
    struct arena *arena = arena_create();
    if (meta_get(query->txn, "hours", arena, &marks))
        while (hour_mark_unpack(&marks, &hour, &since, &damaged))
            waits |= (instant)hour * HOUR_MS < before;
    arena_destroy(arena);
    return waits || damaged;
}

bool hours_counted(struct query *query, instant from, instant to)
{
    load_uncounted(query);
    for (size_t i = 0; i < query->uncounted_count; i++) {
        instant start = (instant)query->uncounted[i].hour * HOUR_MS;
        if (start < to && start + HOUR_MS > from)
            return false;
    }
    return true;
}

/* --- the walk -------------------------------------------------------------------------------------- */

struct naming {
    struct query *query;
    const struct period *periods;
    size_t count, period; /* the period under way */
    unsigned families;
    struct fold_cell *cells[2];
};

static void take_entry(struct naming *naming, uint32_t hour_slot, const struct entry *entry)
{
    uint32_t slot = hour_slot + entry->slot;
    instant at = (instant)slot * SLOT_MS;
    while (naming->period < naming->count && naming->periods[naming->period].end <= at)
        naming->period++;
    if (naming->period == naming->count || at < naming->periods[naming->period].start)
        return;
    uint32_t first = slot_of(naming->periods[naming->period].start);
    bool counts = slot == first ||
                  (entry->gap != ENTRY_HERE && (entry->gap == ENTRY_NEVER || entry->gap > slot || slot - entry->gap < first));
    if (!counts || entry->set > naming->query->set_count)
        return;
    const struct query_set *set = &naming->query->sets[entry->set - 1];
    for (size_t i = 0; i < set->count; i++) {
        struct fold_cell *cells = naming->cells[set->lanes[i].family];
        if (cells)
            cells[set->lanes[i].item * naming->count + naming->period].named += entry->count;
    }
}

static void take_hour(struct naming *naming, struct scope scope, uint32_t slot, struct arena *arena)
{
    struct bytes records;
    struct entry entry = {0};
    bool damaged = false;
    if (!hour_get(naming->query->txn, TABLE_NAMED, slot, scope, arena, &records))
        return;
    while (entry_unpack(&records, &entry, &damaged))
        take_entry(naming, slot, &entry);
    if (damaged)
        log_error("query", "table named: a record of %s %lld is damaged", scope_kind_name(scope.kind), (long long)scope.id);
}

void named_periods(struct query *query, struct scope scope, const struct period *periods, size_t count, struct fold_cell *exact, struct fold_cell *person)
{
    struct naming naming = {.query = query, .periods = periods, .count = count, .cells = {exact, person}};
    struct arena *arena = arena_create();
    load_sets(query);
    if (count == 0)
        goto out;
    uint32_t first = slot_of(periods[0].start), end = slot_of(periods[count - 1].end), last = query->named_end;
    for (uint32_t hour = first - first % HOUR_SLOTS; hour < end && hour < last; hour += HOUR_SLOTS) {
        take_hour(&naming, scope, hour, arena);
        arena_reset(arena);
    }
    for (int family = 0; family < 2; family++)
        for (size_t i = 0; naming.cells[family] && i < query->item_count * count; i++) {
            struct fold_cell *cell = &naming.cells[family][i];
            const struct period *period = &periods[i % count];
            cell->named += cell->entry;
            if (cell->seat_ms < 0 || cell->named < 0 || !hours_counted(query, period->start, period->end))
                cell->named = -1;
        }
out:
    arena_destroy(arena);
}
