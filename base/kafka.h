/*
 * base/kafka.h - the one door to librdkafka (2.0.2 and later).
 *
 * Three things, each opaque: a producer (idempotent, acks=all, gives up on nothing), a consumer
 * (assigned by hand to (topic, partition, offset), no group, no commits: positions live in the store)
 * and an admin (questions with a deadline: partitions, watermarks, topics and their settings).
 *
 * Producer and consumer fit a loop without a thread that polls: each hands out a descriptor that
 * becomes readable when something new lies there.  It is edge-triggered: on readable call
 * kafka_producer_poll(), or kafka_consumer_take() until it returns 0; who stops earlier must come back
 * by itself, nothing wakes him.  Not taking is back-pressure: the library keeps at most
 * KAFKA_QUEUE_KBYTES a consumer and then stops fetching.
 *
 * What goes wrong with the other side is translated once, into an enum err and a sentence
 * (kafka_trouble), and said once in the log, again when it changes, and when it is over.
 *
 * Words: a position is (topic, partition, offset of the next record); a slot is a position's index in
 * the array given to kafka_consumer_assign(), by which each record says where it comes from; low is
 * the first offset that a partition still has, high the one that its next record will get.
 *
 * Thread: each object belongs to one thread at a time.  Owner: the caller; destroy before exit.
 */
#ifndef BASE_KAFKA_H
#define BASE_KAFKA_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"

enum {
    KAFKA_RECORD_BYTES_MAX = 1000000, /* key and value: the broker's default of 1 MiB less what frames it */
    KAFKA_TAKE_MAX = 4096,            /* records of one kafka_consumer_take() */
    KAFKA_QUEUE_KBYTES = 32768,       /* fetched and not yet taken, a consumer */
    KAFKA_PARTITION_BY_KEY = -1,      /* for kafka_produce(): the library chooses by the key */
    KAFKA_TOPIC_BYTES_MAX = 249,      /* Kafka's own limit */
};

enum kafka_security { KAFKA_PLAINTEXT, KAFKA_SSL, KAFKA_SASL_PLAINTEXT, KAFKA_SASL_SSL };

/* Everything borrowed, for the time of the create call. */
struct kafka_settings {
    const char *brokers;   /* host:port, comma separated */
    const char *client_id; /* NULL: "seatmeter"; stands in the broker's log and in ours */
    enum kafka_security security;
    const char *ca_file;              /* NULL: the system's */
    const char *cert_file, *key_file; /* of our own, for mutual TLS; NULL: none */
    const char *mechanism;            /* of SASL: "PLAIN"; NULL: PLAIN.  SCRAM needs librdkafka 2.6.1 */
    const char *user, *password;      /* of SASL */
    bool full_speed;                  /* a consumer that catches up: larger fetches (benches) */
};

/* What is wrong with the other side now.  err: ERR_OK nothing · ERR_AWAY no broker answers ·
 * ERR_NOT_FOUND no such topic or partition · ERR_SETTINGS wrong password, certificate, or not allowed
 * (an ACL).  text: a sentence, good until the object's next call. */
struct kafka_trouble {
    enum err err;
    const char *text;
};

/* "2.0.2"; static. */
const char *kafka_library_version(void);
/* ERR_OK, or ERR_SETTINGS and *why (in arena): what this library cannot do with these settings, a file that cannot be read. */
MUST_CHECK enum err kafka_settings_check(const struct kafka_settings *settings, struct arena *arena, const char **why);

/* --- producer --- */

struct kafka_producer;

struct kafka_delivery {
    void *opaque;  /* as given to kafka_produce() */
    enum err err;  /* ERR_OK: acknowledged by all replicas · ERR_DAMAGED: the producer is lost (see below) or was destroyed ·
                      ERR_NOT_FOUND no such topic or partition · ERR_SETTINGS not allowed · ERR_INPUT refused by the broker */
    const char *why; /* a sentence unless ERR_OK; good during the call */
    int64_t offset;
};

struct kafka_producer_options {
    const struct kafka_settings *settings;
    /* Called within kafka_producer_poll(), _flush() and _destroy(), once for each record taken. */
    void (*delivered)(void *owner, const struct kafka_delivery *delivery);
    void *owner;
};

/* Does not wait for a broker.  ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err kafka_producer_create(const struct kafka_producer_options *options, struct kafka_producer **producer);
/* What is still out is delivered as ERR_DAMAGED; it may have arrived all the same. */
void kafka_producer_destroy(struct kafka_producer *producer);
/* Readable when there is something to poll. */
int kafka_producer_fd(const struct kafka_producer *producer);

/* Takes a copy of a record; an absent value is a tombstone, an absent key none.  The order within a partition is kept.
 * ERR_OK: taken, delivered() will say · ERR_FULL: too much is out, poll and try again · ERR_INPUT: larger than
 * KAFKA_RECORD_BYTES_MAX · ERR_NOT_FOUND: the topic has no such partition · ERR_DAMAGED: the producer is lost. */
MUST_CHECK enum err kafka_produce(struct kafka_producer *producer, const char *topic, int32_t partition, struct bytes key, struct bytes value,
                                  void *opaque);
/* Calls delivered() for what came back, waiting at most timeout_ms (0: not at all) for the first. */
void kafka_producer_poll(struct kafka_producer *producer, int timeout_ms);
/* Records taken and not yet delivered. */
size_t kafka_producer_outstanding(const struct kafka_producer *producer);
/* Waits until nothing is out.  ERR_OK · ERR_AWAY: not within timeout_ms · ERR_DAMAGED: the producer is lost. */
MUST_CHECK enum err kafka_producer_flush(struct kafka_producer *producer, int timeout_ms);
/* An idempotent producer can lose its place for good (kafka-side sequence, fenced id).  Then everything that is
 * out comes back as ERR_DAMAGED and nothing is taken any more: destroy it, make another, send the
 * unacknowledged again (they may arrive twice; facts do not mind).  True and *why when it is so. */
bool kafka_producer_lost(const struct kafka_producer *producer, const char **why);
/* For tests: the library makes the producer lose its place, as if a broker had refused a sequence number for good. */
void kafka_producer_lose(struct kafka_producer *producer);
struct kafka_trouble kafka_producer_trouble(const struct kafka_producer *producer);

/* --- consumer --- */

struct kafka_consumer;

struct kafka_position {
    const char *topic;
    int32_t partition;
    int64_t offset; /* of the next record wanted, ≥ 0; never "begin" or "end": ask kafka_admin_watermarks() */
};

enum kafka_record_kind {
    KAFKA_RECORD,
    KAFKA_OUT_OF_RANGE, /* offset is below low or above high: said once, then the partition is silent until it is assigned again */
    KAFKA_FAILED,       /* this partition cannot be read: err and why; the library tries again unless ERR_DAMAGED (a record whose checksum is wrong) */
};

struct kafka_record {
    enum kafka_record_kind kind;
    size_t slot;        /* of the position assigned */
    const char *topic;  /* the same pointer for the same topic as long as the consumer lives */
    int32_t partition;
    int64_t offset;     /* KAFKA_OUT_OF_RANGE: the one asked for */
    int64_t timestamp_ms; /* the broker's time of append (LogAppendTime), else the producer's; -1: none */
    struct bytes key, value; /* absent: none; an absent value is a tombstone */
    enum err err;
    const char *why;
};

/* Does not wait for a broker.  ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err kafka_consumer_create(const struct kafka_settings *settings, struct kafka_consumer **consumer);
void kafka_consumer_destroy(struct kafka_consumer *consumer);
/* Readable when there is something to take. */
int kafka_consumer_fd(const struct kafka_consumer *consumer);

/* Replaces the whole assignment; records of the old one are never handed out again.  count 0: nothing is read.
 * The way to go back, to skip a gap or to add a partition; there is no seek.  ERR_OK; ERR_IO, logged. */
MUST_CHECK enum err kafka_consumer_assign(struct kafka_consumer *consumer, const struct kafka_position *positions, size_t count);
/* Holds one partition, and lets it go on behind the last record that was taken of it.  Thread: the owner's. */
void kafka_consumer_pause(struct kafka_consumer *consumer, size_t slot);
void kafka_consumer_resume(struct kafka_consumer *consumer, size_t slot);

/* Up to count records that lie here already, in order within each partition; never waits.  They are borrowed until the
 * next take, assign or destroy.  0: nothing now, the descriptor will say when. */
size_t kafka_consumer_take(struct kafka_consumer *consumer, struct kafka_record *records, size_t count);
/* What the library knows from its last fetch, without asking: -1 while unknown.  Lag is *high less one's own next offset
 * (an upper bound in compacted topics). */
void kafka_consumer_bounds(struct kafka_consumer *consumer, size_t slot, int64_t *low, int64_t *high);
struct kafka_trouble kafka_consumer_trouble(const struct kafka_consumer *consumer);

/* --- admin: each call waits for an answer, at most timeout_ms; on a worker or at start, never in a loop --- */

struct kafka_admin;

struct kafka_option {
    const char *name, *value;
};

/* ERR_SETTINGS, ERR_IO, logged.  Each call below: ERR_OK · ERR_AWAY · ERR_NOT_FOUND · ERR_SETTINGS (password, ACL) ·
 * ERR_INPUT (the broker refuses); kafka_admin_why() has the sentence. */
MUST_CHECK enum err kafka_admin_create(const struct kafka_settings *settings, int timeout_ms, struct kafka_admin **admin);
void kafka_admin_destroy(struct kafka_admin *admin);
/* Why the last call failed; good until the next call. */
const char *kafka_admin_why(const struct kafka_admin *admin);

/* In arena. */
MUST_CHECK enum err kafka_admin_cluster_id(struct kafka_admin *admin, struct arena *arena, const char **id);
MUST_CHECK enum err kafka_admin_partitions(struct kafka_admin *admin, const char *topic, int32_t *count);
/* The least number of copies that a partition of the topic has. */
MUST_CHECK enum err kafka_admin_copies(struct kafka_admin *admin, const char *topic, int *copies);
MUST_CHECK enum err kafka_admin_watermarks(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t *low, int64_t *high);
/* The first offset appended at or after a time; high when there is none. */
MUST_CHECK enum err kafka_admin_offset_at(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t time_ms, int64_t *offset);
/* How many brokers there are. */
MUST_CHECK enum err kafka_admin_brokers(struct kafka_admin *admin, int *count);
/* replication -1: the broker's default.  ERR_BUSY: there is one of that name. */
MUST_CHECK enum err kafka_admin_create_topic(struct kafka_admin *admin, const char *topic, int32_t partitions, int replication,
                                             const struct kafka_option *options, size_t option_count);
MUST_CHECK enum err kafka_admin_grow_topic(struct kafka_admin *admin, const char *topic, int32_t partitions);
MUST_CHECK enum err kafka_admin_delete_topic(struct kafka_admin *admin, const char *topic);
/* The settings in force, in arena. */
MUST_CHECK enum err kafka_admin_describe_topic(struct kafka_admin *admin, const char *topic, struct arena *arena, const struct kafka_option **options,
                                               size_t *count);
MUST_CHECK enum err kafka_admin_delete_records(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t before);

#endif
