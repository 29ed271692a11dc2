#include "base/instant.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Days from civil: the year starts in March, so that the leap day is its last. */
int32_t date_join(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_split(int32_t days, int *year, int *month, int *day)
{
    int z = days + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int of_era = z - era * 146097;
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m + (m < 10 ? 3 : -9);
    *year = y + era * 400 + (*month <= 2);
}

static bool digits(const uint8_t *p, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *value = *value * 10 + (p[i] - '0');
    }
    return true;
}

bool date_parse(struct bytes text, int32_t *days)
{
    int year, month, day, y, m, d;
    const uint8_t *p = text.data;
    if (text.len != 10 || p[4] != '-' || p[7] != '-' || !digits(p, 4, &year) ||
        !digits(p + 5, 2, &month) || !digits(p + 8, 2, &day))
        return false;
    if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *days = date_join(year, month, day);
    date_split(*days, &y, &m, &d);
    return y == year && m == month && d == day;
}

bool instant_parse(struct bytes text, instant *out)
{
    int32_t days;
    int hour, minute, second, ms = 0;
    const uint8_t *p = text.data;
    if (text.len < 20 || text.len > 24 || !date_parse(bytes_of(p, 10), &days))
        return false;
    if (p[10] != 'T' || p[13] != ':' || p[16] != ':' || p[text.len - 1] != 'Z' ||
        !digits(p + 11, 2, &hour) || !digits(p + 14, 2, &minute) || !digits(p + 17, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    if (text.len > 20) {
        int places = (int)text.len - 21;
        if (p[19] != '.' || places < 1 || !digits(p + 20, places, &ms))
            return false;
        for (; places < 3; places++)
            ms *= 10;
    }
    *out = (int64_t)days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
    return true;
}

char *date_format(int32_t days, char buffer[DATE_TEXT_SIZE])
{
    int year, month, day;
    date_split(days, &year, &month, &day);
    check(year >= 0 && year <= 9999);
    buffer[0] = (char)('0' + year / 1000);
    buffer[1] = (char)('0' + year / 100 % 10);
    buffer[2] = (char)('0' + year / 10 % 10);
    buffer[3] = (char)('0' + year % 10);
    buffer[4] = '-';
    buffer[5] = (char)('0' + month / 10);
    buffer[6] = (char)('0' + month % 10);
    buffer[7] = '-';
    buffer[8] = (char)('0' + day / 10);
    buffer[9] = (char)('0' + day % 10);
    buffer[10] = 0;
    return buffer;
}

char *instant_format(instant at, char buffer[INSTANT_TEXT_SIZE])
{
    check(at >= -INSTANT_MAX && at < 2 * INSTANT_MAX);
    int32_t days = instant_day(at);
    int rest = (int)(at - (int64_t)days * DAY_MS);
    date_format(days, buffer);
    const int parts[] = {rest / HOUR_MS, rest / MINUTE_MS % 60, rest / SECOND_MS % 60};
    for (int i = 0; i < 3; i++) {
        buffer[10 + i * 3] = i ? ':' : 'T';
        buffer[11 + i * 3] = (char)('0' + parts[i] / 10);
        buffer[12 + i * 3] = (char)('0' + parts[i] % 10);
    }
    int ms = rest % SECOND_MS;
    buffer[19] = '.';
    buffer[20] = (char)('0' + ms / 100);
    buffer[21] = (char)('0' + ms / 10 % 10);
    buffer[22] = (char)('0' + ms % 10);
    buffer[23] = 'Z';
    buffer[24] = 0;
    return buffer;
}

static int compare(const void *a, const void *b)
{
    instant x = *(const instant *)a, y = *(const instant *)b;
    return x < y ? -1 : x > y;
}

void instants_sort(instant *list, size_t count)
{
    if (count > 1)
        qsort(list, count, sizeof *list, compare);
}

instant clock_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
