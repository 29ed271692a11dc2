/* adapters/simulator/shift.c - a person's working day. */
#include "adapters/simulator/shift.h"

#include "adapters/simulator/dice.h"

static const int works_weekday_per_mille = 830, works_weekend_per_mille = 640;

static bool is_weekend(int32_t day)
{
    int weekday = (int)((day % 7 + 7) % 7); /* 1970-01-01 was a Thursday: 0 */
    return weekday == 2 || weekday == 3;
}

static instant jitter(struct dice *dice, int64_t ms)
{
    return dice_between(dice, -ms, ms);
}

/* A pause that begins at share (in 1/100) of the shift, give or take eight minutes. */
static struct span throw_pause(struct dice *dice, const struct shift *shift, int share, int min_minutes, int max_minutes)
{
    instant from = shift->from + (shift->to - shift->from) * share / 100 + jitter(dice, 8 * MINUTE_MS);
    return (struct span){from, from + dice_between(dice, min_minutes * MINUTE_MS, max_minutes * MINUTE_MS)};
}

struct shift shift_of(const struct site *site, int32_t n, int32_t day)
{
    const struct sim_person *person = &site->persons[n];
    struct dice dice = dice_for(site->options.seed, DICE_SHIFT, n, day);
    struct shift shift = {0};
    if (!person->enabled || !dice_chance(&dice, is_weekend(day) ? works_weekend_per_mille : works_weekday_per_mille))
        return shift;

    /* A couple's overlap is 15 minutes on average; its jitter stays below, so that the two always meet. */
    instant midnight = day * (int64_t)DAY_MS;
    shift.works = true;
    shift.from = midnight + person->start_min * (int64_t)MINUTE_MS + jitter(&dice, (person->second ? 3 : 6) * MINUTE_MS);
    if (shift.from < midnight)
        shift.from = midnight + dice_below(&dice, MINUTE_MS);
    shift.to = shift.from + person->length_min * (int64_t)MINUTE_MS + jitter(&dice, 4 * MINUTE_MS);

    struct span pauses[3];
    int count = 0;
    bool phone_only[3] = {false, false, false};
    if (dice_chance(&dice, 700)) {
        phone_only[count] = true;
        pauses[count++] = throw_pause(&dice, &shift, 24, 8, 15);
    }
    if (person->length_min > 300)
        pauses[count++] = throw_pause(&dice, &shift, 48, 28, 45);
    if (dice_chance(&dice, 700)) {
        phone_only[count] = true;
        pauses[count++] = throw_pause(&dice, &shift, 77, 8, 15);
    }

    instant voice_from = shift.from;
    instant media_from = shift.from + dice_between(&dice, 4 * SECOND_MS, 3 * MINUTE_MS);
    for (int i = 0; i < count; i++) {
        shift.voice[shift.voice_count++] = (struct span){voice_from, pauses[i].from};
        voice_from = pauses[i].to;
        if (phone_only[i])
            continue;
        shift.media[shift.media_count++] = (struct span){media_from, pauses[i].from + dice_between(&dice, 100, 20 * SECOND_MS)};
        media_from = pauses[i].to + dice_between(&dice, 100, 40 * SECOND_MS);
    }
    shift.voice[shift.voice_count++] = (struct span){voice_from, shift.to};
    shift.media[shift.media_count++] = (struct span){media_from, shift.to + dice_between(&dice, 100, 30 * SECOND_MS)};
    return shift;
}
