/*
 * base/map.h - hash tables of the engine: a 64-bit key to a 32-bit number, and a dictionary of texts.
 *
 * Both are open addressing with linear probing at a load of at most 0.6.  Numbers of a dictionary are
 * given from 1; those of removed texts are given again.  Thread: the owner's.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/bytes.h"

#include <stdint.h>

struct map_slot {
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
void map_put(struct map *map, uint64_t key, uint32_t value);
void map_remove(struct map *map, uint64_t key);
void map_free(struct map *map);

struct dictionary {
    struct bytes *texts; /* [number - 1], owned; absent: the number is free */
    uint32_t *free;      /* numbers to give again */
    uint32_t free_count, free_capacity;
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* number, 0: free */
    uint32_t slot_count;
};

/* The number of text, 0 when it has none. */
uint32_t dictionary_find(const struct dictionary *dictionary, struct bytes text);
/* The number of text, made when new. */
uint32_t dictionary_number(struct dictionary *dictionary, struct bytes text);
/* The text of a number that was given; lives as long as the dictionary. */
struct bytes dictionary_text(const struct dictionary *dictionary, uint32_t number);
void dictionary_remove(struct dictionary *dictionary, uint32_t number);
/* Rebuilding: places a text under the number it had; after all, dictionary_restored() finds the free numbers. */
void dictionary_restore(struct dictionary *dictionary, uint32_t number, struct bytes text);
void dictionary_restored(struct dictionary *dictionary);
void dictionary_free(struct dictionary *dictionary);

#endif
