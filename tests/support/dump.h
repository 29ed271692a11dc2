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

#include "base/bytes.h"
#include "store/db.h"

/* Appends the lines; fails the program when the store cannot be read. */
void dump_store(struct db *db, struct buffer *out);

/* Appends at most limit lines that only one of two dumps has, with "-" (only a) or "+" (only b); how many there are. */
size_t dump_compare(struct bytes a, struct bytes b, size_t limit, struct buffer *out);

#endif
