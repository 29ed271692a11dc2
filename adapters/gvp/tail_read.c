/* adapters/gvp/tail_read.c - a window with all its pages, and windows that are cut until they stand still. */
#include "adapters/gvp/tail_state.h"

#include "base/check.h"

#include <stdio.h>

enum { ATTEMPTS = 4, PAGES_FEW = 20, PAGES_MAX = 10000, STEP_MS_MIN = 1000, MARGIN_MS = 1000 };

struct pass {
    struct gvp_page first;
    int64_t records;
    uint64_t digest;
    bool moved;
};

/* Page after page; ends early when it sees that the list moved: another count, or a row a second time. */
static enum err read_pages(struct gvp_tail *tail, const struct gvp_range *range, int64_t most, struct pass *pass, struct gvp_fault *fault)
{
    map_free(&tail->pass);
    enum err err = gvp_tail_ask(tail, range, 1, &pass->first, fault);
    pass->records = pass->first.records;
    pass->digest = pass->first.digest;
    pass->moved = false;
    if (err || pass->first.page_count > most)
        return err;
    for (int64_t number = 2; number <= pass->first.page_count; number++) {
        struct gvp_page page;
        err = gvp_tail_ask(tail, range, number, &page, fault);
        if (err)
            return err;
        pass->records += page.records;
        pass->digest += page.digest;
        pass->moved = page.record_count != pass->first.record_count || page.page_count != pass->first.page_count || page.repeated;
        if (pass->moved)
            return ERR_OK;
    }
    pass->moved = pass->records != pass->first.record_count;
    return ERR_OK;
}

enum err gvp_tail_read(struct gvp_tail *tail, const struct gvp_range *range, int64_t most, struct gvp_found *found, struct gvp_fault *fault)
{
    uint64_t before = 0;
    bool stood = false;
    *found = (struct gvp_found){0};
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct pass pass;
        enum err err = read_pages(tail, range, most, &pass, fault);
        if (err)
            return err;
        found->generated = pass.first.generated;
        if (pass.first.page_count > most)
            return ERR_OK;
        /* A count that stays may hide one that came and one that went: of several pages two readings must agree.  Calls in
         * progress come and go all the time, and whoever is missed is met again or has ended. */
        found->whole = !pass.moved && (pass.first.page_count <= 1 || range->running || (stood && pass.digest == before));
        if (found->whole)
            return ERR_OK;
        stood = !pass.moved;
        before = pass.digest;
    }
    return ERR_OK;
}

enum err gvp_tail_read_ended(struct gvp_tail *tail, enum gvp_leg leg, instant from, instant to, struct gvp_fault *fault)
{
    int64_t *longest = &tail->step_ms[leg];
    while (from < to) {
        int64_t step = to - from < *longest ? to - from : *longest;
        /* Whether a bound is in or out is not documented. */
        struct gvp_range range = {.leg = leg, .from = from - MARGIN_MS, .to = from + step + MARGIN_MS};
        struct gvp_found found;
        enum err err = gvp_tail_read(tail, &range, step > STEP_MS_MIN ? PAGES_FEW : PAGES_MAX, &found, fault);
        if (err)
            return err;
        if (found.whole) {
            from += step;
            *longest += *longest / 4;
            if (*longest > tail->settings->window_minutes * MINUTE_MS)
                *longest = tail->settings->window_minutes * MINUTE_MS;
            continue;
        }
        if (step <= STEP_MS_MIN) {
            char text[INSTANT_TEXT_SIZE];
            fault->of_leg = true;
            snprintf(fault->text, sizeof fault->text, "%.300s: the %s records of calls that ended at %s change while their pages are read", tail->settings->url,
                     gvp_leg_name(leg), instant_format(from, text));
            return ERR_AWAY;
        }
        *longest = step / 2 > STEP_MS_MIN ? step / 2 : STEP_MS_MIN;
    }
    return ERR_OK;
}
