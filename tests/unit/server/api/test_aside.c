/* Questions that are worked on aside: each is answered or told to come again, and none outlives the server. */
#include "server/api/route.h"
#include "tests/unit/server/api/served.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASKED = 24 };
#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define QUESTION REQUEST("/api/v1/explain?item=inbound-voice&at=2026-11-24T09:30:00.000Z")

static struct served served;

static void begin(void)
{
    served_open(&served);
    for (int i = 0; i < 500; i++)
        told_line(&served.told, arena_printf(served.told.arena,
                                             "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"%d\",\"version\":1,\"body\":{\"session\":\"s%d\",\"dn\":%d,"
                                             "\"begin\":\"2026-11-24T09:00:00.000Z\",\"end\":\"2026-11-24T10:00:00.000Z\"}}", i, i, i));
    way_store_flush_at(&served.told.store, told_at("2026-11-24T10:00:00.000Z"));
    served_start(&served, NULL);
}

static void end(void) { served_close(&served); }

TestSuite(aside, .init = begin, .fini = end);

static int ask(const char *request) { return served_ask(&served, request); }

/* The status, 0 when the connection ended without one. */
static int read_answer(int fd, struct buffer *in)
{
    char piece[4096];
    int status = 0;
    buffer_clear(in);
    for (ssize_t got; (got = recv(fd, piece, sizeof piece, 0)) > 0;)
        buffer_append(in, piece, (size_t)got);
    close(fd);
    return sscanf(buffer_text(in), "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

Test(aside, many_at_once_are_answered_or_told_to_come_again)
{
    int fds[ASKED], good = 0, later = 0;
    struct buffer in = {0};
    for (int i = 0; i < ASKED; i++)
        fds[i] = ask(QUESTION);
    cr_expect_eq(read_answer(ask(REQUEST("/livez")), &in), 200, "the loop waits");
    for (int i = 0; i < ASKED; i++) {
        int status = read_answer(fds[i], &in);
        good += status == 200;
        later += status == 503;
        cr_expect(status == 200 ? strstr(buffer_text(&in), "\"level\":500") && strstr(buffer_text(&in), "application/json") != NULL
                                : status == 503 && strstr(buffer_text(&in), "Retry-After"),
                  "answer %d: %.200s", i, buffer_text(&in));
    }
    printf("explain: %d answered, %d told to come again\n", good, later);
    cr_expect(good > EXPLAIN_WAITING_MAX && good + later == ASKED);
    cr_expect_eq(read_answer(ask("HEAD /api/v1/explain?item=inbound-voice&at=peak HTTP/1.1\r\nHost: localhost\r\n\r\n"), &in), 200);
    cr_expect_eq(read_answer(ask(REQUEST("/api/v1/explain?item=none&at=peak")), &in), 400);
    buffer_free(&in);
}

Test(aside, a_look_at_the_sources_waits_behind_no_explanation)
{
    enum { LOOKS = 8 };
    int fds[ASKED], looks[LOOKS], good = 0;
    struct buffer in = {0};
    for (int i = 0; i < ASKED; i++)
        fds[i] = ask(QUESTION);
    for (int i = 0; i < LOOKS; i++)
        looks[i] = ask(REQUEST("/api/v1/sources"));
    for (int i = 0; i < LOOKS; i++) {
        int status = read_answer(looks[i], &in);
        good += status == 200 && strstr(buffer_text(&in), "\"name\":\"icon-a\"") && strstr(buffer_text(&in), "\"oddities\":[]");
        cr_expect_eq(status, 200, "look %d: %d", i, status);
    }
    cr_expect_eq(good, LOOKS);
    for (int i = 0; i < ASKED; i++)
        (void)read_answer(fds[i], &in);
    cr_expect_eq(read_answer(ask("HEAD /api/v1/sources HTTP/1.1\r\nHost: localhost\r\n\r\n"), &in), 200);
    cr_expect_eq(read_answer(ask(REQUEST("/api/v1/sources?limit=1")), &in), 400);
    printf("sources: %d looks answered beside %d questions\n", good, ASKED);
    buffer_free(&in);
}

Test(aside, who_goes_away_is_no_harm)
{
    struct buffer in = {0};
    for (int i = 0; i < ASKED; i++)
        close(ask(QUESTION));
    int status;
    while ((status = read_answer(ask(QUESTION), &in)) == 503)
        ; /* those that went away are worked on all the same */
    cr_expect_eq(status, 200);
    buffer_free(&in);
}

/* Some rest, some were not even read: all end with the server. */
Test(aside, an_end_while_questions_wait)
{
    int fds[ASKED];
    struct buffer in = {0};
    for (int i = 0; i < ASKED; i++)
        fds[i] = ask(QUESTION);
    served_stop(&served);
    for (int i = 0; i < ASKED; i++) {
        int status = read_answer(fds[i], &in);
        cr_expect(status == 200 || status == 503 || status == 0, "answer %d: %d", i, status);
    }
    buffer_free(&in);
}
