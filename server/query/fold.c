/* Folding slots into periods, from the left (design.md §4). */
#include "server/query/snapshot.h"

#include "base/log.h"
#include "server/query/sustained.h"
#include "store/slots.h"

struct fold {
    struct query *query;
    struct scope scope;
    struct slot_reader *slots;
    enum profile profile; /* whose levels: lrm looks at those of exact */
    bool lrm;
    struct minute_view {
        int64_t level;
        uint32_t at;
    } *minutes;           /* per item, of the slot under way; for lrm */
    int64_t *levels;      /* per item, at the entry of the slot under way */
    instant *counted_to;  /* per item: seat_ms is counted up to here */
    uint32_t *changed_in; /* per item: the last slot with changes of its own, + 1 */
    struct times *times;  /* for sustained, which looks at the levels of exact, too; else NULL */
    uint32_t first;       /* slot of the period under way */
};

/* What is in a slot of the scope; good until the next one. */
static struct slot_list slot_at(struct fold *fold, uint32_t slot, bool *damaged)
{
    struct slot_list list = {0};
    if (slot >= fold->query->slot_first && slot < fold->query->slot_end)
        (void)slot_reader_get(fold->slots, slot, &list, damaged);
    return list;
}

/* The catalog's index of a record's item, or -1: of another profile, or no longer in the catalog. */
static int item_index(const struct fold *fold, uint32_t number, enum profile profile)
{
    if (profile != fold->profile || number > fold->query->number_max)
        return -1;
    return (int)fold->query->item_of_number[number] - 1;
}

static void say_damaged(const char *table, const struct fold *fold)
{
    log_error("query", "table %s: a record of %s %lld is damaged", table, scope_kind_name(fold->scope.kind), (long long)fold->scope.id);
}

/* Levels at an instant that is a slot's border: whole days, then the day's slots before it. */
static void enter(struct fold *fold, instant at)
{
    struct query *query = fold->query;
    struct bytes value;
    struct net_record net;
    bool damaged = false;
    for (size_t i = 0; i < query->day_count && query->days[i] < instant_day(at); i++) {
        struct key key;
        day_net_key(&key, query->days[i], fold->scope);
        if (!db_get(query->txn, TABLE_DAY_NET, key_bytes(&key), &value))
            continue;
        while (net_unpack(&value, &net, &damaged)) {
            int item = item_index(fold, net.item, net.profile);
            if (item >= 0)
                fold->levels[item] += net.net;
        }
    }
    for (uint32_t slot = slot_of((instant)instant_day(at) * DAY_MS); slot < slot_of(at); slot++) {
        struct slot_list list = slot_at(fold, slot, &damaged);
        for (size_t i = 0; i < list.count; i++) {
            const struct slot_record *record = &list.records[i];
            int item = item_index(fold, record->item, record->profile);
            if (item >= 0)
                fold->levels[item] += record->summary.carry + record->summary.net;
        }
    }
    if (damaged)
        say_damaged("day_net or slot", fold);
}

/* The level has been the same since counted_to. */
static void count_unchanged(struct fold *fold, size_t item, instant to, struct fold_cell *cell)
{
    if (to > fold->query->known_until)
        to = fold->query->known_until;
    if (to <= fold->counted_to[item])
        return;
    cell->seat_ms += fold->levels[item] * (to - fold->counted_to[item]);
    if (fold->times)
        times_add(fold->times, item, fold->levels[item], to - fold->counted_to[item]);
}

/* One slot's summary.  In the slot that is under way at the clock of the last flush the level has
 * stayed what it is since the last change, so what lies behind the clock is level × time: it is taken off. */
static void add_summary(struct fold *fold, size_t item, uint32_t slot, const struct slot_summary *summary, struct fold_cell *cell)
{
    instant start = (instant)slot * SLOT_MS, end = start + SLOT_MS, known = fold->query->known_until;
    bool changes = summary->net || summary->high || summary->seat_ms || summary->rise_at != SLOT_RISE_NONE;
    count_unchanged(fold, item, start, cell);
    int64_t entry = fold->levels[item] += summary->carry;
    if (slot == fold->first)
        cell->entry = entry;
    if (changes)
        fold->changed_in[item] = slot + 1;
    int64_t candidate = entry + (changes ? summary->high : 0);
    bool rises = summary->rise_at != SLOT_RISE_NONE;
    if (candidate > cell->peak || (candidate == cell->peak && rises)) {
        cell->peak = candidate;
        cell->peak_at = rises ? start + summary->rise_at : INSTANT_NONE;
    }
    fold->levels[item] = entry + summary->net;
    if (start < known) {
        int64_t ms = entry * SLOT_MS + summary->seat_ms;
        if (end > known)
            ms -= fold->levels[item] * (end - known);
        cell->seat_ms += ms > 0 ? ms : 0;
        if (fold->times)
            times_add_slot(fold->times, item, slot, entry, fold->levels[item], end > known ? end - known : 0);
    }
    fold->counted_to[item] = end;
}

/* LRM's view of a slot: the highest of its whole minutes.  A slot without a record of its own has its
 * entry level at each of them, and the last one is the latest. */
static void look_at_minutes(struct fold *fold, uint32_t slot, const struct slot_list *list, struct fold_cell *cells, size_t stride)
{
    size_t items = fold->query->item_count;
    for (size_t i = 0; i < items; i++)
        fold->minutes[i] = (struct minute_view){fold->levels[i], (uint32_t)(SLOT_MS - MINUTE_MS)};
    for (size_t i = 0; i < list->count; i++) {
        const struct slot_record *record = &list->records[i];
        int item = item_index(fold, record->item, PROFILE_EXACT);
        if (item < 0)
            continue;
        if (record->profile == PROFILE_EXACT)
            fold->minutes[item].level += record->summary.carry;
        if (record->profile == PROFILE_LRM) {
            fold->minutes[item].level += record->summary.high;
            fold->minutes[item].at = record->summary.rise_at;
        }
    }
    for (size_t i = 0; i < items; i++)
        if (fold->minutes[i].level >= cells[i * stride].peak) {
            cells[i * stride].peak = fold->minutes[i].level;
            cells[i * stride].peak_at = (instant)slot * SLOT_MS + fold->minutes[i].at;
        }
}

static void add_slot(struct fold *fold, uint32_t slot, struct fold_cell *cells, size_t stride)
{
    bool damaged = false;
    struct slot_list list = slot_at(fold, slot, &damaged);
    if (fold->lrm)
        look_at_minutes(fold, slot, &list, cells, stride);
    if (fold->times && list.count)
        times_begin_slot(fold->times, slot);
    for (size_t i = 0; i < list.count; i++) {
        const struct slot_record *record = &list.records[i];
        int item = item_index(fold, record->item, record->profile);
        if (item < 0)
            continue;
        struct fold_cell *cell = &cells[(size_t)item * stride], kept = *cell;
        add_summary(fold, (size_t)item, slot, &record->summary, cell);
        if (fold->lrm) { /* of the summary only the level and the integral count */
            cell->peak = kept.peak;
            cell->peak_at = kept.peak_at;
        }
    }
    if (damaged)
        say_damaged("slot", fold);
}

/* For how long a level must be held in total in a period that starts then. */
static int64_t sustained_ms(struct query *query, instant start)
{
    enum { MINUTES_OTHERWISE = 30 };
    int64_t minutes = counting_at(rules_counting(query_rules(query)), start)->sustained_minutes;
    return (minutes == ID_NONE ? MINUTES_OTHERWISE : minutes) * MINUTE_MS;
}

static void fold_period(struct fold *fold, const struct period *period, struct fold_cell *cells, size_t stride)
{
    size_t items = fold->query->item_count;
    int64_t least_ms = fold->times ? sustained_ms(fold->query, period->start) : 0;
    /* Of a period shorter than an hour there is none (domain.md §7.7). */
    bool is_known = fold->times && period->end - period->start >= HOUR_MS && hours_counted(fold->query, period->start, period->end);
    uint32_t first = fold->first = slot_of(period->start), end = slot_of(period->end);
    for (size_t i = 0; i < items; i++) {
        cells[i * stride] = (struct fold_cell){.peak = INT64_MIN, .peak_at = INSTANT_NONE, .entry = fold->levels[i]};
        fold->counted_to[i] = period->start;
    }
    add_slot(fold, first, cells, stride);
    /* Nothing changed in the first slot: the period's first level is the one it was entered at.  A slot
     * with changes has said its first level in high. */
    for (size_t i = 0; i < items && !fold->lrm; i++)
        if (fold->changed_in[i] != first + 1 && fold->levels[i] > cells[i * stride].peak)
            cells[i * stride].peak = fold->levels[i];
    if (end > fold->query->slot_end)
        end = fold->query->slot_end;
    for (uint32_t slot = first + 1; slot < end; slot++)
        add_slot(fold, slot, cells, stride);
    /* Behind the last slot nothing changes any more: the period's last minute is the latest. */
    for (size_t i = 0; i < items && fold->lrm && end < slot_of(period->end); i++)
        if (fold->levels[i] >= cells[i * stride].peak) {
            cells[i * stride].peak = fold->levels[i];
            cells[i * stride].peak_at = period->end - MINUTE_MS;
        }
    for (size_t i = 0; i < items; i++) {
        count_unchanged(fold, i, period->end, &cells[i * stride]);
        int64_t held = fold->times ? times_answer(fold->times, i, least_ms) : 0;
        if (cells[i * stride].peak < 0)
            cells[i * stride] = (struct fold_cell){-1, INSTANT_NONE, -1, -1, -1};
        else if (fold->times) {
            cells[i * stride].peak = is_known ? held : -1;
            cells[i * stride].peak_at = INSTANT_NONE;
        }
    }
}

void fold_periods(struct query *query, struct scope scope, enum profile profile, const struct period *periods, size_t period_count,
                  struct fold_cell *cells)
{
    size_t items = query->item_count;
    struct arena *arena = arena_create();
    struct fold fold = {
        .query = query,
        .scope = scope,
        .slots = slot_reader_create(query->txn, scope),
        .profile = profile == PROFILE_PERSON ? PROFILE_PERSON : PROFILE_EXACT,
        .lrm = profile == PROFILE_LRM,
        .minutes = arena_alloc(arena, (items + 1) * sizeof *fold.minutes),
        .levels = arena_alloc(arena, (items + 1) * sizeof *fold.levels),
        .counted_to = arena_alloc(arena, (items + 1) * sizeof *fold.counted_to),
        .changed_in = arena_alloc(arena, (items + 1) * sizeof *fold.changed_in),
    };
    if (profile == PROFILE_SUSTAINED)
        fold.times = times_create(query, scope, arena);
    size_t first = 0;
    /* Of periods that begin before what retention left nothing is known; levels are from there on. */
    for (; first < period_count && periods[first].start < query_kept_from(query, scope.kind); first++)
        for (size_t i = 0; i < items; i++)
            cells[i * period_count + first] = (struct fold_cell){-1, INSTANT_NONE, -1, -1, -1};
    if (first < period_count)
        enter(&fold, periods[first].start);
    for (size_t p = first; p < period_count; p++)
        fold_period(&fold, &periods[p], &cells[p], period_count);
    if (fold.times)
        times_destroy(fold.times);
    slot_reader_destroy(fold.slots);
    arena_destroy(arena);
}

/* The crossing is exact when the slot's highest level is the first one above the limit: it last rose to it there. */
static instant risen_in(const struct slot_record *record, uint32_t slot, int64_t entry, int64_t limit)
{
    const struct slot_summary *summary = &record->summary;
    bool exact = summary->rise_at != SLOT_RISE_NONE && entry + summary->high == limit + 1;
    return (instant)slot * SLOT_MS + (exact ? summary->rise_at : 0);
}

void fold_over_since(struct query *query, struct scope scope, instant from, instant to, const int64_t *limits, instant *since)
{
    struct arena *arena = arena_create();
    struct fold fold = {.query = query, .scope = scope, .slots = slot_reader_create(query->txn, scope), .profile = PROFILE_EXACT,
                        .levels = arena_alloc(arena, (query->item_count + 1) * sizeof *fold.levels)};
    bool damaged = false;
    enter(&fold, from);
    for (size_t i = 0; i < query->item_count; i++)
        since[i] = limits[i] >= 0 && fold.levels[i] > limits[i] ? from : INSTANT_NONE;
    for (uint32_t slot = slot_of(from); slot < slot_of(to - 1) + 1; slot++) {
        struct slot_list list = slot_at(&fold, slot, &damaged);
        for (size_t i = 0; i < list.count; i++) {
            const struct slot_record *record = &list.records[i];
            int item = item_index(&fold, record->item, record->profile);
            if (item < 0 || limits[item] < 0)
                continue;
            int64_t entry = fold.levels[item] + record->summary.carry;
            fold.levels[item] = entry + record->summary.net;
            /* In a slot that is still under way the level of now counts, which the caller knows to be above. */
            if (fold.levels[item] <= limits[item] && (instant)(slot + 1) * SLOT_MS <= to)
                since[item] = INSTANT_NONE;
            else if (since[item] == INSTANT_NONE)
                since[item] = risen_in(record, slot, entry, limits[item]);
        }
    }
    if (damaged)
        say_damaged("slot", &fold);
    slot_reader_destroy(fold.slots);
    arena_destroy(arena);
}

bool query_levels(struct query *query, struct scope scope, int64_t *levels)
{
    struct fold fold = {.query = query, .scope = scope, .profile = PROFILE_EXACT};
    struct key key;
    struct bytes value;
    uint64_t clock;
    struct net_record record;
    bool damaged = false;
    memset(levels, 0, query->item_count * sizeof *levels);
    live_key(&key, scope);
    if (!db_get(query->txn, TABLE_LIVE, key_bytes(&key), &value) || !key_take_u64(&value, &clock))
        return false;
    while (net_unpack(&value, &record, &damaged)) {
        int item = item_index(&fold, record.item, record.profile);
        if (item >= 0)
            levels[item] = record.net;
    }
    if (damaged)
        say_damaged("live", &fold);
    return true;
}
