#include "base/http_client.h"

#include "base/memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { POLL_MS = 1000, PASSWORD_BYTES_MAX = 1024 };

struct http_client {
    struct http_client_options options; /* its texts are the client's */
    CURL *easy;
    CURLM *multi; /* so that another thread can end a wait */
    atomic_bool stopped;
};

struct receiving {
    CURL *easy;
    const struct http_client_take *take;
    struct http_client_answer *answer;
    size_t header_bytes;
};

static void library_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static char *copy(const char *text)
{
    return text ? memory_copy_text(text) : NULL;
}

bool http_client_base_is_lawful(struct bytes base)
{
    size_t scheme = base.len > 8 && memcmp(base.data, "https://", 8) == 0 ? 8 : base.len > 7 && memcmp(base.data, "http://", 7) == 0 ? 7 : 0;
    if (scheme == 0 || base.data[scheme] == '/' || base.data[scheme] == ':')
        return false;
    for (size_t i = scheme; i < base.len; i++)
        if (base.data[i] <= ' ' || base.data[i] >= 127 || strchr("@?#\\\"<>", base.data[i]))
            return false;
    return true;
}

struct http_client *http_client_create(const struct http_client_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_init);
    struct http_client *client = memory_alloc_zero(1, sizeof *client);
    client->options = *options;
    client->options.base = copy(options->base);
    client->options.user = copy(options->user);
    client->options.password_file = copy(options->password_file);
    client->options.ca_file = copy(options->ca_file);
    client->options.cert_file = copy(options->cert_file);
    client->options.key_file = copy(options->key_file);
    client->easy = curl_easy_init();
    client->multi = curl_multi_init();
    if (client->easy && client->multi)
        return client;
    http_client_destroy(client);
    return NULL;
}

void http_client_destroy(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    const char *texts[] = {client->options.base, client->options.user, client->options.password_file, client->options.ca_file,
                           client->options.cert_file, client->options.key_file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free((void *)(uintptr_t)texts[i]);
    free(client);
}

void http_client_stop(struct http_client *client)
{
    atomic_store(&client->stopped, true);
    curl_multi_wakeup(client->multi);
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct receiving *receiving = owner;
    long status = 0;
    curl_easy_getinfo(receiving->easy, CURLINFO_RESPONSE_CODE, &status);
    receiving->answer->ended = !receiving->take->body(receiving->take->owner, (int)status, bytes_of(data, size * count));
    return receiving->answer->ended ? 0 : size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    struct receiving *receiving = owner;
    char text[64] = "";
    size_t len = size * count;
    receiving->header_bytes += len;
    if (receiving->header_bytes > HTTP_CLIENT_HEADER_BYTES_MAX) {
        snprintf(receiving->answer->why, HTTP_CLIENT_WHY_BYTES, "its header is longer than %d bytes", HTTP_CLIENT_HEADER_BYTES_MAX);
        return 0;
    }
    if (len > 5 && len < sizeof text && strncasecmp(data, "date:", 5) == 0) {
        memcpy(text, data + 5, len - 5);
        time_t at = curl_getdate(text, NULL);
        if (at > 0 && (instant)at < INSTANT_MAX / SECOND_MS)
            receiving->answer->date = (instant)at * SECOND_MS;
    }
    if (receiving->take->header)
        receiving->take->header(receiving->take->owner, bytes_of(data, len));
    return len;
}

/* False and why when the file cannot be read. */
static bool set_password(struct http_client *client, struct http_client_answer *answer)
{
    char password[PASSWORD_BYTES_MAX] = "";
    if (!client->options.user)
        return true;
    if (client->options.password_file) {
        errno = 0;
        FILE *file = fopen(client->options.password_file, "re");
        bool read = file && fgets(password, sizeof password, file);
        if (!read)
            snprintf(answer->why, sizeof answer->why, "password_file %.300s: %s", client->options.password_file, file ? "is empty" : strerror(errno));
        if (file)
            fclose(file);
        if (!read)
            return false;
        password[strcspn(password, "\r\n")] = 0;
    }
    curl_easy_setopt(client->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(client->easy, CURLOPT_USERNAME, client->options.user);
    curl_easy_setopt(client->easy, CURLOPT_PASSWORD, password);
    explicit_bzero(password, sizeof password);
    return true;
}

static void set_options(struct http_client *client, struct receiving *receiving, const char *url, char *reason)
{
    const struct http_client_options *options = &client->options;
    CURL *easy = client->easy;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says: the password goes to nobody else */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)options->connect_seconds);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)options->idle_seconds);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)options->total_seconds);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "seatmeter");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, receiving);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, receiving);
    if (options->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    if (options->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, options->cert_file);
    if (options->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, options->key_file);
}

/* Until the transfer is over or somebody stops us. */
static CURLcode perform(struct http_client *client)
{
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    int running = 1;
    if (curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
        return CURLE_FAILED_INIT;
    while (running && !atomic_load(&client->stopped)) {
        if (curl_multi_perform(client->multi, &running) != CURLM_OK)
            break;
        if (running)
            curl_multi_poll(client->multi, NULL, 0, POLL_MS, NULL);
    }
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));)
        if (message->msg == CURLMSG_DONE)
            result = message->data.result;
    curl_multi_remove_handle(client->multi, client->easy);
    return result;
}

/* What is put; body absent: a GET. */
struct putting {
    struct bytes body;
    struct curl_slist *headers;
};

static void set_body(CURL *easy, const struct putting *putting)
{
    if (!bytes_present(putting->body))
        return;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)putting->body.len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (const char *)putting->body.data);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, putting->headers);
}

static enum err ask(struct http_client *client, const char *target, const struct putting *putting, const struct http_client_take *take,
                    struct http_client_answer *answer)
{
    struct receiving receiving = {client->easy, take, answer, 0};
    char reason[CURL_ERROR_SIZE] = "";
    struct buffer url = {0};
    long status = 0;
    *answer = (struct http_client_answer){.date = INSTANT_NONE};
    curl_easy_reset(client->easy); /* connections stay */
    buffer_printf(&url, "%s%s", client->options.base, target);
    set_options(client, &receiving, buffer_text(&url), reason);
    set_body(client->easy, putting);
    if (!set_password(client, answer)) {
        buffer_free(&url);
        return ERR_IO;
    }
    CURLcode code = perform(client);
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    char *redirect = NULL;
    if (status / 100 == 3 && curl_easy_getinfo(client->easy, CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect)
        snprintf(answer->redirect, sizeof answer->redirect, "%.400s", redirect);
    curl_easy_setopt(client->easy, CURLOPT_PASSWORD, NULL);
    buffer_free(&url);
    if (answer->ended || atomic_load(&client->stopped))
        return ERR_CANCELLED;
    if (code == CURLE_OK)
        return ERR_OK;
    if (!answer->why[0])
        snprintf(answer->why, sizeof answer->why, "%s", *reason ? reason : curl_easy_strerror(code));
    return ERR_AWAY;
}

enum err http_client_get(struct http_client *client, const char *target, const struct http_client_take *take,
                         struct http_client_answer *answer)
{
    return ask(client, target, &(struct putting){.body = BYTES_NONE}, take, answer);
}

enum err http_client_put(struct http_client *client, const char *target, struct bytes body, const char *const *headers,
                         const struct http_client_take *take, struct http_client_answer *answer)
{
    struct putting putting = {.body = body, .headers = curl_slist_append(NULL, "Content-Type: application/json")};
    for (; *headers; headers++)
        putting.headers = curl_slist_append(putting.headers, *headers);
    enum err err = ask(client, target, &putting, take, answer);
    curl_slist_free_all(putting.headers);
    return err;
}
