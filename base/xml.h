/*
 * base/xml.h - the one door to expat: a document as a tree that knows its lines.
 *
 * A document type (DTD) is refused where it begins, so there are no entities but the five of XML itself, nothing is
 * fetched and nothing multiplies.  Names are taken as they stand, prefix included.  Text is UTF-8 whatever the
 * document's encoding was (UTF-8, UTF-16, ISO-8859-1, US-ASCII).  Limits, beyond each of which a document is refused:
 * XML_BYTES_MAX, XML_DEPTH_MAX elements within one another, XML_NODES_MAX elements and attributes, so that what
 * a stranger sends costs some 100 MiB at the worst.
 *
 * What is longer than memory should hold comes as a stream: the elements of certain names, wherever they stand, one after the
 * other, each as a tree of its own with the limits above but XML_NODES_MAX for each, and at most XML_SILENT_BYTES_MAX without the
 * begin or the end of any element or a text (a name, a value, a comment without end): expat looks at such a piece again with
 * each that follows.
 *
 * Thread: any.  Owner: the arena.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/bytes.h"
#include "base/memory.h"

enum { XML_BYTES_MAX = 16 << 20, XML_DEPTH_MAX = 32, XML_NODES_MAX = 500000, XML_SILENT_BYTES_MAX = 1 << 20 };

struct xml_attribute {
    struct bytes name, value;
};

struct xml {
    struct bytes name;
    struct bytes text; /* its own character data without that of its children, blanks at both ends cut; never absent */
    struct xml_attribute *attributes;
    size_t attribute_count;
    struct xml *children, *next; /* the first child; the next one of the same parent */
    int line, column;            /* of its start tag, from 1 */
};

struct xml_fault {
    int line, column;
    const char *why; /* a sentence in arena or static */
};

/* The root in arena, or NULL and *fault. */
const struct xml *xml_read(struct bytes text, struct arena *arena, struct xml_fault *fault);
/* The first child of that name, or NULL. */
const struct xml *xml_child(const struct xml *element, const char *name);
/* Absent when there is none of that name. */
struct bytes xml_attribute(const struct xml *element, const char *name);

struct xml_stream;

struct xml_stream_options {
    void *owner;
    /* True for an element that is wanted, with all that is in it.  What is in none of these is passed over. */
    bool (*wants)(void *owner, struct bytes name);
    /* A wanted element, good until take() returns.  NULL, or a sentence that lives longer than the stream: it ends. */
    const char *(*take)(void *owner, const struct xml *element);
};

struct xml_stream *xml_stream_create(const struct xml_stream_options *options);
void xml_stream_destroy(struct xml_stream *stream);
/* False: see xml_stream_fault(); nothing more is taken. */
bool xml_stream_feed(struct xml_stream *stream, struct bytes piece);
/* After the last piece: false when the document is not over. */
bool xml_stream_end(struct xml_stream *stream);
/* Good as long as the stream; why is NULL while there is none. */
const struct xml_fault *xml_stream_fault(const struct xml_stream *stream);

#endif
