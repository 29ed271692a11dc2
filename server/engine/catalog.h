/*
 * server/engine/catalog.h - the sellable items, as data (contract.md §4, domain.md §3).
 *
 * A catalog is read from YAML; an unknown attribute, a wrong value or a code twice refuses the whole
 * text with line and column.  In a predicate all members must hold; a list holds when one of it does.
 * The shipped catalog is part of the program (deploy/catalog.yaml at build time).
 * Thread: any; a catalog does not change once read.  Owner: who read it.
 */
#ifndef SERVER_ENGINE_CATALOG_H
#define SERVER_ENGINE_CATALOG_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"
#include "proto/fact.h"

enum subject_kind { SUBJECT_NONE, SUBJECT_SESSION, SUBJECT_PORT };

struct text_list {
    struct bytes *texts;
    size_t count;
    bool given; /* the attribute stands in the predicate */
};

struct where {
    enum subject_kind kind; /* SUBJECT_NONE: no concurrent predicate */
    struct text_list media, media_not, app, app_not, tenant_has;
    enum flag voice, has_backup, agent, wfm, campaign_loaded; /* FLAG_UNKNOWN: not asked */
    unsigned switch_types; /* bits 1 << SWITCH_…; 0: not asked */
    enum site_type site_type;
    unsigned uses; /* bits of port_use, one of them; 0: not asked */
};

struct enabled_where {
    enum object_type object; /* OBJECT_NONE: no enabled predicate */
    enum flag agent, wfm;
    unsigned switch_types;
};

struct catalog_item {
    struct bytes code, name;
    bool measure_enabled, measure_concurrent;
    struct where where;
    struct enabled_where enabled_where;
};

struct catalog {
    struct catalog_item *items;
    size_t count;
    struct bytes text; /* what it was read from */
};

/* ERR_OK; ERR_INPUT and *why ("line 7, column 12: …, expected …") in arena.  *catalog lives in arena. */
MUST_CHECK enum err catalog_read(struct bytes text, struct arena *arena, struct catalog **catalog, const char **why);

/* The text of the shipped catalog; static. */
struct bytes catalog_shipped(void);

#endif
