#include "server/api/route.h"

#include "server/api/problem.h"
#include "server/api/write.h"

#include <stdlib.h>
#include <strings.h>

static const struct route {
    const char *path;
    route_fn fn;
    const char *parameters; /* the only ones it takes, with spaces between */
} routes[] = {
#define X(path, function, parameters) {path, function, parameters},
    ROUTE_MAP(X)
#undef X
};

enum { LIMIT_DEFAULT = 1000, LIMIT_MAX = 10000 };

/* --- finding ---------------------------------------------------------------------------------- */

static struct bytes take_segment(struct bytes *rest)
{
    const uint8_t *slash = rest->len ? memchr(rest->data, '/', rest->len) : NULL;
    size_t len = slash ? (size_t)(slash - rest->data) : rest->len;
    struct bytes segment = bytes_of(rest->data, len);
    *rest = slash ? bytes_of(slash + 1, rest->len - len - 1) : BYTES_NONE;
    return segment;
}

/* Both are cut at their slashes; a {part} takes any segment that is not empty. */
static bool path_matches(const char *pattern, struct bytes path, struct call *call)
{
    struct bytes wanted = bytes_from_text(pattern), given = path;
    call->part_count = 0;
    while (bytes_present(wanted) && bytes_present(given)) {
        struct bytes want = take_segment(&wanted), have = take_segment(&given);
        if (want.len && want.data[0] == '{') {
            if (have.len == 0)
                return false;
            call->parts[call->part_count++] = have;
        } else if (!bytes_equal(want, have)) {
            return false;
        }
    }
    return !bytes_present(wanted) && !bytes_present(given);
}

static bool parameter_is_known(const struct route *route, struct bytes name)
{
    struct bytes rest = bytes_from_text(route->parameters);
    while (rest.len) {
        const uint8_t *space = memchr(rest.data, ' ', rest.len);
        size_t len = space ? (size_t)(space - rest.data) : rest.len;
        if (bytes_equal(bytes_of(rest.data, len), name))
            return true;
        rest = space ? bytes_of(space + 1, rest.len - len - 1) : BYTES_NONE;
    }
    return false;
}

/* A name without its port; brackets of an IPv6 address stay. */
static struct bytes host_name(struct bytes host)
{
    size_t end = host.len;
    if (host.len && host.data[0] == '[') {
        const uint8_t *close = memchr(host.data, ']', host.len);
        return close ? bytes_of(host.data, (size_t)(close - host.data) + 1) : host;
    }
    for (size_t i = 0; i < host.len; i++)
        if (host.data[i] == ':')
            end = i;
    return bytes_of(host.data, end);
}

static bool name_is(struct bytes name, const char *text)
{
    return name.len == strlen(text) && strncasecmp((const char *)name.data, text, name.len) == 0;
}

/* A page of another site must not reach us by a name that it made point here (DNS rebinding). */
static bool host_is_ours(const struct api *api, struct bytes host)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "[::1]"};
    struct bytes name = host_name(host);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (name_is(name, always[i]))
            return true;
    for (size_t i = 0; i < api->settings->http.host_count; i++)
        if (name_is(name, api->settings->http.hosts[i]))
            return true;
    return false;
}

/* --- one request ------------------------------------------------------------------------------ */

static bool request_is_lawful(struct call *call)
{
    const struct http_request *request = call->request;
    struct http_answer *answer = call->answer;
    struct bytes host = http_header(request, "Host");
    const char *why = NULL;
    if (!bytes_present(host) || !host_is_ours(call->api, host)) {
        problem(answer, 421, "This server does not answer for %s%.*s%s. It answers for localhost, 127.0.0.1, [::1] and the names in http.hosts.",
                bytes_present(host) ? "the host \"" : "a request without a Host", (int)host.len,
                bytes_are_utf8(host) ? (const char *)host.data : "", bytes_present(host) ? "\"" : "");
        return false;
    }
    if (request->raw.len > TARGET_BYTES_MAX) {
        problem(answer, 414, "The address has %zu bytes; the limit is %d.", request->raw.len, TARGET_BYTES_MAX);
        return false;
    }
    if (target_parse(request->raw, call->arena, &call->target, &why) != ERR_OK) {
        problem(answer, 400, "%s", why);
        return false;
    }
    return true;
}

static route_fn put_of(const struct route *route)
{
#define X(get, put)                                                                                                \
    if (route->fn == get)                                                                                          \
        return put;
    PUT_MAP(X)
#undef X
    return NULL;
}

static void run_put(struct call *call, const struct route *route, route_fn put)
{
    if (call->request->body_refused) {
        problem(call->answer, 413, "A body here has a Content-Length of at most %d bytes.", HTTP_BODY_BYTES_MAX);
        http_answer_header(call->answer, "Connection", "close");
    } else if (call->target.parameter_count) {
        problem(call->answer, 400, "PUT %s has no parameters.", route->path);
    } else {
        put(call);
    }
}

static void run_route(struct call *call, const struct route *route)
{
    struct bytes method = call->request->method;
    route_fn put = put_of(route);
    if (put && bytes_equal_text(method, "PUT")) {
        run_put(call, route, put);
        return;
    }
    if (!bytes_equal_text(method, "GET") && !bytes_equal_text(method, "HEAD")) {
        bool rules = route->fn == route_entitlements || route->fn == route_provisioned || route->fn == route_bundles || route->fn == route_tenants;
        problem(call->answer, 405, put ? "%s: use GET, HEAD or PUT.%s" : "%s can be read only: use GET or HEAD.%s", route->path,
                rules ? " Writing rules here comes with a later release; until then they come as facts, by a source or by seatmeter replay." : "");
        http_answer_header(call->answer, "Allow", put ? "GET, HEAD, PUT" : "GET, HEAD");
        return;
    }
    if (call->request->has_body) {
        problem(call->answer, 413, "A GET here has no body.");
        http_answer_header(call->answer, "Connection", "close");
        return;
    }
    for (size_t i = 0; i < call->target.parameter_count; i++) {
        struct bytes name = call->target.parameters[i].name;
        if (!parameter_is_known(route, name)) {
            problem(call->answer, 400, "Unknown parameter \"%.*s\"; %s has %s%s.", (int)name.len, (const char *)name.data, route->path,
                    *route->parameters ? "only: " : "none", route->parameters);
            return;
        }
    }
    route->fn(call);
}

void route_request(void *owner, const struct http_request *request, struct http_answer *answer)
{
    struct api *api = owner;
    struct call call = {.api = api, .request = request, .arena = request->arena, .answer = answer};
    if (request_is_lawful(&call)) {
        const struct route *found = NULL;
        for (size_t i = 0; i < sizeof routes / sizeof *routes && !found; i++)
            if (path_matches(routes[i].path, call.target.path, &call))
                found = &routes[i];
        if (found)
            run_route(&call, found);
        else
            problem(answer, 404, "There is no such page here. /openapi.json lists what there is.");
    }
    if (call.query)
        query_close(call.query);
    if (!answer->later)
        api_count(api, answer);
}

void api_count(struct api *api, const struct http_answer *answer)
{
    int class = answer->status / 100;
    api->requests[class > 0 && class < 6 ? class : 0]++;
}

struct query *call_query(struct call *call)
{
    if (call->query)
        return call->query;
    enum err err = query_open(call->api->db, &call->query);
    if (err) {
        call->query = NULL;
        problem_from_err(call->answer, err, "the store cannot be read");
    }
    return call->query;
}

/* --- parameters ------------------------------------------------------------------------------- */

struct bytes call_parameter(const struct call *call, const char *name)
{
    return target_parameter(&call->target, name);
}

bool call_number(struct call *call, const char *name, struct bytes text, int64_t *out)
{
    int64_t value = 0;
    bool good = text.len > 0 && text.len <= 18;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.data[i] >= '0' && text.data[i] <= '9';
        value = value * 10 + (text.data[i] - '0');
    }
    if (!good)
        problem(call->answer, 400, "%s: \"%.*s\" is no whole number from 0 up, as 101.", name, (int)text.len, (const char *)text.data);
    *out = value;
    return good;
}

bool call_scope(struct call *call, enum scope_kind *kind, int64_t *id)
{
    struct bytes scope = call_parameter(call, "scope"), text = call_parameter(call, "id");
    *kind = bytes_present(scope) ? scope_kind_from_name(scope) : SCOPE_SYSTEM;
    *id = ID_NONE;
    if (*kind == SCOPE_KIND_COUNT) {
        problem(call->answer, 400, "scope: \"%.*s\" is none of system, tenant, agent-group, place-group.", (int)scope.len,
                (const char *)scope.data);
        return false;
    }
    if (!bytes_present(text))
        return true;
    if (!call_number(call, "id", text, id))
        return false;
    if (*kind == SCOPE_SYSTEM && *id != 0) {
        problem(call->answer, 404, "The system has no id; leave it out, or ask for scope=tenant.");
        return false;
    }
    return true;
}

bool call_limit(struct call *call, size_t *limit)
{
    struct bytes text = call_parameter(call, "limit");
    int64_t value = LIMIT_DEFAULT;
    if (bytes_present(text) && !call_number(call, "limit", text, &value))
        return false;
    if (value < 1 || value > LIMIT_MAX) {
        problem(call->answer, 400, "limit: %.*s is out of range; 1 to %d.", (int)text.len, (const char *)text.data, LIMIT_MAX);
        return false;
    }
    *limit = (size_t)value;
    return true;
}

struct json_writer call_json(struct call *call)
{
    call->answer->status = 200;
    call->answer->type = "application/json";
    http_answer_header(call->answer, "Cache-Control", "no-store");
    return (struct json_writer){.out = &call->answer->body};
}
