/*
 * server/ingest/kafka_marks.h - marks: lines across all partitions at which instances compare what they hold (design.md §6).
 *
 * An instance that has read no mark for a while (`kafka.mark_seconds` and some random part of it) writes one to every
 * partition of `facts`, `objects` and `closes`.  Who reads a mark holds that partition until all have reached theirs:
 * then his store is the fold of exactly the records before it, as everybody's is who stands there.  It is flushed, its
 * digest made from that snapshot on a worker, told, and held against others' (replica.h); reading goes on meanwhile.
 *
 * A mark is passed by, and nothing is lost but one comparison, when
 *   1 this instance is still catching up, or the digest before it was not long ago for what it cost
 *   2 some partition was read beyond it already, or the topic has another number of partitions than it names
 *   3 another mark is being waited for, or not all of it comes within HOLD_MS (its writer died half way)
 *
 * Thread: ingest; the worker has a snapshot of its own.  Owner: kafka_source.c.
 */
#ifndef SERVER_INGEST_KAFKA_MARKS_H
#define SERVER_INGEST_KAFKA_MARKS_H

#include "proto/fact_record.h"
#include "server/ingest/kafka_partition.h"
#include "server/ingest/kafka_tell.h"
#include "server/ingest/replica.h"

struct kafka_marks;

struct kafka_marks_options {
    struct loop *loop;
    struct db *db;
    struct ingest *ingest;
    struct kafka_tell *tell;
    const char *const *topics; /* [enum kafka_topic] */
    const char *instance;      /* copied */
    int seconds;               /* between marks; 0: this instance writes none */
};

struct kafka_marks *kafka_marks_create(const struct kafka_marks_options *options);
/* Waits for a digest under way. */
void kafka_marks_destroy(struct kafka_marks *marks);

/* A mark was read from a partition; the others are all that are read.  True: the partition is held from here on. */
bool kafka_marks_read(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count, struct kafka_partition *partition,
                      const struct fact_mark *mark, bool caught_up);
/* All partitions stand at the mark: it wants a flush. */
bool kafka_marks_complete(const struct kafka_marks *marks);
/* After the flush: the digest is begun, and every partition may go on. */
void kafka_marks_flushed(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count);
/* Now and then: writes a mark when it is time.  True: a mark was given up, partitions that were held may go on. */
bool kafka_marks_poll(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count, bool caught_up);
struct replica *kafka_marks_replica(struct kafka_marks *marks);

#endif
