/*
 * server/ingest/kafka_survey.h - what the brokers have, asked again and again on a thread of its own.
 *
 * Questions to a broker wait for an answer, which a loop must not.  The survey asks which cluster it is, how many
 * partitions each topic has, whether its settings are as they must be, and which offsets each partition holds, at start, every SURVEY_MS, and when it is
 * kicked; each time it wakes its owner, who takes what was found.  A topic that is missing is found as well:
 * its count is 0.  While the brokers cannot be asked, err and why say so; it goes on asking.
 *
 * Thread: the functions any; wake is called on the survey's.  Owner: kafka_source.c.
 */
#ifndef SERVER_INGEST_KAFKA_SURVEY_H
#define SERVER_INGEST_KAFKA_SURVEY_H

#include "base/kafka.h"
#include "base/memory.h"

enum { SURVEY_MS = 10000, SURVEY_RETRY_MS = 2000, SURVEY_TOPICS_MAX = 5, SURVEY_PARTITIONS_MAX = 4096 };

struct survey_bounds {
    int64_t low, high;
};

struct survey {
    uint64_t number;      /* 1, 2, … */
    enum err err;         /* of the brokers; then only why is set */
    const char *why;
    const char *cluster;
    struct survey_topic {
        enum err err;     /* ERR_NOT_FOUND: there is none; ERR_SETTINGS: not allowed */
        const char *why;
        const char *differences; /* a line for each setting that is not as it must be; "": none, or not looked at */
        int32_t partitions;
        const struct survey_bounds *bounds; /* [partition] */
    } topics[SURVEY_TOPICS_MAX];
};

struct kafka_survey;

struct kafka_survey_options {
    const struct kafka_settings *settings;
    const char *topics[SURVEY_TOPICS_MAX]; /* NULL: none more */
    /* Appends a line for each setting of the topic that differs; what cannot be asked differs in nothing.  May be NULL.
     * Thread: the survey's. */
    void (*compare)(void *owner, struct kafka_admin *admin, int topic, struct arena *arena, struct buffer *differences);
    void (*wake)(void *owner);
    void *owner;
};

/* Options' strings must outlive it.  ERR_SETTINGS, ERR_IO, logged. */
MUST_CHECK enum err kafka_survey_create(const struct kafka_survey_options *options, struct kafka_survey **survey);
/* Waits for a question under way. */
void kafka_survey_destroy(struct kafka_survey *survey);
/* The newest one, in arena, if it is newer than the one that was taken before. */
bool kafka_survey_take(struct kafka_survey *survey, struct arena *arena, struct survey *out);
/* Asks now. */
void kafka_survey_kick(struct kafka_survey *survey);

#endif
