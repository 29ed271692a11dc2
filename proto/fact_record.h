/*
 * proto/fact_record.h - facts as the values of Kafka records: protobuf, see facts.proto.
 *
 * A record is a format number and then either facts, each with its length before it, so that one that
 * does not parse loses only itself, or a mark.  Writing collects facts of one partition in a batch
 * until it is full; reading opens a record and takes item after item.  Every fact read has passed
 * fact_check(); whatever does not parse, has a field, a word or a kind that this program does not
 * know, or is unlawful comes as refused, with its index and a sentence.
 *
 * What is read borrows from the record's bytes and from the arena: both must live as long as it.
 * Thread: any; a batch and a reader belong to one thread at a time.
 */
#ifndef PROTO_FACT_RECORD_H
#define PROTO_FACT_RECORD_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"
#include "proto/fact.h"

enum {
    FACT_RECORD_FORMAT = 1,
    FACT_BATCH_MAX = 500,           /* facts of a record: the answer to one fetch stays small */
    FACT_BATCH_BYTES_MAX = 900000,  /* of a record: brokers take 1 MiB with what frames it */
    FACT_MARK_ID_BYTES_MAX = 64,
};

/* A line across all partitions, at which instances compare what they have counted (design.md §6). */
struct fact_mark {
    struct bytes id; /* the same in every partition, at least one byte */
    struct bytes by;
    instant at;
    int64_t partitions;
};

/* --- writing --- */

/* Zero is an empty one; fact_batch_free() ends it. */
struct fact_batch {
    struct buffer value;
    size_t count;
};

/* False, and nothing is added, when the batch is full; an empty one takes any fact. */
bool fact_batch_add(struct fact_batch *batch, const struct fact *fact);
/* The record's value; good until the batch changes. */
struct bytes fact_batch_value(const struct fact_batch *batch);
void fact_batch_clear(struct fact_batch *batch);
void fact_batch_free(struct fact_batch *batch);

/* Appends a record with a mark alone. */
void fact_record_write_mark(const struct fact_mark *mark, struct buffer *out);

/* --- reading --- */

struct fact_record_reader {
    struct bytes rest;
    size_t index; /* of the next fact */
};

enum fact_item_kind {
    FACT_ITEM_END,     /* the record is read */
    FACT_ITEM_FACT,
    FACT_ITEM_REFUSED, /* why, raw; the rest of the record goes on unless it is cut */
    FACT_ITEM_MARK,
};

struct fact_item {
    enum fact_item_kind kind;
    size_t index;     /* in the record, from 0; of a mark or of what stands beside the facts: as many as were before it */
    const char *why;  /* in arena or static */
    struct bytes raw; /* the refused bytes, in the record */
    union {
        struct fact fact;
        struct fact_mark mark;
    };
};

/* ERR_OK · ERR_INPUT: this is no record of ours · ERR_FORMAT: one of a newer program; *why in arena or static. */
MUST_CHECK enum err fact_record_open(struct bytes value, struct arena *arena, struct fact_record_reader *reader, const char **why);
/* The next of it. */
enum fact_item_kind fact_record_next(struct fact_record_reader *reader, struct arena *arena, struct fact_item *item);

#endif
