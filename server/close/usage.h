/*
 * server/close/usage.h - the rows of closed days to the topic `seatmeter.usage` (design.md §6), compacted: the last of a key is the row.
 *
 *   key BOOK/DAY/SCOPE/ID/ITEM/PROFILE   value  JSON: book, day, revision, status, zone, then the close's row
 *
 * ID is 0 for the system.  A row that a revision no longer has gets a tombstone.  The instance whose document became the close
 * tells its rows, since two that told them at their own pace could leave an older revision behind a newer one.  That it has to is
 * in its store, in the transaction of the close, until every row is acknowledged: so after a crash all are told again.
 *
 * Thread: the ingest loop's.  Owner: topic.c.
 */
#ifndef SERVER_CLOSE_USAGE_H
#define SERVER_CLOSE_USAGE_H

#include "base/kafka.h"
#include "server/ingest/ingest.h"
#include "server/loop.h"

struct close_usage;

struct close_usage_options {
    struct loop *loop;
    struct db *db;
    struct ingest *ingest;
    const struct kafka_settings *settings;
    const char *topic;
};

struct close_usage *close_usage_create(const struct close_usage_options *options);
void close_usage_destroy(struct close_usage *usage);
/* After a flush: begins with the next close, or goes on with the one under way. */
void close_usage_flushed(struct close_usage *usage);

#endif
