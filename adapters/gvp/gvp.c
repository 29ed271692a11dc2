/* adapters/gvp/gvp.c - the source kind "gvp": settings, connection and pace around a tail. */
#include "adapters/gvp/tail.h"
#include "adapters/pace.h"
#include "base/log.h"

#include <stdlib.h>

enum { CONNECT_SECONDS = 10, IDLE_SECONDS = 30 };

struct adapter {
    struct arena *arena;
    struct gvp_settings settings;
    const char *part;
    struct http_client *client;
    struct gvp_tail *tail;
    struct pace pace;
    struct backoff backoff;
};

static enum err get(void *owner, const char *target, const struct http_client_take *take, struct http_client_answer *answer)
{
    return http_client_get(owner, target, take, answer);
}

static enum err gvp_create(const struct adapter_options *options, struct adapter **out)
{
    struct adapter *adapter = memory_alloc_zero(1, sizeof *adapter);
    struct gvp_settings *settings = &adapter->settings;
    adapter->arena = arena_create();
    pace_init(&adapter->pace);
    enum err err = gvp_settings_read(options, adapter->arena, settings);
    if (!err) {
        adapter->part = arena_printf(adapter->arena, "gvp %s", settings->name);
        adapter->client = http_client_create(&(struct http_client_options){
            .base = settings->url, .user = settings->user, .password_file = settings->password_file, .ca_file = settings->ca_file,
            .cert_file = settings->cert_file, .key_file = settings->key_file, .connect_seconds = CONNECT_SECONDS,
            .idle_seconds = settings->answer_timeout_seconds < IDLE_SECONDS ? (int)settings->answer_timeout_seconds : IDLE_SECONDS,
            .total_seconds = (int)settings->answer_timeout_seconds});
        if (!adapter->client) {
            log_error(adapter->part, "libcurl cannot be used");
            err = ERR_MEMORY;
        }
    }
    if (err) {
        adapter_gvp.destroy(adapter);
        return err;
    }
    adapter->tail = gvp_tail_create(&(struct gvp_tail_options){settings, adapter->part, options->sink, options->cursor, adapter->client, get});
    *out = adapter;
    return ERR_OK;
}

static void gvp_destroy(struct adapter *adapter)
{
    if (!adapter)
        return;
    gvp_tail_destroy(adapter->tail);
    http_client_destroy(adapter->client);
    pace_free(&adapter->pace);
    arena_destroy(adapter->arena);
    free(adapter);
}

/* A password that anybody on the way can read is worth a line. */
static void say_start(const struct adapter *adapter)
{
    const struct gvp_settings *settings = &adapter->settings;
    const char *host = settings->url + (strncmp(settings->url, "https", 5) == 0 ? 8 : 7);
    bool loopback = strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0 || strncmp(host, "[::1]", 5) == 0;
    if (settings->user && strncmp(settings->url, "http:", 5) == 0 && !loopback)
        log_warning(adapter->part, "%s is no https: user and password can be read on their way", settings->url);
    log_info(adapter->part, "asks %s every %lld s for %s%s%s", settings->url, (long long)settings->poll_seconds, settings->legs[GVP_MCP] ? "MCP" : "",
             settings->legs[GVP_MCP] && settings->legs[GVP_RM] ? " and " : "", settings->legs[GVP_RM] ? "RM" : "");
}

static void gvp_run(struct adapter *adapter)
{
    say_start(adapter);
    while (!pace_is_stopped(&adapter->pace)) {
        struct gvp_fault fault = {0};
        enum gvp_next next;
        int64_t begun_us = clock_mono_us();
        enum err err = gvp_tail_poll(adapter->tail, clock_wall(), &next, &fault);
        if (err == ERR_CANCELLED)
            return;
        if (err) {
            log_once(LOG_ERROR, adapter->part, "away", "%s; tried again", fault.text);
            pace_wait(&adapter->pace, backoff_fail(&adapter->backoff));
            continue;
        }
        if (log_clear(adapter->part, "away"))
            log_info(adapter->part, "%s answers again", adapter->settings.url);
        backoff_clear(&adapter->backoff);
        if (next == GVP_REST)
            pace_wait(&adapter->pace, adapter->settings.poll_seconds * SECOND_MS - (clock_mono_us() - begun_us) / 1000);
    }
}

static enum err gvp_backfill(struct adapter *adapter, instant from, instant to)
{
    while (!pace_is_stopped(&adapter->pace)) {
        struct gvp_fault fault = {0};
        enum err err = gvp_tail_again(adapter->tail, from, to, clock_wall(), &fault);
        if (err == ERR_OK || err == ERR_CANCELLED)
            return err;
        log_once(LOG_ERROR, adapter->part, "away", "%s; tried again", fault.text);
        pace_wait(&adapter->pace, backoff_fail(&adapter->backoff));
    }
    return ERR_CANCELLED;
}

static enum err gvp_probe(struct adapter *adapter, FILE *out)
{
    return gvp_tail_probe(adapter->tail, clock_wall(), out);
}

static void gvp_stop(struct adapter *adapter)
{
    pace_stop(&adapter->pace);
    http_client_stop(adapter->client);
}

const struct adapter_kind adapter_gvp = {
    .name = "gvp",
    .create = gvp_create,
    .run = gvp_run,
    .backfill = gvp_backfill,
    .probe = gvp_probe,
    .stop = gvp_stop,
    .destroy = gvp_destroy,
};
