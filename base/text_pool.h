/*
 * base/text_pool.h - many small texts, stored without a call of malloc for each.
 *
 * A text lies behind its length, aligned to 8, with a zero byte behind it, and never moves.  Small ones are cut from chunks
 * and their room is used again by size; a large one is an allocation of its own.  Thread: the owner's.
 */
#ifndef BASE_TEXT_POOL_H
#define BASE_TEXT_POOL_H

#include "base/bytes.h"

enum { TEXT_POOL_HEAD = 2 }; /* bytes of the length before a text */

struct text_pool {
    uint8_t **chunks;
    uint32_t chunk_count, left; /* left: bytes behind next */
    uint8_t *next;
    uint8_t *free[33]; /* blocks of 8, 16, … bytes; each holds the next one's address */
};

/* Room for a text of so many bytes, which the caller writes; lives until it is dropped. */
uint8_t *text_pool_room(struct text_pool *pool, size_t len);
/* A copy. */
uint8_t *text_pool_store(struct text_pool *pool, struct bytes text);
struct bytes text_pool_text(const uint8_t *text);
void text_pool_drop(struct text_pool *pool, uint8_t *text);
/* Texts that are not dropped before are lost when they are large. */
void text_pool_free(struct text_pool *pool);

#endif
