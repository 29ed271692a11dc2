/*
 * system.kafka_door BROKERS TOPIC [CA USER PASSWORD] - a producer and a consumer at work through base/kafka.h until stdin ends:
 * a numbered record at each line of stdin, or ten times a second, and everything read again from the start.
 *
 * Prints what changes, a line each: "producer: AWAY …", "consumer: OK", "delivered SETTINGS …", "failed partition …",
 * "taken N" after each line of stdin.  Exit 1: a record came out of order, twice or not at all.
 */
#include "base/kafka.h"

#include "base/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TURN_MS = 100, END_MS = 30000 };

struct door {
    const struct kafka_settings *settings;
    struct kafka_producer *producer;
    struct kafka_consumer *consumer;
    uint64_t sent, acknowledged, taken;
    enum err delivered_err, producer_err, consumer_err;
    int faults;
};

static void print_change(const char *who, enum err *was, enum err now, const char *text)
{
    if (*was == now)
        return;
    *was = now;
    printf("%s: %s %s\n", who, err_name(now), now == ERR_OK ? "" : text);
    fflush(stdout);
}

static void delivered(void *owner, const struct kafka_delivery *delivery)
{
    struct door *door = owner;
    door->acknowledged += delivery->err == ERR_OK;
    print_change("delivered", &door->delivered_err, delivery->err, delivery->why);
}

static void produce(struct door *door, const char *topic)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, door->sent);
    enum err err = kafka_produce(door->producer, topic, 0, BYTES_NONE, bytes_of(text, (size_t)len), NULL);
    if (err == ERR_OK)
        door->sent++;
}

/* Numbers only grow by one; what was refused leaves a hole in none, since nothing behind it is sent until it is told. */
static void take(struct door *door)
{
    struct kafka_record records[64];
    for (size_t count; (count = kafka_consumer_take(door->consumer, records, 64)) > 0;)
        for (size_t i = 0; i < count; i++) {
            if (records[i].kind != KAFKA_RECORD) {
                printf("failed partition %d: %s %s\n", records[i].partition, err_name(records[i].err), records[i].why);
                fflush(stdout);
                continue;
            }
            if (records[i].offset != (int64_t)door->taken) {
                printf("offset %" PRId64 " instead of %" PRIu64 "\n", records[i].offset, door->taken);
                door->faults++;
            }
            door->taken++;
        }
}

static enum err make_producer(struct door *door);

static void turn(struct door *door)
{
    const char *why;
    struct pollfd entries[] = {{.fd = kafka_producer_fd(door->producer), .events = POLLIN}, {.fd = kafka_consumer_fd(door->consumer), .events = POLLIN}};
    poll(entries, 2, TURN_MS);
    kafka_producer_poll(door->producer, 0);
    take(door);
    struct kafka_trouble producer = kafka_producer_trouble(door->producer), consumer = kafka_consumer_trouble(door->consumer);
    print_change("producer", &door->producer_err, producer.err, producer.text);
    print_change("consumer", &door->consumer_err, consumer.err, consumer.text);
    if (kafka_producer_lost(door->producer, &why)) {
        kafka_producer_destroy(door->producer);
        if (make_producer(door) != ERR_OK)
            exit(1);
    }
}

static enum err make_producer(struct door *door)
{
    return kafka_producer_create(&(struct kafka_producer_options){door->settings, delivered, door}, &door->producer);
}

int main(int argc, char **argv)
{
    struct door door = {0};
    if (argc != 3 && argc != 6)
        return 2;
    struct kafka_settings settings = {.brokers = argv[1]};
    if (argc == 6)
        settings = (struct kafka_settings){.brokers = argv[1], .security = KAFKA_SASL_SSL, .ca_file = argv[3], .user = argv[4], .password = argv[5]};
    log_set_level(LOG_WARNING);
    door.settings = &settings;
    if (make_producer(&door) != ERR_OK ||
        kafka_consumer_create(&settings, &door.consumer) != ERR_OK ||
        kafka_consumer_assign(door.consumer, &(struct kafka_position){argv[2], 0, 0}, 1) != ERR_OK)
        return 1;
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        char line[64];
        if (poll(&input, 1, 0) == 1) {
            if (read(STDIN_FILENO, line, sizeof line) <= 0)
                break;
            printf("taken %" PRIu64 "\n", door.taken);
            fflush(stdout);
        }
        if (kafka_producer_outstanding(door.producer) == 0)
            produce(&door, argv[2]);
        turn(&door);
    }
    for (int left_ms = END_MS; left_ms > 0 && (kafka_producer_outstanding(door.producer) || door.taken < door.acknowledged); left_ms -= TURN_MS)
        turn(&door);
    printf("acknowledged %" PRIu64 ", taken %" PRIu64 "\n", door.acknowledged, door.taken);
    door.faults += door.taken != door.acknowledged;
    kafka_consumer_destroy(door.consumer);
    kafka_producer_destroy(door.producer);
    return door.faults ? 1 : 0;
}
