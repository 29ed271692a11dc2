/*
 * server/api/route.h - which request is meant: a table of paths, their parameters and their functions.
 *
 * A path's {parts} are handed to the function in order.  What is not in the table is 404, another
 * method than GET or HEAD 405 (a few paths take PUT, too: PUT_MAP), a parameter that the path does not have 400, a foreign Host 421.
 * A call is one request on its way through: its query is opened when first asked for and closed with it.
 * Thread: the serve loop's.
 */
#ifndef SERVER_API_ROUTE_H
#define SERVER_API_ROUTE_H

#include "base/json.h"
#include "server/api/api.h"
#include "server/api/http.h"
#include "server/api/target.h"
#include "server/privacy.h"
#include "server/query/query.h"

enum { ROUTE_PARTS_MAX = 3, EXPLAIN_WAITING_MAX = 4, LOOKS_WAITING_MAX = 64 };

struct stream_hub;
struct aside;
struct scribe;

struct api {
    struct http *http;
    struct loop *loop;
    struct db *db;
    const struct settings *settings;
    const struct metrics *metrics;
    bool (*ready)(void *owner, const char **why);
    void *ready_owner;
    instant started;
    struct loop_wake *wake;
    struct stream_hub *hub;
    struct pseudonyms pseudonyms;
    struct aside *explains, *looks; /* of /api/v1/explain, /api/v1/sources */
    struct scribe *scribe;
    uint64_t requests[6]; /* by the first digit of the status */
};

struct call {
    struct api *api;
    const struct http_request *request;
    struct target target;
    struct bytes parts[ROUTE_PARTS_MAX];
    size_t part_count;
    struct arena *arena;
    struct http_answer *answer;
    struct query *query; /* call_query() opens it */
};

typedef void (*route_fn)(struct call *call);

/* One snapshot for the whole call; NULL when it cannot be had: the answer is a problem then. */
struct query *call_query(struct call *call);
struct bytes call_parameter(const struct call *call, const char *name);

/* Reading of parameters; false when the answer is a problem already. */
bool call_scope(struct call *call, enum scope_kind *kind, int64_t *id);
bool call_limit(struct call *call, size_t *limit);
bool call_number(struct call *call, const char *name, struct bytes text, int64_t *out);

/* Counts an answer under its status. */
void api_count(struct api *api, const struct http_answer *answer);

/* A JSON answer: status 200, not kept by anybody; write into the writer. */
struct json_writer call_json(struct call *call);

/* Handles one request. */
void route_request(void *owner, const struct http_request *request, struct http_answer *answer);

#define ROUTE_MAP(X)                                                                                              \
    X("/", page_index, "")                                                                                        \
    X("/assets/{name}", page_asset, "")                                                                           \
    X("/api/v1/now", route_now, "scope id")                                                                       \
    X("/api/v1/usage", route_usage, "scope id item from to granularity first_day_of_week profile zone format limit cursor") \
    X("/api/v1/explain", route_explain, "scope id item at profile period zone limit cursor")                      \
    X("/api/v1/stream", route_stream, "scope id")                                                                 \
    X("/api/v1/closes", route_closes, "book from to limit cursor")                                                \
    X("/api/v1/closes/{book}/{day}", route_close, "format")                                                       \
    X("/api/v1/closes/{book}/{day}/{revision}", route_close, "format")                                            \
    X("/api/v1/sources", route_sources, "")                                                                       \
    X("/api/v1/gaps", route_gaps, "limit cursor")                                                                 \
    X("/api/v1/alerts", route_alerts, "limit cursor")                                                             \
    X("/api/v1/dead", route_dead, "limit cursor")                                                                 \
    X("/api/v1/catalog", route_catalog, "")                                                                       \
    X("/api/v1/tenants", route_tenants, "")                                                                       \
    X("/api/v1/entitlements", route_entitlements, "limit cursor")                                                 \
    X("/api/v1/provisioned", route_provisioned, "limit cursor")                                                   \
    X("/api/v1/bundles", route_bundles, "limit cursor")                                                           \
    X("/api/v1/decisions", route_decisions, "limit cursor")                                                       \
    X("/api/v1/presence", route_presence, "")                                                                     \
    X("/openapi.json", page_openapi, "")                                                                          \
    X("/metrics", route_metrics, "")                                                                              \
    X("/livez", route_livez, "")                                                                                  \
    X("/readyz", route_readyz, "")

/* What can be written; write.h. */
#define PUT_MAP(X) X(route_decisions, put_decision)

#define X(path, function, parameters) void function(struct call *call);
ROUTE_MAP(X)
#undef X

#endif
