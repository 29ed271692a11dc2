#include "base/zone.h"

#include "base/check.h"
#include "base/memory.h"

#include <glib.h>
#include <stdlib.h>

struct zone {
    GTimeZone *zone; /* NULL: UTC */
    char *name;
};

/* GLib also takes "+02:00" and POSIX rules, and "" for the machine's own; only IANA names are meant, and
 * those are the files of tzdata. */
static bool in_tzdata(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    const char *folder = getenv("TZDIR");
    struct buffer path = {0};
    if (name[strspn(name, letters)] != 0 || !g_ascii_isalpha(name[0]))
        return false;
    buffer_printf(&path, "%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
    bool there = g_file_test(buffer_text(&path), G_FILE_TEST_IS_REGULAR);
    buffer_free(&path);
    return there;
}

struct zone *zone_open(struct bytes name)
{
    char text[64];
    if (name.len == 0 || name.len >= sizeof text || memchr(name.data, 0, name.len))
        return NULL;
    memcpy(text, name.data, name.len);
    text[name.len] = 0;
    bool utc = strcmp(text, "UTC") == 0;
    if (!utc && !in_tzdata(text))
        return NULL;
    GTimeZone *inner = utc ? NULL : g_time_zone_new_identifier(text);
    if (!utc && !inner)
        return NULL;
    struct zone *zone = memory_alloc_zero(1, sizeof *zone);
    zone->zone = inner;
    zone->name = memory_copy_text(text);
    return zone;
}

void zone_close(struct zone *zone)
{
    if (!zone)
        return;
    if (zone->zone)
        g_time_zone_unref(zone->zone);
    free(zone->name);
    free(zone);
}

struct bytes zone_name(const struct zone *zone)
{
    return bytes_from_text(zone->name);
}

static int64_t offset_ms(const struct zone *zone, instant at)
{
    if (!zone->zone)
        return 0;
    int interval = g_time_zone_find_interval(zone->zone, G_TIME_TYPE_UNIVERSAL, floor_div(at, SECOND_MS));
    return (int64_t)g_time_zone_get_offset(zone->zone, interval) * SECOND_MS;
}

int32_t zone_date(const struct zone *zone, instant at)
{
    return instant_day(at + offset_ms(zone, at));
}

/* The first instant in (from, to] at which the offset is another than at from; to when it is not. */
static instant next_change(const struct zone *zone, instant from, instant to)
{
    enum { STEP_MS = 30 * MINUTE_MS }; /* offsets do not change twice within half an hour */
    int64_t offset = offset_ms(zone, from);
    for (instant at = from; at < to; at += STEP_MS) {
        instant low = at, high = at + STEP_MS < to ? at + STEP_MS : to;
        if (offset_ms(zone, high) == offset)
            continue;
        while (high - low > 1) {
            instant middle = low + (high - low) / 2;
            *(offset_ms(zone, middle) == offset ? &low : &high) = middle;
        }
        return high;
    }
    return to;
}

instant zone_day_start(const struct zone *zone, int32_t days)
{
    instant midnight = (instant)days * DAY_MS;
    if (!zone->zone)
        return midnight;
    /* Offsets lie within 26 h of UTC.  Span by span of one offset: the date may be reached at a span's
     * begin (midnight was skipped), or inside it; where a clock goes back over midnight the date comes
     * twice and the first time counts, so no halving over dates. */
    instant end = midnight + 26 * (instant)HOUR_MS;
    for (instant at = midnight - 26 * (instant)HOUR_MS; at < end;) {
        instant next = next_change(zone, at, end), here = midnight - offset_ms(zone, at);
        if (zone_date(zone, at) >= days)
            return at;
        if (here < next)
            return here;
        at = next;
    }
    return end;
}
