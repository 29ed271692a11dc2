#include "server/engine/rows.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

#define INSTANT_48 0xffffffffffffull

void record_put_instant(uint8_t bytes[6], instant at)
{
    uint64_t value = at == INSTANT_NEVER ? INSTANT_48 : (uint64_t)at;
    check(value <= INSTANT_48);
    memcpy(bytes, &value, 6);
}

instant record_instant(const uint8_t bytes[6])
{
    uint64_t value = 0;
    memcpy(&value, bytes, 6);
    return value == INSTANT_48 ? INSTANT_NEVER : (instant)value;
}

void rows_create(struct rows *rows)
{
    *rows = (struct rows){0};
    rows->pools[SESSION_LOGIN].record_bytes = sizeof(struct login_record);
    rows->pools[SESSION_MEDIA].record_bytes = sizeof(struct media_record);
}

void rows_free(struct rows *rows)
{
    for (int class = 0; class < SESSION_CLASS_COUNT; class++) {
        struct row_pool *pool = &rows->pools[class];
        free(pool->records);
        free(pool->next);
        free(pool->dirty_bits);
        number_list_free(&pool->dirty);
    }
}

static void reserve(struct row_pool *pool, uint32_t count)
{
    if (count <= pool->capacity)
        return;
    uint32_t capacity = pool->capacity ? pool->capacity : 16 * SESSION_BLOCK_RECORDS;
    while (capacity < count)
        capacity *= 2;
    check(capacity < UINT32_MAX / 2);
    uint32_t blocks = capacity / SESSION_BLOCK_RECORDS + 1, old_blocks = pool->capacity ? pool->capacity / SESSION_BLOCK_RECORDS + 1 : 0;
    pool->records = memory_resize(pool->records, (size_t)capacity * pool->record_bytes);
    pool->next = memory_resize(pool->next, (size_t)capacity * sizeof *pool->next);
    pool->dirty_bits = memory_resize(pool->dirty_bits, blocks);
    memset(pool->dirty_bits + old_blocks, 0, blocks - old_blocks);
    pool->capacity = capacity;
}

void rows_touch(struct rows *rows, enum session_class class, uint32_t index)
{
    struct row_pool *pool = &rows->pools[class];
    uint32_t block = (index - 1) / SESSION_BLOCK_RECORDS;
    if (!pool->dirty_bits[block]) {
        pool->dirty_bits[block] = 1;
        number_list_add(&pool->dirty, block);
    }
}

uint32_t rows_add(struct rows *rows, enum session_class class, uint32_t *head)
{
    struct row_pool *pool = &rows->pools[class];
    uint32_t index = pool->free;
    if (index) {
        pool->free = pool->next[index - 1];
    } else {
        reserve(pool, pool->count + 1);
        index = ++pool->count;
    }
    memset(pool->records + (size_t)(index - 1) * pool->record_bytes, 0, pool->record_bytes);
    pool->next[index - 1] = *head;
    *head = index;
    rows_touch(rows, class, index);
    return index;
}

void rows_remove_all(struct rows *rows, enum session_class class, uint32_t *head)
{
    struct row_pool *pool = &rows->pools[class];
    for (uint32_t index = *head, next; index; index = next) {
        next = pool->next[index - 1];
        memset(pool->records + (size_t)(index - 1) * pool->record_bytes, 0, pool->record_bytes);
        pool->next[index - 1] = pool->free;
        pool->free = index;
        rows_touch(rows, class, index);
    }
    *head = 0;
}

struct bytes rows_block(const struct rows *rows, enum session_class class, uint32_t block)
{
    const struct row_pool *pool = &rows->pools[class];
    uint32_t first = block * SESSION_BLOCK_RECORDS, count = pool->count - first;
    if (count > SESSION_BLOCK_RECORDS)
        count = SESSION_BLOCK_RECORDS;
    return bytes_of(pool->records + (size_t)first * pool->record_bytes, (size_t)count * pool->record_bytes);
}

void rows_written(struct rows *rows)
{
    for (int class = 0; class < SESSION_CLASS_COUNT; class++) {
        struct row_pool *pool = &rows->pools[class];
        for (size_t i = 0; i < pool->dirty.count; i++)
            pool->dirty_bits[pool->dirty.numbers[i]] = 0;
        pool->dirty.count = 0;
    }
}

void rows_restore_block(struct rows *rows, enum session_class class, uint32_t block, struct bytes records)
{
    struct row_pool *pool = &rows->pools[class];
    uint32_t first = block * SESSION_BLOCK_RECORDS, count = (uint32_t)(records.len / pool->record_bytes);
    reserve(pool, first + count);
    if (pool->count < first) /* blocks are never missing; a hole would be free records */
        memset(pool->records + (size_t)pool->count * pool->record_bytes, 0, (size_t)(first - pool->count) * pool->record_bytes);
    memcpy(pool->records + (size_t)first * pool->record_bytes, records.data, (size_t)count * pool->record_bytes);
    if (pool->count < first + count)
        pool->count = first + count;
}

void rows_link(struct rows *rows, enum session_class class, uint32_t index, uint32_t *head)
{
    rows->pools[class].next[index - 1] = *head;
    *head = index;
}

uint32_t rows_session(const struct rows *rows, enum session_class class, uint32_t index)
{
    return class == SESSION_LOGIN ? rows_login(rows, index)->session : rows_media(rows, index)->session;
}

void rows_restored(struct rows *rows)
{
    for (int class = 0; class < SESSION_CLASS_COUNT; class++) {
        struct row_pool *pool = &rows->pools[class];
        for (uint32_t index = pool->count; index > 0; index--)
            if (rows_session(rows, class, index) == 0) {
                pool->next[index - 1] = pool->free;
                pool->free = index;
            }
    }
}
