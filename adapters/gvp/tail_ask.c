/* adapters/gvp/tail_ask.c - one request, what may be wrong with its answer, and its rows. */
#include "adapters/gvp/tail_state.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

enum { OTHER_BYTES_MAX = 64 << 10 /* of a page that says what is wrong */ };

struct asking {
    struct gvp_reading *reading;
    size_t other_bytes;
};

static bool take_body(void *owner, int status, struct bytes piece)
{
    struct asking *asking = owner;
    if (status == 200)
        return gvp_reading_feed(asking->reading, piece);
    asking->other_bytes += piece.len;
    return asking->other_bytes < OTHER_BYTES_MAX;
}

__attribute__((format(printf, 5, 6))) static enum err fail(struct gvp_fault *fault, enum err err, const struct gvp_tail *tail, const char *path,
                                                           const char *format, ...)
{
    va_list args;
    int at = snprintf(fault->text, sizeof fault->text, "%.300s%.200s: ", tail->settings->url, path);
    va_start(args, format);
    vsnprintf(fault->text + at, sizeof fault->text - (size_t)at, format, args);
    va_end(args);
    return err;
}

static const char *target_of(const struct gvp_tail *tail, const struct gvp_range *range, const char *path, int64_t number, struct arena *arena)
{
    const char *const *names = tail->settings->map->names;
    const char *target = arena_printf(arena, "%s?%s=%lld", path, names[GVP_PAGE_ASKED], (long long)number);
    if (names[GVP_PAGE_SIZE])
        target = arena_printf(arena, "%s&%s=%lld", target, names[GVP_PAGE_SIZE], (long long)tail->settings->page_size);
    if (range->running)
        return target;
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    return arena_printf(arena, "%s&%s=%s&%s=%s", target, names[GVP_ENDED_FROM], instant_format(range->from, from), names[GVP_ENDED_TO],
                        instant_format(range->to, to));
}

static enum err check_status(const struct gvp_tail *tail, const char *path, const struct http_client_answer *http, struct gvp_fault *fault)
{
    const char *user = tail->settings->user;
    fault->of_leg = http->status != 401 && http->status / 100 != 3;
    if (http->status == 200)
        return ERR_OK;
    if (http->status == 401)
        return user ? fail(fault, ERR_AWAY, tail, path, "HTTP status 401: the user \"%s\" or the password is wrong", user)
                    : fail(fault, ERR_AWAY, tail, path, "HTTP status 401: it asks for a user and a password; set user and password_file");
    if (http->status == 403)
        return fail(fault, ERR_AWAY, tail, path, "HTTP status 403: the user \"%s\" may not read this", user ? user : "(none)");
    if (http->status == 404)
        return fail(fault, ERR_SCHEMA, tail, path, "HTTP status 404: there is no such report; see paths in the column map, and legs");
    if (http->status / 100 == 3)
        return fail(fault, ERR_AWAY, tail, path, "HTTP status %d, a redirect to %s, which is not followed: the password would go along; expected the "
                    "Reporting Server's own address as url", http->status, http->redirect[0] ? http->redirect : "nowhere");
    return fail(fault, ERR_AWAY, tail, path, "HTTP status %d, expected 200", http->status);
}

/* An answer to something else must not pass for one to what was asked: a proxy's, a page out of order. */
static enum err check_answer(const struct gvp_tail *tail, const struct gvp_range *range, const char *path, int64_t number, const struct gvp_answer *answer,
                             instant generated, struct gvp_fault *fault)
{
    char text[INSTANT_TEXT_SIZE];
    const char *const *names = tail->settings->map->names;
    fault->of_leg = true;
    if (!range->running && answer->ended_from != INSTANT_NONE && answer->ended_from != range->from)
        return fail(fault, ERR_AWAY, tail, path, "answered for another window: %s %s", names[GVP_ENDED_FROM], instant_format(answer->ended_from, text));
    if (!range->running && answer->ended_to != INSTANT_NONE && answer->ended_to != range->to)
        return fail(fault, ERR_AWAY, tail, path, "answered for another window: %s %s", names[GVP_ENDED_TO], instant_format(answer->ended_to, text));
    if (answer->page != GVP_COUNT_NONE && answer->page != number && !(number == 1 && answer->record_total == 0))
        return fail(fault, ERR_AWAY, tail, path, "answered with page %lld, asked was page %lld", (long long)answer->page, (long long)number);
    if (generated == INSTANT_NONE)
        return fail(fault, ERR_SCHEMA, tail, path, "the answer does not say when it was made: neither a %s that is an instant nor a Date in the header",
                    names[GVP_GENERATED] ? names[GVP_GENERATED] : "manifest's word");
    return ERR_OK;
}

static enum err hand_over(struct gvp_tail *tail, const struct gvp_answer *answer, struct gvp_page *page)
{
    const struct adapter_sink *sink = &tail->options.sink;
    for (size_t i = 0; i < answer->row_count; i++) {
        const struct gvp_row *row = &answer->rows[i];
        uint64_t hash = gvp_row_hash(row);
        page->digest += hash_mix(hash);
        page->repeated = page->repeated || map_get(&tail->pass, hash);
        map_put(&tail->pass, hash, 1);
        if (gvp_seen_has(&tail->seen, hash))
            continue;
        enum err err = row->why ? sink->refused(sink->owner, row->place, row->why, row->raw) : sink->fact(sink->owner, &row->fact);
        if (err)
            return err;
        gvp_seen_add(&tail->seen, hash);
        tail->changed = true;
    }
    return ERR_OK;
}

/* Asks, and reads the answer to its end. */
static enum err fetch(struct gvp_tail *tail, const struct gvp_range *range, const char *path, int64_t number, struct gvp_reading *reading,
                      struct http_client_answer *http, struct gvp_fault *fault)
{
    struct asking asking = {.reading = reading};
    const char *target = target_of(tail, range, path, number, tail->page_arena);
    enum err err = tail->options.get(tail->options.owner, target, &(struct http_client_take){&asking, take_body, NULL}, http);
    if (err == ERR_CANCELLED && http->ended) {
        fault->of_leg = true;
        if (http->status == 200)
            return fail(fault, ERR_AWAY, tail, path, "%s", gvp_reading_why(reading));
        err = ERR_OK; /* its status says enough */
    }
    if (err == ERR_CANCELLED)
        return err;
    if (err)
        return fail(fault, err, tail, path, "%s", http->why);
    err = check_status(tail, path, http, fault);
    if (!err && !gvp_reading_end(reading))
        err = fail(fault, ERR_AWAY, tail, path, "%s", gvp_reading_why(reading));
    return err;
}

/* *page, when the answer is one to what was asked. */
static enum err take_answer(struct gvp_tail *tail, const struct gvp_range *range, const char *path, int64_t number, const struct gvp_answer *answer,
                            const struct http_client_answer *http, struct gvp_page *page, struct gvp_fault *fault)
{
    instant generated = answer->generated != INSTANT_NONE ? answer->generated : http->date;
    enum err err = check_answer(tail, range, path, number, answer, generated, fault);
    if (err)
        return err;
    if (generated > tail->wall + CLOCK_MS_MAX)
        log_once(LOG_WARNING, tail->options.part, "ahead", "the server's clock is minutes ahead of ours: nothing counts as read beyond ours");
    *page = (struct gvp_page){
        .page_count = answer->page_count != GVP_COUNT_NONE ? answer->page_count : 1,
        .record_count = answer->record_count != GVP_COUNT_NONE ? answer->record_count : (int64_t)answer->record_total,
        .records = (int64_t)answer->record_total,
        .generated = generated < tail->wall ? generated : tail->wall,
    };
    return ERR_OK;
}

static struct gvp_reading *begin(struct gvp_tail *tail, const struct gvp_range *range, struct gvp_census *census, const char **path, struct gvp_fault *fault)
{
    const struct gvp_settings *settings = tail->settings;
    *path = range->running ? settings->map->running[range->leg] : settings->map->history[range->leg];
    *fault = (struct gvp_fault){0};
    arena_reset(tail->page_arena);
    return gvp_reading_create(&(struct gvp_context){settings->map, bytes_from_text(settings->name), range->leg,
                                                    settings->legs[GVP_MCP] && settings->legs[GVP_RM], census}, tail->page_arena);
}

enum err gvp_tail_ask(struct gvp_tail *tail, const struct gvp_range *range, int64_t number, struct gvp_page *page, struct gvp_fault *fault)
{
    const char *path;
    struct http_client_answer http;
    struct gvp_reading *reading = begin(tail, range, NULL, &path, fault);
    enum err err = fetch(tail, range, path, number, reading, &http, fault);
    if (!err)
        err = take_answer(tail, range, path, number, gvp_reading_answer(reading), &http, page, fault);
    if (!err)
        err = hand_over(tail, gvp_reading_answer(reading), page);
    gvp_reading_destroy(reading);
    return err;
}

enum err gvp_tail_look(struct gvp_tail *tail, const struct gvp_range *range, struct gvp_census *census, struct gvp_page *page, bool *dated,
                       struct gvp_fault *fault)
{
    const char *path;
    struct http_client_answer http;
    struct gvp_reading *reading = begin(tail, range, census, &path, fault);
    enum err err = fetch(tail, range, path, 1, reading, &http, fault);
    if (!err)
        err = take_answer(tail, range, path, 1, gvp_reading_answer(reading), &http, page, fault);
    *dated = gvp_reading_answer(reading)->generated == INSTANT_NONE;
    gvp_reading_destroy(reading);
    return err;
}
