/*
 * adapters/simulator/reporter.h - the simulated GVP Reporting Server: a request's target → an answer, in the documented shape.
 *
 * Completed calls come when they were written, some of them late, in order of their end, so that a late one shifts the pages
 * behind it; calls in progress are in their own list.  Its clock is set from outside; it answers nothing before.  After
 * reporter_end() the clock goes on but no call begins or ends.
 *
 * Thread: reporter_answer() one; reporter_clock() and reporter_end() any.  Whoever speaks HTTP is not its affair.
 */
#ifndef ADAPTERS_SIMULATOR_REPORTER_H
#define ADAPTERS_SIMULATOR_REPORTER_H

#include "adapters/simulator/calls.h"
#include "base/bytes.h"

enum { REPORTER_PAGE_SIZE = 1000, REPORTER_PAGE_SIZE_MAX = 5000 };

struct reporter;

struct reporter *reporter_create(const struct site_options *site, const struct delivery_options *delivery, instant begin);
void reporter_destroy(struct reporter *reporter);
void reporter_clock(struct reporter *reporter, instant now);
void reporter_end(struct reporter *reporter, instant at);

/* target: "/ems-rs/HIST/CDRs/MCP/details?page=1&…", its % escapes undone or none.  The status, and what belongs to it in body. */
int reporter_answer(struct reporter *reporter, struct bytes target, struct buffer *body);

#endif
