/*
 * adapters/icon/map.h - a row of ICON → the facts it states.  Pure: the same row in the same context
 * gives the same facts, so a restart rewrites no history, and a test can hold it.
 *
 * The history of configured objects: ICON keeps one row an object and changes it in place, and at its
 * first synchronisation every row carries that moment.  So
 *   - what the first load held is so since ever (valid_from null); deleted by then: an end beside it;
 *   - a row that came later is so from its CREATED on;
 *   - a row changed later is a further version from LASTCHANGE (DELETED for a soft delete) on;
 *   - a row that came later and had changed before we saw it states both: from CREATED on what it says
 *     now, since what it said then nobody knows.
 * Whether a row belongs to the first load is decided by its numbers against the marks at which the
 * first load ended; these stand in the cursor.
 */
#ifndef ADAPTERS_ICON_MAP_H
#define ADAPTERS_ICON_MAP_H

#include "adapters/icon/record.h"
#include "proto/fact.h"

/* A connection of the collector: sessions that end with it were not logged out. */
struct icon_disconnect {
    instant end;        /* INSTANT_NEVER: open */
    int64_t connection; /* its DSS_ID */
};

struct icon_context {
    const struct icon_map *map;
    struct bytes source;
    bool clear_names;
    int64_t first_seq, first_useq;  /* where the table's first load ended; ICON_NUMBER_MAX while it lasts */
    bool first_sight;               /* no version of this row has been published */
    enum flag wfm, has_backup;      /* what the annex says of this object */
    const struct icon_disconnect *disconnects; /* in order of end */
    size_t disconnect_count;
};

enum { ICON_FACTS_MAX = 2, DISCONNECT_WITHIN_MS = 1000 };

struct icon_facts {
    struct fact facts[ICON_FACTS_MAX];
    size_t count;      /* 0: the row states nothing that is counted (an access group, an endpoint without medium) */
    const char *why;   /* refused: why, in arena; NULL: not refused */
};

/* Maps a row of a tailed table.  Facts borrow from record and arena; each was checked by fact_check(). */
void icon_map_row(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                  struct icon_facts *out);

/* The object of a row as it is from an instant on that is not the row's own (its annex changed then). */
void icon_map_object_at(const struct icon_context *context, const struct icon_record *record, instant from, int64_t version,
                        struct arena *arena, struct icon_facts *out);

/* From when on the row says what it says, by itself: INSTANT_EVER, CREATED, LASTCHANGE or DELETED. */
instant icon_map_valid_from(const struct icon_context *context, const struct icon_record *record);

/* A connection of G_DSS_*: what was seen when.  group absent: none. */
void icon_map_coverage(const struct icon_context *context, const struct icon_record *record, struct bytes group,
                       struct arena *arena, struct icon_facts *out);

/* "table G_LOGIN_SESSION, ID 4711", in arena. */
const char *icon_map_place(const struct icon_record *record, struct arena *arena);

#endif
