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

void map_fetch(const struct map *map, uint64_t key)
{
    if (map->capacity)
        __builtin_prefetch(&map->slots[home_of(key, map->capacity)]);
}

static void map_resize(struct map *map, uint32_t capacity)
{
    struct map old = *map;
    check(capacity > old.capacity);
    map->capacity = capacity;
    map->slots = memory_alloc_zero(map->capacity, sizeof *map->slots);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (!old.slots[i].value)
            continue;
        uint32_t at = home_of(old.slots[i].key, capacity);
        while (map->slots[at].value)
            at = (at + 1) & (capacity - 1);
        map->slots[at] = old.slots[i];
    }
    free(old.slots);
}

static void map_grow(struct map *map)
{
    map_resize(map, map->capacity ? map->capacity * 2 : 64);
}

void map_reserve(struct map *map, uint32_t count)
{
    uint32_t capacity = map->capacity ? map->capacity : 64;
    while (count >= capacity / 10 * 8)
        capacity *= 2;
    if (capacity > map->capacity)
        map_resize(map, capacity);
}

uint32_t map_swap(struct map *map, uint64_t key, uint32_t value)
{
    check(value != 0);
    if (map->count >= map->capacity / 10 * 8)
        map_grow(map);
    uint32_t i = home_of(key, map->capacity);
    for (; map->slots[i].value; i = (i + 1) & (map->capacity - 1))
        if (map->slots[i].key == key) {
            uint32_t old = map->slots[i].value;
            map->slots[i].value = value;
            return old;
        }
    map->slots[i] = (struct map_slot){key, value};
    map->count++;
    return 0;
}

void map_put(struct map *map, uint64_t key, uint32_t value)
{
    (void)map_swap(map, key, value);
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

/* --- numbers -------------------------------------------------------------------------------------- */

static uint32_t find(const struct dictionary *dictionary, struct bytes text, uint64_t hash)
{
    if (dictionary->slot_count == 0)
        return 0;
    uint32_t mask = dictionary->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask; dictionary->slots[i].number; i = (i + 1) & mask)
        if (dictionary->slots[i].tag == (uint32_t)hash && bytes_equal(text_pool_text(dictionary->texts[dictionary->slots[i].number - 1]), text))
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
        __builtin_prefetch(dictionary->texts[number - 1] - TEXT_POOL_HEAD);
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

/* Makes room for the places of as many texts as there are numbers. */
static void slots_reserve(struct dictionary *dictionary)
{
    struct dictionary_slot *old = dictionary->slots;
    uint32_t old_count = dictionary->slot_count, slot_count = old_count ? old_count : 128;
    while (dictionary->count > slot_count / 10 * 6)
        slot_count *= 2;
    if (slot_count == old_count)
        return;
    dictionary->slot_count = slot_count;
    dictionary->slots = memory_alloc_zero(slot_count, sizeof *dictionary->slots);
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].number)
            place(dictionary, old[i]);
    free(old);
}

/* Stores the text under number and finds it a place. */
static void dictionary_set(struct dictionary *dictionary, uint32_t number, struct bytes text, uint64_t hash)
{
    dictionary->texts[number - 1] = text_pool_store(&dictionary->pool, text);
    slots_reserve(dictionary);
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
    dictionary->texts[number - 1] = text_pool_store(&dictionary->pool, text);
}

static void dictionary_give_back(struct dictionary *dictionary, uint32_t number)
{
    if (dictionary->free_count == dictionary->free_capacity) {
        dictionary->free_capacity = dictionary->free_capacity ? dictionary->free_capacity * 2 : 64;
        dictionary->free = memory_resize(dictionary->free, dictionary->free_capacity * sizeof *dictionary->free);
    }
    dictionary->free[dictionary->free_count++] = number;
}

/* The places of all texts: their number is known now, and what a place will be is asked for some texts ahead. */
static void place_all(struct dictionary *dictionary)
{
    enum { AHEAD = 16 };
    uint32_t tags[AHEAD];
    slots_reserve(dictionary);
    for (uint32_t i = 0; i < dictionary->count + AHEAD; i++) {
        if (i >= AHEAD && dictionary->texts[i - AHEAD])
            place(dictionary, (struct dictionary_slot){tags[i % AHEAD], i - AHEAD + 1});
        if (i >= dictionary->count || !dictionary->texts[i])
            continue;
        tags[i % AHEAD] = (uint32_t)bytes_hash(text_pool_text(dictionary->texts[i]));
        __builtin_prefetch(&dictionary->slots[tags[i % AHEAD] & (dictionary->slot_count - 1)], 1);
    }
}

void dictionary_restored(struct dictionary *dictionary)
{
    if (dictionary->slot_count || dictionary->count == 0)
        return;
    place_all(dictionary);
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
    text_pool_drop(&dictionary->pool, dictionary->texts[number - 1]);
    dictionary->texts[number - 1] = NULL;
    dictionary_give_back(dictionary, number);
}

struct bytes dictionary_text(const struct dictionary *dictionary, uint32_t number)
{
    check(number >= 1 && number <= dictionary->count && dictionary->texts[number - 1]);
    return text_pool_text(dictionary->texts[number - 1]);
}

struct bytes dictionary_text_if(const struct dictionary *dictionary, uint32_t number)
{
    return number >= 1 && number <= dictionary->count && dictionary->texts[number - 1] ? text_pool_text(dictionary->texts[number - 1]) : BYTES_NONE;
}

void dictionary_free(struct dictionary *dictionary)
{
    for (uint32_t i = 0; i < dictionary->count; i++)
        if (dictionary->texts[i])
            text_pool_drop(&dictionary->pool, dictionary->texts[i]);
    text_pool_free(&dictionary->pool);
    free(dictionary->texts);
    free(dictionary->free);
    free(dictionary->slots);
    *dictionary = (struct dictionary){0};
}
