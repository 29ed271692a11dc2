/* tests/unit/adapters/entitlement/read.h - a content read as the adapter does, and what came of it as text. */
#ifndef TESTS_UNIT_ADAPTERS_ENTITLEMENT_READ_H
#define TESTS_UNIT_ADAPTERS_ENTITLEMENT_READ_H

#include "adapters/entitlement/reading.h"

#define READ_AT_US INT64_C(1795510800123456) /* 2026-11-24T09:00:00.123456Z */

/* A reading of content at READ_AT_US with this map (NULL: the shipped one), the first licence file of its source or not. */
struct reading read_content(struct bytes content, const char *map, bool first, struct arena *arena);
struct reading read_text(const char *text, const char *map, struct arena *arena);
/* An example of deploy/examples. */
struct reading read_example(const char *name, const char *map, struct arena *arena);
/* The facts as JSON lines. */
const char *facts_shown(const struct reading *reading, struct arena *arena);
/* "12: text" a line, faults or notes. */
const char *remarks_shown(const struct reading *reading, bool faults, struct arena *arena);

#endif
