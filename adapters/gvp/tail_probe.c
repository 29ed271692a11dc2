/* adapters/gvp/tail_probe.c - looking without following: a probe, and a span read again. */
#include "adapters/gvp/census.h"
#include "adapters/gvp/tail_state.h"

#include <inttypes.h>

/* *now: when it was made. */
static enum err probe_one(struct gvp_tail *tail, const struct gvp_range *range, instant *now, FILE *out)
{
    struct gvp_census census = {0};
    struct gvp_page page = {0};
    struct gvp_fault fault;
    bool dated = false;
    char text[INSTANT_TEXT_SIZE];
    enum err err = gvp_tail_look(tail, range, &census, &page, &dated, &fault);
    fprintf(out, "%s, %s", gvp_leg_name(range->leg), range->running ? "calls in progress" : "calls that ended in the last hour");
    if (err && err != ERR_CANCELLED)
        fprintf(out, ": cannot be read: %s\n", fault.text);
    else if (!err)
        fprintf(out, ": %" PRId64 " records on %" PRId64 " pages, made at %s, which %s says, %" PRId64 " s before our now\n", page.record_count, page.page_count,
                instant_format(page.generated, text), dated ? "the header's Date" : tail->settings->map->names[GVP_GENERATED],
                (tail->wall - page.generated) / SECOND_MS);
    if (!err)
        *now = page.generated;
    if (!err && !gvp_census_write(&census, tail->settings->map, out))
        err = ERR_INPUT;
    gvp_census_free(&census);
    return err && err != ERR_CANCELLED && fault.of_leg ? ERR_INPUT : err;
}

enum err gvp_tail_probe(struct gvp_tail *tail, instant wall, FILE *out)
{
    enum err worst = ERR_OK;
    instant now = wall; /* the server's, as soon as it is known */
    tail->wall = wall;
    fprintf(out, "%s\n", tail->settings->url);
    for (enum gvp_leg leg = 0; leg < GVP_LEG_COUNT; leg++)
        for (int running = 1; running >= 0; running--) {
            if (!tail->settings->legs[leg])
                continue;
            enum err err = probe_one(tail, &(struct gvp_range){.leg = leg, .running = running, .from = now - HOUR_MS, .to = now}, &now, out);
            if (err && err != ERR_INPUT)
                return err; /* nobody answers: once is enough */
            worst = worst ? worst : err;
        }
    return worst;
}

enum err gvp_tail_again(struct gvp_tail *tail, instant from, instant to, instant wall, struct gvp_fault *fault)
{
    enum err err = ERR_OK;
    instant until = to + DAY_MS < wall ? to + DAY_MS : wall;
    tail->wall = wall;
    for (enum gvp_leg leg = 0; leg < GVP_LEG_COUNT && !err; leg++) {
        struct gvp_found found;
        if (!tail->settings->legs[leg])
            continue;
        err = gvp_tail_read_ended(tail, leg, from, until, fault);
        if (!err && until == wall)
            err = gvp_tail_read(tail, &(struct gvp_range){.leg = leg, .running = true}, RUNNING_PAGES_MAX, &found, fault);
    }
    return err;
}
