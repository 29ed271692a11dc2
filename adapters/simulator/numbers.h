/*
 * adapters/simulator/numbers.h - ICON's sequence numbers: one counter a class of data, taken in blocks.
 *
 * Whoever writes reserves a block from the counter and numbers its rows from it.  Two writers hold two blocks, so a
 * lower number may be committed after a higher one; a block that is given back unused in part leaves a hole.
 */
#ifndef ADAPTERS_SIMULATOR_NUMBERS_H
#define ADAPTERS_SIMULATOR_NUMBERS_H

#include <stdint.h>

struct counter {
    int64_t reserved; /* SEQCOUNTER: the highest number given to a block */
    int64_t written;  /* the newest number in a committed row; SEQCURRENT is recorded from it, later */
};

struct block {
    int64_t next, end; /* next may be taken while below end */
};

/* The next number of a block; takes a new block of block_size when it is used up. */
static inline int64_t number_take(struct counter *counter, struct block *block, int64_t block_size)
{
    if (block->next >= block->end) {
        block->next = counter->reserved + 1;
        counter->reserved += block_size;
        block->end = counter->reserved + 1;
    }
    return block->next++;
}

/* Says that number is in a row that is committed now, or by the transaction that records it. */
static inline void number_written(struct counter *counter, int64_t number)
{
    if (number > counter->written)
        counter->written = number;
}

/* Gives a block up: what is left of it is a hole. */
static inline void block_drop(struct block *block)
{
    block->next = block->end = 0;
}

#endif
