#include "server/ingest/kafka_survey.h"

#include "base/check.h"
#include "base/instant.h"

#include <pthread.h>
#include <stdlib.h>

enum { ASK_MS = 8000 };

struct kafka_survey {
    struct kafka_survey_options options;
    struct kafka_admin *admin; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopped, kicked, started;
    struct arena *arena; /* of found */
    struct survey found; /* number 0: none yet */
    uint64_t taken;
};

static void ask_topic(struct kafka_survey *survey, const char *name, struct arena *arena, struct survey_topic *topic)
{
    topic->err = kafka_admin_partitions(survey->admin, name, &topic->partitions);
    if (topic->err == ERR_OK && topic->partitions > SURVEY_PARTITIONS_MAX)
        topic->partitions = SURVEY_PARTITIONS_MAX;
    if (topic->err != ERR_OK)
        topic->partitions = 0;
    struct survey_bounds *bounds = arena_alloc(arena, ((size_t)topic->partitions + 1) * sizeof *bounds);
    for (int32_t i = 0; i < topic->partitions && topic->err == ERR_OK; i++)
        topic->err = kafka_admin_watermarks(survey->admin, name, i, &bounds[i].low, &bounds[i].high);
    topic->bounds = bounds;
    topic->why = topic->err == ERR_OK ? "" : arena_printf(arena, "%s", kafka_admin_why(survey->admin));
}

static void ask_settings(struct kafka_survey *survey, int number, struct arena *arena, struct survey_topic *topic)
{
    struct buffer differences = {0};
    if (topic->err == ERR_OK && survey->options.compare)
        survey->options.compare(survey->options.owner, survey->admin, number, arena, &differences);
    topic->differences = differences.len ? arena_text(arena, buffer_bytes(&differences)) : "";
    buffer_free(&differences);
}

static void ask(struct kafka_survey *survey, struct arena *arena, struct survey *found)
{
    *found = (struct survey){.why = ""};
    found->err = kafka_admin_cluster_id(survey->admin, arena, &found->cluster);
    for (int i = 0; found->err == ERR_OK && i < SURVEY_TOPICS_MAX && survey->options.topics[i]; i++) {
        ask_topic(survey, survey->options.topics[i], arena, &found->topics[i]);
        ask_settings(survey, i, arena, &found->topics[i]);
        if (found->topics[i].err == ERR_AWAY) {
            found->err = ERR_AWAY;
            found->why = found->topics[i].why;
            return;
        }
    }
    if (found->err != ERR_OK)
        found->why = arena_printf(arena, "%s", kafka_admin_why(survey->admin));
}

/* Waits for the next time; false: the end. */
static bool rest(struct kafka_survey *survey, bool failed)
{
    struct timespec until;
    int64_t ms = failed ? SURVEY_RETRY_MS : SURVEY_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    pthread_mutex_lock(&survey->lock);
    while (!survey->stopped && !survey->kicked && pthread_cond_timedwait(&survey->wake, &survey->lock, &until) == 0)
        ;
    survey->kicked = false;
    bool stopped = survey->stopped;
    pthread_mutex_unlock(&survey->lock);
    return !stopped;
}

static void *run(void *owner)
{
    struct kafka_survey *survey = owner;
    bool failed;
    uint64_t number = 0;
    do {
        struct arena *arena = arena_create(), *old;
        struct survey found;
        ask(survey, arena, &found);
        failed = found.err != ERR_OK;
        found.number = ++number;
        for (int i = 0; i < SURVEY_TOPICS_MAX; i++)
            failed = failed || found.topics[i].err != ERR_OK;
        pthread_mutex_lock(&survey->lock);
        old = survey->arena;
        survey->arena = arena;
        survey->found = found;
        pthread_mutex_unlock(&survey->lock);
        arena_destroy(old);
        survey->options.wake(survey->options.owner);
    } while (rest(survey, failed));
    return NULL;
}

bool kafka_survey_take(struct kafka_survey *survey, struct arena *arena, struct survey *out)
{
    pthread_mutex_lock(&survey->lock);
    bool news = survey->found.number > survey->taken;
    if (news) {
        *out = survey->found;
        survey->taken = survey->found.number;
        out->why = arena_printf(arena, "%s", out->why);
        out->cluster = out->cluster ? arena_printf(arena, "%s", out->cluster) : NULL;
        for (int i = 0; i < SURVEY_TOPICS_MAX; i++) {
            struct survey_topic *topic = &out->topics[i];
            topic->why = topic->why ? arena_printf(arena, "%s", topic->why) : "";
            topic->differences = topic->differences ? arena_printf(arena, "%s", topic->differences) : "";
            if (topic->bounds)
                topic->bounds = (const struct survey_bounds *)(const void *)
                    arena_copy(arena, bytes_of((const uint8_t *)topic->bounds, (size_t)topic->partitions * sizeof *topic->bounds)).data;
        }
    }
    pthread_mutex_unlock(&survey->lock);
    return news;
}

void kafka_survey_kick(struct kafka_survey *survey)
{
    pthread_mutex_lock(&survey->lock);
    survey->kicked = true;
    pthread_cond_signal(&survey->wake);
    pthread_mutex_unlock(&survey->lock);
}

enum err kafka_survey_create(const struct kafka_survey_options *options, struct kafka_survey **out)
{
    struct kafka_survey *survey = memory_alloc_zero(1, sizeof *survey);
    pthread_condattr_t attr;
    survey->options = *options;
    pthread_mutex_init(&survey->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&survey->wake, &attr);
    pthread_condattr_destroy(&attr);
    enum err err = kafka_admin_create(options->settings, ASK_MS, &survey->admin);
    if (err == ERR_OK) {
        check(pthread_create(&survey->thread, NULL, run, survey) == 0);
        survey->started = true;
    } else {
        kafka_survey_destroy(survey);
        survey = NULL;
    }
    *out = survey;
    return err;
}

void kafka_survey_destroy(struct kafka_survey *survey)
{
    if (!survey)
        return;
    if (survey->started) {
        pthread_mutex_lock(&survey->lock);
        survey->stopped = true;
        pthread_cond_signal(&survey->wake);
        pthread_mutex_unlock(&survey->lock);
        pthread_join(survey->thread, NULL);
    }
    kafka_admin_destroy(survey->admin);
    arena_destroy(survey->arena);
    pthread_cond_destroy(&survey->wake);
    pthread_mutex_destroy(&survey->lock);
    free(survey);
}
