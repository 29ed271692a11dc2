/*
 * adapters/config/line.h - one line of a sidecar: what happened to one object, as JSON.
 *
 *     {"seq":17,"op":"upsert","type":"person","dbid":5001,"at":"2026-11-23T09:10:11.120Z","fields":{"agent":true}}
 *     {"seq":18,"op":"delete","type":"person","dbid":5002,"at":"…Z"}
 *     {"op":"alive","at":"…Z"}
 *     {"op":"snapshot-begin","seq":17,"at":"…Z"} … upserts … {"op":"snapshot-end"}
 *
 * The map says how lines call the types and the members of fields.  A member of fields that is absent stays as it is
 * (in a snapshot: is unknown), null is unknown.  Pure: a test and a fuzzer can hold it.
 */
#ifndef ADAPTERS_CONFIG_LINE_H
#define ADAPTERS_CONFIG_LINE_H

#include "adapters/config/map.h"
#include "base/memory.h"

enum { LINE_BYTES_MAX = 1 << 20 };

enum line_op { LINE_UPSERT, LINE_DELETE, LINE_ALIVE, LINE_BEGIN, LINE_END, LINE_OP_COUNT };

/* Bits of said: which members fields has. */
enum line_said {
    SAID_TENANT = 1, SAID_SWITCH = 2, SAID_STATE = 4, SAID_TYPE = 8, SAID_AGENT = 16, SAID_NAME = 32, SAID_MEMBERS = 64,
    SAID_OPTIONS = 128,
};

struct line {
    enum line_op op;
    int64_t sequence;         /* -1: none */
    instant at;               /* INSTANT_NONE: none */
    struct bytes type_name;   /* of an upsert or a delete */
    struct object object;     /* type OBJECT_NONE: one that is not counted */
    unsigned said;
    int64_t *members;         /* of a group, each once, in order */
    size_t member_count;
    unsigned options_said, options_yes; /* bits 1 << enum site_option_kind */
};

/* ERR_OK, *line borrows from text and arena; ERR_INPUT and *why in arena.  latest: no time behind it is believed. */
MUST_CHECK enum err line_read(const struct config_map *map, bool clear_names, struct bytes text, instant latest, struct arena *arena,
                              struct line *line, const char **why);
/* The object as the line leaves it: what it does not say comes from before (NULL: unknown).  In arena. */
struct object line_object(const struct line *line, const struct object *before);

#endif
