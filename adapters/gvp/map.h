/*
 * adapters/gvp/map.h - a record → the fact of a port.  Pure: the same record always states the same fact.
 *
 * Key: component/session.  Call: the GVP guid, so that all legs of a call, from however many servers, are one subject
 * (domain.md §7.17).  A media leg without one is a call by itself, known by its key, so that two servers still mean the same;
 * a Resource Manager's leg without one could not be joined to its media leg and is refused where both are read.
 *
 * Version: of a call in progress what it uses (bits are only added), of a completed one 2^62 + 32 × its end + what it uses: so
 * whatever is read when, the completed record wins, and of two the one that ended later.
 */
#ifndef ADAPTERS_GVP_MAP_H
#define ADAPTERS_GVP_MAP_H

#include "adapters/gvp/record.h"
#include "proto/fact.h"

struct gvp_census;

struct gvp_context {
    const struct gvp_map *map;
    struct bytes source;
    enum gvp_leg leg;
    bool legs_joined; /* MCP and RM are both read */
    struct gvp_census *census; /* what is met is counted there, too; NULL: it is not */
};

struct gvp_row {
    bool left_out;     /* it uses nothing that counts */
    struct fact fact;
    const char *why;   /* refused; then place and raw are set */
    const char *place; /* "MCP record, comp-id 105, session-id 01A2" */
    struct bytes raw;
};

/* Into arena. */
struct gvp_row gvp_map_record(const struct gvp_context *context, const struct xml *element, struct arena *arena);
/* What of a row makes it another one: two equal ones need not be stated twice. */
uint64_t gvp_row_hash(const struct gvp_row *row);

#endif
