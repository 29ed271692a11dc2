/*
 * adapters/simulator/people.h - the site: who works there, where, and with what.
 *
 * A site is made once from (seed, agents, tenants) and does not change: tenants, three switches (SIP with a
 * backup, TDM, a network switch with a backup), places with their DNs, logins, persons with their habits, agent
 * groups (each person in two that overlap) and place groups.  Its numbers (DBIDs) count up from the bases below.
 *
 * Words: a habit is how a person works: at a place with a phone, at a place with media only, on a DN without a
 * place, on a SIP Cluster (neither place nor DN nor login), on a login alone.  A couple are two people who share a
 * place: the second one's shift begins shortly before the first one's ends.  An index is a position in the site's
 * arrays, -1 is none; an id is what the database says.
 */
#ifndef ADAPTERS_SIMULATOR_PEOPLE_H
#define ADAPTERS_SIMULATOR_PEOPLE_H

#include "base/instant.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

/* DBIDs; each kind of object has a space of its own, as in the Configuration Server. */
enum {
    TENANT_ID_BASE = 101, SWITCH_ID_BASE = 11, PLACE_ID_BASE = 3001, PERSON_ID_BASE = 5001, LOGIN_ID_BASE = 7001,
    DN_ID_BASE = 9001, AGENT_GROUP_ID_BASE = 2001, PLACE_GROUP_ID_BASE = 900001, CAMPAIGN_ID_BASE = 801,
};

/* number in GC_SWITCH.TYPE, name, has a backup */
#define SIM_SWITCH_MAP(X)                                                                                            \
    X(SIP, "SIP", 52, "SIP Switch", true)                                                                            \
    X(TDM, "Hall TDM", 2, "Nortel Meridian 1", false)                                                                \
    X(NETWORK, "Network", 24, "Network Switch", true)

enum sim_switch {
#define X(name, title, type, type_name, backup) SIM_SWITCH_##name,
    SIM_SWITCH_MAP(X)
#undef X
    SIM_SWITCH_COUNT
};

enum sim_app { SIM_APP_NONE, SIM_APP_WORKSPACE, SIM_APP_AGENT_DESKTOP, SIM_APP_SUPERVISOR_DESKTOP, SIM_APP_OTHER };

enum sim_habit { HABIT_PLACE_VOICE, HABIT_PLACE_MEDIA, HABIT_DN_ONLY, HABIT_CLUSTER, HABIT_LOGIN_ONLY };

/* Bits of person.media and of a session's media. */
enum sim_medium { MEDIUM_VOICE = 1, MEDIUM_EMAIL = 2, MEDIUM_CHAT = 4, MEDIUM_SOCIAL = 8, MEDIUM_OTHER = 16 };

struct sim_dn {
    enum sim_switch on;
    int32_t place; /* index; -1: none */
};

struct sim_place {
    int32_t tenant;
    int32_t dns[3]; /* line 1, line 2, the second person's own line; -1: none */
    int32_t groups[2];
};

struct sim_login {
    int32_t tenant, person;
    enum sim_switch on;
};

struct sim_person {
    int32_t tenant;
    bool agent, enabled, wfm;
    enum sim_app app;
    enum sim_habit habit;
    int media;          /* media of the person's Interaction Server sessions, 0: has none */
    bool late_chat;     /* opens chat only hours after login */
    bool two_lines;     /* voice sessions on two DNs of the place */
    int32_t place, dn, login;
    int32_t groups[2];  /* may be equal */
    int32_t partner;    /* the other one of the couple; -1: none */
    bool second;        /* comes when the partner leaves */
    int32_t start_min;  /* minute of the day (UTC) at which the shift begins, on average */
    int32_t length_min;
};

struct site_options {
    uint64_t seed;
    int32_t agents, tenants;
};

struct site {
    struct site_options options;
    struct sim_person *persons;
    int32_t person_count;
    struct sim_place *places;
    int32_t place_count;
    struct sim_dn *dns;
    int32_t dn_count;
    int32_t lobby_dns[SIM_SWITCH_COUNT]; /* phones without a place, one a switch, that no person owns */
    struct sim_login *logins;
    int32_t login_count;
    int32_t *agent_group_tenants;
    int32_t agent_group_count;
    int32_t *place_group_tenants;
    int32_t place_group_count;
};

/* Owner: the caller, until site_free(). */
void site_make(struct site *site, const struct site_options *options);
void site_free(struct site *site);

/* The tenant that a switch belongs to, as an index. */
int32_t site_switch_tenant(const struct site *site, enum sim_switch on);
/* "InteractionWorkspace", …; NULL for none.  Static. */
const char *sim_app_name(enum sim_app app);
/* MEDIATYPE; static. */
const char *sim_medium_name(enum sim_medium medium);
bool sim_switch_has_backup(enum sim_switch on);

#endif
