/*
 * server/ingest/kafka_say.h - what the API writes, where Kafka is: a fact stands in `objects` before it acts (design.md Law 2).
 *
 * Facts are produced one after the other on a thread of its own, which waits for the brokers; the server folds them when
 * it reads them back.  What is not acknowledged when the server ends is lost, and nobody was told that it was written.
 * Thread: any for kafka_say(); create and destroy on one, while nobody says anything.  Owner: the server.
 */
#ifndef SERVER_INGEST_KAFKA_SAY_H
#define SERVER_INGEST_KAFKA_SAY_H

#include "adapters/kafka/sink.h"

struct kafka_say;

/* options, whose source is "api", outlives it. */
struct kafka_say *kafka_say_create(const struct kafka_sink_options *options);
/* Hands it over; does not wait. */
bool kafka_say(struct kafka_say *say, const struct fact *fact);
void kafka_say_destroy(struct kafka_say *say);

#endif
