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

uint32_t dictionary_find(const struct dictionary *dictionary, struct bytes text)
{
    if (dictionary->slot_count == 0)
        return 0;
    uint32_t mask = dictionary->slot_count - 1;
    for (uint32_t i = (uint32_t)bytes_hash(text) & mask; dictionary->slots[i]; i = (i + 1) & mask)
        if (bytes_equal(dictionary->texts[dictionary->slots[i] - 1], text))
            return dictionary->slots[i];
    return 0;
}

static void dictionary_place(struct dictionary *dictionary, uint32_t number)
{
    uint32_t mask = dictionary->slot_count - 1;
    uint32_t i = (uint32_t)bytes_hash(dictionary->texts[number - 1]) & mask;
    while (dictionary->slots[i])
        i = (i + 1) & mask;
    dictionary->slots[i] = number;
}

static void dictionary_reserve(struct dictionary *dictionary, uint32_t number)
{
    check(number < UINT32_MAX / 4);
    uint32_t capacity = dictionary->capacity ? dictionary->capacity : 64;
    while (capacity < number)
        capacity *= 2;
    if (capacity > dictionary->capacity) {
        dictionary->texts = memory_resize(dictionary->texts, capacity * sizeof *dictionary->texts);
        dictionary->capacity = capacity;
    }
    for (; dictionary->count < number; dictionary->count++)
        dictionary->texts[dictionary->count] = BYTES_NONE;
}

/* Stores the text under number and finds it a place. */
static void dictionary_set(struct dictionary *dictionary, uint32_t number, struct bytes text)
{
    uint8_t *copy = memory_alloc(text.len + 1);
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    dictionary->texts[number - 1] = bytes_of(copy, text.len);
    if (dictionary->count > dictionary->slot_count / 10 * 6) {
        free(dictionary->slots);
        uint32_t slot_count = dictionary->slot_count ? dictionary->slot_count : 128;
        while (dictionary->count > slot_count / 10 * 6)
            slot_count *= 2;
        dictionary->slot_count = slot_count;
        dictionary->slots = memory_alloc_zero(slot_count, sizeof *dictionary->slots);
        for (uint32_t i = 1; i <= dictionary->count; i++)
            if (bytes_present(dictionary->texts[i - 1]))
                dictionary_place(dictionary, i);
    } else {
        dictionary_place(dictionary, number);
    }
}

uint32_t dictionary_number(struct dictionary *dictionary, struct bytes text)
{
    uint32_t number = dictionary_find(dictionary, text);
    if (number)
        return number;
    if (dictionary->free_count > 0) {
        number = dictionary->free[--dictionary->free_count];
    } else {
        number = dictionary->count + 1;
        dictionary_reserve(dictionary, number);
    }
    dictionary_set(dictionary, number, text);
    return number;
}

void dictionary_restore(struct dictionary *dictionary, uint32_t number, struct bytes text)
{
    dictionary_reserve(dictionary, number);
    check(!bytes_present(dictionary->texts[number - 1]));
    dictionary_set(dictionary, number, text);
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
        if (!bytes_present(dictionary->texts[i - 1]))
            dictionary_give_back(dictionary, i);
}

void dictionary_remove(struct dictionary *dictionary, uint32_t number)
{
    struct bytes text = dictionary_text(dictionary, number);
    uint32_t mask = dictionary->slot_count - 1, i = (uint32_t)bytes_hash(text) & mask;
    while (dictionary->slots[i] != number)
        i = (i + 1) & mask;
    /* Close the hole as map_remove() does. */
    for (uint32_t j = (i + 1) & mask; dictionary->slots[j]; j = (j + 1) & mask) {
        uint32_t home = (uint32_t)bytes_hash(dictionary->texts[dictionary->slots[j] - 1]) & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) {
            dictionary->slots[i] = dictionary->slots[j];
            i = j;
        }
    }
    dictionary->slots[i] = 0;
    free((void *)(uintptr_t)text.data);
    dictionary->texts[number - 1] = BYTES_NONE;
    dictionary_give_back(dictionary, number);
}

struct bytes dictionary_text(const struct dictionary *dictionary, uint32_t number)
{
    check(number >= 1 && number <= dictionary->count && bytes_present(dictionary->texts[number - 1]));
    return dictionary->texts[number - 1];
}

void dictionary_free(struct dictionary *dictionary)
{
    for (uint32_t i = 0; i < dictionary->count; i++)
        free((void *)(uintptr_t)dictionary->texts[i].data);
    free(dictionary->texts);
    free(dictionary->free);
    free(dictionary->slots);
    *dictionary = (struct dictionary){0};
}
