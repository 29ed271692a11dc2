#include "server/api/stream.h"

#include "base/check.h"
#include "base/log.h"
#include "server/api/body.h"
#include "server/api/problem.h"
#include "server/api/route.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    LOOK_EVERY_MS = 250,    /* at most four events a second */
    LOOK_ANYWAY_MS = 1000,  /* without a flush: ages and silence move too */
    HEARTBEAT_MS = 15000,
    LOOK_SHARE = 8,         /* at most an eighth of the loop's time for one channel */
};

/* What one scope's rows were when they were sent last: the JSON of each, by the catalog's order. */
struct sent_scope {
    struct scope scope;
    struct buffer *rows;
    size_t row_count;
};

struct reader {
    struct channel *channel;
    struct reader *next, **link;
    struct http_stream *stream;
    uint64_t number; /* the event that it has; 0: none */
};

struct channel {
    struct stream_hub *hub;
    struct channel *next;
    enum scope_kind kind;
    int64_t id; /* ID_NONE: all of the kind */
    struct reader *readers;
    struct sent_scope *scopes;
    size_t scope_count;
    uint64_t number; /* of the last event */
    int64_t looked_us, cost_us, sent_us;
    struct buffer whole; /* the state as of number, as one event */
};

struct stream_hub {
    struct api *api;
    struct channel *channels;
    struct loop_timer *timer;
    bool dirty; /* a flush came since the last look */
    int64_t epoch;
};

/* --- a channel's state ------------------------------------------------------------------------ */

static void forget_scopes(struct channel *channel)
{
    for (size_t i = 0; i < channel->scope_count; i++) {
        for (size_t r = 0; r < channel->scopes[i].row_count; r++)
            buffer_free(&channel->scopes[i].rows[r]);
        free(channel->scopes[i].rows);
    }
    free(channel->scopes);
    channel->scopes = NULL;
    channel->scope_count = 0;
}

static struct sent_scope *sent_scope_of(struct channel *channel, struct scope scope, size_t row_count)
{
    for (size_t i = 0; i < channel->scope_count; i++)
        if (channel->scopes[i].scope.kind == scope.kind && channel->scopes[i].scope.id == scope.id &&
            channel->scopes[i].row_count == row_count)
            return &channel->scopes[i];
    channel->scopes = memory_resize(channel->scopes, (channel->scope_count + 1) * sizeof *channel->scopes);
    struct sent_scope *sent = &channel->scopes[channel->scope_count++];
    *sent = (struct sent_scope){scope, memory_alloc_zero(row_count + 1, sizeof *sent->rows), row_count};
    return sent;
}

/* Writes one scope's object twice: whole, and with the changed rows only; true when a row changed. */
static bool write_scope(struct channel *channel, const struct now_answer *answer, struct json_writer *whole, struct json_writer *changed)
{
    bool news = false;
    bool has_top = answer->scope.scope.kind == SCOPE_SYSTEM;
    struct sent_scope *sent = sent_scope_of(channel, answer->scope.scope, answer->row_count);
    body_now_head(answer, whole);
    body_now_head(answer, changed);
    json_write_name(whole, "rows");
    json_write_open_list(whole);
    json_write_name(changed, "rows");
    json_write_open_list(changed);
    for (size_t i = 0; i < answer->row_count; i++) {
        struct buffer row = {0};
        struct json_writer writer = {.out = &row};
        body_now_row(&answer->rows[i], has_top, &writer);
        json_write_raw(whole, buffer_bytes(&row));
        if (bytes_equal(buffer_bytes(&row), buffer_bytes(&sent->rows[i]))) {
            buffer_free(&row);
            continue;
        }
        news = true;
        json_write_raw(changed, buffer_bytes(&row));
        buffer_free(&sent->rows[i]);
        sent->rows[i] = row;
    }
    json_write_close_list(whole);
    json_write_close_list(changed);
    return news;
}

static enum err write_scopes(struct channel *channel, struct query *query, struct body_clock clock, struct arena *arena,
                             struct json_writer *whole, struct json_writer *changed, bool *news)
{
    const struct query_scope *scopes;
    size_t count = query_scopes(query, channel->kind, arena, &scopes);
    json_write_name(whole, "scopes");
    json_write_open_list(whole);
    json_write_name(changed, "scopes");
    json_write_open_list(changed);
    for (size_t i = 0; i < count; i++) {
        struct now_answer answer;
        enum err err = query_now(query, scopes[i].scope, clock.wall, clock.silent_after_ms, arena, &answer);
        if (err)
            return err;
        size_t mark = changed->out->len;
        bool comma = changed->comma;
        json_write_open_object(whole);
        json_write_open_object(changed);
        if (write_scope(channel, &answer, whole, changed)) {
            *news = true;
            json_write_close_object(changed);
        } else { /* nothing of it changed: taken back */
            changed->out->len = mark;
            changed->comma = comma;
        }
        json_write_close_object(whole);
    }
    json_write_close_list(whole);
    json_write_close_list(changed);
    return ERR_OK;
}

static enum err write_state(struct channel *channel, struct query *query, struct arena *arena, struct buffer *whole_out,
                            struct buffer *changed_out, bool *news)
{
    struct json_writer whole = {.out = whole_out}, changed = {.out = changed_out};
    struct body_clock clock = {clock_wall(), (int64_t)channel->hub->api->settings->alerts.silent_seconds * SECOND_MS};
    struct now_answer answer;
    enum err err = ERR_OK;
    json_write_open_object(&whole);
    json_write_open_object(&changed);
    if (channel->kind != SCOPE_SYSTEM && channel->id == ID_NONE) {
        err = write_scopes(channel, query, clock, arena, &whole, &changed, news);
    } else {
        err = query_now(query, (struct scope){channel->kind, channel->kind == SCOPE_SYSTEM ? 0 : channel->id}, clock.wall,
                        clock.silent_after_ms, arena, &answer);
        if (!err)
            *news = write_scope(channel, &answer, &whole, &changed);
    }
    if (err)
        return err;
    json_write_name(&whole, "sources");
    body_sources_list(query, clock, arena, &whole);
    json_write_name(&changed, "sources");
    body_sources_list(query, clock, arena, &changed);
    json_write_close_object(&whole);
    json_write_close_object(&changed);
    return ERR_OK;
}

static void write_event(const struct channel *channel, struct bytes data, struct buffer *out)
{
    buffer_printf(out, "id: %" PRId64 "-%" PRIu64 "\nevent: now\ndata: ", channel->hub->epoch, channel->number);
    buffer_append_bytes(out, data); /* JSON of ours has no newline in it */
    buffer_append_text(out, "\n\n");
}

/* --- looking and sending ---------------------------------------------------------------------- */

static void send_all(struct channel *channel, struct bytes changed, uint64_t before)
{
    for (struct reader *reader = channel->readers, *next; reader; reader = next) {
        next = reader->next;
        if (!http_stream_idle(reader->stream))
            continue; /* it gets the whole state when it has taken this */
        http_stream_send(reader->stream, reader->number == before && before ? changed : buffer_bytes(&channel->whole));
        reader->number = channel->number;
    }
}

/* Readers that were passed over have caught up. */
static void send_late(struct channel *channel)
{
    for (struct reader *reader = channel->readers; reader; reader = reader->next)
        if (reader->number != channel->number && http_stream_idle(reader->stream)) {
            http_stream_send(reader->stream, buffer_bytes(&channel->whole));
            reader->number = channel->number;
        }
}

/* Asks the store; a new event when rows changed, or once a second when only the clock moved. */
static enum err look(struct channel *channel)
{
    int64_t started_us = clock_mono_us();
    struct arena *arena = arena_create();
    struct buffer whole = {0}, changed = {0}, event = {0};
    struct query *query = NULL;
    bool news = false;
    enum err err = query_open(channel->hub->api->db, &query);
    if (!err)
        err = write_state(channel, query, arena, &whole, &changed, &news);
    query_close(query);
    bool clock_moved = started_us - channel->sent_us >= LOOK_ANYWAY_MS * 1000;
    if (!err && (news || clock_moved || channel->number == 0)) {
        uint64_t before = channel->number++;
        buffer_clear(&channel->whole);
        write_event(channel, buffer_bytes(&whole), &channel->whole);
        write_event(channel, buffer_bytes(&changed), &event);
        send_all(channel, buffer_bytes(&event), before);
        channel->sent_us = started_us;
    }
    buffer_free(&whole);
    buffer_free(&changed);
    buffer_free(&event);
    arena_destroy(arena);
    channel->looked_us = started_us;
    channel->cost_us = clock_mono_us() - started_us;
    return err;
}

static bool may_look(const struct channel *channel, int64_t now_us)
{
    int64_t pause_us = channel->cost_us * LOOK_SHARE;
    return now_us - channel->looked_us >= (pause_us > LOOK_EVERY_MS * 1000 ? pause_us : LOOK_EVERY_MS * 1000);
}

static void heartbeat(struct channel *channel, int64_t now_us)
{
    if (now_us - channel->sent_us < HEARTBEAT_MS * 1000ll)
        return;
    channel->sent_us = now_us;
    for (struct reader *reader = channel->readers; reader; reader = reader->next)
        if (http_stream_idle(reader->stream))
            http_stream_send(reader->stream, BYTES_LITERAL(": still here\n\n"));
}

static void drop_empty(struct stream_hub *hub)
{
    for (struct channel **link = &hub->channels; *link;) {
        struct channel *channel = *link;
        if (channel->readers) {
            link = &channel->next;
            continue;
        }
        *link = channel->next;
        forget_scopes(channel);
        buffer_free(&channel->whole);
        free(channel);
    }
}

static void on_timer(void *owner)
{
    struct stream_hub *hub = owner;
    int64_t now_us = clock_mono_us();
    bool waiting = false;
    drop_empty(hub);
    for (struct channel *channel = hub->channels; channel; channel = channel->next) {
        bool due = hub->dirty || now_us - channel->looked_us >= LOOK_ANYWAY_MS * 1000;
        if (due && may_look(channel, now_us)) {
            enum err err = look(channel);
            if (err)
                log_once(LOG_ERROR, "api", "stream", "a stream cannot be fed: %s", err_text(err));
        } else if (due) {
            waiting = true;
        }
        send_late(channel);
        heartbeat(channel, now_us);
    }
    hub->dirty = waiting && hub->dirty;
    if (!hub->channels)
        loop_timer_stop(hub->timer);
}

/* --- the hub ---------------------------------------------------------------------------------- */

struct stream_hub *stream_hub_create(struct api *api)
{
    struct stream_hub *hub = memory_alloc_zero(1, sizeof *hub);
    hub->api = api;
    hub->epoch = clock_wall();
    hub->timer = loop_timer_create(api->loop, on_timer, hub);
    return hub;
}

void stream_hub_destroy(struct stream_hub *hub)
{
    if (!hub)
        return;
    drop_empty(hub);
    check(hub->channels == NULL);
    loop_timer_destroy(hub->timer);
    free(hub);
}

void stream_hub_look(struct stream_hub *hub)
{
    hub->dirty = true;
    if (!hub->channels)
        return;
    /* At once when the last look is long enough ago; else the timer, which runs, will. */
    on_timer(hub);
}

static struct channel *channel_of(struct stream_hub *hub, enum scope_kind kind, int64_t id)
{
    for (struct channel *channel = hub->channels; channel; channel = channel->next)
        if (channel->kind == kind && channel->id == id)
            return channel;
    struct channel *channel = memory_alloc_zero(1, sizeof *channel);
    *channel = (struct channel){.hub = hub, .next = hub->channels, .kind = kind, .id = id};
    hub->channels = channel;
    loop_timer_start(hub->timer, LOOK_EVERY_MS, LOOK_EVERY_MS);
    return channel;
}

static void on_closed(void *owner)
{
    struct reader *reader = owner;
    *reader->link = reader->next;
    if (reader->next)
        reader->next->link = reader->link;
    free(reader);
}

static void answer_stream(struct call *call, struct channel *channel)
{
    struct reader *reader = memory_alloc_zero(1, sizeof *reader);
    reader->channel = channel;
    reader->stream = http_stream_create(call->api->http, on_closed, reader);
    if (!reader->stream) {
        free(reader);
        problem(call->answer, 503, "There are %d streams already, which is the limit. Close one, or ask /api/v1/now.", HTTP_STREAMS_MAX);
        http_answer_header(call->answer, "Retry-After", "10");
        return;
    }
    reader->next = channel->readers;
    reader->link = &channel->readers;
    if (reader->next)
        reader->next->link = &reader->next;
    channel->readers = reader;

    struct bytes last = http_header(call->request, "Last-Event-ID");
    const char *newest = arena_printf(call->arena, "%" PRId64 "-%" PRIu64, channel->hub->epoch, channel->number);
    http_stream_send(reader->stream, BYTES_LITERAL("retry: 2000\n\n"));
    if (!bytes_present(last) || !bytes_equal_text(last, newest))
        http_stream_send(reader->stream, buffer_bytes(&channel->whole));
    reader->number = channel->number;
    call->answer->status = 200;
    call->answer->type = "text/event-stream";
    call->answer->stream = reader->stream;
    http_answer_header(call->answer, "Cache-Control", "no-store");
    http_answer_header(call->answer, "X-Accel-Buffering", "no");
}

void route_stream(struct call *call)
{
    enum scope_kind kind;
    int64_t id;
    struct now_answer known;
    if (!call_scope(call, &kind, &id) || !call_query(call))
        return;
    if (kind == SCOPE_SYSTEM)
        id = ID_NONE;
    if (id != ID_NONE && query_now(call->query, (struct scope){kind, id}, 0, INT64_MAX, call->arena, &known) == ERR_NOT_FOUND) {
        problem(call->answer, 404, "There is no %s %lld here.", scope_kind_name(kind), (long long)id);
        return;
    }
    struct channel *channel = channel_of(call->api->hub, kind, id);
    enum err err = ERR_OK;
    if (channel->number == 0 || may_look(channel, clock_mono_us()))
        err = look(channel);
    if (err)
        problem_from_err(call->answer, err, NULL);
    else
        answer_stream(call, channel);
}
