/* /api/v1/explain, answered beside the loop (aside.h): an engine is made from the store for it. */
#include "server/api/aside.h"
#include "server/api/body.h"
#include "server/api/problem.h"
#include "server/query/explain.h"

struct question {
    const struct pseudonyms *pseudonyms;
    struct explain_request request;
    struct body_page page;
};

static enum err answer_question(void *owner, struct query *query, struct arena *arena, struct buffer *body, const char **why)
{
    struct question *question = owner;
    return body_explain(query, &question->request, question->pseudonyms, &question->page, arena, body, why);
}

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

static struct bytes kept(struct arena *arena, struct bytes text)
{
    return bytes_present(text) ? arena_copy(arena, text) : BYTES_NONE;
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
    struct arena *arena = arena_create();
    struct question *question = arena_alloc(arena, sizeof *question);
    question->pseudonyms = &call->api->pseudonyms;
    question->request = request;
    question->request.item = kept(arena, request.item);
    question->request.zone = kept(arena, request.zone);
    question->page = (struct body_page){.limit = limit, .cursor = kept(arena, call_parameter(call, "cursor"))};
    aside_ask(call->api->explains, call, arena, answer_question, question);
}
