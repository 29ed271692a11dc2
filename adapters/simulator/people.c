/* adapters/simulator/people.c - the site, thrown once. */
#include "adapters/simulator/people.h"

#include "adapters/simulator/dice.h"
#include "base/check.h"

#include <stdlib.h>

/* How many shifts begin in each hour of the day (UTC), relative.  The level at an hour is about the sum of the
 * eight hours before it: a hill at noon, a sixth of it at night, no hour without anybody. */
static const int start_weights[24] = {6, 6, 6, 8, 10, 20, 42, 60, 68, 55, 36, 26, 26, 30, 34, 26, 20, 16, 14, 12, 12, 16, 20, 12};

/* Minute of the day below which the given share of the shifts has begun; share is in 1/65536. */
static int32_t start_minute(int64_t share)
{
    int64_t total = 0;
    for (int hour = 0; hour < 24; hour++)
        total += start_weights[hour];
    int64_t rest = share * total * 60; /* in weight × minute / 65536 */
    for (int hour = 0; hour < 24; hour++) {
        int64_t here = (int64_t)start_weights[hour] * 60 * 65536;
        if (rest < here)
            return (int32_t)(hour * 60 + rest / (start_weights[hour] * (int64_t)65536));
        rest -= here;
    }
    return 23 * 60 + 59;
}

/* Tenant of the n-th of count people: the first tenant is the largest, the last ones small, none empty. */
static int32_t tenant_of(struct dice *dice, int32_t n, int32_t tenants)
{
    if (n < tenants)
        return n;
    int64_t total = 0;
    for (int32_t i = 0; i < tenants; i++)
        total += 840 / (i + 1) + 1;
    int64_t at = dice_below(dice, total);
    for (int32_t i = 0; i < tenants; i++) {
        at -= 840 / (i + 1) + 1;
        if (at < 0)
            return i;
    }
    return tenants - 1;
}

static enum sim_switch throw_switch(struct dice *dice)
{
    int64_t n = dice_below(dice, 100);
    return n < 62 ? SIM_SWITCH_SIP : n < 88 ? SIM_SWITCH_TDM : SIM_SWITCH_NETWORK;
}

static enum sim_app throw_app(struct dice *dice)
{
    int64_t n = dice_below(dice, 100);
    return n < 50   ? SIM_APP_WORKSPACE
           : n < 72 ? SIM_APP_AGENT_DESKTOP
           : n < 80 ? SIM_APP_SUPERVISOR_DESKTOP
           : n < 91 ? SIM_APP_OTHER
                    : SIM_APP_NONE;
}

static enum sim_habit throw_habit(struct dice *dice)
{
    int64_t n = dice_below(dice, 100);
    return n < 68   ? HABIT_PLACE_VOICE
           : n < 82 ? HABIT_PLACE_MEDIA
           : n < 90 ? HABIT_DN_ONLY
           : n < 96 ? HABIT_CLUSTER
                    : HABIT_LOGIN_ONLY;
}

static int throw_media(struct dice *dice)
{
    int media = 0;
    media |= dice_chance(dice, 650) ? MEDIUM_EMAIL : 0;
    media |= dice_chance(dice, 450) ? MEDIUM_CHAT : 0;
    media |= dice_chance(dice, 180) ? MEDIUM_SOCIAL : 0;
    media |= dice_chance(dice, 200) ? MEDIUM_OTHER : 0;
    return media ? media : MEDIUM_EMAIL;
}

static int32_t add_dn(struct site *site, enum sim_switch on, int32_t place)
{
    site->dns[site->dn_count] = (struct sim_dn){.on = on, .place = place};
    return site->dn_count++;
}

static int32_t add_place(struct site *site, struct dice *dice, int32_t tenant)
{
    struct sim_place *place = &site->places[site->place_count];
    enum sim_switch on = throw_switch(dice);
    place->tenant = tenant;
    for (int i = 0; i < 3; i++)
        place->dns[i] = add_dn(site, on, site->place_count);
    int32_t per_tenant = site->place_group_count / site->options.tenants;
    place->groups[0] = tenant * per_tenant + site->place_count % per_tenant;
    place->groups[1] = dice_chance(dice, 300) ? tenant * per_tenant + (site->place_count + 1) % per_tenant : place->groups[0];
    return site->place_count++;
}

static int32_t add_login(struct site *site, int32_t tenant, int32_t person, enum sim_switch on)
{
    site->logins[site->login_count] = (struct sim_login){.tenant = tenant, .person = person, .on = on};
    return site->login_count++;
}

/* Everything about one person but the place: that needs the couple. */
static void throw_person(struct site *site, int32_t n, int32_t rank)
{
    struct dice dice = dice_for(site->options.seed, DICE_PERSON, n, 0);
    struct sim_person *person = &site->persons[n];
    int32_t per_tenant = site->agent_group_count / site->options.tenants;
    person->tenant = tenant_of(&dice, n, site->options.tenants);
    person->agent = !dice_chance(&dice, 35);
    person->enabled = !dice_chance(&dice, 20);
    person->wfm = person->agent && dice_chance(&dice, 420);
    person->app = throw_app(&dice);
    person->habit = throw_habit(&dice);
    bool media = person->habit == HABIT_PLACE_MEDIA || dice_chance(&dice, person->habit == HABIT_PLACE_VOICE ? 550 : 350);
    person->media = media ? throw_media(&dice) : 0;
    person->late_chat = (person->media & MEDIUM_CHAT) && dice_chance(&dice, 300);
    person->two_lines = person->habit == HABIT_PLACE_VOICE && dice_chance(&dice, 70);
    person->place = person->dn = person->login = person->partner = -1;
    person->groups[0] = person->tenant * per_tenant + (int32_t)dice_below(&dice, per_tenant);
    person->groups[1] = person->tenant * per_tenant + (person->groups[0] + 1) % per_tenant;
    int64_t share = ((int64_t)rank * 2 + 1) * 65536 / (site->person_count * (int64_t)2);
    person->start_min = start_minute(share);
    int64_t length = dice_below(&dice, 100);
    person->length_min = length < 75 ? 480 : length < 88 ? 360 : 240;
}

/* Gives a person place, phone and login; the second of a couple gets the first one's place. */
static void settle_person(struct site *site, int32_t n, int32_t first)
{
    struct dice dice = dice_for(site->options.seed, DICE_PLACE, n, 0);
    struct sim_person *person = &site->persons[n];
    enum sim_switch on = throw_switch(&dice);
    if (person->habit == HABIT_PLACE_VOICE || person->habit == HABIT_PLACE_MEDIA) {
        person->place = first < 0 ? add_place(site, &dice, person->tenant) : site->persons[first].place;
        const struct sim_place *place = &site->places[person->place];
        on = site->dns[place->dns[0]].on;
        if (person->habit == HABIT_PLACE_VOICE) /* half of the couples share the line, too */
            person->dn = place->dns[first >= 0 && dice_chance(&dice, 500) ? 2 : 0];
        if (first >= 0) {
            struct sim_person *other = &site->persons[first];
            other->partner = n;
            person->partner = first;
            person->second = true;
            person->two_lines = false;
            person->start_min = (other->start_min + other->length_min - 15) % 1440;
        }
    } else if (person->habit == HABIT_DN_ONLY) {
        person->dn = add_dn(site, on, -1);
    }
    if (person->dn >= 0 || person->habit == HABIT_LOGIN_ONLY)
        person->login = add_login(site, person->tenant, n, on);
}

/* Every third person at a place takes over the place of the one before; once, across a tenant's border. */
static void settle(struct site *site)
{
    int32_t *waiting = memory_alloc_zero((size_t)site->options.tenants, sizeof *waiting);
    bool crossed = site->options.tenants < 2;
    int32_t last = -1;
    for (int32_t tenant = 0; tenant < site->options.tenants; tenant++)
        waiting[tenant] = -1;
    for (int32_t n = 0; n < site->person_count; n++) {
        struct sim_person *person = &site->persons[n];
        struct dice dice = dice_for(site->options.seed, DICE_PLACE, n, 1);
        bool seated = person->habit == HABIT_PLACE_VOICE;
        int32_t first = -1;
        if (seated && !crossed && last >= 0 && site->persons[last].tenant != person->tenant &&
            site->persons[last].partner < 0) {
            first = last;
            crossed = true;
        } else if (seated && dice_chance(&dice, 400)) {
            first = waiting[person->tenant];
        }
        settle_person(site, n, first);
        if (first >= 0 && waiting[site->persons[first].tenant] == first)
            waiting[site->persons[first].tenant] = -1;
        if (seated && first < 0 && person->enabled)
            last = waiting[person->tenant] = n;
    }
    free(waiting);
}

void site_make(struct site *site, const struct site_options *options)
{
    check(options->agents > 0 && options->tenants > 0 && options->tenants <= options->agents);
    size_t agents = (size_t)options->agents;
    *site = (struct site){.options = *options, .person_count = options->agents};
    int32_t groups_per_tenant = options->agents / options->tenants / 16 + 2;
    site->agent_group_count = groups_per_tenant * options->tenants;
    site->place_group_count = 2 * options->tenants;
    site->agent_group_tenants = memory_alloc_zero((size_t)site->agent_group_count, sizeof *site->agent_group_tenants);
    site->place_group_tenants = memory_alloc_zero((size_t)site->place_group_count, sizeof *site->place_group_tenants);
    for (int32_t i = 0; i < site->agent_group_count; i++)
        site->agent_group_tenants[i] = i / groups_per_tenant;
    for (int32_t i = 0; i < site->place_group_count; i++)
        site->place_group_tenants[i] = i / 2;
    site->persons = memory_alloc_zero(agents, sizeof *site->persons);
    site->places = memory_alloc_zero(agents, sizeof *site->places);
    site->dns = memory_alloc_zero(agents * 3 + SIM_SWITCH_COUNT, sizeof *site->dns);
    site->logins = memory_alloc_zero(agents, sizeof *site->logins);

    /* A rank in the day's starts for each, shuffled: every hour is staffed whatever the seed. */
    int32_t *ranks = memory_alloc(agents * sizeof *ranks);
    struct dice order = dice_for(options->seed, DICE_ORDER, 0, 0);
    for (int32_t i = 0; i < options->agents; i++) {
        int32_t at = (int32_t)dice_below(&order, i + 1);
        ranks[i] = ranks[at];
        ranks[at] = i;
    }
    for (int32_t n = 0; n < options->agents; n++)
        throw_person(site, n, ranks[n]);
    free(ranks);
    settle(site);
    for (int on = 0; on < SIM_SWITCH_COUNT; on++)
        site->lobby_dns[on] = add_dn(site, (enum sim_switch)on, -1);
}

void site_free(struct site *site)
{
    free(site->persons);
    free(site->places);
    free(site->dns);
    free(site->logins);
    free(site->agent_group_tenants);
    free(site->place_group_tenants);
    *site = (struct site){0};
}

int32_t site_switch_tenant(const struct site *site, enum sim_switch on)
{
    return (int32_t)on % site->options.tenants;
}

const char *sim_app_name(enum sim_app app)
{
    static const char *const names[] = {NULL, "InteractionWorkspace", "AgentDesktop", "SupervisorDesktop", "CrmCockpit"};
    return names[app];
}

const char *sim_medium_name(enum sim_medium medium)
{
    return medium == MEDIUM_VOICE    ? "voice"
           : medium == MEDIUM_EMAIL  ? "email"
           : medium == MEDIUM_CHAT   ? "chat"
           : medium == MEDIUM_SOCIAL ? "social"
                                     : "workitem";
}

bool sim_switch_has_backup(enum sim_switch on)
{
    static const bool backups[] = {
#define X(name, title, type, type_name, backup) backup,
        SIM_SWITCH_MAP(X)
#undef X
    };
    return backups[on];
}
