/*
 * server/close/gaps.h - what a day's close knows to be missing (contract.md §6, `gaps`).
 *
 * Two kinds, each a canonical object: of a topic, records that were gone before they could be read
 * ({"at","from","from_offset","partition","to","to_offset","topic"}; from and to are times of append, left out where
 * unknown), unless all of it was appended a cap or more before the day; and of a group of sources, a span of the day that
 * nobody watched ({"from","group","to"}).  Thread: any.
 */
#ifndef SERVER_CLOSE_GAPS_H
#define SERVER_CLOSE_GAPS_H

#include "base/json.h"
#include "server/query/query.h"

/* The list, of [start, end). */
void close_write_gaps(struct query *query, instant start, instant end, struct arena *arena, struct json_writer *writer);

#endif
