/* A usage row as JSON and CSV. */
#include "proto/usage.h"

#include <criterion/criterion.h>

static struct usage_row row(void)
{
    struct usage_row row = {.scope = SCOPE_TENANT, .id = 101, .name = BYTES_LITERAL("Acme"), .item = BYTES_LITERAL("inbound-voice"),
                            .granularity = GRANULARITY_DAY, .zone = BYTES_LITERAL("Europe/Vienna"), .peak = 17, .enabled = 40, .named = 33,
                            .seat_ms = 245871500, .entitled = 20, .burst = 2, .coverage_ppm = 999500};
    cr_assert(instant_parse(BYTES_LITERAL("2026-11-22T23:00:00Z"), &row.start) && instant_parse(BYTES_LITERAL("2026-11-23T23:00:00Z"), &row.end) &&
              instant_parse(BYTES_LITERAL("2026-11-23T10:41:07.25Z"), &row.peak_at));
    row.enabled_at = row.start;
    return row;
}

Test(usage, json_has_the_members_of_the_contract)
{
    struct usage_row full = row();
    struct buffer out = {0};
    struct json_writer writer = {.out = &out};
    usage_write_json(&full, &writer);
    cr_expect_str_eq(buffer_text(&out),
                     "{\"scope\":\"tenant\",\"id\":101,\"name\":\"Acme\",\"item\":\"inbound-voice\",\"profile\":\"exact\",\"granularity\":\"day\",\"zone\":\"Europe/Vienna\","
                     "\"start\":\"2026-11-22T23:00:00.000Z\",\"end\":\"2026-11-23T23:00:00.000Z\",\"peak\":17,\"peak_at\":\"2026-11-23T10:41:07.250Z\","
                     "\"enabled\":40,\"enabled_at\":\"2026-11-22T23:00:00.000Z\",\"named\":33,\"seat_seconds\":245871.5,"
                     "\"entitled\":20,\"burst\":2,\"over\":0,\"over_burst\":0,\"coverage\":0.9995,\"status\":\"open\",\"revision\":0}");
    buffer_free(&out);
}

Test(usage, unknown_is_null_and_empty)
{
    struct usage_row blank = {.scope = SCOPE_SYSTEM, .item = BYTES_LITERAL("a,\"b\""), .zone = BYTES_LITERAL("UTC"), .start = 0, .end = DAY_MS,
                              .peak = -1, .peak_at = INSTANT_NONE, .enabled = -1, .enabled_at = INSTANT_NONE, .named = -1, .seat_ms = -1,
                              .entitled = -1, .burst = -1, .over = -1, .over_burst = -1, .coverage_ppm = -1, .status = STATUS_FINAL};
    struct buffer out = {0};
    struct json_writer writer = {.out = &out};
    usage_write_json(&blank, &writer);
    cr_expect(strstr(buffer_text(&out), "\"name\":null,"));
    cr_expect(strstr(buffer_text(&out), "\"peak\":null,\"peak_at\":null,\"enabled\":null,\"enabled_at\":null,\"named\":null,\"seat_seconds\":null,"
                                        "\"entitled\":null,\"burst\":null,\"over\":null,\"over_burst\":null,\"coverage\":null,\"status\":\"final\""));
    buffer_clear(&out);
    usage_write_csv_head(&out);
    cr_expect_str_eq(buffer_text(&out), "scope,id,name,item,profile,granularity,zone,start,end,peak,peak_at,enabled,enabled_at,named,seat_seconds,"
                                        "entitled,burst,over,over_burst,coverage,status,revision\r\n");
    buffer_clear(&out);
    usage_write_csv(&blank, &out);
    cr_expect_str_eq(buffer_text(&out), "system,0,,\"a,\"\"b\"\"\",exact,10m,UTC,1970-01-01T00:00:00.000Z,1970-01-02T00:00:00.000Z,,,,,,,,,,,,final,0\r\n");
    buffer_free(&out);
}

Test(usage, names_lead_there_and_back)
{
    for (int i = 0; i < SCOPE_KIND_COUNT; i++)
        cr_expect_eq(scope_kind_from_name(bytes_from_text(scope_kind_name((enum scope_kind)i))), (enum scope_kind)i);
    for (int i = 0; i < PROFILE_COUNT; i++)
        cr_expect_eq(profile_from_name(bytes_from_text(profile_name((enum profile)i))), (enum profile)i);
    for (int i = 0; i < GRANULARITY_COUNT; i++)
        cr_expect_eq(granularity_from_name(bytes_from_text(granularity_name((enum granularity)i))), (enum granularity)i);
    cr_expect_eq(granularity_from_name(bytes_from_text("10minute")), GRANULARITY_COUNT);
}
