/* adapters/simulator/script.c - from shifts to sessions and events. */
#include "adapters/simulator/script.h"

#include "adapters/simulator/dice.h"
#include "adapters/simulator/draft.h"
#include "adapters/simulator/watch.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Row ids: ten million a day; a day of 100,000 agents needs two million. */
static const int64_t ids_per_day = 10000000;

static void *more(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : 1024;
    return memory_resize(items, *room * size);
}

static void add_event(struct script *script, instant at, enum sim_event_kind kind, size_t index)
{
    script->events = more(script->events, script->event_count, &script->event_room, sizeof *script->events);
    script->events[script->event_count++] = (struct sim_event){.at = at, .kind = kind, .index = index};
}

static void add_session(struct script *script, const struct draft *draft, int64_t id, int64_t *media_id)
{
    script->sessions = more(script->sessions, script->session_count, &script->session_room, sizeof *script->sessions);
    size_t index = script->session_count++;
    struct sim_session *session = &script->sessions[index];
    struct sim_media_row media[DRAFT_MEDIA_MAX];
    memcpy(media, draft->media, sizeof media);
    *session = draft->session;
    session->id = id;
    session->first_media = script->media_count;
    session->media_count = draft->media_count;
    watch_session(script, session, media, draft->media_count);
    if (!(session->cases & CASE_UNSEEN))
        add_event(script, session->begin, EVENT_LOGIN, index);
    for (int i = 0; i < draft->media_count; i++) {
        script->media = more(script->media, script->media_count, &script->media_room, sizeof *script->media);
        struct sim_media_row *row = &script->media[script->media_count];
        *row = media[i];
        row->session = index;
        row->id = ++*media_id;
        if (row->begin > session->begin && row->begin != INSTANT_NEVER)
            add_event(script, row->begin, EVENT_MEDIA, script->media_count);
        script->media_count++;
    }
    if (session->end != INSTANT_NEVER)
        add_event(script, session->end, EVENT_LOGOUT, index);
}

/* Two campaigns a tenant: one by day with a pause at noon, one over midnight. */
static void add_campaigns(struct script *script, int32_t day, int64_t id)
{
    static const struct { int from_min, to_min, campaign; } loads[] = {{480, 750, 0}, {840, 1110, 0}, {1200, 1530, 1}};
    const struct site *site = script->site;
    int32_t per_tenant = site->agent_group_count / site->options.tenants;
    for (int32_t tenant = 0; tenant < site->options.tenants; tenant++)
        for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
            struct dice dice = dice_for(site->options.seed, DICE_CAMPAIGN, tenant * 8 + (int64_t)i, day);
            instant midnight = day * (int64_t)DAY_MS;
            struct sim_campaign campaign = {
                .id = ++id,
                .campaign = tenant * 2 + loads[i].campaign,
                .group = tenant * per_tenant + loads[i].campaign % per_tenant,
                .from = midnight + loads[i].from_min * (int64_t)MINUTE_MS + dice_between(&dice, -20 * MINUTE_MS, 20 * MINUTE_MS),
                .to = midnight + loads[i].to_min * (int64_t)MINUTE_MS + dice_between(&dice, -20 * MINUTE_MS, 20 * MINUTE_MS),
            };
            if (campaign.to <= script->begin)
                continue;
            if (campaign.from < script->begin)
                campaign.from = script->begin + dice_below(&dice, 90 * SECOND_MS);
            script->campaigns = more(script->campaigns, script->campaign_count, &script->campaign_room, sizeof *script->campaigns);
            add_event(script, campaign.from, EVENT_LOAD, script->campaign_count);
            add_event(script, campaign.to, EVENT_UNLOAD, script->campaign_count);
            script->campaigns[script->campaign_count++] = campaign;
        }
}

static void add_outages(struct script *script, int32_t day)
{
    struct sim_outage outages[DROPS_MAX];
    int count = watch_outages(script, day, outages);
    for (int i = 0; i < count; i++) {
        script->outages = more(script->outages, script->outage_count, &script->outage_room, sizeof *script->outages);
        add_event(script, outages[i].from, EVENT_DROP, script->outage_count);
        add_event(script, outages[i].to, EVENT_BACK, script->outage_count);
        script->outages[script->outage_count++] = outages[i];
    }
}

static int compare_events(const void *a, const void *b)
{
    const struct sim_event *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* True when the draft belongs to the script; one that is running at its begin logs in just after it. */
static bool cut_draft(const struct script *script, struct draft *draft)
{
    struct sim_session *session = &draft->session;
    if (session->begin >= script->begin)
        return true;
    struct dice dice = dice_for(script->site->options.seed, DICE_DAY, session->person, -1);
    instant begin = script->begin + dice_below(&dice, 90 * SECOND_MS);
    if (session->end == INSTANT_NEVER || session->end < begin + MINUTE_MS)
        return false;
    session->begin = begin;
    session->cases = (session->cases & ~(unsigned)CASE_SAME_MS) | CASE_CUT;
    for (int i = 0; i < draft->media_count; i++)
        if (draft->media[i].begin < begin)
            draft->media[i].begin = begin;
    return true;
}

static void add_day(struct script *script, int32_t day)
{
    struct drafts drafts;
    drafts_make(&drafts, script->site, day);
    int64_t base = (day - instant_day(script->begin) + 1) * ids_per_day;
    int64_t media_id = base;
    for (size_t i = 0; i < drafts.count; i++)
        if (cut_draft(script, &drafts.items[i]))
            add_session(script, &drafts.items[i], base + (int64_t)i + 1, &media_id);
    drafts_free(&drafts);
    add_campaigns(script, day, base);
    add_outages(script, day);
}

void script_make(struct script *script, const struct site *site, instant begin)
{
    script_make_watched(script, site, begin, 0, 0);
}

void script_make_watched(struct script *script, const struct site *site, instant begin, int icon, int drops)
{
    check(drops >= 0 && drops <= DROPS_MAX);
    *script = (struct script){.site = site, .begin = begin, .icon = icon, .drops = drops, .next_day = instant_day(begin) - 1};
}

void script_free(struct script *script)
{
    free(script->sessions);
    free(script->media);
    free(script->campaigns);
    free(script->outages);
    free(script->events);
    *script = (struct script){0};
}

void script_reach(struct script *script, instant at)
{
    /* A shift begins on its own day, so with the day after it no event can come that is earlier than what was taken. */
    if (script->next_day > instant_day(at) + 1)
        return;
    while (script->next_day <= instant_day(at) + 1)
        add_day(script, script->next_day++);
    qsort(script->events + script->taken, script->event_count - script->taken, sizeof *script->events, compare_events);
}

size_t script_session(const struct script *script, const struct sim_event *event)
{
    switch (event->kind) {
    case EVENT_LOGIN:
    case EVENT_LOGOUT:
        return event->index;
    case EVENT_MEDIA:
        return script->media[event->index].session;
    case EVENT_LOAD:
    case EVENT_UNLOAD:
    case EVENT_DROP:
    case EVENT_BACK:
        break;
    }
    return SIZE_MAX;
}

enum sim_provider script_provider(const struct script *script, const struct sim_event *event)
{
    size_t session = script_session(script, event);
    return session == SIZE_MAX ? PROVIDER_OUTBOUND : script->sessions[session].provider;
}

char *script_guid(const struct script *script, const struct sim_session *session, char text[SIM_GUID_SIZE])
{
    struct dice dice = dice_for(script->site->options.seed, DICE_GUID, session->id, watch_is_common(session->provider) ? 0 : script->icon);
    uint64_t high = dice_throw(&dice), low = dice_throw(&dice);
    snprintf(text, SIM_GUID_SIZE, "%016" PRIX64 "%016" PRIX64, high, low);
    return text;
}
