/*
 * server/close/ready.h - the days of a book: which is next, whether its sources have passed it, where its horizon is.
 *
 * A book is the system or a tenant; its days are those of its calendar (domain.md §7.9).  The first begins with what
 * was counted first, or, when detail has gone already, behind the horizon; each further one where the last that is
 * closed ended.  So days follow each other without holes whatever became of a zone meanwhile: one that begins or ends at
 * another instant than its own midnight is longer or shorter, and a date without an instant has no close.
 *
 * A group's watermark is the largest among the members whose coverage spans the day, else the smallest
 * of all members (§7.22).  Only icon, gvp and config sources that are declared and not retired are waited for;
 * without any, nothing is ever closed: then the store is fed by hand.
 * Thread: any.
 */
#ifndef SERVER_CLOSE_READY_H
#define SERVER_CLOSE_READY_H

#include "server/query/query.h"

struct close_day {
    int64_t book; /* 0: the system */
    int32_t date;
    instant start, end;
};

/* The books, the system's first.  What belongs to no tenant stands in the system's alone. */
size_t close_books(struct query *query, struct arena *arena, const struct query_scope **books);
/* The day that is to be closed next; false: there is none. */
bool close_next_day(struct query *query, const struct query_scope *book, struct close_day *day);
/* The first day that stands, of a date behind `behind` and not over by `from`; false: there is none. */
bool close_standing_day(struct query *query, int64_t book, int32_t behind, instant from, struct close_day *day);
/* The start of the book's oldest day with detail when those up to `upto` are closed; INSTANT_NONE: it has none yet. */
instant close_book_horizon(struct query *query, const struct query_scope *book, int32_t upto, int detail_days);
/* The smallest watermark over the groups, for [start, end); false: no group is waited for.  *behind names a group
 * that holds it (in arena); INSTANT_NONE when a group has none. */
bool close_watermark(struct query *query, instant start, instant end, struct arena *arena, instant *watermark, struct bytes *behind);

#endif
