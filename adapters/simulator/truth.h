/*
 * adapters/simulator/truth.h - what a counter must report, computed from the script and from nothing else.
 *
 * It is the simulator's own reading of domain.md §2 and §7: which sessions are known at as_of and until when they
 * last (true end, superseded, capped), which items each one uses, which seat it takes; then one sweep over time per
 * scope and item.  It shares no code with the engine on purpose.  Periods are UTC; the one that as_of falls into is
 * counted up to as_of and marked partial.
 * Pure.  Thread: any.
 */
#ifndef ADAPTERS_SIMULATOR_TRUTH_H
#define ADAPTERS_SIMULATOR_TRUTH_H

#include "adapters/simulator/script.h"

#include <stdio.h>

/* The items that ICON alone feeds, then those of the voice portal, then the bundles that were sold (sold.h): name, code */
#define SIM_ITEM_MAP(X)                                                                                              \
    X(CIM_MS, "cim-ms")                                                                                              \
    X(HA_CIM, "ha-cim")                                                                                              \
    X(AGENT_DESKTOP, "agent-desktop")                                                                                \
    X(SUPERVISOR_DESKTOP, "supervisor-desktop")                                                                      \
    X(WORKSPACE, "workspace")                                                                                        \
    X(EMAIL, "email")                                                                                                \
    X(SOCIAL, "social")                                                                                              \
    X(WEB_MEDIA, "web-media")                                                                                        \
    X(WORK_ITEMS, "work-items")                                                                                      \
    X(OUTBOUND_MS, "outbound-ms")                                                                                    \
    X(INFO_MART, "info-mart")                                                                                        \
    X(GI2, "gi2")                                                                                                    \
    X(AGENT_CONNECTOR, "agent-connector")                                                                            \
    X(INBOUND_VOICE, "inbound-voice")                                                                                \
    X(NETWORK_VOICE, "network-voice")                                                                                \
    X(SIP_SERVER, "sip-server")                                                                                      \
    X(WFM, "wfm")                                                                                                    \
    X(GVP_PORTS, "gvp-ports")                                                                                        \
    X(GVP_ASR, "gvp-asr")                                                                                            \
    X(GVP_TTS, "gvp-tts")                                                                                            \
    X(CALL_RECORDING, "call-recording")                                                                              \
    X(CALL_PARKING, "call-parking")                                                                                  \
    X(BUNDLE_PHONE, "bundle:10001")                                                                                  \
    X(BUNDLE_WRITING, "bundle:10002")                                                                                \
    X(BUNDLE_DESK, "bundle:10003")

enum sim_item {
#define X(name, code) SIM_ITEM_##name,
    SIM_ITEM_MAP(X)
#undef X
    SIM_ITEM_COUNT,
    SIM_ITEM_ICON_COUNT = SIM_ITEM_GVP_PORTS,
    SIM_ITEM_BUNDLE_FIRST = SIM_ITEM_BUNDLE_PHONE,
};

struct truth_row {
    int64_t tenant; /* id; 0: the system */
    enum sim_item item;
    bool day;       /* else ten minutes */
    instant start;
    bool partial;   /* as_of falls into it */
    int64_t peak, seat_ms;
    instant peak_at; /* INSTANT_NONE when the peak is 0 */
    bool bought; /* a day, and something was sold: */
    int64_t entitled, burst, over, over_burst; /* -1 is null (domain.md §7.15) */
};

typedef void (*truth_take)(void *owner, const struct truth_row *row);

/* Rows of all periods that begin before as_of, ordered by scope, item, granularity, start.  Items of the voice portal have rows
 * when the script has calls, which must reach as_of; bundles when something was sold. */
void truth_compute(const struct script *script, instant as_of, truth_take take, void *owner);
/* The same as JSON lines after a first line {"as_of":"…"}. */
void truth_write(const struct script *script, instant as_of, FILE *file);
/* Until when a session lasts as far as it is known at as_of, for tests: INSTANT_NONE when it is not known yet. */
instant *truth_ends(const struct script *script, instant as_of); /* one a session; the caller frees it */
const char *sim_item_code(enum sim_item item);

#endif
