/*
 * adapters/kafka/outbox.h - what was handed to a producer and is not acknowledged yet, in order.
 *
 * Each record gets a number; outbox_done() is the number up to which all are acknowledged, however they came back.
 * A record that came back unsent, or whose producer was lost, is sent again, by another producer if need be.  An
 * object's record is not sent again when a newer version of its key went out meanwhile.
 *
 * Thread: the sink's.  Owner: the sink.
 */
#ifndef ADAPTERS_KAFKA_OUTBOX_H
#define ADAPTERS_KAFKA_OUTBOX_H

#include "base/kafka.h"
#include "base/map.h"

#include <stdbool.h>

enum { OUTBOX_BYTES_MAX = 32 << 20, OUTBOX_RECORDS_MAX = 50000 };

struct outbox_record {
    struct outbox_record *next;
    struct outbox *outbox;
    uint64_t number;
    const char *topic;
    int32_t partition;
    int64_t version; /* of an object, by its key; -1: no object */
    struct bytes key, value; /* owned, behind the struct */
    enum { OUTBOX_WAITS, OUTBOX_SENT, OUTBOX_DONE } state;
};

struct outbox {
    const struct kafka_settings *settings;
    struct kafka_producer *producer; /* NULL: to be made */
    struct outbox_record *first, *last;
    uint64_t numbers, bytes, count;
    bool unsent;              /* some record waits */
    struct dictionary keys;   /* of objects: source/kind/key */
    int64_t *versions;        /* [number - 1] the newest that is or was sent */
    uint32_t version_capacity;
    uint64_t producers;       /* made so far */
    int64_t made_us, rest_until_us; /* the producer; before then no other is made */
};

/* Puts a copy behind the others and sends it if it can be sent now. */
void outbox_put(struct outbox *outbox, const char *topic, int32_t partition, struct bytes key, struct bytes value, int64_t version);
/* Takes acknowledgements, waiting at most ms for the first; makes a producer where there is none; sends what waits. */
void outbox_turn(struct outbox *outbox, int ms);
/* Everything up to this number is acknowledged. */
uint64_t outbox_done(const struct outbox *outbox);
bool outbox_full(const struct outbox *outbox);
/* Notes a version that is in the topic, or is to go there: false when a newer one is known. */
bool outbox_version(struct outbox *outbox, struct bytes key, int64_t version);
void outbox_free(struct outbox *outbox);

#endif
