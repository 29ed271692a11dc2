/*
 * base/yaml.h - the one door to libyaml: a file as a tree that knows its lines.
 *
 * libyaml rather than libcyaml: a message has to name file, line and the allowed values, and the
 * settings' table prints its own manual with units and ranges; libcyaml's schema has no room for
 * either.  Anchors, tags and several documents are refused; a member twice is refused.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/bytes.h"
#include "base/memory.h"

enum yaml_kind { YAML_KIND_SCALAR, YAML_KIND_LIST, YAML_KIND_MAP };

struct yaml {
    enum yaml_kind kind;
    struct bytes name;  /* of a map's member; absent elsewhere */
    struct bytes text;  /* of a scalar */
    bool quoted;        /* a quoted or block scalar: always text */
    int line, column;   /* from 1; of the value */
    int name_line, name_column;
    struct yaml *children;
    size_t child_count;
};

/* The tree in arena, or NULL and *why, a sentence with line and column.  An empty text is an empty map. */
const struct yaml *yaml_read(struct bytes text, struct arena *arena, const char **why);
const struct yaml *yaml_member(const struct yaml *map, const char *name);
/* True for an unquoted empty, ~ or null. */
bool yaml_is_null(const struct yaml *value);
bool yaml_integer(const struct yaml *value, int64_t *out);
bool yaml_bool(const struct yaml *value, bool *out);

#endif
