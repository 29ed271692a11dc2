/* base/instant.c: texts and instants lead there and back; what is no time is refused. */
#include "base/instant.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static bool parses(const char *text, instant *at)
{
    return instant_parse(bytes_from_text(text), at);
}

Test(instant, known_instants)
{
    static const struct {
        const char *text;
        instant at;
    } known[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"1970-01-01T00:00:00.001Z", 1},
        {"2026-11-23T09:10:11.120Z", 1795425011120},
        {"2000-02-29T23:59:59.999Z", 951868799999},
        {"2199-12-31T23:59:59.999Z", INSTANT_MAX - 1},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        instant at = -1;
        char text[INSTANT_TEXT_SIZE];
        cr_assert(parses(known[i].text, &at), "%s", known[i].text);
        cr_assert_eq(at, known[i].at, "%s is %lld", known[i].text, (long long)at);
        cr_assert_str_eq(instant_format(at, text), known[i].text);
    }
    printf("%zu instants\n", sizeof(known) / sizeof(*known));
}

Test(instant, fractions_of_a_second)
{
    instant none, one, two, three;
    cr_assert(parses("2026-11-23T09:10:11Z", &none) && parses("2026-11-23T09:10:11.1Z", &one));
    cr_assert(parses("2026-11-23T09:10:11.12Z", &two) && parses("2026-11-23T09:10:11.123Z", &three));
    cr_assert_eq(one, none + 100);
    cr_assert_eq(two, none + 120);
    cr_assert_eq(three, none + 123);
}

Test(instant, what_is_no_time_is_refused)
{
    static const char *const wrong[] = {
        "", "2026-11-23", "2026-11-23T09:10:11.120", "2026-11-23T09:10:11.120+00:00", "2026-11-23 09:10:11.120Z",
        "2026-11-31T09:10:11.120Z", "2026-02-29T09:10:11.120Z", "2100-02-29T00:00:00.000Z", "2026-00-10T00:00:00.000Z",
        "2026-13-10T00:00:00.000Z", "2026-11-00T00:00:00.000Z", "2026-11-23T24:00:00.000Z", "2026-11-23T09:60:00.000Z",
        "2026-11-23T09:10:60.000Z", "2026-11-23T09:10:11.Z", "2026-11-23T09:10:11.1234Z", "2026-11-23T09:10:11.120z ",
        "1969-12-31T23:59:59.999Z", "2200-01-01T00:00:00.000Z", "20261123T091011Z", "2026-1-23T09:10:11Z", "-026-11-23T09:10:11Z",
        " 2026-11-23T09:10:11Z", "2026-11-23T09:10:1xZ", "2026-11-23T+9:10:11Z",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        instant at;
        cr_assert_not(parses(wrong[i], &at), "\"%s\" was taken", wrong[i]);
    }
    cr_assert_not(instant_parse(bytes_of("2026-11-23T09:10:11.120Z\0", 25), &(instant){0}), "a NUL behind it was taken");
    printf("%zu texts refused\n", sizeof(wrong) / sizeof(*wrong) + 1);
}

Test(instant, every_day_leads_there_and_back)
{
    int year = 1970, month = 1, day = 1, days = 0;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (; year < 2200; days++) {
        int y, m, d;
        char text[DATE_TEXT_SIZE], wanted[40];
        int32_t read;
        date_split(days, &y, &m, &d);
        cr_assert(y == year && m == month && d == day, "day %d is %d-%d-%d, expected %d-%d-%d", days, y, m, d, year, month, day);
        cr_assert_eq(date_join(year, month, day), days);
        snprintf(wanted, sizeof(wanted), "%04d-%02d-%02d", year, month, day);
        cr_assert_str_eq(date_format(days, text), wanted);
        cr_assert(date_parse(bytes_from_text(text), &read) && read == days);
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (++day > lengths[month - 1] + (month == 2 && leap)) {
            day = 1;
            year += month == 12;
            month = month % 12 + 1;
        }
    }
    cr_assert_eq(days, INSTANT_MAX / DAY_MS);
    printf("%d days\n", days);
}

Test(instant, random_instants_lead_there_and_back)
{
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1;
    printf("SEED=%llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < 20000; i++) {
        instant at = (instant)(hash_mix(seed + i) % INSTANT_MAX), read;
        char text[INSTANT_TEXT_SIZE];
        cr_assert(parses(instant_format(at, text), &read) && read == at, "%s", text);
    }
}

Test(instant, division_rounds_down)
{
    cr_assert_eq(floor_div(7, 2), 3);
    cr_assert_eq(floor_div(-7, 2), -4);
    cr_assert_eq(floor_div(-8, 2), -4);
    cr_assert_eq(instant_day(-1), -1);
    cr_assert_eq(instant_day(DAY_MS - 1), 0);
    cr_assert_eq(instant_day(DAY_MS), 1);
}
