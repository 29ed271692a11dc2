/*
 * adapters/icon/known.h - which rows of the last days have been published, and as what: a few bytes a row.
 *
 * The nightly re-reading asks it, so that it states only what nobody stated before, and can count it.  A row's id leads to
 * 16 bits: whether it had ended, and 15 bits of a hash of its version.  A row that is new, or has ended since, is
 * always told from a known one; another change of a row with one chance in 32,767 not.
 * Ids lie close together, so blocks of KNOWN_BLOCK_IDS are kept; one that was not noted in for a while is dropped.
 * When KNOWN_BLOCKS_MAX is reached nothing more is remembered: then a row is stated again, which changes nothing.
 */
#ifndef ADAPTERS_ICON_KNOWN_H
#define ADAPTERS_ICON_KNOWN_H

#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KNOWN_BLOCK_IDS = 4096, KNOWN_BLOCKS_MAX = 2048 /* of a table: 8 million ids, 16 MiB */ };

struct known {
    struct map index; /* id / KNOWN_BLOCK_IDS → place in blocks + 1 */
    struct known_block **blocks;
    uint32_t count;
    bool full;        /* something was not remembered */
};

bool known_has(const struct known *known, int64_t id, int64_t version, bool ended);
/* at: any clock that known_forget() is asked by. */
void known_note(struct known *known, int64_t id, int64_t version, bool ended, int64_t at);
/* Drops the blocks in which nothing was noted since then. */
void known_forget(struct known *known, int64_t since);
void known_free(struct known *known);

#endif
