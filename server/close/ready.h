/*
 * server/close/ready.h - which day is next, and whether its sources have passed it (domain.md §7.22).
 *
 * A group's watermark is the largest among the members whose coverage spans the day, else the smallest
 * of all members.  Only icon, gvp and config sources that are declared and not retired are waited for;
 * without any, nothing is ever closed: then the store is fed by hand.
 * Thread: any.
 */
#ifndef SERVER_CLOSE_READY_H
#define SERVER_CLOSE_READY_H

#include "server/query/query.h"

/* The day after the last closed one, else the first that anything is counted in; false: there is none. */
bool close_next_day(struct query *query, int32_t *day);
/* The smallest watermark over the groups, for day; false: no group is waited for.  *behind names a group
 * that holds it (in arena); INSTANT_NONE when a group has none. */
bool close_watermark(struct query *query, int32_t day, struct arena *arena, instant *watermark, struct bytes *behind);

#endif
