/* Answers in the documented shapes, whatever the pieces they come in; and what is none. */
#include "adapters/gvp/answer.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct arena *arena;
static const struct gvp_map *map;

static struct gvp_reading *begin(enum gvp_leg leg)
{
    const char *why;
    if (!arena)
        arena = arena_create();
    cr_assert_eq(gvp_map_read(BYTES_NONE, arena, &map, &why), ERR_OK);
    return gvp_reading_create(&(struct gvp_context){map, BYTES_LITERAL("gvp-a"), leg, true}, arena);
}

static const struct gvp_answer *read_answer(struct gvp_reading *reading, const char *text, size_t step)
{
    bool good = true;
    for (size_t i = 0, len = strlen(text); good && i < len; i += step)
        good = gvp_reading_feed(reading, bytes_of(text + i, len - i < step ? len - i : step));
    return good && gvp_reading_end(reading) ? gvp_reading_answer(reading) : NULL;
}

static const char sample[] =
    "<?xml version='1.0'?>\n<cdr-details>\n"
    "  <manifest><request-uri>/ems-rs/HIST/CDRs/MCP/details?page=9</request-uri>\n"
    "    <request-params><param name=\"ended-from\" value=\"2026-11-23T08:00:00Z\"/><param name=\"page\" value=\"9\"/></request-params>\n"
    "    <normalized-params><param name=\"ended-to\" value=\"2026-11-23T09:00:00.000Z\"/><param name=\"ended-from\" value=\"2026-11-23T07:59:00Z\"/></normalized-params>\n"
    "    <pages page=\"2\" total-pages=\"3\" total-records=\"2001\" page-size=\"1000\"/>\n"
    "    <meta timezone_offset=\"0\" dst_offset=\"0\" version=\"8.1.6\" generation_time=\"2026-11-23T10:01:00.000Z\"/></manifest>\n"
    "  <cdr comp-id=\"105\" session-id=\"01A2-4F\" gvp-guid=\"9B\" tenant-id=\"101\" app-id=\"2201\" service=\"voicexml\"\n"
    "       start-time=\"2026-11-23T09:10:11.120Z\" end-time=\"2026-11-23T09:12:00.004Z\" asr=\"true\" tts=\"false\" recording=\"false\"/>\n"
    "</cdr-details>\n";

Test(gvp_answer, the_documented_shape)
{
    for (size_t step = 1; step < sizeof sample; step += 7) {
        struct gvp_reading *reading = begin(GVP_MCP);
        const struct gvp_answer *answer = read_answer(reading, sample, step);
        cr_assert(answer, "%s", gvp_reading_why(reading));
        instant at;
        cr_expect(answer->page == 2 && answer->page_count == 3 && answer->record_count == 2001 && answer->record_total == 1 && answer->row_count == 1);
        cr_expect(instant_parse(BYTES_LITERAL("2026-11-23T10:01:00Z"), &at) && answer->generated == at);
        cr_expect(instant_parse(BYTES_LITERAL("2026-11-23T07:59:00Z"), &at) && answer->ended_from == at, "as it was normalised");
        cr_expect(instant_parse(BYTES_LITERAL("2026-11-23T09:00:00Z"), &at) && answer->ended_to == at);
        const struct fact *fact = &answer->rows[0].fact;
        cr_expect(!answer->rows[0].why && fact->kind == FACT_PORT && bytes_equal_text(fact->key, "105/01A2-4F") && bytes_equal_text(fact->port.call, "9B"));
        cr_expect(fact->port.tenant == 101 && bytes_equal_text(fact->port.app, "2201") && fact->port.uses == (PORT_GVP | PORT_ASR));
        gvp_reading_destroy(reading);
    }
}

/* As the vendor's page on the manifest has it: generation_time is a duration, meta a list, and one page needs no word. */
Test(gvp_answer, the_other_documented_shape)
{
    static const char text[] = "<report><manifest><meta><meta name='generation_time' value='0.25'/><meta name='version' value='8.1.6'/></meta></manifest>"
                               "<cdrs><cdr><comp-id>105</comp-id><session-id>A</session-id><gvp-guid>G</gvp-guid><start-time>2026-11-23T09:10:11Z</start-time></cdr></cdrs></report>";
    struct gvp_reading *reading = begin(GVP_RM);
    const struct gvp_answer *answer = read_answer(reading, text, 1000);
    cr_assert(answer, "%s", gvp_reading_why(reading));
    cr_expect(answer->page == GVP_COUNT_NONE && answer->page_count == GVP_COUNT_NONE && answer->generated == INSTANT_NONE && answer->ended_to == INSTANT_NONE);
    cr_assert(answer->row_count == 1 && !answer->rows[0].why);
    cr_expect(answer->rows[0].fact.port.end == INSTANT_NEVER && bytes_equal_text(answer->rows[0].fact.key, "105/A"));
    gvp_reading_destroy(reading);
}

Test(gvp_answer, what_is_none_is_told)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"", "no element found"},
        {"<html><body>Please log in</body></html>", "no <manifest> in it"},
        {"<html><body>Please<br>log in</body></html>", "mismatched tag"},
        {"{\"a\":1}", "not well-formed"},
        {"<a><manifest/><manifest/></a>", "a second manifest"},
        {"<a><manifest><pages total-pages='many'/></manifest></a>", "is none"},
        {"<a><manifest><pages total-records='-1'/></manifest></a>", "is none"},
        {"<!DOCTYPE a><a><manifest/></a>", "document type"},
        {"<a><manifest/><cdr", "unclosed token"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct gvp_reading *reading = begin(GVP_MCP);
        cr_expect(!read_answer(reading, wrong[i].text, 5), "%s was taken", wrong[i].text);
        cr_expect(strstr(gvp_reading_why(reading), wrong[i].why), "%s: %s", wrong[i].text, gvp_reading_why(reading));
        gvp_reading_destroy(reading);
    }
    printf("%zu that are no answers\n", sizeof wrong / sizeof *wrong);
}

Test(gvp_answer, more_records_than_are_read_at_once_end_it)
{
    struct gvp_reading *reading = begin(GVP_MCP);
    cr_expect(gvp_reading_feed(reading, BYTES_LITERAL("<a><manifest/>")));
    int fed = 0;
    while (fed < 2 * GVP_ROWS_MAX && gvp_reading_feed(reading, BYTES_LITERAL("<cdr/>")))
        fed++;
    cr_expect_eq(fed, GVP_ROWS_MAX);
    cr_expect(strstr(gvp_reading_why(reading), "page_size is not heeded"));
    gvp_reading_destroy(reading);
}
