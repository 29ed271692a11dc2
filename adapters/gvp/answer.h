/*
 * adapters/gvp/answer.h - an answer of a Reporting Server, piece by piece → what its manifest says, and rows.  Pure.
 *
 * Nothing of an answer may be stated before it was read to its end: then it is known to be whole, and an answer to what was asked.
 * Bounded: XML_BYTES_MAX bytes, GVP_ROWS_MAX records; of the text only what a record needs is kept.
 *
 * Thread: one.  Owner: the caller; rows and texts live in the arena that was given and in the reading.
 */
#ifndef ADAPTERS_GVP_ANSWER_H
#define ADAPTERS_GVP_ANSWER_H

#include "adapters/gvp/map.h"

enum { GVP_ROWS_MAX = 50000 };
#define GVP_COUNT_NONE ((int64_t)-1)

struct gvp_answer {
    bool manifest;
    int64_t page, page_count, record_count; /* GVP_COUNT_NONE: not said, there is one page */
    instant generated;                      /* INSTANT_NONE: not said as an instant */
    instant ended_from, ended_to;           /* what was asked, as the server understood it; INSTANT_NONE: not said */
    struct gvp_row *rows;
    size_t row_count, row_capacity;
    size_t record_total;                    /* with those that were left out */
};

struct gvp_reading;

struct gvp_reading *gvp_reading_create(const struct gvp_context *context, struct arena *arena);
void gvp_reading_destroy(struct gvp_reading *reading);
/* False: it cannot be taken, see gvp_reading_why(). */
bool gvp_reading_feed(struct gvp_reading *reading, struct bytes piece);
bool gvp_reading_end(struct gvp_reading *reading);
/* "line 3, column 7: …"; good as long as the reading. */
const char *gvp_reading_why(struct gvp_reading *reading);
/* After gvp_reading_end() said true; good as long as the reading and the arena. */
const struct gvp_answer *gvp_reading_answer(const struct gvp_reading *reading);

#endif
