/*
 * adapters/entitlement/reading.h - a dropped file's content → facts, and what became of each of its lines.
 *
 * What a file is, its content tells, not its name: XML is an entitlement or a bundle set by its root element, else the
 * first word that is no comment decides between a licence file (SERVER, VENDOR, FEATURE, …) and provisioned counts (a
 * CSV header).  A file is taken as a whole or not at all; every fault is told, with its line, up to
 * READING_FAULTS_MAX.  Pure: the same content, map and moment of acceptance state the same facts.
 *
 * Words: a remark is a line of the receipt; a fault is a remark for which the file is refused; the subject is what
 * a file replaces: the entitlement or bundle set of its id, the licence file, the provisioned counts.
 * Thread: the adapter's.  Owner: the arena; facts borrow from it and from the content.
 */
#ifndef ADAPTERS_ENTITLEMENT_READING_H
#define ADAPTERS_ENTITLEMENT_READING_H

#include "adapters/entitlement/map.h"
#include "base/xml.h"
#include "proto/fact.h"

enum {
    READING_BYTES_MAX = 16 << 20,
    READING_FAULTS_MAX = 100,
    READING_ROWS_MAX = 100000,     /* provisioned counts in one file */
    READING_LINES_MAX = 2000,      /* lines of an entitlement: it is one fact, and has to fit */
    READING_QUANTITY_MAX = 1000000000,
};

/* since when a licence file holds */
struct license_since {
    int64_t at_us;   /* when this copy was accepted first: part of its facts' keys */
    bool ever;       /* the source's first licence file: since ever */
};

struct remark {
    int line; /* 0: of the file as a whole */
    size_t number; /* in the order in which they were made; in the end they stand by line */
    bool fault;
    const char *text;
};

struct reading {
    /* given */
    struct arena *arena;
    const struct item_map *map;
    const struct bytes *items; /* the catalog's codes, as in adapter.h; NULL: not known */
    struct bytes source;
    int64_t version; /* of all its facts: the time of acceptance in µs */
    struct license_since license;
    /* found */
    const char *what; /* "licence file"; NULL: nobody knows */
    struct bytes subject;
    struct fact *facts;
    size_t fact_count, fact_capacity;
    struct remark *remarks;
    size_t remark_count, remark_capacity, fault_count;
    size_t unmapped; /* how many names the map does not know */
    size_t strays;   /* how often a code was named that no item of the catalog has */
};

/* ERR_INPUT: refused, with at least one fault. */
MUST_CHECK enum err reading_take(struct reading *reading, struct bytes content);

/* For the readers. */
__attribute__((format(printf, 3, 4))) void reading_note(struct reading *reading, int line, const char *format, ...);
__attribute__((format(printf, 3, 4))) void reading_fault(struct reading *reading, int line, const char *format, ...);
/* A new fact, blank but for source and version. */
struct fact *reading_fact(struct reading *reading, enum fact_kind kind);
/* text as a message shows it: in quotes, escaped, not too long. */
const char *reading_shown(const struct reading *reading, struct bytes text);
/* "a whole number of 0 to 1000000000, or unlimited"; false: a fault was told. */
bool reading_quantity(struct reading *reading, int line, const char *name, struct bytes text, int64_t *quantity);
bool reading_date(struct reading *reading, int line, const char *name, struct bytes text, int32_t *date);
/* The codes of an item where a code may stand itself; NULL: a fault was told.  None: not counted, noted. */
const struct item_codes *reading_item(struct reading *reading, int line, struct bytes name);
/* Notes each that no item of the catalog has. */
void reading_check_codes(struct reading *reading, int line, const struct item_codes *codes);
/* "inbound-voice, ha-cim" */
const char *reading_codes_shown(const struct reading *reading, const struct item_codes *codes);

void reading_entitlement(struct reading *reading, const struct xml *root);
void reading_bundles(struct reading *reading, const struct xml *root);
void reading_license(struct reading *reading, struct bytes content);
void reading_provisioned(struct reading *reading, struct bytes content);

/* True when the word begins a line of a licence file. */
bool license_is_keyword(struct bytes word);

#endif
