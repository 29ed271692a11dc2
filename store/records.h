/*
 * store/records.h - the small tables: positions, rows, dead letters, closes, meta.
 *
 * Each function works inside the caller's transaction; failures stick to it (db.h).
 */
#ifndef STORE_RECORDS_H
#define STORE_RECORDS_H

#include "base/instant.h"
#include "proto/fact.h"
#include "proto/usage.h"
#include "store/db.h"
#include "store/key.h"

/* position: a source's cursor. */
void position_put(struct db_txn *txn, struct bytes source, struct bytes cursor);
bool position_get(struct db_txn *txn, struct bytes source, struct arena *arena, struct bytes *cursor);

/* position: where a topic's partition has been read to, and by what its last record is known again
 * (design.md §6): a topic that was made anew under the same name has another record there. */
struct partition_position {
    struct bytes topic;
    int32_t partition;
    int64_t next;          /* offset of the next record */
    int64_t high;          /* that the next record to be appended will get, when last seen; -1: unknown */
    int64_t anchor_offset; /* of the last record that was taken; -1: none yet */
    instant anchor_at;     /* its time of append */
    uint64_t anchor_hash;  /* of key and value */
    uint64_t records, facts; /* taken so far: by their ratio a lag in records is one in facts */
};
struct partition_lag {
    int64_t records, facts; /* not taken yet, facts by the ratio so far; -1: unknown */
    int64_t ms;             /* from the append of the last record taken to clock; 0: nothing is left; -1: unknown */
};
struct partition_lag partition_lag_of(const struct partition_position *position, instant clock);
void partition_position_put(struct db_txn *txn, const struct partition_position *position);
bool partition_position_get(struct db_txn *txn, struct bytes topic, int32_t partition, struct partition_position *position);
/* In order of topic and partition; topic points into the map. */
typedef void (*partition_position_fn)(void *owner, const struct partition_position *position);
void partition_position_each(struct db_txn *txn, partition_position_fn fn, void *owner);

/* gap: records that were gone before they could be read.  The value is JSON, as /api/v1/gaps shows it. */
struct partition_gap {
    struct bytes topic;
    int32_t partition;
    int64_t from_offset, to_offset; /* [from, to) */
    instant from, to;               /* append times of the last record before and the first behind it; INSTANT_NONE: unknown */
    instant at;                     /* the wall clock when it was found */
};
/* The same gap again changes nothing but `to`, once it is known. */
void partition_gap_put(struct db_txn *txn, const struct partition_gap *gap);

/* row, history, rules: facts that belong to no session, as version (8 bytes, big-endian) and canonical body. */
enum db_table fact_table(enum fact_kind kind); /* ROW, HISTORY or RULES */
void fact_row_put(struct db_txn *txn, const struct fact *fact);
void fact_row_delete(struct db_txn *txn, enum fact_kind kind, struct bytes source, struct bytes key);
/* Reads every fact of table in order of its keys; each borrows from arena, which the caller resets in
 * fn if it wants to.  ERR_DAMAGED when a body cannot be read; fn's own failure ends the walk. */
typedef enum err (*fact_row_fn)(void *owner, const struct fact *fact);
MUST_CHECK enum err fact_rows_read(struct db_txn *txn, enum db_table table, struct arena *arena, fact_row_fn fn, void *owner);
/* Likewise, with the body as it lies in the store; fact, its texts and body are good until fn returns. */
typedef void (*fact_body_fn)(void *owner, const struct fact *fact, struct bytes body);
MUST_CHECK enum err fact_bodies_read(struct db_txn *txn, enum db_table table, fact_body_fn fn, void *owner);
/* As fact_rows_read(), for the facts of one kind, without walking over the table's others. */
MUST_CHECK enum err fact_rows_read_kind(struct db_txn *txn, enum fact_kind kind, struct arena *arena, fact_row_fn fn, void *owner);

/* dead: refused input, each once: the key is (source, sha256 of place, why and raw), of a topic's record
 * (topic, partition, offset, index). */
struct dead_letter {
    struct bytes source; /* or "replay"; empty: unknown, it is a topic's */
    struct bytes topic;  /* absent: it came from no topic */
    int32_t partition;
    int64_t offset;
    uint32_t index;      /* of the fact in the record */
    struct bytes place;  /* "facts.jsonl:17", "table G_LOGIN_SESSION, ID 4711" */
    struct bytes why;
    struct bytes raw;
    instant at; /* the wall clock when it was first kept */
};
/* True when it was new. */
bool dead_put(struct db_txn *txn, const struct dead_letter *letter);
typedef void (*dead_fn)(void *owner, struct bytes id, const struct dead_letter *letter);
/* In order of their keys from the first behind after (absent: all), at most limit; how many. */
size_t dead_read(struct db_txn *txn, struct bytes after, size_t limit, struct arena *arena, dead_fn fn, void *owner);
uint64_t dead_count(struct db_txn *txn);

/* close: (book, day, revision) → document, rows. */
struct close_key {
    int64_t book; /* 0: the system (tenants have ids from 1; tenant 0 has no book) */
    int32_t day;
    uint32_t revision;
};
struct close_record {
    struct close_key key;
    struct bytes document; /* canonical JSON */
    struct bytes rows;     /* one canonical JSON object a line */
};
void close_put(struct db_txn *txn, const struct close_record *record);
bool close_get(struct db_txn *txn, struct close_key key, struct arena *arena, struct close_record *record);
/* The newest revision of (book, day). */
bool close_get_newest(struct db_txn *txn, int64_t book, int32_t day, struct arena *arena, struct close_record *record);
/* The newest closed day of a book; false when it has none. */
bool close_last_day(struct db_txn *txn, int64_t book, int32_t *day);
/* What a close says of its day, without a look at its document. */
struct close_head {
    struct close_key key;
    instant start, end;
    enum row_status status; /* provisional or closed */
};
/* From its document; false when that does not say it. */
bool close_head_read(const struct close_record *record, struct close_head *head);
/* The newest revision of a book's newest closed day; false when it has none. */
bool close_last(struct db_txn *txn, int64_t book, struct close_head *head);
/* The newest revision of each closed day from … to, both included, in order, until fn says false. */
typedef bool (*close_head_fn)(void *owner, const struct close_head *head);
void close_heads(struct db_txn *txn, int64_t book, int32_t from, int32_t to, close_head_fn fn, void *owner);
/* Documents without rows, in order of (book, day, revision); book < 0: all books; days from … to, both included. */
typedef void (*close_fn)(void *owner, const struct close_record *record);
void close_each(struct db_txn *txn, int64_t book, int32_t from, int32_t to, struct arena *arena, close_fn fn, void *owner);

/* meta: name → text. */
void meta_put(struct db_txn *txn, const char *name, struct bytes value);
bool meta_get(struct db_txn *txn, const char *name, struct arena *arena, struct bytes *value);

#endif
