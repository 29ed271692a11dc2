/* The script of a site: the same for the same seed, alive at every hour, and with everything in it that hurts. */
#include "adapters/simulator/script.h"
#include "adapters/simulator/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const instant noon = 1795435200000; /* 2026-11-23T12:00:00Z */
enum { DAYS = 4 };

struct made {
    struct site site;
    struct script script;
};

static uint64_t seed_given(void)
{
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
    cr_log_info("SEED=%llu", (unsigned long long)seed);
    return seed;
}

static struct made *make(uint64_t seed, int32_t agents, int32_t tenants)
{
    struct made *made = calloc(1, sizeof *made);
    site_make(&made->site, &(struct site_options){.seed = seed, .agents = agents, .tenants = tenants});
    script_make(&made->script, &made->site, instant_day(noon) * (int64_t)DAY_MS);
    return made;
}

static void drop(struct made *made)
{
    script_free(&made->script);
    site_free(&made->site);
    free(made);
}

static instant end_of(const struct made *made)
{
    return made->script.begin + DAYS * (int64_t)DAY_MS;
}

Test(script, the_same_seed_gives_the_same_rows_however_it_is_cut)
{
    uint64_t seed = seed_given();
    struct made *whole = make(seed, 200, 3), *cut = make(seed, 200, 3), *other = make(seed + 1, 200, 3);
    script_reach(&whole->script, end_of(whole));
    script_reach(&other->script, end_of(other));
    for (instant at = cut->script.begin; at <= end_of(cut); at += 5 * HOUR_MS) {
        script_reach(&cut->script, at);
        while (cut->script.taken < cut->script.event_count && cut->script.events[cut->script.taken].at <= at)
            cut->script.taken++;
    }
    script_reach(&cut->script, end_of(cut));
    const struct script *a = &whole->script, *b = &cut->script;
    cr_assert_eq(a->session_count, b->session_count);
    cr_assert_eq(a->media_count, b->media_count);
    cr_assert_eq(a->event_count, b->event_count);
    for (size_t i = 0; i < a->session_count; i++)
        cr_assert(a->sessions[i].id == b->sessions[i].id && a->sessions[i].begin == b->sessions[i].begin &&
                  a->sessions[i].end == b->sessions[i].end && a->sessions[i].person == b->sessions[i].person &&
                  a->sessions[i].dn == b->sessions[i].dn && a->sessions[i].app == b->sessions[i].app, "session %zu differs", i);
    for (size_t i = 0; i < a->event_count; i++)
        cr_assert(a->events[i].at == b->events[i].at && a->events[i].kind == b->events[i].kind &&
                  a->events[i].index == b->events[i].index, "event %zu differs", i);
    cr_expect(other->script.session_count != a->session_count || other->script.sessions[0].begin != a->sessions[0].begin);
    drop(whole);
    drop(cut);
    drop(other);
}

Test(script, events_are_in_order_and_ids_are_given_once)
{
    struct made *made = make(seed_given(), 200, 3);
    script_reach(&made->script, end_of(made));
    const struct script *script = &made->script;
    for (size_t i = 1; i < script->event_count; i++)
        cr_assert_leq(script->events[i - 1].at, script->events[i].at);
    for (size_t i = 0; i < script->event_count; i++)
        cr_assert_geq(script->events[i].at, script->begin);
    for (size_t i = 1; i < script->session_count; i++)
        cr_assert_lt(script->sessions[i - 1].id, script->sessions[i].id);
    for (size_t i = 1; i < script->media_count; i++)
        cr_assert_lt(script->media[i - 1].id, script->media[i].id);
    drop(made);
}

Test(script, every_hour_has_logins_and_seats)
{
    uint64_t seed = seed_given();
    for (uint64_t k = 0; k < 5; k++) {
        struct made *made = make(seed + k, 200, 3);
        script_reach(&made->script, end_of(made));
        int logins[DAYS * 24] = {0}, seats[DAYS * 24] = {0};
        for (size_t i = 0; i < made->script.session_count; i++) {
            const struct sim_session *session = &made->script.sessions[i];
            instant end = session->end == INSTANT_NEVER ? session->begin : session->end; /* a stuck one is no proof */
            for (int hour = 0; hour < DAYS * 24; hour++) {
                instant from = made->script.begin + hour * (int64_t)HOUR_MS, middle = from + HOUR_MS / 2;
                logins[hour] += session->begin >= from && session->begin < from + HOUR_MS;
                seats[hour] += session->begin <= middle && middle < end;
            }
        }
        int least = seats[0], most = seats[0];
        for (int hour = 0; hour < DAYS * 24; hour++) {
            cr_expect_gt(logins[hour], 0, "seed %llu: no login in hour %d", (unsigned long long)(seed + k), hour);
            cr_expect_gt(seats[hour], 0, "seed %llu: no seat in hour %d", (unsigned long long)(seed + k), hour);
            least = seats[hour] < least ? seats[hour] : least;
            most = seats[hour] > most ? seats[hour] : most;
        }
        cr_expect_gt(most, 2 * least, "a day has a shape: least %d, most %d", least, most);
        drop(made);
    }
}

/* Pairs of sessions of two persons at one place that overlap by minutes: a shift change. */
static int count_handovers(const struct made *made, bool across_tenants)
{
    int count = 0;
    for (size_t i = 0; i < made->script.session_count; i++)
        for (size_t k = i + 1; k < made->script.session_count; k++) {
            const struct sim_session *a = &made->script.sessions[i], *b = &made->script.sessions[k];
            if (a->place < 0 || a->place != b->place || a->person < 0 || b->person < 0 || a->person == b->person)
                continue;
            if (a->end == INSTANT_NEVER || b->begin >= a->end || a->begin >= b->begin || b->end <= a->end)
                continue;
            count += !across_tenants || made->site.persons[a->person].tenant != made->site.persons[b->person].tenant;
        }
    return count;
}

Test(script, all_that_hurts_is_in_it)
{
    static const struct { unsigned bit; const char *name; } cases[] = {
        {CASE_STUCK, "stuck"}, {CASE_CRASH, "crash"}, {CASE_SAME_MS, "same millisecond"}, {CASE_EMPTY, "empty"},
        {CASE_LATE_CHAT, "late chat"}, {CASE_TWO_DNS, "two DNs"}, {CASE_NO_PERSON, "no person"}, {CASE_NO_PLACE, "no place"},
        {CASE_CUT, "running at the begin"},
    };
    struct made *made = make(1, 200, 3); /* the default site: what a quickstart shows */
    script_reach(&made->script, end_of(made));
    const struct script *script = &made->script;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int count = 0;
        for (size_t i = 0; i < script->session_count; i++)
            count += (script->sessions[i].cases & cases[c].bit) != 0;
        cr_log_info("%s: %d", cases[c].name, count);
        cr_expect_gt(count, 0, "no session: %s", cases[c].name);
    }
    instant *ends = truth_ends(script, end_of(made));
    int superseded = 0, capped = 0, midnight = 0, seats[5] = {0};
    for (size_t i = 0; i < script->session_count; i++) {
        const struct sim_session *session = &script->sessions[i];
        bool over = session->end == INSTANT_NEVER && session->begin + DAY_MS <= end_of(made);
        capped += over && ends[i] == session->begin + DAY_MS;
        superseded += over && ends[i] < session->begin + DAY_MS;
        midnight += session->end != INSTANT_NEVER && instant_day(session->begin) != instant_day(session->end);
        seats[session->place >= 0 ? 0 : session->dn >= 0 ? 1 : session->login >= 0 ? 2 : session->person >= 0 ? 3 : 4]++;
    }
    free(ends);
    cr_log_info("superseded %d, capped %d, over midnight %d, hand-overs %d", superseded, capped, midnight, count_handovers(made, false));
    cr_expect_gt(superseded, 0);
    cr_expect_gt(capped, 0);
    cr_expect_gt(midnight, 0);
    cr_expect_gt(count_handovers(made, false), DAYS);
    cr_expect_gt(count_handovers(made, true), 0, "one place is shared over a tenant's border");
    cr_expect(seats[0] && seats[1] && seats[2] && seats[3], "seats by place %d, DN %d, login %d, person %d", seats[0], seats[1], seats[2], seats[3]);
    cr_expect_eq(seats[4], 0, "no session without any of them: its tenant would be nobody's");
    cr_expect_gt(script->campaign_count, 0);
    drop(made);
}

Test(script, each_day_has_a_stuck_session)
{
    uint64_t seed = seed_given();
    struct made *made = make(seed, 200, 3);
    script_reach(&made->script, end_of(made));
    int stuck[DAYS + 3] = {0};
    for (size_t i = 0; i < made->script.session_count; i++)
        if (made->script.sessions[i].end == INSTANT_NEVER)
            stuck[instant_day(made->script.sessions[i].begin) - instant_day(made->script.begin)]++;
    int total = 0;
    for (int day = 0; day < DAYS; day++)
        total += stuck[day];
    cr_expect_geq(total, DAYS, "%d sessions without an end in %d days", total, DAYS);
    drop(made);
}

Test(script, small_and_odd_sites_work)
{
    static const struct { int32_t agents, tenants; } sizes[] = {{1, 1}, {2, 2}, {7, 1}, {30, 30}, {500, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct made *made = make(seed_given(), sizes[i].agents, sizes[i].tenants);
        script_reach(&made->script, end_of(made));
        for (size_t k = 0; k < made->script.session_count; k++)
            cr_assert_leq(made->script.sessions[k].begin, made->script.sessions[k].end);
        drop(made);
    }
}
