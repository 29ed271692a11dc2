/*
 * adapters/simulator/watch.h - what one ICON of a pair sees of what happens.
 *
 * An ICON loses its connection to a provider, or to all of them at once, some times a day and gets it back within
 * half an hour.  At the loss it ends the sessions that it had from there; what begins meanwhile it never sees, and a
 * session that it lost it does not find again.  The twin's clock hears of everything a little later (up to LAG_MS_MAX), and
 * where the servers give no common LOGINSESSIONID it makes one of its own: then only the attributes tell that two
 * sessions are one (domain.md §7.4).
 *
 * Outages depend on (seed, icon, day) alone; those of one ICON do not overlap.  Pure.  Thread: any.
 */
#ifndef ADAPTERS_SIMULATOR_WATCH_H
#define ADAPTERS_SIMULATOR_WATCH_H

#include "adapters/simulator/script.h"

enum { LAG_MS_MAX = 1200, DROPS_MAX = 24 };

/* The outages that begin on a day, in order; how many there are, at most DROPS_MAX. */
int watch_outages(const struct script *script, int32_t day, struct sim_outage outages[DROPS_MAX]);

/* When the provider was lost, while it is away at an instant; else INSTANT_NONE. */
instant watch_away_since(const struct script *script, enum sim_provider provider, instant at);

/* Turns a session and its media rows into what this ICON has of them: CASE_UNSEEN (begins never), CASE_LOST (ends with the
 * connection), media that it did not see begin never. */
void watch_session(const struct script *script, struct sim_session *session, struct sim_media_row *media, int media_count);

/* The connection to a provider as it stands at an instant (while it is away: the one that ended): since when, and its DSS_ID. */
struct sim_connection watch_connection(const struct script *script, enum sim_provider provider, instant at);

/* True when both ICONs of a pair write the same LOGINSESSIONID for what the provider sends. */
bool watch_is_common(enum sim_provider provider);

#endif
