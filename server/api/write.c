#include "server/api/write.h"

#include "base/check.h"
#include "base/limits.h"
#include "proto/fact_json.h"
#include "server/api/body.h"
#include "server/api/problem.h"
#include "server/query/rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A fact on its way. */
struct waiting {
    struct waiting *next;
    struct http_later *later;
    struct arena *arena;
    struct fact fact;
    int64_t since_us;
};

struct scribe {
    struct api *api;
    bool (*say)(void *owner, const struct fact *fact);
    void *owner;
    struct waiting *waiting;
    size_t waiting_count;
    struct loop_timer *timer; /* gives up on what is never folded */
    int64_t version;
};

/* --- what stands --------------------------------------------------------------------------------- */

struct bytes scribe_tag(struct query *query, enum fact_kind kind, struct arena *arena)
{
    const struct rule *list;
    size_t count = rules_of_kind(query_rules(query), kind, &list);
    int64_t newest = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].fact.version > newest)
            newest = list[i].fact.version;
    return bytes_from_text(arena_printf(arena, "\"%zu-%" PRId64 "\"", count, newest));
}

/* What the API wrote under this key before, or NULL. */
static const struct fact *find(struct query *query, enum fact_kind kind, struct bytes key)
{
    const struct rule *list;
    size_t count = rules_of_kind(query_rules(query), kind, &list);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_text(list[i].fact.source, "api") && bytes_equal(list[i].fact.key, key))
            return &list[i].fact;
    return NULL;
}

static void write_fact(const struct fact *fact, struct http_answer *answer, int status)
{
    struct buffer body = {0};
    struct json_writer writer = {.out = &answer->body};
    fact_json_write_body(fact, &body);
    answer->status = status;
    answer->type = "application/json";
    http_answer_header(answer, "Cache-Control", "no-store");
    json_write_open_object(&writer);
    json_write_name(&writer, "key");
    json_write_text(&writer, fact->key);
    json_write_name(&writer, "source");
    json_write_text(&writer, fact->source);
    json_write_name(&writer, "version");
    json_write_integer(&writer, fact->version);
    json_write_name(&writer, "body");
    json_write_raw(&writer, buffer_bytes(&body));
    json_write_close_object(&writer);
    buffer_append_char(&answer->body, '\n');
    buffer_free(&body);
}

static bool same_body(const struct fact *a, const struct fact *b)
{
    struct buffer one = {0}, two = {0};
    fact_json_write_body(a, &one);
    fact_json_write_body(b, &two);
    bool same = bytes_equal(buffer_bytes(&one), buffer_bytes(&two));
    buffer_free(&one);
    buffer_free(&two);
    return same;
}

/* --- waiting ------------------------------------------------------------------------------------- */

static void answer_waiting(struct scribe *scribe, struct waiting *waiting, struct http_answer *answer)
{
    api_count(scribe->api, answer);
    http_later_give(waiting->later, answer);
    arena_destroy(waiting->arena);
    free(waiting);
    scribe->waiting_count--;
}

static void look(void *owner)
{
    struct scribe *scribe = owner;
    struct query *query = NULL;
    if (!scribe->waiting)
        return;
    if (query_open(scribe->api->db, &query))
        return; /* again with the next flush */
    for (struct waiting **at = &scribe->waiting; *at;) {
        struct waiting *waiting = *at;
        const struct fact *fact = find(query, waiting->fact.kind, waiting->fact.key);
        bool folded = fact && fact->version >= waiting->fact.version;
        struct http_answer answer = {.status = 500};
        if (folded)
            write_fact(fact, &answer, 201);
        else if (clock_mono_us() - waiting->since_us > (int64_t)WRITE_WAIT_MS * 1000)
            problem(&answer, 504, "It was handed over and is not folded after %d s; ask again with the same Idempotency-Key.", WRITE_WAIT_MS / 1000);
        else {
            at = &waiting->next;
            continue;
        }
        *at = waiting->next;
        answer_waiting(scribe, waiting, &answer);
    }
    query_close(query);
    if (scribe->waiting)
        loop_timer_start(scribe->timer, 1000, 0);
}

void scribe_look(struct scribe *scribe)
{
    look(scribe);
}

struct scribe *scribe_create(struct api *api, bool (*say)(void *owner, const struct fact *fact), void *owner)
{
    struct scribe *scribe = memory_alloc_zero(1, sizeof *scribe);
    scribe->api = api;
    scribe->say = say;
    scribe->owner = owner;
    scribe->timer = loop_timer_create(api->loop, look, scribe);
    return scribe;
}

void scribe_destroy(struct scribe *scribe)
{
    if (!scribe)
        return;
    while (scribe->waiting) {
        struct waiting *waiting = scribe->waiting;
        scribe->waiting = waiting->next;
        arena_destroy(waiting->arena);
        free(waiting);
    }
    loop_timer_destroy(scribe->timer);
    free(scribe);
}

static const struct waiting *find_waiting(const struct scribe *scribe, struct bytes key)
{
    const struct waiting *waiting = scribe->waiting;
    while (waiting && !bytes_equal(waiting->fact.key, key))
        waiting = waiting->next;
    return waiting;
}

/* Hands it over; the answer comes when it is folded. */
static void hand_over(struct call *call, const struct fact *fact)
{
    struct scribe *scribe = call->api->scribe;
    if (scribe->waiting_count >= WRITE_WAITING_MAX) {
        problem(call->answer, 503, "%d writes wait already; ask again soon.", WRITE_WAITING_MAX);
        http_answer_header(call->answer, "Retry-After", "2");
        return;
    }
    struct waiting *waiting = memory_alloc_zero(1, sizeof *waiting);
    waiting->arena = arena_create();
    waiting->fact = fact_copy(fact, waiting->arena);
    waiting->since_us = clock_mono_us();
    if (!scribe->say(scribe->owner, &waiting->fact)) {
        arena_destroy(waiting->arena);
        free(waiting);
        problem(call->answer, 503, "The server is ending.");
        return;
    }
    waiting->later = http_answer_later(call->request, call->answer);
    waiting->next = scribe->waiting;
    scribe->waiting = waiting;
    scribe->waiting_count++;
    loop_timer_start(scribe->timer, 1000, 0);
}

/* --- a decision ---------------------------------------------------------------------------------- */

static bool read_headers(struct call *call, struct bytes *key, struct bytes *match)
{
    struct bytes type = http_header(call->request, "Content-Type");
    *key = http_header(call->request, "Idempotency-Key");
    *match = http_header(call->request, "If-Match");
    if (!call->api->scribe->say)
        problem(call->answer, 405, "This server takes no writes.");
    else if (type.len < 16 || memcmp(type.data, "application/json", 16) != 0)
        problem(call->answer, 415, "Content-Type: expected application/json.");
    else if (key->len == 0 || key->len > FACT_KEY_BYTES_MAX || !bytes_are_utf8(*key))
        problem(call->answer, 400, "Idempotency-Key is missing: an id of your own for this request, 1 to %d bytes, as a UUID.", FACT_KEY_BYTES_MAX);
    else if (!bytes_present(*match))
        problem(call->answer, 428, "If-Match is missing: the ETag of the list that you have seen, or *.");
    else
        return true;
    return false;
}

static const struct query_source *find_source(struct call *call, struct bytes name)
{
    const struct query_source *sources;
    size_t count = query_sources(call->query, call->arena, &sources);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(sources[i].name, name))
            return &sources[i];
    return NULL;
}

/* What it is about must be there now; a snapshot that is not named is the one that is held. */
static bool check_decision(struct call *call, struct decision *decision)
{
    if (decision->what != DECISION_RETIRE && decision->what != DECISION_DELETIONS) {
        problem(call->answer, 400, "what: \"%s\" comes with a later release; retire and deletions can be decided.", decision_what_name(decision->what));
        return false;
    }
    const struct query_source *source = bytes_present(decision->of) ? find_source(call, decision->of) : NULL;
    if (!source) {
        problem(call->answer, 404, "of: \"%.*s\" is no source that is known here; /api/v1/sources lists them.", (int)decision->of.len,
                bytes_present(decision->of) ? (const char *)decision->of.data : "");
        return false;
    }
    if (decision->what == DECISION_RETIRE)
        return true;
    if (source->held_snapshot == ID_NONE) {
        problem(call->answer, 409, "Nothing of source \"%.*s\" is held.", (int)decision->of.len, (const char *)decision->of.data);
        return false;
    }
    if (decision->snapshot == ID_NONE)
        decision->snapshot = source->held_snapshot;
    if (decision->snapshot == source->held_snapshot)
        return true;
    problem(call->answer, 409, "snapshot: %" PRId64 " is not what is held now: %" PRId64 ", %.*s.", decision->snapshot, source->held_snapshot,
            (int)source->held_note.len, (const char *)source->held_note.data);
    return false;
}

/* Without tokens nobody knows who writes, if he does not say so. */
static struct bytes with_by(struct call *call, struct bytes body)
{
    const char *why;
    const struct json *tree = json_read(body, call->arena, &why);
    const uint8_t *brace = tree && tree->kind == JSON_KIND_OBJECT && !json_member(tree, "by") ? memchr(body.data, '{', body.len) : NULL;
    if (!brace)
        return body; /* what is wrong with it is said by who reads it */
    size_t rest = body.len - (size_t)(brace + 1 - body.data);
    return bytes_from_text(arena_printf(call->arena, "{\"by\":\"somebody on this machine\"%s%.*s", tree->child_count ? "," : "", (int)rest, (const char *)brace + 1));
}

/* The body, made a fact; false: answered. */
static bool read_decision(struct call *call, struct bytes key, struct fact *fact)
{
    const char *why = NULL;
    *fact = fact_blank(FACT_DECISION);
    fact->source = BYTES_LITERAL("api");
    fact->key = key;
    enum err err = fact_json_read_body(with_by(call, call->request->body), call->arena, fact, &why);
    if (!err && bytes_present(fact->request_id) && !bytes_equal(fact->request_id, key)) {
        problem(call->answer, 400, "request_id: expected the Idempotency-Key, or nothing.");
        return false;
    }
    fact->request_id = key;
    if (!err && fact->reason.len == 0) {
        problem(call->answer, 400, "body.reason is missing: why is this decided?");
        return false;
    }
    if (!err)
        err = fact_check(fact, call->arena, &why);
    if (err)
        problem(call->answer, 400, "%s", why);
    return !err;
}

void put_decision(struct call *call)
{
    struct scribe *scribe = call->api->scribe;
    struct bytes key, match;
    struct fact fact;
    if (!read_headers(call, &key, &match) || !call_query(call) || !read_decision(call, key, &fact))
        return;
    const struct fact *before = find(call->query, FACT_DECISION, key);
    if (before) {
        /* What was filled in then is filled in now. */
        if (fact.decision.snapshot == ID_NONE)
            fact.decision.snapshot = before->decision.snapshot;
        if (same_body(before, &fact))
            write_fact(before, call->answer, 200);
        else
            problem(call->answer, 422, "Idempotency-Key: another decision was written under it.");
        return;
    }
    if (find_waiting(scribe, key)) {
        problem(call->answer, 409, "A request with this Idempotency-Key is under way; ask again soon.");
        http_answer_header(call->answer, "Retry-After", "1");
        return;
    }
    struct bytes tag = scribe_tag(call->query, FACT_DECISION, call->arena);
    if (!bytes_equal_text(match, "*") && !bytes_equal(match, tag)) {
        problem(call->answer, 412, "If-Match: the decisions have changed; their ETag is %.*s now.", (int)tag.len, (const char *)tag.data);
        return;
    }
    if (!check_decision(call, &fact.decision))
        return;
    /* Acceptance time in µs, strictly growing. */
    scribe->version = clock_wall() * 1000 > scribe->version ? clock_wall() * 1000 : scribe->version + 1;
    fact.version = scribe->version;
    hand_over(call, &fact);
}
