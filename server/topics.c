#include "server/topics.h"

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"

#include <stdlib.h>

enum { RECORD_ROOM_BYTES = 1048576, DEAD_DAYS = 30, SPARE_DAYS = 7, TOMBSTONE_DAYS = 7, HOURS_A_DAY = 24 };

static const char *const names[TOPIC_COUNT] = {
#define X(topic, name) [TOPIC_##topic] = name,
    TOPIC_MAP(X)
#undef X
};

const char *topic_name(const struct settings *settings, enum topic topic, struct arena *arena)
{
    check((unsigned)topic < TOPIC_COUNT);
    return arena_printf(arena, "%s.%s", settings->kafka.topics, names[topic]);
}

/* --- the way to the brokers --- */

static enum err read_password(const char *file, struct arena *arena, const char **password)
{
    struct bytes content;
    const char *why;
    enum err err = file_read(file, arena, &content, &why);
    if (err != ERR_OK) {
        log_error("settings", "key kafka.password_file: %s %s", file, why);
        return ERR_SETTINGS;
    }
    char *text = arena_text(arena, content);
    text[strcspn(text, "\r\n")] = 0;
    if (!*text) {
        log_error("settings", "key kafka.password_file: %s has nothing on its first line, expected a password", file);
        return ERR_SETTINGS;
    }
    *password = text;
    return ERR_OK;
}

enum err settings_kafka(const struct settings *settings, const char *client_id, struct arena *arena, struct kafka_settings *out)
{
    static const char *const words[] = {[KAFKA_PLAINTEXT] = "plaintext", [KAFKA_SSL] = "ssl", [KAFKA_SASL_PLAINTEXT] = "sasl_plaintext",
                                        [KAFKA_SASL_SSL] = "sasl_ssl"};
    const char *why;
    *out = (struct kafka_settings){.brokers = settings->kafka.brokers,
                                   .client_id = client_id,
                                   .ca_file = settings->kafka.ca_file,
                                   .cert_file = settings->kafka.cert_file,
                                   .key_file = settings->kafka.key_file,
                                   .mechanism = settings->kafka.mechanism,
                                   .user = settings->kafka.user};
    if (!out->brokers)
        return ERR_NOT_FOUND;
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (strcmp(words[i], settings->kafka.security) == 0)
            out->security = (enum kafka_security)i;
    if (settings->kafka.password_file && read_password(settings->kafka.password_file, arena, &out->password) != ERR_OK)
        return ERR_SETTINGS;
    if (kafka_settings_check(out, arena, &why) != ERR_OK) {
        log_error("settings", "kafka: %s", why);
        return ERR_SETTINGS;
    }
    return ERR_OK;
}

/* --- plans --- */

static void rule(struct topic_plan *plan, enum topic_rule_kind kind, const char *name, const char *value)
{
    check(plan->rule_count < TOPIC_RULES_MAX);
    plan->rules[plan->rule_count++] = (struct topic_rule){kind, name, value};
}

static const char *days_ms(long long days, struct arena *arena)
{
    return arena_printf(arena, "%lld", days * DAY_MS);
}

int topic_replication(const struct settings *settings, int brokers)
{
    return settings->kafka.replication ? settings->kafka.replication : brokers >= 3 ? 3 : 1;
}

void topic_plan(const struct settings *settings, enum topic topic, int brokers, struct arena *arena, struct topic_plan *plan)
{
    int replication = topic_replication(settings, brokers);
    int cap_days = (settings->counting.cap_hours + HOURS_A_DAY - 1) / HOURS_A_DAY;
    *plan = (struct topic_plan){.name = topic_name(settings, topic, arena),
                                .partitions = topic == TOPIC_FACTS ? settings->kafka.partitions : 1,
                                .copies = replication,
                                .one_partition = topic == TOPIC_CLOSES};
    rule(plan, TOPIC_EXACT, "message.timestamp.type", "LogAppendTime");
    rule(plan, TOPIC_AT_LEAST, "max.message.bytes", arena_printf(arena, "%d", RECORD_ROOM_BYTES));
    rule(plan, TOPIC_AT_LEAST, "min.insync.replicas", replication >= 3 ? "2" : "1");
    if (topic == TOPIC_OBJECTS || topic == TOPIC_CURSORS || topic == TOPIC_USAGE) {
        rule(plan, TOPIC_EXACT, "cleanup.policy", "compact");
        rule(plan, TOPIC_AT_LEAST, "delete.retention.ms", days_ms(TOMBSTONE_DAYS, arena));
        return;
    }
    rule(plan, TOPIC_EXACT, "cleanup.policy", "delete");
    rule(plan, TOPIC_AT_LEAST, "retention.bytes", "-1");
    if (topic == TOPIC_FACTS)
        rule(plan, TOPIC_AT_LEAST, "retention.ms", days_ms(settings->close.detail_days + cap_days + SPARE_DAYS, arena));
    else
        rule(plan, TOPIC_AT_LEAST, "retention.ms", topic == TOPIC_CLOSES ? "-1" : days_ms(DEAD_DAYS, arena));
}

enum err topic_create(struct kafka_admin *admin, const struct topic_plan *plan)
{
    struct kafka_option options[TOPIC_RULES_MAX];
    for (size_t i = 0; i < plan->rule_count; i++)
        options[i] = (struct kafka_option){plan->rules[i].name, plan->rules[i].value};
    return kafka_admin_create_topic(admin, plan->name, plan->partitions, plan->copies, options, plan->rule_count);
}

static bool holds(const struct topic_rule *wanted, const char *value)
{
    if (wanted->kind == TOPIC_EXACT)
        return strcmp(value, wanted->value) == 0;
    char *end;
    long long have = strtoll(value, &end, 10), least = strtoll(wanted->value, NULL, 10);
    return end != value && !*end && (have == -1 || (least != -1 && have >= least));
}

static const char *value_of(const struct kafka_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return options[i].value;
    return "";
}

enum err topic_compare(struct kafka_admin *admin, const struct topic_plan *plan, struct arena *arena, struct buffer *differences)
{
    const struct kafka_option *options;
    size_t count;
    int32_t partitions;
    int copies = 0;
    enum err err = kafka_admin_partitions(admin, plan->name, &partitions);
    if (err == ERR_OK)
        err = kafka_admin_copies(admin, plan->name, &copies);
    if (err == ERR_OK)
        err = kafka_admin_describe_topic(admin, plan->name, arena, &options, &count);
    if (err != ERR_OK)
        return err;
    if (plan->one_partition && partitions != 1)
        buffer_printf(differences, "it has %d partitions, expected 1: their order decides\n", (int)partitions);
    if (copies < plan->copies)
        buffer_printf(differences, "a partition has %d copies, expected at least %d: kafka-reassign-partitions adds them\n", copies, plan->copies);
    for (size_t i = 0; i < plan->rule_count; i++) {
        const struct topic_rule *wanted = &plan->rules[i];
        const char *value = value_of(options, count, wanted->name);
        bool endless = strcmp(wanted->value, "-1") == 0;
        if (!holds(wanted, value))
            buffer_printf(differences, "%s is %s, expected %s%s\n", wanted->name, *value ? value : "not known to the broker",
                          wanted->kind == TOPIC_EXACT || endless ? "" : "at least ", wanted->value);
    }
    return ERR_OK;
}
