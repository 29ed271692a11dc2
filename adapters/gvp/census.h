/*
 * adapters/gvp/census.h - what records have and have not, for a probe: which fields of the map, which uses, which other attributes.
 *
 * Thread: one.  Owner: the caller; its texts are its own, until gvp_census_free().
 */
#ifndef ADAPTERS_GVP_CENSUS_H
#define ADAPTERS_GVP_CENSUS_H

#include "adapters/gvp/map.h"

#include <stdio.h>

enum { GVP_OTHERS_MAX = 40 };

struct gvp_census {
    size_t records, refused, left_out;
    size_t fields[GVP_FIELD_COUNT]; /* records that have it */
    size_t uses[GVP_USE_COUNT];
    char *others[GVP_OTHERS_MAX];   /* attributes that are not in the map */
    size_t other_count;
    char *why;                      /* of the first that was refused */
};

void gvp_census_take(struct gvp_census *census, const struct gvp_map *map, const struct xml *element, const struct gvp_row *row);
/* True when each record can be taken. */
bool gvp_census_write(const struct gvp_census *census, const struct gvp_map *map, FILE *out);
void gvp_census_free(struct gvp_census *census);

#endif
