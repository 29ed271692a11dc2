/* What contradicts itself is counted by the written rule, and shown; what does not is no oddity. */
#include "server/api/body.h"
#include "server/query/oddity.h"
#include "tests/support/told_store.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct told_store told;
static struct oddity oddities[ODDITY_KIND_COUNT];

static void begin(void) { told_store_open(&told); }
static void end(void) { told_store_close(&told); }

TestSuite(oddity, .init = begin, .fini = end);

static void tell(const char *source, const char *kind, const char *key, const char *body)
{
    cr_assert_eq(told_fact(&told, source, kind, key, body), FACT_APPLIED);
}

static void look(void)
{
    told_look(&told, "2027-01-15T08:00:00.000Z");
    cr_assert_eq(query_oddities(told.query, told.arena, oddities), ERR_OK);
}

static void expect(enum oddity_kind kind, uint64_t count, const char *what)
{
    const struct oddity *oddity = &oddities[kind];
    cr_expect_eq(oddity->count, count, "%s: %lu", oddity_name(kind), (unsigned long)oddity->count);
    cr_expect_eq(oddity->example_count, count < ODDITY_EXAMPLES ? count : ODDITY_EXAMPLES);
    if (oddity->example_count)
        cr_expect(bytes_equal_text(oddity->examples[0].what, what), "%.*s", (int)oddity->examples[0].what.len, (const char *)oddity->examples[0].what.data);
    printf("%s: %lu of them counted\n", oddity_name(kind), (unsigned long)count);
}

Test(oddity, a_session_that_ends_twice_is_one_when_both_ends_are_logouts_and_differ)
{
    tell("icon-a", "login_session", "1", "{\"session\":\"s1\",\"begin\":\"2026-11-23T09:00:00.000Z\",\"end\":\"2026-11-23T10:00:00.000Z\"}");
    tell("icon-b", "login_session", "7", "{\"session\":\"s1\",\"begin\":\"2026-11-23T09:00:00.000Z\",\"end\":\"2026-11-23T11:00:00.000Z\"}");
    tell("icon-b", "login_session", "8", "{\"session\":\"s1\",\"begin\":\"2026-11-23T09:00:00.000Z\",\"end\":\"2026-11-23T12:00:00.000Z\"}");
    tell("icon-a", "login_session", "2", "{\"session\":\"s2\",\"begin\":\"2026-11-23T09:00:00.000Z\",\"end\":\"2026-11-23T10:00:00.000Z\"}");
    tell("icon-b", "login_session", "9", "{\"session\":\"s2\",\"begin\":\"2026-11-23T09:00:00.000Z\",\"end\":\"2026-11-23T11:00:00.000Z\",\"end_by\":\"disconnect\"}");
    look();
    expect(ODDITY_SESSION_ENDS_TWICE, 1, "session s1 ends at 2026-11-23T11:00:00.000Z, by another row at 2026-11-23T10:00:00.000Z");
}

Test(oddity, a_membership_is_endless_when_its_member_or_group_is_deleted)
{
    tell("cfg", "object", "agent-group/70@", "{\"type\":\"agent-group\",\"id\":70,\"tenant\":1}");
    tell("cfg", "object", "person/1@", "{\"type\":\"person\",\"id\":1,\"tenant\":1}");
    tell("cfg", "object", "person/2@", "{\"type\":\"person\",\"id\":2,\"tenant\":1}");
    tell("cfg", "object", "person/2@2026-11-20", "{\"type\":\"person\",\"id\":2,\"tenant\":1,\"deleted\":true,\"valid_from\":\"2026-11-20T00:00:00.000Z\"}");
    tell("cfg", "membership", "70/1", "{\"group\":70,\"member_type\":\"person\",\"member\":1}");
    tell("cfg", "membership", "70/2", "{\"group\":70,\"member_type\":\"person\",\"member\":2}");
    tell("cfg", "membership", "70/2x", "{\"group\":70,\"member_type\":\"person\",\"member\":2,\"to\":\"2026-11-20T00:00:00.000Z\"}");
    look();
    expect(ODDITY_ENDLESS_MEMBERSHIP, 1, "person 2 is in group 70 for ever, but the person is deleted");
    expect(ODDITY_GROUP_OF_UNKNOWN_TYPE, 0, "");
    expect(ODDITY_PERSON_IN_NO_TENANT, 0, "");
}

Test(oddity, groups_are_told_once_with_what_another_object_says)
{
    tell("cfg", "object", "place-group/71@", "{\"type\":\"place-group\",\"id\":71}");
    tell("cfg", "membership", "70/1", "{\"group\":70,\"member_type\":\"person\",\"member\":1}");
    tell("cfg", "membership", "70/2", "{\"group\":70,\"member_type\":\"person\",\"member\":2}");
    tell("cfg", "membership", "71/2", "{\"group\":71,\"member_type\":\"person\",\"member\":2}");
    tell("cfg", "membership", "71/3", "{\"group\":71,\"member_type\":\"place\",\"member\":3}");
    tell("ocs", "campaign", "9", "{\"campaign\":9,\"group\":72,\"loaded_from\":\"2026-11-23T09:00:00.000Z\"}");
    look();
    expect(ODDITY_GROUP_OF_UNKNOWN_TYPE, 3, "group 70: no object says that it is one of type agent-group");
    cr_expect(bytes_equal_text(oddities[ODDITY_GROUP_OF_UNKNOWN_TYPE].examples[1].what,
                               "group 71: no object says that it is one of type agent-group, one says place-group"));
}

Test(oddity, a_person_in_no_tenant_by_its_newest_version)
{
    tell("cfg", "object", "person/1@", "{\"type\":\"person\",\"id\":1}");
    tell("cfg", "object", "person/1@2026-11-20", "{\"type\":\"person\",\"id\":1,\"tenant\":5,\"valid_from\":\"2026-11-20T00:00:00.000Z\"}");
    tell("cfg", "object", "person/2@", "{\"type\":\"person\",\"id\":2,\"tenant\":5}");
    tell("cfg", "object", "person/2@2026-11-20", "{\"type\":\"person\",\"id\":2,\"valid_from\":\"2026-11-20T00:00:00.000Z\"}");
    tell("cfg", "object", "place/3@", "{\"type\":\"place\",\"id\":3}");
    look();
    expect(ODDITY_PERSON_IN_NO_TENANT, 1, "person 2 has no tenant");
}

Test(oddity, a_bundle_that_names_an_item_of_no_catalog)
{
    tell("sold", "bundle_set", "s", "{\"id\":\"s\",\"bundles\":[{\"id\":10001,\"include\":[\"inbound-voice\",\"nothing\"],\"exclude\":[\"bundle:10001\"]}]}");
    look();
    expect(ODDITY_UNKNOWN_ITEM_IN_BUNDLE, 2, "bundle 10001 names \"nothing\"");
}

Test(oddity, two_sources_that_state_a_rule_or_an_object_version_differently)
{
    tell("a", "provisioned", "1/email/2026-11-01", "{\"tenant\":1,\"item\":\"email\",\"effective\":\"2026-11-01\",\"quantity\":5}");
    tell("b", "provisioned", "1/email/2026-11-01", "{\"tenant\":1,\"item\":\"email\",\"effective\":\"2026-11-01\",\"quantity\":6}");
    tell("a", "object", "place/3@", "{\"type\":\"place\",\"id\":3,\"tenant\":1}");
    tell("b", "object", "place/3@", "{\"type\":\"place\",\"id\":3,\"tenant\":2}");
    tell("a", "object", "place/4@", "{\"type\":\"place\",\"id\":4}");
    tell("b", "object", "place/4@", "{\"type\":\"place\",\"id\":4}");
    look();
    expect(ODDITY_SAID_BY_TWO_SOURCES, 2, "a says otherwise");
}

Test(oddity, many_are_counted_and_a_few_are_shown_by_the_api)
{
    struct buffer out = {0};
    for (int i = 1; i <= 9; i++) {
        char key[24], body[64];
        snprintf(key, sizeof key, "person/%d@", i);
        snprintf(body, sizeof body, "{\"type\":\"person\",\"id\":%d}", i);
        tell("cfg", "object", key, body);
    }
    look();
    expect(ODDITY_PERSON_IN_NO_TENANT, 9, "person 1 has no tenant");
    cr_assert_eq(body_sources(told.query, (struct body_clock){0}, told.arena, &out), ERR_OK);
    cr_expect(strstr(buffer_text(&out), "\"oddities\":[{\"kind\":\"person_in_no_tenant\",\"count\":9,\"rule\":\"a person whose newest version names no tenant: "
                                        "seats belong to that of the place or the switch, else to none\",\"examples\":[{\"source\":\"cfg\",\"key\":\"person/1@\","),
              "%s", buffer_text(&out));
    buffer_free(&out);
}
