#include "server/ingest/kafka_private.h"

#include "base/check.h"
#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

enum { FACTS_A_TURN = 16384, TAKE_FIRST = 256, BOUNDS_MS = 1000, BEHIND_RECORDS = 5000 };

/* --- stopping ------------------------------------------------------------------------------------ */

void kafka_source_end(struct kafka_source *source, const struct kafka_partition *partition, const char *why)
{
    if (source->ended)
        return;
    source->ended = true;
    log_error("kafka", "%s partition %d: %s. Nothing more is taken, so that nothing is counted wrong: move this store aside and start "
                       "with an empty one, or give the topics another name", source->options.topics[partition->topic],
              partition->at.partition, why);
    source->options.stop(source->options.owner, ERR_FORMAT);
}

/* --- records ------------------------------------------------------------------------------------- */

/* What was not there any more: said, and kept until the next record tells when it ends. */
void kafka_source_gap(struct kafka_source *source, struct kafka_partition *partition, int64_t to)
{
    instant wall = clock_wall();
    struct partition_gap gap = {
        .topic = bytes_from_text(source->options.topics[partition->topic]),
        .partition = partition->at.partition,
        .from_offset = partition->at.next,
        .to_offset = to,
        .from = partition->at.anchor_offset >= 0 ? partition->at.anchor_at : INSTANT_NONE,
        .to = INSTANT_NONE,
        .at = wall,
    };
    log_error("kafka", "%s partition %d: offsets %lld to %lld were deleted before they were read: a gap, see /api/v1/gaps",
              source->options.topics[partition->topic], partition->at.partition, (long long)gap.from_offset, (long long)to - 1);
    ingest_gap(source->options.ingest, &gap);
    partition->gap_from = gap.from_offset;
    partition->gap_begin = gap.from;
    partition->gap_at = wall;
    partition->at.next = to;
    partition->at.anchor_offset = -1;
    partition->checking = false;
    kafka_source_keep(source, partition);
}

/* The first record behind a gap tells when it ended. */
static void end_gap(struct kafka_source *source, struct kafka_partition *partition, const struct kafka_record *record)
{
    ingest_gap(source->options.ingest, &(struct partition_gap){
                                           .topic = bytes_from_text(source->options.topics[partition->topic]),
                                           .partition = partition->at.partition,
                                           .from_offset = partition->gap_from,
                                           .to_offset = partition->at.next,
                                           .from = partition->gap_begin,
                                           .to = record->timestamp_ms >= 0 ? record->timestamp_ms : INSTANT_NONE,
                                           .at = partition->gap_at,
                                       });
    partition->gap_from = -1;
}

void kafka_source_keep(struct kafka_source *source, struct kafka_partition *partition)
{
    struct partition_position position = partition->at;
    position.topic = bytes_from_text(source->options.topics[partition->topic]);
    position.high = partition->high_seen > position.next ? partition->high_seen : position.next;
    partition->known = true;
    ingest_position(source->options.ingest, &position);
}

static void take_failure(struct kafka_source *source, struct kafka_partition *partition, const struct kafka_record *record)
{
    if (record->kind == KAFKA_OUT_OF_RANGE) {
        partition->lost = true; /* silent until it is assigned again; the survey says what is there */
        kafka_survey_kick(source->survey);
        return;
    }
    if (record->err != ERR_DAMAGED)
        return; /* the door said it; the library tries again */
    log_error("kafka", "%s partition %d offset %lld: %s", record->topic, record->partition, (long long)record->offset, record->why);
    kafka_source_gap(source, partition, partition->at.next + 1);
    partition->lost = true;
    kafka_survey_kick(source->survey);
}

static void take_record(struct kafka_source *source, const struct kafka_record *record)
{
    struct kafka_partition *partition = source->assigned[record->slot];
    bool skip = false;
    if (record->kind != KAFKA_RECORD) {
        take_failure(source, partition, record);
        return;
    }
    if (partition->held)
        return; /* read again when it goes on */
    if (partition->checking && !partition_compare(partition, record, &skip)) {
        kafka_source_end(source, partition, "the record that was read last is not there any more, another one stands in its place: the topic was made anew");
        return;
    }
    if (skip || record->offset < partition->at.next)
        return;
    if (partition->gap_from >= 0)
        end_gap(source, partition, record);
    int64_t next = record->offset + 1;
    uint64_t before = source->facts;
    if (partition->topic == KAFKA_CLOSES) {
        (void)kafka_source_take_mark(source, partition, record);
        next = source->options.close_record(source->options.close_owner, record);
    } else if (partition->topic == KAFKA_DEAD) {
        kafka_dead_take(source->options.ingest, record, source->arena);
    } else if (partition->topic == KAFKA_CURSORS) {
        replica_take(kafka_marks_replica(source->marks), record->key, record->value);
    } else {
        kafka_source_take_facts(source, partition, record);
    }
    partition->read = record->offset + 1;
    partition->at.records++;
    partition->at.facts += partition->topic != KAFKA_FACTS && partition->topic != KAFKA_OBJECTS ? 1 : source->facts - before;
    if (next <= partition->at.next)
        return; /* parts of a close that is not whole yet */
    partition->at.next = next;
    if (next == record->offset + 1) {
        partition->last = record;
        partition->at.anchor_offset = record->offset;
        partition->at.anchor_at = record->timestamp_ms;
    } else {
        partition->at.anchor_offset = -1;
    }
    if (!partition->touched) {
        partition->touched = true;
        source->touched[source->touched_count++] = partition;
    }
}

/* One hash a partition and take, of its last record, not one a record. */
static void settle(struct kafka_source *source)
{
    for (size_t i = 0; i < source->touched_count; i++) {
        struct kafka_partition *partition = source->touched[i];
        if (partition->last)
            partition->at.anchor_hash = partition_record_hash(partition->last);
        partition->last = NULL;
        partition->touched = false;
        kafka_source_keep(source, partition);
    }
    source->touched_count = 0;
}

/* True when every partition of the topic has been read to where it ended when it was first seen. */
static bool at_goal(const struct kafka_source *source, enum kafka_topic topic)
{
    bool any = false;
    for (size_t i = 0; i < source->partition_count; i++) {
        const struct kafka_partition *partition = source->partitions[i];
        if (partition->topic != topic)
            continue;
        any = true;
        if (partition->lost || partition->checking || partition->read < partition->goal)
            return false;
    }
    return any;
}

static void look_at_goals(struct kafka_source *source)
{
    if (!source->objects_read && at_goal(source, KAFKA_OBJECTS)) {
        source->objects_read = true;
        log_info("kafka", "%s is read to its end: going on with %s", source->options.topics[KAFKA_OBJECTS], source->options.topics[KAFKA_FACTS]);
        kafka_source_assign(source);
    }
    source->closes_read = source->closes_read || at_goal(source, KAFKA_CLOSES);
    source->facts_read = source->facts_read || (source->objects_read && at_goal(source, KAFKA_FACTS));
}

/* A record may hold 500 facts or one: as many as fill a turn are taken at once. */
bool kafka_source_take(struct kafka_source *source, int64_t until_us, uint64_t *facts)
{
    kafka_source_look(source);
    while (!source->ended && source->consumer && source->readable) {
        size_t count = kafka_consumer_take(source->consumer, source->records, source->take);
        if (count == 0) {
            source->readable = false;
            break;
        }
        uint64_t before = source->facts;
        for (size_t i = 0; i < count && !source->ended; i++)
            take_record(source, &source->records[i]);
        ingest_rest(source->options.ingest); /* before the arena goes, and before anything is flushed */
        settle(source);
        arena_reset(source->arena);
        *facts += source->facts - before;
        uint64_t a_record = (source->facts - before) / count + 1;
        source->take = FACTS_A_TURN / a_record < 16 ? 16 : FACTS_A_TURN / a_record > KAFKA_TAKE_MAX ? KAFKA_TAKE_MAX : FACTS_A_TURN / a_record;
        if (source->assign_again) /* what lies there is of the old assignment */
            kafka_source_assign(source);
        if (kafka_source_wants_flush(source) || clock_mono_us() >= until_us)
            break;
    }
    if (!source->ended && source->consumer) {
        look_at_goals(source);
        if (kafka_marks_poll(source->marks, source->partitions, source->partition_count, kafka_source_caught_up(source)))
            kafka_source_assign(source);
    }
    return source->readable && !source->ended;
}

bool kafka_source_behind(const struct kafka_source *source)
{
    int64_t left = 0;
    for (size_t i = 0; i < source->assigned_count && !source->ended; i++) {
        const struct kafka_partition *partition = source->assigned[i];
        int64_t low, high;
        kafka_consumer_bounds(source->consumer, i, &low, &high);
        left += high > partition->read ? high - partition->read : 0;
    }
    return left >= BEHIND_RECORDS;
}

bool kafka_source_wants_flush(const struct kafka_source *source)
{
    return !source->ended && kafka_marks_complete(source->marks);
}

void kafka_source_flushed(struct kafka_source *source)
{
    if (!kafka_source_wants_flush(source))
        return;
    kafka_marks_flushed(source->marks, source->partitions, source->partition_count);
    kafka_source_assign(source);
}

struct replica_counts kafka_source_marks(const struct kafka_source *source)
{
    return replica_counts(kafka_marks_replica(source->marks));
}

/* High offsets move while nothing is taken: the lag is looked at once a second. */
void kafka_source_before_flush(struct kafka_source *source)
{
    int64_t now = clock_mono_us();
    if (source->ended || !source->consumer || now - source->bounds_us < BOUNDS_MS * 1000)
        return;
    source->bounds_us = now;
    for (size_t i = 0; i < source->assigned_count; i++) {
        struct kafka_partition *partition = source->assigned[i];
        int64_t low, high;
        kafka_consumer_bounds(source->consumer, i, &low, &high);
        if (partition->known && high > partition->high_seen) {
            partition->high_seen = high;
            if (high > partition->at.next)
                kafka_source_keep(source, partition);
        }
    }
}

bool kafka_source_ready(const struct kafka_source *source)
{
    return source->objects_read && source->closes_read && !source->ended;
}

bool kafka_source_caught_up(const struct kafka_source *source)
{
    return kafka_source_ready(source) && source->facts_read;
}

/* --- opening ------------------------------------------------------------------------------------- */

/* The descriptor is an eventfd: read here, so that it does not call again and again while the pump is held. */
static void on_readable(void *owner)
{
    struct kafka_source *source = owner;
    uint64_t count;
    while (read(kafka_consumer_fd(source->consumer), &count, sizeof count) == sizeof count)
        ;
    source->readable = true;
    source->options.wake(source->options.owner);
}

static void survey_wake(void *owner)
{
    loop_wake(((struct kafka_source *)owner)->wake);
}

static void on_survey(void *owner)
{
    struct kafka_source *source = owner;
    source->options.wake(source->options.owner); /* taken up in kafka_source_take(), not between */
}

/* Thread: the survey's, which knows how many brokers there are only when it asks. */
static void compare_settings(void *owner, struct kafka_admin *admin, int topic, struct arena *arena, struct buffer *differences)
{
    static const enum topic plans[KAFKA_TOPICS] = {[KAFKA_FACTS] = TOPIC_FACTS, [KAFKA_OBJECTS] = TOPIC_OBJECTS, [KAFKA_CLOSES] = TOPIC_CLOSES,
                                                   [KAFKA_DEAD] = TOPIC_DEAD, [KAFKA_CURSORS] = TOPIC_CURSORS};
    const struct kafka_source *source = owner;
    struct topic_plan plan;
    int brokers;
    if (kafka_admin_brokers(admin, &brokers) != ERR_OK)
        return;
    topic_plan(source->options.rules, plans[topic], brokers, arena, &plan);
    if (topic_compare(admin, &plan, arena, differences) != ERR_OK)
        buffer_clear(differences); /* who may read but not describe is told nothing */
}

static void create_marks(struct kafka_source *source)
{
    const struct settings *rules = source->options.rules;
    char instance[INSTANCE_BYTES_MAX];
    replica_name(rules ? rules->store.dir : ".", instance);
    source->marks = kafka_marks_create(&(struct kafka_marks_options){
        .loop = source->options.loop,
        .db = source->options.db,
        .ingest = source->options.ingest,
        .tell = source->tell,
        .topics = source->options.topics,
        .instance = instance,
        .seconds = rules ? rules->kafka.mark_seconds : 0,
    });
}

enum err kafka_source_create(const struct kafka_source_options *options, struct kafka_source **out)
{
    struct kafka_source *source = memory_alloc_zero(1, sizeof *source);
    struct kafka_survey_options survey = {.settings = options->settings, .wake = survey_wake, .owner = source};
    source->options = *options;
    survey.compare = options->rules ? compare_settings : NULL;
    source->arena = arena_create();
    source->records = memory_alloc(KAFKA_TAKE_MAX * sizeof *source->records);
    source->take = TAKE_FIRST;
    source->wake = loop_wake_create(options->loop, on_survey, source);
    for (int i = 0; i < KAFKA_TOPICS; i++)
        survey.topics[i] = options->topics[i];
    enum err err = kafka_consumer_create(options->settings, &source->consumer);
    if (err == ERR_OK) {
        source->watch = loop_watch_create(options->loop, kafka_consumer_fd(source->consumer), on_readable, source);
        err = kafka_tell_create(options->loop, options->settings, &source->tell);
    }
    if (err == ERR_OK) {
        create_marks(source);
        err = kafka_survey_create(&survey, &source->survey);
    }
    if (err != ERR_OK) {
        kafka_source_destroy(source);
        source = NULL;
    }
    *out = source;
    return err;
}

void kafka_source_destroy(struct kafka_source *source)
{
    if (!source)
        return;
    kafka_survey_destroy(source->survey);
    loop_watch_destroy(source->watch);
    loop_wake_destroy(source->wake);
    kafka_marks_destroy(source->marks);
    kafka_tell_destroy(source->tell);
    kafka_consumer_destroy(source->consumer);
    for (size_t i = 0; i < source->partition_count; i++)
        free(source->partitions[i]);
    free(source->partitions);
    free(source->assigned);
    free(source->touched);
    free(source->records);
    arena_destroy(source->arena);
    free(source);
}
