/*
 * server/ingest/kafka_dead.h - refused input and the topic `seatmeter.dead`, both ways.
 *
 * What this server refuses of a topic stands in the table `dead`, in the transaction of its position, and is told to
 * the topic: key TOPIC/PARTITION/OFFSET/INDEX, value JSON with topic, partition, offset, index, why, raw (or raw_hex).
 * Every instance tells it, so a reader takes a key once.  What an adapter could not map it told there itself, with
 * source, place, why and raw: this is read into the table.
 *
 * Thread: the ingest loop's.
 */
#ifndef SERVER_INGEST_KAFKA_DEAD_H
#define SERVER_INGEST_KAFKA_DEAD_H

#include "base/kafka.h"
#include "server/ingest/ingest.h"
#include "server/ingest/kafka_tell.h"

/* Tells the topic; the letter names its place in a topic. */
void kafka_dead_tell(struct kafka_tell *tell, const char *topic, const struct dead_letter *letter);
/* A record of the topic: an adapter's refusal goes to the ingest, any other is passed over. */
void kafka_dead_take(struct ingest *ingest, const struct kafka_record *record, struct arena *arena);

#endif
