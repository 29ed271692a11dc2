/*
 * adapters/simulator/script.h - what happens: the days of a site as sessions, media rows, campaigns and events.
 *
 * A script begins at an instant and is made day by day, in order; each day depends on (site, day) alone, so a
 * script is the same however it is cut into runs, and so are the ids of its rows.  Beside the ordinary day it holds
 * what hurts: sessions that never end, PCs that crash and log in again, a logout and a login in one millisecond,
 * sessions of no length, chat that is opened late, two people at one place, sessions on two DNs, without a person,
 * over midnight.  cases of a session says which.
 *
 * A session that runs at the script's begin logs in within the first ninety seconds after it.
 * A script is what one ICON sees (watch.h): with icon 0 and no drops, all of it.
 * Events stand in order of time; taken is how many of them the writer has written: a new day sorts only the rest.
 * Thread: one.  Owner: the caller, until script_free().
 */
#ifndef ADAPTERS_SIMULATOR_SCRIPT_H
#define ADAPTERS_SIMULATOR_SCRIPT_H

#include "adapters/simulator/people.h"

#include <stddef.h>

/* Who sends the events: three T-Servers (one a switch, in enum sim_switch's order) and the others. */
enum sim_provider {
    PROVIDER_SIP, PROVIDER_TDM, PROVIDER_NETWORK, PROVIDER_INTERACTION, PROVIDER_OUTBOUND, PROVIDER_CONFIG, PROVIDER_COUNT,
};

/* Bits of sim_session.cases. */
enum sim_case {
    CASE_STUCK = 1,        /* no logout, ever, at the end of the shift */
    CASE_CRASH = 2,        /* no logout, ever; logged in again minutes later */
    CASE_SAME_MS = 4,      /* begins in the millisecond in which another ended */
    CASE_EMPTY = 8,        /* begins and ends in one millisecond */
    CASE_LATE_CHAT = 16,   /* chat was added to the running session */
    CASE_TWO_DNS = 32,
    CASE_NO_PERSON = 64,
    CASE_NO_PLACE = 128,
    CASE_CUT = 256,        /* was running when the script began */
    CASE_UNSEEN = 512,     /* the ICON was not connected when it began: it begins never */
    CASE_LOST = 1024,      /* the ICON lost its connection: that is its end there */
};

struct sim_session {
    int64_t id;
    int32_t person, login, place, dn; /* indexes, -1: none */
    enum sim_app app;
    enum sim_provider provider;
    instant begin, end; /* INSTANT_NEVER: never ends */
    size_t first_media;
    int media_count;
    unsigned cases;
    int64_t seq, useq; /* GSYS_SEQ, GSYS_USEQ; 0: not written yet */
    int64_t connection; /* GSYS_DOMAIN: by which connection its provider told of it */
};

struct sim_media_row {
    int64_t id;
    size_t session;
    enum sim_medium medium;
    int32_t dn; /* index, -1: none */
    instant begin; /* ends with the session */
    int64_t seq, useq;
};

struct sim_campaign {
    int64_t id;
    int32_t campaign, group; /* group: an agent group's index */
    instant from, to;
    int64_t seq, useq;
};

/* An ICON was not connected to some providers. */
struct sim_outage {
    instant from, to;
    unsigned providers; /* bits 1 << enum sim_provider */
    int32_t number;     /* from 1 on, in order */
};

struct sim_connection {
    int64_t id; /* DSS_ID */
    instant from;
};

enum sim_event_kind { EVENT_LOGIN, EVENT_MEDIA, EVENT_LOGOUT, EVENT_LOAD, EVENT_UNLOAD, EVENT_DROP, EVENT_BACK };

struct sim_event {
    instant at;
    enum sim_event_kind kind;
    size_t index; /* of the session (LOGIN, LOGOUT), the media row (MEDIA: one that was added later), the campaign, the outage */
};

struct calls;

struct script {
    const struct site *site;
    const struct calls *calls; /* of the voice portal, for the truth; NULL: there is none */
    bool sold;                 /* for the truth: what sold.h says was sold */
    instant begin;
    int icon;         /* 0: the first of a pair, or the only one; 1: its twin (watch.h) */
    int drops;        /* connections that it loses a day */
    int32_t next_day; /* the first day that is not made yet */
    struct sim_session *sessions;
    size_t session_count, session_room;
    struct sim_media_row *media;
    size_t media_count, media_room;
    struct sim_campaign *campaigns;
    size_t campaign_count, campaign_room;
    struct sim_outage *outages;
    size_t outage_count, outage_room;
    struct sim_event *events;
    size_t event_count, event_room;
    size_t taken;
};

void script_make(struct script *script, const struct site *site, instant begin);
/* The same as one ICON of a pair has it: what it does not see does not happen there. */
void script_make_watched(struct script *script, const struct site *site, instant begin, int icon, int drops);
void script_free(struct script *script);
/* Makes all days up to that of at, and the next one. */
void script_reach(struct script *script, instant at);

/* Which provider an event comes from. */
enum sim_provider script_provider(const struct script *script, const struct sim_event *event);
/* The session of an event, SIZE_MAX for campaigns and outages. */
size_t script_session(const struct script *script, const struct sim_event *event);
/* LOGINSESSIONID of a session. */
enum { SIM_GUID_SIZE = 33 };
char *script_guid(const struct script *script, const struct sim_session *session, char text[SIM_GUID_SIZE]);

#endif
