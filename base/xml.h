/*
 * base/xml.h - the one door to expat: a document as a tree that knows its lines.
 *
 * A document type (DTD) is refused where it begins, so there are no entities but the five of XML itself, nothing is
 * fetched and nothing multiplies.  Names are taken as they stand, prefix included.  Text is UTF-8 whatever the
 * document's encoding was (UTF-8, UTF-16, ISO-8859-1, US-ASCII).  Limits, beyond each of which a document is refused:
 * XML_BYTES_MAX, XML_DEPTH_MAX elements within one another, XML_NODES_MAX elements and attributes, so that what
 * a stranger sends costs some 100 MiB at the worst.
 *
 * Thread: any.  Owner: the arena.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/bytes.h"
#include "base/memory.h"

enum { XML_BYTES_MAX = 16 << 20, XML_DEPTH_MAX = 32, XML_NODES_MAX = 500000 };

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

#endif
