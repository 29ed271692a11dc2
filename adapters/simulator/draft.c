/* adapters/simulator/draft.c - a shift day of the whole site: the ordinary and what hurts. */
#include "adapters/simulator/draft.h"

#include "adapters/simulator/dice.h"
#include "adapters/simulator/shift.h"
#include "base/check.h"

#include <stdlib.h>

/* How often, a part of a shift each. */
static const int same_ms_per_mille = 20, empty_per_mille = 14;

enum mishap { MISHAP_NONE, MISHAP_STUCK_VOICE, MISHAP_STUCK_MEDIA, MISHAP_CRASH };

struct mishaps {
    struct { int32_t person; enum mishap what; } items[1024];
    int count;
};

struct maker {
    struct drafts *drafts;
    const struct site *site;
    int32_t day;
    struct dice dice;
};

static struct draft *add(struct maker *maker, struct sim_session session)
{
    struct drafts *drafts = maker->drafts;
    if (drafts->count == drafts->room) {
        drafts->room = drafts->room ? drafts->room * 2 : 256;
        drafts->items = memory_resize(drafts->items, drafts->room * sizeof *drafts->items);
    }
    struct draft *draft = &drafts->items[drafts->count];
    *draft = (struct draft){.session = session, .order = drafts->count++};
    if (session.place < 0)
        draft->session.cases |= CASE_NO_PLACE;
    if (session.person < 0)
        draft->session.cases |= CASE_NO_PERSON;
    return draft;
}

static void add_media(struct draft *draft, enum sim_medium medium, int32_t dn, instant begin)
{
    check(draft->media_count < DRAFT_MEDIA_MAX);
    draft->media[draft->media_count++] = (struct sim_media_row){.medium = medium, .dn = dn, .begin = begin};
}

static struct draft *add_voice(struct maker *maker, int32_t n, struct span span, unsigned cases)
{
    const struct site *site = maker->site;
    const struct sim_person *person = &site->persons[n];
    enum sim_switch on = person->dn >= 0      ? site->dns[person->dn].on
                         : person->login >= 0 ? site->logins[person->login].on
                                              : SIM_SWITCH_SIP;
    struct draft *draft = add(maker, (struct sim_session){
        .person = n, .login = person->login, .place = person->place, .dn = person->dn, .app = person->app,
        .provider = PROVIDER_SIP + (enum sim_provider)on, .begin = span.from, .end = span.to, .cases = cases,
    });
    add_media(draft, MEDIUM_VOICE, person->dn, span.from);
    if (person->two_lines && person->place >= 0) {
        add_media(draft, MEDIUM_VOICE, site->places[person->place].dns[1], span.from);
        draft->session.cases |= CASE_TWO_DNS;
    }
    return draft;
}

static struct draft *add_interaction(struct maker *maker, int32_t n, struct span span, unsigned cases)
{
    static const enum sim_medium mediums[] = {MEDIUM_EMAIL, MEDIUM_CHAT, MEDIUM_SOCIAL, MEDIUM_OTHER};
    const struct sim_person *person = &maker->site->persons[n];
    struct draft *draft = add(maker, (struct sim_session){
        .person = n, .login = -1, .place = person->place, .dn = -1, .app = person->app,
        .provider = PROVIDER_INTERACTION, .begin = span.from, .end = span.to, .cases = cases,
    });
    instant until = span.to == INSTANT_NEVER ? span.from + 30 * MINUTE_MS : span.to;
    for (size_t i = 0; i < sizeof mediums / sizeof *mediums; i++) {
        if (!(person->media & (int)mediums[i]))
            continue;
        instant begin = span.from;
        if (mediums[i] == MEDIUM_CHAT && person->late_chat && until - span.from > 4 * MINUTE_MS) {
            begin += dice_between(&maker->dice, 2 * MINUTE_MS, until - span.from - MINUTE_MS);
            draft->session.cases |= CASE_LATE_CHAT;
        }
        add_media(draft, mediums[i], -1, begin);
    }
    return draft;
}

typedef struct draft *(*add_one)(struct maker *maker, int32_t n, struct span span, unsigned cases);

/* One part of a shift: mostly one session, sometimes with an empty one before it or cut in two within a millisecond. */
static void add_part(struct maker *maker, int32_t n, struct span span, add_one add_session)
{
    instant earliest = maker->day * (int64_t)DAY_MS;
    if (dice_chance(&maker->dice, empty_per_mille)) {
        instant at = span.from - dice_between(&maker->dice, 4 * SECOND_MS, 20 * SECOND_MS);
        if (at >= earliest)
            add_session(maker, n, (struct span){at, at}, CASE_EMPTY);
    }
    if (dice_chance(&maker->dice, same_ms_per_mille) && span.to - span.from > 10 * MINUTE_MS) {
        instant at = span.from + dice_between(&maker->dice, MINUTE_MS, span.to - span.from - MINUTE_MS);
        add_session(maker, n, (struct span){span.from, at}, 0);
        add_session(maker, n, (struct span){at, span.to}, CASE_SAME_MS);
        return;
    }
    add_session(maker, n, span, 0);
}

/* The PC crashes in the middle of a part: its session never ends, the next one begins minutes later. */
static void add_crash(struct maker *maker, int32_t n, struct span span, add_one add_session)
{
    instant back = span.from + (span.to - span.from) / 2 + dice_between(&maker->dice, 0, 5 * MINUTE_MS);
    add_session(maker, n, (struct span){span.from, INSTANT_NEVER}, CASE_CRASH);
    add_session(maker, n, (struct span){back, span.to}, 0);
}

static void add_person(struct maker *maker, int32_t n, enum mishap mishap)
{
    struct shift shift = shift_of(maker->site, n, maker->day);
    const struct sim_person *person = &maker->site->persons[n];
    if (!shift.works)
        return;
    maker->dice = dice_for(maker->site->options.seed, DICE_DAY, n, maker->day);
    int voice_count = person->habit == HABIT_PLACE_MEDIA ? 0 : shift.voice_count;
    for (int i = 0; i < voice_count; i++) {
        bool last = i + 1 == voice_count;
        if (mishap == MISHAP_STUCK_VOICE && last)
            add_voice(maker, n, (struct span){shift.voice[i].from, INSTANT_NEVER}, CASE_STUCK);
        else if (mishap == MISHAP_CRASH && last)
            add_crash(maker, n, shift.voice[i], add_voice);
        else
            add_part(maker, n, shift.voice[i], add_voice);
    }
    for (int i = 0; i < shift.media_count && person->media; i++) {
        bool last = i + 1 == shift.media_count;
        if (mishap == MISHAP_STUCK_MEDIA && last)
            add_interaction(maker, n, shift.media[i], CASE_STUCK)->session.end = INSTANT_NEVER;
        else if (mishap == MISHAP_CRASH && last && !voice_count)
            add_crash(maker, n, shift.media[i], add_interaction);
        else
            add_part(maker, n, shift.media[i], add_interaction);
    }
}

/* One stuck session a day at least, another on every second day, a crash; some more where many work. */
static void throw_mishaps(struct maker *maker, struct mishaps *mishaps)
{
    const struct site *site = maker->site;
    struct dice dice = dice_for(site->options.seed, DICE_STUCK, maker->day, 0);
    int wanted = 2 + (int)dice_below(&dice, 2) + site->person_count / 400;
    if (wanted > (int)(sizeof mishaps->items / sizeof *mishaps->items))
        wanted = (int)(sizeof mishaps->items / sizeof *mishaps->items);
    mishaps->count = 0;
    for (int tries = 0; tries < wanted * 40 && mishaps->count < wanted; tries++) {
        int32_t n = (int32_t)dice_below(&dice, site->person_count);
        const struct sim_person *person = &site->persons[n];
        enum mishap what = mishaps->count % 3 == 1   ? MISHAP_CRASH
                           : person->dn < 0          ? MISHAP_STUCK_MEDIA
                           : (person->media && (maker->day + mishaps->count / 3) % 2) ? MISHAP_STUCK_MEDIA
                                                                                      : MISHAP_STUCK_VOICE;
        if (person->habit == HABIT_CLUSTER || person->habit == HABIT_LOGIN_ONLY)
            what = MISHAP_STUCK_VOICE; /* nothing supersedes it: the cap ends it */
        if ((what == MISHAP_STUCK_MEDIA && !person->media) || !shift_of(site, n, maker->day).works)
            continue;
        mishaps->items[mishaps->count].person = n;
        mishaps->items[mishaps->count++].what = what;
    }
}

static enum mishap mishap_of(const struct mishaps *mishaps, int32_t person)
{
    for (int i = 0; i < mishaps->count; i++)
        if (mishaps->items[i].person == person)
            return mishaps->items[i].what;
    return MISHAP_NONE;
}

/* Sessions without a person: on line 2 of a place, and on a phone in the lobby that has no place. */
static void add_strays(struct maker *maker)
{
    const struct site *site = maker->site;
    maker->dice = dice_for(site->options.seed, DICE_STRAY, maker->day, 0);
    int wanted = 2 + site->person_count / 200;
    for (int i = 0; i < wanted; i++) {
        instant begin = maker->day * (int64_t)DAY_MS + dice_between(&maker->dice, 5 * MINUTE_MS, 23 * HOUR_MS);
        instant end = begin + dice_between(&maker->dice, 15 * MINUTE_MS, 70 * MINUTE_MS);
        int32_t n = (int32_t)dice_below(&maker->dice, site->person_count);
        const struct sim_person *host = &site->persons[n];
        bool lobby = i % 2 || host->place < 0 || host->two_lines || host->partner >= 0;
        int32_t place = lobby ? -1 : host->place;
        int32_t dn = lobby ? site->lobby_dns[dice_below(&maker->dice, SIM_SWITCH_COUNT)] : site->places[place].dns[1];
        struct draft *draft = add(maker, (struct sim_session){
            .person = -1, .login = -1, .place = place, .dn = dn, .app = SIM_APP_NONE,
            .provider = PROVIDER_SIP + (enum sim_provider)site->dns[dn].on, .begin = begin, .end = end,
        });
        add_media(draft, MEDIUM_VOICE, dn, begin);
    }
}

static int compare_drafts(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    if (x->session.begin != y->session.begin)
        return x->session.begin < y->session.begin ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

void drafts_make(struct drafts *drafts, const struct site *site, int32_t day)
{
    *drafts = (struct drafts){0};
    struct maker maker = {.drafts = drafts, .site = site, .day = day};
    struct mishaps mishaps;
    throw_mishaps(&maker, &mishaps);
    for (int32_t n = 0; n < site->person_count; n++)
        add_person(&maker, n, mishap_of(&mishaps, n));
    add_strays(&maker);
    if (drafts->count)
        qsort(drafts->items, drafts->count, sizeof *drafts->items, compare_drafts);
}

void drafts_free(struct drafts *drafts)
{
    free(drafts->items);
    *drafts = (struct drafts){0};
}
