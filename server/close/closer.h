/*
 * server/close/closer.h - days are closed when their sources have passed them (design.md §5 "Day close").
 *
 * A book is the system or a tenant; its day is local to its zone, so books close at different times (ready.h).  A day
 * is `closed` when every group of icon, gvp and config sources declared and not retired has a watermark past the day's
 * end plus close.wait_minutes; at close.deadline_minutes behind its end it is closed `provisional`, unless the watermark
 * still moves: a source that catches up is not missing.  A worker looks at all books once a second, in a snapshot, and
 * makes the rows of the days that are due; those that a fact has touched meanwhile are thrown away and made again.
 * detail_days later a day's detail goes, when the same holds in every book; what goes later: retention.h.
 * On the same rounds it sees which sources have fallen silent (silent.h) and of which deletions are held (held.h).
 *
 * Through Kafka nothing is written here: the documents go to the topic (topic.h), and what comes back from it
 * stands.  Then a day that stands is made here as well, once our own sources have passed it, and compared.
 *
 * Thread: the ingest loop's; the worker is the closer's own.  Owner: the server.
 */
#ifndef SERVER_CLOSE_CLOSER_H
#define SERVER_CLOSE_CLOSER_H

#include "server/close/retention.h"
#include "server/ingest/ingest.h"
#include "server/loop.h"
#include "server/privacy.h"

struct closer;
struct close_topic;

struct closer_options {
    struct loop *loop; /* the ingest loop: the worker wakes it */
    struct db *db;
    struct ingest *ingest;
    int wait_minutes, deadline_minutes, detail_days;
    int silent_seconds; /* of `source silent` (silent.h) */
    struct retention_settings retention;
    const struct pseudonyms *pseudonyms; /* of the rosters; NULL: none are kept */
    struct close_topic *topic; /* NULL: closes are written to the table */
};

struct closer *closer_create(const struct closer_options *options);
/* Waits for the worker. */
void closer_destroy(struct closer *closer);
/* After a flush: starts the worker, which tells the loop what it found.  Caught up: the topics have been
 * read to where they ended at the start; until then no detail goes and no day is given up.  Embedded it is always so. */
void closer_poll(struct closer *closer, instant wall, bool caught_up);

#endif
