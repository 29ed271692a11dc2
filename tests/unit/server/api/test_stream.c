/* The api on its loop, asked over real sockets: the whole state first, then changed rows; what is refused; its end. */
#include "base/json.h"
#include "tests/unit/server/api/served.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct served served;
static int64_t wall = 1795514400000; /* 2026-11-24T10:00:00.000Z */
static const char *not_ready;

static void session(int number, const char *media)
{
    told_line(&served.told, arena_printf(served.told.arena,
                                         "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"%d\",\"version\":1,\"body\":{\"session\":\"s%d\","
                                         "\"tenant\":101,\"place\":%d,\"%s\":7,\"begin\":\"2026-11-24T09:00:00.000Z\"}}", number, number, number, media));
}

static void flush(void)
{
    way_store_flush_at(&served.told.store, wall += 1000);
}

static bool ready(void *owner, const char **why)
{
    (void)owner;
    *why = not_ready;
    return !not_ready;
}

static void begin(void)
{
    served_open(&served);
    session(1, "dn");
    flush();
    served_start(&served, ready);
}

static void end(void) { served_close(&served); }

TestSuite(stream, .init = begin, .fini = end);

static int ask(const char *request) { return served_ask(&served, request); }

/* Reads until what was read since mark holds text; false at the end of the connection. */
static bool read_until(int fd, struct buffer *in, size_t mark, const char *text)
{
    char piece[4096];
    while (in->len < mark || !strstr(buffer_text(in) + mark, text)) {
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        if (got <= 0)
            return false;
        buffer_append(in, piece, (size_t)got);
    }
    return true;
}

static int status_of(const char *request)
{
    struct buffer in = {0};
    int fd = ask(request), status = 0;
    cr_assert(read_until(fd, &in, 0, "\r\n\r\n"), "no answer to %s", request);
    cr_assert_eq(sscanf(buffer_text(&in), "HTTP/1.1 %d", &status), 1);
    close(fd);
    buffer_free(&in);
    return status;
}

/* The next event's data from *mark on, as JSON in arena. */
static const struct json *next_event(int fd, struct buffer *in, size_t *mark, struct arena *arena)
{
    const char *why = "";
    cr_assert(read_until(fd, in, *mark, "\ndata: "), "no event");
    size_t start = (size_t)(strstr(buffer_text(in) + *mark, "\ndata: ") - buffer_text(in)) + 7;
    cr_assert(read_until(fd, in, start, "\n"));
    const char *data = buffer_text(in) + start;
    *mark = start + (size_t)(strchr(data, '\n') - data);
    const struct json *event = json_read(bytes_of(data, (size_t)(strchr(data, '\n') - data)), arena, &why);
    cr_assert(event, "%s", why);
    return event;
}

static int64_t level_of(const struct json *event, const char *item)
{
    const struct json *rows = json_member(event, "rows");
    for (size_t i = 0; i < rows->child_count; i++)
        if (bytes_equal_text(json_member(&rows->children[i], "item")->text, item))
            return json_member(&rows->children[i], "level")->integer;
    return -1;
}

/* HTTP/1.0, so that no chunks' sizes stand in the events. */
#define STREAM "GET /api/v1/stream HTTP/1.0\r\nHost: localhost\r\n"

Test(stream, whole_state_then_changed_rows)
{
    struct arena *arena = arena_create();
    struct buffer in = {0};
    size_t mark = 0;
    int fd = ask(STREAM "\r\n");
    const struct json *event = next_event(fd, &in, &mark, arena);
    cr_expect(strstr(buffer_text(&in), "text/event-stream"));
    cr_expect_eq(json_member(event, "rows")->child_count, 25);
    cr_expect_eq(level_of(event, "inbound-voice"), 1);

    session(2, "dn");
    flush();
    api_wake(served.api);
    do /* events in between say that the clock moved */
        event = next_event(fd, &in, &mark, arena);
    while (json_member(event, "rows")->child_count == 0);
    cr_expect_eq(level_of(event, "inbound-voice"), 2);
    cr_expect_lt(json_member(event, "rows")->child_count, 12, "%zu rows", json_member(event, "rows")->child_count);
    cr_expect_eq(level_of(event, "gvp-ports"), -1);
    printf("first 25 rows, then %zu changed ones\n", json_member(event, "rows")->child_count);
    close(fd);
    buffer_free(&in);
    arena_destroy(arena);
}

/* Nobody reads: the server neither waits nor grows, and others are answered. */
Test(stream, a_reader_that_does_not_read_harms_nobody)
{
    int deaf[8];
    for (int i = 0; i < 8; i++)
        deaf[i] = ask(STREAM "\r\n");
    for (int i = 3; i < 40; i++) {
        session(i, "dn");
        flush();
        api_wake(served.api);
        cr_assert_eq(status_of("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
    }
    for (int i = 0; i < 8; i++)
        close(deaf[i]);
    /* and two stay open until the api ends: its end ends them */
    ask(STREAM "\r\n");
    ask(STREAM "Last-Event-ID: 1-1\r\n\r\n");
}

Test(stream, what_is_refused)
{
    static const struct {
        int status;
        const char *request;
    } cases[] = {
        {200, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {200, "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n"},
        {200, "GET /livez HTTP/1.1\r\nHost: [::1]:9\r\n\r\n"},
        {200, "HEAD /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {200, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {421, "GET /livez HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n"},
        {421, "GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
        {421, "GET /livez HTTP/1.1\r\nHost: \xff\r\n\r\n"},
        {404, "GET /livez/ HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {404, "GET /assets/../settings.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {404, "GET /assets/..%2f HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {405, "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"},
        {405, "TRACE /api/v1/now HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {413, "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"},
        {400, "GET /api/v1/now?scope=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {400, "GET /api/v1/stream?id=x&scope=tenant HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {404, "GET /api/v1/stream?id=9&scope=tenant HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {400, "GET /api/v1/usage HTTP/1.1\r\nHost: localhost\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(status_of(cases[i].request), cases[i].status, "case %zu: %s", i, cases[i].request);
}

Test(stream, ready_when_the_server_says_so)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    cr_expect_eq(status_of(request), 200);
    served_pause(&served);
    not_ready = "the first flush is to come";
    served_go_on(&served);
    cr_expect_eq(status_of(request), 503);
}

Test(api, only_loopback)
{
    static const char *const others[] = {"0.0.0.0", "192.0.2.1", "::", "example", ""};
    struct settings own = {.alerts.silent_seconds = 1};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct api *none = NULL;
        own.http.bind = others[i];
        cr_expect_eq(api_create(&(struct api_options){.settings = &own}, &none), ERR_SETTINGS, "%s", others[i]);
    }
}
