/*
 * adapters/config/object.h - what a row of the database and a line of a sidecar have in common: an object must be lawful
 * before it is shown to what is known.  Pure.
 */
#ifndef ADAPTERS_CONFIG_OBJECT_H
#define ADAPTERS_CONFIG_OBJECT_H

#include "base/memory.h"
#include "proto/fact.h"

/* NULL, or what is wrong with which member, its value and what was expected; in arena. */
const char *config_object_wrong(const struct object *object, struct arena *arena);
/* "Ada Abel", else the other name; absent when there is none. */
struct bytes config_person_name(struct bytes first, struct bytes last, struct bytes other, struct arena *arena);

#endif
