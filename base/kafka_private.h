/*
 * base/kafka_private.h - what the files behind the door to librdkafka share.
 *
 * A watch keeps what is wrong with the other side.  The library tells it through error_cb and, since it
 * never tells that something is well again, through its statistics: a broker in state UP.  Both are
 * called where the owner polls, on his thread.
 */
#ifndef BASE_KAFKA_PRIVATE_H
#define BASE_KAFKA_PRIVATE_H

#include "base/kafka.h"

#include <librdkafka/rdkafka.h>

enum { KAFKA_TEXT_BYTES = 512, KAFKA_STATISTICS_MS = 2000 };

struct kafka_watch {
    const char *kind; /* "producer", "consumer": who speaks in the log */
    char *brokers;
    struct kafka_trouble trouble;
    bool silent;   /* its owner says what is wrong himself */
    bool fresh;    /* nothing went well yet: what another of this kind said in the log may still stand there */
    bool of_topic; /* the trouble is one topic's: a broker that is up does not end it */
    const char *topic; /* which, where the consumer knows: a record of it ends the trouble */
    char text[KAFKA_TEXT_BYTES];
    char last[KAFKA_TEXT_BYTES]; /* what the library said last of a broker */
};

/* A configuration with everything that producer, consumer and admin have in common; the watch is the opaque.
 * NULL and *err, logged. */
rd_kafka_conf_t *kafka_conf(const struct kafka_settings *settings, struct kafka_watch *watch, enum err *err);
/* A name and a value of ours: a bug when the library does not know it. */
void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);
void kafka_conf_set_number(rd_kafka_conf_t *conf, const char *name, long long value);
/* Takes conf.  NULL and *err, logged. */
rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const struct kafka_watch *watch, enum err *err);
/* An eventfd that queue writes to when it becomes non-empty. */
int kafka_eventfd(rd_kafka_queue_t *queue);
void kafka_eventfd_clear(int fd);

/* The library's code, translated. */
enum err kafka_err(rd_kafka_resp_err_t code);
/* A sentence for it; detail (may be NULL) is the library's own. */
void kafka_sentence(const struct kafka_watch *watch, rd_kafka_resp_err_t code, const char *detail, char text[KAFKA_TEXT_BYTES]);

void kafka_watch_open(struct kafka_watch *watch, const char *kind, const char *brokers);
void kafka_watch_close(struct kafka_watch *watch);
/* Says it once. */
void kafka_watch_raise(struct kafka_watch *watch, rd_kafka_resp_err_t code, const char *detail, bool of_topic);
/* Something went well; ends trouble and says so. */
void kafka_watch_clear(struct kafka_watch *watch);

#endif
