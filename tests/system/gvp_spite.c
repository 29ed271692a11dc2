/*
 * tests/system/gvp_spite.c - a GVP Reporting Server that goes wrong on demand, for tests/system/gvp_spite.sh.
 *
 *   gvp_spite PORT MODE-FILE CALLS
 *
 * Its calls begin every 50 ms from 10 minutes before its start on, and end within 20 s; every seventh record comes up to 15 s late.  Lists
 * have the latest first, so that each new record shifts the pages of 40.  MODE-FILE is read for each request: good, or a word of
 * answer_badly().  It wants user "reader" and password "secret".  GET /truth: a line a leg, "KEY BEGIN END".
 * A connection has one request, on a thread of its own.
 */
#include "base/instant.h"
#include "base/memory.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE = 40, EVERY_MS = 50, REQUEST_MAX = 8192 };
static const char wanted[] = "Authorization: Basic cmVhZGVyOnNlY3JldA==";

static const char *mode_file;
static int calls;
static instant started;

static instant begin_of(int call)
{
    return started - 10 * MINUTE_MS + call * (instant)EVERY_MS;
}

static instant end_of(int call)
{
    return begin_of(call) + (instant)(hash_mix((uint64_t)call) % 20000);
}

static instant written_of(int call)
{
    return end_of(call) + (call % 7 ? 300 : (instant)(hash_mix((uint64_t)call * 31) % 15000));
}

static void send_text(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

static void answer(int fd, const char *status, const char *header, struct buffer *body)
{
    struct buffer head = {0};
    buffer_printf(&head, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", status, body->len, header);
    send_text(fd, buffer_text(&head), head.len);
    send_text(fd, (const char *)body->data, body->len);
    buffer_free(&head);
}

static void put(struct buffer *out, const char *request, bool last)
{
    bool running = strstr(request, "/RT/") != NULL, manager = strstr(request, "/RM/") != NULL;
    char from_text[INSTANT_TEXT_SIZE] = "", to_text[INSTANT_TEXT_SIZE] = "", text[INSTANT_TEXT_SIZE];
    const char *at = strstr(request, "ended-from="), *page_at = strstr(request, "page=");
    instant now = clock_wall(), from = 0, to = INSTANT_MAX;
    if (at && sscanf(at, "ended-from=%24[^& ]&ended-to=%24[^& ]", from_text, to_text) == 2 &&
        !(instant_parse(bytes_from_text(from_text), &from) && instant_parse(bytes_from_text(to_text), &to)))
        return;
    int page = page_at ? atoi(page_at + 5) : 1, total = 0;
    struct buffer rows = {0};
    for (int call = calls - 1; call >= 0; call--) {
        instant begin = begin_of(call) - (manager ? 15 : 0), end = end_of(call) + (manager ? 5 : 0);
        bool listed = running ? begin <= now && end > now : written_of(call) <= now && end > from && end < to;
        if (!listed)
            continue;
        if (total / PAGE == page - 1) {
            buffer_printf(&rows, "<cdr comp-id='%d' session-id='%d' gvp-guid='%d' tenant-id='101' start-time='%s'", manager ? 1 : 2, call, call, instant_format(begin, text));
            if (!running)
                buffer_printf(&rows, " end-time='%s'", instant_format(end, text));
            buffer_append_text(&rows, "/>\n");
        }
        total++;
    }
    buffer_printf(out, "<cdr-details><manifest><pages page='%d' total-pages='%d' total-records='%d' page-size='%d'/><meta generation_time='%s'/></manifest>\n", page,
                  (total + PAGE - 1) / PAGE, total, PAGE, instant_format(now, text));
    buffer_append_bytes(out, buffer_bytes(&rows));
    if (last)
        buffer_append_text(out, "</cdr-details>\n");
    buffer_free(&rows);
}

static bool pause_or_gone(int fd, int ms)
{
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    return poll(&watch, 1, ms) > 0; /* the other side says nothing more: what comes is its end */
}

static void send_for_ever(int fd, const char *head, const char *more)
{
    struct buffer block = {0};
    send_text(fd, head, strlen(head));
    while (block.len < 1 << 16)
        buffer_append_text(&block, more);
    for (size_t from = 0; from < block.len;) {
        ssize_t sent = send(fd, block.data + from, block.len - from, MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        from = (from + (size_t)sent) % block.len;
    }
    buffer_free(&block);
}

static void answer_badly(int fd, const char *mode, const char *request)
{
    struct buffer body = {0};
    if (!strcmp(mode, "redirect")) {
        answer(fd, "302 Found", "Location: http://127.0.0.1:9/elsewhere\r\n", &body);
    } else if (!strcmp(mode, "forbidden")) {
        answer(fd, "403 Forbidden", "", &body);
    } else if (!strcmp(mode, "no-rm")) {
        if (!strstr(request, "/RM/"))
            put(&body, request, true);
        answer(fd, strstr(request, "/RM/") ? "404 Not Found" : "200 OK", "", &body);
    } else if (!strcmp(mode, "html")) {
        buffer_append_text(&body, "<html><body>Please log in</body></html>");
        answer(fd, "200 OK", "", &body);
    } else if (!strcmp(mode, "garbled")) {
        put(&body, request, false);
        buffer_append_text(&body, "<cdr comp-id=2></cdr-details>");
        answer(fd, "200 OK", "", &body);
    } else if (!strcmp(mode, "unfinished")) {
        put(&body, request, false);
        answer(fd, "200 OK", "", &body);
    } else if (!strcmp(mode, "doctype")) {
        buffer_append_text(&body, "<!DOCTYPE a [<!ENTITY b 'c'>]><cdr-details><manifest/></cdr-details>");
        answer(fd, "200 OK", "", &body);
    } else if (!strcmp(mode, "cut")) {
        static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<cdr-details>";
        send_text(fd, head, sizeof head - 1);
    } else if (!strcmp(mode, "silent")) {
        pause_or_gone(fd, 60000);
    } else if (!strcmp(mode, "drip")) {
        static const char head[] = "HTTP/1.1 200 OK\r\n\r\n<cdr-details>";
        send_text(fd, head, sizeof head - 1);
        while (!pause_or_gone(fd, 100))
            send_text(fd, " ", 1);
    } else if (!strcmp(mode, "endless")) {
        send_for_ever(fd, "HTTP/1.1 200 OK\r\n\r\n<cdr-details><manifest/>", "<x y='1234567890'/>");
    } else if (!strcmp(mode, "endless-records")) {
        send_for_ever(fd, "HTTP/1.1 200 OK\r\n\r\n<cdr-details><manifest/>", "<cdr comp-id='1' session-id='2'/>");
    } else if (!strcmp(mode, "endless-value")) {
        send_for_ever(fd, "HTTP/1.1 200 OK\r\n\r\n<cdr-details><manifest/><cdr a='", "1234567890");
    } else if (!strcmp(mode, "endless-header")) {
        send_for_ever(fd, "HTTP/1.1 200 OK\r\n", "X-More: 01234567890123456789012345678901234567890123456789\r\n");
    }
    buffer_free(&body);
}

static void write_truth(struct buffer *out)
{
    char begin[INSTANT_TEXT_SIZE], end[INSTANT_TEXT_SIZE];
    for (int call = 0; call < calls; call++)
        for (int manager = 0; manager < 2; manager++)
            buffer_printf(out, "%d/%d %s %s\n", manager ? 1 : 2, call, instant_format(begin_of(call) - (manager ? 15 : 0), begin),
                          instant_format(end_of(call) + (manager ? 5 : 0), end));
}

static void serve(int fd, const char *request)
{
    struct buffer body = {0};
    char mode[64] = "good";
    FILE *file = fopen(mode_file, "r");
    if (file && fscanf(file, "%63s", mode) != 1)
        strcpy(mode, "good");
    if (file)
        fclose(file);
    if (strncmp(request, "GET /truth ", 11) == 0) {
        write_truth(&body);
        answer(fd, "200 OK", "", &body);
    } else if (!strstr(request, wanted)) {
        answer(fd, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"rs\"\r\n", &body);
    } else if (strcmp(mode, "good") == 0) {
        put(&body, request, true);
        answer(fd, "200 OK", "", &body);
    } else {
        answer_badly(fd, mode, request);
    }
    buffer_free(&body);
}

static void *connection(void *owner)
{
    int fd = (int)(intptr_t)owner;
    char request[REQUEST_MAX + 1];
    size_t len = 0;
    ssize_t got = 1;
    request[0] = 0;
    while (len < REQUEST_MAX && !strstr(request, "\r\n\r\n") && (got = recv(fd, request + len, REQUEST_MAX - len, 0)) > 0) {
        len += (size_t)got;
        request[len] = 0;
    }
    if (got > 0)
        serve(fd, request);
    shutdown(fd, SHUT_WR);
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (argc != 4)
        return 2;
    mode_file = argv[2];
    calls = atoi(argv[3]);
    started = clock_wall();
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 64)) {
        perror("gvp_spite");
        return 1;
    }
    for (int taken; (taken = accept(fd, NULL, NULL)) >= 0;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, connection, (void *)(intptr_t)taken) == 0)
            pthread_detach(thread);
    }
    return 0;
}
