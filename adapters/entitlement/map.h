/*
 * adapters/entitlement/map.h - the operator's map: what customers' files call a thing → codes of the catalog.
 *
 * Three parts (deploy/entitlement-map.yaml): names of the licence file's features, names and numbers of items, and how
 * the elements of the entitlement XML are called, since the vendor never published them.  A part that a site's file
 * leaves out is the shipped one.  A code that no line of the map gives is taken as it stands where a code is asked for.
 * One that no item of the catalog has is taken, too, since the catalog may come later; it counts for nothing until then,
 * and is told.
 *
 * Thread: any.  Owner: the arena.
 */
#ifndef ADAPTERS_ENTITLEMENT_MAP_H
#define ADAPTERS_ENTITLEMENT_MAP_H

#include "base/err.h"
#include "base/memory.h"

/* field of the XML, its key in the map */
#define XML_FIELD_MAP(X)                                                                           \
    X(ROOT, "root")                                                                                \
    X(HEADER, "header")                                                                            \
    X(LINES, "lines")                                                                              \
    X(LINE, "line")                                                                                \
    X(ID, "id")                                                                                    \
    X(CUSTOMER, "customer_name")                                                                   \
    X(CUSTOMER_ID, "customer_id")                                                                  \
    X(SITE, "site_id")                                                                             \
    X(SITE_ADDRESS, "site_address")                                                                \
    X(SITE_TYPE, "site_type")                                                                      \
    X(ISSUED, "issue_date")                                                                        \
    X(VALID_FROM, "valid_from")                                                                    \
    X(VALID_TO, "valid_to")                                                                        \
    X(ORDER, "order_number")                                                                       \
    X(NUMBER, "item_number")                                                                       \
    X(DESCRIPTION, "item_description")                                                             \
    X(ITEM, "item")                                                                                \
    X(QUANTITY, "quantity")                                                                        \
    X(BURST, "burst_quantity")                                                                     \
    X(LICENSE, "license_type")

enum xml_field {
#define X(field, key) XML_FIELD_##field,
    XML_FIELD_MAP(X)
#undef X
    XML_FIELD_COUNT
};

enum { ITEM_CODE_BYTES_MAX = 64, ITEM_MAP_ENTRIES_MAX = 10000 };

struct item_codes {
    struct bytes *codes; /* none: known, not counted */
    size_t count;
};

struct item_map;

/* Absent text: the shipped map alone.  ERR_SETTINGS and *why, a sentence with its line. */
MUST_CHECK enum err item_map_read(struct bytes text, struct arena *arena, const struct item_map **map, const char **why);

/* The codes of a licence file's feature; NULL: not in the map. */
const struct item_codes *item_map_feature(const struct item_map *map, struct bytes name);
/* The codes of an item's number or description, also without the release at its end; NULL: not in the map. */
const struct item_codes *item_map_item(const struct item_map *map, struct bytes name, struct arena *arena);
/* True when some line of the map gives this code. */
bool item_map_has_code(const struct item_map *map, struct bytes code);
/* What the field may be called: does name say it? */
bool item_map_is_field(const struct item_map *map, enum xml_field field, struct bytes name);

/* Whether the catalog has such an item.  items: its codes, ended by an absent one; NULL: not known, and everything is one.
 * bundle:ID stands in no catalog and is always one. */
bool item_code_is_known(const struct bytes *items, struct bytes code);

struct item_stray {
    int line;
    struct bytes name, code; /* as the file has them */
};

/* The names of a site's own file whose code no item has, in their order; in arena.  Of the shipped lines nobody asks. */
size_t item_map_strays(const struct item_map *map, const struct bytes *items, struct arena *arena, const struct item_stray **strays);

/* True for what the catalog takes as a code, and for bundle:ID. */
bool item_code_is_lawful(struct bytes code);
const char *xml_field_key(enum xml_field field);

#endif
