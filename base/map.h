/*
 * base/map.h - hash tables of the engine: a 64-bit key to a 32-bit number, and a dictionary of texts.
 *
 * Both are open addressing with linear probing at a load of at most 0.8 and 0.6.  Numbers of a dictionary are
 * given from 1; those of removed texts are given again.  Thread: the owner's.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/text_pool.h"

#include <stdint.h>

struct __attribute__((packed, aligned(4))) map_slot {
    uint64_t key;
    uint32_t value; /* 0: free */
};

struct map {
    struct map_slot *slots;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
};

/* 0 when absent: values are from 1 up. */
uint32_t map_get(const struct map *map, uint64_t key);
/* Asks for the memory that a look at the key will read. */
void map_fetch(const struct map *map, uint64_t key);
void map_put(struct map *map, uint64_t key, uint32_t value);
/* The same; what stood there before, 0: nothing. */
uint32_t map_swap(struct map *map, uint64_t key, uint32_t value);
/* Makes room for count keys at once. */
void map_reserve(struct map *map, uint32_t count);
void map_remove(struct map *map, uint64_t key);
void map_free(struct map *map);

/* Texts lie in blocks of a dictionary's own, each behind its length, and never move. */
struct dictionary {
    uint8_t **texts; /* [number - 1]; NULL: the number is free */
    uint32_t *free;  /* numbers to give again */
    uint32_t free_count, free_capacity;
    uint32_t count;
    uint32_t capacity;
    struct dictionary_slot {
        uint32_t tag, number; /* of the text's hash; number 0: free */
    } *slots;
    uint32_t slot_count;
    struct text_pool pool;
};

/* The number of text, 0 when it has none. */
uint32_t dictionary_find(const struct dictionary *dictionary, struct bytes text);
/* The number of text, made when new. */
uint32_t dictionary_number(struct dictionary *dictionary, struct bytes text);
/* The same, and whether it is new. */
uint32_t dictionary_enter(struct dictionary *dictionary, struct bytes text, bool *fresh);
/* The text of a number that was given; lives as long as the dictionary, aligned to 8, with a zero byte behind it. */
struct bytes dictionary_text(const struct dictionary *dictionary, uint32_t number);
/* Absent when the number is free. */
struct bytes dictionary_text_if(const struct dictionary *dictionary, uint32_t number);
/* Looking up many at once: ask for the memory, step by step (0: where the hash leads, 1: the text that may be it).
 * The number that it may have, 0: it has none; only dictionary_find() knows. */
uint32_t dictionary_fetch(const struct dictionary *dictionary, uint64_t hash, int step);
void dictionary_remove(struct dictionary *dictionary, uint32_t number);
/* Rebuilding, of one that is empty: stores a text under the number it had; after all, dictionary_restored() makes them be
 * found and finds the free numbers. */
void dictionary_restore(struct dictionary *dictionary, uint32_t number, struct bytes text);
void dictionary_restored(struct dictionary *dictionary);
void dictionary_free(struct dictionary *dictionary);

#endif
