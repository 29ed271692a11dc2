/* adapters/simulator/watch.c - outages, and sessions as they look through them. */
#include "adapters/simulator/watch.h"

#include "adapters/simulator/dice.h"
#include "adapters/simulator/rows.h"

static const int64_t away_ms_min = 30 * (int64_t)SECOND_MS, away_ms_max = 20 * (int64_t)MINUTE_MS;
/* The sessions that run at the script's begin log in first. */
static const int64_t calm_ms = 5 * (int64_t)MINUTE_MS;
/* All of them: the network was away.  Campaigns come by another connection (class gos), which stays. */
enum { DAYS_AHEAD_MAX = 90, PROVIDERS_ALL = (1 << (PROVIDER_OUTBOUND + 1)) - 1 };

int watch_outages(const struct script *script, int32_t day, struct sim_outage outages[DROPS_MAX])
{
    int count = 0, drops = script->drops;
    for (int i = 0; i < drops; i++) {
        struct dice dice = dice_for(script->site->options.seed, DICE_OUTAGE, day * 2 + script->icon, i);
        int64_t part = DAY_MS / drops, most = part / 2 - away_ms_min;
        struct sim_outage outage = {.number = (day - instant_day(script->begin) + 1) * drops + i + 1};
        outage.from = day * (int64_t)DAY_MS + i * part + dice_below(&dice, part / 2);
        outage.to = outage.from + dice_between(&dice, away_ms_min, most < away_ms_max ? most : away_ms_max);
        outage.providers = dice_below(&dice, 4) == 0 ? (unsigned)PROVIDERS_ALL : 1u << dice_below(&dice, PROVIDER_OUTBOUND);
        if (outage.from >= script->begin + calm_ms)
            outages[count++] = outage;
    }
    return count;
}

instant watch_away_since(const struct script *script, enum sim_provider provider, instant at)
{
    struct sim_outage outages[DROPS_MAX];
    int count = watch_outages(script, instant_day(at), outages); /* an outage ends on the day on which it begins */
    for (int i = 0; i < count; i++)
        if ((outages[i].providers >> provider & 1) && outages[i].from <= at && at < outages[i].to)
            return outages[i].from;
    return INSTANT_NONE;
}

/* The first loss of the provider after begin and before end, INSTANT_NEVER: none. */
static instant lost_at(const struct script *script, enum sim_provider provider, instant begin, instant end)
{
    int32_t first = instant_day(begin), last = end == INSTANT_NEVER ? first + DAYS_AHEAD_MAX : instant_day(end);
    for (int32_t day = first; script->drops && day <= last; day++) {
        struct sim_outage outages[DROPS_MAX];
        int count = watch_outages(script, day, outages);
        for (int i = 0; i < count; i++)
            if ((outages[i].providers >> provider & 1) && outages[i].from > begin && outages[i].from < end)
                return outages[i].from;
    }
    return INSTANT_NEVER;
}

void watch_session(const struct script *script, struct sim_session *session, struct sim_media_row *media, int media_count)
{
    instant begin = session->begin;
    if (script->icon) {
        struct dice dice = dice_for(script->site->options.seed, DICE_LAG, session->id, 0);
        session->begin += dice_below(&dice, LAG_MS_MAX + 1);
        if (session->end == begin)
            session->end = session->begin;
        else if (session->end != INSTANT_NEVER)
            session->end += dice_below(&dice, LAG_MS_MAX + 1);
    }
    if (watch_away_since(script, session->provider, session->begin) != INSTANT_NONE) {
        session->cases |= CASE_UNSEEN;
        session->begin = session->end = INSTANT_NEVER;
    } else {
        instant lost = lost_at(script, session->provider, session->begin, session->end);
        if (lost != INSTANT_NEVER) {
            session->cases |= CASE_LOST;
            session->end = lost;
        }
        session->connection = watch_connection(script, session->provider, session->begin).id;
    }
    for (int i = 0; i < media_count; i++) {
        if (media[i].begin == begin)
            media[i].begin = session->begin;
        else if (media[i].begin >= session->end || (session->cases & CASE_UNSEEN))
            media[i].begin = INSTANT_NEVER;
    }
}

struct sim_connection watch_connection(const struct script *script, enum sim_provider provider, instant at)
{
    for (int32_t day = instant_day(at); script->drops && day >= instant_day(script->begin); day--) {
        struct sim_outage outages[DROPS_MAX];
        for (int i = watch_outages(script, day, outages) - 1; i >= 0; i--)
            if ((outages[i].providers >> provider & 1) && outages[i].to <= at)
                return (struct sim_connection){sim_provider_session(provider) + 10 * outages[i].number, outages[i].to};
    }
    return (struct sim_connection){sim_provider_session(provider), script->begin};
}

bool watch_is_common(enum sim_provider provider)
{
    return provider == PROVIDER_SIP || provider == PROVIDER_INTERACTION;
}
