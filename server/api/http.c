#include "server/api/http.h"

#include "base/check.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct http {
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *timer;
    http_handler handler;
    void *owner;
    int port;
    unsigned stream_count;
    struct http_stream *streams; /* doubly linked */
    struct http_later *resting;  /* likewise */
    bool ends; /* whoever asks now gets 503 without the handler, whose owner is half gone */
};

struct http_stream {
    struct http *http;
    struct http_stream *next, **link;
    struct MHD_Connection *connection;
    bool resting; /* the connection is suspended: there was nothing to send */
    bool ended;
    struct buffer waiting;
    size_t taken; /* of waiting */
    void (*closed)(void *owner);
    void *owner;
};

/* One request from its first line to its end. */
struct http_later {
    struct http *http;
    struct http_later *next, **link; /* while it rests */
    struct MHD_Connection *connection;
    struct arena *arena;
    struct bytes raw;
    struct http_answer answer; /* given after a rest */
    struct buffer body;        /* as it comes */
    bool reading;
    bool resting, given;
};

static const struct {
    const char *name, *value;
} security_headers[] = {
    {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void pump(void *owner)
{
    struct http *http = owner;
    MHD_run(http->daemon);
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (MHD_get_timeout(http->daemon, &ms) == MHD_YES)
        loop_timer_start(http->timer, ms, 0);
    else
        loop_timer_stop(http->timer);
}

/* --- streams ---------------------------------------------------------------------------------- */

struct http_stream *http_stream_create(struct http *http, void (*closed)(void *owner), void *owner)
{
    if (http->stream_count >= HTTP_STREAMS_MAX)
        return NULL;
    struct http_stream *stream = memory_alloc_zero(1, sizeof *stream);
    *stream = (struct http_stream){.http = http, .next = http->streams, .link = &http->streams, .closed = closed, .owner = owner};
    if (http->streams)
        http->streams->link = &stream->next;
    http->streams = stream;
    http->stream_count++;
    return stream;
}

static void stream_free(void *owner)
{
    struct http_stream *stream = owner;
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    stream->http->stream_count--;
    stream->closed(stream->owner);
    buffer_free(&stream->waiting);
    free(stream);
}

static void stream_resume(struct http_stream *stream)
{
    if (!stream->resting)
        return;
    stream->resting = false;
    MHD_resume_connection(stream->connection);
    /* The library's wake-up does not reach the epoll descriptor that we watch, so it is asked on the next turn. */
    loop_timer_start(stream->http->timer, 0, 0);
}

bool http_stream_idle(const struct http_stream *stream)
{
    return stream->taken == stream->waiting.len;
}

void http_stream_send(struct http_stream *stream, struct bytes bytes)
{
    if (stream->ended)
        return;
    if (http_stream_idle(stream)) {
        buffer_clear(&stream->waiting);
        stream->taken = 0;
    }
    if (stream->waiting.len - stream->taken + bytes.len > HTTP_STREAM_BYTES_MAX)
        http_stream_end(stream);
    else
        buffer_append_bytes(&stream->waiting, bytes);
    stream_resume(stream);
}

void http_stream_end(struct http_stream *stream)
{
    stream->ended = true;
    stream_resume(stream);
}

/* The library asks for more; without anything to send the connection rests until http_stream_send(). */
static ssize_t on_stream_read(void *owner, uint64_t position, char *out, size_t size)
{
    struct http_stream *stream = owner;
    (void)position;
    size_t left = stream->waiting.len - stream->taken;
    if (left == 0 && stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        stream->resting = true;
        MHD_suspend_connection(stream->connection);
        return 0;
    }
    size_t take = left < size ? left : size;
    memcpy(out, stream->waiting.data + stream->taken, take);
    stream->taken += take;
    return (ssize_t)take;
}

/* --- answers that come later ------------------------------------------------------------------ */

struct http_later *http_answer_later(const struct http_request *request, struct http_answer *answer)
{
    answer->later = true;
    return request->later;
}

static void later_rest(struct http *http, struct http_later *later, struct MHD_Connection *connection)
{
    later->connection = connection;
    later->resting = true;
    later->next = http->resting;
    later->link = &http->resting;
    if (later->next)
        later->next->link = &later->next;
    http->resting = later;
    MHD_suspend_connection(connection);
}

void http_later_give(struct http_later *later, struct http_answer *answer)
{
    check(later->resting);
    *later->link = later->next;
    if (later->next)
        later->next->link = later->link;
    later->resting = false;
    later->given = true;
    later->answer = *answer;
    MHD_resume_connection(later->connection);
    /* As for a stream: the library's wake-up does not reach the descriptor that we watch. */
    loop_timer_start(later->http->timer, 0, 0);
}

/* --- requests --------------------------------------------------------------------------------- */

struct bytes http_header(const struct http_request *request, const char *name)
{
    return bytes_from_text(MHD_lookup_connection_value((struct MHD_Connection *)request->connection, MHD_HEADER_KIND, name));
}

void http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
    check(answer->header_count < HTTP_HEADERS_MAX);
    answer->headers[answer->header_count].name = name;
    answer->headers[answer->header_count++].value = value;
}

static void *on_target(void *owner, const char *raw, struct MHD_Connection *connection)
{
    (void)connection;
    struct http_later *exchange = memory_alloc_zero(1, sizeof *exchange);
    exchange->http = owner;
    exchange->arena = arena_create();
    exchange->raw = arena_copy(exchange->arena, bytes_from_text(raw));
    return exchange;
}

static void on_completed(void *owner, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code)
{
    (void)owner;
    (void)connection;
    (void)code;
    struct http_later *exchange = *context;
    if (!exchange)
        return;
    buffer_free(&exchange->answer.body); /* of one that went away before it was answered */
    buffer_free(&exchange->body);
    arena_destroy(exchange->arena);
    free(exchange);
    *context = NULL;
}

static struct MHD_Response *response_of(struct http_answer *answer, struct MHD_Connection *connection, bool head)
{
    if (answer->stream && !head) {
        struct http_stream *stream = answer->stream;
        answer->stream = NULL;
        stream->connection = connection;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4 * 1024, on_stream_read, stream, stream_free);
    }
    if (bytes_present(answer->fixed))
        return MHD_create_response_from_buffer(answer->fixed.len, (void *)(uintptr_t)answer->fixed.data, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body.len, answer->body.data, answer->body.len ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (answer->body.len)
        answer->body = (struct buffer){0};
    return response;
}

static enum MHD_Result give_answer(struct http_answer *answer, struct MHD_Connection *connection, bool head)
{
    struct MHD_Response *response = response_of(answer, connection, head);
    buffer_free(&answer->body);
    if (answer->stream) /* HEAD: it has no reader */
        stream_free(answer->stream);
    if (!response)
        return MHD_NO;
    if (answer->type)
        MHD_add_response_header(response, "Content-Type", answer->type);
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    for (size_t i = answer->keep_policy ? 1 : 0; i < sizeof security_headers / sizeof *security_headers; i++)
        MHD_add_response_header(response, security_headers[i].name, security_headers[i].value);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static bool request_has_body(const struct http_request *request)
{
    struct bytes length = http_header(request, "Content-Length");
    return bytes_present(http_header(request, "Transfer-Encoding")) ||
           (bytes_present(length) && !bytes_equal_text(length, "0"));
}

/* True when a body of this length will be taken. */
static bool body_is_taken(const struct http_request *request)
{
    struct bytes length = http_header(request, "Content-Length");
    char text[8] = "";
    if (!bytes_equal_text(request->method, "PUT") || bytes_present(http_header(request, "Transfer-Encoding")) || length.len == 0 || length.len >= sizeof text)
        return false;
    memcpy(text, length.data, length.len);
    return strspn(text, "0123456789") == length.len && atoi(text) <= HTTP_BODY_BYTES_MAX;
}

static enum MHD_Result on_request(void *owner, struct MHD_Connection *connection, const char *target, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct http *http = owner;
    struct http_later *exchange = *context;
    (void)target;
    (void)version;
    if (!exchange)
        return MHD_NO;
    if (exchange->given)
        return give_answer(&exchange->answer, connection, strcmp(method, "HEAD") == 0);
    struct http_request request = {
        .method = bytes_from_text(method),
        .raw = exchange->raw,
        .arena = exchange->arena,
        .connection = (struct http_connection *)connection,
        .later = exchange,
    };
    request.has_body = request_has_body(&request);
    request.body_refused = request.has_body && !body_is_taken(&request);
    /* First the headers alone, then the body in pieces, at last nothing more. */
    if (request.has_body && !request.body_refused && (!exchange->reading || *upload_size)) {
        if (exchange->reading && exchange->body.len + *upload_size <= HTTP_BODY_BYTES_MAX)
            buffer_append(&exchange->body, upload, *upload_size);
        if (exchange->reading)
            *upload_size = 0;
        exchange->reading = true;
        return MHD_YES;
    }
    request.body = buffer_bytes(&exchange->body);
    struct http_answer answer = {.status = http->ends ? 503 : 500};
    if (!http->ends)
        http->handler(http->owner, &request, &answer);
    if (answer.later) {
        later_rest(http, exchange, connection);
        return MHD_YES;
    }
    return give_answer(&answer, connection, bytes_equal_text(request.method, "HEAD"));
}

/* --- the daemon ------------------------------------------------------------------------------- */

static void on_library_log(void *owner, const char *format, va_list args)
{
    (void)owner;
    struct buffer text = {0};
    buffer_vprintf(&text, format, args);
    while (text.len && text.data[text.len - 1] == '\n')
        text.len--;
    log_debug("http", "%s", buffer_text(&text));
    buffer_free(&text);
}

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    };
};

static bool address_read(const char *text, int port, struct address *address)
{
    *address = (struct address){0};
    if (!strcmp(text, "localhost"))
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &address->four.sin_addr) == 1) {
        address->four.sin_family = AF_INET;
        address->four.sin_port = htons((uint16_t)port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->six.sin6_addr) == 1) {
        address->six.sin6_family = AF_INET6;
        address->six.sin6_port = htons((uint16_t)port);
        return true;
    }
    return false;
}

bool http_address_is_loopback(const char *text)
{
    struct address address;
    if (!address_read(text, 0, &address))
        return false;
    if (address.any.sa_family == AF_INET)
        return ntohl(address.four.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&address.six.sin6_addr);
}

static struct MHD_Daemon *daemon_start(struct http *http, const struct address *address)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    if (address->any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http,
                            MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
                            MHD_OPTION_SOCK_ADDR, &address->any,
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, http,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_SECONDS,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY_BYTES,
                            MHD_OPTION_END);
}

enum err http_create(const struct http_options *options, struct http **out)
{
    struct address address;
    if (!address_read(options->bind, options->port, &address)) {
        log_error("http", "http.bind: \"%s\" is no address; expected one as 127.0.0.1 or ::1", options->bind);
        return ERR_SETTINGS;
    }
    struct http *http = memory_alloc_zero(1, sizeof *http);
    http->handler = options->handler;
    http->owner = options->owner;
    errno = 0;
    http->daemon = daemon_start(http, &address);
    if (!http->daemon) {
        log_error("http", "cannot listen on %s, port %d: %s", options->bind, options->port, errno ? strerror(errno) : "unknown");
        free(http);
        return ERR_IO;
    }
    http->port = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    http->timer = loop_timer_create(options->loop, pump, http);
    http->watch = loop_watch_create(options->loop, MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, pump, http);
    *out = http;
    return ERR_OK;
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    /* The library wants no connection suspended when it stops. */
    for (struct http_stream *stream = http->streams; stream; stream = stream->next)
        http_stream_end(stream);
    http->ends = true;
    while (http->resting)
        http_later_give(http->resting, &(struct http_answer){.status = 503});
    MHD_run(http->daemon);
    loop_watch_destroy(http->watch);
    loop_timer_destroy(http->timer);
    MHD_stop_daemon(http->daemon);
    check(http->streams == NULL);
    free(http);
}

int http_port(const struct http *http)
{
    return http->port;
}

unsigned http_connections(const struct http *http)
{
    return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

unsigned http_streams(const struct http *http)
{
    return http->stream_count;
}
