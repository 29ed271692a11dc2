#include "base/map.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static uint32_t home_of(uint64_t key, uint32_t capacity)
{
    return (uint32_t)hash_mix(key) & (capacity - 1);
}

uint32_t map_get(const struct map *map, uint64_t key)
{
    if (map->capacity == 0)
        return 0;
    for (uint32_t i = home_of(key, map->capacity); map->slots[i].value; i = (i + 1) & (map->capacity - 1))
        if (map->slots[i].key == key)
            return map->slots[i].value;
    return 0;
}

static void map_grow(struct map *map)
{
    struct map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : 64;
    check(map->capacity > old.capacity);
    map->slots = memory_alloc_zero(map->capacity, sizeof *map->slots);
    map->count = 0;
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.slots[i].value)
            map_put(map, old.slots[i].key, old.slots[i].value);
    free(old.slots);
}

void map_put(struct map *map, uint64_t key, uint32_t value)
{
    check(value != 0);
    if (map->count >= map->capacity / 10 * 6)
        map_grow(map);
    uint32_t i = home_of(key, map->capacity);
    for (; map->slots[i].value; i = (i + 1) & (map->capacity - 1))
        if (map->slots[i].key == key) {
            map->slots[i].value = value;
            return;
        }
    map->slots[i] = (struct map_slot){key, value};
    map->count++;
}

void map_remove(struct map *map, uint64_t key)
{
    if (map->capacity == 0)
        return;
    uint32_t mask = map->capacity - 1, i = home_of(key, map->capacity);
    while (map->slots[i].value && map->slots[i].key != key)
        i = (i + 1) & mask;
    if (!map->slots[i].value)
        return;
    /* Close the hole: move back what probed over it, so that no search stops early. */
    for (uint32_t j = (i + 1) & mask; map->slots[j].value; j = (j + 1) & mask) {
        uint32_t home = home_of(map->slots[j].key, map->capacity);
        if (((j - home) & mask) >= ((j - i) & mask)) {
            map->slots[i] = map->slots[j];
            i = j;
        }
    }
    map->slots[i] = (struct map_slot){0};
    map->count--;
}

void map_free(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

/* --- texts ---------------------------------------------------------------------------------------- */

/*
 * A block: the length (4 bytes), the text, a zero byte; its size is a multiple of 8, and the text is aligned to 8.  Small
 * blocks are cut from chunks and used again by size; a large one is an allocation of its own.
 */
enum { TEXT_HEAD = 4, BLOCK_BYTES_MAX = 8 * 32, CHUNK_BYTES_MIN = 1024, CHUNK_BYTES_MAX = 256 * 1024 };

static size_t block_bytes(size_t len)
{
    size_t size = (TEXT_HEAD + len + 1 + 7) & ~(size_t)7;
    return size < 16 ? 16 : size; /* room for an address behind the length */
}

static uint8_t *pool_block(struct text_pool *pool, size_t size)
{
    uint8_t *block;
    if (size > BLOCK_BYTES_MAX)
        return (uint8_t *)memory_alloc(size + 8) + 8 - TEXT_HEAD;
    if (pool->free[size / 8]) {
        block = pool->free[size / 8];
        memcpy(&pool->free[size / 8], block + TEXT_HEAD, sizeof block);
        return block;
    }
    if (pool->left < size) {
        size_t bytes = CHUNK_BYTES_MIN << (pool->chunk_count < 8 ? pool->chunk_count : 8);
        pool->chunks = memory_resize(pool->chunks, (pool->chunk_count + 1) * sizeof(uint8_t *));
        pool->chunks[pool->chunk_count++] = memory_alloc(bytes);
        pool->next = pool->chunks[pool->chunk_count - 1] + 8 - TEXT_HEAD;
        pool->left = (uint32_t)bytes - 8;
    }
    block = pool->next;
    pool->next += size;
    pool->left -= (uint32_t)size;
    return block;
}

static uint8_t *text_store(struct dictionary *dictionary, struct bytes text)
{
    uint32_t len = (uint32_t)text.len;
    check(text.len < UINT32_MAX / 2);
    uint8_t *block = pool_block(&dictionary->pool, block_bytes(text.len));
    memcpy(block, &len, TEXT_HEAD);
    if (len)
        memcpy(block + TEXT_HEAD, text.data, len);
    block[TEXT_HEAD + len] = 0;
    return block + TEXT_HEAD;
}

static struct bytes text_at(const uint8_t *text)
{
    uint32_t len;
    memcpy(&len, text - TEXT_HEAD, TEXT_HEAD);
    return bytes_of(text, len);
}

static void text_free(struct dictionary *dictionary, uint8_t *text)
{
    size_t size = block_bytes(text_at(text).len);
    if (size > BLOCK_BYTES_MAX) {
        free(text - 8);
        return;
    }
    memcpy(text, &dictionary->pool.free[size / 8], sizeof(uint8_t *));
    dictionary->pool.free[size / 8] = text - TEXT_HEAD;
}

/* --- numbers -------------------------------------------------------------------------------------- */

static uint32_t find(const struct dictionary *dictionary, struct bytes text, uint64_t hash)
{
    if (dictionary->slot_count == 0)
        return 0;
    uint32_t mask = dictionary->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask; dictionary->slots[i].number; i = (i + 1) & mask)
        if (dictionary->slots[i].tag == (uint32_t)hash && bytes_equal(text_at(dictionary->texts[dictionary->slots[i].number - 1]), text))
            return dictionary->slots[i].number;
    return 0;
}

uint32_t dictionary_find(const struct dictionary *dictionary, struct bytes text)
{
    return find(dictionary, text, bytes_hash(text));
}

uint32_t dictionary_fetch(const struct dictionary *dictionary, uint64_t hash, int step)
{
    if (dictionary->slot_count == 0)
        return 0;
    uint32_t mask = dictionary->slot_count - 1, i = (uint32_t)hash & mask;
    if (step == 0) {
        __builtin_prefetch(&dictionary->slots[i]);
        return 0;
    }
    while (dictionary->slots[i].number && dictionary->slots[i].tag != (uint32_t)hash)
        i = (i + 1) & mask;
    uint32_t number = dictionary->slots[i].number;
    if (number && step == 1)
        __builtin_prefetch(&dictionary->texts[number - 1]);
    else if (number)
        __builtin_prefetch(dictionary->texts[number - 1] - TEXT_HEAD);
    return number;
}

static void place(struct dictionary *dictionary, struct dictionary_slot slot)
{
    uint32_t mask = dictionary->slot_count - 1;
    uint32_t i = slot.tag & mask;
    while (dictionary->slots[i].number)
        i = (i + 1) & mask;
    dictionary->slots[i] = slot;
}

static void dictionary_reserve(struct dictionary *dictionary, uint32_t number)
{
    check(number < UINT32_MAX / 4);
    uint32_t capacity = dictionary->capacity ? dictionary->capacity : 64;
    while (capacity < number)
        capacity *= 2;
    if (capacity > dictionary->capacity) {
        dictionary->texts = memory_resize(dictionary->texts, capacity * sizeof(uint8_t *));
        dictionary->capacity = capacity;
    }
    for (; dictionary->count < number; dictionary->count++)
        dictionary->texts[dictionary->count] = NULL;
}

/* Stores the text under number and finds it a place. */
static void dictionary_set(struct dictionary *dictionary, uint32_t number, struct bytes text, uint64_t hash)
{
    dictionary->texts[number - 1] = text_store(dictionary, text);
    if (dictionary->count > dictionary->slot_count / 10 * 6) {
        struct dictionary_slot *old = dictionary->slots;
        uint32_t old_count = dictionary->slot_count, slot_count = old_count ? old_count : 128;
        while (dictionary->count > slot_count / 10 * 6)
            slot_count *= 2;
        dictionary->slot_count = slot_count;
        dictionary->slots = memory_alloc_zero(slot_count, sizeof *dictionary->slots);
        for (uint32_t i = 0; i < old_count; i++)
            if (old[i].number)
                place(dictionary, old[i]);
        free(old);
    }
    place(dictionary, (struct dictionary_slot){(uint32_t)hash, number});
}

uint32_t dictionary_enter(struct dictionary *dictionary, struct bytes text, bool *fresh)
{
    uint64_t hash = bytes_hash(text);
    uint32_t number = find(dictionary, text, hash);
    *fresh = number == 0;
    if (number)
        return number;
    if (dictionary->free_count > 0) {
        number = dictionary->free[--dictionary->free_count];
    } else {
        number = dictionary->count + 1;
        dictionary_reserve(dictionary, number);
    }
    dictionary_set(dictionary, number, text, hash);
    return number;
}

uint32_t dictionary_number(struct dictionary *dictionary, struct bytes text)
{
    bool fresh;
    return dictionary_enter(dictionary, text, &fresh);
}

void dictionary_restore(struct dictionary *dictionary, uint32_t number, struct bytes text)
{
    dictionary_reserve(dictionary, number);
    check(!dictionary->texts[number - 1]);
    dictionary_set(dictionary, number, text, bytes_hash(text));
}

static void dictionary_give_back(struct dictionary *dictionary, uint32_t number)
{
    if (dictionary->free_count == dictionary->free_capacity) {
        dictionary->free_capacity = dictionary->free_capacity ? dictionary->free_capacity * 2 : 64;
        dictionary->free = memory_resize(dictionary->free, dictionary->free_capacity * sizeof *dictionary->free);
    }
    dictionary->free[dictionary->free_count++] = number;
}

void dictionary_restored(struct dictionary *dictionary)
{
    for (uint32_t i = dictionary->count; i > 0; i--)
        if (!dictionary->texts[i - 1])
            dictionary_give_back(dictionary, i);
}

void dictionary_remove(struct dictionary *dictionary, uint32_t number)
{
    struct bytes text = dictionary_text(dictionary, number);
    uint32_t mask = dictionary->slot_count - 1, i = (uint32_t)bytes_hash(text) & mask;
    while (dictionary->slots[i].number != number)
        i = (i + 1) & mask;
    /* Close the hole as map_remove() does. */
    for (uint32_t j = (i + 1) & mask; dictionary->slots[j].number; j = (j + 1) & mask)
        if (((j - dictionary->slots[j].tag) & mask) >= ((j - i) & mask)) {
            dictionary->slots[i] = dictionary->slots[j];
            i = j;
        }
    dictionary->slots[i] = (struct dictionary_slot){0};
    text_free(dictionary, dictionary->texts[number - 1]);
    dictionary->texts[number - 1] = NULL;
    dictionary_give_back(dictionary, number);
}

struct bytes dictionary_text(const struct dictionary *dictionary, uint32_t number)
{
    check(number >= 1 && number <= dictionary->count && dictionary->texts[number - 1]);
    return text_at(dictionary->texts[number - 1]);
}

struct bytes dictionary_text_if(const struct dictionary *dictionary, uint32_t number)
{
    return number >= 1 && number <= dictionary->count && dictionary->texts[number - 1] ? text_at(dictionary->texts[number - 1]) : BYTES_NONE;
}

void dictionary_free(struct dictionary *dictionary)
{
    for (uint32_t i = 0; i < dictionary->count; i++)
        if (dictionary->texts[i] && block_bytes(text_at(dictionary->texts[i]).len) > BLOCK_BYTES_MAX)
            text_free(dictionary, dictionary->texts[i]);
    for (uint32_t i = 0; i < dictionary->pool.chunk_count; i++)
        free(dictionary->pool.chunks[i]);
    free(dictionary->pool.chunks);
    free(dictionary->texts);
    free(dictionary->free);
    free(dictionary->slots);
    *dictionary = (struct dictionary){0};
}
