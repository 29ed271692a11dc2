/* Facts as JSON: what is refused and with which sentence; what is read is written canonically. */
#include "base/json.h"
#include "proto/fact_json.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* An envelope around a body of that kind. */
static const char *line_of(struct arena *arena, const char *kind, const char *body)
{
    return arena_printf(arena, "{\"source\":\"s\",\"kind\":\"%s\",\"key\":\"k\",\"version\":1,\"body\":%s}", kind, body);
}

struct refusal {
    const char *kind; /* NULL: text is the whole line */
    const char *text, *says;
};

static void check_refusals(const struct refusal *refusals, size_t count)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < count; i++) {
        struct fact fact;
        const char *why = NULL;
        const char *line = refusals[i].kind ? line_of(arena, refusals[i].kind, refusals[i].text) : refusals[i].text;
        enum err err = fact_json_read(bytes_from_text(line), arena, &fact, &why);
        cr_expect_eq(err, ERR_INPUT, "%s was taken", line);
        cr_expect(why && strstr(why, refusals[i].says), "%s\n  says   %s\n  wanted %s", line, why ? why : "(nothing)", refusals[i].says);
    }
    printf("%zu refusals, each with its sentence\n", count);
    arena_destroy(arena);
}
#define CHECK_REFUSALS(list) check_refusals(list, sizeof list / sizeof *list)

#define MEDIA "\"session\":\"a\",\"media\":\"chat\""
#define BEGIN "\"begin\":\"2026-11-23T09:00:00.000Z\""

Test(fact_json, envelope_is_strict)
{
    static const struct refusal refusals[] = {
        {NULL, "", "no JSON"},
        {NULL, "hello", "no JSON"},
        {NULL, "[]", "a list of 0, expected an object"},
        {NULL, "{\"source\":\"s\"", "no JSON"},
        {NULL, "{} {}", "no JSON"},
        {NULL, "{\"kind\":\"port\",\"key\":\"k\",\"version\":1,\"body\":{}}", "source: missing"},
        {NULL, "{\"source\":\"s\",\"key\":\"k\",\"version\":1,\"body\":{}}", "kind: missing"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"version\":1,\"body\":{}}", "key: missing"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"body\":{}}", "version: missing"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":1}", "body: missing"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":null,\"body\":{}}", "version: null"},
        {NULL, "{\"source\":\"s\",\"kind\":\"seat\",\"key\":\"k\",\"version\":1,\"body\":{}}", "kind: \"seat\", expected one of login_session"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":-1,\"body\":{}}", "version: -1"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":1.5,\"body\":{}}", "version: 1.5 (a decimal number), expected an integer"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":9223372036854775808,\"body\":{}}", "2^63-1"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":4711,\"version\":1,\"body\":{}}", "key: 4711, expected text"},
        {NULL, "{\"source\":\"\",\"kind\":\"port\",\"key\":\"k\",\"version\":1,\"body\":{}}", "source: \"\", expected text of 1 to 64 bytes"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":1,\"body\":[]}", "body: a list of 0, expected an object"},
        {NULL, "{\"source\":\"s\",\"kind\":\"port\",\"key\":\"k\",\"version\":1,\"body\":{},\"x\":1}", "unknown member \"x\""},
        {NULL, "{\"source\":\"s\",\"source\":\"s\"}", "the member \"source\" stands here a second time"},
        {NULL, "{\"source\":\"a\\u0000b\"}", "no JSON"},
        {NULL, "{\"source\":\"\xff\"}", "no JSON"},
    };
    CHECK_REFUSALS(refusals);
}

Test(fact_json, body_is_strict)
{
    static const struct refusal refusals[] = {
        {"session_media", "{" MEDIA "}", "body.begin: missing, expected e.g. 2026-11-23T09:10:11.120Z"},
        {"session_media", "{\"media\":\"chat\"," BEGIN "}", "body.session: missing"},
        {"session_media", "{\"session\":\"a\"," BEGIN "}", "body.media: missing"},
        {"session_media", "{" MEDIA ",\"begin\":null}", "body.begin: missing"},
        {"session_media", "{" MEDIA ",\"begin\":\"yesterday\"}", "body.begin: \"yesterday\" is no time, expected e.g. 2026-11-23T09:10:11.120Z"},
        {"session_media", "{" MEDIA ",\"begin\":1700000000}", "body.begin: 1700000000, expected"},
        {"session_media", "{" MEDIA ",\"begin\":\"2026-11-23T09:00:00\"}", "is no time"},
        {"session_media", "{" MEDIA ",\"begin\":\"2026-11-23T09:00:00+01:00\"}", "is no time"},
        {"session_media", "{" MEDIA ",\"begin\":\"2026-11-23T09:00:00.1234Z\"}", "is no time"},
        {"session_media", "{" MEDIA ",\"begin\":\"2026-02-29T09:00:00Z\"}", "is no time"},
        {"session_media", "{" MEDIA ",\"begin\":\"1969-12-31T23:59:59.999Z\"}", "1970 to 2199"},
        {"session_media", "{" MEDIA ",\"begin\":\"2200-01-01T00:00:00Z\"}", "1970 to 2199"},
        {"session_media", "{" MEDIA "," BEGIN ",\"end\":\"2026-11-23T08:59:59.999Z\"}", "body.end: 2026-11-23T08:59:59.999Z lies before begin"},
        {"session_media", "{" MEDIA "," BEGIN ",\"colour\":1}", "unknown member \"colour\""},
        {"session_media", "{" MEDIA "," BEGIN ",\"dn\":1,\"dn\":2}", "the member \"dn\" stands here a second time"},
        {"session_media", "{" MEDIA "," BEGIN ",\"dn\":-1}", "body.dn: -1, expected an integer of 0 to 2^63-1"},
        {"session_media", "{" MEDIA "," BEGIN ",\"dn\":\"9001\"}", "body.dn: \"9001\", expected an integer"},
        {"session_media", "{" MEDIA "," BEGIN ",\"dn\":1.0}", "body.dn: 1 (a decimal number), expected an integer"},
        {"session_media", "{" MEDIA "," BEGIN ",\"place\":{}}", "body.place: an object, expected an integer"},
        {"session_media", "{\"session\":\"\",\"media\":\"chat\"," BEGIN "}", "body.session: \"\" has 0 bytes, expected text of 1 to 200 bytes"},
        {"login_session", "{\"session\":\"a\"," BEGIN ",\"end_by\":\"power cut\"}", "body.end_by: \"power cut\", expected one of logout, disconnect"},
        {"object", "{\"type\":\"chair\",\"id\":1}", "body.type: \"chair\", expected one of tenant, person, place, dn"},
        {"object", "{\"type\":\"dn\"}", "body.id: missing"},
        {"object", "{\"id\":1}", "body.type: missing"},
        {"object", "{\"type\":\"dn\",\"id\":1,\"enabled\":\"yes\"}", "body.enabled: \"yes\", expected true or false"},
        {"object", "{\"type\":\"dn\",\"id\":1,\"switch_type\":\"unknown\"}", "expected one of tdm, sip, network"},
        {"membership", "{\"group\":1,\"member\":2}", "body.member_type: missing, expected one of person, place"},
        {"membership", "{\"group\":1,\"member\":2,\"member_type\":\"dn\"}", "body.member_type: \"dn\", expected one of person, place"},
        {"membership", "{\"group\":1,\"member\":2,\"member_type\":\"person\",\"from\":\"2026-01-02T00:00:00Z\",\"to\":\"2026-01-01T00:00:00Z\"}", "body.to: "},
        {"campaign", "{\"campaign\":1,\"group\":2}", "body.loaded_from: missing"},
        {"port", "{" BEGIN "}", "body.uses: missing, expected a list of at least one of gvp, asr, tts, parking, recording"},
        {"port", "{" BEGIN ",\"uses\":[]}", "body.uses: a list of 0"},
        {"port", "{" BEGIN ",\"uses\":[\"fax\"]}", "body.uses: a list of 1, expected a list of at least one of gvp"},
        {"coverage", "{\"to\":null}", "body.from: missing"},
        {"watermark", "{}", "body.until: missing"},
        {"watermark", "{\"until\":\"2026-01-02T00:00:00Z\",\"partitions\":0}", "body.partitions: 0, expected an integer of 1 to"},
        {"source", "{}", "body.kind: missing, expected one of icon, config, gvp, entitlement, api"},
    };
    CHECK_REFUSALS(refusals);
}

Test(fact_json, rules_are_strict)
{
    static const struct refusal refusals[] = {
        {"entitlement", "{}", "body.lines: missing, expected a list of objects"},
        {"entitlement", "{\"lines\":[1]}", "body.lines[0]: 1, expected an object"},
        {"entitlement", "{\"lines\":[{},{\"x\":1}]}", "body.lines[1]: unknown member \"x\""},
        {"entitlement", "{\"lines\":[{\"quantity\":-1}]}", "body.lines[0].quantity: -1, expected an integer"},
        {"entitlement", "{\"lines\":[],\"valid_from\":\"2026-13-01\"}", "body.valid_from: \"2026-13-01\" is no date, expected e.g. 2026-11-23"},
        {"entitlement", "{\"lines\":[],\"valid_from\":\"2026-02-02\",\"valid_to\":\"2026-02-01\"}", "body.valid_to: 2026-02-01 lies before valid_from"},
        {"entitlement", "{\"lines\":[],\"deleted\":1}", "body.deleted: 1, expected true or false"},
        {"provisioned", "{\"tenant\":1,\"item\":\"x\"}", "body.effective: missing"},
        {"provisioned", "{\"tenant\":1,\"effective\":\"2026-01-01\"}", "body.item: missing"},
        {"bundle_set", "{}", "body.bundles: missing"},
        {"bundle_set", "{\"bundles\":[{\"include\":[\"a\"]}]}", "body.bundles[0].id: missing"},
        {"bundle_set", "{\"bundles\":[{\"id\":1,\"include\":[2]}]}", "body.bundles[0].include[0]: 2, expected text"},
        {"tenant_setting", "{}", "body.tenant: missing"},
        {"tenant_setting", "{\"tenant\":1,\"zone\":\"../etc/passwd\"}", "expected an IANA zone"},
        {"ruleset", "{\"cap_hours\":0}", "body.cap_hours: 0, expected an integer of 1 to 8760"},
        {"ruleset", "{\"sustained_minutes\":1441}", "expected an integer of 1 to 1440"},
        {"decision", "{\"by\":\"a\",\"reason\":\"b\"}", "body.what: missing"},
        {"decision", "{\"what\":\"close\",\"reason\":\"b\"}", "body.by: missing"},
        {"decision", "{\"what\":\"close\",\"by\":\"b\"}", "body.reason: missing"},
        {"decision", "{\"what\":\"close\",\"by\":\"a\",\"reason\":\"b\",\"book\":\"tenant-1\"}", "body.book: \"tenant-1\", expected \"system\" or a tenant's id"},
        {"decision", "{\"what\":\"close\",\"by\":\"a\",\"reason\":\"b\",\"deleted\":true}", "unknown member \"deleted\""},
        {"decision", "{\"what\":\"adopt\",\"by\":\"a\",\"reason\":\"b\",\"rows_sha256\":\"12\"}", "expected 64 hexadecimal digits"},
    };
    CHECK_REFUSALS(refusals);
}

/* A text of count times c, in arena. */
static const char *run_of(struct arena *arena, char c, size_t count)
{
    char *text = arena_alloc(arena, count + 1);
    memset(text, c, count);
    return text;
}

Test(fact_json, lengths_end_where_they_are_said_to)
{
    static const struct {
        const char *format;
        size_t most;
    } rows[] = {
        {"{\"source\":\"%s\",\"kind\":\"watermark\",\"key\":\"k\",\"version\":0,\"body\":{\"until\":\"2026-01-01T00:00:00Z\"}}", 64},
        {"{\"source\":\"s\",\"kind\":\"watermark\",\"key\":\"%s\",\"version\":0,\"body\":{\"until\":\"2026-01-01T00:00:00Z\"}}", 200},
        {"{\"source\":\"s\",\"kind\":\"login_session\",\"key\":\"k\",\"version\":0,\"body\":{\"session\":\"%s\",\"begin\":\"2026-01-01T00:00:00Z\"}}", 200},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t more = 0; more < 2; more++) {
            struct buffer line = {0};
            const char *mark = strstr(rows[i].format, "%s"), *why = "";
            struct fact fact;
            buffer_append(&line, rows[i].format, (size_t)(mark - rows[i].format));
            buffer_append_text(&line, run_of(arena, 'x', rows[i].most + more));
            buffer_append_text(&line, mark + 2);
            enum err err = fact_json_read(buffer_bytes(&line), arena, &fact, &why);
            cr_expect_eq(err, more ? ERR_INPUT : ERR_OK, "%zu bytes: %s", rows[i].most + more, why);
            cr_expect(strlen(why) < 300, "a message of %zu bytes does not shorten its value", strlen(why));
            buffer_free(&line);
        }
    arena_destroy(arena);
}

Test(fact_json, canonical_text_of_a_fact)
{
    static const struct {
        const char *kind, *body, *canonical;
    } rows[] = {
        {"session_media", "{\"session\":\"a\", \"media\":\"chat\", \"begin\":\"2026-11-23T10:00:00Z\", \"end\":null, \"dn\":null}",
         "{\"begin\":\"2026-11-23T10:00:00.000Z\",\"media\":\"chat\",\"session\":\"a\"}"},
        {"session_media", "{\"end\":\"2026-11-23T10:00:00.5Z\",\"session\":\"\\u00fc\\n\",\"media\":\"a/b\",\"begin\":\"2026-11-23T10:00:00.50Z\"}",
         "{\"begin\":\"2026-11-23T10:00:00.500Z\",\"end\":\"2026-11-23T10:00:00.500Z\",\"media\":\"a/b\",\"session\":\"ü\\n\"}"},
        {"object", "{\"type\":\"person\",\"id\":0,\"enabled\":false,\"agent\":true,\"deleted\":null,\"name\":\"\"}",
         "{\"agent\":true,\"enabled\":false,\"id\":0,\"name\":\"\",\"type\":\"person\"}"},
        {"port", "{\"uses\":[\"tts\",\"gvp\"],\"begin\":\"2026-11-23T10:00:00.123Z\"}",
         "{\"begin\":\"2026-11-23T10:00:00.123Z\",\"uses\":[\"gvp\",\"tts\"]}"},
        {"entitlement", "{\"lines\":[{\"quantity\":null,\"item\":\"b\"},{\"item\":\"a\",\"burst\":0}],\"customer_id\":17}",
         "{\"customer_id\":\"17\",\"lines\":[{\"item\":\"b\"},{\"burst\":0,\"item\":\"a\"}]}"},
        {"entitlement", "{\"deleted\":true}", "{\"deleted\":true}"},
        {"entitlement", "{\"deleted\":false,\"lines\":[]}", "{\"lines\":[]}"},
        {"bundle_set", "{\"bundles\":[{\"id\":10000,\"include\":[\"b\",\"a\"],\"exclude\":[]}]}",
         "{\"bundles\":[{\"exclude\":[],\"id\":10000,\"include\":[\"b\",\"a\"]}]}"},
        {"tenant_setting", "{\"tenant\":1,\"items\":[]}", "{\"items\":[],\"tenant\":1}"},
        {"decision", "{\"what\":\"close\",\"by\":\"a\",\"reason\":\"b\",\"book\":101,\"day\":\"2026-11-23\"}",
         "{\"book\":\"101\",\"by\":\"a\",\"day\":\"2026-11-23\",\"reason\":\"b\",\"what\":\"close\"}"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fact fact;
        const char *why = "";
        struct buffer body = {0};
        cr_assert_eq(fact_json_read(bytes_from_text(line_of(arena, rows[i].kind, rows[i].body)), arena, &fact, &why), ERR_OK, "%s: %s", rows[i].body, why);
        fact_json_write_body(&fact, &body);
        cr_expect_str_eq(buffer_text(&body), rows[i].canonical);
        buffer_free(&body);
    }
    arena_destroy(arena);
}
