/* Who was in it and why, from facts that a reader can count by hand. */
#include "server/query/explain.h"

#include "base/json.h"
#include "server/api/body.h"
#include "server/privacy.h"
#include "tests/support/told_store.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY "2026-11-23T"

static struct told_store told;

static void begin(void) { told_store_open(&told); }
static void end(void) { told_store_close(&told); }

TestSuite(explain, .init = begin, .fini = end);

static void tell(const char *source, const char *kind, const char *key, const char *body)
{
    told_fact(&told, source, kind, key, arena_printf(told.arena, "{%s}", body));
}

/* from and to: times of the day; to NULL: still in.  more: "\"dn\":1,…" */
static void login_of(const char *source, const char *id, const char *from, const char *to, const char *more)
{
    tell(source, "login_session", id,
         arena_printf(told.arena, "\"session\":\"%s\",\"begin\":\"" DAY "%sZ\",\"end\":%s%s%s%s%s", id, from, to ? "\"" DAY : "null", to ? to : "",
                      to ? "Z\"" : "", *more ? "," : "", more));
}

static void login(const char *id, const char *from, const char *to, const char *more)
{
    login_of("icon-a", id, from, to, more);
}

static instant at(const char *text)
{
    return told_at(arena_printf(told.arena, DAY "%sZ", text));
}

static void flush(const char *wall)
{
    told_look(&told, arena_printf(told.arena, DAY "%sZ", wall));
}

static struct explain_request request_of(const char *item, const char *when)
{
    return (struct explain_request){{SCOPE_SYSTEM, 0}, bytes_from_text(item), at(when), PROFILE_EXACT, GRANULARITY_DAY, BYTES_NONE};
}

static struct explain_answer explain(struct explain_request request)
{
    struct explain_answer answer;
    const char *why = "";
    cr_assert_eq(query_explain(told.query, &request, told.arena, &answer, &why), ERR_OK, "%s", why);
    return answer;
}

/* The seats as "place 1: a b c; dn 4: d", sorted. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static const char *seats_text(const struct explain_answer *answer)
{
    char **texts = arena_alloc(told.arena, (answer->seat_count + 1) * sizeof *texts), *all = arena_printf(told.arena, "%s", "");
    for (size_t i = 0; i < answer->seat_count; i++) {
        const struct explain_seat *seat = &answer->seats[i];
        texts[i] = seat->key.id == ID_NONE ? arena_printf(told.arena, "%s %.*s:", seat_kind_name(seat->key.kind), (int)seat->key.text.len, (const char *)seat->key.text.data)
                                           : arena_printf(told.arena, "%s %lld:", seat_kind_name(seat->key.kind), (long long)seat->key.id);
        for (size_t s = 0; s < seat->session_count; s++)
            texts[i] = arena_printf(told.arena, "%s %.*s", texts[i], (int)seat->sessions[s].id.len, (const char *)seat->sessions[s].id.data);
    }
    qsort(texts, answer->seat_count, sizeof *texts, by_text);
    for (size_t i = 0; i < answer->seat_count; i++)
        all = arena_printf(told.arena, "%s%s%s", all, i ? "; " : "", texts[i]);
    return all;
}

static void expect_seats(const char *rule, struct explain_request request, const char *expected)
{
    struct explain_answer answer = explain(request);
    cr_expect_str_eq(seats_text(&answer), expected, "%s: %s, expected %s", rule, seats_text(&answer), expected);
    printf("explain: %s: %s\n", rule, seats_text(&answer));
}

/* domain.md §2.1 */
Test(explain, three_dns_of_one_place_are_one_seat)
{
    login("a", "09:00:00.000", "10:00:00.000", "\"place\":1,\"dn\":1");
    login("b", "09:00:01.000", "10:00:00.000", "\"place\":1,\"dn\":2");
    login("c", "09:00:02.000", "10:00:00.000", "\"place\":1,\"dn\":3");
    login("d", "09:10:00.000", "10:00:00.000", "\"dn\":4");
    login("e", "09:20:00.000", "09:40:00.000", "\"place\":1");
    flush("12:00:00.000");
    expect_seats("a DN without place is a seat of its own", request_of("inbound-voice", "09:30:00.000"), "dn 4: d; place 1: a b c");
    expect_seats("a session on the place is the place's seat again", request_of("cim-ms", "09:30:00.000"), "dn 4: d; place 1: a b c e");
    expect_seats("begin is in", request_of("cim-ms", "09:10:00.000"), "dn 4: d; place 1: a b c");
    expect_seats("end is not", request_of("cim-ms", "10:00:00.000"), "");
}

/* domain.md §2.2, §2.10, §7.17 */
Test(explain, each_kind_of_key)
{
    login("a", "09:00:00.000", "10:00:00.000", "\"login\":7001,\"person\":5001");
    login("b", "09:00:00.000", "10:00:00.000", "\"person\":5001");
    login("c", "09:00:00.000", "10:00:00.000", "");
    login("d", "09:00:00.000", "10:00:00.000", "\"place\":1,\"person\":5001");
    tell("gvp", "port", "p1", "\"call\":\"guid-1\",\"uses\":[\"gvp\"],\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "09:20:00.000Z\"");
    tell("gvp", "port", "p2", "\"call\":\"guid-1\",\"uses\":[\"gvp\",\"asr\"],\"begin\":\"" DAY "09:10:00.000Z\",\"end\":\"" DAY "09:30:00.000Z\"");
    tell("gvp", "port", "p3", "\"uses\":[\"gvp\"],\"begin\":\"" DAY "09:05:00.000Z\",\"end\":\"" DAY "09:30:00.000Z\"");
    flush("12:00:00.000");
    expect_seats("login, person, session", request_of("cim-ms", "09:15:00.000"), "login 7001: a; person 5001: b; place 1: d; session c: c");
    struct explain_request person = request_of("cim-ms", "09:15:00.000");
    person.profile = PROFILE_PERSON;
    expect_seats("the person first", person, "person 5001: a b d; session c: c");
    expect_seats("the legs of a call", request_of("gvp-ports", "09:15:00.000"), "call guid-1: p1 p2; port p3: p3");
}

/* domain.md §7.4: the other ICON has another session id for the same login. */
Test(explain, twins_are_told_once)
{
    login_of("icon-a", "a", "09:00:00.500", "10:00:00.000", "\"person\":5,\"place\":1,\"dn\":1");
    login_of("icon-b", "z", "09:00:00.000", "10:00:00.000", "\"person\":5,\"place\":1,\"dn\":1");
    flush("12:00:00.000");
    struct explain_answer answer = explain(request_of("inbound-voice", "09:30:00.000"));
    cr_assert_eq(answer.seat_count, 1);
    cr_assert_eq(answer.seats[0].session_count, 1);
    const struct told_session *session = &answer.seats[0].sessions[0];
    cr_assert(session->id_count == 2 && session->source_count == 2);
    cr_expect(bytes_equal_text(session->id, "z") && bytes_equal_text(session->ids[0], "a") && bytes_equal_text(session->ids[1], "z"));
    cr_expect(bytes_equal_text(session->sources[0], "icon-a") && bytes_equal_text(session->sources[1], "icon-b"));
    cr_expect(session->begin == at("09:00:00.000") && !answer.seats[0].shared);
}

static const char *sentence_of(struct explain_request request)
{
    struct buffer out = {0};
    struct body_page page = {.limit = SIZE_MAX};
    struct pseudonyms pseudonyms;
    const char *why = "";
    cr_assert_eq(pseudonyms_open(NULL, &pseudonyms), ERR_OK);
    cr_assert_eq(body_explain(told.query, &request, &pseudonyms, &page, told.arena, &out, &why), ERR_OK, "%s", why);
    const struct json *answer = json_read(buffer_bytes(&out), told.arena, &why);
    cr_assert(answer, "%s", why);
    buffer_free(&out);
    return arena_text(told.arena, json_member(json_member(answer, "why"), "sentence")->text);
}

/* Two stuck phones, one superseded session, one place with two persons; a true agent makes the peak. */
Test(explain, why_the_peak_is_what_it_is)
{
    tell("icon-a", "login_session", "s1", "\"session\":\"s1\",\"begin\":\"2026-11-22T12:00:00.000Z\",\"end\":null,\"dn\":1");
    tell("icon-a", "login_session", "s2", "\"session\":\"s2\",\"begin\":\"2026-11-22T12:30:00.000Z\",\"end\":null,\"dn\":2");
    login("o", "08:00:00.000", NULL, "\"dn\":3");
    login("n", "11:00:00.000", "11:10:00.000", "\"dn\":3");
    login("p", "08:00:00.000", "11:00:00.000", "\"place\":9,\"dn\":4,\"person\":1");
    login("q", "08:10:00.000", "11:00:00.000", "\"place\":9,\"dn\":5,\"person\":2");
    login("x", "09:00:00.000", "10:00:00.000", "\"dn\":6,\"person\":3");
    login("y", "09:30:00.000", "09:30:12.500", "\"dn\":7,\"person\":4");
    tell("icon-a", "watermark", "watermark", "\"until\":\"2026-11-23T18:00:00.000Z\"");
    flush("18:00:00.000");
    struct explain_answer answer = explain(request_of("inbound-voice", "09:30:00.000"));
    cr_expect_eq(answer.peak, 6);
    cr_expect_eq(answer.peak_at, at("09:30:00.000"));
    cr_expect_eq(answer.held_until, at("09:30:12.500"));
    cr_assert_eq(answer.maker_count, 1);
    cr_expect(answer.makers[0].begins && bytes_equal_text(answer.makers[0].session.id, "y"));
    static const struct {
        int64_t peak, alone;
        size_t seats;
    } expected[EXPLAIN_STEPS] = {{4, 4, 2}, {3, 5, 1}, {2, 5, 1}};
    for (int i = 0; i < EXPLAIN_STEPS; i++)
        cr_expect(answer.steps[i].peak == expected[i].peak && answer.steps[i].alone == expected[i].alone && answer.steps[i].seat_count == expected[i].seats,
                  "step %d: peak %lld, alone %lld, %zu seats", i, (long long)answer.steps[i].peak, (long long)answer.steps[i].alone, answer.steps[i].seat_count);
    cr_expect_str_eq(sentence_of(request_of("inbound-voice", "09:30:00.000")),
                     "6; 4 without 2 capped seats; 3 without also 1 superseded seat; 2 without also 1 shared seat");

    /* The ten minutes before have no rise: entered at the peak; after 11:00 nothing odd is left but the stuck phones. */
    struct explain_request tens = request_of("inbound-voice", "09:15:00.000");
    tens.period = GRANULARITY_10M;
    answer = explain(tens);
    cr_expect(answer.peak == 5 && answer.peak_at == at("09:10:00.000") && answer.maker_count == 0 && answer.held_until == INSTANT_NEVER);
    cr_expect(answer.start == at("09:10:00.000") && answer.end == at("09:20:00.000"));
    struct explain_request peak = request_of("inbound-voice", "09:15:00.000");
    peak.at = EXPLAIN_PEAK;
    answer = explain(peak);
    cr_expect(answer.at == at("09:30:00.000") && answer.seat_count == 6);
}

/* Into a group in the middle of a session: no login made that peak. */
Test(explain, scopes_at_the_instant)
{
    login("a", "09:00:00.000", "12:00:00.000", "\"dn\":1,\"person\":1,\"tenant\":101");
    login("b", "09:00:00.000", "12:00:00.000", "\"dn\":2,\"person\":2,\"tenant\":102");
    tell("config", "membership", "1", "\"group\":70,\"member_type\":\"person\",\"member\":1,\"from\":\"" DAY "10:00:00.000Z\",\"to\":\"" DAY "11:00:00.000Z\"");
    flush("13:00:00.000");
    struct explain_request request = request_of("inbound-voice", "10:30:00.000");
    request.scope = (struct scope){SCOPE_TENANT, 102};
    expect_seats("a tenant's", request, "dn 2: b");
    request.scope = (struct scope){SCOPE_AGENT_GROUP, 70};
    expect_seats("a group's", request, "dn 1: a");
    struct explain_answer answer = explain(request);
    cr_assert_eq(answer.maker_count, 1);
    cr_expect(!answer.makers[0].begins && answer.peak_at == at("10:00:00.000") && answer.held_until == at("11:00:00.000"));
    request.at = at("11:00:00.000");
    expect_seats("a group's, afterwards", request, "");
}

static void refused(const char *what, struct explain_request request, enum err expected, const char *said)
{
    struct explain_answer answer;
    const char *why = "";
    enum err err = query_explain(told.query, &request, told.arena, &answer, &why);
    cr_expect(err == expected && strstr(why, said), "%s: %s, \"%s\"; expected %s, \"%s\"", what, err_name(err), why, err_name(expected), said);
}

Test(explain, refused_with_a_sentence)
{
    flush("08:00:00.000");
    refused("empty", request_of("inbound-voice", "07:00:00.000"), ERR_NOT_FOUND, "not zero seats");
    login("a", "09:00:00.000", "12:00:00.000", "\"dn\":1,\"tenant\":101");
    flush("13:00:00.000");
    struct explain_request wrong[7];
    for (int i = 0; i < 7; i++)
        wrong[i] = request_of("inbound-voice", "10:00:00.000");
    wrong[0].item = BYTES_LITERAL("no-such");
    refused("item", wrong[0], ERR_INPUT, "not in the catalog");
    wrong[1].item = BYTES_LITERAL("sip-voicemail");
    refused("enabled", wrong[1], ERR_INPUT, "enabled only");
    wrong[2].scope = (struct scope){SCOPE_TENANT, 7};
    refused("tenant", wrong[2], ERR_NOT_FOUND, "no tenant 7");
    wrong[3].profile = PROFILE_LRM;
    refused("profile", wrong[3], ERR_INPUT, "exact or person");
    wrong[4].period = GRANULARITY_WEEK;
    refused("period", wrong[4], ERR_INPUT, "10m, hour or day");
    wrong[5].zone = BYTES_LITERAL("Mars/Base");
    refused("zone", wrong[5], ERR_INPUT, "no IANA time zone");
    wrong[6].at += 10 * DAY_MS;
    refused("future", wrong[6], ERR_NOT_FOUND, "Nothing has been heard");

    struct db_txn *txn;
    query_close(told.query);
    cr_assert_eq(db_begin_write(told.store.db, &txn), ERR_OK);
    meta_put(txn, "horizon", BYTES_LITERAL(DAY "11:00:00.000Z"));
    cr_assert_eq(db_commit(txn), ERR_OK);
    cr_assert_eq(query_open(told.store.db, &told.query), ERR_OK);
    refused("gone", request_of("inbound-voice", "10:00:00.000"), ERR_NOT_FOUND, "is gone: sessions are kept from 2026-11-23T11:00:00.000Z on");
}

/* Persons and logins never leave; the same ones are the same token; pages together are the whole. */
Test(explain, pseudonyms_and_pages)
{
    struct pseudonyms one, other;
    struct buffer whole = {0}, again = {0}, foreign = {0}, pages = {0};
    struct body_page page = {.limit = SIZE_MAX};
    const char *why = "";
    struct explain_request request = request_of("cim-ms", "09:30:00.000");
    login("a", "09:00:00.000", "10:00:00.000", "\"person\":987654321");
    login("b", "09:00:00.000", "10:00:00.000", "\"login\":123456789,\"person\":987654321");
    login("c", "09:00:00.000", "10:00:00.000", "\"dn\":5");
    login("d", "09:00:00.000", "10:00:00.000", "");
    login("e", "09:00:00.000", "10:00:00.000", "\"place\":3,\"person\":555");
    flush("12:00:00.000");
    cr_assert(pseudonyms_open(NULL, &one) == ERR_OK && pseudonyms_open(NULL, &other) == ERR_OK);
    cr_assert_eq(body_explain(told.query, &request, &one, &page, told.arena, &whole, &why), ERR_OK);
    cr_assert_eq(body_explain(told.query, &request, &one, &page, told.arena, &again, &why), ERR_OK);
    cr_assert_eq(body_explain(told.query, &request, &other, &page, told.arena, &foreign, &why), ERR_OK);
    cr_expect(bytes_equal(buffer_bytes(&whole), buffer_bytes(&again)));
    cr_expect(!bytes_equal(buffer_bytes(&whole), buffer_bytes(&foreign)));
    cr_expect(!strstr(buffer_text(&whole), "987654321") && !strstr(buffer_text(&whole), "123456789"), "%s", buffer_text(&whole));

    page = (struct body_page){.limit = 2};
    int count = 0;
    do {
        struct buffer out = {0};
        page.cursor = page.next;
        cr_assert_eq(body_explain(told.query, &request, &one, &page, told.arena, &out, &why), ERR_OK, "%s", why);
        const char *first = strstr(buffer_text(&out), "\"seats\":["), *last = strstr(buffer_text(&out), "],\"why\"");
        cr_assert(first && last);
        buffer_append_text(&pages, count++ ? "," : "");
        buffer_append(&pages, first + 9, (size_t)(last - first) - 9);
        buffer_free(&out);
        cr_expect(!strstr(bytes_present(page.next) ? (const char *)arena_text(told.arena, body_unhex(page.next, told.arena)) : "", "987654321"));
    } while (bytes_present(page.next));
    cr_expect_eq(count, 3);
    cr_expect(strstr(buffer_text(&whole), buffer_text(&pages)), "%s is not in %s", buffer_text(&pages), buffer_text(&whole));
    page = (struct body_page){.limit = 2, .cursor = BYTES_LITERAL("00")};
    cr_expect_eq(body_explain(told.query, &request, &one, &page, told.arena, &again, &why), ERR_INPUT);
    buffer_free(&whole);
    buffer_free(&again);
    buffer_free(&foreign);
    buffer_free(&pages);
}
