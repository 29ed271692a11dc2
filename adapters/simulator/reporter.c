#include "adapters/simulator/reporter.h"

#include "proto/fact.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

struct reporter {
    struct calls calls;
    _Atomic instant now, end; /* INSTANT_NONE, INSTANT_NEVER: not set */
};

/* A list: which legs of which calls, page by page. */
struct listing {
    instant now, end;
    bool manager, history;
    instant from, to;          /* of the end, both left out */
    int64_t page, page_size;
};

struct reporter *reporter_create(const struct site_options *site, const struct delivery_options *delivery, instant begin)
{
    struct reporter *reporter = memory_alloc_zero(1, sizeof *reporter);
    calls_make(&reporter->calls, site, delivery, begin);
    atomic_store(&reporter->now, INSTANT_NONE);
    atomic_store(&reporter->end, INSTANT_NEVER);
    return reporter;
}

void reporter_destroy(struct reporter *reporter)
{
    if (!reporter)
        return;
    calls_free(&reporter->calls);
    free(reporter);
}

void reporter_clock(struct reporter *reporter, instant now)
{
    atomic_store(&reporter->now, now);
}

void reporter_end(struct reporter *reporter, instant at)
{
    atomic_store(&reporter->end, at);
}

/* Whether a leg is in the list. */
static bool is_listed(const struct listing *listing, const struct sim_leg *leg)
{
    if (leg->manager != listing->manager || leg->begin > listing->end)
        return false;
    bool over = leg->end <= listing->now && leg->end <= listing->end;
    if (!listing->history)
        return leg->told <= listing->now && !over;
    return over && leg->written <= listing->now && leg->end > listing->from && leg->end < listing->to;
}

struct listed {
    const struct sim_leg *leg;
    const struct sim_call *call;
};

static int compare_listed(const void *a, const void *b)
{
    const struct sim_leg *x = ((const struct listed *)a)->leg, *y = ((const struct listed *)b)->leg;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static struct listed *list_legs(const struct calls *calls, const struct listing *listing, size_t *count)
{
    /* Whoever is in progress after the end began before it, however long ago. */
    instant latest = listing->now < listing->end ? listing->now : listing->end, first = listing->history ? listing->from : latest;
    size_t room = 256;
    struct listed *listed = memory_alloc(room * sizeof *listed);
    *count = 0;
    for (size_t i = first < CALL_MS_MAX ? 0 : calls_find(calls, first - CALL_MS_MAX); i < calls->count && calls->items[i].begin <= latest; i++) {
        const struct sim_call *call = &calls->items[i];
        for (int k = 0; k < call->leg_count; k++) {
            if (!is_listed(listing, &call->legs[k]))
                continue;
            if (*count == room) {
                room *= 2;
                listed = memory_resize(listed, room * sizeof *listed);
            }
            listed[(*count)++] = (struct listed){&call->legs[k], call};
        }
    }
    if (*count)
        qsort(listed, *count, sizeof *listed, compare_listed);
    return listed;
}

static void write_time(struct buffer *out, const char *name, instant at)
{
    char text[INSTANT_TEXT_SIZE];
    buffer_printf(out, " %s=\"%s\"", name, instant_format(at, text));
}

static void write_leg(const struct listing *listing, const struct listed *listed, struct buffer *out)
{
    const struct sim_leg *leg = listed->leg;
    const struct sim_call *call = listed->call;
    buffer_printf(out, "  <cdr comp-id=\"%" PRId64 "\" session-id=\"%08" PRIX64 "-%s\"", leg->component, (uint64_t)leg->id, leg->manager ? "RM" : "MCP");
    if (call->guid[0] || call->guid[1])
        buffer_printf(out, " gvp-guid=\"%016" PRIX64 "%016" PRIX64 "\"", call->guid[0], call->guid[1]);
    buffer_printf(out, " tenant-id=\"%d\" app-id=\"%" PRId64 "\"", TENANT_ID_BASE + (int)call->tenant, call->profile);
    write_time(out, "start-time", leg->begin);
    if (listing->history)
        write_time(out, "end-time", leg->end);
    if (!leg->manager)
        buffer_printf(out, " service=\"%s\" asr=\"%s\" tts=\"%s\" recording=\"%s\"", leg->uses & PORT_PARKING ? "treatment" : "voicexml",
                      leg->uses & PORT_ASR ? "true" : "false", leg->uses & PORT_TTS ? "true" : "false", leg->uses & PORT_RECORDING ? "true" : "false");
    buffer_append_text(out, "/>\n");
}

static void write_manifest(const struct listing *listing, struct bytes path, size_t records, struct buffer *out)
{
    int64_t pages = ((int64_t)records + listing->page_size - 1) / listing->page_size;
    buffer_printf(out, "<manifest><request-uri>%.*s</request-uri>\n", (int)path.len, (const char *)path.data);
    if (listing->history) {
        char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
        buffer_printf(out, "  <request-params><param name=\"ended-from\" value=\"%s\"/><param name=\"ended-to\" value=\"%s\"/></request-params>\n",
                      instant_format(listing->from, from), instant_format(listing->to, to));
    }
    if (pages > 1) /* as documented: where there is one, nothing is said */
        buffer_printf(out, "  <pages page=\"%" PRId64 "\" total-pages=\"%" PRId64 "\" total-records=\"%zu\" page-size=\"%" PRId64 "\"/>\n", listing->page,
                      pages, records, listing->page_size);
    buffer_append_text(out, "  <meta timezone_offset=\"0\" dst_offset=\"0\" version=\"8.1.6\"");
    write_time(out, "generation_time", listing->now);
    buffer_append_text(out, "/></manifest>\n");
}

/* The value of a parameter, absent when it is not there. */
static struct bytes parameter(struct bytes target, const char *name)
{
    size_t len = strlen(name);
    const uint8_t *at = memchr(target.data, '?', target.len), *end = target.data + target.len;
    while (at && at < end) {
        const uint8_t *start = at + 1, *next = memchr(start, '&', (size_t)(end - start));
        const uint8_t *stop = next ? next : end;
        if ((size_t)(stop - start) > len && memcmp(start, name, len) == 0 && start[len] == '=')
            return bytes_of(start + len + 1, (size_t)(stop - start) - len - 1);
        at = next;
    }
    return BYTES_NONE;
}

/* False when there is one that is no number from 1 on. */
static bool read_number(struct bytes target, const char *name, int64_t otherwise, int64_t most, int64_t *number)
{
    struct bytes text = parameter(target, name);
    *number = bytes_present(text) ? 0 : otherwise;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *number > 100000000)
            return false;
        *number = *number * 10 + (text.data[i] - '0');
    }
    *number = *number > most ? most : *number;
    return *number >= 1;
}

static bool read_time(struct bytes target, const char *name, instant *at)
{
    struct bytes text = parameter(target, name);
    return !bytes_present(text) || instant_parse(text, at);
}

static int refuse(struct buffer *body, int status, const char *why)
{
    buffer_printf(body, "<error>%s</error>\n", why);
    return status;
}

int reporter_answer(struct reporter *reporter, struct bytes target, struct buffer *body)
{
    static const struct {
        const char *path;
        bool manager, history;
    } reports[] = {
        {"/ems-rs/HIST/CDRs/MCP/details", false, true}, {"/ems-rs/HIST/CDRs/RM/details", true, true},
        {"/ems-rs/RT/CDRs/MCP/details", false, false},  {"/ems-rs/RT/CDRs/RM/details", true, false},
    };
    struct listing listing = {.now = atomic_load(&reporter->now), .end = atomic_load(&reporter->end), .from = 0, .to = INSTANT_MAX - 1};
    const uint8_t *query = memchr(target.data, '?', target.len);
    struct bytes path = query ? bytes_of(target.data, (size_t)(query - target.data)) : target;
    size_t report = 0, count = 0, reports_count = sizeof reports / sizeof *reports;
    while (report < reports_count && !bytes_equal_text(path, reports[report].path))
        report++;
    if (report == reports_count)
        return refuse(body, 404, "no such report");
    if (listing.now == INSTANT_NONE)
        return refuse(body, 503, "starting");
    if (!read_number(target, "page", 1, INT64_MAX, &listing.page) || !read_number(target, "page-size", REPORTER_PAGE_SIZE, REPORTER_PAGE_SIZE_MAX, &listing.page_size) ||
        !read_time(target, "ended-from", &listing.from) || !read_time(target, "ended-to", &listing.to))
        return refuse(body, 400, "a parameter cannot be read");
    listing.manager = reports[report].manager;
    listing.history = reports[report].history;
    calls_reach(&reporter->calls, listing.now < listing.end ? listing.now : listing.end);
    struct listed *listed = list_legs(&reporter->calls, &listing, &count);
    buffer_append_text(body, "<cdr-details>\n");
    write_manifest(&listing, path, count, body);
    for (size_t i = (size_t)((listing.page - 1) * listing.page_size); i < count && i < (size_t)(listing.page * listing.page_size); i++)
        write_leg(&listing, &listed[i], body);
    buffer_append_text(body, "</cdr-details>\n");
    free(listed);
    return 200;
}
