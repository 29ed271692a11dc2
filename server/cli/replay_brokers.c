/* seatmeter replay --brokers: the facts go to Kafka's topics, and it ends when the brokers have all of them. */
#include "server/cli/replay.h"

#include "adapters/kafka/sink.h"
#include "base/check.h"
#include "server/topics.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { TIMEOUT_MS = 15000, PROGRESS_US = 200000, PROGRESS_FACTS = 1000 };

struct producing {
    struct adapter_sink sink; /* the topics' */
    uint64_t facts;
    bool terminal;
    int64_t shown_us;
};

static enum err produce_fact(void *owner, const struct fact *fact)
{
    struct producing *producing = owner;
    if (++producing->facts % PROGRESS_FACTS == 0 && producing->terminal && clock_mono_us() - producing->shown_us > PROGRESS_US) {
        producing->shown_us = clock_mono_us();
        fprintf(stderr, "\r%" PRIu64 " facts", producing->facts);
    }
    return producing->sink.fact(producing->sink.owner, fact);
}

static enum err produce_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct producing *producing = owner;
    return producing->sink.refused(producing->sink.owner, place, why, raw); /* which logs it */
}

static enum err no_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    (void)cursor;
    return ERR_OK;
}

/* Missing topics and absent brokers end this at once; the sink would wait for them. */
static enum err check_topics(const struct kafka_settings *kafka, const struct kafka_sink_options *options)
{
    const char *const topics[] = {options->facts, options->objects, options->cursors, options->dead};
    struct kafka_admin *admin;
    int32_t partitions;
    enum err err = kafka_admin_create(kafka, TIMEOUT_MS, &admin);
    for (int i = 0; i < 4 && err == ERR_OK; i++) {
        err = kafka_admin_partitions(admin, topics[i], &partitions);
        if (err != ERR_OK)
            fprintf(stderr, "seatmeter replay: %s: %s%s\n", topics[i], kafka_admin_why(admin),
                    err == ERR_NOT_FOUND ? "; `seatmeter topics create` makes it" : "");
    }
    kafka_admin_destroy(admin);
    return err;
}

/* The sink waits while the brokers are away: a signal ends that. */
static void *wait_for_signal(void *sink)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigwait(&set, &number);
    kafka_sink_stop(sink);
    return NULL;
}

static enum err produce_all(struct kafka_sink *sink, struct producing *producing, char **files, struct arena *arena, struct replay_counts *counts)
{
    const struct adapter_sink face = {producing, produce_fact, produce_refused, no_cursor};
    struct bytes cursor;
    pthread_t watcher;
    check(pthread_create(&watcher, NULL, wait_for_signal, sink) == 0);
    enum err err = kafka_sink_open(sink, arena, &cursor);
    if (err == ERR_OK)
        err = replay_files(files, &face, counts);
    /* Also when a file could not be read: what was handed over is lawful and is sent. */
    if (err != ERR_CANCELLED) {
        enum err flushed = kafka_sink_flush(sink);
        err = err != ERR_OK ? err : flushed;
    }
    pthread_cancel(watcher);
    pthread_join(watcher, NULL);
    struct kafka_sink_counts sent = kafka_sink_counts(sink);
    fprintf(stderr, "%s%" PRIu64 " lines: %" PRIu64 " facts in %" PRIu64 " records%s, %" PRIu64 " older objects left out, %" PRIu64 " refused\n",
            producing->terminal ? "\r" : "", counts->lines, sent.facts, sent.records, err == ERR_OK ? ", all acknowledged" : ", not all acknowledged",
            sent.older_objects, counts->refused);
    return err;
}

enum err replay_to_brokers(const struct settings *settings, const char *brokers, char **files, struct arena *arena, struct replay_counts *counts)
{
    struct settings with_brokers = *settings;
    struct kafka_settings kafka;
    struct kafka_sink *sink = NULL;
    struct producing producing = {.terminal = isatty(STDERR_FILENO)};
    sigset_t set;
    with_brokers.kafka.brokers = brokers;
    const struct kafka_sink_options options = {.settings = &kafka,
                                               .source = "replay",
                                               .every_source = true,
                                               .facts = topic_name(settings, TOPIC_FACTS, arena),
                                               .objects = topic_name(settings, TOPIC_OBJECTS, arena),
                                               .cursors = topic_name(settings, TOPIC_CURSORS, arena),
                                               .dead = topic_name(settings, TOPIC_DEAD, arena)};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    enum err err = settings_kafka(&with_brokers, "seatmeter-replay", arena, &kafka);
    if (err == ERR_OK)
        err = check_topics(&kafka, &options);
    if (err == ERR_OK) {
        pthread_sigmask(SIG_BLOCK, &set, NULL); /* in every thread made from here on */
        err = kafka_sink_create(&options, &sink, &producing.sink);
    }
    if (err == ERR_OK)
        err = produce_all(sink, &producing, files, arena, counts);
    kafka_sink_destroy(sink);
    return err;
}
