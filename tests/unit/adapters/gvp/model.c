#include "tests/unit/adapters/gvp/model.h"

#include "proto/fact.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t model_below(struct model *model, uint64_t limit)
{
    model->dice += 0x9e3779b97f4a7c15u;
    return hash_mix(model->dice) % limit;
}

/* "" when it is not there. */
static const char *parameter(const char *target, const char *name, char text[64])
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%s=", name);
    const char *at = strchr(target, '?');
    text[0] = 0;
    while (at) {
        at++;
        if (strncmp(at, wanted, strlen(wanted)) == 0)
            snprintf(text, 64, "%.*s", (int)strcspn(at + strlen(wanted), "&"), at + strlen(wanted));
        at = strchr(at, '&');
    }
    return text;
}

struct asked {
    enum gvp_leg leg;
    bool running;
    instant from, to;
    int64_t page, size;
};

static struct asked read_target(const struct model *model, const char *target)
{
    char text[64];
    struct asked asked = {.leg = strstr(target, "/RM/") ? GVP_RM : GVP_MCP, .running = strncmp(target, "/ems-rs/RT/", 11) == 0,
                          .page = strtoll(parameter(target, "page", text), NULL, 10), .from = INSTANT_NONE, .to = INSTANT_NEVER};
    asked.size = strtoll(parameter(target, "page-size", text), NULL, 10);
    asked.size = asked.size > model->page_most ? model->page_most : asked.size;
    instant_parse(bytes_from_text(parameter(target, "ended-from", text)), &asked.from);
    instant_parse(bytes_from_text(parameter(target, "ended-to", text)), &asked.to);
    return asked;
}

static bool is_listed(const struct model *model, const struct asked *asked, const struct model_leg *leg)
{
    if (leg->leg != asked->leg || leg->begin > model->now)
        return false;
    if (asked->running)
        return leg->told <= model->now && leg->end > model->now;
    return leg->end <= model->now && leg->written <= model->now && leg->end > asked->from && leg->end < asked->to;
}

static int compare_order(const void *a, const void *b)
{
    const struct model_leg *x = *(const struct model_leg *const *)a, *y = *(const struct model_leg *const *)b;
    return (x->order > y->order) - (x->order < y->order);
}

static int compare_time(const void *a, const void *b)
{
    const struct model_leg *x = *(const struct model_leg *const *)a, *y = *(const struct model_leg *const *)b;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->begin != y->begin ? (x->begin < y->begin ? -1 : 1) : compare_order(a, b);
}

static void write_leg(const struct asked *asked, const struct model_leg *leg, struct buffer *out)
{
    char text[INSTANT_TEXT_SIZE];
    buffer_printf(out, "<cdr comp-id='%d' session-id='%d' gvp-guid='c%d' tenant-id='101' start-time='%s'", leg->leg, leg->number, leg->number / 2,
                  instant_format(leg->begin, text));
    if (!asked->running)
        buffer_printf(out, " end-time='%s'", instant_format(leg->end, text));
    buffer_printf(out, " asr='%s' tts='%s'/>", leg->uses & PORT_ASR ? "true" : "false", leg->uses & PORT_TTS ? "true" : "false");
}

enum trouble { NO_TROUBLE, AWAY, CUT, GARBLED, HTML, STATUS, OTHER_WINDOW, OTHER_PAGE, NO_MANIFEST, TROUBLE_COUNT };

static void write_answer(const struct model *model, const struct asked *asked, enum trouble trouble, struct buffer *out)
{
    const struct model_leg *listed[MODEL_LEGS_MAX];
    size_t count = 0;
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    for (int i = 0; i < model->count; i++)
        if (is_listed(model, asked, &model->legs[i]))
            listed[count++] = &model->legs[i];
    qsort(listed, count, sizeof *listed, model->by_order ? compare_order : compare_time);
    int64_t pages = ((int64_t)count + asked->size - 1) / asked->size, page = asked->page + (trouble == OTHER_PAGE);
    buffer_append_text(out, "<cdr-details>");
    if (trouble != NO_MANIFEST) {
        buffer_append_text(out, "<manifest>");
        if (!asked->running)
            buffer_printf(out, "<request-params><param name='ended-from' value='%s'/><param name='ended-to' value='%s'/></request-params>",
                          instant_format(asked->from, from), instant_format(asked->to - (trouble == OTHER_WINDOW), to));
        if (pages > 1 || trouble == OTHER_PAGE)
            buffer_printf(out, "<pages page='%lld' total-pages='%lld' total-records='%zu'/>", (long long)page, (long long)pages, count);
        buffer_printf(out, "<meta generation_time='%s'/></manifest>", model->dated ? "0.02" : instant_format(model->now + model->skew_ms, from));
    }
    for (size_t i = (size_t)((asked->page - 1) * asked->size); i < count && i < (size_t)(asked->page * asked->size); i++)
        write_leg(asked, listed[i], out);
    buffer_append_text(out, trouble == GARBLED ? "</cdr></cdr-details>" : "</cdr-details>");
}

/* In random pieces; false when the taker ended it. */
static bool give(struct model *model, int status, struct bytes body, const struct http_client_take *take)
{
    while (body.len) {
        size_t piece = 1 + model_below(model, body.len < 400 ? body.len : 400);
        piece = piece > body.len ? body.len : piece;
        if (!take->body(take->owner, status, bytes_of(body.data, piece)))
            return false;
        body = bytes_of(body.data + piece, body.len - piece);
    }
    return true;
}

enum err model_get(void *owner, const char *target, const struct http_client_take *take, struct http_client_answer *answer)
{
    struct model *model = owner;
    struct asked asked = read_target(model, target);
    enum trouble trouble = model_below(model, 1000) < (uint64_t)model->trouble ? (enum trouble)(1 + model_below(model, TROUBLE_COUNT - 1)) : NO_TROUBLE;
    struct buffer body = {0};
    model->requests++;
    model->troubles += trouble != NO_TROUBLE;
    model->now += (instant)model_below(model, (uint64_t)model->step_ms + 1);
    *answer = (struct http_client_answer){.status = 200, .date = INSTANT_NONE};
    if (model->dated)
        answer->date = (model->now + model->skew_ms) / SECOND_MS * SECOND_MS;
    if (trouble == AWAY) {
        snprintf(answer->why, sizeof answer->why, "nobody there");
        return ERR_AWAY;
    }
    if (trouble == STATUS)
        answer->status = (int[]){301, 401, 403, 404, 500, 503}[model_below(model, 6)];
    if (trouble == HTML || trouble == STATUS)
        buffer_append_text(&body, "<html><body>Sorry</body></html>");
    else
        write_answer(model, &asked, trouble, &body);
    if (trouble == CUT)
        body.len = model_below(model, body.len);
    answer->ended = !give(model, answer->status, buffer_bytes(&body), take);
    buffer_free(&body);
    return answer->ended ? ERR_CANCELLED : ERR_OK;
}
