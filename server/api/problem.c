#include "server/api/problem.h"

#include "base/instant.h"
#include "base/json.h"
#include "base/log.h"

#include <inttypes.h>

static const struct {
    int status;
    const char *title;
} titles[] = {
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *title_of(int status)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

void problem(struct http_answer *answer, int status, const char *format, ...)
{
    struct buffer detail = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&detail, format, args);
    va_end(args);

    buffer_clear(&answer->body);
    answer->fixed = BYTES_NONE;
    answer->status = status;
    answer->type = "application/problem+json";
    struct json_writer writer = {.out = &answer->body};
    json_write_open_object(&writer);
    json_write_name(&writer, "type");
    json_write_text_c(&writer, "about:blank");
    json_write_name(&writer, "title");
    json_write_text_c(&writer, title_of(status));
    json_write_name(&writer, "status");
    json_write_integer(&writer, status);
    json_write_name(&writer, "detail");
    json_write_text(&writer, buffer_bytes(&detail));
    json_write_close_object(&writer);
    buffer_append_char(&answer->body, '\n');
    buffer_free(&detail);
}

void problem_from_err(struct http_answer *answer, enum err err, const char *why)
{
    if (err == ERR_INPUT || err == ERR_NOT_FOUND) {
        problem(answer, err == ERR_INPUT ? 400 : 404, "%s", why ? why : err_text(err));
        return;
    }
    /* The id ties what the reader sees to the line in the log. */
    uint64_t id = hash_mix((uint64_t)clock_mono_us()) >> 40;
    log_error("api", "problem %06" PRIX64 ": %s", id, why ? why : err_text(err));
    int status = err == ERR_FULL || err == ERR_BUSY ? 503 : 500;
    problem(answer, status, "The server could not answer: %s (problem id %06" PRIX64 "). Try again; the log has a line with this id.",
            err_text(err), id);
    if (status == 503)
        http_answer_header(answer, "Retry-After", "1");
}
