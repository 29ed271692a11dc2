#include "server/api/aside.h"

#include "base/check.h"
#include "server/api/problem.h"

#include <pthread.h>
#include <stdlib.h>

struct question {
    struct question *next;
    struct http_later *later;
    struct arena *arena;
    aside_fn fn;
    void *owner;
    struct buffer body;
    enum err err;
    const char *why;
};

struct aside {
    struct api *api;
    size_t waiting_max;
    struct loop_wake *wake;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct question *waiting, *done; /* waiting: the oldest first */
    size_t waiting_count;            /* with the one that is worked on */
    bool ends;
};

static void question_free(struct question *question)
{
    arena_destroy(question->arena);
    buffer_free(&question->body);
    free(question);
}

/* --- the worker ------------------------------------------------------------------------------- */

static void answer_question(struct aside *aside, struct question *question)
{
    struct query *query;
    question->err = query_open(aside->api->db, &query);
    if (question->err) {
        question->why = "the store cannot be read";
        return;
    }
    question->err = question->fn(question->owner, query, question->arena, &question->body, &question->why);
    query_close(query);
}

static void *work(void *owner)
{
    struct aside *aside = owner;
    pthread_mutex_lock(&aside->lock);
    for (;;) {
        while (!aside->waiting && !aside->ends)
            pthread_cond_wait(&aside->changed, &aside->lock);
        if (aside->ends)
            break;
        struct question *question = aside->waiting;
        aside->waiting = question->next;
        pthread_mutex_unlock(&aside->lock);
        answer_question(aside, question);
        pthread_mutex_lock(&aside->lock);
        question->next = aside->done;
        aside->done = question;
        loop_wake(aside->wake);
    }
    pthread_mutex_unlock(&aside->lock);
    return NULL;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void give(struct aside *aside, struct question *question)
{
    struct http_answer answer = {.status = 200, .type = "application/json"};
    http_answer_header(&answer, "Cache-Control", "no-store");
    if (question->err) {
        problem_from_err(&answer, question->err, question->why);
    } else {
        answer.body = question->body;
        question->body = (struct buffer){0};
    }
    api_count(aside->api, &answer);
    http_later_give(question->later, &answer);
    question_free(question);
}

static void on_done(void *owner)
{
    struct aside *aside = owner;
    pthread_mutex_lock(&aside->lock);
    struct question *done = aside->done;
    aside->done = NULL;
    for (struct question *question = done; question; question = question->next)
        aside->waiting_count--;
    pthread_mutex_unlock(&aside->lock);
    while (done) {
        struct question *question = done;
        done = done->next;
        give(aside, question);
    }
}

void aside_ask(struct aside *aside, struct call *call, struct arena *arena, aside_fn fn, void *owner)
{
    pthread_mutex_lock(&aside->lock);
    bool room = aside->waiting_count <= aside->waiting_max; /* one is worked on */
    if (room) {
        struct question *question = memory_alloc_zero(1, sizeof *question), **last = &aside->waiting;
        *question = (struct question){.later = http_answer_later(call->request, call->answer), .arena = arena, .fn = fn, .owner = owner};
        while (*last)
            last = &(*last)->next;
        *last = question;
        aside->waiting_count++;
        pthread_cond_signal(&aside->changed);
    }
    pthread_mutex_unlock(&aside->lock);
    if (room)
        return;
    arena_destroy(arena);
    problem(call->answer, 503, "%zu questions of this kind wait already; ask again soon.", aside->waiting_max);
    http_answer_header(call->answer, "Retry-After", "2");
}

struct aside *aside_create(struct api *api, size_t waiting_max)
{
    struct aside *aside = memory_alloc_zero(1, sizeof *aside);
    aside->api = api;
    aside->waiting_max = waiting_max;
    aside->wake = loop_wake_create(api->loop, on_done, aside);
    check(pthread_mutex_init(&aside->lock, NULL) == 0 && pthread_cond_init(&aside->changed, NULL) == 0);
    check(pthread_create(&aside->thread, NULL, work, aside) == 0);
    return aside;
}

static void free_all(struct question *question)
{
    while (question) {
        struct question *next = question->next;
        question_free(question);
        question = next;
    }
}

void aside_destroy(struct aside *aside)
{
    pthread_mutex_lock(&aside->lock);
    aside->ends = true;
    pthread_cond_signal(&aside->changed);
    pthread_mutex_unlock(&aside->lock);
    pthread_join(aside->thread, NULL);
    loop_wake_destroy(aside->wake);
    free_all(aside->waiting);
    free_all(aside->done);
    pthread_cond_destroy(&aside->changed);
    pthread_mutex_destroy(&aside->lock);
    free(aside);
}
