#include "server/api/api.h"

#include "base/log.h"
#include "server/api/aside.h"
#include "server/api/route.h"
#include "server/api/stream.h"
#include "server/api/write.h"

#include <stdlib.h>

static void on_wake(void *owner)
{
    struct api *api = owner;
    scribe_look(api->scribe);
    stream_hub_look(api->hub);
}

enum err api_create(const struct api_options *options, struct api **out)
{
    const struct settings *settings = options->settings;
    if (!http_address_is_loopback(settings->http.bind)) {
        log_error("api", "http.bind: \"%s\" is not loopback; without tokens the server answers this machine only: 127.0.0.1, ::1 or localhost",
                  settings->http.bind);
        return ERR_SETTINGS;
    }
    struct api *api = memory_alloc_zero(1, sizeof *api);
    *api = (struct api){.loop = options->loop,
                        .db = options->db,
                        .settings = settings,
                        .metrics = options->metrics,
                        .ready = options->ready,
                        .ready_owner = options->ready_owner,
                        .started = clock_wall()};
    enum err err = pseudonyms_open(settings->privacy.key_file, &api->pseudonyms);
    if (err) {
        free(api);
        return err;
    }
    struct http_options http = {options->loop, settings->http.bind, settings->http.port, route_request, api};
    err = http_create(&http, &api->http);
    if (err) {
        free(api);
        return err;
    }
    api->hub = stream_hub_create(api);
    api->explains = aside_create(api, EXPLAIN_WAITING_MAX);
    api->looks = aside_create(api, LOOKS_WAITING_MAX);
    api->scribe = scribe_create(api, options->say, options->say_owner);
    api->wake = loop_wake_create(options->loop, on_wake, api);
    *out = api;
    return ERR_OK;
}

void api_destroy(struct api *api)
{
    if (!api)
        return;
    aside_destroy(api->explains);
    aside_destroy(api->looks);
    loop_wake_destroy(api->wake);
    http_destroy(api->http); /* ends the streams, so the hub is empty then */
    stream_hub_destroy(api->hub);
    scribe_destroy(api->scribe);
    free(api);
}

int api_port(const struct api *api)
{
    return http_port(api->http);
}

void api_wake(struct api *api)
{
    loop_wake(api->wake);
}
