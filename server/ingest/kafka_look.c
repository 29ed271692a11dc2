/* What the brokers have, held against what we know, and what is read because of it. */
#include "server/ingest/kafka_private.h"

#include "base/check.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

static struct kafka_partition *find(struct kafka_source *source, enum kafka_topic topic, int32_t number)
{
    for (size_t i = 0; i < source->partition_count; i++)
        if (source->partitions[i]->topic == topic && source->partitions[i]->at.partition == number)
            return source->partitions[i];
    return NULL;
}

static struct kafka_partition *add(struct kafka_source *source, enum kafka_topic topic, int32_t number)
{
    struct kafka_partition *partition = memory_alloc_zero(1, sizeof *partition);
    size_t count = source->partition_count + 1;
    struct db_txn *txn;
    source->partitions = memory_resize(source->partitions, count * sizeof(struct kafka_partition *));
    source->assigned = memory_resize(source->assigned, count * sizeof(struct kafka_partition *));
    source->touched = memory_resize(source->touched, count * sizeof(struct kafka_partition *));
    source->partitions[source->partition_count++] = partition;
    *partition = (struct kafka_partition){.topic = topic, .gap_from = -1, .high_seen = -1, .mark_at = -1};
    if (db_begin_read(source->options.db, &txn) == ERR_OK) {
        partition->known = partition_position_get(txn, bytes_from_text(source->options.topics[topic]), number, &partition->at);
        db_abort(txn);
    }
    if (!partition->known)
        partition->at = (struct partition_position){.partition = number, .high = -1, .anchor_offset = -1, .anchor_at = INSTANT_NONE};
    partition->at.topic = BYTES_NONE;
    return partition;
}

/* True when the store has read any partition of the topic: then a new one was added to it, else all is new to us. */
static bool topic_known(const struct kafka_source *source, enum kafka_topic topic)
{
    for (size_t i = 0; i < source->partition_count; i++)
        if (source->partitions[i]->topic == topic && source->partitions[i]->known)
            return true;
    return false;
}

/* False: it must not be read. */
static bool take_up(struct kafka_source *source, struct kafka_partition *partition, struct survey_bounds bounds)
{
    const char *name = source->options.topics[partition->topic];
    enum partition_verdict verdict = partition_take_up(&partition->at, partition->known, bounds);
    partition->lost = false;
    partition->checking = verdict == PARTITION_CHECK;
    switch (verdict) {
    case PARTITION_FROM_START:
        if (bounds.low > 0 && topic_known(source, partition->topic))
            kafka_source_gap(source, partition, bounds.low);
        partition->at.next = bounds.low;
        break;
    case PARTITION_GAP:
        kafka_source_gap(source, partition, bounds.low);
        break;
    case PARTITION_SHORTER:
        kafka_source_end(source, partition, partition_verdict_text(verdict));
        return false;
    case PARTITION_ANCHOR_GONE:
        log_info("kafka", "%s partition %d: %s", name, partition->at.partition, partition_verdict_text(verdict));
        break;
    case PARTITION_GO_ON:
    case PARTITION_CHECK:
        break;
    }
    partition->high_seen = bounds.high;
    return true;
}

/* 1 new: from the store's position · 2 back after its topic was gone: as at the start · 3 out of range · 4 its end went back. */
static bool look_at_partition(struct kafka_source *source, enum kafka_topic topic, int32_t number, struct survey_bounds bounds)
{
    struct kafka_partition *partition = find(source, topic, number);
    bool is_new = !partition;
    if (is_new) {
        partition = add(source, topic, number);
        if (!take_up(source, partition, bounds))
            return false;
        partition->goal = bounds.high;
        partition->read = partition->at.next;
    } else if (source->topic_gone[topic] || partition->lost) {
        if (!take_up(source, partition, bounds))
            return false;
        if (partition->read < partition->at.next)
            partition->read = partition->at.next;
    } else if (bounds.high < partition->high_at_survey) {
        kafka_source_end(source, partition, "its end went back: the topic was made anew");
        return false;
    } else {
        partition->high_at_survey = bounds.high;
        return false;
    }
    partition->high_at_survey = bounds.high;
    return true;
}

/* A topic with other settings is read all the same: what may be lost by them is said before it is. */
static void look_at_settings(const char *name, const char *differences)
{
    char key[300], shown[600];
    snprintf(key, sizeof key, "settings of %s", name);
    snprintf(shown, sizeof shown, "%s", differences);
    size_t len = strlen(shown);
    while (len && shown[len - 1] == '\n')
        shown[--len] = 0;
    for (char *at = shown; (at = strchr(at, '\n'));)
        *at = ';';
    if (*shown)
        log_once(LOG_WARNING, "kafka", key, "topic %s is not as it must be: %s. `seatmeter topics check` names all", name, shown);
    else if (log_clear("kafka", key))
        log_info("kafka", "topic %s is as it must be", name);
}

static void look_at_topic(struct kafka_source *source, enum kafka_topic topic, const struct survey_topic *found)
{
    const char *name = source->options.topics[topic];
    int32_t ours = 0;
    bool changed = false;
    if (found->err != ERR_OK) {
        log_once(LOG_ERROR, "kafka", name, "topic %s: %s%s", name, found->why,
                 found->err == ERR_NOT_FOUND ? "; `seatmeter topics create` makes it. Nothing is read from it until it is there" : "");
        source->topic_gone[topic] = true;
        return;
    }
    if (log_clear("kafka", name))
        log_info("kafka", "topic %s is there", name);
    look_at_settings(name, found->differences);
    for (size_t i = 0; i < source->partition_count; i++)
        ours += source->partitions[i]->topic == topic;
    if (found->partitions < ours) {
        kafka_source_end(source, find(source, topic, ours - 1), "the topic has fewer partitions than were read of it: it was made anew");
        return;
    }
    for (int32_t i = 0; i < found->partitions && !source->ended; i++)
        changed |= look_at_partition(source, topic, i, found->bounds[i]);
    if (!source->ended && ours && found->partitions > ours)
        log_info("kafka", "topic %s has %d partitions now, %d more", name, found->partitions, found->partitions - ours);
    source->topic_gone[topic] = false;
    source->assign_again |= changed;
}

/* The store holds positions of one cluster; those of another mean nothing. */
static bool look_at_cluster(struct kafka_source *source, struct arena *arena, const char *cluster)
{
    struct db_txn *txn;
    struct bytes known;
    if (source->cluster_known)
        return true;
    if (db_begin_read(source->options.db, &txn) != ERR_OK)
        return false;
    bool found = meta_get(txn, "kafka_cluster", arena, &known);
    db_abort(txn);
    if (found && !bytes_equal_text(known, cluster)) {
        log_error("kafka", "these brokers are cluster %s, this store was filled from cluster %.*s: positions of one mean nothing in the other. "
                           "Nothing is taken: name the right brokers, or start with an empty store", cluster, (int)known.len, (const char *)known.data);
        source->ended = true;
        source->options.stop(source->options.owner, ERR_FORMAT);
        return false;
    }
    if (!found) {
        if (db_begin_write(source->options.db, &txn) != ERR_OK)
            return false;
        meta_put(txn, "kafka_cluster", bytes_from_text(cluster));
        if (db_commit(txn) != ERR_OK)
            return false;
    }
    source->cluster_known = true;
    return true;
}

void kafka_source_look(struct kafka_source *source)
{
    struct arena *arena = arena_create();
    struct survey survey;
    if (!source->ended && kafka_survey_take(source->survey, arena, &survey)) {
        if (survey.err != ERR_OK) {
            log_once(LOG_ERROR, "kafka", "survey", "%s; tried again and again", survey.why);
        } else if (look_at_cluster(source, arena, survey.cluster)) {
            if (log_clear("kafka", "survey"))
                log_info("kafka", "the brokers answer");
            for (int i = 0; i < KAFKA_TOPICS && !source->ended; i++)
                look_at_topic(source, (enum kafka_topic)i, &survey.topics[i]);
            if (source->assign_again && !source->ended)
                kafka_source_assign(source);
        }
    }
    arena_destroy(arena);
}

/* `facts` waits for `objects`: who belonged where is known before who was there. */
void kafka_source_hold(struct kafka_source *source, struct kafka_partition *partition)
{
    for (size_t i = 0; i < source->assigned_count; i++)
        if (source->assigned[i] == partition && !partition->paused) {
            partition->paused = true;
            kafka_consumer_pause(source->consumer, i);
        }
}

/* The library keeps a pause across assignments. */
static void resume_all(struct kafka_source *source)
{
    for (size_t i = 0; i < source->assigned_count; i++)
        if (source->assigned[i]->paused) {
            source->assigned[i]->paused = false;
            kafka_consumer_resume(source->consumer, i);
        }
}

void kafka_source_assign(struct kafka_source *source)
{
    resume_all(source);
    struct kafka_position *positions = memory_alloc((source->partition_count + 1) * sizeof *positions);
    size_t count = 0;
    for (size_t i = 0; i < source->partition_count; i++) {
        struct kafka_partition *partition = source->partitions[i];
        if (partition->lost || partition->held || source->topic_gone[partition->topic] || (partition->topic == KAFKA_FACTS && !source->objects_read))
            continue;
        /* What was looked at and not yet let go of stays known to the reader of closes. */
        int64_t start = partition_start(partition);
        positions[count] = (struct kafka_position){source->options.topics[partition->topic], partition->at.partition, start};
        source->assigned[count++] = partition;
    }
    source->assigned_count = count;
    source->assign_again = false;
    source->readable = true;
    if (kafka_consumer_assign(source->consumer, positions, count) != ERR_OK)
        source->assign_again = true; /* logged; the next survey tries again */
    free(positions);
}
