#include "server/ingest/kafka_marks.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HOLD_MS = 5000,   /* from a mark's first partition to its last, before it is given up */
    COST_SHARE = 50,  /* a digest rests so many times what it cost: two percent of a core at most */
    RANDOM_SHARE = 2, /* of the time between marks: instances do not write them all at once */
};

/* A digest being made. */
struct job {
    struct db_txn *txn;
    struct loop_wake *wake;
    pthread_t thread;
    struct digest digest;
    char id[FACT_MARK_ID_BYTES_MAX + 1];
    instant at; /* the mark's */
    int64_t begun_us, cost_us;
    enum err err;
};

struct kafka_marks {
    struct kafka_marks_options options;
    struct loop_wake *wake;
    struct replica *replica;
    struct job *job;
    char id[FACT_MARK_ID_BYTES_MAX + 1]; /* the mark that is waited for; "": none */
    instant at;
    int64_t since_us;   /* monotonic: when its first partition reached it */
    bool complete;
    int64_t rest_us;    /* monotonic: before then no mark is waited for */
    int64_t due_us;     /* monotonic: when one is to be written */
};

/* --- the digest ---------------------------------------------------------------------------------- */

static void *work(void *owner)
{
    struct job *job = owner;
    job->err = digest_make(job->txn, &job->digest);
    job->cost_us = clock_mono_us() - job->begun_us;
    db_abort(job->txn);
    loop_wake(job->wake);
    return NULL;
}

static void finish_job(void *owner)
{
    struct kafka_marks *marks = owner;
    struct job *job = marks->job;
    struct buffer key = {0}, value = {0};
    if (!job)
        return;
    pthread_join(job->thread, NULL);
    marks->job = NULL;
    marks->rest_us = clock_mono_us() + job->cost_us * COST_SHARE;
    if (job->err == ERR_OK) {
        replica_stands(marks->replica, &(struct fact_mark){.id = bytes_from_text(job->id), .at = job->at}, &job->digest, &key, &value);
        kafka_tell(marks->options.tell, "what this instance holds at a mark", marks->options.topics[KAFKA_CURSORS], 0, buffer_bytes(&key), buffer_bytes(&value));
        log_debug("replica", "mark %s: %.*s", job->id, (int)value.len, (const char *)value.data);
    } else {
        log_once(LOG_ERROR, "replica", "digest", "the store's digest could not be made: %s", err_text(job->err));
    }
    buffer_free(&key);
    buffer_free(&value);
    free(job);
}

static void release(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count)
{
    marks->id[0] = 0;
    marks->complete = false;
    for (size_t i = 0; i < count; i++)
        partitions[i]->held = false;
}

void kafka_marks_flushed(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count)
{
    if (!marks->complete)
        return;
    struct job *job = memory_alloc_zero(1, sizeof *job);
    *job = (struct job){.wake = marks->wake, .at = marks->at, .begun_us = clock_mono_us()};
    memcpy(job->id, marks->id, sizeof job->id);
    if (db_begin_read(marks->options.db, &job->txn) == ERR_OK) {
        marks->job = job;
        check(pthread_create(&job->thread, NULL, work, job) == 0);
    } else {
        free(job);
    }
    release(marks, partitions, count);
}

/* --- reading ------------------------------------------------------------------------------------- */

static bool takes_marks(const struct kafka_partition *partition)
{
    return partition->topic == KAFKA_FACTS || partition->topic == KAFKA_OBJECTS || partition->topic == KAFKA_CLOSES;
}

/* May everything still come to stand at this mark? */
static bool within_reach(struct kafka_partition *const *partitions, size_t count, const struct kafka_partition *partition, const struct fact_mark *mark)
{
    int64_t of_topic = 0;
    for (size_t i = 0; i < count; i++) {
        const struct kafka_partition *other = partitions[i];
        of_topic += other->topic == partition->topic;
        if (takes_marks(other) && other != partition && (other->lost || other->checking || other->mark_at >= mark->at))
            return false;
    }
    return of_topic == mark->partitions;
}

static bool all_held(struct kafka_partition *const *partitions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (takes_marks(partitions[i]) && !partitions[i]->held)
            return false;
    return true;
}

static void set_due(struct kafka_marks *marks, int64_t now)
{
    uint8_t chance;
    random_fill(&chance, 1);
    int64_t us = (int64_t)marks->options.seconds * 1000000;
    marks->due_us = now + us + us / RANDOM_SHARE * chance / 256;
}

bool kafka_marks_read(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count, struct kafka_partition *partition,
                      const struct fact_mark *mark, bool caught_up)
{
    int64_t now = clock_mono_us();
    bool waited_for = *marks->id && bytes_equal_text(mark->id, marks->id);
    set_due(marks, now);
    bool reach = waited_for || (!*marks->id && caught_up && !marks->job && now >= marks->rest_us && within_reach(partitions, count, partition, mark));
    if (mark->at > partition->mark_at)
        partition->mark_at = mark->at;
    if (!reach)
        return false;
    if (!waited_for) {
        memcpy(marks->id, mark->id.data, mark->id.len);
        marks->id[mark->id.len] = 0;
        marks->at = mark->at;
        marks->since_us = now;
    }
    partition->held = true;
    marks->complete = all_held(partitions, count);
    return true;
}

bool kafka_marks_complete(const struct kafka_marks *marks)
{
    return marks->complete;
}

/* --- writing ------------------------------------------------------------------------------------- */

static void write_mark(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count)
{
    static const enum kafka_topic topics[] = {KAFKA_CLOSES, KAFKA_OBJECTS, KAFKA_FACTS};
    uint8_t chance[12];
    char id[sizeof chance * 2 + 1], key[sizeof id + 10];
    struct buffer value = {0};
    random_fill(chance, sizeof chance);
    hex_text(chance, sizeof chance, id);
    snprintf(key, sizeof key, "mark/%s", id);
    struct fact_mark mark = {.id = bytes_from_text(id), .by = bytes_from_text(replica_instance(marks->replica)), .at = clock_wall()};
    for (size_t t = 0; t < sizeof topics / sizeof *topics; t++) {
        mark.partitions = 0;
        for (size_t i = 0; i < count; i++)
            mark.partitions += partitions[i]->topic == topics[t];
        if (mark.partitions == 0)
            continue;
        buffer_clear(&value);
        fact_record_write_mark(&mark, &value);
        struct bytes with = topics[t] == KAFKA_FACTS ? BYTES_NONE : topics[t] == KAFKA_OBJECTS ? BYTES_LITERAL("mark") : bytes_from_text(key);
        for (int32_t i = 0; i < (int32_t)mark.partitions; i++)
            kafka_tell(marks->options.tell, "marks", marks->options.topics[topics[t]], i, with, buffer_bytes(&value));
    }
    buffer_free(&value);
}

bool kafka_marks_poll(struct kafka_marks *marks, struct kafka_partition *const *partitions, size_t count, bool caught_up)
{
    int64_t now = clock_mono_us();
    if (marks->options.seconds && caught_up && count && now >= marks->due_us) {
        write_mark(marks, partitions, count);
        set_due(marks, now);
    }
    if (!*marks->id || marks->complete || now - marks->since_us < (int64_t)HOLD_MS * 1000)
        return false;
    log_debug("replica", "mark %s did not come in every partition: passed by", marks->id);
    release(marks, partitions, count);
    return true;
}

/* --- begin and end ------------------------------------------------------------------------------- */

struct replica *kafka_marks_replica(struct kafka_marks *marks)
{
    return marks->replica;
}

struct kafka_marks *kafka_marks_create(const struct kafka_marks_options *options)
{
    struct kafka_marks *marks = memory_alloc_zero(1, sizeof *marks);
    marks->options = *options;
    marks->replica = replica_create(options->ingest, options->instance);
    marks->options.instance = NULL;
    marks->wake = loop_wake_create(options->loop, finish_job, marks);
    set_due(marks, clock_mono_us());
    return marks;
}

void kafka_marks_destroy(struct kafka_marks *marks)
{
    if (!marks)
        return;
    if (marks->job)
        pthread_join(marks->job->thread, NULL);
    free(marks->job);
    loop_wake_destroy(marks->wake);
    replica_destroy(marks->replica);
    free(marks);
}
