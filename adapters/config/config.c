/* adapters/config/config.c - the source kind "config": settings, connection and pace around a database's pictures or a
 * sidecar's lines. */
#include "adapters/config/feed.h"
#include "adapters/config/read.h"
#include "adapters/config/stream.h"
#include "adapters/odbc.h"
#include "adapters/pace.h"
#include "base/log.h"

#include <stdlib.h>

enum { DECISION_MS = 1000, LINES_MS = 250 };

struct adapter {
    struct arena *arena;
    struct config_settings settings;
    const char *part;
    struct follow *follow;
    struct odbc *odbc;             /* a database */
    struct config_reader *reader;
    struct feed *feed;             /* a sidecar */
    struct stream *stream;
    struct pace pace;
    struct backoff backoff;
};

static void make_database(struct adapter *adapter, const struct adapter_options *options)
{
    const struct config_settings *settings = &adapter->settings;
    adapter->odbc = odbc_create(&(struct odbc_options){.dsn = settings->where, .user = settings->user, .password_file = settings->password_file,
                                                       .timeout_seconds = (int)settings->statement_timeout_seconds, .snapshot = true});
    adapter->reader = config_reader_create(&(struct read_options){.part = adapter->part, .map = settings->map, .odbc = adapter->odbc, .sink = options->sink,
                                                                  .clear_names = settings->clear_names, .page_rows = (int)settings->page_rows});
}

static enum err config_create(const struct adapter_options *options, struct adapter **out)
{
    struct adapter *adapter = memory_alloc_zero(1, sizeof *adapter);
    struct config_settings *settings = &adapter->settings;
    adapter->arena = arena_create();
    pace_init(&adapter->pace);
    enum err err = config_settings_read(options, adapter->arena, settings);
    if (err) {
        adapter_config.destroy(adapter);
        return err;
    }
    adapter->part = arena_printf(adapter->arena, "config %s", settings->name);
    adapter->follow = follow_create(&(struct follow_options){.name = settings->name, .part = adapter->part, .group = settings->group, .sink = options->sink,
                                                             .hold_percent = (int)settings->hold_percent, .hold_things = settings->hold_things},
                                    options->cursor);
    if (settings->way == CONFIG_WAY_DATABASE) {
        make_database(adapter, options);
    } else {
        adapter->feed = feed_create(settings->way, settings->where);
        adapter->stream = stream_create(&(struct stream_options){.part = adapter->part, .map = settings->map, .clear_names = settings->clear_names,
                                                                 .follow = adapter->follow, .sink = options->sink});
    }
    *out = adapter;
    return ERR_OK;
}

static void config_destroy(struct adapter *adapter)
{
    if (!adapter)
        return;
    stream_destroy(adapter->stream);
    feed_destroy(adapter->feed);
    config_reader_destroy(adapter->reader);
    odbc_destroy(adapter->odbc);
    follow_destroy(adapter->follow);
    pace_free(&adapter->pace);
    arena_destroy(adapter->arena);
    free(adapter);
}

/* --- a database ---------------------------------------------------------------------------------- */

static void away(struct adapter *adapter, const struct odbc_fault *fault)
{
    odbc_disconnect(adapter->odbc);
    log_once(LOG_ERROR, adapter->part, "away", "the database (DSN %s) is away: %s%s%s%s; tried again", adapter->settings.where, fault->text,
             fault->state[0] ? " [" : "", fault->state, fault->state[0] ? "]" : "");
    pace_wait(&adapter->pace, backoff_fail(&adapter->backoff));
}

/* A picture as of the moment before the transaction began: what changed by then is in it. */
static enum err take_picture(struct adapter *adapter, struct odbc_fault *fault)
{
    enum follow_outcome outcome;
    instant at = clock_wall(), until = follow_until(adapter->follow);
    bool whole;
    if (until != INSTANT_NONE && at <= until)
        at = until + 1; /* a clock that went back */
    enum err err = config_read(adapter->reader, follow_known(adapter->follow), &whole, fault);
    if (!err)
        err = follow_picture(adapter->follow, at, &outcome);
    if (!err)
        err = follow_commit(adapter->follow, whole && outcome == FOLLOW_TAKEN ? at : INSTANT_NONE);
    return err;
}

/* Until the next picture is due; sooner when somebody decided about the held one. */
static enum err rest(struct adapter *adapter)
{
    int64_t until_us = clock_mono_us() + adapter->settings.snapshot_minutes * 60 * 1000000;
    for (int64_t left_us; (left_us = until_us - clock_mono_us()) > 0;) {
        bool approved = false;
        enum err err = follow_is_held(adapter->follow) ? follow_decisions(adapter->follow, &approved) : ERR_OK;
        if (err || approved)
            return err;
        int64_t ms = left_us / 1000 + 1;
        if (!pace_wait(&adapter->pace, follow_is_held(adapter->follow) && ms > DECISION_MS ? DECISION_MS : ms))
            return ERR_CANCELLED;
    }
    return ERR_OK;
}

static void follow_database(struct adapter *adapter)
{
    struct odbc_fault fault;
    enum err err = ERR_OK;
    while (!pace_is_stopped(&adapter->pace)) {
        if (!odbc_is_connected(adapter->odbc) && odbc_connect(adapter->odbc, &fault)) {
            away(adapter, &fault);
            continue;
        }
        err = take_picture(adapter, &fault);
        if (err == ERR_CANCELLED)
            break;
        if (err) {
            away(adapter, &fault);
            continue;
        }
        if (log_clear(adapter->part, "away"))
            log_info(adapter->part, "the database (DSN %s) is back", adapter->settings.where);
        backoff_clear(&adapter->backoff);
        if (rest(adapter))
            break;
    }
    odbc_disconnect(adapter->odbc);
}

/* --- a sidecar ----------------------------------------------------------------------------------- */

static void keep_place(struct adapter *adapter)
{
    struct follow_place *place = follow_place(adapter->follow);
    if (!stream_is_settled(adapter->stream))
        return;
    place->inode = feed_inode(adapter->feed);
    place->offset = feed_offset(adapter->feed);
}

static enum err take_lines(struct adapter *adapter)
{
    struct bytes line;
    enum feed_line got;
    enum err err = ERR_OK;
    while (!err && (got = feed_next(adapter->feed, &line)) != FEED_NONE) {
        err = got == FEED_LONG ? stream_refuse(adapter->stream, feed_place(adapter->feed), "longer than 1 MiB", bytes_of(line.data, 1000))
                               : stream_line(adapter->stream, line, feed_place(adapter->feed), clock_wall());
        keep_place(adapter);
    }
    return err ? err : stream_commit(adapter->stream);
}

static enum err open_feed(struct adapter *adapter)
{
    const struct follow_place *place = follow_place(adapter->follow);
    const char *why;
    while (feed_open(adapter->feed, place->inode, place->offset, &why)) {
        log_once(LOG_ERROR, adapter->part, "away", "%s; tried again", why);
        if (!pace_wait(&adapter->pace, backoff_fail(&adapter->backoff)))
            return ERR_CANCELLED;
    }
    if (log_clear(adapter->part, "away"))
        log_info(adapter->part, "%s can be read again", adapter->settings.where);
    backoff_clear(&adapter->backoff);
    return ERR_OK;
}

static enum err lines_turn(struct adapter *adapter)
{
    const char *why = "";
    /* Behind a held snapshot only so many lines wait; then the sidecar does. */
    if (stream_is_full(adapter->stream) && !pace_wait(&adapter->pace, DECISION_MS))
        return ERR_CANCELLED;
    enum feed_event event = stream_is_full(adapter->stream) ? FEED_IDLE : feed_wait(adapter->feed, LINES_MS, &why);
    switch (event) {
    case FEED_STOPPED:
        return ERR_CANCELLED;
    case FEED_MORE:
        return take_lines(adapter);
    case FEED_BEGUN:
        feed_greet(adapter->feed, follow_place(adapter->follow)->sequence);
        return ERR_OK;
    case FEED_ENDED:
        stream_break(adapter->stream);
        return ERR_OK;
    case FEED_FAILED:
        log_once(LOG_ERROR, adapter->part, "away", "%s; tried again", why);
        stream_break(adapter->stream);
        return open_feed(adapter);
    default:
        break;
    }
    bool held = follow_is_held(adapter->follow);
    enum err err = stream_decide(adapter->stream, clock_wall());
    keep_place(adapter);
    return err || held == follow_is_held(adapter->follow) ? err : stream_commit(adapter->stream);
}

static void follow_lines(struct adapter *adapter)
{
    enum err err = open_feed(adapter);
    while (!err && !pace_is_stopped(&adapter->pace))
        err = lines_turn(adapter);
}

/* --- the source ---------------------------------------------------------------------------------- */

static void config_run(struct adapter *adapter)
{
    enum err err;
    while ((err = follow_open(adapter->follow))) {
        if (err == ERR_CANCELLED)
            return;
        log_once(LOG_ERROR, adapter->part, "past", "what was said before cannot be read (%s); tried again", err_text(err));
        if (!pace_wait(&adapter->pace, backoff_fail(&adapter->backoff)))
            return;
    }
    log_clear(adapter->part, "past");
    backoff_clear(&adapter->backoff);
    if (adapter->odbc)
        follow_database(adapter);
    else
        follow_lines(adapter);
}

static void config_stop(struct adapter *adapter)
{
    pace_stop(&adapter->pace);
    if (adapter->odbc)
        odbc_cancel(adapter->odbc);
    if (adapter->feed)
        feed_stop(adapter->feed);
}

const struct adapter_kind adapter_config = {
    .name = "config",
    .create = config_create,
    .run = config_run,
    .stop = config_stop,
    .destroy = config_destroy,
};
