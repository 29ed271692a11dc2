#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

enum { NESTING_MAX = 16 };

struct reader {
    yaml_document_t document;
    struct arena *arena;
    const char *why;
};

static bool refuse(struct reader *reader, yaml_mark_t mark, const char *what)
{
    if (!reader->why)
        reader->why = arena_printf(reader->arena, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1, what);
    return false;
}

static bool convert(struct reader *reader, int index, struct yaml *to, int depth);

static bool convert_map(struct reader *reader, yaml_node_t *node, struct yaml *to, int depth)
{
    size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    to->kind = YAML_KIND_MAP;
    to->children = arena_alloc(reader->arena, count * sizeof *to->children);
    for (size_t i = 0; i < count; i++) {
        yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            return refuse(reader, key->start_mark, "a member's name must be plain text");
        char *name = arena_text(reader->arena, bytes_of(key->data.scalar.value, key->data.scalar.length));
        if (yaml_member(to, name))
            return refuse(reader, key->start_mark, arena_printf(reader->arena, "\"%s\" stands here a second time", name));
        struct yaml *child = &to->children[i];
        if (!convert(reader, pair->value, child, depth + 1))
            return false;
        child->name = bytes_from_text(name);
        child->name_line = (int)key->start_mark.line + 1;
        child->name_column = (int)key->start_mark.column + 1;
        to->child_count = i + 1;
    }
    return true;
}

static bool convert(struct reader *reader, int index, struct yaml *to, int depth)
{
    yaml_node_t *node = yaml_document_get_node(&reader->document, index);
    if (depth > NESTING_MAX)
        return refuse(reader, node->start_mark, "nested too deeply (limit 16)");
    to->line = (int)node->start_mark.line + 1;
    to->column = (int)node->start_mark.column + 1;
    switch (node->type) {
    case YAML_SCALAR_NODE:
        to->kind = YAML_KIND_SCALAR;
        to->quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        to->text = arena_copy(reader->arena, bytes_of(node->data.scalar.value, node->data.scalar.length));
        return true;
    case YAML_SEQUENCE_NODE: {
        size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
        to->kind = YAML_KIND_LIST;
        to->child_count = count;
        to->children = arena_alloc(reader->arena, count * sizeof *to->children);
        for (size_t i = 0; i < count; i++)
            if (!convert(reader, node->data.sequence.items.start[i], &to->children[i], depth + 1))
                return false;
        return true;
    }
    case YAML_MAPPING_NODE:
        return convert_map(reader, node, to, depth);
    default:
        return refuse(reader, node->start_mark, "empty node");
    }
}

/* What has no place in a settings file is refused before the tree is built: an alias could make a few
 * lines into a tree of gigabytes, a second document would be read by nobody. */
static bool scan_event(struct reader *reader, const yaml_event_t *event, int *documents)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_DOCUMENT_START_EVENT && ++*documents > 1)
        return refuse(reader, event->start_mark, "a second document, expected one");
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(reader, event->start_mark, "an alias (*), expected the value itself");
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (anchor)
        return refuse(reader, event->start_mark, "an anchor (&), expected plain values");
    if (tag)
        return refuse(reader, event->start_mark, "a tag (!), expected plain values");
    return true;
}

static bool refuse_parser(struct reader *reader, const yaml_parser_t *parser)
{
    return refuse(reader, parser->problem_mark, parser->problem ? parser->problem : "no YAML");
}

static bool scan(struct reader *reader, struct bytes text)
{
    yaml_parser_t parser;
    int documents = 0;
    bool fits = true, end = false;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, text.data, text.len);
    while (fits && !end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            fits = refuse_parser(reader, &parser);
            break;
        }
        fits = scan_event(reader, &event, &documents);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return fits;
}

const struct yaml *yaml_read(struct bytes text, struct arena *arena, const char **why)
{
    yaml_parser_t parser;
    struct reader reader = {.arena = arena};
    struct yaml *tree = arena_alloc(arena, sizeof *tree);
    *tree = (struct yaml){.kind = YAML_KIND_MAP, .line = 1, .column = 1};

    if (!scan(&reader, text)) {
        *why = reader.why;
        return NULL;
    }
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, text.data, text.len);
    if (!yaml_parser_load(&parser, &reader.document)) {
        refuse_parser(&reader, &parser);
        *why = reader.why;
        yaml_parser_delete(&parser);
        return NULL;
    }
    yaml_node_t *root = yaml_document_get_root_node(&reader.document);
    if (root)
        convert(&reader, 1, tree, 0);
    yaml_document_delete(&reader.document);
    yaml_parser_delete(&parser);
    *why = reader.why;
    return reader.why ? NULL : tree;
}

const struct yaml *yaml_member(const struct yaml *map, const char *name)
{
    for (size_t i = 0; map && map->kind == YAML_KIND_MAP && i < map->child_count; i++)
        if (bytes_equal_text(map->children[i].name, name))
            return &map->children[i];
    return NULL;
}

bool yaml_is_null(const struct yaml *value)
{
    return value->kind == YAML_KIND_SCALAR && !value->quoted &&
           (value->text.len == 0 || bytes_equal_text(value->text, "~") || bytes_equal_text(value->text, "null"));
}

bool yaml_integer(const struct yaml *value, int64_t *out)
{
    char text[24], *end;
    if (value->kind != YAML_KIND_SCALAR || value->quoted || value->text.len == 0 || value->text.len >= sizeof text)
        return false;
    memcpy(text, value->text.data, value->text.len);
    text[value->text.len] = 0;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && *end == 0;
}

bool yaml_bool(const struct yaml *value, bool *out)
{
    if (value->kind != YAML_KIND_SCALAR || value->quoted)
        return false;
    *out = bytes_equal_text(value->text, "true");
    return *out || bytes_equal_text(value->text, "false");
}
