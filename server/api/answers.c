/* The routes that answer with one body: parameters in, a body out. */
#include "server/api/route.h"

#include "server/api/aside.h"
#include "server/api/body.h"
#include "server/api/problem.h"
#include "server/api/write.h"
#include "server/version.h"

static struct body_clock clock_of(const struct call *call)
{
    return (struct body_clock){clock_wall(), (int64_t)call->api->settings->alerts.silent_seconds * SECOND_MS};
}

static void finish(struct call *call, enum err err, const char *why)
{
    if (err)
        problem_from_err(call->answer, err, why);
}

static bool read_page(struct call *call, struct body_page *page)
{
    *page = (struct body_page){.cursor = call_parameter(call, "cursor")};
    return call_limit(call, &page->limit);
}

static bool read_format(struct call *call, enum body_format *format)
{
    struct bytes text = call_parameter(call, "format");
    *format = bytes_equal_text(text, "csv") ? BODY_CSV : BODY_JSON;
    if (!bytes_present(text) || *format == BODY_CSV || bytes_equal_text(text, "json"))
        return true;
    problem(call->answer, 400, "format: \"%.*s\" is none of json, csv.", (int)text.len, (const char *)text.data);
    return false;
}

/* Makes the answer CSV; where the next page is stands in a Link header (RFC 8288). */
static void answer_csv(struct call *call, const struct body_page *page)
{
    call->answer->type = "text/csv; charset=utf-8; header=present";
    if (!page || !bytes_present(page->next))
        return;
    struct buffer link = {0};
    buffer_append_text(&link, "<");
    buffer_append_bytes(&link, call->target.path);
    const char *separator = "?";
    for (size_t i = 0; i < call->target.parameter_count; i++) {
        const struct parameter *parameter = &call->target.parameters[i];
        if (bytes_equal_text(parameter->name, "cursor"))
            continue;
        buffer_append_text(&link, separator);
        target_escape(parameter->name, &link);
        buffer_append_char(&link, '=');
        target_escape(parameter->value, &link);
        separator = "&";
    }
    buffer_printf(&link, "%scursor=%.*s>; rel=\"next\"", separator, (int)page->next.len, (const char *)page->next.data);
    http_answer_header(call->answer, "Link", arena_text(call->arena, buffer_bytes(&link)));
    buffer_free(&link);
}

void route_now(struct call *call)
{
    enum scope_kind kind;
    int64_t id;
    const char *why = NULL;
    if (!call_scope(call, &kind, &id) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_now(call->query, kind, id, clock_of(call), call->arena, &call->answer->body, &why);
    finish(call, err, why);
}

/* --- usage ------------------------------------------------------------------------------------ */

static bool read_instant(struct call *call, const char *name, instant *at)
{
    struct bytes text = call_parameter(call, name);
    if (instant_parse(text, at))
        return true;
    if (bytes_present(text))
        problem(call->answer, 400, "%s: \"%.*s\" is no instant, as 2026-11-23T00:00:00.000Z.", name, (int)text.len, (const char *)text.data);
    else
        problem(call->answer, 400, "%s is missing: the instant, as 2026-11-23T00:00:00.000Z.", name);
    return false;
}

static bool read_profiles(struct call *call, unsigned *profiles)
{
    struct bytes rest = call_parameter(call, "profile");
    *profiles = bytes_present(rest) ? 0 : 1u << PROFILE_EXACT;
    while (bytes_present(rest)) {
        const uint8_t *comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        struct bytes name = bytes_of(rest.data, comma ? (size_t)(comma - rest.data) : rest.len);
        enum profile profile = profile_from_name(name);
        if (profile == PROFILE_COUNT) {
            problem(call->answer, 400, "profile: \"%.*s\" is none of exact, lrm, person, sustained.", (int)name.len, (const char *)name.data);
            return false;
        }
        *profiles |= 1u << profile;
        rest = comma ? bytes_of(comma + 1, rest.len - name.len - 1) : BYTES_NONE;
    }
    return true;
}

static bool read_granularity(struct call *call, enum granularity *granularity)
{
    struct bytes text = call_parameter(call, "granularity");
    *granularity = granularity_from_name(text);
    if (*granularity != GRANULARITY_COUNT)
        return true;
    if (bytes_present(text))
        problem(call->answer, 400, "granularity: \"%.*s\" is none of 10m, hour, day, week, month.", (int)text.len, (const char *)text.data);
    else
        problem(call->answer, 400, "granularity is missing: 10m, hour, day, week or month.");
    return false;
}

static bool read_weekday(struct call *call, int *weekday)
{
    struct bytes text = call_parameter(call, "first_day_of_week");
    *weekday = bytes_present(text) ? weekday_from_name(text) : 0;
    if (*weekday < 0)
        problem(call->answer, 400, "first_day_of_week: \"%.*s\" is none of monday … sunday.", (int)text.len, (const char *)text.data);
    return *weekday >= 0;
}

void route_usage(struct call *call)
{
    struct usage_request request = {.item = call_parameter(call, "item"), .zone = call_parameter(call, "zone")};
    struct body_page page;
    enum body_format format;
    const char *why = NULL;
    if (!call_scope(call, &request.scope, &request.id) || !read_instant(call, "from", &request.from) ||
        !read_instant(call, "to", &request.to) || !read_granularity(call, &request.granularity) ||
        !read_profiles(call, &request.profiles) || !read_weekday(call, &request.first_weekday) || !read_format(call, &format) || !read_page(call, &page) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_usage(call->query, &request, format, &page, call->arena, &call->answer->body, &why);
    finish(call, err, why);
    if (!err && format == BODY_CSV)
        answer_csv(call, &page);
}

/* --- closes ----------------------------------------------------------------------------------- */

static bool read_day(struct call *call, const char *name, struct bytes text, int32_t *day)
{
    if (date_parse(text, day))
        return true;
    problem(call->answer, 400, "%s: \"%.*s\" is no day, as 2026-11-23.", name, (int)text.len, (const char *)text.data);
    return false;
}

static bool read_book(struct call *call, struct bytes text, int64_t *book)
{
    if (body_book_parse(text, book))
        return true;
    problem(call->answer, 400, "book: \"%.*s\" is neither \"system\" nor a tenant's id.", (int)text.len, (const char *)text.data);
    return false;
}

void route_closes(struct call *call)
{
    struct bytes book = call_parameter(call, "book"), from = call_parameter(call, "from"), to = call_parameter(call, "to");
    struct closes_request request = {-1, INT32_MIN, INT32_MAX};
    struct body_page page;
    const char *why = NULL;
    if ((bytes_present(book) && !read_book(call, book, &request.book)) || (bytes_present(from) && !read_day(call, "from", from, &request.from)) ||
        (bytes_present(to) && !read_day(call, "to", to, &request.to)) || !read_page(call, &page) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_closes(call->query, &request, &page, call->arena, &call->answer->body, &why);
    finish(call, err, why);
}

void route_close(struct call *call)
{
    int64_t book, revision = -1;
    int32_t day;
    enum body_format format;
    const char *why = NULL;
    if (!read_book(call, call->parts[0], &book) || !read_day(call, "day", call->parts[1], &day) ||
        (call->part_count > 2 && !call_number(call, "revision", call->parts[2], &revision)) || !read_format(call, &format) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_close(call->query, book, day, revision, format, call->arena, &call->answer->body, &why);
    finish(call, err, why);
    if (!err && format == BODY_CSV)
        answer_csv(call, NULL);
}

/* --- the rest --------------------------------------------------------------------------------- */

static enum err look_at_sources(void *owner, struct query *query, struct arena *arena, struct buffer *body, const char **why)
{
    (void)why;
    return body_sources(query, *(struct body_clock *)owner, arena, body);
}

/* Oddities are looked for in the whole configuration: not on the loop. */
void route_sources(struct call *call)
{
    struct arena *arena = arena_create();
    struct body_clock *clock = arena_alloc(arena, sizeof *clock);
    *clock = clock_of(call);
    aside_ask(call->api->looks, call, arena, look_at_sources, clock);
}

void route_dead(struct call *call)
{
    struct body_page page;
    const char *why = NULL;
    if (!read_page(call, &page) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_dead(call->query, &page, call->arena, &call->answer->body, &why);
    finish(call, err, why);
}

void route_gaps(struct call *call)
{
    struct body_page page;
    const char *why = NULL;
    if (!read_page(call, &page) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_gaps(call->query, &page, call->arena, &call->answer->body, &why);
    finish(call, err, why);
}

void route_alerts(struct call *call)
{
    struct body_page page;
    const char *why = NULL;
    if (!read_page(call, &page) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_alerts(call->query, &page, call->arena, &call->answer->body, &why);
    finish(call, err, why);
}

void route_catalog(struct call *call)
{
    if (!call_query(call))
        return;
    call_json(call);
    body_catalog(call->query, call->arena, &call->answer->body);
}

void route_tenants(struct call *call)
{
    if (!call_query(call))
        return;
    call_json(call);
    body_tenants(call->query, call->arena, &call->answer->body);
}

static void answer_rules(struct call *call, const char *name, enum fact_kind kind)
{
    struct body_page page;
    const char *why = NULL;
    if (!read_page(call, &page) || !call_query(call))
        return;
    call_json(call);
    enum err err = body_rules(call->query, name, kind, &page, call->arena, &call->answer->body, &why);
    finish(call, err, why);
}

void route_entitlements(struct call *call)
{
    answer_rules(call, "entitlements", FACT_ENTITLEMENT);
}

void route_provisioned(struct call *call)
{
    answer_rules(call, "provisioned", FACT_PROVISIONED);
}

void route_bundles(struct call *call)
{
    answer_rules(call, "bundles", FACT_BUNDLE_SET);
}

void route_decisions(struct call *call)
{
    answer_rules(call, "decisions", FACT_DECISION);
    if (call->answer->status == 200)
        http_answer_header(call->answer, "ETag", arena_text(call->arena, scribe_tag(call->query, FACT_DECISION, call->arena)));
}

void route_presence(struct call *call)
{
    const struct query_source *sources;
    if (!call_query(call))
        return;
    struct body_clock clock = clock_of(call);
    size_t count = query_sources(call->query, call->arena, &sources), alive = 0, asked = 0;
    for (size_t i = 0; i < count; i++) {
        asked += !sources[i].retired;
        alive += !sources[i].retired && sources[i].watermark != INSTANT_NONE && !query_source_silent(&sources[i], clock.wall, clock.silent_after_ms);
    }
    struct json_writer writer = call_json(call);
    json_write_open_object(&writer);
    json_write_name(&writer, "product");
    json_write_text_c(&writer, "Seatmeter");
    json_write_name(&writer, "version");
    json_write_text_c(&writer, SEATMETER_VERSION);
    json_write_name(&writer, "installed");
    json_write_bool(&writer, true);
    json_write_name(&writer, "running_since");
    json_write_instant(&writer, call->api->started);
    json_write_name(&writer, "collecting_since");
    json_write_instant(&writer, query_since(call->query));
    json_write_name(&writer, "sources_alive");
    json_write_integer(&writer, (int64_t)alive);
    json_write_name(&writer, "sources");
    json_write_integer(&writer, (int64_t)asked);
    json_write_close_object(&writer);
    buffer_append_char(&call->answer->body, '\n');
}

void route_livez(struct call *call)
{
    struct json_writer writer = call_json(call);
    json_write_open_object(&writer);
    json_write_name(&writer, "status");
    json_write_text_c(&writer, "alive");
    json_write_close_object(&writer);
    buffer_append_char(&call->answer->body, '\n');
}

void route_readyz(struct call *call)
{
    const struct api *api = call->api;
    const char *why = "it is still starting";
    if (api->ready && !api->ready(api->ready_owner, &why)) {
        problem(call->answer, 503, "Not ready: %s.", why);
        http_answer_header(call->answer, "Retry-After", "1");
        return;
    }
    if (!call_query(call))
        return;
    struct json_writer writer = call_json(call);
    json_write_open_object(&writer);
    json_write_name(&writer, "status");
    json_write_text_c(&writer, "ready");
    json_write_close_object(&writer);
    buffer_append_char(&call->answer->body, '\n');
}
