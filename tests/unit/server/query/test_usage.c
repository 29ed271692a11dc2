/* Usage and now, from facts that a reader can count by hand; pages, coverage, silence, what is refused. */
#include "server/api/body.h"
#include "tests/support/told_store.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct told_store told;

static void begin(void) { told_store_open(&told); }
static void end(void) { told_store_close(&told); }

TestSuite(usage, .init = begin, .fini = end);

static void tell(const char *line) { told_line(&told, line); }
static void flush(const char *wall) { told_look(&told, wall); }

static void session(const char *id, int tenant, int place, const char *begin, const char *end)
{
    char line[512];
    snprintf(line, sizeof line,
             "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"%s\",\"version\":1,\"body\":{\"session\":\"%s\",\"tenant\":%d,"
             "\"place\":%d,\"dn\":%d,\"begin\":\"2026-11-23T%sZ\",\"end\":%s%s%s}}",
             id, id, tenant, place, place + 1000, begin, end ? "\"2026-11-23T" : "null", end ? end : "", end ? "Z\"" : "");
    tell(line);
}

static struct usage_request request_of(enum scope_kind scope, int64_t id, const char *from, const char *to, enum granularity granularity)
{
    struct usage_request request = {.scope = scope, .id = id, .item = BYTES_LITERAL("inbound-voice"), .granularity = granularity,
                                    .profiles = 1u << PROFILE_EXACT};
    cr_assert(instant_parse(bytes_from_text(from), &request.from) && instant_parse(bytes_from_text(to), &request.to));
    return request;
}

struct taken {
    struct usage_row rows[64];
    size_t count;
};

static enum err take(void *owner, const struct usage_row *row)
{
    struct taken *taken = owner;
    cr_assert_lt(taken->count, 64);
    taken->rows[taken->count++] = *row;
    return ERR_OK;
}

static void ask(struct usage_request request, struct taken *taken)
{
    const char *why = "";
    *taken = (struct taken){0};
    cr_assert_eq(query_usage(told.query, &request, told.arena, take, taken, &why), ERR_OK, "%s", why);
}

static void expect_row(const struct usage_row *row, int64_t peak, const char *peak_at, int64_t seat_ms)
{
    char at[INSTANT_TEXT_SIZE] = "null", start[INSTANT_TEXT_SIZE];
    if (row->peak_at != INSTANT_NONE)
        instant_format(row->peak_at, at);
    instant_format(row->start, start);
    cr_expect_eq(row->peak, peak, "%s: peak %lld, expected %lld", start, (long long)row->peak, (long long)peak);
    cr_expect_str_eq(at, peak_at, "%s: at %s, expected %s", start, at, peak_at);
    cr_expect_eq(row->seat_ms, seat_ms, "%s: %lld seat ms, expected %lld", start, (long long)row->seat_ms, (long long)seat_ms);
}

/* 09:00 ─1── 09:05:30 ─2── 09:15 ─1── 10:00; one ends where another begins: 11:00 */
Test(usage, peaks_times_and_integrals)
{
    struct taken taken;
    session("a", 101, 1, "09:00:00.000", "10:00:00.000");
    session("b", 101, 2, "09:05:30.000", "09:15:00.000");
    session("c", 102, 3, "10:30:00.000", "11:00:00.000");
    session("d", 102, 4, "11:00:00.000", "11:20:00.000");
    flush("2026-11-24T12:00:00.000Z");

    ask(request_of(SCOPE_SYSTEM, ID_NONE, "2026-11-23T08:55:00.000Z", "2026-11-23T09:31:00.000Z", GRANULARITY_10M), &taken);
    cr_assert_eq(taken.count, 5); /* every whole period that overlaps: 08:50 … 09:40 */
    expect_row(&taken.rows[0], 0, "null", 0);
    expect_row(&taken.rows[1], 2, "2026-11-23T09:05:30.000Z", 10 * MINUTE_MS + 270 * SECOND_MS);
    expect_row(&taken.rows[2], 2, "2026-11-23T09:10:00.000Z", 15 * MINUTE_MS); /* it merely goes on: the period's start */
    expect_row(&taken.rows[3], 1, "2026-11-23T09:20:00.000Z", 10 * MINUTE_MS);

    ask(request_of(SCOPE_SYSTEM, ID_NONE, "2026-11-23T09:00:00.000Z", "2026-11-23T12:00:00.000Z", GRANULARITY_HOUR), &taken);
    cr_assert_eq(taken.count, 3);
    expect_row(&taken.rows[0], 2, "2026-11-23T09:05:30.000Z", HOUR_MS + 570 * SECOND_MS);
    expect_row(&taken.rows[1], 1, "2026-11-23T10:30:00.000Z", 30 * MINUTE_MS);
    expect_row(&taken.rows[2], 1, "2026-11-23T11:00:00.000Z", 20 * MINUTE_MS); /* freed and taken at once: one seat */

    ask(request_of(SCOPE_TENANT, ID_NONE, "2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z", GRANULARITY_DAY), &taken);
    cr_assert_eq(taken.count, 2);
    cr_expect(taken.rows[0].id == 101 && taken.rows[1].id == 102);
    expect_row(&taken.rows[0], 2, "2026-11-23T09:05:30.000Z", HOUR_MS + 570 * SECOND_MS);
    expect_row(&taken.rows[1], 1, "2026-11-23T10:30:00.000Z", 50 * MINUTE_MS); /* at 11:00 nothing rose: net of the millisecond */
    cr_expect_eq(taken.rows[0].status, STATUS_OPEN);
    cr_expect_eq(taken.rows[0].coverage_ppm, -1);
}

/* A seat that is still taken counts up to the clock of the flush, and stands in what comes after it. */
Test(usage, open_sessions_end_at_the_clock)
{
    struct taken taken;
    session("a", 101, 1, "09:00:00.000", NULL);
    flush("2026-11-23T09:07:00.000Z");
    ask(request_of(SCOPE_SYSTEM, ID_NONE, "2026-11-23T09:00:00.000Z", "2026-11-23T09:20:00.000Z", GRANULARITY_10M), &taken);
    cr_assert_eq(taken.count, 2);
    expect_row(&taken.rows[0], 1, "2026-11-23T09:00:00.000Z", 7 * MINUTE_MS);
    expect_row(&taken.rows[1], 1, "2026-11-23T09:10:00.000Z", 0);
}

Test(usage, coverage_is_what_every_group_saw)
{
    struct taken taken;
    session("a", 101, 1, "09:00:00.000", "10:00:00.000");
    tell("{\"source\":\"icon-a\",\"kind\":\"coverage\",\"key\":\"1\",\"version\":1,\"body\":{\"group\":\"pair\",\"from\":\"2026-11-23T08:00:00.000Z\",\"to\":\"2026-11-23T09:15:00.000Z\"}}");
    tell("{\"source\":\"icon-b\",\"kind\":\"coverage\",\"key\":\"1\",\"version\":1,\"body\":{\"group\":\"pair\",\"from\":\"2026-11-23T09:30:00.000Z\",\"to\":null}}");
    tell("{\"source\":\"icon-b\",\"kind\":\"watermark\",\"key\":\"watermark\",\"version\":1,\"body\":{\"until\":\"2026-11-23T09:45:00.000Z\"}}");
    flush("2026-11-23T12:00:00.000Z");
    ask(request_of(SCOPE_SYSTEM, ID_NONE, "2026-11-23T08:00:00.000Z", "2026-11-23T11:00:00.000Z", GRANULARITY_HOUR), &taken);
    cr_assert_eq(taken.count, 3);
    cr_expect_eq(taken.rows[0].coverage_ppm, 1000000);
    cr_expect_eq(taken.rows[1].coverage_ppm, 500000); /* a quarter from each of the pair; the open span reaches to its watermark */
    cr_expect_eq(taken.rows[2].coverage_ppm, 0);
}

Test(usage, refused_with_a_sentence)
{
    struct usage_request good = request_of(SCOPE_TENANT, ID_NONE, "2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z", GRANULARITY_DAY);
    struct taken taken = {0};
    const char *why;
    session("a", 101, 1, "09:00:00.000", "10:00:00.000");
    flush("2026-11-24T12:00:00.000Z");
    struct {
        struct usage_request request;
        enum err err;
        const char *said;
    } wrong[8];
    for (int i = 0; i < 8; i++)
        wrong[i].request = good, wrong[i].err = ERR_INPUT;
    wrong[0].request.item = BYTES_LITERAL("no-such"), wrong[0].said = "not in the catalog";
    wrong[1].request.to = good.from, wrong[1].said = "from must lie before to";
    wrong[2].request.zone = BYTES_LITERAL("Europe/Wien"), wrong[2].said = "no IANA time zone";
    wrong[3].request.granularity = GRANULARITY_COUNT, wrong[3].said = "10m, hour, day, week or month";
    wrong[4].request.profiles = 0, wrong[4].said = "exact, lrm";
    wrong[5].request.scope = SCOPE_AGENT_GROUP, wrong[5].request.id = 7, wrong[5].err = ERR_NOT_FOUND, wrong[5].said = "no agent-group 7";
    wrong[6].request.granularity = GRANULARITY_10M, wrong[6].request.to = good.from + 90LL * DAY_MS, wrong[6].said = "90 days of 10m rows is too wide (limit 31 days)";
    wrong[7].request.id = 7, wrong[7].err = ERR_NOT_FOUND, wrong[7].said = "no tenant 7";
    for (int i = 0; i < 8; i++) {
        why = "";
        cr_expect_eq(query_usage(told.query, &wrong[i].request, told.arena, take, &taken, &why), wrong[i].err, "case %d", i);
        cr_expect(strstr(why, wrong[i].said), "case %d says \"%s\"", i, why);
    }
}

/* Pages of any size, put together, are the whole; a cursor of nobody is refused. */
Test(usage, pages_make_the_whole)
{
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%d", i);
        session(id, 101 + i, 1 + i, "09:00:00.000", "10:00:00.000");
    }
    flush("2026-11-24T12:00:00.000Z");
    for (size_t limit = 1; limit <= 40; limit += 13) {
        struct usage_request request = request_of(SCOPE_TENANT, ID_NONE, "2026-11-23T09:00:00.000Z", "2026-11-23T12:00:00.000Z", GRANULARITY_HOUR);
        struct body_page page = {.limit = SIZE_MAX};
        struct buffer whole = {0}, pieces = {0};
        const char *why = "";
        request.item = BYTES_NONE;
        cr_assert_eq(body_usage(told.query, &request, BODY_CSV, &page, told.arena, &whole, &why), ERR_OK, "%s", why);
        page = (struct body_page){.limit = limit};
        int pages = 0;
        do {
            struct buffer piece = {0};
            page.cursor = page.next;
            request.after = false;
            cr_assert_eq(body_usage(told.query, &request, BODY_CSV, &page, told.arena, &piece, &why), ERR_OK, "%s", why);
            const uint8_t *head = memchr(piece.data, '\n', piece.len);
            size_t skip = pages++ ? (size_t)(head - piece.data) + 1 : 0;
            buffer_append(&pieces, piece.data + skip, piece.len - skip);
            buffer_free(&piece);
        } while (bytes_present(page.next));
        printf("limit %zu: %d pages of 375 rows\n", limit, pages);
        cr_expect_eq((size_t)pages, (375 + limit - 1) / limit);
        cr_expect(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)), "limit %zu", limit);
        buffer_free(&whole);
        buffer_free(&pieces);
        page = (struct body_page){.limit = limit, .cursor = BYTES_LITERAL("00ff")};
        cr_expect_eq(body_usage(told.query, &request, BODY_CSV, &page, told.arena, &pieces, &why), ERR_INPUT);
        buffer_free(&pieces);
    }
}

static const struct now_row *row_of(const struct now_answer *answer, const char *code)
{
    for (size_t i = 0; i < answer->row_count; i++)
        if (bytes_equal_text(answer->rows[i].item.code, code))
            return &answer->rows[i];
    cr_assert_fail("no row %s", code);
    return NULL;
}

Test(usage, now_has_levels_peaks_and_the_largest_tenants)
{
    struct now_answer answer;
    session("a", 101, 1, "09:00:00.000", NULL);
    session("b", 102, 2, "09:10:00.000", NULL);
    session("c", 102, 3, "09:20:00.000", NULL);
    session("d", 103, 4, "09:30:00.000", "09:40:00.000");
    tell("{\"source\":\"config\",\"kind\":\"object\",\"key\":\"tenant/102@\",\"version\":1,\"body\":{\"type\":\"tenant\",\"id\":102,\"name\":\"Borealis\"}}");
    tell("{\"source\":\"icon-a\",\"kind\":\"watermark\",\"key\":\"watermark\",\"version\":1,\"body\":{\"until\":\"2026-11-23T09:49:00.000Z\"}}");
    flush("2026-11-23T09:50:00.000Z");
    cr_assert_eq(query_now(told.query, (struct scope){SCOPE_SYSTEM, 0}, query_clock(told.query), 5 * MINUTE_MS, told.arena, &answer), ERR_OK);
    const struct now_row *row = row_of(&answer, "inbound-voice");
    cr_expect_eq(row->level, 3);
    cr_expect_eq(row->peak, 4);
    cr_expect_str_eq(row->state, "no-quantity");
    cr_assert_eq(row->top_count, 2); /* 103 has none now */
    cr_expect(row->top[0].tenant == 102 && row->top[0].level == 2 && bytes_equal_text(row->top[0].name, "Borealis"));
    cr_expect(row->top[1].tenant == 101 && row->top[1].level == 1 && !bytes_present(row->top[1].name));
    cr_expect_eq(row_of(&answer, "sip-voicemail")->level, -1); /* counted as enabled only */
    cr_expect_eq(row_of(&answer, "gvp-ports")->level, 0);

    /* Ten minutes later nothing more was heard: unknown, with what was known last; ports rest on others. */
    cr_assert_eq(query_now(told.query, (struct scope){SCOPE_SYSTEM, 0}, query_clock(told.query) + 10 * MINUTE_MS, 5 * MINUTE_MS, told.arena, &answer), ERR_OK);
    row = row_of(&answer, "inbound-voice");
    cr_expect_str_eq(row->state, "unknown");
    cr_expect_eq(row->level, -1);
    cr_expect_eq(row->last_seen, 3);
    cr_expect_eq(row->seen_until, query_clock(told.query) - MINUTE_MS);
    cr_expect_str_eq(row_of(&answer, "gvp-ports")->state, "no-quantity");
    cr_expect_eq(query_now(told.query, (struct scope){SCOPE_TENANT, 999}, 0, 0, told.arena, &answer), ERR_NOT_FOUND);
}
