/*
 * server/ingest/waiting.h - what goes into the next flush beside the engine's changes: dead letters, cursors of
 * sources, positions in topics, gaps, closes, alerts.  Kept in memory until the flush that wrote them stood.
 * Thread: ingest.  Owner: ingest.c.
 */
#ifndef SERVER_INGEST_WAITING_H
#define SERVER_INGEST_WAITING_H

#include "store/alert.h"
#include "store/records.h"

struct waiting {
    struct arena *arena;
    struct waiting_letter *letters;
    struct waiting_cursor *cursors;
    struct waiting_position *positions;
    struct waiting_gap *gaps;
    struct waiting_close *closes;
    struct waiting_told *told;
    struct waiting_alert *alerts;
};

/* ingest.c: what waits there; something will. */
struct ingest;
struct waiting *ingest_waiting(struct ingest *ingest);

/* Each copies what it is given; of a source's cursors, a partition's positions and a gap the last holds. */
void waiting_letter(struct waiting *waiting, const struct dead_letter *letter);
void waiting_cursor(struct waiting *waiting, struct bytes source, struct bytes cursor);
void waiting_position(struct waiting *waiting, const struct partition_position *position);
void waiting_gap(struct waiting *waiting, const struct partition_gap *gap);
/* ours: its rows are to be told; waiting_told(): they were. */
void waiting_close(struct waiting *waiting, const struct close_record *record, bool ours);
void waiting_told(struct waiting *waiting, struct close_key key);
void waiting_alert(struct waiting *waiting, const struct alert *alert);
void waiting_write(const struct waiting *waiting, struct db_txn *txn);
void waiting_clear(struct waiting *waiting);

#endif
