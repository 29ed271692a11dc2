/* The truth on hand-made sessions: every rule of domain.md §7 that a number of it rests on. */
#include "adapters/simulator/sold.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const instant midnight = 1795392000000; /* 2026-11-23T00:00:00Z */

/* A site in which every person is an agent of one tenant, every DN on the SIP switch; two places. */
static struct site site;
static struct sim_person persons[4];
static struct sim_place places[2];
static struct sim_dn dns[4];
static struct sim_session sessions[16];
static struct sim_media_row media[16];
static struct sim_campaign campaigns[2];
static struct script script;

static void begin_test(void)
{
    for (int i = 0; i < 4; i++) {
        persons[i] = (struct sim_person){.agent = true, .enabled = true};
        dns[i] = (struct sim_dn){.on = SIM_SWITCH_SIP, .place = -1};
    }
    site = (struct site){.options = {.seed = 1, .agents = 4, .tenants = 1}, .persons = persons, .person_count = 4, .places = places,
                         .place_count = 2, .dns = dns, .dn_count = 4};
    script = (struct script){.site = &site, .begin = midnight, .sessions = sessions, .media = media, .campaigns = campaigns};
}

/* Times in minutes after midnight; end -1: never. */
static struct sim_session *add(int person, int place, int dn, double begin, double end)
{
    struct sim_session *session = &sessions[script.session_count];
    *session = (struct sim_session){
        .id = (int64_t)script.session_count + 1, .person = person, .login = -1, .place = place, .dn = dn, .app = SIM_APP_WORKSPACE,
        .begin = midnight + (instant)(begin * MINUTE_MS), .end = end < 0 ? INSTANT_NEVER : midnight + (instant)(end * MINUTE_MS),
        .first_media = script.media_count,
    };
    script.session_count++;
    return session;
}

static void add_media(enum sim_medium medium, double begin)
{
    struct sim_session *session = &sessions[script.session_count - 1];
    media[script.media_count++] = (struct sim_media_row){.session = script.session_count - 1, .medium = medium, .dn = -1,
                                                         .begin = midnight + (instant)(begin * MINUTE_MS)};
    session->media_count++;
}

struct wanted {
    enum sim_item item;
    bool day;
    instant start;
    struct truth_row row;
    int found;
};

static void take(void *owner, const struct truth_row *row)
{
    struct wanted *wanted = owner;
    if (row->tenant == 0 && row->item == wanted->item && row->day == wanted->day && row->start == wanted->start) {
        wanted->row = *row;
        wanted->found++;
    }
}

/* The system's row; start in minutes, as_of too. */
static struct truth_row row_at(enum sim_item item, bool day, int start, double as_of)
{
    struct wanted wanted = {.item = item, .day = day, .start = midnight + start * (instant)MINUTE_MS};
    truth_compute(&script, midnight + (instant)(as_of * MINUTE_MS), take, &wanted);
    cr_assert_eq(wanted.found, 1);
    return wanted.row;
}

static void expect_row(struct truth_row row, int64_t peak, double peak_at, double seat_minutes)
{
    cr_expect_eq(row.peak, peak, "peak %lld, expected %lld", (long long)row.peak, (long long)peak);
    cr_expect_eq(row.peak_at, midnight + (instant)(peak_at * MINUTE_MS), "peak at %g min", (double)(row.peak_at - midnight) / MINUTE_MS);
    cr_expect_eq(row.seat_ms, (int64_t)(seat_minutes * MINUTE_MS), "seat minutes %g", (double)row.seat_ms / MINUTE_MS);
}

TestSuite(truth, .init = begin_test);

Test(truth, sessions_of_a_place_are_one_seat_and_what_touches_is_no_rise)
{
    add(0, 0, 0, 1, 4);
    add(1, 0, 1, 3, 6);  /* another person at the same place */
    add(0, 0, -1, 6, 8); /* and in the millisecond in which the place is freed */
    expect_row(row_at(SIM_ITEM_CIM_MS, false, 0, 1440), 1, 1, 7);
}

Test(truth, the_latest_rise_to_the_peak_is_its_time)
{
    add(0, 0, 0, 1, 2);
    add(1, 1, 1, 3, 4);
    expect_row(row_at(SIM_ITEM_CIM_MS, false, 0, 1440), 1, 3, 2);
}

Test(truth, a_level_that_goes_on_has_the_period_s_start)
{
    add(0, 0, 0, 5, 25);
    expect_row(row_at(SIM_ITEM_CIM_MS, false, 10, 1440), 1, 10, 10);
    expect_row(row_at(SIM_ITEM_CIM_MS, false, 20, 1440), 1, 20, 5);
    cr_expect_eq(row_at(SIM_ITEM_CIM_MS, false, 30, 1440).peak_at, INSTANT_NONE, "a peak of 0 has no time");
    expect_row(row_at(SIM_ITEM_CIM_MS, true, 0, 1440), 1, 5, 20);
}

Test(truth, what_ends_on_the_border_is_not_in_the_period)
{
    add(0, 0, 0, 5, 10);
    add(1, 1, 1, 10, 12);
    expect_row(row_at(SIM_ITEM_CIM_MS, false, 10, 1440), 1, 10, 2);
}

Test(truth, an_open_session_is_superseded_on_its_dn_and_restored_by_its_true_end)
{
    add(0, -1, 0, 0, 90);
    add(1, -1, 0, 60, 61);
    add(2, -1, 1, 61, 62);
    expect_row(row_at(SIM_ITEM_INBOUND_VOICE, false, 60, 80), 1, 60, 2);  /* at 80 the first's end is not known */
    expect_row(row_at(SIM_ITEM_INBOUND_VOICE, false, 60, 90), 2, 61, 11);    /* one seat of the two on one DN, until 90 */
}

Test(truth, an_empty_session_supersedes_but_one_of_the_same_begin_does_not)
{
    add(0, -1, 0, 0, -1);
    add(1, -1, 0, 0, 0);
    add(1, -1, 0, 30, 30);
    expect_row(row_at(SIM_ITEM_CIM_MS, true, 0, 1440), 1, 0, 30);
}

Test(truth, without_a_dn_place_and_person_supersede)
{
    add(0, 0, -1, 0, -1);
    add(1, 0, -1, 10, 11); /* another person: no */
    add(0, 0, 3, 20, 21);  /* on a DN: no */
    add(0, 0, -1, 40, 41);
    expect_row(row_at(SIM_ITEM_CIM_MS, true, 0, 1440), 1, 0, 41); /* until 40, then the other one */
}

Test(truth, what_nothing_ends_is_capped_after_a_day)
{
    add(0, -1, -1, 30, -1);
    instant *ends = truth_ends(&script, midnight + 3 * (instant)DAY_MS);
    cr_expect_eq(ends[0], midnight + 30 * MINUTE_MS + DAY_MS);
    free(ends);
    expect_row(row_at(SIM_ITEM_CIM_MS, true, 1440, 3 * 1440), 1, 1440, 30);
}

Test(truth, late_chat_counts_for_the_whole_session_once_it_is_known)
{
    add(0, 0, -1, 0, 100);
    add_media(MEDIUM_EMAIL, 0);
    add_media(MEDIUM_CHAT, 50);
    cr_expect_eq(row_at(SIM_ITEM_WEB_MEDIA, false, 0, 40).peak, 0);
    expect_row(row_at(SIM_ITEM_WEB_MEDIA, true, 0, 1440), 1, 0, 100);
    expect_row(row_at(SIM_ITEM_EMAIL, true, 0, 1440), 1, 0, 100);
    cr_expect_eq(row_at(SIM_ITEM_INBOUND_VOICE, true, 0, 1440).peak, 0);
}

Test(truth, media_need_an_agent_voice_does_not)
{
    persons[0].agent = false;
    add(0, 0, 0, 0, 100);
    add_media(MEDIUM_VOICE, 0);
    add_media(MEDIUM_EMAIL, 0);
    cr_expect_eq(row_at(SIM_ITEM_EMAIL, true, 0, 1440).peak, 0);
    expect_row(row_at(SIM_ITEM_INBOUND_VOICE, true, 0, 1440), 1, 0, 100);
    expect_row(row_at(SIM_ITEM_SIP_SERVER, true, 0, 1440), 1, 0, 100);
    expect_row(row_at(SIM_ITEM_HA_CIM, true, 0, 1440), 1, 0, 100);
    cr_expect_eq(row_at(SIM_ITEM_NETWORK_VOICE, true, 0, 1440).peak, 0);
    cr_expect_eq(row_at(SIM_ITEM_WFM, true, 0, 1440).peak, 0);
}

Test(truth, outbound_is_the_part_under_a_loaded_campaign)
{
    persons[0].groups[0] = 5;
    persons[0].groups[1] = 6;
    add(0, 0, 0, 0, 100);
    campaigns[script.campaign_count++] = (struct sim_campaign){.group = 6, .from = midnight + 20 * MINUTE_MS, .to = midnight + 50 * MINUTE_MS};
    campaigns[script.campaign_count++] = (struct sim_campaign){.group = 7, .from = midnight, .to = midnight + 90 * MINUTE_MS};
    expect_row(row_at(SIM_ITEM_OUTBOUND_MS, true, 0, 1440), 1, 20, 30);
    expect_row(row_at(SIM_ITEM_OUTBOUND_MS, true, 0, 40), 1, 20, 20);
}

Test(truth, the_period_of_as_of_is_cut_there_and_says_so)
{
    add(0, 0, 0, 2, -1);
    struct truth_row row = row_at(SIM_ITEM_CIM_MS, false, 0, 7);
    expect_row(row, 1, 2, 5);
    cr_expect(row.partial);
    cr_expect_not(row_at(SIM_ITEM_CIM_MS, false, 0, 10).partial);
}

Test(truth, a_seat_of_two_tenants_counts_in_both_and_once_in_the_system)
{
    site.options.tenants = 2;
    persons[1].tenant = 1;
    add(0, 0, 0, 0, 10);
    add(1, 0, 1, 5, 15);
    expect_row(row_at(SIM_ITEM_CIM_MS, true, 0, 1440), 1, 0, 15);
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    truth_write(&script, midnight + DAY_MS, file);
    fclose(file);
    cr_expect(strstr(text, "{\"as_of\":\"2026-11-24T00:00:00.000Z\"}\n") == text);
    cr_expect(strstr(text, "{\"scope\":\"tenant\",\"id\":102,\"item\":\"cim-ms\",\"granularity\":\"day\",\"start\":\"2026-11-23T00:00:00.000Z\","
                           "\"peak\":1,\"peak_at\":\"2026-11-23T00:05:00.000Z\",\"seat_ms\":600000}\n") != NULL);
    cr_expect(strstr(text, "\"peak\":0,\"peak_at\":null,\"seat_ms\":0}\n") != NULL);
    free(text);
}

Test(truth, a_bundle_is_of_whole_sessions_and_a_day_is_compared_with_what_was_sold)
{
    script.sold = true;
    add(0, 0, 0, 0, 10); /* a phone */
    add(1, 1, 1, 5, 20); /* a phone with e-mail: neither of the first two bundles has both */
    add_media(MEDIUM_EMAIL, 15);
    add(2, -1, -1, 2, 4);
    add_media(MEDIUM_CHAT, 3);
    expect_row(row_at(SIM_ITEM_BUNDLE_PHONE, true, 0, 1440), 1, 0, 10);
    expect_row(row_at(SIM_ITEM_BUNDLE_WRITING, true, 0, 1440), 1, 5, 15 + 2);
    expect_row(row_at(SIM_ITEM_BUNDLE_DESK, true, 0, 1440), 2, 5, 10 + 15 + 2);
    int beyond = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sold sold;
        site.options.seed = seed;
        struct truth_row row = row_at(SIM_ITEM_WORKSPACE, true, 0, 1440);
        cr_assert(sold_find(&script, 0, SIM_ITEM_WORKSPACE, 0, &sold) && sold.quantity >= 0);
        cr_expect(row.bought && row.entitled == sold.quantity && row.burst == sold.burst);
        cr_expect_eq(row.over, sold.quantity < row.peak ? row.peak - sold.quantity : 0);
        beyond += row.over > 0;
    }
    cr_expect(beyond > 0 && beyond < 20, "%d of 20 lie beyond it", beyond);
    struct truth_row row = row_at(SIM_ITEM_GI2, true, 0, 1440);
    cr_expect(row.entitled == -1 && row.burst == -1 && row.over == 0 && row.over_burst == 0, "unlimited");
    row = row_at(SIM_ITEM_AGENT_CONNECTOR, true, 0, 1440);
    cr_expect(row.entitled == -1 && row.over == -1 && row.over_burst == -1, "nothing was sold");
    script.sold = false;
    cr_expect(!row_at(SIM_ITEM_CIM_MS, true, 0, 1440).bought);
    printf("20 quantities, %d of them passed\n", beyond);
}
