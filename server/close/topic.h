/*
 * server/close/topic.h - closes through the topic `seatmeter.closes` (design.md §5 "Day close").
 *
 * Every instance that finds a day ready appends its documents; the first one that continues the book's chain is
 * the close, everybody drops the rest.  So there is no leader to elect.  The topic has one partition, which gives
 * the order.  Its records:
 *
 *   key rows/BOOK/DAY/REVISION/ROWS_SHA256/PART/PARTS   value  a part of the rows, cut between lines, ≤ 900 kB
 *   key close/BOOK/DAY/REVISION                         value  the document, canonical JSON
 *   key mark/ID                                         a mark (kafka_marks.h), passed over here
 *
 * BOOK is "system" or a tenant's id, DAY a date, PART counts from 0.  The parts stand before their document; what
 * they hold follows from the digest, so parts of several instances are the same.  A document continues the chain
 * when its previous_sha256 is the digest of the book's document before it, and counts when its rows are whole and
 * have its rows_sha256.
 *
 * The reader's position stays at the first part whose document has not come yet, so a restart loses none.
 * An instance whose own rows of a day have another digest says `close differs`.
 *
 * Thread: the ingest loop's.  Owner: the server.
 */
#ifndef SERVER_CLOSE_TOPIC_H
#define SERVER_CLOSE_TOPIC_H

#include "base/kafka.h"
#include "server/close/usage.h"
#include "server/ingest/ingest.h"
#include "server/loop.h"

enum { CLOSE_PART_BYTES_MAX = 900000 };

struct close_topic;

struct close_topic_options {
    struct loop *loop;
    struct db *db;
    struct ingest *ingest;
    const struct kafka_settings *settings;
    const char *topic, *usage; /* of closes; of their rows (usage.h) */
    /* A day of the system's book stands now. */
    void (*closed)(void *owner, int32_t day);
    void *owner;
};

/* Does not wait for a broker.  ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err close_topic_create(const struct close_topic_options *options, struct close_topic **topic);
void close_topic_destroy(struct close_topic *topic);
/* Appends what is not closed yet, in the given order, and compares the rest with what stands. */
void close_topic_offer(struct close_topic *topic, const struct close_record *records, size_t count);
/* Reads a record of the topic; the offset up to which everything has been used. */
int64_t close_topic_take(void *topic, const struct kafka_record *record);
/* After a flush. */
void close_topic_flushed(struct close_topic *topic);
/* How many closes of others had other rows than ours. */
uint64_t close_topic_differing(const struct close_topic *topic);

#endif
