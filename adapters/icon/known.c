#include "adapters/icon/known.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <stdlib.h>

struct known_block {
    uint64_t number;
    int64_t noted;
    uint16_t tags[KNOWN_BLOCK_IDS]; /* 0: not published */
};

enum { TAG_ENDED = 1 << 15, TAG_VERSIONS = TAG_ENDED - 1 };

static uint16_t tag_of(int64_t version, bool ended)
{
    return (uint16_t)((ended ? TAG_ENDED : 0) | (1 + hash_mix((uint64_t)version) % TAG_VERSIONS));
}

static struct known_block *find(const struct known *known, uint64_t number)
{
    uint32_t at = map_get(&known->index, number);
    return at ? known->blocks[at - 1] : NULL;
}

bool known_has(const struct known *known, int64_t id, int64_t version, bool ended)
{
    const struct known_block *block = id < 0 ? NULL : find(known, (uint64_t)id / KNOWN_BLOCK_IDS);
    return block && block->tags[id % KNOWN_BLOCK_IDS] == tag_of(version, ended);
}

void known_note(struct known *known, int64_t id, int64_t version, bool ended, int64_t at)
{
    if (id < 0)
        return;
    uint64_t number = (uint64_t)id / KNOWN_BLOCK_IDS;
    struct known_block *block = find(known, number);
    if (!block) {
        if (known->count == KNOWN_BLOCKS_MAX) {
            known->full = true;
            return;
        }
        if (!known->blocks)
            known->blocks = memory_alloc(KNOWN_BLOCKS_MAX * sizeof *known->blocks);
        block = memory_alloc_zero(1, sizeof *block);
        block->number = number;
        known->blocks[known->count] = block;
        map_put(&known->index, number, ++known->count);
    }
    block->noted = at;
    block->tags[id % KNOWN_BLOCK_IDS] = tag_of(version, ended);
}

void known_forget(struct known *known, int64_t since)
{
    for (uint32_t i = 0; i < known->count;) {
        struct known_block *block = known->blocks[i], *last = known->blocks[known->count - 1];
        if (block->noted >= since) {
            i++;
            continue;
        }
        known->blocks[i] = last;
        map_put(&known->index, last->number, i + 1);
        map_remove(&known->index, block->number);
        known->count--;
        free(block);
    }
    known->full = known->full && known->count == KNOWN_BLOCKS_MAX;
}

void known_free(struct known *known)
{
    for (uint32_t i = 0; i < known->count; i++)
        free(known->blocks[i]);
    free(known->blocks);
    map_free(&known->index);
    *known = (struct known){0};
}
