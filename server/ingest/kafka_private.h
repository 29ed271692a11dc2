/* server/ingest/kafka_private.h - what the files of kafka_source.h share; nobody else includes it. */
#ifndef SERVER_INGEST_KAFKA_PRIVATE_H
#define SERVER_INGEST_KAFKA_PRIVATE_H

#include "server/ingest/kafka_dead.h"
#include "server/ingest/kafka_marks.h"
#include "server/ingest/kafka_source.h"

struct kafka_source {
    struct kafka_source_options options;
    struct kafka_consumer *consumer;
    struct kafka_survey *survey;
    struct kafka_tell *tell;
    struct kafka_marks *marks;
    struct loop_watch *watch;
    struct loop_wake *wake; /* by which the survey's thread calls */
    struct arena *arena;    /* of the facts of one take */
    struct kafka_record *records;
    size_t take; /* records at once */
    struct kafka_partition **partitions, **assigned, **touched;
    size_t partition_count, assigned_count, touched_count;
    bool topic_gone[KAFKA_TOPICS]; /* it was there once and is not now */
    uint64_t facts;
    int64_t bounds_us;
    bool readable, ended, assign_again;
    bool cluster_known, objects_read, closes_read, facts_read;
};

/* kafka_source.c */
void kafka_source_end(struct kafka_source *source, const struct kafka_partition *partition, const char *why);
/* Notes a gap from the partition's next offset to `to`, from where it goes on. */
void kafka_source_gap(struct kafka_source *source, struct kafka_partition *partition, int64_t to);
/* Hands the position over, to go with the next flush. */
void kafka_source_keep(struct kafka_source *source, struct kafka_partition *partition);

/* kafka_look.c: what the survey found, taken up; and the assignment that follows from it. */
void kafka_source_look(struct kafka_source *source);
void kafka_source_assign(struct kafka_source *source);
/* Nothing more comes of a partition that is held, until it is assigned again; an assignment for each would be slow. */
void kafka_source_hold(struct kafka_source *source, struct kafka_partition *partition);

/* kafka_records.c */
/* A record of `closes` that is a mark. */
bool kafka_source_take_mark(struct kafka_source *source, struct kafka_partition *partition, const struct kafka_record *record);
void kafka_source_take_facts(struct kafka_source *source, struct kafka_partition *partition, const struct kafka_record *record);

#endif
