#include "adapters/icon/seen.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <stdlib.h>

static size_t find(const struct seen_set *set, int64_t id, int64_t version)
{
    size_t at = (size_t)hash_mix((uint64_t)id ^ hash_mix((uint64_t)version)) & (set->capacity - 1);
    while (set->rows[at].version >= 0 && (set->rows[at].id != id || set->rows[at].version != version))
        at = (at + 1) & (set->capacity - 1);
    return at;
}

static bool has(const struct seen_set *set, int64_t id, int64_t version)
{
    return set->capacity && set->rows[find(set, id, version)].version >= 0;
}

static void make_room(struct seen_set *set)
{
    struct seen_set old = *set;
    if (set->count * 2 < set->capacity)
        return;
    set->capacity = old.capacity ? old.capacity * 2 : 64;
    set->rows = memory_alloc(set->capacity * sizeof *set->rows);
    for (size_t i = 0; i < set->capacity; i++)
        set->rows[i].version = -1;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.rows[i].version >= 0)
            set->rows[find(set, old.rows[i].id, old.rows[i].version)] = old.rows[i];
    free(old.rows);
}

static void add(struct seen_set *set, int64_t id, int64_t version)
{
    if (set->count >= SEEN_ROWS_MAX || has(set, id, version))
        return;
    make_room(set);
    set->rows[find(set, id, version)] = (struct seen_row){id, version};
    set->count++;
}

static void clear(struct seen_set *set)
{
    free(set->rows);
    *set = (struct seen_set){0};
}

bool seen_has(const struct seen *seen, int64_t id, int64_t version)
{
    return has(&seen->now, id, version) || has(&seen->next, id, version);
}

void seen_add(struct seen *seen, int64_t id, int64_t version)
{
    add(seen->passing ? &seen->next : &seen->now, id, version);
}

void seen_pass_begin(struct seen *seen)
{
    seen->passing = true;
    for (size_t i = 0; i < seen->next.capacity; i++) /* of a pass that was broken off */
        if (seen->next.rows[i].version >= 0)
            add(&seen->now, seen->next.rows[i].id, seen->next.rows[i].version);
    clear(&seen->next);
}

void seen_pass_end(struct seen *seen)
{
    clear(&seen->now);
    seen->now = seen->next;
    seen->next = (struct seen_set){0};
    seen->passing = false;
}

void seen_free(struct seen *seen)
{
    clear(&seen->now);
    clear(&seen->next);
}
