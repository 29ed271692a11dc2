/* Whatever a Reporting Server answers, in whatever pieces: refused with its line, or counts and rows, each a lawful fact or refused. */
#include "adapters/gvp/answer.h"
#include "base/check.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *for_ever;
    static const struct gvp_map *map;
    struct arena *arena = arena_create();
    const char *why;
    if (!for_ever) {
        for_ever = arena_create();
        check(gvp_map_read(BYTES_NONE, for_ever, &map, &why) == ERR_OK);
    }
    struct gvp_reading *reading = gvp_reading_create(&(struct gvp_context){map, BYTES_LITERAL("s"), size % 2 ? GVP_RM : GVP_MCP, size % 3 != 0}, arena);
    size_t step = 1 + size % 97;
    bool good = true;
    for (size_t i = 0; good && i < size; i += step)
        good = gvp_reading_feed(reading, bytes_of(data + i, size - i < step ? size - i : step));
    good = good && gvp_reading_end(reading);
    const struct gvp_answer *answer = gvp_reading_answer(reading);
    check(good || *gvp_reading_why(reading));
    check(answer->row_count <= answer->record_total && answer->page_count >= GVP_COUNT_NONE && answer->record_count >= GVP_COUNT_NONE);
    for (size_t i = 0; i < answer->row_count; i++) {
        const struct gvp_row *row = &answer->rows[i];
        check(row->why ? *row->why && *row->place && bytes_are_utf8(row->raw) : fact_check(&row->fact, arena, &why) == ERR_OK);
        check(gvp_row_hash(row) == gvp_row_hash(row));
    }
    gvp_reading_destroy(reading);
    arena_destroy(arena);
    return 0;
}
