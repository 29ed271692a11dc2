#include "server/cli/simulate_reporter.h"

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"
#include "server/api/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static const char *const part = "simulate";

struct simulate_reporter {
    struct simulate_reporter_options options;
    struct reporter *reporter;
    struct buffer authorization; /* the header that is asked for; empty: none */
    struct loop *loop;
    struct http *http;
    pthread_t thread;
};

static void append_base64(struct bytes bytes, struct buffer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)bytes.data[i] << 16 | (left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0) | (left > 2 ? bytes.data[i + 2] : 0);
        for (size_t k = 0; k < 4; k++)
            buffer_append_char(out, k > left ? '=' : digits[three >> (18 - 6 * k) & 63]);
    }
}

static enum err read_password(struct simulate_reporter *reporter)
{
    struct arena *arena = arena_create();
    struct bytes password = BYTES_NONE;
    struct buffer pair = {0};
    const char *why = NULL;
    enum err err = file_read(reporter->options.password_file, arena, &password, &why);
    if (err)
        log_error(part, "%s: %s", reporter->options.password_file, why);
    for (size_t i = 0; i < password.len; i++)
        if (password.data[i] == '\n' || password.data[i] == '\r')
            password.len = i;
    buffer_printf(&pair, "%s:%.*s", reporter->options.user, (int)password.len, password.len ? (const char *)password.data : "");
    buffer_append_text(&reporter->authorization, "Basic ");
    append_base64(buffer_bytes(&pair), &reporter->authorization);
    buffer_free(&pair);
    arena_destroy(arena);
    return err;
}

static void on_request(void *owner, const struct http_request *request, struct http_answer *answer)
{
    struct simulate_reporter *reporter = owner;
    answer->type = "application/xml; charset=utf-8";
    if (reporter->authorization.len && !bytes_equal(http_header(request, "Authorization"), buffer_bytes(&reporter->authorization))) {
        answer->status = 401;
        http_answer_header(answer, "WWW-Authenticate", "Basic realm=\"Reporting Server\"");
        return;
    }
    answer->status = bytes_equal_text(request->method, "GET") ? reporter_answer(reporter->reporter, request->raw, &answer->body) : 405;
}

static void *run(void *owner)
{
    struct simulate_reporter *reporter = owner;
    loop_run(reporter->loop);
    return NULL;
}

static enum err open_reporter(void *owner, struct reporter *told)
{
    struct simulate_reporter *reporter = owner;
    sigset_t all, before;
    reporter->reporter = told;
    enum err err = reporter->options.user ? read_password(reporter) : ERR_OK;
    if (err)
        return err;
    reporter->loop = loop_create();
    err = http_create(&(struct http_options){.loop = reporter->loop, .bind = "127.0.0.1", .port = reporter->options.port, .handler = on_request, .owner = reporter},
                      &reporter->http);
    if (err)
        return err;
    /* Signals are the main thread's: it waits in poll(). */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    check(pthread_create(&reporter->thread, NULL, run, reporter) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    log_info(part, "a Reporting Server at http://127.0.0.1:%d", reporter->options.port);
    return ERR_OK;
}

static void close_reporter(void *owner)
{
    struct simulate_reporter *reporter = owner;
    if (reporter->http) {
        loop_stop(reporter->loop);
        pthread_join(reporter->thread, NULL);
        http_destroy(reporter->http);
    }
    if (reporter->loop)
        loop_destroy(reporter->loop);
    reporter->http = NULL;
    reporter->loop = NULL;
}

struct simulate_reporter *simulate_reporter_create(const struct simulate_reporter_options *options, struct simulator_options *simulator)
{
    struct simulate_reporter *reporter = memory_alloc_zero(1, sizeof *reporter);
    reporter->options = *options;
    simulator->reporter.owner = reporter;
    simulator->reporter.open = open_reporter;
    simulator->reporter.close = close_reporter;
    return reporter;
}

void simulate_reporter_destroy(struct simulate_reporter *reporter)
{
    if (!reporter)
        return;
    buffer_free(&reporter->authorization);
    free(reporter);
}
