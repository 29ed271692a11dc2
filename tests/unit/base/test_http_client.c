/* The client's own parts; answers that go wrong are in tests/system/gvp_spite.sh. */
#include "base/http_client.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

Test(http_client, which_bases_are_lawful)
{
    static const char *const good[] = {"http://rs", "https://rs:8443", "http://[::1]:80/base/path", "http://10.0.0.1:8080/"};
    static const char *const wrong[] = {"", "rs", "ftp://rs", "http://", "https://", "http:///path", "http://:80", "http://user@rs", "http://user:password@rs",
                                        "http://rs/?a", "http://rs/#a", "http://r s", "http://rs\n", "http://r\xc3\xa4", "HTTP://rs", "http://rs\\x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(http_client_base_is_lawful(bytes_from_text(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(!http_client_base_is_lawful(bytes_from_text(wrong[i])), "%s", wrong[i]);
    printf("%zu lawful, %zu not\n", sizeof good / sizeof *good, sizeof wrong / sizeof *wrong);
}

/* A server of one connection: takes a request, gives a fixed answer (NULL: none, until the other side ends). */
struct server {
    int fd, port;
    const char *answer;
    char request[4096];
    pthread_t thread;
};

static void *serve(void *owner)
{
    struct server *server = owner;
    int fd = accept(server->fd, NULL, NULL);
    size_t len = 0;
    for (ssize_t got; len < sizeof server->request - 1 && !strstr(server->request, "\r\n\r\n") && (got = recv(fd, server->request + len, sizeof server->request - 1 - len, 0)) > 0;)
        len += (size_t)got;
    if (server->answer)
        send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL);
    else
        recv(fd, server->request, 1, 0);
    close(fd);
    return NULL;
}

static void start(struct server *server, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    *server = (struct server){.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer};
    cr_assert(bind(server->fd, (struct sockaddr *)&address, len) == 0 && listen(server->fd, 1) == 0 && getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    server->port = ntohs(address.sin_port);
    pthread_create(&server->thread, NULL, serve, server);
}

static void end(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->fd);
}

struct body {
    struct buffer text;
    size_t most;
};

static bool take(void *owner, int status, struct bytes piece)
{
    struct body *body = owner;
    (void)status;
    buffer_append_bytes(&body->text, piece);
    return body->text.len <= body->most;
}

static struct http_client *client_of(int port, const char *user, const char *password_file)
{
    char base[64];
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    return http_client_create(&(struct http_client_options){.base = base, .user = user, .password_file = password_file, .connect_seconds = 5, .idle_seconds = 5});
}

Test(http_client, an_answer_with_its_date_and_the_password_of_a_file)
{
    struct server server;
    struct body body = {.most = 100};
    struct http_client_answer answer;
    instant at;
    char path[SCRATCH_PATH_SIZE];
    scratch_file("secret\r\nmore\n", path);
    start(&server, "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:01:00 GMT\r\nContent-Length: 5\r\n\r\nhello");
    struct http_client *client = client_of(server.port, "reader", path);
    cr_assert_eq(http_client_get(client, "/a?b=c", &(struct http_client_take){&body, take, NULL}, &answer), ERR_OK, "%s", answer.why);
    end(&server);
    cr_expect(answer.status == 200 && bytes_equal_text(buffer_bytes(&body.text), "hello"));
    cr_expect(instant_parse(BYTES_LITERAL("2026-11-23T10:01:00Z"), &at) && answer.date == at);
    cr_expect(strstr(server.request, "GET /a?b=c HTTP/1.1\r\n") && strstr(server.request, "Authorization: Basic cmVhZGVyOnNlY3JldA==\r\n"), "%s", server.request);
    scratch_remove(path);
    cr_expect_eq(http_client_get(client, "/", &(struct http_client_take){&body, take, NULL}, &answer), ERR_IO);
    cr_expect(strstr(answer.why, "No such file"), "%s", answer.why);
    http_client_destroy(client);
    buffer_free(&body.text);
}

Test(http_client, redirects_are_not_followed_and_a_taker_may_end_it)
{
    struct server server;
    struct body body = {.most = 3};
    struct http_client_answer answer;
    start(&server, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    struct http_client *client = client_of(server.port, NULL, NULL);
    cr_assert_eq(http_client_get(client, "/", &(struct http_client_take){&body, take, NULL}, &answer), ERR_OK, "%s", answer.why);
    end(&server);
    cr_expect(answer.status == 302 && strstr(answer.redirect, "/elsewhere") && answer.date == INSTANT_NONE && !strstr(server.request, "Authorization"));
    http_client_destroy(client);
    start(&server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    client = client_of(server.port, NULL, NULL);
    cr_expect_eq(http_client_get(client, "/", &(struct http_client_take){&body, take, NULL}, &answer), ERR_CANCELLED);
    cr_expect(answer.ended);
    end(&server);
    cr_expect_eq(http_client_get(client, "/", &(struct http_client_take){&body, take, NULL}, &answer), ERR_AWAY, "nobody is there any more");
    cr_expect(answer.why[0] && !answer.ended);
    http_client_destroy(client);
    buffer_free(&body.text);
}

static void *ask(void *owner)
{
    struct body body = {.most = 3};
    struct http_client_answer answer;
    enum err err = http_client_get(owner, "/", &(struct http_client_take){&body, take, NULL}, &answer);
    buffer_free(&body.text);
    return err == ERR_CANCELLED && !answer.ended ? owner : NULL;
}

Test(http_client, a_stop_ends_the_wait)
{
    struct server server;
    pthread_t thread;
    void *cancelled = NULL;
    start(&server, NULL);
    struct http_client *client = client_of(server.port, NULL, NULL);
    pthread_create(&thread, NULL, ask, client);
    http_client_stop(client);
    pthread_join(thread, &cancelled);
    cr_expect(cancelled == client);
    shutdown(server.fd, SHUT_RDWR); /* it may not have been asked at all */
    end(&server);
    cr_expect(ask(client) == client, "and every later one");
    http_client_destroy(client);
}
