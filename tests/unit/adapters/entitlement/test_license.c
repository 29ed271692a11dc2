/* The licence file: its grammar, what adds up, and the spans of time that follow from its dates. */
#include "tests/unit/adapters/entitlement/read.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define MAP "features: {a: inbound-voice, b: [email, social], none: ~}"

static struct arena *arena;

static void begin(void)
{
    arena = arena_create();
}

static void end(void)
{
    arena_destroy(arena);
}

TestSuite(license, .init = begin, .fini = end);

/* "ever..2026-12-31 inbound-voice=500 email=*; " */
static const char *spans(const char *text, bool first)
{
    struct reading reading = read_content(bytes_from_text(text), MAP, first, arena);
    const char *shown = remarks_shown(&reading, true, arena);
    char date[DATE_TEXT_SIZE];
    for (size_t i = 0; i < reading.fact_count; i++) {
        const struct entitlement *entitlement = &reading.facts[i].entitlement;
        shown = arena_printf(arena, "%s%s..", shown, entitlement->valid_from == DATE_NONE ? "ever" : date_format(entitlement->valid_from, date));
        shown = arena_printf(arena, "%s%s", shown, entitlement->valid_to == DATE_NONE ? "" : date_format(entitlement->valid_to, date));
        for (size_t j = 0; j < entitlement->line_count; j++) {
            const struct entitlement_line *line = &entitlement->lines[j];
            const char *quantity = line->quantity == QUANTITY_UNLIMITED ? "*" : arena_printf(arena, "%lld", (long long)line->quantity);
            shown = arena_printf(arena, "%s %s=%s", shown, arena_text(arena, line->item), quantity);
            cr_expect(line->license == LICENSE_CONCURRENT);
        }
        shown = arena_printf(arena, "%s; ", shown);
    }
    return shown;
}

Test(license, quantities_and_spans)
{
    static const struct {
        const char *text, *first, *later;
    } rows[] = {
        {"FEATURE a v 1 permanent 5", "ever.. inbound-voice=5; ", "2026-11-24.. inbound-voice=5; "},
        {"FEATURE a v 1 permanent 5\nFEATURE a v 2 permanent 7\n", "ever.. inbound-voice=5; ", NULL},
        {"INCREMENT a v 1 permanent 5\nINCREMENT a v 2 permanent 7\n", "ever.. inbound-voice=12; ", NULL},
        {"FEATURE a v 1 permanent 5\nINCREMENT a v 2 permanent 7\nFEATURE a v 1 permanent 100\n", "ever.. inbound-voice=12; ", NULL},
        {"INCREMENT a v 1 permanent 5\nINCREMENT a v 2 permanent uncounted\n", "ever.. inbound-voice=*; ", NULL},
        {"FEATURE a v 1 1-jan-0 0 KEY123\n", "ever.. inbound-voice=*; ", NULL},
        {"FEATURE b v 1 permanent 3\nFEATURE none v 1 permanent 9\nFEATURE other v 1 permanent 9\n", "ever.. email=3 social=3; ", NULL},
        {"FEATURE a v 1 31-DEC-2026 5\n", "ever..2026-12-31 inbound-voice=5; 2027-01-01.. inbound-voice=0; ", "2026-11-24..2026-12-31 inbound-voice=5; 2027-01-01.. inbound-voice=0; "},
        {"FEATURE a v 1 1-jan-2020 5\n", "ever..2020-01-01 inbound-voice=5; 2020-01-02.. inbound-voice=0; ", "2026-11-24.. inbound-voice=0; "},
        {"FEATURE a v 1 24-nov-2026 5\n", NULL, "2026-11-24..2026-11-24 inbound-voice=5; 2026-11-25.. inbound-voice=0; "},
        {"FEATURE a v 1 23-nov-2026 5\n", NULL, "2026-11-24.. inbound-voice=0; "},
        {"INCREMENT a v 1 31-dec-2026 5 START=1-dec-2026\nINCREMENT a v 1 permanent 2\n",
         "ever..2026-11-30 inbound-voice=2; 2026-12-01..2026-12-31 inbound-voice=7; 2027-01-01.. inbound-voice=2; ", NULL},
        {"INCREMENT a v 1 31-dec-2026 uncounted\nINCREMENT a v 1 15-jan-2027 2\n",
         "ever..2026-12-31 inbound-voice=*; 2027-01-01..2027-01-15 inbound-voice=2; 2027-01-16.. inbound-voice=0; ", NULL},
        {"FEATURE a v 1 31-dec-9999 5\n", "ever.. inbound-voice=5; ", NULL},
        {"FEATURE a v 1 31-dec-2199 5\n", "ever.. inbound-voice=5; ", NULL},
        /* grammar */
        {"# FEATURE a v 1 permanent 9\n\n   # more\nserver h any 1\r\nDaemon v /opt/v\r\nuse_server\nfeature a v 1 Permanent 5\r\n", "ever.. inbound-voice=5; ", NULL},
        {"\xef\xbb\xbfSERVER h any\nFEATURE \\\n a v \\  \n\t1 permanent\\\r\n 5 SIGN=\"00 \\\n 11\"\n", "ever.. inbound-voice=5; ", NULL},
        {"PACKAGE p v 1 COMPONENTS=\"a b\"\nUPGRADE a v 1 2 permanent 5\nFEATURE a v 1 permanent 5 \\\n# VENDOR_STRING=x", "ever.. inbound-voice=5; ", NULL},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].first)
            cr_expect_str_eq(spans(rows[i].text, true), rows[i].first, "%s\n  is     %s\n  wanted %s", rows[i].text, spans(rows[i].text, true), rows[i].first);
        if (rows[i].later)
            cr_expect_str_eq(spans(rows[i].text, false), rows[i].later, "%s\n  is     %s\n  wanted %s", rows[i].text, spans(rows[i].text, false), rows[i].later);
        checked += (rows[i].first != NULL) + (rows[i].later != NULL);
    }
    printf("%zu licence files\n", checked);
}

Test(license, the_receipt_tells_every_line)
{
    struct reading reading = read_example("license.dat", "features: {ex_inbound_seat: [inbound-voice, cim-ms], ex_voice_ports: gvp-ports, ex_technical: ~}", arena);
    cr_expect_str_eq(remarks_shown(&reading, false, arena),
                     "4: FEATURE \"ex_inbound_seat\": 400, permanent: inbound-voice, cim-ms\n"
                     "5: INCREMENT \"ex_inbound_seat\": 100 until 2026-12-31: inbound-voice, cim-ms\n"
                     "8: INCREMENT \"ex_voice_ports\": uncounted, permanent: gvp-ports\n"
                     "9: FEATURE \"ex_technical\": 1, permanent: not counted, says the map\n"
                     "10: UNMAPPED FEATURE \"ex_unknown\": 25, permanent: not counted until the map (features:) has the name\n");
    cr_expect(reading.fact_count == 2 && reading.unmapped == 1 && bytes_equal_text(reading.subject, "license"));
    cr_expect(bytes_equal_text(reading.facts[1].key, "license/2026-11-24T09:00:00.123456Z/2027-01-01"));
    reading = read_text("FEATURE a v 1 1-nov-2026 5\nFEATURE a v 1 permanent 6\n", MAP, arena);
    cr_expect_str_eq(remarks_shown(&reading, false, arena), "1: FEATURE \"a\": 5 until 2026-11-01: inbound-voice, expired: counts 0 now\n"
                                                            "2: FEATURE \"a\": 6, permanent: not counted, the FEATURE of line 1 counts\n");
}

Test(license, faults)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"SERVER h any\n", "0: no FEATURE and no INCREMENT"},
        {"SERVER h any\nFEATURE x v 1 permanent 5\n", "0: no feature is mapped to an item"},
        {"FEATURE none v 1 permanent 5\n", "0: no feature is mapped to an item"},
        {"SERVER h\nFEATURE a v 1 permanent 5\n", "1: 2 words, expected SERVER host hostid [port]"},
        {"VENDOR\nFEATURE a v 1 permanent 5\n", "1: 1 words, expected VENDOR name [path]"},
        {"FEATURE a v 1 permanent 5\nFEATRUE a v 1 permanent 5\n", "2: \"FEATRUE\", expected SERVER, VENDOR"},
        {"FEATURE a v 1 permanent\n", "1: 5 words, expected FEATURE name vendor version expiry count"},
        {"FEATURE a v 1 forever 5\n", "1: expiry: \"forever\", expected permanent or a date as 31-dec-2027"},
        {"FEATURE a v 1 30-feb-2027 5\n", "1: expiry: \"30-feb-2027\""},
        {"FEATURE a v 1 31-dez-2027 5\n", "1: expiry: \"31-dez-2027\""},
        {"FEATURE a v 1 31-dec-27 5\n", "1: expiry: \"31-dec-27\""},
        {"FEATURE a v 1 2027-12-31 5\n", "1: expiry: \"2027-12-31\""},
        {"FEATURE a v 1 permanent many\n", "1: count: \"many\", expected a whole number"},
        {"FEATURE a v 1 permanent 99999999999\n", "1: count: \"99999999999\""},
        {"FEATURE a v 1 permanent -5\n", "1: count: \"-5\""},
        {"\nFEATURE a v \\\n1 permanent 5 START=soon\n", "2: START: \"soon\""},
        {"FEATURE a v 1 permanent 5 SIGN=\"00\nFEATURE a v 1 permanent 5\n", "1: a quote that is not closed"},
        {"FEATURE a v 1 permanent 5\nINCREMENT a v 1 permanent 5 \\\n", "2: the file ends behind a backslash"},
        {"FEATURE a v 1 permanent 5\n\xff\xfe\n", "2: "},
        {"FEATURE \xe4 v 1 permanent 5\n", "1: name: \"?\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *says = spans(rows[i].text, true);
        cr_expect(strncmp(says, rows[i].says, strlen(rows[i].says)) == 0, "%s\n  says   %s\n  wanted %s", rows[i].text, says, rows[i].says);
    }
    struct buffer text = {0};
    for (int i = 0; i < 250; i++)
        buffer_printf(&text, "INCREMENT a v 1 %d-jan-%d 5\n", 1 + i % 25, 2000 + i / 25);
    cr_expect(strstr(spans(buffer_text(&text), true), "251 different days on which lines begin or end, expected at most 200"));
    buffer_free(&text);
    printf("%zu faulty licence files\n", sizeof rows / sizeof *rows + 1);
}
