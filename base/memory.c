#include "base/memory.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* From here on, memory is asked for in pages of 2 MiB. */
enum { LARGE_BYTES = 4 * 1024 * 1024 };

/* What is large here are tables that are read in no order: with small pages a first touch costs a fault every 4 KiB and a
 * read as much again for its address as for what lies there.  A hint; where it is not taken nothing is lost. */
static void *in_large_pages(void *memory, size_t size)
{
    if (size < LARGE_BYTES)
        return memory;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)memory + page - 1) & ~(page - 1);
    (void)madvise((void *)from, ((uintptr_t)memory + size - from) & ~(page - 1), MADV_HUGEPAGE);
    return memory;
}

static void *must_have(void *memory, size_t size)
{
    if (memory || size == 0)
        return memory;
    fprintf(stderr, "seatmeter: no memory left (%zu bytes asked for)\n", size);
    abort();
}

void *memory_alloc(size_t size)
{
    return in_large_pages(must_have(malloc(size), size), size);
}

void *memory_alloc_zero(size_t count, size_t size)
{
    return in_large_pages(must_have(calloc(count, size), count * size), count * size);
}

void *memory_resize(void *old, size_t size)
{
    check(size > 0);
    return in_large_pages(must_have(realloc(old, size), size), size);
}

char *memory_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_alloc(size), text, size);
}

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(16) uint8_t data[];
};

struct arena {
    struct block *blocks; /* the newest first */
    size_t used;
};

static struct block *block_create(size_t size)
{
    struct block *block = memory_alloc(sizeof *block + size);
    *block = (struct block){.size = size};
    return block;
}

struct arena *arena_create(void)
{
    struct arena *arena = memory_alloc_zero(1, sizeof *arena);
    arena->blocks = block_create(ARENA_BLOCK_BYTES);
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *keep = NULL;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        if (!keep && block->size == ARENA_BLOCK_BYTES)
            keep = block;
        else
            free(block);
    }
    check(keep);
    keep->next = NULL;
    keep->used = 0;
    arena->blocks = keep;
    arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    check(size <= SIZE_MAX / 4);
    size_t rounded = (size + 15) & ~(size_t)15;
    struct block *block = arena->blocks;
    if (block->size - block->used < rounded) {
        block = block_create(rounded > ARENA_BLOCK_BYTES ? rounded : ARENA_BLOCK_BYTES);
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    memset(memory, 0, rounded);
    return memory;
}

struct bytes arena_copy(struct arena *arena, struct bytes bytes)
{
    if (!bytes_present(bytes))
        return BYTES_NONE;
    void *copy = arena_alloc(arena, bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return bytes_of(copy, bytes.len);
}

char *arena_text(struct arena *arena, struct bytes bytes)
{
    char *text = arena_alloc(arena, bytes.len + 1);
    if (bytes.len)
        memcpy(text, bytes.data, bytes.len);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    check(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
