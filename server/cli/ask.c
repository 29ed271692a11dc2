#include "server/cli/ask.h"

#include "server/cli/client.h"
#include "server/cli/options.h"
#include "server/api/target.h"
#include "server/privacy.h"
#include "server/query/explain.h"
#include "server/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE_ROWS = 10000 };

struct ask {
    const char *command;
    struct arena *arena;
    const struct settings *settings;
    struct db *db;         /* with --store */
    struct client *client; /* else */
};

struct ask *ask_create(const struct ask_options *options, int *code)
{
    if (options->store && options->url) {
        *code = cli_wrong_usage(options->command, "--store and --url exclude each other");
        return NULL;
    }
    struct ask *ask = memory_alloc_zero(1, sizeof *ask);
    ask->command = options->command;
    ask->arena = arena_create();
    enum err err = cli_settings_read(options->settings, ask->arena, &ask->settings);
    if (!err && options->store)
        err = db_create(&(struct db_options){.dir = options->store, .read_only = true}, &ask->db);
    else if (!err)
        err = client_create(options->url ? options->url : arena_printf(ask->arena, "http://127.0.0.1:%d", ask->settings->http.port), &ask->client);
    if (!err)
        return ask;
    *code = err_exit_code(err);
    ask_destroy(ask);
    return NULL;
}

void ask_destroy(struct ask *ask)
{
    if (!ask)
        return;
    client_destroy(ask->client);
    if (ask->db)
        db_destroy(ask->db);
    arena_destroy(ask->arena);
    free(ask);
}

struct arena *ask_arena(struct ask *ask)
{
    return ask->arena;
}

static struct body_clock clock_of(const struct ask *ask)
{
    return (struct body_clock){clock_wall(), (int64_t)ask->settings->alerts.silent_seconds * SECOND_MS};
}

/* --- the files -------------------------------------------------------------------------------- */

/* Says a failure; what was asked wrongly is wrong usage. */
static bool say(const struct ask *ask, enum err err, const char *why, int *code)
{
    if (!err)
        return true;
    fprintf(stderr, "seatmeter %s: %s\n", ask->command, why ? why : err_text(err));
    *code = err_exit_code(err == ERR_INPUT ? ERR_USAGE : err);
    return false;
}

static struct query *open_query(const struct ask *ask, int *code)
{
    struct query *query = NULL;
    return say(ask, query_open(ask->db, &query), "the store cannot be read", code) ? query : NULL;
}

/* --- the server ------------------------------------------------------------------------------- */

/* A problem's detail is what a person can act on. */
static void say_problem(const struct ask *ask, int status, struct bytes body)
{
    const char *why;
    const struct json *problem = json_read(body, ask->arena, &why), *detail = problem ? json_member(problem, "detail") : NULL;
    if (detail && detail->kind == JSON_KIND_TEXT)
        fprintf(stderr, "seatmeter %s: %.*s\n", ask->command, (int)detail->text.len, (const char *)detail->text.data);
    else
        fprintf(stderr, "seatmeter %s: the server answers %d; is it a Seatmeter?\n", ask->command, status);
}

static bool get(const struct ask *ask, const char *target, struct client_answer *answer, int *code)
{
    enum err err = client_get(ask->client, target, ask->arena, answer);
    if (err) {
        *code = err_exit_code(err);
        return false;
    }
    if (answer->status == 200)
        return true;
    say_problem(ask, answer->status, buffer_bytes(&answer->body));
    buffer_free(&answer->body);
    *code = err_exit_code(answer->status == 404 ? ERR_NOT_FOUND : answer->status < 500 ? ERR_USAGE : ERR_AWAY);
    return false;
}

static bool get_one(const struct ask *ask, const char *target, struct buffer *out, int *code)
{
    struct client_answer answer;
    if (!get(ask, target, &answer, code))
        return false;
    buffer_append_bytes(out, buffer_bytes(&answer.body));
    buffer_free(&answer.body);
    return true;
}

static void add_parameter(struct buffer *target, const char *name, struct bytes value)
{
    if (!bytes_present(value))
        return;
    buffer_append_char(target, memchr(target->data, '?', target->len) ? '&' : '?');
    buffer_append_text(target, name);
    buffer_append_char(target, '=');
    target_escape(value, target);
}

static void add_number(struct buffer *target, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    if (value >= 0)
        add_parameter(target, name, bytes_from_text(text));
}

/* --- questions -------------------------------------------------------------------------------- */

bool ask_now(struct ask *ask, enum scope_kind kind, int64_t id, struct buffer *out, int *code)
{
    if (!ask->db) {
        struct buffer target = {0};
        buffer_append_text(&target, "/api/v1/now");
        add_parameter(&target, "scope", bytes_from_text(scope_kind_name(kind)));
        add_number(&target, "id", id);
        bool good = get_one(ask, buffer_text(&target), out, code);
        buffer_free(&target);
        return good;
    }
    struct query *query = open_query(ask, code);
    const char *why = NULL;
    if (!query)
        return false;
    enum err err = body_now(query, kind, id, clock_of(ask), ask->arena, out, &why);
    query_close(query);
    return say(ask, err, why, code);
}

static void usage_target(const struct usage_request *request, enum body_format format, struct buffer *target)
{
    char text[INSTANT_TEXT_SIZE];
    struct buffer profiles = {0};
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        if (request->profiles & 1u << profile)
            buffer_printf(&profiles, "%s%s", profiles.len ? "," : "", profile_name((enum profile)profile));
    buffer_append_text(target, "/api/v1/usage");
    add_parameter(target, "scope", bytes_from_text(scope_kind_name(request->scope)));
    add_number(target, "id", request->id);
    add_parameter(target, "item", request->item);
    add_parameter(target, "from", bytes_from_text(instant_format(request->from, text)));
    add_parameter(target, "to", bytes_from_text(instant_format(request->to, text)));
    add_parameter(target, "granularity", bytes_from_text(granularity_name(request->granularity)));
    add_parameter(target, "profile", buffer_bytes(&profiles));
    if (request->granularity == GRANULARITY_WEEK)
        add_parameter(target, "first_day_of_week", bytes_from_text(weekday_name(request->first_weekday)));
    add_parameter(target, "zone", request->zone);
    add_parameter(target, "format", bytes_from_text(format == BODY_CSV ? "csv" : "json"));
    add_number(target, "limit", PAGE_ROWS);
    buffer_free(&profiles);
}

/* Puts a further page's rows behind those in out: what stands between the list's brackets. */
static bool join_json(struct buffer *out, struct bytes page)
{
    static const char begin[] = "{\"rows\":[", end[] = "],\"next\":";
    if (out->len == 0) {
        buffer_append_bytes(out, page);
        return true;
    }
    size_t cut = out->len;
    while (cut > 0 && !(out->len - cut >= sizeof end - 1 && memcmp(out->data + cut, end, sizeof end - 1) == 0))
        cut--;
    if (cut == 0 || page.len < sizeof begin || memcmp(page.data, begin, sizeof begin - 1) != 0)
        return false;
    out->len = cut;
    if (page.data[sizeof begin - 1] != ']')
        buffer_append_char(out, ',');
    buffer_append(out, page.data + sizeof begin - 1, page.len - (sizeof begin - 1));
    return true;
}

static void join_csv(struct buffer *out, struct bytes page)
{
    const uint8_t *line = out->len && page.len ? memchr(page.data, '\n', page.len) : NULL;
    size_t skip = line ? (size_t)(line - page.data) + 1 : 0;
    buffer_append(out, page.data + skip, page.len - skip);
}

static bool usage_from_server(struct ask *ask, struct usage_request *request, enum body_format format, struct buffer *out, int *code)
{
    struct buffer target = {0};
    bool good = true;
    usage_target(request, format, &target);
    size_t base_len = target.len;
    for (struct bytes cursor = BYTES_NONE; good;) {
        struct client_answer answer;
        target.len = base_len;
        add_parameter(&target, "cursor", cursor);
        good = get(ask, buffer_text(&target), &answer, code);
        if (!good)
            break;
        if (format == BODY_CSV) {
            join_csv(out, buffer_bytes(&answer.body));
            cursor = answer.next_cursor;
        } else {
            const struct json *page = ask_read(ask, buffer_bytes(&answer.body), code);
            good = page && join_json(out, buffer_bytes(&answer.body));
            cursor = page ? ask_text(page, "next") : BYTES_NONE;
        }
        buffer_free(&answer.body);
        if (!bytes_present(cursor))
            break;
    }
    buffer_free(&target);
    return good;
}

bool ask_usage(struct ask *ask, struct usage_request *request, enum body_format format, struct buffer *out, int *code)
{
    if (!ask->db)
        return usage_from_server(ask, request, format, out, code);
    struct query *query = open_query(ask, code);
    struct body_page page = {.limit = SIZE_MAX};
    const char *why = NULL;
    if (!query)
        return false;
    enum err err = body_usage(query, request, format, &page, ask->arena, out, &why);
    query_close(query);
    return say(ask, err, why, code);
}

bool ask_closes(struct ask *ask, const struct closes_request *request, struct buffer *out, int *code)
{
    char day[DATE_TEXT_SIZE];
    if (!ask->db) {
        struct buffer target = {0};
        buffer_append_text(&target, "/api/v1/closes");
        if (request->book >= 0)
            add_parameter(&target, "book", body_book_name(request->book, ask->arena));
        if (request->from != INT32_MIN)
            add_parameter(&target, "from", bytes_from_text(date_format(request->from, day)));
        if (request->to != INT32_MAX)
            add_parameter(&target, "to", bytes_from_text(date_format(request->to, day)));
        add_number(&target, "limit", PAGE_ROWS);
        bool good = get_one(ask, buffer_text(&target), out, code);
        buffer_free(&target);
        return good;
    }
    struct query *query = open_query(ask, code);
    struct body_page page = {.limit = PAGE_ROWS};
    const char *why = NULL;
    if (!query)
        return false;
    enum err err = body_closes(query, request, &page, ask->arena, out, &why);
    query_close(query);
    return say(ask, err, why, code);
}

bool ask_close(struct ask *ask, int64_t book, int32_t day, int64_t revision, enum body_format format, struct buffer *out, int *code)
{
    char text[DATE_TEXT_SIZE];
    if (!ask->db) {
        struct buffer target = {0};
        struct bytes name = body_book_name(book, ask->arena);
        buffer_printf(&target, "/api/v1/closes/%.*s/%s", (int)name.len, (const char *)name.data, date_format(day, text));
        if (revision >= 0)
            buffer_printf(&target, "/%" PRId64, revision);
        add_parameter(&target, "format", bytes_from_text(format == BODY_CSV ? "csv" : "json"));
        bool good = get_one(ask, buffer_text(&target), out, code);
        buffer_free(&target);
        return good;
    }
    struct query *query = open_query(ask, code);
    const char *why = NULL;
    if (!query)
        return false;
    enum err err = body_close(query, book, day, revision, format, ask->arena, out, &why);
    query_close(query);
    return say(ask, err, why, code);
}

bool ask_dead(struct ask *ask, struct bytes cursor, size_t limit, struct buffer *out, int *code)
{
    if (!ask->db) {
        struct buffer target = {0};
        buffer_append_text(&target, "/api/v1/dead");
        add_number(&target, "limit", (int64_t)limit);
        add_parameter(&target, "cursor", cursor);
        bool good = get_one(ask, buffer_text(&target), out, code);
        buffer_free(&target);
        return good;
    }
    struct query *query = open_query(ask, code);
    struct body_page page = {.limit = limit, .cursor = cursor};
    const char *why = NULL;
    if (!query)
        return false;
    enum err err = body_dead(query, &page, ask->arena, out, &why);
    query_close(query);
    return say(ask, err, why, code);
}

static void explain_target(const struct explain_request *request, struct buffer *target)
{
    char text[INSTANT_TEXT_SIZE];
    buffer_append_text(target, "/api/v1/explain");
    add_parameter(target, "scope", bytes_from_text(scope_kind_name(request->scope.kind)));
    if (request->scope.kind != SCOPE_SYSTEM)
        add_number(target, "id", request->scope.id);
    add_parameter(target, "item", request->item);
    add_parameter(target, "at", bytes_from_text(request->at == EXPLAIN_PEAK ? "peak" : instant_format(request->at, text)));
    add_parameter(target, "profile", bytes_from_text(profile_name(request->profile)));
    add_parameter(target, "period", bytes_from_text(granularity_name(request->period)));
    add_parameter(target, "zone", request->zone);
    add_number(target, "limit", PAGE_ROWS);
}

/* Where text stands in out; NULL when it does not. */
static uint8_t *find_in(const struct buffer *out, const char *text)
{
    return out->len ? memmem(out->data, out->len, text, strlen(text)) : NULL;
}

/* Puts a further page's seats behind those in out; what follows the list is the last page's. */
static bool join_seats(struct buffer *out, const struct buffer *page)
{
    static const char begin[] = "\"seats\":[", end[] = "],\"why\":{"; /* no text can hold these: its quotes are escaped */
    uint8_t *first = find_in(page, begin), *cut = find_in(out, end);
    if (out->len == 0) {
        buffer_append_bytes(out, buffer_bytes(page));
        return true;
    }
    if (!first || !cut)
        return false;
    first += sizeof begin - 1;
    out->len = (size_t)(cut - out->data);
    if (*first != ']')
        buffer_append_char(out, ',');
    buffer_append(out, first, page->len - (size_t)(first - page->data));
    return true;
}

/* Page by page; those behind the first ask for the instant that the first one found. */
static bool explain_from_server(struct ask *ask, struct explain_request request, struct buffer *out, int *code)
{
    struct bytes cursor = BYTES_NONE;
    bool good = true;
    do {
        struct buffer target = {0};
        struct client_answer answer;
        explain_target(&request, &target);
        add_parameter(&target, "cursor", cursor);
        good = get(ask, buffer_text(&target), &answer, code);
        buffer_free(&target);
        if (!good)
            return false;
        const struct json *page = ask_read(ask, buffer_bytes(&answer.body), code);
        good = page && join_seats(out, &answer.body);
        buffer_free(&answer.body);
        if (page) {
            cursor = ask_text(page, "next");
            request.at = ask_instant(page, "at");
        }
    } while (good && bytes_present(cursor));
    return good;
}

bool ask_explain(struct ask *ask, const struct explain_request *request, struct buffer *out, int *code)
{
    struct pseudonyms pseudonyms;
    struct body_page page = {.limit = SIZE_MAX};
    const char *why = NULL;
    if (!ask->db)
        return explain_from_server(ask, *request, out, code);
    if (pseudonyms_open(ask->settings->privacy.key_file, &pseudonyms) != ERR_OK) {
        *code = err_exit_code(ERR_SETTINGS);
        return false;
    }
    struct query *query = open_query(ask, code);
    if (!query)
        return false;
    enum err err = body_explain(query, request, &pseudonyms, &page, ask->arena, out, &why);
    query_close(query);
    return say(ask, err, why, code);
}

/* --- reading answers -------------------------------------------------------------------------- */

const struct json *ask_read(struct ask *ask, struct bytes answer, int *code)
{
    const char *why;
    const struct json *root = json_read(answer, ask->arena, &why);
    if (root && root->kind == JSON_KIND_OBJECT)
        return root;
    fprintf(stderr, "seatmeter %s: the answer is no JSON object: %s\n", ask->command, root ? json_kind_text(root->kind) : why);
    *code = err_exit_code(ERR_AWAY);
    return NULL;
}

struct bytes ask_text(const struct json *object, const char *name)
{
    const struct json *value = json_member(object, name);
    return value && value->kind == JSON_KIND_TEXT ? value->text : BYTES_NONE;
}

int64_t ask_integer(const struct json *object, const char *name)
{
    const struct json *value = json_member(object, name);
    return value && value->kind == JSON_KIND_INTEGER ? value->integer : -1;
}

instant ask_instant(const struct json *object, const char *name)
{
    instant at;
    struct bytes text = ask_text(object, name);
    return bytes_present(text) && instant_parse(text, &at) ? at : INSTANT_NONE;
}
