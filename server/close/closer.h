/*
 * server/close/closer.h - days are closed when their sources have passed them (design.md §5 "Day close").
 *
 * A book is the system or a tenant; its day is UTC until "Exact seats".  A day is `closed` when every
 * group of icon, gvp and config sources declared and not retired has a watermark past the day's end plus
 * close.wait_minutes; at close.deadline_minutes behind its end it is closed `provisional`, unless the
 * watermark still moves: a source that catches up is not missing.  All books
 * close a day together.  The rows are computed on a worker from a snapshot; when a fact has touched the
 * day meanwhile the work is thrown away and done again.  detail_days later the day's detail goes.
 *
 * Through Kafka nothing is written here: the documents go to the topic (topic.h), and what comes back from it
 * stands.  Then a day that stands is made here as well, once our own sources have passed it, and compared.
 *
 * Thread: the ingest loop's; the worker is the closer's own.  Owner: the server.
 */
#ifndef SERVER_CLOSE_CLOSER_H
#define SERVER_CLOSE_CLOSER_H

#include "server/ingest/ingest.h"
#include "server/loop.h"

struct closer;
struct close_topic;

struct closer_options {
    struct loop *loop; /* the ingest loop: the worker wakes it */
    struct db *db;
    struct ingest *ingest;
    int wait_minutes, deadline_minutes, detail_days;
    struct close_topic *topic; /* NULL: closes are written to the table */
};

struct closer *closer_create(const struct closer_options *options);
/* Waits for the worker. */
void closer_destroy(struct closer *closer);
/* After a flush: drops detail that is due, starts the worker for a day that is ready.  Caught up: the topics have been
 * read to where they ended at the start; until then no detail goes and no day is given up.  Embedded it is always so. */
void closer_poll(struct closer *closer, instant wall, bool caught_up);

#endif
