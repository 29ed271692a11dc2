#include "adapters/kafka/outbox.h"

#include "base/check.h"
#include "base/instant.h"
#include "base/log.h"

#include <poll.h>
#include <stdlib.h>

/* A producer that was lost soon after it was made, since it may not write, is not made anew all the time. */
enum { SOON_US = 5000000, REST_US = 1000000 };

/* Drops what is acknowledged from the front. */
static void trim(struct outbox *outbox)
{
    while (outbox->first && outbox->first->state == OUTBOX_DONE) {
        struct outbox_record *record = outbox->first;
        outbox->first = record->next;
        if (!outbox->first)
            outbox->last = NULL;
        outbox->bytes -= record->key.len + record->value.len;
        outbox->count--;
        free(record);
    }
}

static void delivered(void *owner, const struct kafka_delivery *delivery)
{
    struct outbox_record *record = delivery->opaque;
    (void)owner;
    if (delivery->err == ERR_OK) {
        if (log_clear("kafka", record->topic))
            log_info("kafka", "topic %s takes records again", record->topic);
        record->state = OUTBOX_DONE;
        return;
    }
    record->state = OUTBOX_WAITS;
    record->outbox->unsent = true;
    if (delivery->err != ERR_DAMAGED) /* of a lost producer outbox_turn() tells once */
        log_once(LOG_ERROR, "kafka", record->topic, "topic %s takes no records: %s; tried again", record->topic, delivery->why);
}

static bool version_is_newest(const struct outbox *outbox, const struct outbox_record *record)
{
    uint32_t number = record->version < 0 ? 0 : dictionary_find(&outbox->keys, record->key);
    return number == 0 || record->version >= outbox->versions[number - 1];
}

/* False: it waits. */
static bool send_one(struct outbox *outbox, struct outbox_record *record)
{
    if (!version_is_newest(outbox, record)) {
        record->state = OUTBOX_DONE;
        return true;
    }
    enum err err = kafka_produce(outbox->producer, record->topic, record->partition, record->key, record->value, record);
    if (err == ERR_OK)
        record->state = OUTBOX_SENT;
    else if (err == ERR_NOT_FOUND || err == ERR_INPUT)
        log_once(LOG_ERROR, "kafka", record->topic, "topic %s, partition %d: a record of %zu bytes is not taken (%s); tried again", record->topic,
                 record->partition, record->value.len, err == ERR_INPUT ? "too large" : "there is no such partition");
    return err == ERR_OK;
}

void outbox_put(struct outbox *outbox, const char *topic, int32_t partition, struct bytes key, struct bytes value, int64_t version)
{
    struct outbox_record *record = memory_alloc(sizeof *record + key.len + value.len + 2);
    uint8_t *bytes = (uint8_t *)(record + 1);
    *record = (struct outbox_record){.outbox = outbox, .number = ++outbox->numbers, .topic = topic, .partition = partition, .version = version};
    if (key.len)
        memcpy(bytes, key.data, key.len);
    if (value.len)
        memcpy(bytes + key.len, value.data, value.len);
    record->key = bytes_present(key) ? bytes_of(bytes, key.len) : BYTES_NONE;
    record->value = bytes_of(bytes + key.len, value.len);
    if (outbox->last)
        outbox->last->next = record;
    else
        outbox->first = record;
    outbox->last = record;
    outbox->bytes += key.len + value.len;
    outbox->count++;
    if (outbox->unsent || !outbox->producer || !send_one(outbox, record)) /* what waits goes first */
        outbox->unsent = true;
}

static void send_waiting(struct outbox *outbox)
{
    outbox->unsent = false;
    for (struct outbox_record *record = outbox->first; record; record = record->next)
        if (record->state == OUTBOX_WAITS && !send_one(outbox, record)) {
            outbox->unsent = true;
            return;
        }
}

void outbox_turn(struct outbox *outbox, int ms)
{
    const char *why;
    if (outbox->producer)
        kafka_producer_poll(outbox->producer, ms);
    if (outbox->producer && kafka_producer_lost(outbox->producer, &why)) {
        int64_t now = clock_mono_us();
        bool soon = now - outbox->made_us < SOON_US;
        if (!soon)
            log_warning("kafka", "the producer is lost (%s): another one is made, %llu records that were not acknowledged are sent again", why,
                        (unsigned long long)outbox->count);
        else
            log_once(LOG_WARNING, "kafka", "lost", "the producer is lost as soon as it is made (%s); tried again every second", why);
        outbox->rest_until_us = soon ? now + REST_US : 0;
        kafka_producer_destroy(outbox->producer); /* all that is out comes back */
        outbox->producer = NULL;
    }
    trim(outbox);
    if (!outbox->producer) {
        if (clock_mono_us() < outbox->rest_until_us) {
            poll(NULL, 0, ms);
            return;
        }
        if (kafka_producer_create(&(struct kafka_producer_options){outbox->settings, delivered, outbox}, &outbox->producer) != ERR_OK)
            return; /* logged; the next turn tries again */
        outbox->producers++;
        outbox->made_us = clock_mono_us();
        outbox->unsent = outbox->first != NULL;
    }
    if (outbox->unsent)
        send_waiting(outbox);
}

uint64_t outbox_done(const struct outbox *outbox)
{
    return outbox->first ? outbox->first->number - 1 : outbox->numbers;
}

bool outbox_full(const struct outbox *outbox)
{
    return outbox->bytes >= OUTBOX_BYTES_MAX || outbox->count >= OUTBOX_RECORDS_MAX;
}

bool outbox_version(struct outbox *outbox, struct bytes key, int64_t version)
{
    uint32_t number = dictionary_number(&outbox->keys, key);
    if (number > outbox->version_capacity) {
        uint32_t capacity = outbox->version_capacity ? outbox->version_capacity * 2 : 1024;
        outbox->versions = memory_resize(outbox->versions, capacity * sizeof *outbox->versions);
        for (uint32_t i = outbox->version_capacity; i < capacity; i++)
            outbox->versions[i] = -1;
        outbox->version_capacity = capacity;
    }
    if (version < outbox->versions[number - 1])
        return false;
    outbox->versions[number - 1] = version;
    return true;
}

void outbox_free(struct outbox *outbox)
{
    kafka_producer_destroy(outbox->producer);
    while (outbox->first) {
        struct outbox_record *record = outbox->first;
        outbox->first = record->next;
        free(record);
    }
    dictionary_free(&outbox->keys);
    free(outbox->versions);
}
