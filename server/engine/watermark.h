/*
 * server/engine/watermark.h - how far a source is, from the watermarks it wrote (design.md §6, domain.md §7.5).
 *
 * Embedded, a source's newest watermark is its own.  Through Kafka a watermark holds for the partition it
 * was read from: it says that all rows before it are in *of that partition*.  So a source is as far as the
 * least of its partitions, over the partitions 0 … N-1 of `facts` and of `objects`, N being the number that
 * the newest watermark in that topic names; a partition without one leaves the source without one.  Within
 * a partition the newest version holds, of one version the larger instant.  The order in which watermarks
 * are added does not matter.
 *
 * The engine (caps) and the query (closes, answers) add up here, so that both read the same.
 * Thread: one.  Owner: who has the struct; zeroed it is empty; watermarks_free() ends it.
 */
#ifndef SERVER_ENGINE_WATERMARK_H
#define SERVER_ENGINE_WATERMARK_H

#include "proto/fact.h"

struct watermark_at {
    uint64_t version; /* + 1, so up to 2^63; 0: none yet, so that zeroed memory is empty */
    instant until;
};

struct watermarks {
    struct watermark_at embedded;
    struct watermark_topic {
        uint64_t version;   /* + 1 of the newest */
        int64_t partitions; /* the N it names; ID_NONE: it names none */
        struct watermark_at *at;     /* [partition] */
        size_t capacity;
    } topics[FACT_TOPIC_COUNT];
};

void watermarks_add(struct watermarks *watermarks, uint32_t partition, int64_t version, const struct watermark *watermark);
/* INSTANT_NONE: a partition has none. */
instant watermarks_until(const struct watermarks *watermarks);
void watermarks_clear(struct watermarks *watermarks);
void watermarks_free(struct watermarks *watermarks);

#endif
