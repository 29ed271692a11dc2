/*
 * server/ingest/replica.h - what this store holds at a mark, beside what other instances hold there (design.md §6).
 *
 * Each instance tells its digest at each mark that it stood at, in `seatmeter.cursors`, which keeps its last one:
 *
 *   key instance/ID   value  JSON: mark, at (the mark's), instance, horizon (absent: none), tables: name → records, digest
 *
 * Two digests of one mark and one horizon must be equal.  If they are not, one of the two counted other facts: an error
 * in the log, once and again when other tables differ, and the alert `replica differs`, which ends with the next mark
 * at which the two are equal.  With other horizons nothing is said: what is kept is not the same then (Law 1).
 *
 * Words: an instance is a server with its store; its ID is made of the host's name and the store's folder.
 * Thread: ingest.  Owner: kafka_source.c.
 */
#ifndef SERVER_INGEST_REPLICA_H
#define SERVER_INGEST_REPLICA_H

#include "proto/fact_record.h"
#include "server/ingest/digest.h"
#include "server/ingest/ingest.h"

enum { INSTANCE_BYTES_MAX = 100 };

struct replica;

struct replica_counts {
    uint64_t marks;                     /* at which this instance stood */
    uint64_t equal, differ, uncompared; /* digests of others at these; uncompared: another horizon */
};

/* instance: copied. */
struct replica *replica_create(struct ingest *ingest, const char *instance);
void replica_destroy(struct replica *replica);
const char *replica_instance(const struct replica *replica);
/* This instance's digest at a mark: kept, held against what others told before, and written into key and value to be told. */
void replica_stands(struct replica *replica, const struct fact_mark *mark, const struct digest *digest, struct buffer *key, struct buffer *value);
/* A record of the topic; others than digests are passed over. */
void replica_take(struct replica *replica, struct bytes key, struct bytes value);
struct replica_counts replica_counts(const struct replica *replica);
/* "host-1f2e3d4c"; dir: the store's. */
void replica_name(const char *dir, char name[INSTANCE_BYTES_MAX]);

#endif
