#include "server/cli/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct client {
    CURL *curl;
    char *base; /* without a slash at its end */
};

struct receiving {
    struct client_answer *answer;
    struct arena *arena;
    bool too_long;
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
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct client *client = memory_alloc_zero(1, sizeof *client);
    client->base = memory_copy_text(base);
    client->base[len] = 0;
    client->curl = curl_easy_init();
    if (!client->curl) {
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
    curl_easy_cleanup(client->curl);
    free(client->base);
    free(client);
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct receiving *receiving = owner;
    struct buffer *body = &receiving->answer->body;
    receiving->too_long = body->len + size * count > CLIENT_ANSWER_BYTES_MAX;
    if (receiving->too_long)
        return 0;
    buffer_append(body, data, size * count);
    return size * count;
}

/* Link: </api/v1/usage?…&cursor=00ab>; rel="next" */
static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    static const char name[] = "link:", part[] = "cursor=";
    struct receiving *receiving = owner;
    struct bytes line = bytes_of(data, size * count);
    if (line.len < sizeof name || strncasecmp(data, name, sizeof name - 1) != 0 || !memmem(line.data, line.len, "rel=\"next\"", 10))
        return line.len;
    const uint8_t *at = memmem(line.data, line.len, part, sizeof part - 1);
    if (at) {
        const uint8_t *start = at + sizeof part - 1, *end = start;
        while (end < line.data + line.len && *end != '&' && *end != '>')
            end++;
        receiving->answer->next_cursor = arena_copy(receiving->arena, bytes_of(start, (size_t)(end - start)));
    }
    return line.len;
}

enum err client_get(struct client *client, const char *target, struct arena *arena, struct client_answer *answer)
{
    struct receiving receiving = {answer, arena, false};
    char reason[CURL_ERROR_SIZE] = "";
    long status = 0;
    *answer = (struct client_answer){0};
    curl_easy_reset(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_URL, arena_printf(arena, "%s%s", client->base, target));
    curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT, (long)CLIENT_CONNECT_SECONDS);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, (long)CLIENT_IDLE_SECONDS);
    curl_easy_setopt(client->curl, CURLOPT_USERAGENT, "seatmeter");
    curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &receiving);
    curl_easy_setopt(client->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, &receiving);
    CURLcode code = curl_easy_perform(client->curl);
    if (code != CURLE_OK) {
        if (receiving.too_long)
            fprintf(stderr, "seatmeter: the answer of %s is longer than %d MB; ask for less\n", client->base, CLIENT_ANSWER_BYTES_MAX >> 20);
        else
            fprintf(stderr, "seatmeter: no server answers at %s: %s\n", client->base, *reason ? reason : curl_easy_strerror(code));
        buffer_free(&answer->body);
        return ERR_AWAY;
    }
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    return ERR_OK;
}
