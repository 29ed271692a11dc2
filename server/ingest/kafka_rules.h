/*
 * server/ingest/kafka_rules.h - the counting rules of the settings, said to `objects` where Kafka is.
 *
 * A rule stands in the topic before it acts (design.md Law 2), and what is in force is known only when the topic has been
 * read: so the rules are said once, behind the first flush that holds `objects` and `closes` to their end, and only if they
 * are news (ruleset.h).  Of servers with other settings the one that started last is heeded; two that start together and say
 * the same count it once.  Until the rule is read back no day is closed here, else its numbers would stand by the old ones.
 * Thread: ingest; created and destroyed while its loop does not run.  Owner: the server.
 */
#ifndef SERVER_INGEST_KAFKA_RULES_H
#define SERVER_INGEST_KAFKA_RULES_H

#include "server/ingest/kafka_say.h"
#include "server/settings.h"
#include "store/db.h"

struct catalog;
struct kafka_rules;

/* All of it outlives what is made. */
struct kafka_rules *kafka_rules_create(struct db *db, const struct settings *settings, const struct catalog *catalog, struct kafka_say *say);
/* After a flush: says them when it is time, again when they do not come back.  True: they were no news or have been read back. */
bool kafka_rules_settled(struct kafka_rules *rules);
void kafka_rules_destroy(struct kafka_rules *rules);

#endif
