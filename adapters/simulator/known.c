/* adapters/simulator/known.c - from scripted sessions to the use of items by seats. */
#include "adapters/simulator/known.h"

#include "adapters/simulator/calls.h"
#include "adapters/simulator/sold.h"
#include "base/check.h"
#include "proto/fact.h"

#include <stdlib.h>

static const int64_t cap_ms = 24 * (int64_t)HOUR_MS;

/* What a session may be superseded on: its DN or, without one, its place and person (domain.md §7.5). */
struct device {
    uint64_t key;
    instant begin;
    size_t session;
};

static bool device_key(const struct sim_session *session, uint64_t *key)
{
    if (session->dn >= 0)
        *key = (uint64_t)1 << 63 | (uint64_t)session->dn;
    else if (session->place >= 0 && session->person >= 0)
        *key = (uint64_t)session->place << 32 | (uint64_t)session->person;
    else
        return false;
    return true;
}

static int compare_devices(const void *a, const void *b)
{
    const struct device *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Ends the open sessions at the strictly later begin of the next one on the same device. */
static void supersede(const struct script *script, instant as_of, instant *ends)
{
    struct device *devices = memory_alloc((script->session_count + 1) * sizeof *devices);
    size_t count = 0;
    for (size_t i = 0; i < script->session_count; i++) {
        const struct sim_session *session = &script->sessions[i];
        if (session->begin <= as_of && device_key(session, &devices[count].key)) {
            devices[count].begin = session->begin;
            devices[count++].session = i;
        }
    }
    qsort(devices, count, sizeof *devices, compare_devices);
    for (size_t i = 0; i < count; i++) {
        if (script->sessions[devices[i].session].end <= as_of)
            continue;
        size_t next = i + 1;
        while (next < count && devices[next].key == devices[i].key && devices[next].begin == devices[i].begin)
            next++;
        if (next < count && devices[next].key == devices[i].key && devices[next].begin < ends[devices[i].session])
            ends[devices[i].session] = devices[next].begin;
    }
    free(devices);
}

instant *truth_ends(const struct script *script, instant as_of)
{
    instant *ends = memory_alloc((script->session_count + 1) * sizeof *ends);
    for (size_t i = 0; i < script->session_count; i++) {
        const struct sim_session *session = &script->sessions[i];
        ends[i] = session->begin > as_of ? INSTANT_NONE : session->end <= as_of ? session->end : session->begin + cap_ms;
    }
    supersede(script, as_of, ends);
    return ends;
}

static uint64_t seat_of(const struct sim_session *session)
{
    return session->place >= 0    ? (uint64_t)1 << 60 | (uint64_t)session->place
           : session->dn >= 0     ? (uint64_t)2 << 60 | (uint64_t)session->dn
           : session->login >= 0  ? (uint64_t)3 << 60 | (uint64_t)session->login
           : session->person >= 0 ? (uint64_t)4 << 60 | (uint64_t)session->person
                                  : (uint64_t)5 << 60 | (uint64_t)session->id;
}

/* The switch of a session: its DN's, else its login's, else none (-1). */
static int switch_of(const struct site *site, const struct sim_session *session)
{
    return session->dn >= 0      ? (int)site->dns[session->dn].on
           : session->login >= 0 ? (int)site->logins[session->login].on
                                 : -1;
}

static int32_t tenant_of(const struct site *site, const struct sim_session *session)
{
    if (session->person >= 0)
        return site->persons[session->person].tenant;
    if (session->place >= 0)
        return site->places[session->place].tenant;
    int on = switch_of(site, session);
    check(on >= 0); /* the script has no session without any of the three: its tenant would be 0 */
    return site_switch_tenant(site, (enum sim_switch)on);
}

static int media_known(const struct script *script, const struct sim_session *session, instant as_of)
{
    int media = 0;
    for (int i = 0; i < session->media_count; i++) {
        const struct sim_media_row *row = &script->media[session->first_media + (size_t)i];
        if (row->begin <= as_of)
            media |= (int)row->medium;
    }
    return media;
}

static bool is_agent(const struct site *site, const struct sim_session *session)
{
    return session->person >= 0 && site->persons[session->person].agent;
}

/* All items but outbound, which is a part of a session's time. */
static uint32_t items_of(const struct site *site, const struct sim_session *session, int media)
{
    bool voice = session->dn >= 0 || (media & MEDIUM_VOICE), agent = is_agent(site, session);
    int on = switch_of(site, session);
    enum sim_app app = session->app;
    struct { enum sim_item item; bool uses; } rules[] = {
        {SIM_ITEM_CIM_MS, true},
        {SIM_ITEM_INFO_MART, true},
        {SIM_ITEM_GI2, true},
        {SIM_ITEM_HA_CIM, on >= 0 && sim_switch_has_backup((enum sim_switch)on)},
        {SIM_ITEM_AGENT_DESKTOP, app == SIM_APP_AGENT_DESKTOP},
        {SIM_ITEM_SUPERVISOR_DESKTOP, app == SIM_APP_SUPERVISOR_DESKTOP},
        {SIM_ITEM_WORKSPACE, app == SIM_APP_WORKSPACE},
        {SIM_ITEM_AGENT_CONNECTOR, app == SIM_APP_NONE || app == SIM_APP_OTHER},
        {SIM_ITEM_EMAIL, agent && (media & MEDIUM_EMAIL)},
        {SIM_ITEM_WEB_MEDIA, agent && (media & MEDIUM_CHAT)},
        {SIM_ITEM_SOCIAL, agent && (media & MEDIUM_SOCIAL)},
        {SIM_ITEM_WORK_ITEMS, agent && (media & MEDIUM_OTHER)},
        {SIM_ITEM_INBOUND_VOICE, voice},
        {SIM_ITEM_NETWORK_VOICE, voice && on == SIM_SWITCH_NETWORK},
        {SIM_ITEM_SIP_SERVER, voice && on == SIM_SWITCH_SIP},
        {SIM_ITEM_WFM, session->person >= 0 && site->persons[session->person].wfm},
    };
    uint32_t items = 0;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        items |= rules[i].uses ? 1u << rules[i].item : 0;
    return items;
}

/* A session uses a bundle when it uses an item of it and none that it excludes. */
static uint32_t bundles_of(uint32_t items)
{
    uint32_t bundles = 0;
    for (int item = SIM_ITEM_BUNDLE_FIRST; item < SIM_ITEM_COUNT; item++) {
        const struct sold_bundle *bundle = sold_bundle_of((enum sim_item)item);
        bundles |= (items & bundle->includes) && !(items & bundle->excludes) ? 1u << item : 0;
    }
    return bundles;
}

static void add_use(struct seat_uses *uses, struct seat_use use)
{
    if (use.from >= use.to || !use.items)
        return;
    if (uses->count == uses->room) {
        uses->room = uses->room ? uses->room * 2 : 1024;
        uses->items = memory_resize(uses->items, uses->room * sizeof *uses->items);
    }
    uses->items[uses->count++] = use;
}

/* The parts of an agent's voice session during which a campaign of one of the agent's groups is loaded. */
static void add_outbound(const struct script *script, const struct sim_session *session, struct seat_use use, instant as_of,
                         struct seat_uses *uses)
{
    const struct sim_person *person = &script->site->persons[session->person];
    use.items = 1u << SIM_ITEM_OUTBOUND_MS;
    for (size_t i = 0; i < script->campaign_count; i++) {
        const struct sim_campaign *campaign = &script->campaigns[i];
        if (campaign->from > as_of || (campaign->group != person->groups[0] && campaign->group != person->groups[1]))
            continue;
        instant to = campaign->to <= as_of ? campaign->to : INSTANT_NEVER;
        struct seat_use part = use;
        part.from = campaign->from > use.from ? campaign->from : use.from;
        part.to = to < use.to ? to : use.to;
        add_use(uses, part);
    }
}

/* Each leg is a use by its call; a leg that was not over at as_of lasts up to the cap (domain.md §7.17). */
static void add_calls(const struct calls *calls, instant as_of, struct seat_uses *uses)
{
    static const struct {
        unsigned use;
        enum sim_item item;
    } rules[] = {{PORT_GVP, SIM_ITEM_GVP_PORTS}, {PORT_ASR, SIM_ITEM_GVP_ASR}, {PORT_TTS, SIM_ITEM_GVP_TTS}, {PORT_RECORDING, SIM_ITEM_CALL_RECORDING},
                 {PORT_PARKING, SIM_ITEM_CALL_PARKING}};
    for (size_t i = 0; i < calls->count; i++)
        for (int k = 0; k < calls->items[i].leg_count; k++) {
            const struct sim_leg *leg = &calls->items[i].legs[k];
            struct seat_use use = {.seat = (uint64_t)6 << 60 | i, .from = leg->begin, .to = leg->end <= as_of ? leg->end : leg->begin + cap_ms,
                                   .tenant = calls->items[i].tenant};
            for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
                use.items |= leg->uses & rules[r].use ? 1u << rules[r].item : 0;
            if (leg->begin <= as_of)
                add_use(uses, use);
        }
}

struct seat_uses known_uses(const struct script *script, instant as_of)
{
    struct seat_uses uses = {0};
    instant *ends = truth_ends(script, as_of);
    for (size_t i = 0; i < script->session_count; i++) {
        const struct sim_session *session = &script->sessions[i];
        if (ends[i] == INSTANT_NONE)
            continue;
        int media = media_known(script, session, as_of);
        struct seat_use use = {
            .seat = seat_of(session), .from = session->begin, .to = ends[i],
            .tenant = tenant_of(script->site, session), .items = items_of(script->site, session, media),
        };
        if (script->sold)
            use.items |= bundles_of(use.items);
        add_use(&uses, use);
        if (is_agent(script->site, session) && (use.items & 1u << SIM_ITEM_INBOUND_VOICE))
            add_outbound(script, session, use, as_of, &uses);
    }
    free(ends);
    if (script->calls)
        add_calls(script->calls, as_of, &uses);
    return uses;
}
