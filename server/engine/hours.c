#include "server/engine/hours.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

void hours_add(struct hours *hours, uint32_t hour)
{
    check(hour < HOURS_MAX);
    if (!hours->bits)
        hours->bits = memory_alloc_zero(HOURS_MAX / 64 + 1, sizeof *hours->bits); /* 250 kB, of which few pages are touched */
    if (hours_has(hours, hour))
        return;
    hours->bits[hour / 64] |= 1ull << hour % 64;
    if (hours->count == hours->capacity) {
        hours->capacity = hours->capacity ? hours->capacity * 2 : 64;
        hours->marks = memory_resize(hours->marks, hours->capacity * sizeof *hours->marks);
    }
    hours->marks[hours->count++] = (struct hour_mark){hour, INSTANT_EVER};
}

bool hours_has(const struct hours *hours, uint32_t hour)
{
    return hours->bits && hours->bits[hour / 64] >> hour % 64 & 1;
}

void hours_remove(struct hours *hours, uint32_t hour)
{
    if (!hours_has(hours, hour))
        return;
    hours->bits[hour / 64] &= ~(1ull << hour % 64);
    uint32_t at = 0;
    while (hours->marks[at].hour != hour)
        at++;
    hours->marks[at] = hours->marks[--hours->count];
}

void hours_free(struct hours *hours)
{
    free(hours->bits);
    free(hours->marks);
}
