/*
 * Sessions and ports that wait for an end: a heap by the instant of their cap, so that the watermark finds those
 * that it has passed (domain.md §7.5).  Entries of sessions that have ended meanwhile fall out when they
 * come to the top.
 */
#include "server/engine/private.h"

static void sift_up(struct heap_entry *heap, size_t at)
{
    struct heap_entry entry = heap[at];
    for (; at > 0 && heap[(at - 1) / 2].capped_at > entry.capped_at; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = entry;
}

static void sift_down(struct heap_entry *heap, size_t count)
{
    struct heap_entry entry = heap[0];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].capped_at < heap[child].capped_at)
            child++;
        if (heap[child].capped_at >= entry.capped_at)
            break;
        heap[at] = heap[child];
    }
    heap[at] = entry;
}

void await_add(struct engine *engine, uint32_t number)
{
    if (engine->awaited_count == engine->awaited_capacity) {
        engine->awaited_capacity = engine->awaited_capacity ? engine->awaited_capacity * 2 : 64;
        engine->awaited = memory_resize(engine->awaited, engine->awaited_capacity * sizeof *engine->awaited);
    }
    instant begin = session_at(engine, number)->device_begin;
    engine->awaited[engine->awaited_count] = (struct heap_entry){begin + eras_cap_ms(&engine->eras, begin), number};
    sift_up(engine->awaited, engine->awaited_count++);
}

void await_pass(struct engine *engine)
{
    while (engine->awaited_count > 0 && engine->cap_watermark != INSTANT_NONE &&
           engine->awaited[0].capped_at <= engine->cap_watermark) {
        uint32_t number = engine->awaited[0].session;
        engine->awaited[0] = engine->awaited[--engine->awaited_count];
        if (engine->awaited_count > 0)
            sift_down(engine->awaited, engine->awaited_count);
        session_at(engine, number)->awaited = false;
        if (session_at(engine, number)->used)
            session_mark(engine, number);
    }
}

void await_clear(struct engine *engine)
{
    for (size_t i = 0; i < engine->awaited_count; i++)
        session_at(engine, engine->awaited[i].session)->awaited = false;
    engine->awaited_count = 0;
}
