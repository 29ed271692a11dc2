/* adapters/simulator/writer_private.h - what writer.c (live), fill.c (the past) and batch.c (both) share. */
#ifndef ADAPTERS_SIMULATOR_WRITER_PRIVATE_H
#define ADAPTERS_SIMULATOR_WRITER_PRIVATE_H

#include "adapters/simulator/config.h"
#include "adapters/simulator/writer.h"

/* An event that was due and is not committed yet. */
struct waiting {
    struct sim_event event;
    size_t subject;  /* what must be written in order: a session, or a campaign */
    instant due;
    bool side;       /* in the side lane's open transaction */
};

/* Rows of one transaction, collected by table. */
struct batch {
    struct row_list inserts[SIM_TABLE_COUNT], updates[SIM_TABLE_COUNT];
    size_t rows;
};

struct writer {
    struct writer_options options;
    struct block blocks[LANE_COUNT][CLASS_COUNT];
    int64_t side_newest[CLASS_COUNT]; /* the newest number of the side lane, committed or not */
    int64_t recorded[CLASS_COUNT]; /* SEQCURRENT as it stands in the table */
    int64_t record_at_ms;          /* mono: when it is recorded next */
    int64_t promise_at_ms;         /* mono: when the promise is written without any row */
    struct batch batches[LANE_COUNT];
    struct waiting *waiting;       /* in order of events */
    size_t waiting_count, waiting_room;
    size_t *touched;               /* subjects whose rows lie in the main lane's batch, not run yet */
    size_t touched_count, touched_room;
    bool side_open;
    instant side_due;
    size_t rows, running;
};

void batch_clear(struct batch *batch);
void batch_free(struct batch *batch);
/* Numbers the event's rows from the lane's blocks. */
void writer_number(struct writer *writer, enum sim_lane lane, const struct sim_event *event);
/* The side lane is committed: its numbers are written, what is left of its blocks is a hole. */
void writer_drop_side(struct writer *writer);
/* Adds the event's rows as they stand at as_of; those of things that begin after inserted_since go in as inserts that
 * are whole, so their later events need no update. */
void writer_add(struct writer *writer, enum sim_lane lane, const struct sim_event *event, instant as_of, instant written,
                instant inserted_since);
/* Runs the lane's collected statements and clears them. */
MUST_CHECK enum err writer_run(struct writer *writer, enum sim_lane lane);
/* Promise per provider, SEQCOUNTER, SEQCURRENT when record is true, and the marker; on the main lane. */
MUST_CHECK enum err writer_promise(struct writer *writer, const instant promises[PROVIDER_COUNT], bool record);

#endif
