/*
 * tests/support/dump.h - what a store holds, as text, wherever its records lie (design.md §2, Law 1).
 *
 * One line a record, sorted, numbers of the dictionary resolved to what they name: login and media rows
 * and the facts of row, history and rules as JSON lines, slot summaries, day nets.  Left out, as Law 1
 * leaves it out: live, positions, dead letters, audit, alerts, the dictionary's numbers and what meta says
 * of the program; closes are made by the clock of a book, not by facts alone, and are tested with it.
 * Two stores with the same facts have equal dumps.
 */
#ifndef TESTS_SUPPORT_DUMP_H
#define TESTS_SUPPORT_DUMP_H

#include "store/db.h"
#include "store/slot.h"

/* Appends the lines; fails the program when the store cannot be read. */
void dump_store(struct db *db, struct buffer *out);

/* Appends the levels of table live, sorted; they are a cache for the clock of the last flush and
 * outside Law 1.  A record's own clock is that of its last change, so it is left out. */
void dump_live(struct db *db, struct buffer *out);

/* How a counter's records read, without a newline. */
void dump_slot_line(struct buffer *out, uint32_t slot, struct scope scope, struct bytes item, enum profile profile, const struct slot_summary *summary);
void dump_day_net_line(struct buffer *out, int32_t day, struct scope scope, struct bytes item, enum profile profile, int32_t net);
void dump_live_line(struct buffer *out, struct scope scope, struct bytes item, enum profile profile, int32_t level);
/* Sorts the lines of a buffer. */
void dump_sort(struct buffer *lines);

/* Appends at most limit lines that only one of two dumps has, with "-" (only a) or "+" (only b); how many there are. */
size_t dump_compare(struct bytes a, struct bytes b, size_t limit, struct buffer *out);

#endif
