/*
 * server/ingest/kafka_partition.h - one partition that is read: where we are, and whether it still is the same one.
 *
 * Kafka says nothing when a topic is deleted and made again under the same name: the reader goes on at its old
 * offset among other records.  So the store keeps an anchor, the last record that was taken: its offset, time and
 * hash.  Whenever a partition is taken up, partition_take_up() looks at what the broker holds and says what to do.
 *
 * Thread: ingest.  Owner: kafka_source.c.
 */
#ifndef SERVER_INGEST_KAFKA_PARTITION_H
#define SERVER_INGEST_KAFKA_PARTITION_H

#include "base/kafka.h"
#include "server/ingest/kafka_survey.h"
#include "store/records.h"

enum kafka_topic { KAFKA_FACTS, KAFKA_OBJECTS, KAFKA_CLOSES, KAFKA_DEAD, KAFKA_CURSORS, KAFKA_TOPICS };

struct kafka_partition {
    enum kafka_topic topic;
    struct partition_position at; /* its topic's name is not ours */
    bool known;      /* the store had a position, or something was taken */
    bool checking;   /* it is read from its anchor: the first record is compared with it */
    bool lost;       /* our offset is out of the broker's range: the next survey says why */
    bool touched;    /* by the records under way */
    bool held;       /* it stands at a mark (kafka_marks.h) */
    bool paused;     /* so the library was told to bring nothing of it */
    instant mark_at; /* of the latest mark that was read of it; -1: none */
    int64_t goal;    /* high when it was first seen */
    int64_t read;    /* behind the last record that was looked at; ahead of `next` while a close is incomplete */
    int64_t high_seen, high_at_survey;
    int64_t gap_from; /* ≥ 0: a gap whose end has no time yet, since the first record behind it has not come */
    instant gap_at, gap_begin;
    const struct kafka_record *last; /* of the records under way */
};

/* X(verdict, what it is called) */
#define PARTITION_VERDICT_MAP(X)                                                                   \
    X(FROM_START, "it is read from its first record")                                              \
    X(GO_ON, "it is read from its next record")                                                    \
    X(CHECK, "its last record is still there and is compared first")                               \
    X(ANCHOR_GONE, "its last record is gone, the next one is not: nothing was missed")             \
    X(GAP, "records were deleted before they could be read")                                       \
    X(SHORTER, "it ends before what was already read of it: it was made anew")

enum partition_verdict {
#define X(verdict, text) PARTITION_##verdict,
    PARTITION_VERDICT_MAP(X)
#undef X
};
const char *partition_verdict_text(enum partition_verdict verdict);

/* What to do with a partition at `position` (known: it is one) while the broker holds [low, high). */
enum partition_verdict partition_take_up(const struct partition_position *position, bool known, struct survey_bounds bounds);
/* The offset from which it is read then. */
int64_t partition_start(const struct kafka_partition *partition);
uint64_t partition_record_hash(const struct kafka_record *record);
/* While checking: false when the first record is another than the anchor.  *skip: it was read already. */
bool partition_compare(struct kafka_partition *partition, const struct kafka_record *record, bool *skip);

#endif
