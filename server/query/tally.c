#include "server/query/tally.h"

#include "base/map.h"
#include "store/retention.h"
#include "store/slots.h"

#include <stdio.h>
#include <stdlib.h>

struct counter {
    struct scope scope;
    uint32_t item;
    enum profile profile;
    int64_t level;      /* after the slots and days walked over */
    int64_t day_sum;    /* of the slots of the day under way */
    uint32_t next;      /* another counter with this hash, index + 1 */
};

struct tally {
    struct map index; /* hash → first counter, index + 1 */
    struct counter *counters;
    uint32_t count, capacity;
    tally_fault_fn fault;
    void *owner;
    struct tally_result *result;
    instant kept_from[SCOPE_KIND_COUNT]; /* days before have no slots, but sums that may stand on another day */
};

__attribute__((format(printf, 2, 3))) static void say(struct tally *tally, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    if (tally->result->faults++ < TALLY_FAULTS_MAX)
        tally->fault(tally->owner, buffer_text(&text));
    buffer_free(&text);
}

static struct counter *counter_of(struct tally *tally, struct scope scope, uint32_t item, enum profile profile)
{
    uint64_t hash = hash_mix(hash_mix((uint64_t)scope.id * SCOPE_KIND_COUNT + scope.kind) ^ ((uint64_t)item * PROFILE_COUNT + profile));
    uint32_t first = map_get(&tally->index, hash);
    for (uint32_t i = first; i; i = tally->counters[i - 1].next) {
        struct counter *counter = &tally->counters[i - 1];
        if (counter->scope.kind == scope.kind && counter->scope.id == scope.id && counter->item == item && counter->profile == profile)
            return counter;
    }
    if (tally->count == tally->capacity) {
        tally->capacity = tally->capacity ? tally->capacity * 2 : 256;
        tally->counters = memory_resize(tally->counters, tally->capacity * sizeof *tally->counters);
    }
    tally->counters[tally->count] = (struct counter){.scope = scope, .item = item, .profile = profile, .next = first};
    map_put(&tally->index, hash, ++tally->count);
    tally->result->counters++;
    return &tally->counters[tally->count - 1];
}

/* "tenant 101, item 7, exact" */
static const char *name_of(const struct counter *counter, char text[80])
{
    snprintf(text, 80, "%s %lld, item number %u, %s", scope_kind_name(counter->scope.kind), (long long)counter->scope.id, counter->item,
             profile_name(counter->profile));
    return text;
}

static bool read_key(struct tally *tally, const char *table, struct bytes key, uint32_t *number, struct scope *scope)
{
    uint8_t kind;
    uint64_t id;
    if (key_take_u32(&key, number) && key_take_u8(&key, &kind) && key_take_u64(&key, &id) && key.len == 0 && kind < SCOPE_KIND_COUNT) {
        *scope = (struct scope){kind, (int64_t)id};
        return true;
    }
    say(tally, "table %s has a key that is none", table);
    tally->result->damaged = true;
    return false;
}

static void damaged(struct tally *tally, const char *table, uint32_t number, struct scope scope)
{
    say(tally, "table %s: record %u of %s %lld cannot be read", table, number, scope_kind_name(scope.kind), (long long)scope.id);
    tally->result->damaged = true;
}

static void walk_slot(struct tally *tally, const struct slots_entry *entry)
{
    uint32_t slot = entry->slot;
    struct scope scope = entry->scope;
    if ((instant)slot * SLOT_MS < tally->kept_from[scope.kind])
        return; /* on its way out */
    char name[80], at[INSTANT_TEXT_SIZE];
    tally->result->slots++;
    for (size_t i = 0; i < entry->list.count; i++) {
        const struct slot_record *record = &entry->list.records[i];
        if (record->profile == PROFILE_LRM)
            continue; /* looks at exact's levels and has none of its own */
        struct counter *counter = counter_of(tally, scope, record->item, record->profile);
        const struct slot_summary *summary = &record->summary;
        int64_t after = counter->level + summary->carry + summary->net, highest = counter->level + summary->high;
        if (after < 0 || highest < 0)
            say(tally, "%s: below zero in the slot of %s (%lld after it)", name_of(counter, name), instant_format((instant)slot * SLOT_MS, at),
                (long long)after);
        counter->level = after;
        counter->day_sum += summary->carry + summary->net;
    }
    if (entry->damaged)
        damaged(tally, "slot", slot, scope);
}

/* has_slots: the day's slots were walked over, so its nets must be their sums. */
static void walk_day_net(struct tally *tally, int32_t day, struct scope scope, struct bytes value, bool has_slots)
{
    struct net_record record;
    bool bad = false;
    char name[80], date[DATE_TEXT_SIZE];
    tally->result->days++;
    has_slots = has_slots && (instant)day * DAY_MS >= tally->kept_from[scope.kind];
    while (net_unpack(&value, &record, &bad)) {
        struct counter *counter = counter_of(tally, scope, record.item, record.profile);
        if (has_slots) {
            counter->day_sum -= record.net;
            continue;
        }
        counter->level += record.net;
        /* Sums of days before the cut go over to the last of them one by one. */
        if (counter->level < 0 && ((instant)day + 1) * DAY_MS >= tally->kept_from[scope.kind])
            say(tally, "%s: below zero at the end of %s", name_of(counter, name), date_format(day, date));
    }
    if (bad)
        damaged(tally, "day_net", (uint32_t)day, scope);
}

static void end_day(struct tally *tally, int32_t day)
{
    char name[80], date[DATE_TEXT_SIZE];
    for (uint32_t i = 0; i < tally->count; i++) {
        if (tally->counters[i].day_sum != 0)
            say(tally, "%s: the slots of %s and the day's net differ by %lld", name_of(&tally->counters[i], name), date_format(day, date),
                (long long)tally->counters[i].day_sum);
        tally->counters[i].day_sum = 0;
    }
}

/* Both tables, each standing on its record. */
struct readers {
    struct slots_cursor *slots;
    struct slots_entry entry;
    int32_t slot_day; /* INT32_MAX: at the end */
    struct db_cursor *nets;
    uint32_t net_day; /* likewise */
    struct scope scope;
    struct bytes value;
};

static void next_slot(struct readers *readers)
{
    bool more = slots_cursor_next(readers->slots, &readers->entry);
    readers->slot_day = more ? (int32_t)(readers->entry.slot / (DAY_MS / SLOT_MS)) : INT32_MAX;
}

static void next_net(struct tally *tally, struct readers *readers)
{
    struct bytes key;
    bool more;
    do
        more = db_cursor_next(readers->nets, &key, &readers->value);
    while (more && !read_key(tally, "day_net", key, &readers->net_day, &readers->scope));
    if (!more)
        readers->net_day = INT32_MAX;
}

/* Both tables day by day; the slots of a day before its nets. */
void tally_check(struct db_txn *txn, tally_fault_fn fault, void *owner, struct tally_result *result)
{
    struct tally tally = {.fault = fault, .owner = owner, .result = result};
    struct readers readers = {.slots = slots_cursor_open(txn, 0), .nets = db_cursor_open(txn, TABLE_DAY_NET, BYTES_NONE)};
    *result = (struct tally_result){0};
    for (enum scope_kind kind = 0; kind < SCOPE_KIND_COUNT; kind++)
        tally.kept_from[kind] = retention_from(txn, retention_of_scope(kind));
    next_slot(&readers);
    next_net(&tally, &readers);
    int32_t first_slot_day = readers.slot_day;
    while (readers.slot_day != INT32_MAX || readers.net_day != INT32_MAX) {
        int32_t day = readers.slot_day < (int32_t)readers.net_day ? readers.slot_day : (int32_t)readers.net_day;
        bool has_slots = day >= first_slot_day;
        for (; readers.slot_day == day; next_slot(&readers))
            walk_slot(&tally, &readers.entry);
        for (; (int32_t)readers.net_day == day; next_net(&tally, &readers))
            walk_day_net(&tally, day, readers.scope, readers.value, has_slots);
        if (has_slots)
            end_day(&tally, day);
    }
    slots_cursor_close(readers.slots);
    db_cursor_close(readers.nets);
    map_free(&tally.index);
    free(tally.counters);
}
