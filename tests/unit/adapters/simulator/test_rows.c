/* Rows as ICON writes them: what is unknown is left out, an end and its number come with the end. */
#include "adapters/simulator/rows.h"

#include <criterion/criterion.h>

static const instant noon = 1795435200000; /* 2026-11-23T12:00:00Z */
static struct site site = {.options = {.seed = 3, .agents = 1, .tenants = 1}};
static struct sim_session sessions[1];
static struct sim_media_row media[1];
static struct script script = {.site = &site, .sessions = sessions, .media = media, .session_count = 1, .media_count = 1};

static void expect_has(struct row_list *list, const char *part, bool has)
{
    const char *text = row_list_text(list);
    cr_expect_eq(strstr(text, part) != NULL, has, "%s %s in %s", part, has ? "is missing" : "stands", text);
    list->writer = (struct json_writer){.out = &list->json};
}

Test(rows, a_voice_session_while_it_runs_and_after)
{
    struct row_list list = {0};
    sessions[0] = (struct sim_session){.id = 4711, .person = 0, .login = 1, .place = 2, .dn = 3, .app = SIM_APP_WORKSPACE,
                                       .provider = PROVIDER_SIP, .begin = noon + 1, .end = noon + HOUR_MS, .seq = 8, .useq = 9};
    row_list_clear(&list);
    row_add_login(&list, &script, &sessions[0], noon + MINUTE_MS, noon + 2);
    cr_expect_eq(list.count, 1);
    expect_has(&list, "\"id\":4711,", true);
    expect_has(&list, "\"agentid\":5001,\"loginid\":7002,\"placeid\":3003,\"primarydeviceid\":9004,\"appname\":\"InteractionWorkspace\"", true);
    expect_has(&list, "\"state\":1,\"created\":\"2026-11-23T12:00:00.001Z\",\"created_ts\":1795435200", true);
    expect_has(&list, "terminated", false);
    row_list_clear(&list);
    row_add_login(&list, &script, &sessions[0], noon + HOUR_MS, noon + HOUR_MS);
    expect_has(&list, "\"state\":2", true);
    expect_has(&list, "\"terminated\":\"2026-11-23T13:00:00.000Z\",\"terminated_ts\":1795438800", true);
    expect_has(&list, "\"gsys_domain\":5001,\"gsys_seq\":8,\"gsys_useq\":9", true);
    row_list_free(&list);
}

Test(rows, an_interaction_session_has_no_dn_and_endpoint_0)
{
    struct row_list list = {0};
    sessions[0] = (struct sim_session){.id = 1, .person = 0, .login = -1, .place = 2, .dn = -1, .app = SIM_APP_NONE,
                                       .provider = PROVIDER_INTERACTION, .begin = noon, .end = INSTANT_NEVER};
    media[0] = (struct sim_media_row){.id = 2, .session = 0, .medium = MEDIUM_CHAT, .dn = -1, .begin = noon + MINUTE_MS};
    row_list_clear(&list);
    row_add_login(&list, &script, &sessions[0], noon + DAY_MS, noon);
    expect_has(&list, "primarydeviceid", false);
    expect_has(&list, "loginid\":", false);
    expect_has(&list, "appname", false);
    expect_has(&list, "terminated", false);
    row_list_clear(&list);
    row_add_endpoint(&list, &script, &media[0], noon + DAY_MS, noon);
    expect_has(&list, "\"endpointid\":0,\"endpointtype\":0,\"mediatype\":\"chat\"", true);
    expect_has(&list, "\"created\":\"2026-11-23T12:01:00.000Z\"", true);
    row_list_free(&list);
}

Test(rows, a_campaign_that_is_over_has_no_state)
{
    struct row_list list = {0};
    struct sim_campaign campaign = {.id = 5, .campaign = 1, .group = 2, .from = noon, .to = noon + HOUR_MS};
    row_list_clear(&list);
    row_add_campaign(&list, &script, &campaign, noon + MINUTE_MS, noon);
    expect_has(&list, "\"campaignid\":802,\"groupid\":2003,\"state\":1", true);
    row_list_clear(&list);
    row_add_campaign(&list, &script, &campaign, noon + HOUR_MS, noon);
    expect_has(&list, "state", false);
    expect_has(&list, "\"terminated\":\"2026-11-23T13:00:00.000Z\"", true);
    row_list_free(&list);
}
