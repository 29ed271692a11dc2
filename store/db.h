/*
 * store/db.h - the one door to LMDB.
 *
 * A db is one environment in one folder with the tables of tables.h.  All writing of a batch happens
 * in one transaction: begin, put, put, commit.  The first failure sticks to the transaction and later
 * calls pass through, so a caller reads the outcome once, from db_commit().
 *
 * A lock on the folder (LOCK) refuses a second writer; readers of other processes need none.  Readers
 * live for one answer only: a forgotten one makes the file grow by every commit (design.md §7).
 * At 80 % of the map db_begin_write() grows it, when no reader is under way in this process;
 * readers started meanwhile wait.
 *
 * Values of at most STORE_VALUE_BYTES_MAX fit a page; longer ones go through db_put_chunked(): the
 * key gets a two-byte chunk number behind it.  Session blocks take one overflow page each, on purpose.
 *
 * Thread: a write transaction belongs to the thread that began it; read transactions to one thread at
 * a time; db_begin_* from any thread.  Owner: main() creates and destroys.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"
#include "store/tables.h"

#include <stdbool.h>

struct db;
struct db_txn;
struct db_cursor;

struct db_options {
    const char *dir;
    uint64_t map_bytes; /* 0: the default; a store that has grown keeps its size */
    bool read_only;     /* no lock, no creation: for commands beside a server */
};

/* Opens or makes the environment; *db is the caller's until db_destroy().
 * ERR_BUSY: another process writes it · ERR_FORMAT: of another format · ERR_DAMAGED · ERR_NOT_FOUND:
 * read_only and no store there · ERR_IO, ERR_FULL; all logged. */
MUST_CHECK enum err db_create(const struct db_options *options, struct db **db);
void db_destroy(struct db *db);
/* Another number for each that was opened in this process: what is remembered of one is not taken for another's. */
uint64_t db_serial(const struct db *db);

/* Starts the write transaction; waits for no reader but when the map must grow. */
MUST_CHECK enum err db_begin_write(struct db *db, struct db_txn **txn);
/* A snapshot.  ERR_FULL: too many readers. */
MUST_CHECK enum err db_begin_read(struct db *db, struct db_txn **txn);
/* Commits and frees; what stuck, else the outcome.  ERR_FULL: disk or map is full, nothing was written. */
MUST_CHECK enum err db_commit(struct db_txn *txn);
/* Ends without writing, frees.  NULL does nothing. */
void db_abort(struct db_txn *txn);

/* True when found; *value points into the map until the next put or the end of txn; may lie unaligned. */
bool db_get(struct db_txn *txn, enum db_table table, struct bytes key, struct bytes *value);
void db_put(struct db_txn *txn, enum db_table table, struct bytes key, struct bytes value);
/* Absent keys are no failure. */
void db_delete(struct db_txn *txn, enum db_table table, struct bytes key);

/* How many records the table has; of chunked ones, chunks. */
uint64_t db_count(struct db_txn *txn, enum db_table table);

/* A value of any length under key + chunk number; get copies it into arena. */
void db_put_chunked(struct db_txn *txn, enum db_table table, struct bytes key, struct bytes value);
bool db_get_chunked(struct db_txn *txn, enum db_table table, struct bytes key, struct arena *arena, struct bytes *value);
void db_delete_chunked(struct db_txn *txn, enum db_table table, struct bytes key);

/* Walks the keys that begin with prefix, in order, from the first not below start (absent: prefix).
 * key and value point into the map as db_get's do.  Close before the transaction's end. */
struct db_cursor *db_cursor_open(struct db_txn *txn, enum db_table table, struct bytes prefix);
void db_cursor_seek(struct db_cursor *cursor, struct bytes start);
bool db_cursor_next(struct db_cursor *cursor, struct bytes *key, struct bytes *value);
/* The last key with the prefix. */
bool db_cursor_last(struct db_cursor *cursor, struct bytes *key, struct bytes *value);
void db_cursor_close(struct db_cursor *cursor);
/* Deletes all keys that begin with prefix; how many. */
uint64_t db_delete_prefix(struct db_txn *txn, enum db_table table, struct bytes prefix);

/* The failure that sticks to txn so far. */
enum err db_error(const struct db_txn *txn);

struct db_stat {
    uint64_t map_bytes, used_bytes, free_pages, entries[TABLE_COUNT];
    unsigned readers;
    uint64_t oldest_reader_age_txns;
};
MUST_CHECK enum err db_stat(struct db *db, struct db_stat *stat);

#endif
