/* fact_check() on facts that no JSON reader saw: adapters fill the struct themselves. */
#include "proto/fact.h"

#include <criterion/criterion.h>

static struct fact login(void)
{
    struct fact fact = fact_blank(FACT_LOGIN_SESSION);
    fact.source = bytes_from_text("icon-a");
    fact.key = bytes_from_text("4711");
    fact.login_session.session = bytes_from_text("00D9");
    fact.login_session.begin = 1000;
    return fact;
}

static void expect(const struct fact *fact, const char *says)
{
    struct arena *arena = arena_create();
    const char *why = NULL;
    enum err err = fact_check(fact, arena, &why);
    if (says)
        cr_expect(err == ERR_INPUT && why && strstr(why, says), "says %s, wanted %s", why ? why : "nothing", says);
    else
        cr_expect_eq(err, ERR_OK, "%s", why ? why : "");
    arena_destroy(arena);
}

Test(fact, a_blank_fact_knows_nothing)
{
    struct fact fact = fact_blank(FACT_LOGIN_SESSION);
    cr_expect(fact.login_session.tenant == ID_NONE && fact.login_session.dn == ID_NONE);
    cr_expect(fact.login_session.begin == INSTANT_NONE && fact.login_session.end == INSTANT_NEVER);
    cr_expect(!bytes_present(fact.login_session.app) && fact.login_session.end_by == END_BY_UNKNOWN);
    fact = fact_blank(FACT_PROVISIONED);
    cr_expect(fact.provisioned.quantity == QUANTITY_UNLIMITED && fact.provisioned.effective == DATE_NONE);
    expect(&fact, "source: missing");
}

Test(fact, ranges_hold_without_json)
{
    struct fact fact = login();
    expect(&fact, NULL);
    fact.login_session.end = 1000;
    expect(&fact, NULL);
    fact.login_session.end = 999;
    expect(&fact, "body.end: 1970-01-01T00:00:00.999Z lies before begin");
    fact = login();
    fact.login_session.begin = -1;
    expect(&fact, "body.begin: -1 ms since 1970 is out of range");
    fact.login_session.begin = INSTANT_MAX;
    expect(&fact, "body.begin: ");
    fact.login_session.begin = INSTANT_MAX - 1;
    expect(&fact, NULL);
    fact.login_session.place = -2;
    expect(&fact, "body.place: -2");
    fact = login();
    fact.version = -1;
    expect(&fact, "version: -1");
    fact = login();
    fact.login_session.app = bytes_from_text("\xc0\xaf");
    expect(&fact, "body.app: \"??\" is no UTF-8");
    fact.login_session.app = bytes_of("a\0b", 3);
    expect(&fact, "body.app: \"a\\u0000b\" is no UTF-8 without NUL");
    fact = login();
    fact.login_session.session = BYTES_NONE;
    expect(&fact, "body.session: missing");
}

Test(fact, a_rule_taken_back_needs_only_its_key)
{
    struct fact fact = fact_blank(FACT_PROVISIONED);
    fact.source = bytes_from_text("api");
    fact.key = bytes_from_text("101/x/2026-01-01");
    expect(&fact, "body.effective: missing");
    fact.rule_deleted = true;
    expect(&fact, NULL);
}

Test(fact, names_lead_there_and_back)
{
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        cr_expect_eq(fact_kind_from_name(bytes_from_text(fact_kind_name((enum fact_kind)kind))), (enum fact_kind)kind);
    cr_expect_eq(fact_kind_from_name(bytes_from_text("seat")), FACT_KIND_COUNT);
    for (int type = 1; type < OBJECT_TYPE_COUNT; type++)
        cr_expect_eq(object_type_from_name(bytes_from_text(object_type_name((enum object_type)type))), (enum object_type)type);
    cr_expect_eq(object_type_from_name(bytes_from_text("chair")), OBJECT_NONE);
    cr_expect(fact_kind_is_rule(FACT_ENTITLEMENT) && fact_kind_is_rule(FACT_RULESET) && !fact_kind_is_rule(FACT_DECISION) && !fact_kind_is_rule(FACT_SOURCE));
}
