/*
 * store/hour.h - what is kept of an hour besides its slots: who came, and how long each level was held.
 *
 * Both are kept hour by hour (UTC) and scope by scope, relative to the levels that the slots give, so that any
 * period of whole slots is a sum over its hours, in any zone and for ever:
 *
 *   named       entries: a seat is in use in a slot and was not in the slot before.  Each says how many slots ago
 *               the seat was in use last, so a period counts a seat once: at the entry whose last use lies before
 *               the period.  The seats of the period's first slot are the level at its entry, the entries of that
 *               slot, and what is kept under the gap ENTRY_HERE.
 *   sustained   times: for each slot with changes the milliseconds at each level, relative to the level at the
 *               slot's entry (carry included).  Counters that did not change have none.
 *
 *   named, sustained: slot u32 of the hour's begin, scope kind u8, id u64, chunk u16 → records in order of slot
 *     entry:  head u8 (slot in the hour 4 bits, ENTRY_… flags) · varint gap? · varint set? · signed count?
 *     times:  slot in the hour u8 · varint n × 2 · n items, varint, each less the one before; or k × 2 + 1: the list k lists
 *             before the newest · varint levels from the lowest to the highest · signed lowest level · varint ms of each
 *             but the highest; 0 and how many for such that were not held
 *   set, a text of the dictionary's class SET: varints item × 2 + 1 for the person's seat keys
 *   seen: family u8, kind of key u8, id u64, chunk u16 → groups of: varint slot · varint n · n items likewise ·
 *         varint m · m scopes of u8 kind, varint id
 *
 * seen has, for each seat key that may come again, the last slot before the horizon in which it used an item in a
 * scope: when the sessions are forgotten, the gaps of those to come still rest on it.
 * Prefixes of a value end between two records, and two values one behind the other are one.
 */
#ifndef STORE_HOUR_H
#define STORE_HOUR_H

#include "store/slot.h"

enum { HOUR_SLOTS = 12 };

void hour_key(struct key *key, uint32_t slot, struct scope scope);

enum { ENTRY_HERE = 0, ENTRY_NEVER = 1 }; /* gaps; others from 2 up: slots since the last one in use */
struct entry {
    uint32_t slot; /* of the hour */
    uint32_t gap;
    uint32_t set;
    int64_t count; /* below zero with ENTRY_HERE only */
};
/* before: the entry before in the same value, or one with set 0. */
void entry_pack(struct buffer *out, const struct entry *entry, const struct entry *before);
/* Takes one from the front of *rest; entry holds the one before (zeroed at first).  False at the end. */
bool entry_unpack(struct bytes *rest, struct entry *entry, bool *damaged);

struct level_time {
    int32_t level;
    uint32_t ms;
};
/* The lists of items that groups behind may name; zeroed at first, and one for each value. */
enum { TIMES_LISTS = 8 };
struct times_lists {
    struct times_list {
        const uint32_t *items;
        size_t count;
    } lists[TIMES_LISTS];
    unsigned count; /* so many there were */
};
/* Levels ascending, their times SLOT_MS together; items ascending, they live as long as lists. */
void times_pack(struct buffer *out, uint32_t slot, struct times_list items, const struct level_time *times, size_t count, struct times_lists *lists);
struct times_group {
    uint32_t slot;
    const uint32_t *items;
    size_t item_count;
    struct level_time *times;
    size_t count;
};
/* Lists in arena. */
bool times_unpack(struct bytes *rest, struct arena *arena, struct times_lists *lists, struct times_group *group, bool *damaged);

/* Items as they stand in records: ascending numbers. */
void items_pack(struct buffer *out, const uint32_t *items, size_t count);
bool items_unpack(struct bytes *rest, struct arena *arena, uint32_t **items, size_t *count);

/* Takes what is kept from slot on to the hour's end away, in every scope. */
void hour_forget(struct db_txn *txn, enum db_table table, uint32_t slot);
/* Puts records of slots from `slot` on behind those that stand in the hour. */
void hour_append(struct db_txn *txn, enum db_table table, uint32_t slot, struct scope scope, struct bytes records);
bool hour_get(struct db_txn *txn, enum db_table table, uint32_t slot, struct scope scope, struct arena *arena, struct bytes *records);

/* meta/hours: hours that are not counted yet, one behind the other. */
void hour_mark_pack(struct buffer *out, uint32_t hour, instant since);
bool hour_mark_unpack(struct bytes *rest, uint32_t *hour, instant *since, bool *damaged);

struct seen_key {
    uint8_t family, kind; /* as in the engine's seat keys */
    int64_t id;
};
struct seen_group {
    uint32_t slot;
    uint32_t *items;
    size_t item_count;
    struct scope *scopes;
    size_t scope_count;
};
void seen_pack(struct buffer *out, const struct seen_group *group);
bool seen_unpack(struct bytes *rest, struct arena *arena, struct seen_group *group, bool *damaged);
void seen_put(struct db_txn *txn, struct seen_key key, struct bytes groups);
typedef void (*seen_fn)(void *owner, struct seen_key key, struct bytes groups);
void seen_each(struct db_txn *txn, struct arena *arena, seen_fn fn, void *owner);

#endif
