/*
 * server/api/http.h - the one door to libmicrohttpd: requests in, answers and streams out.
 *
 * The daemon has no thread of its own: its epoll descriptor is watched by the serve loop, its timeouts
 * are a timer of that loop (design.md §7: 113 k requests/s, 2,000 streams).  Beyond this door we speak
 * our own types.  A handler fills an answer; it never waits.  What takes long is answered later: the
 * request rests until a worker's result is given on the loop.
 *
 * A stream is an answer that stays open: what is sent to it is kept until the connection takes it.
 * Who sends looks at http_stream_idle() first, so that a slow reader gets the newest state instead of a
 * queue of old ones; a reader that takes nothing of HTTP_STREAM_BYTES_MAX is cut off.
 *
 * Every answer carries the security headers.  The body of a PUT is taken whole, at most HTTP_BODY_BYTES_MAX and of a length
 * that is said before; a longer one is not read, body_refused says so.
 * Thread: the serve loop's.  Owner: api.c.
 */
#ifndef SERVER_API_HTTP_H
#define SERVER_API_HTTP_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"
#include "server/loop.h"

enum {
    HTTP_CONNECTIONS_MAX = 1024,
    HTTP_STREAMS_MAX = 512,          /* of the connections */
    HTTP_STREAM_BYTES_MAX = 1 << 20, /* waiting for one reader */
    HTTP_IDLE_SECONDS = 60,          /* a connection that neither asks nor streams */
    HTTP_HEADERS_MAX = 8,            /* of one answer, beyond the door's own */
    HTTP_BODY_BYTES_MAX = 64 * 1024, /* of a PUT */
    HTTP_MEMORY_BYTES = 16 * 1024,   /* of one connection: request line and headers */
};

struct http;
struct http_stream;
struct http_connection; /* the library's */
struct http_later;      /* a request that rests */

struct http_request {
    struct bytes method; /* as sent */
    struct bytes raw;    /* the target as sent, with its query */
    bool has_body, body_refused;
    struct bytes body;   /* of a PUT */
    struct arena *arena; /* the request's: good until it is answered */
    struct http_connection *connection;
    struct http_later *later;
};

struct http_answer {
    int status;
    const char *type;   /* Content-Type */
    struct buffer body; /* the door frees it */
    struct bytes fixed; /* instead of body: memory that lives for ever */
    struct {
        const char *name, *value; /* copied by the door */
    } headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct http_stream *stream; /* instead of a body */
    bool later;                 /* instead of everything else: http_answer_later() */
    bool keep_policy;           /* headers has a Content-Security-Policy of its own */
};

typedef void (*http_handler)(void *owner, const struct http_request *request, struct http_answer *answer);

struct http_options {
    struct loop *loop;
    const char *bind; /* an IPv4 or IPv6 address, or localhost */
    int port;         /* 0: any free one */
    http_handler handler;
    void *owner;
};

/* ERR_SETTINGS: no such address; ERR_IO: it cannot be listened on; logged. */
MUST_CHECK enum err http_create(const struct http_options *options, struct http **http);
/* Ends all streams (their closed functions are called) and connections; whoever rests gets 503, and none may be given an
 * answer any more. */
void http_destroy(struct http *http);
int http_port(const struct http *http);
unsigned http_connections(const struct http *http);
unsigned http_streams(const struct http *http);
/* True when address means this machine alone. */
bool http_address_is_loopback(const char *address);

/* The header's value, absent when not sent; good until the request is answered. */
struct bytes http_header(const struct http_request *request, const char *name);
void http_answer_header(struct http_answer *answer, const char *name, const char *value);

/* Lets the request rest; its arena stays good.  Good until http_later_give(), which must come. */
struct http_later *http_answer_later(const struct http_request *request, struct http_answer *answer);
/* Answers; takes the body.  Headers' names and values must live for ever. */
void http_later_give(struct http_later *later, struct http_answer *answer);

/* NULL when there are HTTP_STREAMS_MAX.  closed is called once, when the reader has gone. */
struct http_stream *http_stream_create(struct http *http, void (*closed)(void *owner), void *owner);
void http_stream_send(struct http_stream *stream, struct bytes bytes);
/* True when the connection has taken all that was sent. */
bool http_stream_idle(const struct http_stream *stream);
/* Ends it after what was sent. */
void http_stream_end(struct http_stream *stream);

#endif
