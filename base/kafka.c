#include "base/kafka_private.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    SCRAM_VERSION = 0x02060100, /* before, a nonce bug makes Kafka 4 say "wrong password" to the right one (PR 4895) */
    SOCKET_TIMEOUT_MS = 15000,  /* a frozen broker stalls its partitions for so long; the default is a minute */
    METADATA_MS = 10000,        /* new partitions and moved leaders are seen within this */
    RECONNECT_MS_MAX = 2000,
};

const char *kafka_library_version(void)
{
    return rd_kafka_version_str();
}

static enum err check_file(const char *path, const char *what, struct arena *arena, const char **why)
{
    if (!path || access(path, R_OK) == 0)
        return ERR_OK;
    *why = arena_printf(arena, "%s %s cannot be read: %s", what, path, strerror(errno));
    return ERR_SETTINGS;
}

static enum err check_sasl(const struct kafka_settings *settings, struct arena *arena, const char **why)
{
    const char *mechanism = settings->mechanism ? settings->mechanism : "PLAIN";
    bool scram = strcmp(mechanism, "SCRAM-SHA-256") == 0 || strcmp(mechanism, "SCRAM-SHA-512") == 0;
    if (settings->security != KAFKA_SASL_PLAINTEXT && settings->security != KAFKA_SASL_SSL) {
        if (!settings->user && !settings->password)
            return ERR_OK;
        *why = "a user and a password are of use only with security sasl_ssl or sasl_plaintext";
    } else if (!scram && strcmp(mechanism, "PLAIN") != 0) {
        *why = arena_printf(arena, "the mechanism %s is unknown, expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", mechanism);
    } else if (scram && rd_kafka_version() < SCRAM_VERSION) {
        *why = arena_printf(arena,
                            "%s needs librdkafka 2.6.1 or later, this is %s: with Kafka 4 it would look like a wrong password; "
                            "use PLAIN over TLS, or a client certificate",
                            mechanism, rd_kafka_version_str());
    } else if (!settings->user || !settings->password) {
        *why = "security sasl_ssl and sasl_plaintext need a user and a password";
    } else {
        return ERR_OK;
    }
    return ERR_SETTINGS;
}

enum err kafka_settings_check(const struct kafka_settings *settings, struct arena *arena, const char **why)
{
    if (!settings->brokers || !*settings->brokers) {
        *why = "no broker is named, expected HOST:PORT, several with commas between";
        return ERR_SETTINGS;
    }
    if (!settings->cert_file != !settings->key_file) {
        *why = "a client certificate needs both its file and its key's file";
        return ERR_SETTINGS;
    }
    enum err err = check_sasl(settings, arena, why);
    if (err == ERR_OK)
        err = check_file(settings->ca_file, "the CA file", arena, why);
    if (err == ERR_OK)
        err = check_file(settings->cert_file, "the certificate", arena, why);
    if (err == ERR_OK)
        err = check_file(settings->key_file, "the key", arena, why);
    return err;
}

/* --- what the library says --- */

enum err kafka_err(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return ERR_OK;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__NOENT:
        return ERR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return ERR_SETTINGS;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return ERR_BUSY;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return ERR_FULL;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__DESTROY:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        return ERR_DAMAGED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
        return ERR_INPUT;
    default: /* whatever may pass by itself */
        return ERR_AWAY;
    }
}

void kafka_sentence(const struct kafka_watch *watch, rd_kafka_resp_err_t code, const char *detail, char text[KAFKA_TEXT_BYTES])
{
    const char *said = detail && *detail ? detail : rd_kafka_err2str(code);
    switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
        snprintf(text, KAFKA_TEXT_BYTES, "no broker of %.120s answers (%.350s)", watch->brokers, *watch->last ? watch->last : said);
        return;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        snprintf(text, KAFKA_TEXT_BYTES, "the broker does not take user and password (%.350s)", said);
        return;
    case RD_KAFKA_RESP_ERR__SSL:
        snprintf(text, KAFKA_TEXT_BYTES, "no TLS with the broker: certificate, CA file or listener do not fit (%.350s)", said);
        return;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        snprintf(text, KAFKA_TEXT_BYTES, "the broker does not allow it: an ACL is missing (%.350s)", said);
        return;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        snprintf(text, KAFKA_TEXT_BYTES, "the broker has no such topic or partition (%.350s)", said);
        return;
    default:
        snprintf(text, KAFKA_TEXT_BYTES, "%s (%.350s)", said, rd_kafka_err2name(code));
    }
}

void kafka_watch_open(struct kafka_watch *watch, const char *kind, const char *brokers)
{
    *watch = (struct kafka_watch){.kind = kind, .brokers = memory_copy_text(brokers ? brokers : ""), .fresh = true};
}

void kafka_watch_close(struct kafka_watch *watch)
{
    /* What was said stays said: the next of this kind has the same trouble or ends it. */
    free(watch->brokers);
}

void kafka_watch_raise(struct kafka_watch *watch, rd_kafka_resp_err_t code, const char *detail, bool of_topic)
{
    char text[KAFKA_TEXT_BYTES];
    kafka_sentence(watch, code, detail, text);
    memcpy(watch->text, text, sizeof text);
    watch->trouble = (struct kafka_trouble){kafka_err(code), watch->text};
    watch->of_topic = of_topic;
    watch->topic = NULL;
    if (!watch->silent)
        log_once(LOG_ERROR, "kafka", watch->kind, "%s: %s", watch->kind, watch->text);
}

void kafka_watch_clear(struct kafka_watch *watch)
{
    watch->trouble = (struct kafka_trouble){ERR_OK, ""};
    watch->last[0] = 0;
    watch->fresh = watch->of_topic = false;
    if (!watch->silent && log_clear("kafka", watch->kind))
        log_info("kafka", "%s: the broker answers again", watch->kind);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka_watch *watch = opaque;
    (void)rk;
    switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT: /* of one broker: it is trouble when the others are away, too */
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
        snprintf(watch->last, sizeof watch->last, "%s", reason);
        /* With TLS 1.3 a broker refuses our certificate only after the handshake: it looks like a lost connection. */
        if (strstr(reason, "SSL alert"))
            kafka_watch_raise(watch, RD_KAFKA_RESP_ERR__SSL, reason, false);
        return;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        kafka_watch_raise(watch, code, reason, false);
        return;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        /* Why they are down was said already when it was the password. */
        if (watch->trouble.err != ERR_SETTINGS)
            kafka_watch_raise(watch, code, reason, false);
        return;
    case RD_KAFKA_RESP_ERR__FATAL: /* kafka_producer_lost() tells */
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: /* a group is named and never used */
        log_debug("kafka", "%s: %s", watch->kind, reason);
        return;
    default:
        if (kafka_err(code) == ERR_AWAY)
            log_debug("kafka", "%s: %s: %s", watch->kind, rd_kafka_err2name(code), reason);
        else
            kafka_watch_raise(watch, code, reason, true);
    }
}

static int on_statistics(rd_kafka_t *rk, char *json, size_t len, void *opaque)
{
    struct kafka_watch *watch = opaque;
    static const char up[] = "\"state\":\"UP\"";
    (void)rk;
    if (watch->trouble.err != ERR_OK && !watch->of_topic && memmem(json, len, up, sizeof up - 1))
        kafka_watch_clear(watch);
    return 0; /* the library frees it */
}

/* Thread: the library's.  What matters comes through on_error(); its own log is for those who look for a fault. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    log_debug("kafka", "%s: %s", facility, text);
}

/* --- configuration --- */

void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[KAFKA_TEXT_BYTES];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        log_error("kafka", "%s=%s: %s", name, value, why);
        check_fail("a setting that librdkafka does not take");
    }
}

void kafka_conf_set_number(rd_kafka_conf_t *conf, const char *name, long long value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", value);
    kafka_conf_set(conf, name, text);
}

/* A value of the user's: wrong ones are his to mend. */
static bool conf_given(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[KAFKA_TEXT_BYTES];
    if (!value || rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return true;
    log_error("kafka", "%s", why);
    return false;
}

static bool conf_security(rd_kafka_conf_t *conf, const struct kafka_settings *settings)
{
    static const char *const names[] = {[KAFKA_PLAINTEXT] = "plaintext", [KAFKA_SSL] = "ssl", [KAFKA_SASL_PLAINTEXT] = "sasl_plaintext",
                                        [KAFKA_SASL_SSL] = "sasl_ssl"};
    kafka_conf_set(conf, "security.protocol", names[settings->security]);
    if (settings->security == KAFKA_SASL_PLAINTEXT || settings->security == KAFKA_SASL_SSL)
        kafka_conf_set(conf, "sasl.mechanisms", settings->mechanism ? settings->mechanism : "PLAIN");
    return conf_given(conf, "ssl.ca.location", settings->ca_file) && conf_given(conf, "ssl.certificate.location", settings->cert_file) &&
           conf_given(conf, "ssl.key.location", settings->key_file) && conf_given(conf, "sasl.username", settings->user) &&
           conf_given(conf, "sasl.password", settings->password);
}

rd_kafka_conf_t *kafka_conf(const struct kafka_settings *settings, struct kafka_watch *watch, enum err *err)
{
    struct arena *arena = arena_create();
    const char *why = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    *err = kafka_settings_check(settings, arena, &why);
    if (*err != ERR_OK)
        log_error("kafka", "%s", why);
    arena_destroy(arena);
    if (*err == ERR_OK && !(conf_given(conf, "bootstrap.servers", settings->brokers) &&
                            conf_given(conf, "client.id", settings->client_id ? settings->client_id : "seatmeter") && conf_security(conf, settings)))
        *err = ERR_SETTINGS;
    if (*err != ERR_OK) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    kafka_conf_set_number(conf, "socket.timeout.ms", SOCKET_TIMEOUT_MS);
    kafka_conf_set_number(conf, "topic.metadata.refresh.interval.ms", METADATA_MS);
    kafka_conf_set_number(conf, "reconnect.backoff.max.ms", RECONNECT_MS_MAX);
    kafka_conf_set_number(conf, "statistics.interval.ms", KAFKA_STATISTICS_MS);
    kafka_conf_set(conf, "log.connection.close", "false");
    kafka_conf_set(conf, "socket.keepalive.enable", "true");
    rd_kafka_conf_set_opaque(conf, watch);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    rd_kafka_conf_set_log_cb(conf, on_log);
    return conf;
}

rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const struct kafka_watch *watch, enum err *err)
{
    char why[KAFKA_TEXT_BYTES];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        log_error("kafka", "%s: %s", watch->kind, why);
        *err = ERR_SETTINGS; /* a certificate that does not parse, a mechanism that is not built in */
        return NULL;
    }
    *err = ERR_OK;
    return rk;
}

int kafka_eventfd(rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        log_error("kafka", "no eventfd: %s", strerror(errno));
    else
        rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
    return fd;
}

void kafka_eventfd_clear(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}
