/* base/kafka.c: against the mock cluster inside librdkafka, where errors can be had on demand (a real broker: tests/system/topics.sh). */
#include "base/instant.h"
#include "base/kafka.h"

#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 20000, PARTITIONS = 3, MANY = 2000 };

struct mock {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_settings settings;
};

static struct mock mock;

static void mock_start(void)
{
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why);
    mock.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    cr_assert_not_null(mock.rk, "%s", why);
    mock.cluster = rd_kafka_handle_mock_cluster(mock.rk);
    cr_assert_eq(rd_kafka_mock_topic_create(mock.cluster, "t", PARTITIONS, 1), 0);
    mock.settings = (struct kafka_settings){.brokers = rd_kafka_mock_cluster_bootstraps(mock.cluster)};
}

static void mock_stop(void)
{
    rd_kafka_destroy(mock.rk);
}

struct delivered {
    size_t count, ok, damaged;
    enum err last;
    char why[600];
    bool seen[MANY];
};

static void count_delivery(void *owner, const struct kafka_delivery *delivery)
{
    struct delivered *delivered = owner;
    size_t number = (size_t)(uintptr_t)delivery->opaque;
    delivered->count++;
    delivered->ok += delivery->err == ERR_OK;
    delivered->damaged += delivery->err == ERR_DAMAGED;
    delivered->last = delivery->err;
    snprintf(delivered->why, sizeof delivered->why, "%s", delivery->why ? delivery->why : "");
    cr_assert(number < MANY && !delivered->seen[number], "record %zu is delivered once", number);
    delivered->seen[number] = true;
}

static struct kafka_producer *producer_make(struct delivered *delivered)
{
    struct kafka_producer *producer;
    cr_assert_eq(kafka_producer_create(&(struct kafka_producer_options){&mock.settings, count_delivery, delivered}, &producer), ERR_OK);
    return producer;
}

/* Record i goes to partition i mod PARTITIONS, its value is its number. */
static void produce_numbers(struct kafka_producer *producer, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        char text[24];
        int len = snprintf(text, sizeof text, "%zu", i);
        cr_assert_eq(kafka_produce(producer, "t", (int32_t)(i % PARTITIONS), BYTES_NONE, bytes_of(text, (size_t)len), (void *)(uintptr_t)i), ERR_OK);
    }
}

static void wait_readable(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&entry, 1, WAIT_MS), 1, "nothing came within %d ms", WAIT_MS);
}

/* Takes until count records came; each must continue its partition.  next[] is where each partition is. */
static void take_numbers(struct kafka_consumer *consumer, int64_t next[PARTITIONS], size_t count)
{
    struct kafka_record records[64];
    for (size_t taken = 0; taken < count;) {
        size_t got = kafka_consumer_take(consumer, records, 64);
        if (got == 0)
            wait_readable(kafka_consumer_fd(consumer));
        for (size_t i = 0; i < got; i++) {
            const struct kafka_record *record = &records[i];
            char text[24];
            cr_assert_eq(record->kind, KAFKA_RECORD, "%s", record->why);
            cr_assert(record->slot < PARTITIONS && (int32_t)record->slot == record->partition && strcmp(record->topic, "t") == 0);
            cr_assert_eq(record->offset, next[record->partition]++, "partition %d", record->partition);
            snprintf(text, sizeof text, "%lld", (long long)(record->offset * PARTITIONS + record->partition));
            cr_assert(bytes_equal_text(record->value, text) && !bytes_present(record->key) && record->timestamp_ms > 0);
        }
        taken += got;
    }
}

static const struct kafka_position from_start[PARTITIONS] = {{"t", 0, 0}, {"t", 1, 0}, {"t", 2, 0}};

static struct kafka_consumer *consumer_make(const struct kafka_position *positions, size_t count)
{
    struct kafka_consumer *consumer;
    cr_assert_eq(kafka_consumer_create(&mock.settings, &consumer), ERR_OK);
    cr_assert_eq(kafka_consumer_assign(consumer, positions, count), ERR_OK);
    return consumer;
}

TestSuite(kafka, .init = mock_start, .fini = mock_stop);

Test(kafka, what_is_acknowledged_is_read_in_order_and_once)
{
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    produce_numbers(producer, 0, MANY);
    cr_assert_eq(kafka_producer_outstanding(producer), MANY);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    cr_assert(delivered.ok == MANY && kafka_producer_outstanding(producer) == 0);
    struct kafka_consumer *consumer = consumer_make(from_start, PARTITIONS);
    int64_t next[PARTITIONS] = {0}, low, high;
    take_numbers(consumer, next, MANY);
    kafka_consumer_bounds(consumer, 1, &low, &high);
    cr_assert_eq(high, next[1], "the bounds are known from the fetch");
    cr_assert_eq(kafka_consumer_trouble(consumer).err, ERR_OK);
    printf("%d records through %d partitions\n", MANY, PARTITIONS);
    kafka_consumer_destroy(consumer);
    kafka_producer_destroy(producer);
}

Test(kafka, absent_and_empty_are_different)
{
    static const struct bytes keys[] = {{NULL, 0}, {(const uint8_t *)"", 0}, {(const uint8_t *)"k", 1}};
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(kafka_produce(producer, "t", 0, keys[i], keys[2 - i], (void *)(uintptr_t)i), ERR_OK);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    struct kafka_consumer *consumer = consumer_make(from_start, 1);
    struct kafka_record records[8];
    for (size_t taken = 0, got; taken < 3; taken += got) {
        got = kafka_consumer_take(consumer, records, 8);
        if (got == 0)
            wait_readable(kafka_consumer_fd(consumer));
        for (size_t i = 0; i < got; i++) {
            size_t number = (size_t)records[i].offset;
            cr_assert(bytes_present(records[i].key) == bytes_present(keys[number]) && bytes_equal(records[i].key, keys[number]), "key %zu", number);
            cr_assert(bytes_present(records[i].value) == bytes_present(keys[2 - number]) && bytes_equal(records[i].value, keys[2 - number]), "value %zu", number);
        }
    }
    kafka_consumer_destroy(consumer);
    kafka_producer_destroy(producer);
}

Test(kafka, a_held_partition_goes_on_where_it_was)
{
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    produce_numbers(producer, 0, MANY / 2);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    struct kafka_consumer *consumer = consumer_make(from_start, PARTITIONS);
    int64_t next[PARTITIONS] = {0};
    take_numbers(consumer, next, 10);
    kafka_consumer_pause(consumer, 1);
    int64_t held = next[1];
    size_t rest = MANY / 2 - (size_t)(next[0] + next[1] + next[2]) - (size_t)((MANY / 2 + 1) / PARTITIONS - next[1]);
    take_numbers(consumer, next, rest);
    cr_assert_eq(next[1], held, "nothing of partition 1 came while it was held");
    kafka_consumer_resume(consumer, 1);
    produce_numbers(producer, MANY / 2, MANY);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    take_numbers(consumer, next, MANY - (size_t)(next[0] + next[1] + next[2]));
    printf("held at %lld, then on to %lld\n", (long long)held, (long long)next[1]);
    kafka_consumer_destroy(consumer);
    kafka_producer_destroy(producer);
}

Test(kafka, a_new_assignment_replaces_the_old)
{
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    produce_numbers(producer, 0, MANY / 2);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    struct kafka_consumer *consumer = consumer_make(from_start, PARTITIONS);
    int64_t next[PARTITIONS] = {0};
    take_numbers(consumer, next, 50);
    /* Back, forward, and without a partition; slots are counted anew. */
    const struct kafka_position positions[] = {{"t", 0, 3}, {"t", 1, 200}};
    cr_assert_eq(kafka_consumer_assign(consumer, positions, 2), ERR_OK);
    int64_t again[PARTITIONS] = {3, 200, 0};
    take_numbers(consumer, again, (size_t)(334 - 3 + 333 - 200));
    cr_assert(again[0] == 334 && again[1] == 333 && again[2] == 0);
    cr_assert_eq(kafka_consumer_assign(consumer, NULL, 0), ERR_OK);
    cr_assert_eq(kafka_consumer_take(consumer, &(struct kafka_record){0}, 1), 0);
    kafka_consumer_destroy(consumer);
    kafka_producer_destroy(producer);
}

Test(kafka, an_offset_out_of_range_is_said_and_never_jumped)
{
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    produce_numbers(producer, 0, 30);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    struct kafka_consumer *consumer = consumer_make(&(struct kafka_position){"t", 0, 5000}, 1);
    struct kafka_record record;
    while (kafka_consumer_take(consumer, &record, 1) == 0)
        wait_readable(kafka_consumer_fd(consumer));
    cr_assert(record.kind == KAFKA_OUT_OF_RANGE && record.slot == 0 && record.offset == 5000, "kind %d, offset %lld", record.kind, (long long)record.offset);
    printf("said: %s\n", record.why);
    kafka_consumer_destroy(consumer);
    kafka_producer_destroy(producer);
}

Test(kafka, a_producer_that_lost_its_place_says_so_and_a_new_one_goes_on)
{
    struct delivered delivered = {0};
    const char *why = NULL;
    struct kafka_producer *producer = producer_make(&delivered);
    produce_numbers(producer, 0, 30);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    cr_assert(!kafka_producer_lost(producer, &why));
    /* InitProducerId is refused for good after the broker forgot us: the way to a fatal error that the mock can go. */
    rd_kafka_mock_push_request_errors(mock.cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    produce_numbers(producer, 30, 60);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_DAMAGED);
    cr_assert(kafka_producer_lost(producer, &why) && why);
    printf("lost: %s\n", why);
    cr_assert_eq(kafka_produce(producer, "t", 0, BYTES_NONE, BYTES_LITERAL("x"), NULL), ERR_DAMAGED);
    kafka_producer_destroy(producer);
    cr_assert_eq(delivered.count, 60, "each record came back, %zu did", delivered.count);
    cr_assert(delivered.damaged > 0 && delivered.ok + delivered.damaged == 60);
    struct delivered second = {0};
    producer = producer_make(&second);
    produce_numbers(producer, 30, 60);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    cr_assert_eq(second.ok, 30);
    kafka_producer_destroy(producer);
}

Test(kafka, what_cannot_be_taken_is_refused)
{
    static uint8_t large[KAFKA_RECORD_BYTES_MAX + 1];
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    cr_assert_eq(kafka_produce(producer, "t", 0, BYTES_NONE, bytes_of(large, sizeof large), NULL), ERR_INPUT);
    cr_assert_eq(kafka_produce(producer, "t", 0, BYTES_NONE, bytes_of(large, sizeof large - 1), NULL), ERR_OK);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    cr_assert_eq(delivered.ok, 1, "%s", delivered.why);
    cr_assert_eq(kafka_produce(producer, "t", PARTITIONS, BYTES_NONE, BYTES_LITERAL("x"), NULL), ERR_NOT_FOUND);
    cr_assert_eq(kafka_producer_trouble(producer).err, ERR_NOT_FOUND);
    printf("said: %s\n", kafka_producer_trouble(producer).text);
    kafka_producer_destroy(producer);
}

Test(kafka, a_slow_broker_fills_the_queue_and_nothing_is_lost)
{
    static uint8_t block[900000];
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    size_t taken = 0;
    enum err err;
    while ((err = kafka_produce(producer, "t", 0, BYTES_NONE, bytes_of(block, sizeof block), (void *)(uintptr_t)taken)) == ERR_OK)
        cr_assert(++taken < 1000);
    cr_assert_eq(err, ERR_FULL);
    cr_assert_eq(kafka_producer_flush(producer, 50), ERR_AWAY);
    for (int64_t until = clock_mono_us() + WAIT_MS * 1000ll; kafka_producer_trouble(producer).err != ERR_AWAY && clock_mono_us() < until;)
        kafka_producer_poll(producer, 100);
    printf("full after %zu records of 900 kB; said: %s\n", taken, kafka_producer_trouble(producer).text);
    cr_assert_eq(kafka_producer_trouble(producer).err, ERR_AWAY);
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
    cr_assert_eq(kafka_producer_flush(producer, WAIT_MS), ERR_OK);
    cr_assert_eq(delivered.ok, taken);
    cr_assert_eq(kafka_producer_trouble(producer).err, ERR_OK, "the trouble is over");
    kafka_producer_destroy(producer);
}

Test(kafka, what_is_out_at_the_end_comes_back)
{
    struct delivered delivered = {0};
    struct kafka_producer *producer = producer_make(&delivered);
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    produce_numbers(producer, 0, 100);
    kafka_producer_destroy(producer);
    cr_assert(delivered.count == 100 && delivered.ok == 0 && delivered.damaged == 100);
}

Test(kafka, an_admin_says_what_is_there_and_what_is_not)
{
    struct kafka_admin *admin;
    struct arena *arena = arena_create();
    const char *id = NULL;
    int32_t partitions = 0;
    int64_t low = -1, high = -1;
    int brokers = 0;
    cr_assert_eq(kafka_admin_create(&mock.settings, WAIT_MS, &admin), ERR_OK);
    cr_assert_eq(kafka_admin_cluster_id(admin, arena, &id), ERR_OK, "%s", kafka_admin_why(admin));
    cr_assert_eq(kafka_admin_brokers(admin, &brokers), ERR_OK);
    cr_assert_eq(brokers, 1);
    cr_assert_eq(kafka_admin_partitions(admin, "t", &partitions), ERR_OK);
    cr_assert_eq(partitions, PARTITIONS);
    cr_assert_eq(kafka_admin_watermarks(admin, "t", 2, &low, &high), ERR_OK);
    cr_assert(low == 0 && high == 0);
    cr_assert_eq(kafka_admin_watermarks(admin, "t", 77, &low, &high), ERR_NOT_FOUND);
    printf("cluster %s; said: %s\n", id, kafka_admin_why(admin));
    kafka_admin_destroy(admin);
    struct kafka_settings nobody = {.brokers = "127.0.0.1:1"};
    cr_assert_eq(kafka_admin_create(&nobody, 600, &admin), ERR_OK);
    cr_assert_eq(kafka_admin_partitions(admin, "t", &partitions), ERR_AWAY);
    printf("said: %s\n", kafka_admin_why(admin));
    cr_assert(strstr(kafka_admin_why(admin), "127.0.0.1:1"));
    kafka_admin_destroy(admin);
    arena_destroy(arena);
}

Test(kafka_settings, what_cannot_work_is_said_before)
{
    static const struct {
        struct kafka_settings settings;
        const char *why;
    } cases[] = {
        {{.brokers = ""}, "HOST:PORT"},
        {{.brokers = "a:1", .user = "u"}, "sasl_ssl"},
        {{.brokers = "a:1", .security = KAFKA_SASL_SSL, .user = "u"}, "a user and a password"},
        {{.brokers = "a:1", .security = KAFKA_SASL_SSL, .mechanism = "GSSAPI", .user = "u", .password = "p"}, "GSSAPI"},
        {{.brokers = "a:1", .security = KAFKA_SSL, .ca_file = "/nowhere/ca.pem"}, "/nowhere/ca.pem"},
        {{.brokers = "a:1", .security = KAFKA_SSL, .cert_file = "c.pem"}, "its key"},
        {{.brokers = "a:1", .security = KAFKA_SASL_SSL, .mechanism = "SCRAM-SHA-512", .user = "u", .password = "p"},
         "SCRAM-SHA-512 needs librdkafka 2.6.1"},
    };
    struct arena *arena = arena_create();
    const char *why = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strncmp(cases[i].why, "SCRAM", 5) == 0 && rd_kafka_version() >= 0x02060100)
            continue;
        cr_assert_eq(kafka_settings_check(&cases[i].settings, arena, &why), ERR_SETTINGS, "case %zu", i);
        cr_assert(strstr(why, cases[i].why), "%s lacks %s", why, cases[i].why);
        printf("refused: %s\n", why);
    }
    cr_assert_eq(kafka_settings_check(&(struct kafka_settings){.brokers = "a:1", .security = KAFKA_SASL_SSL, .user = "u", .password = "p"}, arena, &why), ERR_OK);
    arena_destroy(arena);
}
