/*
 * base/http_client.h - the one door to libcurl: asking somebody's server, one GET at a time (a PUT, our own).
 *
 * No redirect is followed, no proxy is asked, only http and https are spoken, and nothing is unpacked, so that an answer is
 * as long as what came.  The body is streamed to the caller, who may end it; the password is read from its file for each
 * request and forgotten after it.  Limits: HTTP_CLIENT_HEADER_BYTES_MAX, and the seconds of the options.
 *
 * Thread: one at a time; http_client_stop() any.  Owner: who created it.
 */
#ifndef BASE_HTTP_CLIENT_H
#define BASE_HTTP_CLIENT_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"

enum { HTTP_CLIENT_HEADER_BYTES_MAX = 64 << 10, HTTP_CLIENT_WHY_BYTES = 512 };

struct http_client;

struct http_client_options {
    const char *base;                 /* "https://host:8443", no slash at its end; http_client_base_is_lawful() */
    const char *user, *password_file; /* Basic authentication; NULL: none.  The file's first line */
    const char *ca_file;              /* NULL: the system's */
    const char *cert_file, *key_file; /* of our own, for mutual TLS; NULL: none */
    int connect_seconds;
    int idle_seconds;                 /* without a byte */
    int total_seconds;                /* 0: no limit */
};

struct http_client_answer {
    int status;
    instant date;   /* of the Date header, whole seconds; INSTANT_NONE: none */
    bool ended;     /* the caller's body() returned false */
    char why[HTTP_CLIENT_WHY_BYTES]; /* on failure: the rest of a sentence */
    char redirect[HTTP_CLIENT_WHY_BYTES]; /* where a status of 3xx points; "" none */
};

struct http_client_take {
    void *owner;
    /* A piece of the body as it comes; false ends the request with ERR_CANCELLED and answer->ended. */
    bool (*body)(void *owner, int status, struct bytes piece);
    void (*header)(void *owner, struct bytes line); /* each header line; NULL: not asked for */
};

/* True for http:// or https:// with a host, without user, query and fragment. */
bool http_client_base_is_lawful(struct bytes base);

/* NULL when libcurl cannot be used. */
struct http_client *http_client_create(const struct http_client_options *options);
void http_client_destroy(struct http_client *client);
/* target: path and query.  ERR_OK: an answer came whole, whatever its status; ERR_AWAY and answer->why; ERR_IO and why: the
 * password file; ERR_CANCELLED: stopped, or answer->ended. */
MUST_CHECK enum err http_client_get(struct http_client *client, const char *target, const struct http_client_take *take,
                                    struct http_client_answer *answer);
/* The same with a body of JSON to be put there; headers: further lines "Name: value", NULL behind the last. */
MUST_CHECK enum err http_client_put(struct http_client *client, const char *target, struct bytes body, const char *const *headers,
                                    const struct http_client_take *take, struct http_client_answer *answer);
/* Ends the request under way and every later one.  Thread: any. */
void http_client_stop(struct http_client *client);

#endif
