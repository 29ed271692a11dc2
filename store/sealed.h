/*
 * store/sealed.h - the slots of an hour in one scope, sealed (design.md §5).
 *
 * Items move alike: all media of a login, and a person beside its place.  So an hour is kept as columns: what one
 * counter did in each of the hour's slots, once for all the counters that did the same.
 *
 *   value  = which slots have anything, u16 little-endian, bit i the hour's slot i · columns, in order of their first
 *            counter (item, then profile)
 *   column = groups of counters · its own slots, u16, where they are not all of these · an entry for each of them
 *   group  = head u8: a bit for each profile (0x0f), the items are those of the group before (0x10), another group
 *            follows (0x20), the column has slots of its own (0x40) · items (store/hour.h), unless those of the group before
 *   entry  = head u8: carry 1, net 2, high 4, seat_ms 8, rise_at 16 stand here; a whole minute m as (m + 1) × 32 ·
 *            varints, zigzag where negative; a high that is not here is net, or 0 when that is below
 *
 * The bytes follow from the content alone: a value is packed from what it holds, never mended.
 */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "base/memory.h"
#include "store/hour.h"
#include "store/slot.h"

/* The counters of a slot, in no order. */
struct slot_list {
    const struct slot_record *records;
    size_t count;
};
struct hour_slots {
    struct slot_list slots[HOUR_SLOTS];
};

/* Each counter at most once in a slot; scratch is used meanwhile.  Nothing in any slot: no bytes. */
void sealed_pack(struct buffer *out, const struct hour_slots *hour, struct arena *scratch);
/* Which slots have anything, by the first bytes of a value alone. */
unsigned sealed_slots(struct bytes value);
/* Lists in arena.  False: damaged. */
MUST_CHECK bool sealed_unpack(struct bytes value, struct arena *arena, struct hour_slots *hour);

#endif
