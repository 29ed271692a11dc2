/* base/limits.h - every maximum, with its unit and its reason. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    SOURCE_BYTES_MAX = 64,        /* a source's name: part of LMDB keys of at most 511 bytes */
    SOURCES_MAX = 65535,          /* names of sources in one store: 16 bits of a session record */
    FACT_KEY_BYTES_MAX = 200,     /* a row's key: likewise */
    SESSION_ID_BYTES_MAX = 200,   /* a session's id: part of a row's identity */
    NAME_BYTES_MAX = 1020,        /* applications, media, object names: ICON's VARCHAR(255), 4 bytes a character */
    TEXT_BYTES_MAX = 4000,        /* notes, reasons, descriptions */
    FACT_LINE_BYTES_MAX = 900000, /* one fact as JSON: a Kafka record's limit (design.md §6) */
    STORE_KEY_BYTES_MAX = 511,    /* LMDB's */
    STORE_VALUE_BYTES_MAX = 1900, /* above 2,019 LMDB takes overflow pages; longer ones are chunked */
    FILE_BYTES_MAX = 4 << 20,     /* settings, catalogs: read as a whole */
    ITEMS_MAX = 4096,             /* items and bundles of one catalog: lanes are allocated per item */
    SLOT_MS = 5 * 60 * 1000,      /* base slot: every period of every zone is a whole number (design.md §4) */
    QUEUE_FACTS_MAX = 8192,       /* facts between an adapter and the ingest loop before it waits */
    FLUSH_LIVE_MS = 250,          /* a flush while live */
    FLUSH_FACTS_MAX = 1000000,    /* a flush while catching up */
};

#define STORE_MAP_BYTES_DEFAULT (64ull << 30)

#endif
