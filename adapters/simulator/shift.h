/*
 * adapters/simulator/shift.h - when a person works on a day, and when the phone rests meanwhile.
 *
 * Pure: the same site, person and day give the same shift.  A shift belongs to the day on which it begins; it may
 * end on the next one.
 */
#ifndef ADAPTERS_SIMULATOR_SHIFT_H
#define ADAPTERS_SIMULATOR_SHIFT_H

#include "adapters/simulator/people.h"

struct span {
    instant from, to; /* half-open */
};

enum { SHIFT_PARTS_MAX = 5 };

struct shift {
    bool works;
    instant from, to;
    struct span voice[SHIFT_PARTS_MAX]; /* logged in on the phone: cut by lunch and by breaks */
    int voice_count;
    struct span media[2]; /* logged in on the Interaction Server: cut by lunch only */
    int media_count;
};

/* day: days since 1970. */
struct shift shift_of(const struct site *site, int32_t person, int32_t day);

#endif
