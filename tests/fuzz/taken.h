/* tests/fuzz/taken.h - a content as the entitlement adapter reads it: refused with a reason, or lawful facts. */
#ifndef TESTS_FUZZ_TAKEN_H
#define TESTS_FUZZ_TAKEN_H

#include "adapters/entitlement/reading.h"
#include "base/check.h"

static inline void take_content(struct bytes content, const char *map, struct arena *arena)
{
    static struct arena *for_ever; /* the map is read once for all inputs */
    static const struct item_map *read;
    const char *why = NULL;
    if (!for_ever) {
        for_ever = arena_create();
        check(item_map_read(bytes_from_text(map), for_ever, &read, &why) == ERR_OK);
    }
    struct reading reading = {.arena = arena, .map = read, .source = BYTES_LITERAL("s"), .version = 1795510800123456, .license = {1795510800123456, true}};
    enum err err = reading_take(&reading, content);
    check((err == ERR_OK) == (reading.fact_count > 0) && (err == ERR_OK) == (reading.fault_count == 0));
    for (size_t i = 0; i < reading.fact_count; i++)
        check(fact_check(&reading.facts[i], arena, &why) == ERR_OK);
    for (size_t i = 0; i < reading.remark_count; i++)
        check(bytes_are_utf8(bytes_from_text(reading.remarks[i].text)));
}

#endif
