#include "base/xml.h"

#include <expat.h>
#include <stdlib.h>

struct level {
    struct xml *element, *last_child;
    struct buffer text;
};

struct reader {
    XML_Parser parser;
    struct arena *arena;
    struct xml *root;
    struct level levels[XML_DEPTH_MAX];
    int depth, nodes;
    struct xml_fault *fault;
    const struct xml_stream_options *stream; /* NULL: the whole document is a tree */
    int outside;                             /* of a stream: elements begun that are in none that is wanted */
    size_t silent_bytes;                     /* of a stream: since expat last told something */
};

static void refuse(struct reader *reader, const char *why)
{
    if (!reader->fault->why)
        *reader->fault = (struct xml_fault){(int)XML_GetCurrentLineNumber(reader->parser),
                                            (int)XML_GetCurrentColumnNumber(reader->parser) + 1, why};
    XML_StopParser(reader->parser, XML_FALSE);
}

static struct bytes copy(struct reader *reader, const char *text)
{
    return arena_copy(reader->arena, bytes_from_text(text));
}

/* False when there are too many. */
static bool take_attributes(struct reader *reader, struct xml *element, const char **pairs)
{
    while (pairs[2 * element->attribute_count])
        element->attribute_count++;
    reader->nodes += (int)element->attribute_count + 1;
    if (reader->nodes > XML_NODES_MAX) {
        refuse(reader, arena_printf(reader->arena, "more than %d elements and attributes", XML_NODES_MAX));
        return false;
    }
    element->attributes = arena_alloc(reader->arena, element->attribute_count * sizeof *element->attributes);
    for (size_t i = 0; i < element->attribute_count; i++)
        element->attributes[i] = (struct xml_attribute){copy(reader, pairs[2 * i]), copy(reader, pairs[2 * i + 1])};
    return true;
}

static void on_start(void *owner, const char *name, const char **pairs)
{
    struct reader *reader = owner;
    reader->silent_bytes = 0;
    if (reader->fault->why) /* expat may report what it had already read */
        return;
    if (reader->depth + reader->outside >= XML_DEPTH_MAX) {
        refuse(reader, arena_printf(reader->arena, "elements within one another more than %d deep", XML_DEPTH_MAX));
        return;
    }
    if (reader->stream && reader->depth == 0 && !reader->stream->wants(reader->stream->owner, bytes_from_text(name))) {
        reader->outside++;
        return;
    }
    struct xml *element = arena_alloc(reader->arena, sizeof *element);
    element->line = (int)XML_GetCurrentLineNumber(reader->parser);
    element->column = (int)XML_GetCurrentColumnNumber(reader->parser) + 1;
    element->name = copy(reader, name);
    if (!take_attributes(reader, element, pairs))
        return;
    struct level *parent = reader->depth ? &reader->levels[reader->depth - 1] : NULL;
    if (!parent)
        reader->root = element;
    else if (parent->last_child)
        parent->last_child->next = element;
    else
        parent->element->children = element;
    if (parent)
        parent->last_child = element;
    struct level *level = &reader->levels[reader->depth++];
    level->element = element;
    level->last_child = NULL;
    buffer_clear(&level->text);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len && is_blank(text.data[text.len - 1]))
        text.len--;
    while (text.len && is_blank(*text.data)) {
        text.data++;
        text.len--;
    }
    return text;
}

/* Of a stream: the element that has ended; its memory is for the next one. */
static void give_root(struct reader *reader)
{
    const char *why = reader->stream->take(reader->stream->owner, reader->root);
    reader->root = NULL;
    reader->nodes = 0;
    arena_reset(reader->arena);
    if (why)
        refuse(reader, why);
}

static void on_end(void *owner, const char *name)
{
    struct reader *reader = owner;
    (void)name;
    reader->silent_bytes = 0;
    if (reader->fault->why)
        return;
    if (reader->depth == 0) {
        reader->outside--;
        return;
    }
    struct level *level = &reader->levels[--reader->depth];
    struct bytes text = trimmed(buffer_bytes(&level->text));
    level->element->text = text.len ? arena_copy(reader->arena, text) : BYTES_LITERAL("");
    if (reader->stream && reader->depth == 0)
        give_root(reader);
}

static void on_text(void *owner, const char *text, int len)
{
    struct reader *reader = owner;
    reader->silent_bytes = 0;
    if (!reader->fault->why && reader->depth)
        buffer_append(&reader->levels[reader->depth - 1].text, text, (size_t)len);
}

static void on_doctype(void *owner, const char *name, const char *system, const char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    refuse(owner, "a document type (<!DOCTYPE), which is not read: expected elements alone");
}

static void reader_open(struct reader *reader, struct arena *arena, struct xml_fault *fault, const struct xml_stream_options *stream)
{
    static const XML_Memory_Handling_Suite memory = {memory_alloc, memory_resize, free};
    *reader = (struct reader){.parser = XML_ParserCreate_MM(NULL, &memory, NULL), .arena = arena, .fault = fault, .stream = stream};
    *fault = (struct xml_fault){.line = 1, .column = 1};
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
}

static void reader_close(struct reader *reader)
{
    XML_ParserFree(reader->parser);
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        buffer_free(&reader->levels[i].text);
}

static void parse(struct reader *reader, struct bytes text, bool last)
{
    if (XML_Parse(reader->parser, (const char *)text.data, (int)text.len, last) == XML_STATUS_OK)
        return;
    const char *what = XML_ErrorString(XML_GetErrorCode(reader->parser));
    refuse(reader, arena_printf(reader->arena, "no XML that can be read: %s", what ? what : "damaged"));
}

const struct xml *xml_read(struct bytes text, struct arena *arena, struct xml_fault *fault)
{
    if (text.len > XML_BYTES_MAX) {
        *fault = (struct xml_fault){1, 1, arena_printf(arena, "%zu bytes, expected at most %d", text.len, XML_BYTES_MAX)};
        return NULL;
    }
    struct reader *reader = memory_alloc(sizeof *reader);
    reader_open(reader, arena, fault, NULL);
    parse(reader, text.len ? text : BYTES_LITERAL(" "), true);
    struct xml *root = reader->root;
    reader_close(reader);
    free(reader);
    return fault->why ? NULL : root;
}

struct xml_stream {
    struct xml_stream_options options;
    struct reader reader;
    struct arena *arena;
    struct xml_fault fault;
    size_t bytes;
};

struct xml_stream *xml_stream_create(const struct xml_stream_options *options)
{
    struct xml_stream *stream = memory_alloc_zero(1, sizeof *stream);
    stream->options = *options;
    stream->arena = arena_create();
    reader_open(&stream->reader, stream->arena, &stream->fault, &stream->options);
    return stream;
}

void xml_stream_destroy(struct xml_stream *stream)
{
    if (!stream)
        return;
    reader_close(&stream->reader);
    arena_destroy(stream->arena);
    free(stream);
}

bool xml_stream_feed(struct xml_stream *stream, struct bytes piece)
{
    stream->bytes += piece.len;
    if (!stream->fault.why && stream->bytes > XML_BYTES_MAX)
        refuse(&stream->reader, arena_printf(stream->arena, "longer than %d MiB, which is not read", XML_BYTES_MAX >> 20));
    stream->reader.silent_bytes += piece.len;
    if (!stream->fault.why && piece.len)
        parse(&stream->reader, piece, false);
    if (!stream->fault.why && stream->reader.silent_bytes > XML_SILENT_BYTES_MAX)
        refuse(&stream->reader, arena_printf(stream->arena, "%d MiB without an element or a text", XML_SILENT_BYTES_MAX >> 20));
    return !stream->fault.why;
}

bool xml_stream_end(struct xml_stream *stream)
{
    if (!stream->fault.why)
        parse(&stream->reader, stream->bytes ? BYTES_LITERAL("") : BYTES_LITERAL(" "), true);
    return !stream->fault.why;
}

const struct xml_fault *xml_stream_fault(const struct xml_stream *stream)
{
    return &stream->fault;
}

const struct xml *xml_child(const struct xml *element, const char *name)
{
    const struct xml *child = element->children;
    while (child && !bytes_equal_text(child->name, name))
        child = child->next;
    return child;
}

struct bytes xml_attribute(const struct xml *element, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (bytes_equal_text(element->attributes[i].name, name))
            return element->attributes[i].value;
    return BYTES_NONE;
}
