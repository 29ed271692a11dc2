/* Days of zones, against what tzdata's own documentation says of them. */
#include "base/zone.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct {
    const char *zone, *date, *start;
    int hours_quarters; /* the day's length in quarters of an hour */
} days[] = {
    {"UTC", "2026-11-23", "2026-11-23T00:00:00.000Z", 96},
    {"Europe/Vienna", "2026-11-23", "2026-11-22T23:00:00.000Z", 96},
    {"Europe/Vienna", "2026-03-29", "2026-03-28T23:00:00.000Z", 92},
    {"Europe/Vienna", "2026-10-25", "2026-10-24T22:00:00.000Z", 100},
    {"Asia/Kathmandu", "2026-11-23", "2026-11-22T18:15:00.000Z", 96},
    {"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00.000Z", 98},  /* half an hour back */
    {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z", 92},    /* no midnight: starts at 01:00 */
    {"America/St_Johns", "2006-10-29", "2006-10-29T02:30:00.000Z", 100},    /* one minute, back an hour, then the rest */
    {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z", 96},         /* the 30th was left out */
};

Test(zone, days_start_where_the_local_date_begins)
{
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct zone *zone = zone_open(bytes_from_text(days[i].zone));
        char text[INSTANT_TEXT_SIZE];
        int32_t date;
        cr_assert(zone, "%s is not in tzdata", days[i].zone);
        cr_assert(date_parse(bytes_from_text(days[i].date), &date));
        instant start = zone_day_start(zone, date), next = zone_day_start(zone, date + 1);
        cr_expect_str_eq(instant_format(start, text), days[i].start, "%s %s starts %s", days[i].zone, days[i].date, text);
        cr_expect_eq(next - start, days[i].hours_quarters * 15 * (int64_t)MINUTE_MS, "%s %s lasts %lld min", days[i].zone, days[i].date,
                     (long long)((next - start) / MINUTE_MS));
        cr_expect_geq(zone_date(zone, start), date);
        cr_expect_lt(zone_date(zone, start - 1), date);
        zone_close(zone);
    }
    printf("zone: %zu days of %s … start and last as tzdata has them\n", sizeof days / sizeof *days, days[0].zone);
}

Test(zone, only_names_of_tzdata_open)
{
    static const char *const wrong[] = {"", "Mars/Olympus", "+02:00", "EST5EDT,M3.2.0,M11.1.0", "../etc/passwd", "Europe/../UTC", "XYZ5", "Europe/vienna\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
        struct zone *zone = zone_open(bytes_from_text(wrong[i]));
        cr_expect_null(zone, "\"%s\" opened", wrong[i]);
        zone_close(zone);
    }
}
