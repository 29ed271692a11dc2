/*
 * server/engine/rows.h - the login and media rows that sessions are folded from.
 *
 * Each row is one record of store/session.h; a session's rows of one class form a list.  Records lie
 * in blocks in order of arrival, as in the store; a changed record marks its block, and the flush
 * writes the marked blocks.
 *
 * Words: a row is known by its index, from 1; 0 is none.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_ROWS_H
#define SERVER_ENGINE_ROWS_H

#include "base/instant.h"
#include "server/engine/names.h"
#include "store/session.h"

struct row_pool {
    uint8_t *records; /* of record_bytes each; [index - 1] */
    size_t record_bytes;
    uint32_t *next;
    uint32_t count, capacity;
    uint32_t free; /* list of freed records, by next */
    struct number_list dirty; /* blocks */
    uint8_t *dirty_bits;
};

struct rows {
    struct row_pool pools[SESSION_CLASS_COUNT];
};

void rows_create(struct rows *rows);
void rows_free(struct rows *rows);

static inline struct login_record *rows_login(const struct rows *rows, uint32_t index)
{
    return (struct login_record *)(void *)(rows->pools[SESSION_LOGIN].records + (size_t)(index - 1) * sizeof(struct login_record));
}
static inline struct media_record *rows_media(const struct rows *rows, uint32_t index)
{
    return (struct media_record *)(void *)(rows->pools[SESSION_MEDIA].records + (size_t)(index - 1) * sizeof(struct media_record));
}
static inline uint32_t rows_next(const struct rows *rows, enum session_class class, uint32_t index)
{
    return rows->pools[class].next[index - 1];
}

/* A new, zeroed record in front of the list *head; pointers to other records of the class may move. */
uint32_t rows_add(struct rows *rows, enum session_class class, uint32_t *head);
void rows_touch(struct rows *rows, enum session_class class, uint32_t index);
/* Zeroes and frees every record of the list *head. */
void rows_remove_all(struct rows *rows, enum session_class class, uint32_t *head);

/* The records of a block as they are to be written. */
struct bytes rows_block(const struct rows *rows, enum session_class class, uint32_t block);
void rows_written(struct rows *rows);
/* Rebuilding: takes a block as it was written; the caller links each record whose session is not 0
 * with rows_link() and then calls rows_restored(), which finds the free ones. */
void rows_restore_block(struct rows *rows, enum session_class class, uint32_t block, struct bytes records);
void rows_link(struct rows *rows, enum session_class class, uint32_t index, uint32_t *head);
void rows_restored(struct rows *rows);
/* The session of a record of either class; 0: free. */
uint32_t rows_session(const struct rows *rows, enum session_class class, uint32_t index);

/* Six bytes of milliseconds; all ones: INSTANT_NEVER. */
void record_put_instant(uint8_t bytes[6], instant at);
instant record_instant(const uint8_t bytes[6]);

#endif
