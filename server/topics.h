/*
 * server/topics.h - the public topics: their names, what they must be like, and the settings that lead to them (design.md §6).
 *
 *   facts    what happened: sessions, media, ports, coverage, watermarks · kept as long as a day may change, and a week
 *   objects  what is: objects, memberships, rules, decisions · compacted, kept for ever, one fact a record
 *   cursors  where each adapter is · compacted
 *   closes   closed days, in one partition, whose order decides · kept for ever
 *   usage    the rows of closed days · compacted
 *   dead     refused input with its reason · kept a month
 *
 * Every topic's time is the broker's (LogAppendTime): with the producer's, a replay of old facts would be deleted at the
 * next look at retention.  Nothing is deleted by size.  Thread: any.
 */
#ifndef SERVER_TOPICS_H
#define SERVER_TOPICS_H

#include "base/kafka.h"
#include "server/settings.h"

#define TOPIC_MAP(X)                                                                                \
    X(FACTS, "facts")                                                                               \
    X(OBJECTS, "objects")                                                                           \
    X(CURSORS, "cursors")                                                                           \
    X(CLOSES, "closes")                                                                             \
    X(USAGE, "usage")                                                                               \
    X(DEAD, "dead")

enum topic {
#define X(topic, name) TOPIC_##topic,
    TOPIC_MAP(X)
#undef X
    TOPIC_COUNT
};

/* "seatmeter.facts"; in arena. */
const char *topic_name(const struct settings *settings, enum topic topic, struct arena *arena);

/* What the settings say of Kafka, with the password read; out borrows from settings and arena.
 * ERR_NOT_FOUND: they name no brokers; ERR_SETTINGS, logged. */
MUST_CHECK enum err settings_kafka(const struct settings *settings, const char *client_id, struct arena *arena, struct kafka_settings *out);

/* --- what a topic must be like --- */

enum topic_rule_kind { TOPIC_EXACT, TOPIC_AT_LEAST /* an integer; -1 is without end */ };

struct topic_rule {
    enum topic_rule_kind kind;
    const char *name, *value;
};

enum { TOPIC_RULES_MAX = 8 };

struct topic_plan {
    const char *name;
    int32_t partitions;
    int copies;         /* of each partition, at least */
    bool one_partition; /* more would break it; elsewhere more may be added */
    struct topic_rule rules[TOPIC_RULES_MAX];
    size_t rule_count;
};

/* In arena; brokers: how many there are. */
void topic_plan(const struct settings *settings, enum topic topic, int brokers, struct arena *arena, struct topic_plan *plan);
/* How many copies a topic gets. */
int topic_replication(const struct settings *settings, int brokers);

/* Creates what is missing.  Otherwise as kafka_admin_create_topic(). */
MUST_CHECK enum err topic_create(struct kafka_admin *admin, const struct topic_plan *plan);
/* Appends a line for everything that differs: "cleanup.policy is delete, expected compact".
 * ERR_OK, also when something differs · ERR_NOT_FOUND: there is no such topic · ERR_AWAY, ERR_SETTINGS: kafka_admin_why(). */
MUST_CHECK enum err topic_compare(struct kafka_admin *admin, const struct topic_plan *plan, struct arena *arena, struct buffer *differences);

#endif
