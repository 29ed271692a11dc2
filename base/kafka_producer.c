#include "base/kafka_private.h"

#include "base/check.h"
#include "base/instant.h"
#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TOPICS_MAX = 32,           /* a handful of names; handles are kept as long as the producer */
    OUTSTANDING_MAX = 200000,  /* records */
    OUTSTANDING_KBYTES = 65536,
    LINGER_MS = 5,             /* enough for batches, little against a flush every 250 ms */
    PROPAGATION_MS = 10000,    /* a topic that was just made may be unknown to a broker for so long */
    DESTROY_POLL_MS = 100,
};

struct kafka_producer {
    struct kafka_watch watch;
    struct kafka_producer_options options;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    rd_kafka_topic_t *topics[TOPICS_MAX];
    size_t topic_count;
    size_t outstanding;
    bool lost;
    char lost_why[KAFKA_TEXT_BYTES];
};

static void look_for_loss(struct kafka_producer *producer)
{
    char why[KAFKA_TEXT_BYTES];
    rd_kafka_resp_err_t code = producer->lost ? 0 : rd_kafka_fatal_error(producer->rk, why, sizeof why);
    if (!code)
        return;
    producer->lost = true;
    if (kafka_err(code) == ERR_SETTINGS) /* it was never let in: there will be no better one before somebody gives the rights */
        kafka_watch_raise(&producer->watch, code, why, true);
    snprintf(producer->lost_why, sizeof producer->lost_why, "the producer lost its place (%.200s: %.250s)", rd_kafka_err2name(code), why);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    /* The opaque of the configuration is the watch, which is the producer's first member. */
    struct kafka_producer *producer = opaque;
    char text[KAFKA_TEXT_BYTES];
    struct kafka_delivery delivery = {.opaque = message->_private, .err = kafka_err(message->err), .offset = message->offset};
    (void)rk;
    if (message->err) {
        if (rd_kafka_fatal_error(producer->rk, NULL, 0))
            delivery.err = ERR_DAMAGED;
        /* Not rd_kafka_message_errstr(): of a producer's message it is the payload, which does not end with a zero byte. */
        kafka_sentence(&producer->watch, message->err, NULL, text);
        delivery.why = text;
        if (delivery.err == ERR_NOT_FOUND || delivery.err == ERR_SETTINGS)
            kafka_watch_raise(&producer->watch, message->err, rd_kafka_topic_name(message->rkt), true);
    } else if (producer->watch.trouble.err != ERR_OK || producer->watch.fresh) {
        kafka_watch_clear(&producer->watch);
    }
    check(producer->outstanding > 0);
    producer->outstanding--;
    producer->options.delivered(producer->options.owner, &delivery);
}

enum err kafka_producer_create(const struct kafka_producer_options *options, struct kafka_producer **producer)
{
    enum err err;
    struct kafka_producer *made = memory_alloc_zero(1, sizeof *made);
    static_assert(offsetof(struct kafka_producer, watch) == 0, "on_delivery() finds the producer by its watch");
    *producer = NULL;
    made->options = *options;
    made->options.settings = NULL; /* borrowed for this call alone */
    made->fd = -1;
    kafka_watch_open(&made->watch, "producer", options->settings->brokers);
    rd_kafka_conf_t *conf = kafka_conf(options->settings, &made->watch, &err);
    if (conf) {
        kafka_conf_set(conf, "enable.idempotence", "true");
        kafka_conf_set(conf, "acks", "all");
        kafka_conf_set(conf, "message.timeout.ms", "0");
        kafka_conf_set(conf, "compression.type", "lz4");
        kafka_conf_set_number(conf, "linger.ms", LINGER_MS);
        kafka_conf_set_number(conf, "message.max.bytes", KAFKA_RECORD_BYTES_MAX + 1024);
        kafka_conf_set_number(conf, "queue.buffering.max.messages", OUTSTANDING_MAX);
        kafka_conf_set_number(conf, "queue.buffering.max.kbytes", OUTSTANDING_KBYTES);
        kafka_conf_set_number(conf, "topic.metadata.propagation.max.ms", PROPAGATION_MS);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        made->rk = kafka_new(RD_KAFKA_PRODUCER, conf, &made->watch, &err);
    }
    if (made->rk) {
        made->queue = rd_kafka_queue_get_main(made->rk);
        made->fd = kafka_eventfd(made->queue);
        err = made->fd < 0 ? ERR_IO : ERR_OK;
    }
    if (err != ERR_OK)
        kafka_producer_destroy(made);
    else
        *producer = made;
    return err;
}

void kafka_producer_destroy(struct kafka_producer *producer)
{
    if (!producer)
        return;
    if (producer->rk) {
        rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        while (producer->outstanding > 0)
            rd_kafka_poll(producer->rk, DESTROY_POLL_MS);
        for (size_t i = 0; i < producer->topic_count; i++)
            rd_kafka_topic_destroy(producer->topics[i]);
        if (producer->fd >= 0)
            rd_kafka_queue_io_event_enable(producer->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(producer->queue);
        rd_kafka_destroy(producer->rk);
    }
    if (producer->fd >= 0)
        close(producer->fd);
    kafka_watch_close(&producer->watch);
    free(producer);
}

int kafka_producer_fd(const struct kafka_producer *producer)
{
    return producer->fd;
}

static rd_kafka_topic_t *topic_of(struct kafka_producer *producer, const char *name)
{
    for (size_t i = 0; i < producer->topic_count; i++)
        if (strcmp(rd_kafka_topic_name(producer->topics[i]), name) == 0)
            return producer->topics[i];
    check(producer->topic_count < TOPICS_MAX);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer->rk, name, NULL);
    if (topic)
        producer->topics[producer->topic_count++] = topic;
    return topic;
}

enum err kafka_produce(struct kafka_producer *producer, const char *topic, int32_t partition, struct bytes key, struct bytes value, void *opaque)
{
    if (key.len + value.len > KAFKA_RECORD_BYTES_MAX || key.len > KAFKA_RECORD_BYTES_MAX)
        return ERR_INPUT;
    rd_kafka_topic_t *handle = topic_of(producer, topic);
    if (!handle)
        return ERR_NOT_FOUND; /* no name for a topic */
    /* librdkafka takes a length of 0 with a pointer as empty, without one as absent: the same words as ours. */
    if (rd_kafka_produce(handle, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.data, value.len, key.data, key.len, opaque) == 0) {
        producer->outstanding++;
        return ERR_OK;
    }
    rd_kafka_resp_err_t code = rd_kafka_last_error();
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        look_for_loss(producer);
    enum err err = kafka_err(code);
    if (err == ERR_NOT_FOUND)
        kafka_watch_raise(&producer->watch, code, topic, true);
    return err;
}

void kafka_producer_poll(struct kafka_producer *producer, int timeout_ms)
{
    kafka_eventfd_clear(producer->fd);
    rd_kafka_poll(producer->rk, timeout_ms);
    look_for_loss(producer);
}

size_t kafka_producer_outstanding(const struct kafka_producer *producer)
{
    return producer->outstanding;
}

enum err kafka_producer_flush(struct kafka_producer *producer, int timeout_ms)
{
    int64_t until = clock_mono_us() + (int64_t)timeout_ms * 1000;
    while (producer->outstanding > 0 && !producer->lost) {
        int64_t left_ms = (until - clock_mono_us()) / 1000;
        if (left_ms <= 0)
            return ERR_AWAY;
        /* In slices: a fatal error is looked for, and rd_kafka_flush() overrides the linger all the same. */
        rd_kafka_flush(producer->rk, left_ms < DESTROY_POLL_MS ? (int)left_ms : DESTROY_POLL_MS);
        look_for_loss(producer);
    }
    return producer->lost ? ERR_DAMAGED : ERR_OK;
}

bool kafka_producer_lost(const struct kafka_producer *producer, const char **why)
{
    if (producer->lost)
        *why = producer->lost_why;
    return producer->lost;
}

void kafka_producer_lose(struct kafka_producer *producer)
{
    (void)rd_kafka_test_fatal_error(producer->rk, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "asked for by a test");
}

struct kafka_trouble kafka_producer_trouble(const struct kafka_producer *producer)
{
    return producer->watch.trouble;
}
