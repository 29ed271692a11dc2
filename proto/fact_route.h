/*
 * proto/fact_route.h - which topic, key and partition a fact belongs to (design.md §6).
 *
 * Everything that produces facts asks here, so that all rows of a session lie in one partition whoever wrote them.
 *
 *   facts    sessions, media, ports, coverage, watermarks.  Partition: bytes_hash() of the session id, else of
 *            (source, kind, key), modulo the number of partitions.  No key; a watermark goes to every partition.
 *   objects  objects, memberships, campaigns, sources, rules, decisions; one a record.  Key: SOURCE/KIND/KEY; it
 *            gives the partition, too.
 *
 * The tables do not depend on the partition (Law 1), so a topic may grow.  Thread: any.
 */
#ifndef PROTO_FACT_ROUTE_H
#define PROTO_FACT_ROUTE_H

#include "proto/fact.h"

enum fact_topic fact_topic_of(enum fact_kind kind);
/* The key of its record in `objects`, in place of what out held. */
void fact_object_key(const struct fact *fact, struct buffer *out);
/* From 0 to count - 1; of a watermark 0, though it goes to all. */
int32_t fact_partition_of(const struct fact *fact, int32_t count);

#endif
