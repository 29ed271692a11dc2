/*
 * adapters/gvp/columns.h - the column map: how requests, answers and call records are spelled, and what a record's words mean.
 *
 * Nothing about a Reporting Server that could differ at a site stands in C: the words below are ours, and deploy/gvp-map.yaml
 * (part of the program) says what they are called there.  A site's own file is laid over it.
 *
 * Words: a leg is a call as one component saw it: the Media Control Platform (MCP) or the Resource Manager (RM).
 * Thread: any, once read.  Owner: the arena it was read into.
 */
#ifndef ADAPTERS_GVP_COLUMNS_H
#define ADAPTERS_GVP_COLUMNS_H

#include "base/err.h"
#include "base/memory.h"

enum gvp_leg { GVP_MCP, GVP_RM, GVP_LEG_COUNT };

/* section of the map, name there, must be known */
#define GVP_NAME_MAP(X)                                                                            \
    X(ENDED_FROM, "request", "ended_from", true)                                                   \
    X(ENDED_TO, "request", "ended_to", true)                                                       \
    X(PAGE_ASKED, "request", "page", true)                                                         \
    X(PAGE_SIZE, "request", "page_size", false)                                                    \
    X(RECORD, "answer", "record", true)                                                            \
    X(MANIFEST, "answer", "manifest", true)                                                        \
    X(PAGES, "answer", "pages", true)                                                              \
    X(PAGE, "answer", "page", true)                                                                \
    X(PAGE_COUNT, "answer", "page_count", true)                                                    \
    X(RECORD_COUNT, "answer", "record_count", true)                                                \
    X(GENERATED, "answer", "generated", false)                                                     \
    X(COMPONENT, "record", "component", true)                                                      \
    X(SESSION, "record", "session", true)                                                          \
    X(CALL, "record", "call", false)                                                               \
    X(TENANT, "record", "tenant", false)                                                           \
    X(APP, "record", "app", false)                                                                 \
    X(BEGIN, "record", "begin", true)                                                              \
    X(END, "record", "end", true)

enum gvp_name {
#define X(name, section, key, needed) GVP_##name,
    GVP_NAME_MAP(X)
#undef X
    GVP_NAME_COUNT,
    GVP_FIELD_FIRST = GVP_COMPONENT, /* fields of a record, up to GVP_END */
};

enum { GVP_USE_COUNT = 5, GVP_WORDS_MAX = 100 };

struct gvp_use {
    unsigned use;      /* bit of enum port_use */
    bool always;
    const char *field; /* NULL: always, or never */
    bool negated;      /* the words are those that mean no */
    struct bytes *words;
    size_t word_count;
};

struct gvp_map {
    const char *history[GVP_LEG_COUNT], *running[GVP_LEG_COUNT]; /* paths */
    const char *names[GVP_NAME_COUNT];                            /* NULL: there is none */
    struct gvp_use uses[GVP_USE_COUNT]; /* as words_uses names them */
};

/* The shipped map with the text of a site's file (absent: none) laid over it.  ERR_OK; ERR_INPUT and *why ("line 3, column
 * 7: …, expected …") in arena. */
MUST_CHECK enum err gvp_map_read(struct bytes text, struct arena *arena, const struct gvp_map **map, const char **why);

/* "session", as the map calls it; static. */
const char *gvp_name_key(enum gvp_name name);
/* "MCP", "RM" */
const char *gvp_leg_name(enum gvp_leg leg);
/* GVP_LEG_COUNT: none of that name. */
enum gvp_leg gvp_leg_find(struct bytes name);

#endif
