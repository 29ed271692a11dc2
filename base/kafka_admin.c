#include "base/kafka_private.h"

#include "base/check.h"
#include "base/instant.h"

#include <stdlib.h>

enum { RETRY_MS = 100, UNKNOWN_MS = 500 };

struct kafka_admin {
    struct kafka_watch watch;
    rd_kafka_t *rk;
    int timeout_ms;
    char why[KAFKA_TEXT_BYTES];
};

enum err kafka_admin_create(const struct kafka_settings *settings, int timeout_ms, struct kafka_admin **admin)
{
    enum err err;
    struct kafka_admin *made = memory_alloc_zero(1, sizeof *made);
    *admin = NULL;
    made->timeout_ms = timeout_ms;
    kafka_watch_open(&made->watch, "admin", settings->brokers);
    made->watch.silent = true; /* each call says why it failed */
    rd_kafka_conf_t *conf = kafka_conf(settings, &made->watch, &err);
    if (conf)
        made->rk = kafka_new(RD_KAFKA_PRODUCER, conf, &made->watch, &err);
    if (err != ERR_OK)
        kafka_admin_destroy(made);
    else
        *admin = made;
    return err;
}

void kafka_admin_destroy(struct kafka_admin *admin)
{
    if (!admin)
        return;
    if (admin->rk)
        rd_kafka_destroy(admin->rk);
    kafka_watch_close(&admin->watch);
    free(admin);
}

const char *kafka_admin_why(const struct kafka_admin *admin)
{
    return admin->why;
}

/* The outcome of a call: its code, and the sentence unless all is well.  A call that got no answer because no broker
 * lets us in says why that is. */
static enum err finish(struct kafka_admin *admin, rd_kafka_resp_err_t code, const char *detail)
{
    rd_kafka_poll(admin->rk, 0); /* what error_cb has to say */
    admin->why[0] = 0;
    if (!code)
        return ERR_OK;
    if (kafka_err(code) == ERR_AWAY && admin->watch.trouble.err != ERR_OK) {
        memcpy(admin->why, admin->watch.text, sizeof admin->why);
        return admin->watch.trouble.err;
    }
    kafka_sentence(&admin->watch, code, detail, admin->why);
    return kafka_err(code);
}

/* While the library waits for an answer nobody polls: a wrong password would look like an absent broker.  So the first
 * contact is made in short steps. */
static enum err reach(struct kafka_admin *admin, int64_t until_us)
{
    const struct rd_kafka_metadata *metadata;
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_metadata(admin->rk, 0, NULL, &metadata, RETRY_MS * 5);
        if (!code) {
            rd_kafka_metadata_destroy(metadata);
            if (admin->watch.trouble.err != ERR_OK)
                kafka_watch_clear(&admin->watch);
            return ERR_OK;
        }
        rd_kafka_poll(admin->rk, 0);
        if (admin->watch.trouble.err == ERR_SETTINGS || clock_mono_us() >= until_us || kafka_err(code) != ERR_AWAY)
            return finish(admin, code, NULL);
        rd_kafka_poll(admin->rk, RETRY_MS);
    }
}

static int left_ms(int64_t until_us)
{
    int64_t left = (until_us - clock_mono_us()) / 1000;
    return left < 1 ? 1 : (int)left;
}

#define BEGIN(admin)                                                                               \
    int64_t until = clock_mono_us() + (int64_t)(admin)->timeout_ms * 1000;                         \
    enum err err = reach((admin), until);                                                          \
    if (err != ERR_OK)                                                                             \
    return err

enum err kafka_admin_cluster_id(struct kafka_admin *admin, struct arena *arena, const char **id)
{
    BEGIN(admin);
    char *found = rd_kafka_clusterid(admin->rk, left_ms(until));
    if (!found)
        return finish(admin, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL);
    *id = arena_text(arena, bytes_from_text(found));
    rd_kafka_mem_free(admin->rk, found);
    return finish(admin, RD_KAFKA_RESP_ERR_NO_ERROR, NULL);
}

enum err kafka_admin_brokers(struct kafka_admin *admin, int *count)
{
    const struct rd_kafka_metadata *metadata;
    BEGIN(admin);
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->rk, 0, NULL, &metadata, left_ms(until));
    if (!code) {
        *count = metadata->broker_cnt;
        rd_kafka_metadata_destroy(metadata);
    }
    return finish(admin, code, NULL);
}

static int least_copies(const rd_kafka_metadata_topic_t *topic)
{
    int least = 0;
    for (int i = 0; i < topic->partition_cnt; i++)
        if (i == 0 || topic->partitions[i].replica_cnt < least)
            least = topic->partitions[i].replica_cnt;
    return least;
}

/* Of a topic that was just made the broker asked may not know yet, and it may have no leader: asked again for a while. */
static enum err ask_topic(struct kafka_admin *admin, const char *topic, int32_t *count, int *copies)
{
    const struct rd_kafka_metadata *metadata;
    BEGIN(admin);
    int64_t unknown_until = clock_mono_us() + UNKNOWN_MS * 1000;
    for (;;) {
        rd_kafka_topic_t *handle = rd_kafka_topic_new(admin->rk, topic, NULL);
        if (!handle)
            return finish(admin, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, topic);
        rd_kafka_resp_err_t code = rd_kafka_metadata(admin->rk, 0, handle, &metadata, left_ms(until));
        rd_kafka_topic_destroy(handle);
        if (code)
            return finish(admin, code, NULL);
        check(metadata->topic_cnt == 1);
        code = metadata->topics[0].err;
        *count = metadata->topics[0].partition_cnt;
        *copies = least_copies(&metadata->topics[0]);
        rd_kafka_metadata_destroy(metadata);
        bool wait = (code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                     (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && clock_mono_us() < unknown_until)) &&
                    left_ms(until) > RETRY_MS;
        if (!wait)
            return finish(admin, code, topic);
        rd_kafka_poll(admin->rk, RETRY_MS);
    }
}

enum err kafka_admin_partitions(struct kafka_admin *admin, const char *topic, int32_t *count)
{
    int copies;
    return ask_topic(admin, topic, count, &copies);
}

enum err kafka_admin_copies(struct kafka_admin *admin, const char *topic, int *copies)
{
    int32_t count;
    return ask_topic(admin, topic, &count, copies);
}

enum err kafka_admin_watermarks(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t *low, int64_t *high)
{
    BEGIN(admin);
    return finish(admin, rd_kafka_query_watermark_offsets(admin->rk, topic, partition, low, high, left_ms(until)), topic);
}

enum err kafka_admin_offset_at(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t time_ms, int64_t *offset)
{
    BEGIN(admin);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *entry = rd_kafka_topic_partition_list_add(list, topic, partition);
    entry->offset = time_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(admin->rk, list, left_ms(until));
    if (!code)
        code = entry->err;
    *offset = entry->offset;
    rd_kafka_topic_partition_list_destroy(list);
    err = finish(admin, code, topic);
    if (err == ERR_OK && *offset < 0) {
        int64_t low;
        err = kafka_admin_watermarks(admin, topic, partition, &low, offset);
    }
    return err;
}

/* --- requests with an answer of their own --- */

struct request {
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
};

static struct request request_begin(struct kafka_admin *admin, rd_kafka_admin_op_t op, int64_t until)
{
    char why[KAFKA_TEXT_BYTES];
    struct request request = {rd_kafka_queue_new(admin->rk), rd_kafka_AdminOptions_new(admin->rk, op)};
    check(!rd_kafka_AdminOptions_set_request_timeout(request.options, left_ms(until), why, sizeof why));
    return request;
}

/* NULL: no answer in time.  The caller destroys the event. */
static rd_kafka_event_t *request_wait(struct request *request, int64_t until)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(request->queue, left_ms(until) + RETRY_MS);
    rd_kafka_AdminOptions_destroy(request->options);
    rd_kafka_queue_destroy(request->queue);
    return event;
}

/* The code of the event as a whole, or of its one topic. */
static enum err request_end(struct kafka_admin *admin, rd_kafka_event_t *event, const rd_kafka_topic_result_t *result)
{
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const char *detail = event && code ? rd_kafka_event_error_string(event) : NULL;
    if (!code && result) {
        code = rd_kafka_topic_result_error(result);
        detail = rd_kafka_topic_result_error_string(result);
    }
    enum err err = finish(admin, code, detail);
    if (event)
        rd_kafka_event_destroy(event);
    return err;
}

enum err kafka_admin_create_topic(struct kafka_admin *admin, const char *topic, int32_t partitions, int replication, const struct kafka_option *options,
                                  size_t option_count)
{
    char why[KAFKA_TEXT_BYTES];
    const rd_kafka_topic_result_t **results = NULL;
    size_t count = 0;
    BEGIN(admin);
    rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(topic, partitions, replication, why, sizeof why);
    if (!wanted)
        return finish(admin, RD_KAFKA_RESP_ERR__INVALID_ARG, why);
    for (size_t i = 0; i < option_count; i++)
        check(!rd_kafka_NewTopic_set_config(wanted, options[i].name, options[i].value));
    struct request request = request_begin(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS, until);
    rd_kafka_CreateTopics(admin->rk, &wanted, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_wait(&request, until);
    rd_kafka_NewTopic_destroy(wanted);
    if (event && rd_kafka_event_CreateTopics_result(event))
        results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    return request_end(admin, event, count ? results[0] : NULL);
}

enum err kafka_admin_grow_topic(struct kafka_admin *admin, const char *topic, int32_t partitions)
{
    char why[KAFKA_TEXT_BYTES];
    const rd_kafka_topic_result_t **results = NULL;
    size_t count = 0;
    BEGIN(admin);
    rd_kafka_NewPartitions_t *wanted = rd_kafka_NewPartitions_new(topic, (size_t)partitions, why, sizeof why);
    if (!wanted)
        return finish(admin, RD_KAFKA_RESP_ERR__INVALID_ARG, why);
    struct request request = request_begin(admin, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, until);
    rd_kafka_CreatePartitions(admin->rk, &wanted, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_wait(&request, until);
    rd_kafka_NewPartitions_destroy(wanted);
    if (event && rd_kafka_event_CreatePartitions_result(event))
        results = rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
    return request_end(admin, event, count ? results[0] : NULL);
}

enum err kafka_admin_delete_topic(struct kafka_admin *admin, const char *topic)
{
    const rd_kafka_topic_result_t **results = NULL;
    size_t count = 0;
    BEGIN(admin);
    rd_kafka_DeleteTopic_t *wanted = rd_kafka_DeleteTopic_new(topic);
    struct request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DELETETOPICS, until);
    rd_kafka_DeleteTopics(admin->rk, &wanted, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_wait(&request, until);
    rd_kafka_DeleteTopic_destroy(wanted);
    if (event && rd_kafka_event_DeleteTopics_result(event))
        results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    return request_end(admin, event, count ? results[0] : NULL);
}

enum err kafka_admin_delete_records(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t before)
{
    BEGIN(admin);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = before;
    rd_kafka_DeleteRecords_t *wanted = rd_kafka_DeleteRecords_new(list);
    struct request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DELETERECORDS, until);
    rd_kafka_DeleteRecords(admin->rk, &wanted, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_wait(&request, until);
    rd_kafka_DeleteRecords_destroy(wanted);
    rd_kafka_topic_partition_list_destroy(list);
    const rd_kafka_DeleteRecords_result_t *result = event ? rd_kafka_event_DeleteRecords_result(event) : NULL;
    if (result && !rd_kafka_event_error(event)) {
        const rd_kafka_topic_partition_list_t *offsets = rd_kafka_DeleteRecords_result_offsets(result);
        rd_kafka_resp_err_t code = offsets->cnt == 1 ? offsets->elems[0].err : RD_KAFKA_RESP_ERR__FAIL;
        rd_kafka_event_destroy(event);
        return finish(admin, code, topic);
    }
    return request_end(admin, event, NULL);
}

/* Copies the settings of the one topic asked for. */
static void copy_options(const rd_kafka_ConfigResource_t *resource, struct arena *arena, const struct kafka_option **options, size_t *count)
{
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, count);
    struct kafka_option *copy = arena_alloc(arena, (*count ? *count : 1) * sizeof *copy);
    for (size_t i = 0; i < *count; i++) {
        copy[i].name = arena_text(arena, bytes_from_text(rd_kafka_ConfigEntry_name(entries[i])));
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        copy[i].value = value ? arena_text(arena, bytes_from_text(value)) : "";
    }
    *options = copy;
}

enum err kafka_admin_describe_topic(struct kafka_admin *admin, const char *topic, struct arena *arena, const struct kafka_option **options, size_t *count)
{
    const rd_kafka_ConfigResource_t **resources = NULL;
    size_t resource_count = 0;
    *count = 0;
    BEGIN(admin);
    rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    struct request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, until);
    rd_kafka_DescribeConfigs(admin->rk, &wanted, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_wait(&request, until);
    rd_kafka_ConfigResource_destroy(wanted);
    if (event && rd_kafka_event_DescribeConfigs_result(event))
        resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &resource_count);
    if (resource_count && rd_kafka_ConfigResource_error(resources[0])) {
        err = finish(admin, rd_kafka_ConfigResource_error(resources[0]), rd_kafka_ConfigResource_error_string(resources[0]));
        rd_kafka_event_destroy(event);
        return err;
    }
    if (resource_count)
        copy_options(resources[0], arena, options, count);
    return request_end(admin, event, NULL);
}
