#include "server/ingest/kafka_say.h"

#include "base/check.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

struct saying {
    struct saying *next;
    struct arena *arena;
    struct fact fact;
};

struct kafka_say {
    const struct kafka_sink_options *options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct saying *first, *last;
    struct kafka_sink *sink; /* the one at work, so that the end can stop it */
    bool ends;
};

static void saying_free(struct saying *saying)
{
    arena_destroy(saying->arena);
    free(saying);
}

/* A sink for each: writes are rare, and it knows what stands in the topic when it is opened. */
static void produce(struct kafka_say *say, const struct fact *fact)
{
    struct arena *arena = arena_create();
    struct adapter_sink face;
    struct kafka_sink *sink;
    struct bytes cursor;
    if (kafka_sink_create(say->options, &sink, &face) != ERR_OK) {
        arena_destroy(arena);
        return; /* said; whoever waits is told that it was not folded */
    }
    pthread_mutex_lock(&say->lock);
    say->sink = sink;
    bool ends = say->ends;
    pthread_mutex_unlock(&say->lock);
    enum err err = ends ? ERR_CANCELLED : kafka_sink_open(sink, arena, &cursor);
    if (err == ERR_OK)
        err = face.fact(face.owner, fact);
    if (err == ERR_OK)
        err = kafka_sink_flush(sink);
    if (err != ERR_OK)
        log_warning("kafka", "what was decided could not be written: %s", err_text(err));
    pthread_mutex_lock(&say->lock);
    say->sink = NULL;
    pthread_mutex_unlock(&say->lock);
    kafka_sink_destroy(sink);
    arena_destroy(arena);
}

static void *work(void *owner)
{
    struct kafka_say *say = owner;
    pthread_mutex_lock(&say->lock);
    while (!say->ends) {
        struct saying *saying = say->first;
        if (!saying) {
            pthread_cond_wait(&say->changed, &say->lock);
            continue;
        }
        say->first = saying->next;
        if (!say->first)
            say->last = NULL;
        pthread_mutex_unlock(&say->lock);
        produce(say, &saying->fact);
        saying_free(saying);
        pthread_mutex_lock(&say->lock);
    }
    pthread_mutex_unlock(&say->lock);
    return NULL;
}

struct kafka_say *kafka_say_create(const struct kafka_sink_options *options)
{
    struct kafka_say *say = memory_alloc_zero(1, sizeof *say);
    say->options = options;
    check(pthread_mutex_init(&say->lock, NULL) == 0 && pthread_cond_init(&say->changed, NULL) == 0);
    check(pthread_create(&say->thread, NULL, work, say) == 0);
    return say;
}

bool kafka_say(struct kafka_say *say, const struct fact *fact)
{
    struct saying *saying = memory_alloc_zero(1, sizeof *saying);
    saying->arena = arena_create();
    saying->fact = fact_copy(fact, saying->arena);
    pthread_mutex_lock(&say->lock);
    if (say->last)
        say->last->next = saying;
    else
        say->first = saying;
    say->last = saying;
    pthread_cond_signal(&say->changed);
    pthread_mutex_unlock(&say->lock);
    return true;
}

void kafka_say_destroy(struct kafka_say *say)
{
    if (!say)
        return;
    pthread_mutex_lock(&say->lock);
    say->ends = true;
    if (say->sink)
        kafka_sink_stop(say->sink);
    pthread_cond_signal(&say->changed);
    pthread_mutex_unlock(&say->lock);
    pthread_join(say->thread, NULL);
    while (say->first) {
        struct saying *saying = say->first;
        say->first = saying->next;
        saying_free(saying);
    }
    pthread_cond_destroy(&say->changed);
    pthread_mutex_destroy(&say->lock);
    free(say);
}
