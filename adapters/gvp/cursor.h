/*
 * adapters/gvp/cursor.h - where a source is: its cursor.
 *
 * confirmed: all records of calls that ended in [since, confirmed) were read.  The second pass reads [second_from, second_until)
 * again; second_day is the day (UTC, from second_pass_hour on) of the last one that was begun.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_GVP_CURSOR_H
#define ADAPTERS_GVP_CURSOR_H

#include "base/err.h"
#include "base/instant.h"
#include "base/memory.h"

struct gvp_cursor {
    instant since, confirmed;        /* INSTANT_NONE: nothing was read yet */
    instant watermark;               /* INSTANT_NONE: none yet */
    instant second_from, second_until; /* equal: no pass is under way */
    int64_t second_day;
    int64_t declared, covered;       /* versions of the source and coverage facts; 0: not said */
    struct bytes group;              /* as declared */
};

/* Absent text: the start.  ERR_INPUT and *why: no cursor of ours. */
MUST_CHECK enum err gvp_cursor_read(struct bytes text, struct arena *arena, struct gvp_cursor *cursor, const char **why);
void gvp_cursor_write(const struct gvp_cursor *cursor, struct buffer *out);

#endif
