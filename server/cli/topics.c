/* seatmeter topics: makes Kafka's topics as they must be, or says what differs. */
#include "server/topics.h"

#include "server/cli/cli.h"
#include "server/cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 15000 };

struct looking {
    const struct settings *settings;
    struct kafka_admin *admin;
    struct arena *arena;
    int brokers;
    bool create;
    bool wrong; /* something is missing or differs */
};

static void print_differences(const char *name, struct bytes differences)
{
    while (differences.len) {
        const uint8_t *end = memchr(differences.data, '\n', differences.len);
        size_t len = (size_t)(end - differences.data);
        printf("%-24s %.*s\n", name, (int)len, (const char *)differences.data);
        differences = bytes_of(end + 1, differences.len - len - 1);
    }
}

static enum err look_at(struct looking *looking, enum topic topic)
{
    struct topic_plan plan;
    struct buffer differences = {0};
    topic_plan(looking->settings, topic, looking->brokers, looking->arena, &plan);
    enum err err = looking->create ? topic_create(looking->admin, &plan) : ERR_BUSY;
    if (err == ERR_OK) {
        printf("%-24s created, partitions: %d, copies: %d\n", plan.name, (int)plan.partitions, plan.copies);
    } else if (err == ERR_BUSY) { /* there is one */
        err = topic_compare(looking->admin, &plan, looking->arena, &differences);
        if (err == ERR_NOT_FOUND)
            printf("%-24s missing: `seatmeter topics create` makes it\n", plan.name);
        else if (err == ERR_OK && differences.len == 0)
            printf("%-24s as it must be\n", plan.name);
        print_differences(plan.name, buffer_bytes(&differences));
        looking->wrong |= err == ERR_NOT_FOUND || differences.len > 0;
        if (err == ERR_NOT_FOUND)
            err = ERR_OK;
    }
    if (err != ERR_OK)
        fprintf(stderr, "seatmeter topics: %s: %s\n", plan.name, kafka_admin_why(looking->admin));
    buffer_free(&differences);
    return err;
}

static enum err look(struct looking *looking, const struct kafka_settings *kafka)
{
    enum err err = kafka_admin_create(kafka, TIMEOUT_MS, &looking->admin);
    if (err != ERR_OK)
        return err;
    err = kafka_admin_brokers(looking->admin, &looking->brokers);
    if (err != ERR_OK)
        fprintf(stderr, "seatmeter topics: %s\n", kafka_admin_why(looking->admin));
    for (int topic = 0; topic < TOPIC_COUNT && err == ERR_OK; topic++)
        err = look_at(looking, (enum topic)topic);
    kafka_admin_destroy(looking->admin);
    return err;
}

int cli_topics(int argc, char **argv)
{
    const char *file = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file), {NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    struct looking looking = {.create = first < argc && strcmp(argv[first], "create") == 0};
    if (first + 1 != argc || !(looking.create || strcmp(argv[first], "check") == 0))
        return cli_wrong_usage("topics", "expected create or check");
    struct kafka_settings kafka;
    looking.arena = arena_create();
    enum err err = cli_settings_read(file, looking.arena, &looking.settings);
    if (err == ERR_OK) {
        err = settings_kafka(looking.settings, "seatmeter-topics", looking.arena, &kafka);
        if (err == ERR_NOT_FOUND) {
            fprintf(stderr, "seatmeter topics: the settings name no Kafka (key kafka.brokers)\n");
            err = ERR_SETTINGS;
        }
    }
    if (err == ERR_OK)
        err = look(&looking, &kafka);
    arena_destroy(looking.arena);
    return err != ERR_OK ? err_exit_code(err) : looking.wrong ? err_exit_code(ERR_NOT_FOUND) : 0;
}
