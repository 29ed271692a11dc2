/*
 * The judge is judged: cases small enough for a head, with the numbers that domain.md gives for them.
 * Each case prints the rule that it holds the judge to.
 */
#include "proto/fact_json.h"
#include "tests/support/naive.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define DAY "2026-11-23T"

static struct bytes desktops[] = {{(const uint8_t *)"AgentDesktop", 12}, {(const uint8_t *)"InteractionWorkspace", 20}};
static struct bytes known_media[] = {{(const uint8_t *)"voice", 5}, {(const uint8_t *)"chat", 4}};
static struct bytes chat[] = {{(const uint8_t *)"chat", 4}};
static struct bytes mart[] = {{(const uint8_t *)"info-mart", 9}};

#define ITEM(text, ...) {.code = {(const uint8_t *)(text), sizeof(text) - 1}, .measure_concurrent = true, .where = {__VA_ARGS__}}
static struct catalog_item items[] = {
    ITEM("any", .kind = SUBJECT_SESSION),
    ITEM("voice", .kind = SUBJECT_SESSION, .voice = FLAG_YES),
    ITEM("chat", .kind = SUBJECT_SESSION, .agent = FLAG_YES, .media = {chat, 1, true}),
    ITEM("work", .kind = SUBJECT_SESSION, .media_not = {known_media, 2, true}),
    ITEM("connector", .kind = SUBJECT_SESSION, .app_not = {desktops, 2, true}),
    ITEM("workspace", .kind = SUBJECT_SESSION, .app = {desktops, 2, true}),
    ITEM("multi", .kind = SUBJECT_SESSION, .site_type = SITE_MULTI),
    ITEM("single", .kind = SUBJECT_SESSION, .site_type = SITE_SINGLE),
    ITEM("mart", .kind = SUBJECT_SESSION, .tenant_has = {mart, 1, true}),
    ITEM("sip", .kind = SUBJECT_SESSION, .switch_types = 1u << SWITCH_SIP),
    ITEM("outbound", .kind = SUBJECT_SESSION, .campaign_loaded = FLAG_YES),
    ITEM("gvp", .kind = SUBJECT_PORT, .uses = PORT_GVP),
};
static const struct catalog catalog = {.items = items, .count = sizeof items / sizeof *items};

enum { LINES_MAX = 32 };

static size_t read_facts(struct arena *arena, const char *text, struct fact *facts)
{
    size_t count = 0;
    for (const char *line = text; *line; line++, count++) {
        const char *end = strchr(line, '\n'), *why = "";
        cr_assert(end && count < LINES_MAX, "each fact is a line");
        enum err err = fact_json_read(bytes_of(line, (size_t)(end - line)), arena, &facts[count], &why);
        cr_assert(err == ERR_OK, "%s: %.*s", why, (int)(end - line), line);
        line = end;
    }
    return count;
}

static instant at(const char *text)
{
    instant out = INSTANT_NONE;
    cr_assert(!text || instant_parse(bytes_from_text(text), &out), "%s is no instant", text);
    return out;
}

struct expected {
    enum scope_kind scope;
    int64_t id;
    const char *item, *from, *to;
    int64_t peak;
    const char *peak_at; /* NULL: none */
    int64_t seat_ms;
};

/* Counts the facts, forwards and backwards, and compares. */
static void holds(const char *rule, const char *text, const struct expected *expected, size_t count)
{
    struct arena *arena = arena_create();
    struct fact facts[LINES_MAX], backwards[LINES_MAX];
    size_t fact_count = read_facts(arena, text, facts);
    for (size_t i = 0; i < fact_count; i++)
        backwards[i] = facts[fact_count - 1 - i];
    for (int way = 0; way < 2; way++) {
        struct naive *naive = naive_create(way ? backwards : facts, fact_count, &(struct naive_options){.catalog = &catalog});
        for (size_t i = 0; i < count; i++) {
            size_t item = 0;
            while (!bytes_equal_text(items[item].code, expected[i].item))
                cr_assert(++item < catalog.count, "no item %s", expected[i].item);
            struct naive_line line = naive_line(naive, expected[i].scope, expected[i].id, item, PROFILE_EXACT);
            struct naive_usage found = naive_usage(&line, at(expected[i].from), at(expected[i].to));
            cr_expect(found.peak == expected[i].peak && found.peak_at == at(expected[i].peak_at) && found.seat_ms == expected[i].seat_ms,
                      "%s: row %zu (%s): found %lld at %lld, %lld ms; expected %lld at %lld, %lld ms", rule, i, expected[i].item,
                      (long long)found.peak, (long long)found.peak_at, (long long)found.seat_ms, (long long)expected[i].peak,
                      (long long)at(expected[i].peak_at), (long long)expected[i].seat_ms);
        }
        naive_destroy(naive);
    }
    printf("naive: %s: %zu facts, %zu rows\n", rule, fact_count, count);
    arena_destroy(arena);
}
#define HOLDS(rule, facts, ...)                                                                                                  \
    do {                                                                                                                         \
        static const struct expected rows[] = {__VA_ARGS__};                                                                     \
        holds(rule, facts, rows, sizeof rows / sizeof *rows);                                                                    \
    } while (0)

#define FACT(source, kind, key, version, body)                                                                                   \
    "{\"source\":\"" source "\",\"kind\":\"" kind "\",\"key\":\"" key "\",\"version\":" #version ",\"body\":{" body "}}\n"
#define LOGIN(key, begin, end, more)                                                                                             \
    FACT("icon-a", "login_session", key, 1,                                                                                      \
         "\"session\":\"" key "\",\"begin\":\"" DAY begin "Z\",\"end\":\"" DAY end "Z\"" more)
#define OPEN(key, begin, more) FACT("icon-a", "login_session", key, 1, "\"session\":\"" key "\",\"begin\":\"" DAY begin "Z\",\"end\":null" more)
#define OBJECT(key, body) FACT("cfg", "object", key, 1, body)
#define SYSTEM(item, from, to, peak, peak_at, seat_ms) {SCOPE_SYSTEM, 0, item, DAY from "Z", DAY to "Z", peak, peak_at, seat_ms}
#define TENANT(id, item, from, to, peak, peak_at, seat_ms) {SCOPE_TENANT, id, item, DAY from "Z", DAY to "Z", peak, peak_at, seat_ms}

Test(naive, a_seat_is_the_place_else_the_dn)
{
    HOLDS("§2.1: DN1, DN2, DN3 of place 1 are one seat, DN4 without place a second, place 1 again the first",
          LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"place\":1,\"dn\":1") LOGIN("b", "09:00:00.000", "10:00:00.000", ",\"place\":1,\"dn\":2")
              LOGIN("c", "09:00:00.000", "10:00:00.000", ",\"place\":1,\"dn\":3") LOGIN("d", "09:10:00.000", "10:00:00.000", ",\"dn\":4")
                  LOGIN("e", "09:20:00.000", "10:00:00.000", ",\"place\":1"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 2, DAY "09:10:00.000Z", 110 * 60000));
    HOLDS("§2.2: then login, person, session", LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"login\":1,\"person\":1")
          LOGIN("b", "09:00:00.000", "10:00:00.000", ",\"person\":1") LOGIN("c", "09:00:00.000", "10:00:00.000", ",\"person\":1")
          LOGIN("d", "09:00:00.000", "10:00:00.000", "") LOGIN("e", "09:00:00.000", "10:00:00.000", ""),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 4, DAY "09:00:00.000Z", 4 * 3600000));
    HOLDS("§2.7: two people on one place are one seat, one person on two places two",
          LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"place\":1,\"person\":1") LOGIN("b", "09:00:00.000", "10:00:00.000", ",\"place\":1,\"person\":2")
          LOGIN("c", "11:00:00.000", "12:00:00.000", ",\"place\":1,\"person\":1") LOGIN("d", "11:00:00.000", "12:00:00.000", ",\"place\":2,\"person\":1"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 1, DAY "09:00:00.000Z", 3600000),
          SYSTEM("any", "11:00:00.000", "12:00:00.000", 2, DAY "11:00:00.000Z", 7200000));
}

Test(naive, intervals_are_half_open)
{
    HOLDS("§2.4: freed and taken in one instant is one seat, and no occasion",
          LOGIN("a", "09:00:00.000", "09:30:00.000", ",\"place\":1") LOGIN("b", "09:30:00.000", "10:00:00.000", ",\"place\":1")
              LOGIN("c", "09:00:00.000", "09:30:00.000", ",\"place\":2") LOGIN("d", "09:30:00.000", "10:00:00.000", ",\"place\":3"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 2, DAY "09:00:00.000Z", 7200000),
          SYSTEM("any", "10:00:00.000", "11:00:00.000", 0, NULL, 0));
    HOLDS("§7.6: begin = end counts nowhere", LOGIN("a", "09:00:00.000", "09:00:00.000", ",\"place\":1"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 0, NULL, 0));
}

Test(naive, the_occasion_is_the_latest_rise)
{
    HOLDS("§2.5: on a tie the latest rise; a level that continues is none; a period entered at its maximum: its start",
          LOGIN("a", "09:05:00.000", "10:30:00.000", ",\"place\":1") LOGIN("b", "09:10:00.000", "09:20:00.000", ",\"place\":2")
              LOGIN("c", "09:40:00.001", "10:10:00.000", ",\"place\":3"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 2, DAY "09:40:00.001Z", 5400000 - 1 - 60000 * 5),
          SYSTEM("any", "10:00:00.000", "11:00:00.000", 2, DAY "10:00:00.000Z", 40 * 60000),
          SYSTEM("any", "10:00:00.000", "10:10:00.000", 2, DAY "10:00:00.000Z", 20 * 60000),
          SYSTEM("any", "10:10:00.000", "10:20:00.000", 1, DAY "10:10:00.000Z", 10 * 60000));
    HOLDS("§7.7: what ends on the border is not in the period; what rises on it has it as occasion",
          LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"place\":1") LOGIN("b", "09:00:00.000", "10:00:00.000", ",\"place\":2")
              LOGIN("c", "10:00:00.000", "10:10:00.000", ",\"place\":3") LOGIN("d", "10:05:00.000", "10:06:00.000", ",\"place\":3"),
          SYSTEM("any", "10:00:00.000", "11:00:00.000", 1, DAY "10:00:00.000Z", 600000));
}

Test(naive, rows_become_sessions)
{
    HOLDS("§7.4: one session id, two sources: earliest begin, first known attributes, the end by logout",
          FACT("icon-a", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"" DAY "09:00:10.000Z\",\"end\":\"" DAY "09:30:00.000Z\",\"end_by\":\"disconnect\",\"place\":1")
              FACT("icon-b", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "10:00:00.000Z\",\"end_by\":\"logout\",\"place\":2,\"dn\":4"),
          SYSTEM("voice", "09:00:00.000", "11:00:00.000", 1, DAY "09:00:00.000Z", 3600000));
    HOLDS("§7.4: every copy disconnected: the latest; one still in: open",
          FACT("icon-a", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "09:30:00.000Z\",\"end_by\":\"disconnect\"")
              FACT("icon-b", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "10:00:00.000Z\",\"end_by\":\"disconnect\"")
                  FACT("icon-a", "login_session", "2", 1, "\"session\":\"t\",\"begin\":\"" DAY "12:00:00.000Z\",\"end\":\"" DAY "12:30:00.000Z\",\"end_by\":\"disconnect\"")
                      FACT("icon-b", "login_session", "2", 1, "\"session\":\"t\",\"begin\":\"" DAY "12:00:00.000Z\",\"end\":null"),
          SYSTEM("any", "09:00:00.000", "11:00:00.000", 1, DAY "09:00:00.000Z", 3600000),
          SYSTEM("any", "12:00:00.000", "14:00:00.000", 1, DAY "12:00:00.000Z", 7200000));
    HOLDS("§2.6, §7.6: a late medium counts for the whole session, one without login waits",
          OBJECT("person/1@", "\"type\":\"person\",\"id\":1,\"agent\":true") LOGIN("s", "09:00:00.000", "10:00:00.000", ",\"person\":1")
              FACT("icon-a", "session_media", "9", 1, "\"session\":\"s\",\"media\":\"chat\",\"begin\":\"" DAY "09:50:00.000Z\",\"end\":null")
                  FACT("icon-a", "session_media", "9", 1, "\"session\":\"w\",\"media\":\"chat\",\"begin\":\"" DAY "09:50:00.000Z\",\"end\":null,\"place\":1"),
          SYSTEM("chat", "09:00:00.000", "11:00:00.000", 1, DAY "09:00:00.000Z", 3600000), SYSTEM("work", "09:00:00.000", "11:00:00.000", 0, NULL, 0));
    HOLDS("§7.19: the newest version, of one version the larger body",
          FACT("icon-a", "login_session", "1", 3, "\"session\":\"s\",\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "09:10:00.000Z\"")
              FACT("icon-a", "login_session", "1", 3, "\"session\":\"s\",\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "09:20:00.000Z\"")
                  FACT("icon-a", "login_session", "1", 2, "\"session\":\"s\",\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "10:00:00.000Z\""),
          SYSTEM("any", "09:00:00.000", "11:00:00.000", 1, DAY "09:00:00.000Z", 1200000));
}

Test(naive, open_sessions_end)
{
    HOLDS("§7.5: superseded at the strictly later begin on the same DN, an empty one too",
          OPEN("a", "09:00:00.000", ",\"dn\":1,\"place\":1") LOGIN("b", "09:00:00.000", "09:00:00.000", ",\"dn\":1,\"place\":1") LOGIN("c", "09:30:00.000", "09:30:00.000", ",\"dn\":1"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 1, DAY "09:00:00.000Z", 1800000));
    HOLDS("§7.5: without DN the same place and person; a session with a DN does not",
          OPEN("a", "09:00:00.000", ",\"place\":1,\"person\":1") LOGIN("b", "09:10:00.000", "09:11:00.000", ",\"place\":1,\"person\":2")
              LOGIN("c", "09:20:00.000", "09:21:00.000", ",\"place\":1,\"person\":1,\"dn\":1") LOGIN("d", "09:30:00.000", "09:30:00.000", ",\"place\":1,\"person\":1"),
          SYSTEM("any", "09:00:00.000", "10:00:00.000", 1, DAY "09:00:00.000Z", 1800000));
    HOLDS("§7.5: capped at begin + 24 h once a watermark has reached it, to the millisecond",
          FACT("icon-a", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"2026-11-22T09:00:00.000Z\",\"end\":null,\"place\":1")
              FACT("icon-a", "login_session", "2", 1, "\"session\":\"t\",\"begin\":\"2026-11-22T09:00:00.001Z\",\"end\":null,\"place\":2")
                  FACT("icon-a", "watermark", "watermark", 1, "\"until\":\"" DAY "09:00:00.000Z\"") FACT("cfg", "watermark", "watermark", 1, "\"until\":\"2026-11-25T00:00:00.000Z\""),
          SYSTEM("any", "08:00:00.000", "10:00:00.000", 2, DAY "08:00:00.000Z", 3 * 3600000));
    HOLDS("§7.5: a true end wins, however long", FACT("icon-a", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"2026-11-20T09:00:00.000Z\",\"end\":\"" DAY "09:00:00.000Z\",\"dn\":1")
          LOGIN("a", "08:00:00.000", "08:00:00.000", ",\"dn\":1") FACT("icon-a", "watermark", "watermark", 1, "\"until\":\"2026-11-25T00:00:00.000Z\""),
          SYSTEM("any", "08:00:00.000", "10:00:00.000", 1, DAY "08:00:00.000Z", 3600000));
}

Test(naive, tenants_and_configuration)
{
    HOLDS("contract §1, §7.1: the tenant as of begin: given, person, place, switch, none; a seat of two tenants is one in the system",
          OBJECT("person/1@", "\"type\":\"person\",\"id\":1,\"tenant\":7,\"deleted\":true")
              OBJECT("person/1@2", "\"type\":\"person\",\"id\":1,\"valid_from\":\"" DAY "09:30:00.000Z\"") OBJECT("place/1@", "\"type\":\"place\",\"id\":1,\"tenant\":8")
                  LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"place\":1,\"person\":1") LOGIN("b", "09:30:00.000", "10:00:00.000", ",\"place\":1,\"person\":1")
                      LOGIN("c", "09:30:00.000", "10:00:00.000", ",\"place\":2"),
          TENANT(7, "any", "09:00:00.000", "10:00:00.000", 1, DAY "09:00:00.000Z", 3600000), TENANT(8, "any", "09:00:00.000", "10:00:00.000", 1, DAY "09:30:00.000Z", 1800000),
          TENANT(0, "any", "09:00:00.000", "10:00:00.000", 1, DAY "09:30:00.000Z", 1800000), SYSTEM("any", "09:00:00.000", "10:00:00.000", 2, DAY "09:30:00.000Z", 5400000));
    HOLDS("§7.1: a switch is its own, else the DN's, else the login's; §7.19: api speaks first",
          OBJECT("switch/1@", "\"type\":\"switch\",\"id\":1,\"switch_type\":\"tdm\"") FACT("api", "object", "switch/1@", 0, "\"type\":\"switch\",\"id\":1,\"switch_type\":\"sip\"")
              OBJECT("dn/5@", "\"type\":\"dn\",\"id\":5,\"switch\":2") OBJECT("login/6@", "\"type\":\"login\",\"id\":6,\"switch\":1")
                  LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"dn\":5,\"login\":6") LOGIN("b", "10:00:00.000", "11:00:00.000", ",\"dn\":4,\"login\":6"),
          SYSTEM("sip", "09:00:00.000", "11:00:00.000", 1, DAY "10:00:00.000Z", 3600000));
    HOLDS("§7.2: an unknown application is a connector's, not a desktop's",
          LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"app\":\"AgentDesktop\"") LOGIN("b", "09:10:00.000", "10:00:00.000", "") LOGIN("c", "09:20:00.000", "10:00:00.000", ",\"app\":\"X\""),
          SYSTEM("connector", "09:00:00.000", "10:00:00.000", 2, DAY "09:20:00.000Z", 90 * 60000), SYSTEM("workspace", "09:00:00.000", "10:00:00.000", 1, DAY "09:00:00.000Z", 3600000));
}

Test(naive, rules_and_campaigns)
{
    HOLDS("§7.12: the site type in force at the instant; without one multi-site; taken back: gone",
          FACT("ent", "entitlement", "f1", 1, "\"lines\":[],\"site_type\":\"single\",\"valid_from\":\"2026-11-23\",\"valid_to\":\"2026-11-23\"")
              FACT("ent", "entitlement", "f2", 1, "\"lines\":[],\"site_type\":\"multi\",\"issued\":\"2026-11-01\"") FACT("api", "entitlement", "f2", 0, "\"deleted\":true")
                  FACT("icon-a", "login_session", "1", 1, "\"session\":\"s\",\"begin\":\"2026-11-22T23:00:00.000Z\",\"end\":\"2026-11-24T01:00:00.000Z\""),
          SYSTEM("single", "00:00:00.000", "23:59:59.999", 1, DAY "00:00:00.000Z", 86399999),
          {SCOPE_SYSTEM, 0, "multi", "2026-11-22T00:00:00.000Z", "2026-11-25T00:00:00.000Z", 1, "2026-11-24T00:00:00.000Z", 2 * 3600000});
    HOLDS("§7.12: the setting with the latest effective, for all time; no list: has it",
          FACT("cfg", "tenant_setting", "1/", 1, "\"tenant\":1,\"items\":[\"info-mart\"]") FACT("cfg", "tenant_setting", "1/2026-12-01", 1, "\"tenant\":1,\"effective\":\"2026-12-01\",\"items\":[]")
              LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"tenant\":1") LOGIN("b", "09:10:00.000", "10:00:00.000", ",\"tenant\":2"),
          SYSTEM("mart", "09:00:00.000", "10:00:00.000", 1, DAY "09:10:00.000Z", 3000000));
    HOLDS("§7.13: loaded while the person is in the group",
          FACT("cfg", "campaign", "1", 1, "\"campaign\":1,\"group\":5,\"loaded_from\":\"" DAY "09:10:00.000Z\",\"loaded_to\":\"" DAY "09:40:00.000Z\"")
              FACT("cfg", "membership", "1", 1, "\"group\":5,\"member_type\":\"person\",\"member\":1,\"from\":null,\"to\":\"" DAY "09:20:00.000Z\"")
                  FACT("cfg", "membership", "2", 1, "\"group\":5,\"member_type\":\"person\",\"member\":1,\"from\":\"" DAY "09:30:00.000Z\",\"to\":null")
                      LOGIN("a", "09:00:00.000", "10:00:00.000", ",\"person\":1"),
          SYSTEM("outbound", "09:00:00.000", "10:00:00.000", 1, DAY "09:30:00.000Z", 20 * 60000));
}

Test(naive, ports_are_calls)
{
    HOLDS("§7.17: the legs of a call are one; without a call each row; the tenant as given",
          FACT("gvp", "port", "a", 1, "\"call\":\"c\",\"uses\":[\"gvp\"],\"tenant\":1,\"begin\":\"" DAY "09:00:00.000Z\",\"end\":\"" DAY "09:20:00.000Z\"")
              FACT("gvp", "port", "b", 1, "\"call\":\"c\",\"uses\":[\"gvp\",\"asr\"],\"begin\":\"" DAY "09:10:00.000Z\",\"end\":\"" DAY "09:30:00.000Z\"")
                  FACT("gvp", "port", "d", 1, "\"call\":\"d\",\"uses\":[\"asr\"],\"begin\":\"" DAY "09:10:00.000Z\",\"end\":\"" DAY "09:30:00.000Z\"")
                      FACT("gvp", "port", "e", 1, "\"uses\":[\"gvp\"],\"begin\":\"" DAY "09:25:00.000Z\",\"end\":null"),
          SYSTEM("gvp", "09:00:00.000", "10:00:00.000", 2, DAY "09:25:00.000Z", 65 * 60000), TENANT(1, "gvp", "09:00:00.000", "10:00:00.000", 1, DAY "09:00:00.000Z", 20 * 60000),
          TENANT(0, "gvp", "09:00:00.000", "10:00:00.000", 2, DAY "09:25:00.000Z", 55 * 60000));
}
