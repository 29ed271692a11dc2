/* Opening a store, its transactions, and the growing of its map. */
#include "store/db_private.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What stands in meta under "format": another text is another layout of the tables. */
#define STORE_FORMAT "seatmeter store 6"

enum { READERS_MAX = 510 };

static enum err translate(int code)
{
    switch (code) {
    case 0:
        return ERR_OK;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case MDB_READERS_FULL:
        return ERR_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
        return ERR_DAMAGED;
    case MDB_VERSION_MISMATCH:
    case MDB_INVALID:
        return ERR_FORMAT;
    case ENOMEM:
        return ERR_MEMORY;
    case ENOENT:
        return ERR_NOT_FOUND;
    default:
        return ERR_IO;
    }
}

/* LMDB says EIO also where a write came back short because the disk was full: then hardly a page is free. */
static bool disk_is_full(const struct db *db)
{
    struct statvfs disk;
    return statvfs(db->dir, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < 16 * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int code_of(const struct db *db, int code)
{
    return code == EIO && disk_is_full(db) ? ENOSPC : code;
}

enum err db_complain(const struct db *db, const char *doing, int code)
{
    code = code_of(db, code);
    log_error("store", "%s: %s: %s", db->dir, doing, mdb_strerror(code));
    return translate(code);
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum err take_lock(struct db *db)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/LOCK", db->dir);
    db->lock_fd = open(buffer_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    enum err err = ERR_OK;
    if (db->lock_fd < 0) {
        log_error("store", "%s cannot be made: %s", buffer_text(&path), strerror(errno));
        err = translate(errno);
    } else if (flock(db->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        log_error("store", "%s is held by another process (%s is locked): stop that one, or name another folder",
                  db->dir, buffer_text(&path));
        err = ERR_BUSY;
    }
    buffer_free(&path);
    return err;
}

static enum err make_folder(struct db *db)
{
    /* Parents too, as mkdir -p does. */
    for (char *slash = strchr(db->dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(db->dir, 0750);
        *slash = '/';
    }
    if (mkdir(db->dir, 0750) == 0 || errno == EEXIST)
        return ERR_OK;
    log_error("store", "folder %s cannot be made: %s", db->dir, strerror(errno));
    return translate(errno);
}

static enum err check_format(struct db *db, MDB_txn *txn, bool fresh)
{
    MDB_val key = {6, (void *)(uintptr_t) "format"}, value;
    int code = mdb_get(txn, db->tables[TABLE_META], &key, &value);
    if (code == MDB_NOTFOUND && fresh) {
        value = (MDB_val){strlen(STORE_FORMAT), (void *)(uintptr_t)STORE_FORMAT};
        code = mdb_put(txn, db->tables[TABLE_META], &key, &value, 0);
        return code ? db_complain(db, "writing the format", code) : ERR_OK;
    }
    if (code == MDB_NOTFOUND) {
        log_error("store", "%s is no store of Seatmeter: it has no format, expected \"%s\"", db->dir, STORE_FORMAT);
        return ERR_FORMAT;
    }
    if (code)
        return db_complain(db, "reading the format", code);
    if (!bytes_equal_text(bytes_of(value.mv_data, value.mv_size), STORE_FORMAT)) {
        log_error("store", "%s has format \"%.*s\", this program reads \"%s\"", db->dir, (int)value.mv_size,
                  (const char *)value.mv_data, STORE_FORMAT);
        return ERR_FORMAT;
    }
    return ERR_OK;
}

static enum err open_tables(struct db *db)
{
    MDB_txn *txn;
    MDB_stat stat;
    int code = mdb_txn_begin(db->env, NULL, db->read_only ? MDB_RDONLY : 0, &txn);
    if (code)
        return db_complain(db, "opening", code);
    MDB_dbi root;
    code = mdb_dbi_open(txn, NULL, 0, &root);
    bool fresh = !db->read_only && code == 0 && mdb_stat(txn, root, &stat) == 0 && stat.ms_entries == 0;
    enum err err = code ? db_complain(db, "opening", code) : ERR_OK;
    for (int i = 0; err == ERR_OK && i < TABLE_COUNT; i++) {
        code = mdb_dbi_open(txn, table_name(i), fresh ? MDB_CREATE : 0, &db->tables[i]);
        if (code == MDB_NOTFOUND) {
            log_error("store", "%s is no store of Seatmeter: table %s is missing", db->dir, table_name(i));
            err = ERR_FORMAT;
        } else if (code) {
            err = db_complain(db, "opening a table", code);
        } else if (i == TABLE_META) {
            err = check_format(db, txn, fresh); /* before a table is missed that another format has not */
        }
    }
    if (err != ERR_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    code = mdb_txn_commit(txn);
    return code ? db_complain(db, "opening", code) : ERR_OK;
}

static enum err open_environment(struct db *db, uint64_t map_bytes)
{
    int code = mdb_env_create(&db->env);
    if (code)
        return db_complain(db, "opening", code);
    mdb_env_set_maxdbs(db->env, TABLE_COUNT);
    mdb_env_set_maxreaders(db->env, READERS_MAX);
    struct buffer path = {0};
    struct stat file;
    buffer_printf(&path, "%s/data.mdb", db->dir);
    bool exists = stat(buffer_text(&path), &file) == 0;
    buffer_free(&path);
    if (db->read_only && !exists) {
        log_error("store", "%s holds no store", db->dir);
        return ERR_NOT_FOUND;
    }
    /* Never below what it has grown to. */
    if (!db->read_only) {
        uint64_t size = map_bytes ? map_bytes : STORE_MAP_BYTES_DEFAULT;
        if (exists && size < (uint64_t)file.st_size + (uint64_t)file.st_size / 2)
            size = (uint64_t)file.st_size + (uint64_t)file.st_size / 2;
        mdb_env_set_mapsize(db->env, size / 4096 * 4096);
    }
    code = mdb_env_open(db->env, db->dir, MDB_NOTLS | (db->read_only ? MDB_RDONLY : 0), 0640);
    return code ? db_complain(db, "opening", code) : ERR_OK;
}

enum err db_create(const struct db_options *options, struct db **out)
{
    static _Atomic uint64_t serial;
    struct db *db = memory_alloc_zero(1, sizeof *db);
    db->serial = ++serial;
    db->dir = memory_copy_text(options->dir);
    db->read_only = options->read_only;
    db->lock_fd = -1;
    pthread_mutex_init(&db->lock, NULL);
    pthread_cond_init(&db->drained, NULL);
    enum err err = ERR_OK;
    if (!db->read_only)
        err = make_folder(db);
    if (err == ERR_OK && !db->read_only)
        err = take_lock(db);
    if (err == ERR_OK)
        err = open_environment(db, options->map_bytes);
    if (err == ERR_OK)
        err = open_tables(db);
    if (err != ERR_OK) {
        db_destroy(db);
        db = NULL;
    }
    *out = db;
    return err;
}

uint64_t db_serial(const struct db *db)
{
    return db->serial;
}

void db_destroy(struct db *db)
{
    if (!db)
        return;
    check(db->readers == 0);
    if (db->env)
        mdb_env_close(db->env);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    pthread_cond_destroy(&db->drained);
    pthread_mutex_destroy(&db->lock);
    free(db->dir);
    free(db);
}

/* --- transactions ------------------------------------------------------------------------------ */

/* Doubles the map when it is 80 % full or was found full; waits for this process's readers. */
static enum err grow_when_needed(struct db *db)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_env_info(db->env, &info);
    mdb_env_stat(db->env, &stat);
    uint64_t used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
    if (!db->must_grow && used < info.me_mapsize / 10 * 8)
        return ERR_OK;
    pthread_mutex_lock(&db->lock);
    db->growing = true;
    while (db->readers > 0)
        pthread_cond_wait(&db->drained, &db->lock);
    int code = mdb_env_set_mapsize(db->env, info.me_mapsize * 2);
    db->growing = false;
    db->must_grow = false;
    pthread_cond_broadcast(&db->drained);
    pthread_mutex_unlock(&db->lock);
    if (code)
        return db_complain(db, "growing the map", code);
    log_info("store", "%s: the map grew to %zu MiB", db->dir, (info.me_mapsize * 2) >> 20);
    return ERR_OK;
}

static struct db_txn *wrap(struct db *db, MDB_txn *inner, bool writes)
{
    struct db_txn *txn = memory_alloc_zero(1, sizeof *txn);
    *txn = (struct db_txn){.db = db, .txn = inner, .writes = writes};
    return txn;
}

enum err db_begin_write(struct db *db, struct db_txn **txn)
{
    MDB_txn *inner;
    check(!db->read_only);
    *txn = NULL;
    enum err err = grow_when_needed(db);
    if (err != ERR_OK)
        return err;
    int code = mdb_txn_begin(db->env, NULL, 0, &inner);
    if (code)
        return db_complain(db, "beginning to write", code);
    *txn = wrap(db, inner, true);
    return ERR_OK;
}

enum err db_begin_read(struct db *db, struct db_txn **txn)
{
    MDB_txn *inner;
    *txn = NULL;
    pthread_mutex_lock(&db->lock);
    while (db->growing)
        pthread_cond_wait(&db->drained, &db->lock);
    int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &inner);
    if (code == MDB_MAP_RESIZED && db->readers == 0) {
        /* Another process, the writer, grew it. */
        mdb_env_set_mapsize(db->env, 0);
        code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &inner);
    }
    if (code == 0)
        db->readers++;
    pthread_mutex_unlock(&db->lock);
    if (code)
        return db_complain(db, "beginning to read", code);
    *txn = wrap(db, inner, false);
    return ERR_OK;
}

static void reader_left(struct db *db)
{
    pthread_mutex_lock(&db->lock);
    check(db->readers > 0);
    if (--db->readers == 0)
        pthread_cond_broadcast(&db->drained);
    pthread_mutex_unlock(&db->lock);
}

void db_abort(struct db_txn *txn)
{
    if (!txn)
        return;
    mdb_txn_abort(txn->txn);
    if (!txn->writes)
        reader_left(txn->db);
    free(txn);
}

void db_stick(struct db_txn *txn, const char *doing, int code)
{
    if (txn->err != ERR_OK)
        return;
    if (code == MDB_MAP_FULL)
        txn->db->must_grow = true;
    txn->err = db_complain(txn->db, doing, code);
}

/* A full disk fails every commit until there is space: said when it begins and when it is over, not each time. */
static enum err commit_ended(struct db *db, int code)
{
    code = code_of(db, code);
    pthread_mutex_lock(&db->lock);
    int before = db->commit_code;
    db->commit_code = code;
    pthread_mutex_unlock(&db->lock);
    if (code != before && code)
        return db_complain(db, "committing", code);
    if (code != before)
        log_info("store", "%s can be written again", db->dir);
    return translate(code);
}

enum err db_commit(struct db_txn *txn)
{
    enum err err = txn->err;
    struct db *db = txn->db;
    check(txn->writes);
    if (err != ERR_OK) {
        mdb_txn_abort(txn->txn);
    } else {
        int code = mdb_txn_commit(txn->txn);
        if (code == MDB_MAP_FULL)
            db->must_grow = true;
        err = commit_ended(db, code);
    }
    free(txn);
    return err;
}

enum err db_error(const struct db_txn *txn)
{
    return txn->err;
}

enum err db_stat(struct db *db, struct db_stat *stat)
{
    MDB_envinfo info;
    MDB_stat env, one;
    struct db_txn *txn;
    *stat = (struct db_stat){0};
    enum err err = db_begin_read(db, &txn);
    if (err != ERR_OK)
        return err;
    mdb_env_info(db->env, &info);
    mdb_env_stat(db->env, &env);
    stat->map_bytes = info.me_mapsize;
    stat->used_bytes = (uint64_t)(info.me_last_pgno + 1) * env.ms_psize;
    stat->readers = db->readers;
    for (int i = 0; i < TABLE_COUNT; i++)
        if (mdb_stat(txn->txn, db->tables[i], &one) == 0)
            stat->entries[i] = one.ms_entries;
    /* The free list is LMDB's table 0: each value is a count and that many page numbers. */
    MDB_cursor *cursor;
    MDB_val k, v;
    if (mdb_cursor_open(txn->txn, 0, &cursor) == 0) {
        while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0) {
            size_t pages;
            memcpy(&pages, v.mv_data, sizeof pages);
            stat->free_pages += pages;
        }
        mdb_cursor_close(cursor);
    }
    db_abort(txn);
    return ERR_OK;
}
