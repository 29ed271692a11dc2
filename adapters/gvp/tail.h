/*
 * adapters/gvp/tail.h - follows one Reporting Server: the order of a poll.
 *
 * A poll asks, for each leg that is read:
 *   1  which calls are in progress;
 *   2  which calls ended since the confirmed instant, up to the server's now less lag: this is the settled window.  It begins
 *      lag earlier, and from time to time overlap earlier, since records come late.  When it was read whole for every leg, its end
 *      is the new confirmed instant.  While far behind, it is at most window long;
 *   3  which calls ended after that: of no weight, so that the end of a call is known soon;
 *   4  one window of the second pass: once a day the last two days are read again.
 *
 * A window is whole when its records stood still while its pages were read: one page, or several, and twice the same.  Else
 * it is read again, then in halves; so a window in which no page fits stays as it is and is tried again.
 *
 * Watermark: calls in progress were read at r (whole), and r lies before the confirmed instant.  A call begun before r - lag was
 * either in progress at r, or had ended before it and is in the windows.  So r - lag; never above our own clock.  The server's
 * now is what the answer says, at most our own clock, so that a clock that was wrong for a moment confirms nothing.
 *
 * The tail speaks to the server through get() alone.  Thread: one.  Owner: the caller.
 */
#ifndef ADAPTERS_GVP_TAIL_H
#define ADAPTERS_GVP_TAIL_H

#include "adapters/adapter.h"
#include "adapters/gvp/settings.h"
#include "base/http_client.h"

#include <stdio.h>

enum { GVP_FAULT_BYTES = 1000 };

struct gvp_fault {
    bool of_leg; /* the server answers, but not as it should for this leg: the others go on */
    char text[GVP_FAULT_BYTES];
};

struct gvp_tail_options {
    const struct gvp_settings *settings;
    const char *part; /* who speaks in the log */
    struct adapter_sink sink;
    struct bytes cursor;
    void *owner;
    enum err (*get)(void *owner, const char *target, const struct http_client_take *take, struct http_client_answer *answer); /* as http_client_get() */
};

enum gvp_next { GVP_REST, GVP_NOW /* it is behind */ };

struct gvp_tail;

/* A cursor that cannot be read is told and left aside: it begins anew, which changes nothing. */
struct gvp_tail *gvp_tail_create(const struct gvp_tail_options *options);
void gvp_tail_destroy(struct gvp_tail *tail);
/* wall: our clock.  ERR_OK; ERR_CANCELLED; any other and *fault, a sentence: what could be read was handed over all the same. */
MUST_CHECK enum err gvp_tail_poll(struct gvp_tail *tail, instant wall, enum gvp_next *next, struct gvp_fault *fault);

/* Hands over again the calls that began or ended from … to: those that ended up to the cap of 24 h after it, and those in
 * progress.  No cursor follows.  As gvp_tail_poll(). */
MUST_CHECK enum err gvp_tail_again(struct gvp_tail *tail, instant from, instant to, instant wall, struct gvp_fault *fault);

/* Looks at each report that it would ask for, hands nothing over, and says on out what it found.  ERR_OK; ERR_INPUT: a report
 * cannot be read, or lacks what is needed; ERR_AWAY: nobody answers; both are said on out. */
MUST_CHECK enum err gvp_tail_probe(struct gvp_tail *tail, instant wall, FILE *out);

#endif
