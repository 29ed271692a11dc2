/*
 * base/memory.h - allocation that does not fail, and arenas.
 *
 * The process has a written sum of memory (limits.h); when the system gives none it cannot go on
 * exactly, so these abort with one line.  The store is intact then: a restart is a reopen.
 *
 * An arena hands out memory that is freed as a whole: one per batch or answer, reset after it.
 * Thread: an arena belongs to one thread at a time.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/bytes.h"

#include <stddef.h>

void *memory_alloc(size_t size);
void *memory_alloc_zero(size_t count, size_t size);
void *memory_resize(void *old, size_t size);
char *memory_copy_text(const char *text);

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);
/* Frees what was handed out, keeps a block for the next round. */
void arena_reset(struct arena *arena);
/* Zeroed, aligned to 16; good until reset. */
void *arena_alloc(struct arena *arena, size_t size);
struct bytes arena_copy(struct arena *arena, struct bytes bytes);
/* A NUL-terminated copy. */
char *arena_text(struct arena *arena, struct bytes bytes);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *arena, const char *format,
                                                         ...);
size_t arena_used(const struct arena *arena);

#endif
