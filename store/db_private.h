/*
 * store/db_private.h - the inside of the door to LMDB: shared by db.c (records) and db_open.c (opening,
 * growing, transactions) and by nobody else, so lmdb.h is seen behind this header alone.
 */
#ifndef STORE_DB_PRIVATE_H
#define STORE_DB_PRIVATE_H

#include "store/db.h"

#include <lmdb.h>
#include <pthread.h>

struct db {
    uint64_t serial;
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    int lock_fd;
    bool read_only;
    char *dir;
    /* Readers of this process: the map is resized only while there are none. */
    pthread_mutex_t lock;
    pthread_cond_t drained;
    unsigned readers;
    bool growing;
    bool must_grow; /* the last write found the map full */
    int commit_code; /* how the last commit ended: a failure that goes on is said once; under lock */
};

struct db_txn {
    struct db *db;
    MDB_txn *txn;
    bool writes;
    enum err err; /* the first failure; it stays */
};

/* LMDB's or the system's code as ours; complain() says it first, with the folder. */
enum err db_complain(const struct db *db, const char *doing, int code);
/* The first failure stays with the transaction. */
void db_stick(struct db_txn *txn, const char *doing, int code);

#endif
