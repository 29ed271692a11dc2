#include "server/close/proof.h"

#include "base/log.h"
#include "server/engine/engine.h"

struct rosters *close_rosters(struct query *query, const struct close_request *requests, size_t count, const struct pseudonyms *pseudonyms,
                              struct arena *arena)
{
    struct engine *engine = NULL;
    const struct seat_index *index = NULL;
    struct rosters *rosters = arena_alloc(arena, count * sizeof *rosters);
    enum err err = explain_open_engine(query, &engine);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        const struct close_day *day = &requests[i].day, *before = i ? &requests[i - 1].day : NULL;
        if (!before || before->start != day->start || before->end != day->end)
            index = engine_seat_index(engine, PROFILE_EXACT, day->start, day->end, arena);
        err = rosters_make(query, engine, index, &requests[i].book, day->date, day->start, day->end, pseudonyms, arena, &rosters[i]);
    }
    engine_destroy(engine);
    if (err == ERR_OK)
        return rosters;
    log_error("close", "who was in the peaks of closed days is not kept: %s", err_text(err));
    return NULL;
}
