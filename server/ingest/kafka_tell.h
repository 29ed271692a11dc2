/*
 * server/ingest/kafka_tell.h - the ingest loop's producer for what the server tells besides closes: refused input, marks, digests.
 *
 * What it is told is not kept until it is acknowledged: each kind of it stands elsewhere, or comes again.  A lost
 * producer is replaced.  Thread: the ingest loop's.  Owner: kafka_source.c.
 */
#ifndef SERVER_INGEST_KAFKA_TELL_H
#define SERVER_INGEST_KAFKA_TELL_H

#include "base/kafka.h"
#include "server/loop.h"

struct kafka_tell;

/* settings must outlive it.  ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err kafka_tell_create(struct loop *loop, const struct kafka_settings *settings, struct kafka_tell **tell);
/* What is not acknowledged yet is given half a second. */
void kafka_tell_destroy(struct kafka_tell *tell);
/* what: of which kind, a static text for the log: "refused input, which stands in the store". */
void kafka_tell(struct kafka_tell *tell, const char *what, const char *topic, int32_t partition, struct bytes key, struct bytes value);

#endif
