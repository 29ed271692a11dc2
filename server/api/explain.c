#include "server/api/explain.h"

#include "base/check.h"
#include "server/api/body.h"
#include "server/api/problem.h"
#include "server/query/explain.h"

#include <pthread.h>
#include <stdlib.h>

struct question {
    struct question *next;
    struct http_later *later;
    struct arena *arena;
    struct explain_request request;
    struct body_page page;
    struct buffer body;
    enum err err;
    const char *why;
};

struct explainer {
    struct api *api;
    struct pseudonyms pseudonyms;
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

static void answer_question(struct explainer *explainer, struct question *question)
{
    struct query *query;
    question->err = query_open(explainer->api->db, &query);
    if (question->err) {
        question->why = "the store cannot be read";
        return;
    }
    question->err = body_explain(query, &question->request, &explainer->pseudonyms, &question->page, question->arena, &question->body, &question->why);
    query_close(query);
}

static void *work(void *owner)
{
    struct explainer *explainer = owner;
    pthread_mutex_lock(&explainer->lock);
    for (;;) {
        while (!explainer->waiting && !explainer->ends)
            pthread_cond_wait(&explainer->changed, &explainer->lock);
        if (explainer->ends)
            break;
        struct question *question = explainer->waiting;
        explainer->waiting = question->next;
        pthread_mutex_unlock(&explainer->lock);
        answer_question(explainer, question);
        pthread_mutex_lock(&explainer->lock);
        question->next = explainer->done;
        explainer->done = question;
        loop_wake(explainer->wake);
    }
    pthread_mutex_unlock(&explainer->lock);
    return NULL;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void give(struct explainer *explainer, struct question *question)
{
    struct http_answer answer = {.status = 200, .type = "application/json"};
    http_answer_header(&answer, "Cache-Control", "no-store");
    if (question->err) {
        problem_from_err(&answer, question->err, question->why);
    } else {
        answer.body = question->body;
        question->body = (struct buffer){0};
    }
    api_count(explainer->api, &answer);
    http_later_give(question->later, &answer);
    question_free(question);
}

static void on_done(void *owner)
{
    struct explainer *explainer = owner;
    pthread_mutex_lock(&explainer->lock);
    struct question *done = explainer->done;
    explainer->done = NULL;
    for (struct question *question = done; question; question = question->next)
        explainer->waiting_count--;
    pthread_mutex_unlock(&explainer->lock);
    while (done) {
        struct question *question = done;
        done = done->next;
        give(explainer, question);
    }
}

struct explainer *explainer_create(struct api *api, const struct pseudonyms *pseudonyms)
{
    struct explainer *explainer = memory_alloc_zero(1, sizeof *explainer);
    explainer->api = api;
    explainer->pseudonyms = *pseudonyms;
    explainer->wake = loop_wake_create(api->loop, on_done, explainer);
    check(pthread_mutex_init(&explainer->lock, NULL) == 0 && pthread_cond_init(&explainer->changed, NULL) == 0);
    check(pthread_create(&explainer->thread, NULL, work, explainer) == 0);
    return explainer;
}

static void free_all(struct question *question)
{
    while (question) {
        struct question *next = question->next;
        question_free(question);
        question = next;
    }
}

void explainer_destroy(struct explainer *explainer)
{
    pthread_mutex_lock(&explainer->lock);
    explainer->ends = true;
    pthread_cond_signal(&explainer->changed);
    pthread_mutex_unlock(&explainer->lock);
    pthread_join(explainer->thread, NULL);
    loop_wake_destroy(explainer->wake);
    free_all(explainer->waiting);
    free_all(explainer->done);
    pthread_cond_destroy(&explainer->changed);
    pthread_mutex_destroy(&explainer->lock);
    free(explainer);
}

/* --- the route -------------------------------------------------------------------------------- */

static bool read_at(struct call *call, instant *at)
{
    struct bytes text = call_parameter(call, "at");
    *at = EXPLAIN_PEAK;
    if (bytes_equal_text(text, "peak") || instant_parse(text, at))
        return true;
    if (bytes_present(text))
        problem(call->answer, 400, "at: \"%.*s\" is neither an instant, as 2026-11-23T10:41:07.250Z, nor peak.", (int)text.len, (const char *)text.data);
    else
        problem(call->answer, 400, "at is missing: an instant, as 2026-11-23T10:41:07.250Z, or peak for that of the newest period.");
    return false;
}

static bool read_words(struct call *call, struct explain_request *request)
{
    struct bytes profile = call_parameter(call, "profile"), period = call_parameter(call, "period");
    request->profile = bytes_present(profile) ? profile_from_name(profile) : PROFILE_EXACT;
    request->period = bytes_present(period) ? granularity_from_name(period) : GRANULARITY_DAY;
    if (request->profile != PROFILE_EXACT && request->profile != PROFILE_PERSON) {
        problem(call->answer, 400, "profile: \"%.*s\" is none of exact, person; lrm and sustained count the seats of exact.", (int)profile.len,
                (const char *)profile.data);
        return false;
    }
    if (request->period > GRANULARITY_DAY) {
        problem(call->answer, 400, "period: \"%.*s\" is none of 10m, hour, day.", (int)period.len, (const char *)period.data);
        return false;
    }
    return true;
}

static struct bytes kept(const struct question *question, struct bytes text)
{
    return bytes_present(text) ? arena_copy(question->arena, text) : BYTES_NONE;
}

/* False when too many wait. */
static bool ask(struct explainer *explainer, struct question *question)
{
    pthread_mutex_lock(&explainer->lock);
    bool room = explainer->waiting_count <= EXPLAIN_WAITING_MAX; /* one is worked on */
    if (room) {
        struct question **last = &explainer->waiting;
        while (*last)
            last = &(*last)->next;
        *last = question;
        explainer->waiting_count++;
        pthread_cond_signal(&explainer->changed);
    }
    pthread_mutex_unlock(&explainer->lock);
    return room;
}

void route_explain(struct call *call)
{
    struct explain_request request = {.item = call_parameter(call, "item"), .zone = call_parameter(call, "zone")};
    size_t limit;
    if (!call_scope(call, &request.scope.kind, &request.scope.id) || !read_at(call, &request.at) || !read_words(call, &request) ||
        !call_limit(call, &limit))
        return;
    if (!bytes_present(request.item)) {
        problem(call->answer, 400, "item is missing: a code, as inbound-voice; /api/v1/catalog lists them.");
        return;
    }
    if (request.scope.kind == SCOPE_SYSTEM)
        request.scope.id = 0;
    struct question *question = memory_alloc_zero(1, sizeof *question);
    question->arena = arena_create();
    question->request = request;
    question->request.item = kept(question, request.item);
    question->request.zone = kept(question, request.zone);
    question->page = (struct body_page){.limit = limit, .cursor = kept(question, call_parameter(call, "cursor"))};
    question->later = call->request->later;
    if (ask(call->api->explainer, question)) {
        http_answer_later(call->request, call->answer);
        return;
    }
    question_free(question);
    problem(call->answer, 503, "%d questions of this kind wait already, each for about a second; ask again soon.", EXPLAIN_WAITING_MAX);
    http_answer_header(call->answer, "Retry-After", "2");
}
