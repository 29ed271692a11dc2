/*
 * store/slots.h - the slots of the store, whichever way they are kept: one door for all who read or write them.
 *
 * A slot is open, as it was flushed (table slot, slot.h), or sealed with the others of its hour and scope (table sealed,
 * sealed.h).  An open one counts before a sealed one: a late fact puts the slot that it changed beside the hour as an
 * open one, and sealing again joins both; a slot that becomes empty is taken out at once.  So when an hour was sealed,
 * and how often, is nothing that a reader sees.
 *
 * Thread: the transaction's.
 */
#ifndef STORE_SLOTS_H
#define STORE_SLOTS_H

#include "store/sealed.h"

/* What a flush says of a slot: its records as slot_pack() makes them; none: there is nothing in it. */
void slots_put(struct db_txn *txn, uint32_t slot, struct scope scope, struct bytes records);

/* The slots of one scope, best in their order. */
struct slot_reader;
struct slot_reader *slot_reader_create(struct db_txn *txn, struct scope scope);
void slot_reader_destroy(struct slot_reader *reader);
/* False: nothing is in the slot.  The list is good until the next call; *damaged when a record cannot be read. */
bool slot_reader_get(struct slot_reader *reader, uint32_t slot, struct slot_list *list, bool *damaged);

/* All slots from one on: hour by hour, in it scope by scope, in it slot by slot. */
struct slots_cursor;
struct slots_cursor *slots_cursor_open(struct db_txn *txn, uint32_t first);
struct slots_entry {
    uint32_t slot;
    struct scope scope;
    struct slot_list list; /* until the next call */
    bool damaged;          /* it, or the hour that begins there, cannot be read */
};
bool slots_cursor_next(struct slots_cursor *cursor, struct slots_entry *entry);
void slots_cursor_close(struct slots_cursor *cursor);

/* The first slot that is there and the one behind the last; false: there is none. */
bool slots_range(struct db_txn *txn, uint32_t *first, uint32_t *end);
/* The first open one; false: there is none. */
bool slots_first_open(struct db_txn *txn, uint32_t *slot);

/* Seals hours that end by `end`, the oldest first, some `most` slots each time of 12 at least: true when none is left.
 * ERR_DAMAGED: one cannot be read; it stays as it is, and the rest waits. */
MUST_CHECK enum err slots_seal(struct db_txn *txn, uint32_t end, size_t most, uint64_t *sealed, bool *done);

#endif
