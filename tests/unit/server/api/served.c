#include "tests/unit/server/api/served.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void *work(void *owner)
{
    loop_run(((struct served *)owner)->loop);
    return NULL;
}

void served_open(struct served *served)
{
    *served = (struct served){.settings = {.http.bind = "127.0.0.1", .alerts.silent_seconds = 900}};
    told_store_open(&served->told);
}

void served_start(struct served *served, bool (*ready)(void *owner, const char **why))
{
    served->loop = loop_create();
    struct api_options options = {.loop = served->loop, .db = served->told.store.db, .settings = &served->settings, .ready = ready};
    cr_assert_eq(api_create(&options, &served->api), ERR_OK);
    served_go_on(served);
}

void served_go_on(struct served *served)
{
    cr_assert_eq(pthread_create(&served->thread, NULL, work, served), 0);
}

void served_pause(struct served *served)
{
    loop_stop(served->loop);
    pthread_join(served->thread, NULL);
}

void served_stop(struct served *served)
{
    served_pause(served);
    api_destroy(served->api);
    served->api = NULL;
}

void served_close(struct served *served)
{
    if (served->api)
        served_stop(served);
    loop_destroy(served->loop);
    told_store_close(&served->told);
}

int served_ask(const struct served *served, const char *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)api_port(served->api)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {30, 0};
    cr_assert(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return fd;
}
