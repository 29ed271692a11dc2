#include "server/ingest/batch.h"

#include "base/limits.h"
#include "server/ingest/recall.h"

#include <pthread.h>
#include <stdlib.h>

enum { BATCH_FACTS = 1000, BATCH_LETTERS = 100 };

struct batch_queue {
    pthread_mutex_t lock;
    pthread_cond_t room;
    struct batch *first, *last;
    size_t facts;
    bool stopped;
    void (*wake)(void *owner);
    void *owner;
};

struct batch_sink {
    struct batch_queue *queue;
    char *source;
    struct db *db;
    struct batch *batch;
};

struct batch_queue *batch_queue_create(void (*wake)(void *owner), void *owner)
{
    struct batch_queue *queue = memory_alloc_zero(1, sizeof *queue);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->room, NULL);
    queue->wake = wake;
    queue->owner = owner;
    return queue;
}

void batch_queue_destroy(struct batch_queue *queue)
{
    for (struct batch *batch = queue->first, *next; batch; batch = next) {
        next = batch->next;
        batch_destroy(batch);
    }
    pthread_cond_destroy(&queue->room);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void batch_destroy(struct batch *batch)
{
    arena_destroy(batch->arena);
    free(batch);
}

struct batch *batch_queue_take(struct batch_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct batch *batch = queue->first;
    if (batch) {
        queue->first = batch->next;
        if (!queue->first)
            queue->last = NULL;
        queue->facts -= batch->fact_count;
        pthread_cond_broadcast(&queue->room);
    }
    pthread_mutex_unlock(&queue->lock);
    return batch;
}

void batch_queue_stop(struct batch_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
}

size_t batch_queue_facts(struct batch_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t facts = queue->facts;
    pthread_mutex_unlock(&queue->lock);
    return facts;
}

static enum err queue_put(struct batch_queue *queue, struct batch *batch, bool waits)
{
    pthread_mutex_lock(&queue->lock);
    while (waits && !queue->stopped && queue->facts > QUEUE_FACTS_MAX)
        pthread_cond_wait(&queue->room, &queue->lock);
    bool stopped = queue->stopped, was_empty = !queue->first;
    if (!stopped) {
        if (queue->last)
            queue->last->next = batch;
        else
            queue->first = batch;
        queue->last = batch;
        queue->facts += batch->fact_count;
    }
    pthread_mutex_unlock(&queue->lock);
    if (stopped) {
        batch_destroy(batch);
        return ERR_CANCELLED;
    }
    if (was_empty)
        queue->wake(queue->owner);
    return ERR_OK;
}

/* --- the adapter's side -------------------------------------------------------------------------- */

static struct batch *batch_create(struct bytes source, size_t facts, size_t letters)
{
    struct batch *batch = memory_alloc_zero(1, sizeof *batch);
    batch->arena = arena_create();
    batch->source = arena_copy(batch->arena, source);
    batch->facts = arena_alloc(batch->arena, facts * sizeof *batch->facts);
    batch->letters = arena_alloc(batch->arena, letters * sizeof *batch->letters);
    return batch;
}

bool batch_queue_say(struct batch_queue *queue, const struct fact *fact)
{
    struct batch *batch = batch_create(fact->source, 1, 0);
    batch->facts[batch->fact_count++] = fact_copy(fact, batch->arena);
    return queue_put(queue, batch, false) == ERR_OK;
}

static struct batch *batch_now(struct batch_sink *sink)
{
    if (!sink->batch)
        sink->batch = batch_create(bytes_from_text(sink->source), BATCH_FACTS, BATCH_LETTERS);
    return sink->batch;
}

static enum err hand_over(struct batch_sink *sink)
{
    struct batch *batch = sink->batch;
    sink->batch = NULL;
    return batch ? queue_put(sink->queue, batch, true) : ERR_OK;
}

static enum err sink_fact(void *owner, const struct fact *fact)
{
    struct batch_sink *sink = owner;
    struct batch *batch = batch_now(sink);
    batch->facts[batch->fact_count++] = fact_copy(fact, batch->arena);
    return batch->fact_count == BATCH_FACTS ? hand_over(sink) : ERR_OK;
}

static enum err sink_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct batch_sink *sink = owner;
    struct batch *batch = batch_now(sink);
    batch->letters[batch->letter_count++] = (struct dead_letter){
        .source = batch->source,
        .place = arena_copy(batch->arena, bytes_from_text(place)),
        .why = arena_copy(batch->arena, bytes_from_text(why)),
        .raw = arena_copy(batch->arena, raw),
    };
    return batch->letter_count == BATCH_LETTERS ? hand_over(sink) : ERR_OK;
}

static enum err sink_cursor(void *owner, struct bytes cursor)
{
    struct batch_sink *sink = owner;
    struct batch *batch = batch_now(sink);
    batch->cursor = arena_copy(batch->arena, cursor);
    return hand_over(sink);
}

static enum err sink_recall(void *owner, adapter_take_fn take, void *take_owner)
{
    const struct batch_sink *sink = owner;
    return sink->db ? recall_past(sink->db, bytes_from_text(sink->source), take, take_owner) : ERR_OK;
}

static enum err sink_decisions(void *owner, adapter_take_fn take, void *take_owner)
{
    const struct batch_sink *sink = owner;
    return sink->db ? recall_decisions(sink->db, bytes_from_text(sink->source), take, take_owner) : ERR_OK;
}

struct batch_sink *batch_sink_create(struct batch_queue *queue, const char *source, struct db *db, struct adapter_sink *out)
{
    struct batch_sink *sink = memory_alloc_zero(1, sizeof *sink);
    sink->queue = queue;
    sink->source = memory_copy_text(source);
    sink->db = db;
    *out = (struct adapter_sink){sink, sink_fact, sink_refused, sink_cursor, sink_recall, sink_decisions};
    return sink;
}

void batch_sink_destroy(struct batch_sink *sink)
{
    if (!sink)
        return;
    if (sink->batch)
        batch_destroy(sink->batch);
    free(sink->source);
    free(sink);
}
