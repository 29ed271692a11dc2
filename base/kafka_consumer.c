#include "base/kafka_private.h"

#include "base/check.h"
#include "base/instant.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ASSIGN_REST_MS = 300, FETCH_WAIT_MS = 100, FETCH_BYTES_MAX = 4 << 20, TOPICS_MAX = 32, NO_SLOT = -1 };

/* A topic ever assigned.  The handle is held as long as the consumer, so that its address, by which records
 * find their way here, is nobody else's. */
struct topic {
    rd_kafka_topic_t *handle;
    char *name;
    int32_t *slots; /* [partition], NO_SLOT */
    int32_t slot_count;
};

struct kafka_consumer {
    struct kafka_watch watch;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    struct topic topics[TOPICS_MAX];
    size_t topic_count;
    struct kafka_position *positions; /* as assigned; topic is our own name */
    size_t position_count;
    int64_t assigned_us; /* monotonic: when last */
    rd_kafka_message_t *messages[KAFKA_TAKE_MAX];
    size_t message_count;
    struct topic *last; /* of the record before: mostly the same */
    char (*whys)[KAFKA_TEXT_BYTES];
};

static bool consumer_conf(rd_kafka_conf_t *conf, bool full_speed)
{
    kafka_conf_set(conf, "group.id", "seatmeter"); /* rd_kafka_assign() wants one; nothing is ever committed */
    kafka_conf_set(conf, "enable.auto.commit", "false");
    kafka_conf_set(conf, "enable.auto.offset.store", "false");
    kafka_conf_set(conf, "check.crcs", "true");
    kafka_conf_set(conf, "auto.offset.reset", "error");
    kafka_conf_set(conf, "allow.auto.create.topics", "false");
    kafka_conf_set_number(conf, "fetch.wait.max.ms", FETCH_WAIT_MS);
    kafka_conf_set_number(conf, "fetch.error.backoff.ms", FETCH_WAIT_MS);
    kafka_conf_set_number(conf, "queued.max.messages.kbytes", KAFKA_QUEUE_KBYTES);
    if (full_speed)
        kafka_conf_set_number(conf, "max.partition.fetch.bytes", FETCH_BYTES_MAX);
    return true;
}

enum err kafka_consumer_create(const struct kafka_settings *settings, struct kafka_consumer **consumer)
{
    enum err err;
    struct kafka_consumer *made = memory_alloc_zero(1, sizeof *made);
    *consumer = NULL;
    made->fd = -1;
    made->whys = memory_alloc_zero(KAFKA_TAKE_MAX, sizeof *made->whys);
    kafka_watch_open(&made->watch, "consumer", settings->brokers);
    rd_kafka_conf_t *conf = kafka_conf(settings, &made->watch, &err);
    if (conf && consumer_conf(conf, settings->full_speed))
        made->rk = kafka_new(RD_KAFKA_CONSUMER, conf, &made->watch, &err);
    if (made->rk) {
        rd_kafka_poll_set_consumer(made->rk); /* errors and statistics come with the records */
        made->queue = rd_kafka_queue_get_consumer(made->rk);
        made->fd = kafka_eventfd(made->queue);
        err = made->fd < 0 ? ERR_IO : ERR_OK;
    }
    if (err != ERR_OK)
        kafka_consumer_destroy(made);
    else
        *consumer = made;
    return err;
}

static void give_back(struct kafka_consumer *consumer)
{
    for (size_t i = 0; i < consumer->message_count; i++)
        rd_kafka_message_destroy(consumer->messages[i]);
    consumer->message_count = 0;
}

void kafka_consumer_destroy(struct kafka_consumer *consumer)
{
    if (!consumer)
        return;
    give_back(consumer);
    for (size_t i = 0; i < consumer->topic_count; i++) {
        rd_kafka_topic_destroy(consumer->topics[i].handle);
        free(consumer->topics[i].name);
        free(consumer->topics[i].slots);
    }
    if (consumer->rk) {
        if (consumer->fd >= 0)
            rd_kafka_queue_io_event_enable(consumer->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(consumer->queue);
        rd_kafka_consumer_close(consumer->rk); /* no group: returns at once */
        rd_kafka_destroy(consumer->rk);
    }
    if (consumer->fd >= 0)
        close(consumer->fd);
    kafka_watch_close(&consumer->watch);
    free(consumer->positions);
    free(consumer->whys);
    free(consumer);
}

int kafka_consumer_fd(const struct kafka_consumer *consumer)
{
    return consumer->fd;
}

/* --- what is read --- */

static struct topic *topic_named(struct kafka_consumer *consumer, const char *name)
{
    for (size_t i = 0; i < consumer->topic_count; i++)
        if (strcmp(consumer->topics[i].name, name) == 0)
            return &consumer->topics[i];
    check(consumer->topic_count < TOPICS_MAX);
    struct topic *topic = &consumer->topics[consumer->topic_count];
    *topic = (struct topic){.handle = rd_kafka_topic_new(consumer->rk, name, NULL)};
    if (!topic->handle)
        return NULL; /* no name for a topic */
    topic->name = memory_copy_text(name);
    consumer->topic_count++;
    return topic;
}

static void slot_set(struct topic *topic, int32_t partition, int32_t slot)
{
    if (partition >= topic->slot_count) {
        topic->slots = memory_resize(topic->slots, (size_t)(partition + 1) * sizeof *topic->slots);
        while (topic->slot_count <= partition)
            topic->slots[topic->slot_count++] = NO_SLOT;
    }
    topic->slots[partition] = slot;
}

static enum err positions_take(struct kafka_consumer *consumer, const struct kafka_position *positions, size_t count)
{
    struct kafka_position *own = memory_alloc_zero(count ? count : 1, sizeof *own);
    for (size_t i = 0; i < count; i++) {
        struct topic *topic = topic_named(consumer, positions[i].topic);
        if (!topic) {
            log_error("kafka", "consumer: \"%s\" is no name for a topic", positions[i].topic);
            free(own);
            return ERR_INPUT;
        }
        check(positions[i].partition >= 0 && positions[i].offset >= 0);
        own[i] = (struct kafka_position){topic->name, positions[i].partition, positions[i].offset};
    }
    free(consumer->positions);
    consumer->positions = own;
    consumer->position_count = count;
    for (size_t i = 0; i < consumer->topic_count; i++)
        for (int32_t k = 0; k < consumer->topics[i].slot_count; k++)
            consumer->topics[i].slots[k] = NO_SLOT;
    for (size_t i = 0; i < count; i++)
        slot_set(topic_named(consumer, own[i].topic), own[i].partition, (int32_t)i);
    return ERR_OK;
}

/* An assignment stops the partitions of the one before.  When the next comes while they still stop, the library stops them a
 * second time and dies of an assertion (librdkafka's issue 5573, up to 2.15), so the next waits for a little. */
static void rest_after_assign(struct kafka_consumer *consumer)
{
    int64_t left_us = consumer->assigned_us + ASSIGN_REST_MS * 1000 - clock_mono_us();
    if (consumer->assigned_us && left_us > 0)
        nanosleep(&(struct timespec){.tv_nsec = left_us * 1000}, NULL);
    consumer->assigned_us = clock_mono_us();
}

enum err kafka_consumer_assign(struct kafka_consumer *consumer, const struct kafka_position *positions, size_t count)
{
    give_back(consumer);
    enum err err = positions_take(consumer, positions, count);
    if (err != ERR_OK)
        return err;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)->offset = positions[i].offset;
    rest_after_assign(consumer);
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->rk, count ? list : NULL);
    rd_kafka_topic_partition_list_destroy(list);
    if (code) {
        log_error("kafka", "consumer: %zu partitions cannot be assigned: %s", count, rd_kafka_err2str(code));
        return ERR_IO;
    }
    if (consumer->watch.of_topic)
        kafka_watch_clear(&consumer->watch); /* said again if it is still so */
    return ERR_OK;
}

static rd_kafka_topic_partition_list_t *list_of(const struct kafka_consumer *consumer, size_t slot)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    check(slot < consumer->position_count);
    rd_kafka_topic_partition_list_add(list, consumer->positions[slot].topic, consumer->positions[slot].partition);
    return list;
}

void kafka_consumer_pause(struct kafka_consumer *consumer, size_t slot)
{
    rd_kafka_topic_partition_list_t *list = list_of(consumer, slot);
    rd_kafka_pause_partitions(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_resume(struct kafka_consumer *consumer, size_t slot)
{
    rd_kafka_topic_partition_list_t *list = list_of(consumer, slot);
    rd_kafka_resume_partitions(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* --- records --- */

static struct topic *topic_of(struct kafka_consumer *consumer, const rd_kafka_message_t *message)
{
    if (consumer->last && consumer->last->handle == message->rkt)
        return consumer->last;
    for (size_t i = 0; i < consumer->topic_count; i++)
        if (consumer->topics[i].handle == message->rkt)
            return consumer->last = &consumer->topics[i];
    return NULL;
}

static void raise_of_topic(struct kafka_consumer *consumer, rd_kafka_resp_err_t code, const char *topic)
{
    kafka_watch_raise(&consumer->watch, code, topic, true);
    consumer->watch.topic = topic;
}

/* Something was read: then brokers answer, and of that topic we may read. */
static void look_for_end_of_trouble(struct kafka_consumer *consumer, const struct kafka_record *records, size_t count)
{
    struct kafka_watch *watch = &consumer->watch;
    if (watch->trouble.err == ERR_OK && !watch->fresh)
        return;
    for (size_t i = 0; i < count; i++)
        if (records[i].kind == KAFKA_RECORD && (!watch->of_topic || records[i].topic == watch->topic)) {
            kafka_watch_clear(watch);
            return;
        }
}

static void read_failure(struct kafka_consumer *consumer, const rd_kafka_message_t *message, struct kafka_record *record, char why[KAFKA_TEXT_BYTES])
{
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        record->kind = KAFKA_OUT_OF_RANGE;
        record->err = ERR_INPUT;
        snprintf(why, KAFKA_TEXT_BYTES, "%s", rd_kafka_message_errstr(message));
    } else {
        record->kind = KAFKA_FAILED;
        record->err = kafka_err(message->err);
        kafka_sentence(&consumer->watch, message->err, rd_kafka_message_errstr(message), why);
        if (record->err == ERR_NOT_FOUND || record->err == ERR_SETTINGS)
            raise_of_topic(consumer, message->err, record->topic);
    }
    record->why = why;
}

/* False: of no partition that is assigned, or of none at all. */
static bool read_message(struct kafka_consumer *consumer, const rd_kafka_message_t *message, struct kafka_record *record, char why[KAFKA_TEXT_BYTES])
{
    struct topic *topic = message->rkt ? topic_of(consumer, message) : NULL;
    int32_t slot = topic && message->partition >= 0 && message->partition < topic->slot_count ? topic->slots[message->partition] : NO_SLOT;
    if (slot == NO_SLOT) {
        if (message->err)
            log_debug("kafka", "consumer: %s", rd_kafka_message_errstr(message));
        return false;
    }
    rd_kafka_timestamp_type_t type;
    *record = (struct kafka_record){.slot = (size_t)slot, .topic = topic->name, .partition = message->partition, .offset = message->offset};
    if (message->err) {
        record->timestamp_ms = -1;
        read_failure(consumer, message, record, why);
        return true;
    }
    record->timestamp_ms = rd_kafka_message_timestamp(message, &type);
    record->key = bytes_of(message->key, message->key_len);
    record->value = bytes_of(message->payload, message->len);
    return true;
}

size_t kafka_consumer_take(struct kafka_consumer *consumer, struct kafka_record *records, size_t count)
{
    size_t taken = 0;
    give_back(consumer);
    kafka_eventfd_clear(consumer->fd);
    if (count > KAFKA_TAKE_MAX)
        count = KAFKA_TAKE_MAX;
    /* Again while all that came was of no use: 0 must mean that nothing lies here. */
    while (taken == 0) {
        ssize_t got = rd_kafka_consume_batch_queue(consumer->queue, 0, consumer->messages, count);
        if (got <= 0)
            return 0;
        consumer->message_count = (size_t)got;
        for (size_t i = 0; i < (size_t)got; i++)
            taken += read_message(consumer, consumer->messages[i], &records[taken], consumer->whys[taken]);
        if (taken == 0)
            give_back(consumer);
    }
    look_for_end_of_trouble(consumer, records, taken);
    return taken;
}

void kafka_consumer_bounds(struct kafka_consumer *consumer, size_t slot, int64_t *low, int64_t *high)
{
    check(slot < consumer->position_count);
    const struct kafka_position *position = &consumer->positions[slot];
    if (rd_kafka_get_watermark_offsets(consumer->rk, position->topic, position->partition, low, high)) {
        *low = *high = -1;
        return;
    }
    if (*low < 0)
        *low = -1;
    if (*high < 0)
        *high = -1;
}

struct kafka_trouble kafka_consumer_trouble(const struct kafka_consumer *consumer)
{
    return consumer->watch.trouble;
}
