/*
 * store/session.h - session blocks: the login and media rows, as fixed-size records.
 *
 * A block holds up to SESSION_BLOCK_RECORDS records of one class in order of arrival and takes one
 * overflow page of LMDB; only dirty blocks are written.  Texts and long ids are named by number
 * (dictionary.h).  A freed record is all zeros (its session is 0) and is used again.
 *
 *   session: class u8, block u32 (big-endian) → records, little-endian as drawn here
 *
 * A ref is an id in 32 bits: 0 unknown, 1 … 2^31-2 the id + 1, with the high bit a number of the
 * dictionary class BIG_ID.  A row's key is its number when it is plain decimal below 2^62, else bit 63
 * and a number of the class ROW_KEY.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "store/db.h"

#include <assert.h>

enum { SESSION_BLOCK_RECORDS = 60 };

typedef uint32_t ref;

struct login_record {
    uint64_t version;
    uint64_t key;
    uint8_t begin[6]; /* ms since 1970 */
    uint8_t end[6];   /* all ones: none yet */
    uint32_t session;
    ref tenant, person, login, place, dn, switch_id;
    uint32_t app; /* class WORD, 0 unknown */
    uint16_t source;
    uint8_t end_by;
    uint8_t unused;
};

struct media_record {
    uint64_t version;
    uint64_t key;
    uint8_t begin[6];
    uint8_t end[6];
    uint32_t session;
    ref place, dn;
    uint32_t media;
    uint16_t source;
    uint8_t unused[2];
};

static_assert(sizeof(struct login_record) == 64, "login records are 64 bytes");
static_assert(sizeof(struct media_record) == 48, "media records are 48 bytes");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are written as they lie in memory");

enum session_class { SESSION_LOGIN, SESSION_MEDIA, SESSION_CLASS_COUNT };

void session_block_put(struct db_txn *txn, enum session_class class, uint32_t block, struct bytes records);
/* Every block in order of (class, number); records may lie unaligned. */
typedef void (*session_block_fn)(void *owner, enum session_class class, uint32_t block, struct bytes records);
void session_block_each(struct db_txn *txn, session_block_fn fn, void *owner);

#endif
