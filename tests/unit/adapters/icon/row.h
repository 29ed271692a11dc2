/*
 * tests/unit/adapters/icon/row.h - rows written as a test would say them.
 *
 *   "id=1 seq=7 created=2026-11-23T09:00:00.000Z name='Sales'": our words; what is left out is NULL.
 */
#ifndef TESTS_UNIT_ADAPTERS_ICON_ROW_H
#define TESTS_UNIT_ADAPTERS_ICON_ROW_H

#include "adapters/icon/map.h"

/* The shipped map. */
const struct icon_map *row_shipped(struct arena *arena);
/* A row of table by the shipped map; fails the test when the text is wrong. */
struct icon_record row_of(const struct icon_map *map, enum icon_table table, const char *text, struct arena *arena);
/* Its facts as lines, "refused: …" or "nothing"; in arena. */
const char *row_facts(const struct icon_context *context, const struct icon_record *record, struct arena *arena);

#endif
