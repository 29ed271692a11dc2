/*
 * tests/bench/pipeline.c - what the whole way costs: the standard load (tests/support/load.h), scaled, from a real broker
 * through librdkafka, decoding, folding and flushing into LMDB, beside plain consumption of the same topic.
 *
 *   pipeline.single   one fact a record: facts per CPU-second of the client, librdkafka's threads included
 *   pipeline.batch    500 facts a record
 *   pipeline.single_counted, pipeline.batch_counted   the same runs until named and sustained stand as well: a server that
 *                     catches up counts them behind the facts, once
 *   decode.fast, decode.any   facts decoded and checked per CPU-second: the reader by hand, protobuf-c and the table
 *
 * "against" is librdkafka alone: the same settings, the same topic, the records thrown away.  A round is one plain run and
 * one of the pipeline, each a process of its own, in turns, since plain consumption itself swings by a third; medians.
 * The way is the server's own: its source of topics (ingest/kafka_source.h), its pump and its loop, which flushes as while
 * catching up; what they do besides, as asking the brokers what there is, counts as well.
 * FACTS (600000), RUNS (9).  Without KAFKA_BROKERS it runs itself through pipeline.sh, which starts a broker.
 */
#include "base/check.h"
#include "base/kafka.h"
#include "base/log.h"
#include "proto/fact_record.h"
#include "proto/fact_record_private.h"
#include "proto/fact_route.h"
#include "server/engine/engine.h"
#include "server/ingest/pump.h"
#include "tests/support/load.h"
#include "tests/support/ways.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 50, PARTITIONS = 4, WAIT_MS = 30000, BATCH = 1024 };

static const char *const other_topics[KAFKA_TOPICS] = {[KAFKA_OBJECTS] = "bench.objects", [KAFKA_CLOSES] = "bench.closes", [KAFKA_DEAD] = "bench.dead",
                                                       [KAFKA_CURSORS] = "bench.cursors"};

/* Facts per CPU second. */
struct paces {
    double folded, counted;
};

struct bench {
    const char *brokers;
    struct load load;
    struct catalog *catalog;
    size_t runs;
};

static size_t setting(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    size_t value = text ? strtoull(text, NULL, 10) : otherwise;
    return value ? value : otherwise;
}

static double cpu_seconds(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- the topic ----------------------------------------------------------------------------------- */

static void count_delivery(void *owner, const struct kafka_delivery *delivery)
{
    (void)owner;
    check(delivery->err == ERR_OK);
}

static void produce(struct kafka_producer *producer, const char *topic, int32_t partition, struct fact_batch *batch)
{
    enum err err;
    while ((err = kafka_produce(producer, topic, partition, BYTES_NONE, fact_batch_value(batch), NULL)) == ERR_FULL)
        kafka_producer_poll(producer, 100);
    check(err == ERR_OK);
    fact_batch_clear(batch);
}

/* Facts by the partition of their session, a_record of them a record. */
static void topic_fill(const struct bench *bench, const char *topic, size_t a_record)
{
    const struct kafka_settings settings = {.brokers = bench->brokers};
    const struct kafka_option options[] = {{"message.timestamp.type", "LogAppendTime"}};
    struct kafka_admin *admin;
    struct kafka_producer *producer;
    struct fact_batch batches[PARTITIONS] = {{{0}, 0}};
    check(kafka_admin_create(&settings, WAIT_MS, &admin) == ERR_OK);
    check(kafka_admin_create_topic(admin, topic, PARTITIONS, 1, options, 1) == ERR_OK);
    kafka_admin_destroy(admin);
    check(kafka_producer_create(&(struct kafka_producer_options){&settings, count_delivery, NULL}, &producer) == ERR_OK);
    size_t bytes = 0, records = 0;
    for (size_t i = 0; i < bench->load.fact_count; i++) {
        int32_t partition = fact_partition_of(&bench->load.facts[i], PARTITIONS);
        check(fact_batch_add(&batches[partition], &bench->load.facts[i]));
        if (batches[partition].count < a_record)
            continue;
        bytes += batches[partition].value.len;
        records++;
        produce(producer, topic, partition, &batches[partition]);
        if (records % 1000 == 0)
            kafka_producer_poll(producer, 0);
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        if (batches[i].count) {
            bytes += batches[i].value.len;
            records++;
            produce(producer, topic, i, &batches[i]);
        }
        fact_batch_free(&batches[i]);
    }
    check(kafka_producer_flush(producer, 120000) == ERR_OK);
    kafka_producer_destroy(producer);
    fprintf(stderr, "%s: %zu facts in %zu records, %.1f bytes a fact\n", topic, bench->load.fact_count, records, (double)bytes / (double)bench->load.fact_count);
}

/* The topics beside the facts that a server reads, empty. */
static void make_others(const struct bench *bench)
{
    const struct kafka_settings settings = {.brokers = bench->brokers};
    struct kafka_admin *admin;
    check(kafka_admin_create(&settings, WAIT_MS, &admin) == ERR_OK);
    for (int i = 0; i < KAFKA_TOPICS; i++) {
        enum err err = i == KAFKA_FACTS ? ERR_OK : kafka_admin_create_topic(admin, other_topics[i], 1, 1, NULL, 0);
        check(err == ERR_OK || err == ERR_BUSY);
    }
    kafka_admin_destroy(admin);
}

static size_t topic_ends(const struct bench *bench, const char *topic, int64_t ends[PARTITIONS])
{
    const struct kafka_settings settings = {.brokers = bench->brokers};
    struct kafka_admin *admin;
    size_t records = 0;
    check(kafka_admin_create(&settings, WAIT_MS, &admin) == ERR_OK);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        int64_t low;
        check(kafka_admin_watermarks(admin, topic, i, &low, &ends[i]) == ERR_OK && low == 0);
        records += (size_t)ends[i];
    }
    kafka_admin_destroy(admin);
    return records;
}

/* --- plain consumption ---------------------------------------------------------------------------- */

static void conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[300];
    check(rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK);
}

/* As base/kafka_consumer.c sets it up, and nothing done with what comes. */
static struct paces plain_run(const struct bench *bench, const char *topic, size_t records)
{
    static rd_kafka_message_t *messages[BATCH];
    char why[300];
    double begun = cpu_seconds();
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    conf_set(conf, "bootstrap.servers", bench->brokers);
    conf_set(conf, "group.id", "bench");
    conf_set(conf, "enable.auto.commit", "false");
    conf_set(conf, "enable.auto.offset.store", "false");
    conf_set(conf, "check.crcs", "true");
    conf_set(conf, "fetch.wait.max.ms", "100");
    conf_set(conf, "queued.max.messages.kbytes", "32768");
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    check(rk);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    check(!rd_kafka_assign(rk, list));
    rd_kafka_topic_partition_list_destroy(list);
    for (size_t taken = 0; taken < records;) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
        for (ssize_t i = 0; i < got; i++) {
            taken += messages[i]->err == 0;
            rd_kafka_message_destroy(messages[i]);
        }
    }
    double used = cpu_seconds() - begun;
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return (struct paces){(double)bench->load.fact_count / used, 0};
}

/* --- the pipeline ---------------------------------------------------------------------------------- */

struct piping {
    const struct bench *bench;
    struct ingest *ingest;
    struct loop *loop;
    struct pump *pump;
    double begun, folded, counted; /* CPU seconds: at the start, from then to all facts in the store, to their hours as well */
};

static uint64_t facts_folded(const struct ingest *ingest)
{
    const struct ingest_counts *counts = ingest_counts(ingest);
    static const enum fact_kind kinds[] = {FACT_LOGIN_SESSION, FACT_SESSION_MEDIA};
    uint64_t facts = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int outcome = 0; outcome < FACT_OUTCOME_COUNT; outcome++)
            facts += counts->facts[kinds[k]][outcome];
    return facts;
}

/* The flush behind which all facts and their hours stand ends the run. */
static void piped(void *owner)
{
    struct piping *piping = owner;
    if (facts_folded(piping->ingest) < piping->bench->load.fact_count)
        return;
    if (piping->folded == 0)
        piping->folded = cpu_seconds() - piping->begun;
    if (engine_hours_marked(ingest_engine(piping->ingest), INSTANT_NEVER) || ingest_dirty(piping->ingest))
        return;
    piping->counted = cpu_seconds() - piping->begun;
    loop_stop(piping->loop);
}

static void piping_wake(void *owner)
{
    pump_wake(((struct piping *)owner)->pump);
}

static void piping_stop(void *owner, enum err err)
{
    (void)owner;
    fprintf(stderr, "the source stopped: %s\n", err_text(err));
    exit(1);
}

static int64_t pass_close(void *owner, const struct kafka_record *record)
{
    (void)owner;
    return record->offset + 1;
}

/* The server's own loop, pump and source of topics, from an empty position to the last flush; survey and all. */
static struct paces pipeline_run(const struct bench *bench, const char *topic, size_t records)
{
    static struct metrics metrics;
    const struct kafka_settings settings = {.brokers = bench->brokers};
    struct way_store store;
    struct kafka_source *source;
    (void)records;
    way_store_create(&store, getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", bench->catalog, 24);
    for (size_t i = 0; i < bench->load.configuration_count; i++)
        check(ingest_fact(store.ingest, &bench->load.configuration[i]) == FACT_APPLIED);
    way_store_flush_at(&store, clock_wall());
    struct piping piping = {.bench = bench, .ingest = store.ingest, .loop = loop_create(), .begun = cpu_seconds()};
    piping.pump = pump_create(&(struct pump_options){.loop = piping.loop, .db = store.db, .ingest = store.ingest, .metrics = &metrics, .flushed = piped, .owner = &piping});
    struct kafka_source_options options = {.loop = piping.loop, .db = store.db, .ingest = store.ingest, .settings = &settings, .wake = piping_wake,
                                           .stop = piping_stop, .owner = &piping, .close_record = pass_close};
    for (int i = 0; i < KAFKA_TOPICS; i++)
        options.topics[i] = i == KAFKA_FACTS ? topic : other_topics[i];
    check(kafka_source_create(&options, &source) == ERR_OK);
    pump_set_kafka(piping.pump, source);
    loop_run(piping.loop);
    check(facts_folded(store.ingest) == bench->load.fact_count);
    kafka_source_destroy(source);
    pump_destroy(piping.pump);
    loop_destroy(piping.loop);
    way_store_destroy(&store);
    double facts = (double)bench->load.fact_count;
    return (struct paces){facts / piping.folded, facts / piping.counted};
}

/* --- figures --------------------------------------------------------------------------------------- */

/* In a process of its own: no run inherits the memory of another, and its CPU is all of its threads'. */
static struct paces apart(struct paces (*run)(const struct bench *, const char *, size_t), const struct bench *bench, const char *topic, size_t records)
{
    int ends[2], status;
    struct paces result = {0};
    check(pipe(ends) == 0);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        log_set_level(LOG_ERROR);
        result = run(bench, topic, records);
        _exit(write(ends[1], &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &result, sizeof result);
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && got == (ssize_t)sizeof result);
    close(ends[0]);
    return result;
}

static int compare_double(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_double);
    return values[count / 2];
}

/* Each round's pace beside plain consumption's. */
static void say(const struct bench *bench, const char *name, double *paces, const double *plain)
{
    double ratios[RUNS_MAX], against[RUNS_MAX];
    size_t runs = bench->runs;
    for (size_t i = 0; i < runs; i++) {
        ratios[i] = paces[i] / plain[i];
        against[i] = plain[i];
    }
    double value = median(paces, runs);
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"facts/cpu-s\",\"against\":\"librdkafka consume\",\"against_value\":%.6g,\"ratio\":%.4g,\"runs\":%zu,"
           "\"spread\":[%.6g,%.6g]}\n",
           name, value, median(against, runs), median(ratios, runs), runs, paces[0], paces[runs - 1]);
    fflush(stdout);
}

static void measure(const struct bench *bench, const char *name, const char *topic, size_t a_record)
{
    double plain[RUNS_MAX], folded[RUNS_MAX], counted[RUNS_MAX];
    int64_t ends[PARTITIONS];
    char counted_name[80];
    topic_fill(bench, topic, a_record);
    make_others(bench);
    size_t records = topic_ends(bench, topic, ends);
    for (size_t i = 0; i < bench->runs; i++) {
        plain[i] = apart(plain_run, bench, topic, records).folded;
        struct paces paces = apart(pipeline_run, bench, topic, records);
        folded[i] = paces.folded;
        counted[i] = paces.counted;
        fprintf(stderr, "%s: round %zu: plain %.3g, pipeline %.3g, hours counted as well %.3g facts/cpu-s, ratio %.3f\n", name, i + 1, plain[i], folded[i],
                counted[i], folded[i] / plain[i]);
    }
    snprintf(counted_name, sizeof counted_name, "%s_counted", name);
    say(bench, name, folded, plain);
    say(bench, counted_name, counted, plain);
}

static void measure_decode(const struct bench *bench, const char *name, bool fast)
{
    enum { FACTS_MAX = 200000 };
    double values[RUNS_MAX];
    size_t count = bench->load.fact_count < FACTS_MAX ? bench->load.fact_count : FACTS_MAX;
    struct buffer bytes = {0};
    size_t *ends = memory_alloc_zero(count, sizeof *ends);
    struct arena *arena = arena_create();
    for (size_t i = 0; i < count; i++) {
        fact_encode(&bench->load.facts[i], &bytes);
        ends[i] = bytes.len;
    }
    for (size_t run = 0; run < bench->runs; run++) {
        double begun = cpu_seconds();
        for (size_t i = 0, begin = 0; i < count; begin = ends[i++]) {
            struct fact fact;
            const char *why;
            struct bytes one = bytes_of(bytes.data + begin, ends[i] - begin);
            check(fast ? fact_decode_fast(one, &fact) : fact_decode_any(one, arena, &fact, &why) == ERR_OK);
            if (i % 500 == 0)
                arena_reset(arena);
        }
        values[run] = (double)count / (cpu_seconds() - begun);
    }
    double value = median(values, bench->runs);
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"facts/cpu-s\",\"runs\":%zu,\"spread\":[%.6g,%.6g]}\n", name, value, bench->runs, values[0],
           values[bench->runs - 1]);
    fflush(stdout);
    arena_destroy(arena);
    buffer_free(&bytes);
    free(ends);
}

static bool wanted(const char *name, int argc, char **argv)
{
    bool found = argc < 2;
    for (int i = 1; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

/* Through the script that starts a broker, from the top of the tree. */
static void run_again(char **argv)
{
    char *words[16] = {(char[]){"tests/bench/pipeline.sh"}};
    for (int i = 0; argv[i] && i < 14; i++)
        words[i + 1] = argv[i];
    execv(words[0], words);
    fprintf(stderr, "bench.pipeline: tests/bench/pipeline.sh cannot be run; start this at the top of the tree, or set KAFKA_BROKERS\n");
    exit(1);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"pipeline.single", "pipeline.single_counted", "pipeline.batch", "pipeline.batch_counted", "decode.fast", "decode.any"};
    const char *why = "";
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            printf("%s\n", names[i]);
        return 0;
    }
    struct bench bench = {.brokers = getenv("KAFKA_BROKERS"), .runs = setting("RUNS", 9)};
    bool single = wanted(names[0], argc, argv) || wanted(names[1], argc, argv), batch = wanted(names[2], argc, argv) || wanted(names[3], argc, argv);
    if (!bench.brokers && (single || batch))
        run_again(argv);
    check(bench.runs <= RUNS_MAX);
    struct arena *arena = arena_create(), *facts = arena_create();
    check(catalog_read(catalog_shipped(), arena, &bench.catalog, &why) == ERR_OK);
    load_make(&(struct load_options){.facts = setting("FACTS", 600000)}, facts, &bench.load);
    fprintf(stderr, "load: %zu facts, %zu sessions of %zu agents, %zu tenants, %zu agent groups, %zu place groups\n", bench.load.fact_count,
            bench.load.sessions, bench.load.agents, bench.load.tenants, bench.load.agent_groups, bench.load.place_groups);
    if (single)
        measure(&bench, "pipeline.single", "bench.single", 1);
    if (batch)
        measure(&bench, "pipeline.batch", "bench.batch", FACT_BATCH_MAX);
    if (wanted("decode.fast", argc, argv))
        measure_decode(&bench, "decode.fast", true);
    if (wanted("decode.any", argc, argv))
        measure_decode(&bench, "decode.any", false);
    arena_destroy(facts);
    arena_destroy(arena);
    return 0;
}
