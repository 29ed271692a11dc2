/* The simulated Reporting Server: the same calls whatever is asked when, pages that add up, records that come when they are written. */
#include "adapters/simulator/reporter.h"

#include "proto/fact.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const instant midnight = 1795392000000; /* 2026-11-23T00:00:00Z */
static const struct site_options site = {.seed = 7, .agents = 40, .tenants = 2};
static const struct delivery_options delivery = {.late_per_mille = 900, .late_minutes_max = 20};

Test(calls, a_day_depends_on_itself_alone_and_has_every_shape)
{
    struct calls one, two;
    size_t two_media = 0, alone = 0, no_guid = 0, empty = 0, over_midnight = 0;
    calls_make(&one, &site, &delivery, midnight);
    calls_reach(&one, midnight + 10 * (int64_t)DAY_MS);
    calls_make(&two, &site, &delivery, midnight);
    for (int day = 0; day <= 10; day++)
        calls_reach(&two, midnight + day * (int64_t)DAY_MS);
    cr_assert_eq(one.count, two.count);
    for (size_t i = 0; i < one.count; i++) {
        const struct sim_call *call = &one.items[i];
        cr_assert(call->begin == two.items[i].begin && call->leg_count == two.items[i].leg_count && call->guid[0] == two.items[i].guid[0]);
        cr_assert(i == 0 || one.items[i - 1].begin <= call->begin);
        int media = 0;
        for (int k = 0; k < call->leg_count; k++) {
            const struct sim_leg *leg = &call->legs[k];
            cr_assert(leg->begin <= leg->end && leg->end - call->begin < CALL_MS_MAX && leg->told >= leg->begin && leg->written > leg->end && (leg->uses & PORT_GVP));
            media += !leg->manager;
            empty += leg->begin == leg->end;
        }
        two_media += media == 2;
        alone += media == 0;
        no_guid += !call->guid[0] && !call->guid[1];
        over_midnight += instant_day(call->legs[0].end) > instant_day(call->begin);
    }
    cr_expect(two_media > 50 && alone > 50 && no_guid > 50 && empty > 50 && over_midnight > 5);
    printf("%zu calls: %zu handed on, %zu that nobody took, %zu without a guid, %zu empty legs, %zu over midnight\n", one.count, two_media, alone, no_guid, empty,
           over_midnight);
    calls_free(&one);
    calls_free(&two);
}

static int ask(struct reporter *reporter, const char *target, struct buffer *body)
{
    buffer_clear(body);
    return reporter_answer(reporter, bytes_from_text(target), body);
}

static size_t occurrences(struct buffer *body, const char *what)
{
    size_t count = 0;
    for (const char *at = buffer_text(body); (at = strstr(at, what)); at += strlen(what))
        count++;
    return count;
}

Test(reporter, pages_add_up_and_late_records_come)
{
    struct reporter *reporter = reporter_create(&site, &delivery, midnight);
    struct buffer body = {0};
    static const char history[] = "/ems-rs/HIST/CDRs/MCP/details?ended-from=2026-11-23T00:00:00.000Z&ended-to=2026-11-23T12:00:00.000Z&page-size=5000";
    cr_expect_eq(ask(reporter, history, &body), 503, "before its clock is set");
    reporter_clock(reporter, midnight + 12 * HOUR_MS);
    cr_expect_eq(ask(reporter, history, &body), 200);
    size_t whole = occurrences(&body, "<cdr comp-id"), paged = 0, page = 1, pages = 1;
    cr_expect(whole > 100 && !strstr(buffer_text(&body), "<pages"), "where there is one page, nothing is said");
    for (; page <= pages; page++) {
        char target[200];
        snprintf(target, sizeof target, "/ems-rs/HIST/CDRs/MCP/details?page=%zu&page-size=17&ended-from=2026-11-23T00:00:00Z&ended-to=2026-11-23T12:00:00Z", page);
        cr_assert_eq(ask(reporter, target, &body), 200);
        pages = (whole + 16) / 17;
        char said[200];
        snprintf(said, sizeof said, "<pages page=\"%zu\" total-pages=\"%zu\" total-records=\"%zu\" page-size=\"17\"/>", page, pages, whole);
        cr_expect(strstr(buffer_text(&body), said), "%s", said);
        paged += occurrences(&body, "<cdr comp-id");
    }
    cr_expect_eq(paged, whole);
    reporter_clock(reporter, midnight + 13 * HOUR_MS);
    ask(reporter, history, &body);
    cr_expect(occurrences(&body, "<cdr comp-id") > whole, "records of that time came late");
    printf("%zu records on %zu pages, %zu an hour later\n", whole, pages, occurrences(&body, "<cdr comp-id"));
    buffer_free(&body);
    reporter_destroy(reporter);
}

Test(reporter, after_its_end_no_call_begins_or_ends)
{
    struct reporter *reporter = reporter_create(&site, &delivery, midnight);
    struct buffer body = {0}, later = {0};
    reporter_clock(reporter, midnight + 12 * HOUR_MS);
    reporter_end(reporter, midnight + 12 * HOUR_MS);
    reporter_clock(reporter, midnight + 12 * HOUR_MS + SECOND_MS); /* whoever had begun is told of */
    ask(reporter, "/ems-rs/RT/CDRs/RM/details", &body);
    reporter_clock(reporter, midnight + 20 * HOUR_MS);
    ask(reporter, "/ems-rs/RT/CDRs/RM/details", &later);
    cr_expect(occurrences(&body, "<cdr ") > 0 && occurrences(&body, "<cdr ") == occurrences(&later, "<cdr "));
    ask(reporter, "/ems-rs/HIST/CDRs/RM/details?ended-from=2026-11-23T12:00:00Z&ended-to=2026-11-24T00:00:00Z", &body);
    cr_expect_eq(occurrences(&body, "<cdr "), 0);
    buffer_free(&body);
    buffer_free(&later);
    reporter_destroy(reporter);
}

Test(reporter, what_is_asked_wrongly_is_refused)
{
    static const struct {
        const char *target;
        int status;
    } wrong[] = {
        {"/", 404}, {"/ems-rs/HIST/CDRs/CCP/details", 404}, {"/ems-rs/HIST/CDRs/MCP/details?page=0", 400}, {"/ems-rs/HIST/CDRs/MCP/details?page=one", 400},
        {"/ems-rs/HIST/CDRs/MCP/details?ended-from=yesterday", 400}, {"/ems-rs/HIST/CDRs/MCP/details?page-size=", 400},
        {"/ems-rs/HIST/CDRs/MCP/details?page=99999", 200}, {"/ems-rs/RT/CDRs/MCP/details?", 200},
    };
    struct reporter *reporter = reporter_create(&site, &delivery, midnight);
    struct buffer body = {0};
    reporter_clock(reporter, midnight + HOUR_MS);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(ask(reporter, wrong[i].target, &body), wrong[i].status, "%s", wrong[i].target);
    buffer_free(&body);
    reporter_destroy(reporter);
}
