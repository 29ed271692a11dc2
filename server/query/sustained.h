/*
 * server/query/sustained.h - the time at each level, for fold.c: one period after the other, all items at once.
 * Thread: the query's.
 */
#ifndef SERVER_QUERY_SUSTAINED_H
#define SERVER_QUERY_SUSTAINED_H

#include "server/query/snapshot.h"

struct times;

struct times *times_create(struct query *query, struct scope scope, struct arena *arena);
void times_destroy(struct times *times);
/* The level was held for so long. */
void times_add(struct times *times, size_t item, int64_t level, int64_t ms);
/* Slots in ascending order. */
void times_begin_slot(struct times *times, uint32_t slot);
/* A slot of its own record: entered at entry, left at last, whose last unknown_ms nobody has seen. */
void times_add_slot(struct times *times, size_t item, uint32_t slot, int64_t entry, int64_t last, int64_t unknown_ms);
/* The largest level held for so long in total since the last answer; 0: none was. */
int64_t times_answer(struct times *times, size_t item, int64_t ms_least);

#endif
