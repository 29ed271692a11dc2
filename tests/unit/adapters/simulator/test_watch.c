/* What one ICON sees: outages that do not overlap, sessions cut by them, and the two views as one. */
#include "adapters/simulator/pair.h"
#include "adapters/simulator/truth.h"
#include "adapters/simulator/watch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const instant begin = 1795305600000; /* 2026-11-22T00:00:00Z */
enum { DAYS = 3 };

struct views {
    struct site site;
    struct script whole, first, twin;
};

static void make(struct views *views, int drops)
{
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
    printf("SEED=%llu\n", (unsigned long long)seed);
    site_make(&views->site, &(struct site_options){.seed = seed, .agents = 300, .tenants = 3});
    script_make(&views->whole, &views->site, begin);
    script_make_watched(&views->first, &views->site, begin, 0, drops);
    script_make_watched(&views->twin, &views->site, begin, 1, drops);
    script_reach(&views->whole, begin + DAYS * (int64_t)DAY_MS);
    script_reach(&views->first, begin + DAYS * (int64_t)DAY_MS);
    script_reach(&views->twin, begin + DAYS * (int64_t)DAY_MS);
}

static void drop(struct views *views)
{
    script_free(&views->whole);
    script_free(&views->first);
    script_free(&views->twin);
    site_free(&views->site);
}

static void check_outages(const struct script *script)
{
    for (size_t i = 0; i < script->outage_count; i++) {
        const struct sim_outage *outage = &script->outages[i];
        cr_assert(outage->from < outage->to && instant_day(outage->from) == instant_day(outage->to) && outage->providers);
        cr_assert(outage->from > script->begin && !(outage->providers >> PROVIDER_CONFIG));
        cr_assert(i == 0 || (script->outages[i - 1].to < outage->from && script->outages[i - 1].number < outage->number));
        for (int p = 0; p < PROVIDER_CONFIG; p++) {
            enum sim_provider provider = (enum sim_provider)p;
            bool away = outage->providers >> p & 1;
            struct sim_connection before = watch_connection(script, provider, outage->from), after = watch_connection(script, provider, outage->to);
            cr_assert_eq(watch_away_since(script, provider, outage->from - 1), INSTANT_NONE);
            cr_assert_eq(watch_away_since(script, provider, outage->to - 1), away ? outage->from : INSTANT_NONE);
            cr_assert_eq(watch_away_since(script, provider, outage->to), INSTANT_NONE);
            cr_assert(away ? before.id < after.id && after.from == outage->to : before.id == after.id);
        }
    }
}

/* A session of a view: not there, cut by its provider's outage, or as it was. */
static void check_view(const struct script *view, const struct script *whole, size_t counts[3])
{
    cr_assert_eq(view->session_count, whole->session_count);
    for (size_t i = 0; i < view->session_count; i++) {
        const struct sim_session *own = &view->sessions[i], *was = &whole->sessions[i];
        int64_t lag = own->begin - was->begin;
        if (own->cases & CASE_UNSEEN) {
            counts[0]++;
            cr_assert(own->begin == INSTANT_NEVER && own->end == INSTANT_NEVER);
            continue;
        }
        cr_assert(lag >= 0 && lag <= (view->icon ? LAG_MS_MAX : 0));
        cr_assert_eq(watch_away_since(view, own->provider, own->begin), INSTANT_NONE);
        counts[own->cases & CASE_LOST ? 1 : 2]++;
        if (own->cases & CASE_LOST)
            cr_assert(watch_away_since(view, own->provider, own->end) == own->end && own->end > own->begin);
        else
            cr_assert(own->end == was->end || (own->end >= was->end && own->end - was->end <= LAG_MS_MAX && view->icon));
    }
}

Test(watch, an_icon_loses_what_it_was_not_connected_to)
{
    struct views views;
    size_t counts[3] = {0};
    make(&views, 6);
    check_outages(&views.first);
    check_outages(&views.twin);
    check_view(&views.first, &views.whole, counts);
    check_view(&views.twin, &views.whole, counts);
    printf("%zu outages; sessions of both views: %zu not seen, %zu lost, %zu whole\n", views.first.outage_count + views.twin.outage_count,
           counts[0], counts[1], counts[2]);
    cr_assert(views.first.outage_count > 10 && counts[0] > 5 && counts[1] > 20 && counts[2] > 1000);
    drop(&views);
}

/* The truth of a pair is the script's own wherever one of the two saw all of a session. */
Test(watch, what_a_twin_still_sees_has_its_true_end)
{
    struct views views;
    struct script merged;
    size_t whole = 0, both_lost = 0, nobody = 0;
    instant as_of = begin + DAYS * (int64_t)DAY_MS;
    make(&views, 6);
    pair_merge(&merged, &views.first, &views.twin, as_of);
    for (size_t i = 0; i < merged.session_count; i++) {
        const struct sim_session *a = &views.first.sessions[i], *b = &views.twin.sessions[i], *was = &views.whole.sessions[i];
        const struct sim_session *one = &merged.sessions[i];
        if (was->begin > as_of || was->end > as_of - LAG_MS_MAX)
            continue;
        bool a_whole = !(a->cases & (CASE_UNSEEN | CASE_LOST)), b_whole = !(b->cases & (CASE_UNSEEN | CASE_LOST));
        if (a_whole || b_whole) {
            whole++;
            cr_assert_eq(one->end, a_whole && !(b_whole && b->end < a->end) ? a->end : b->end);
        } else if ((a->cases & CASE_UNSEEN) && (b->cases & CASE_UNSEEN)) {
            nobody++;
            cr_assert_eq(one->begin, INSTANT_NEVER);
        } else {
            both_lost++;
            cr_assert(one->end <= was->end && one->end >= one->begin && one->end != INSTANT_NEVER);
        }
    }
    printf("%zu sessions with their true end, %zu lost by both, %zu seen by nobody\n", whole, both_lost, nobody);
    cr_assert(whole > 500);
    script_free(&merged);
    drop(&views);
}
