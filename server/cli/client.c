#include "server/cli/client.h"

#include "base/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct client {
    struct http_client *http;
    char *base; /* without a slash at its end */
};

struct receiving {
    struct client_answer *answer;
    struct arena *arena;
};

enum err client_create(const char *base, struct client **out)
{
    size_t len = strlen(base);
    if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0) {
        fprintf(stderr, "seatmeter: --url: \"%s\" is no address; expected one as http://127.0.0.1:8080\n", base);
        return ERR_USAGE;
    }
    while (len && base[len - 1] == '/')
        len--;
    struct client *client = memory_alloc_zero(1, sizeof *client);
    client->base = memory_copy_text(base);
    client->base[len] = 0;
    client->http = http_client_create(&(struct http_client_options){
        .base = client->base, .connect_seconds = CLIENT_CONNECT_SECONDS, .idle_seconds = CLIENT_IDLE_SECONDS});
    if (!client->http) {
        fprintf(stderr, "seatmeter: libcurl cannot be used\n");
        client_destroy(client);
        return ERR_MEMORY;
    }
    *out = client;
    return ERR_OK;
}

void client_destroy(struct client *client)
{
    if (!client)
        return;
    http_client_destroy(client->http);
    free(client->base);
    free(client);
}

static bool take_body(void *owner, int status, struct bytes piece)
{
    struct receiving *receiving = owner;
    struct buffer *body = &receiving->answer->body;
    (void)status;
    if (body->len + piece.len > CLIENT_ANSWER_BYTES_MAX)
        return false;
    buffer_append_bytes(body, piece);
    return true;
}

/* Link: </api/v1/usage?…&cursor=00ab>; rel="next" */
static void take_header(void *owner, struct bytes line)
{
    static const char name[] = "link:", part[] = "cursor=";
    struct receiving *receiving = owner;
    if (line.len < sizeof name || strncasecmp((const char *)line.data, name, sizeof name - 1) != 0 || !memmem(line.data, line.len, "rel=\"next\"", 10))
        return;
    const uint8_t *at = memmem(line.data, line.len, part, sizeof part - 1);
    if (at) {
        const uint8_t *start = at + sizeof part - 1, *end = start;
        while (end < line.data + line.len && *end != '&' && *end != '>')
            end++;
        receiving->answer->next_cursor = arena_copy(receiving->arena, bytes_of(start, (size_t)(end - start)));
    }
}

static enum err finish(const struct client *client, enum err err, const struct http_client_answer *http, struct client_answer *answer)
{
    answer->status = http->status;
    if (!err)
        return ERR_OK;
    if (http->ended)
        fprintf(stderr, "seatmeter: the answer of %s is longer than %d MB; ask for less\n", client->base, CLIENT_ANSWER_BYTES_MAX >> 20);
    else
        fprintf(stderr, "seatmeter: no server answers at %s: %s\n", client->base, http->why);
    buffer_free(&answer->body);
    return ERR_AWAY;
}

enum err client_get(struct client *client, const char *target, struct arena *arena, struct client_answer *answer)
{
    struct receiving receiving = {answer, arena};
    struct http_client_answer http;
    *answer = (struct client_answer){0};
    enum err err = http_client_get(client->http, target, &(struct http_client_take){&receiving, take_body, take_header}, &http);
    return finish(client, err, &http, answer);
}

enum err client_put(struct client *client, const char *target, struct bytes body, const char *const *headers, struct arena *arena,
                    struct client_answer *answer)
{
    struct receiving receiving = {answer, arena};
    struct http_client_answer http;
    *answer = (struct client_answer){0};
    enum err err = http_client_put(client->http, target, body, headers, &(struct http_client_take){&receiving, take_body, take_header}, &http);
    return finish(client, err, &http, answer);
}
