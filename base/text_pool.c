#include "base/text_pool.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* A block: the length in two bytes, the text, a zero byte; its size is a multiple of 8.  Of a large one the two bytes are
 * all ones, and the length stands in the four before them. */
enum { BLOCK_BYTES_MAX = 8 * 32, CHUNK_BYTES_MIN = 1024, LARGE_HEAD = 8, LARGE = 0xffff };

static size_t block_bytes(size_t len)
{
    size_t size = (TEXT_POOL_HEAD + len + 1 + 7) & ~(size_t)7;
    return size < 16 ? 16 : size; /* room for an address behind the length */
}

static uint8_t *pool_block(struct text_pool *pool, size_t size)
{
    uint8_t *block;
    if (pool->free[size / 8]) {
        block = pool->free[size / 8];
        memcpy(&pool->free[size / 8], block + TEXT_POOL_HEAD, sizeof block);
        return block;
    }
    if (pool->left < size) {
        size_t bytes = CHUNK_BYTES_MIN << (pool->chunk_count < 8 ? pool->chunk_count : 8);
        pool->chunks = memory_resize(pool->chunks, (pool->chunk_count + 1) * sizeof(uint8_t *));
        pool->chunks[pool->chunk_count++] = memory_alloc(bytes);
        pool->next = pool->chunks[pool->chunk_count - 1] + 8 - TEXT_POOL_HEAD;
        pool->left = (uint32_t)bytes - 8;
    }
    block = pool->next;
    pool->next += size;
    pool->left -= (uint32_t)size;
    return block;
}

uint8_t *text_pool_room(struct text_pool *pool, size_t len)
{
    size_t size = block_bytes(len);
    uint32_t large = (uint32_t)len;
    uint16_t head = size > BLOCK_BYTES_MAX ? LARGE : (uint16_t)len;
    check(len < UINT32_MAX / 2);
    uint8_t *text = head == LARGE ? (uint8_t *)memory_alloc(size + LARGE_HEAD) + LARGE_HEAD : pool_block(pool, size) + TEXT_POOL_HEAD;
    if (head == LARGE)
        memcpy(text - TEXT_POOL_HEAD - sizeof large, &large, sizeof large);
    memcpy(text - TEXT_POOL_HEAD, &head, TEXT_POOL_HEAD);
    text[len] = 0;
    return text;
}

uint8_t *text_pool_store(struct text_pool *pool, struct bytes text)
{
    uint8_t *copy = text_pool_room(pool, text.len);
    if (text.len)
        memcpy(copy, text.data, text.len);
    return copy;
}

struct bytes text_pool_text(const uint8_t *text)
{
    uint16_t head;
    uint32_t len;
    memcpy(&head, text - TEXT_POOL_HEAD, sizeof head);
    if (head != LARGE)
        return bytes_of(text, head);
    memcpy(&len, text - TEXT_POOL_HEAD - sizeof len, sizeof len);
    return bytes_of(text, len);
}

void text_pool_drop(struct text_pool *pool, uint8_t *text)
{
    size_t size = block_bytes(text_pool_text(text).len);
    if (size > BLOCK_BYTES_MAX) {
        free(text - LARGE_HEAD);
        return;
    }
    memcpy(text, &pool->free[size / 8], sizeof(uint8_t *));
    pool->free[size / 8] = text - TEXT_POOL_HEAD;
}

void text_pool_free(struct text_pool *pool)
{
    for (uint32_t i = 0; i < pool->chunk_count; i++)
        free(pool->chunks[i]);
    free(pool->chunks);
    *pool = (struct text_pool){0};
}
