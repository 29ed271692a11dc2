/*
 * adapters/gvp/record.h - one leg of a call as a Reporting Server writes it, by our words.  Pure.
 *
 * Thread: any.  It borrows from the element.
 */
#ifndef ADAPTERS_GVP_RECORD_H
#define ADAPTERS_GVP_RECORD_H

#include "adapters/gvp/columns.h"
#include "base/xml.h"

enum { GVP_FIELD_COUNT = GVP_NAME_COUNT - GVP_FIELD_FIRST };

struct gvp_record {
    struct bytes fields[GVP_FIELD_COUNT]; /* [GVP_… - GVP_FIELD_FIRST]; absent: not there or empty */
    unsigned uses;                        /* bits of enum port_use */
};

struct gvp_record gvp_record_read(const struct gvp_map *map, const struct xml *element);
static inline struct bytes gvp_record_field(const struct gvp_record *record, enum gvp_name field)
{
    return record->fields[field - GVP_FIELD_FIRST];
}

/* What an element says under a name: its attribute, else the text of a child, else the value="…" of a child with that
 * name="…"; absent: nothing.  NULL as a name: absent. */
struct bytes gvp_value(const struct xml *element, const char *name);
/* A whole number from 0, without anything beside it. */
bool gvp_number(struct bytes text, int64_t *number);

#endif
