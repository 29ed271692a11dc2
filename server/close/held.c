#include "server/close/held.h"

#include "base/json.h"
#include "base/log.h"
#include "server/close/silent.h"

#include <inttypes.h>

/* {"deletions","note","snapshot"}, as /api/v1/sources names them */
static struct bytes detail_of(const struct query_source *source, struct arena *arena)
{
    struct buffer detail = {0};
    struct json_writer writer = {.out = &detail};
    json_write_open_object(&writer);
    json_write_name(&writer, "deletions");
    json_write_integer(&writer, source->held == ID_NONE ? 0 : source->held);
    json_write_name(&writer, "note");
    if (bytes_present(source->held_note))
        json_write_text(&writer, source->held_note);
    else
        json_write_null(&writer);
    json_write_name(&writer, "snapshot");
    json_write_integer(&writer, source->held_snapshot);
    json_write_close_object(&writer);
    struct bytes kept = arena_copy(arena, buffer_bytes(&detail));
    buffer_free(&detail);
    return kept;
}

static const char *text_of(const struct query_source *source, bool held, struct arena *arena)
{
    const char *name = arena_text(arena, source->name);
    if (source->retired)
        return arena_printf(arena, "source %s is retired: nothing of it waits for a decision any more", name);
    if (!held)
        return arena_printf(arena, "nothing of source %s is held any more: it was decided, or what was missing is back", name);
    return arena_printf(arena, "deletions held: in the newest snapshot of %s are missing %s, %" PRId64 " things in all. Nothing of it counts and no day is closed behind "
                               "it until they are back, or until somebody decides that they are gone: seatmeter decide deletions %s --reason TEXT",
                        name, bytes_present(source->held_note) ? arena_text(arena, source->held_note) : "things", source->held == ID_NONE ? 0 : source->held, name);
}

/* Whether the alert that stands tells of this very snapshot. */
static bool is_told(struct query *query, const struct query_source *source, struct arena *arena)
{
    struct bytes json;
    const char *snapshot = arena_printf(arena, "\"snapshot\":%" PRId64 "}", source->held_snapshot);
    return alert_get(query_txn(query), BYTES_LITERAL(ALERT_DELETIONS_HELD), source->name, arena, &json) && strstr(arena_text(arena, json), snapshot) != NULL;
}

size_t held_alerts(struct query *query, instant wall, struct arena *arena, const struct alert **alerts)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources), changed = 0;
    struct alert *list = arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count && query_failure(query) == ERR_OK; i++) {
        bool held = !sources[i].retired && sources[i].held_snapshot != ID_NONE;
        bool stands = alert_holds(query_txn(query), BYTES_LITERAL(ALERT_DELETIONS_HELD), sources[i].name);
        if (held == stands && (!held || is_told(query, &sources[i], arena)))
            continue;
        const char *text = text_of(&sources[i], held, arena);
        if (held)
            log_warning("close", "%s", text);
        else
            log_info("close", "%s", text);
        list[changed++] = (struct alert){.kind = BYTES_LITERAL(ALERT_DELETIONS_HELD), .subject = sources[i].name, .text = bytes_from_text(text),
                                         .detail = held ? detail_of(&sources[i], arena) : BYTES_NONE, .at = wall, .ended = !held};
    }
    *alerts = list;
    return changed;
}

size_t source_alerts(struct query *query, instant wall, int64_t after_ms, bool listened, struct arena *arena, const struct alert **alerts)
{
    const struct alert *silent, *held;
    size_t silent_count = silent_alerts(query, wall, after_ms, listened, arena, &silent), held_count = held_alerts(query, wall, arena, &held);
    struct alert *all = arena_alloc(arena, (silent_count + held_count + 1) * sizeof *all);
    if (silent_count)
        memcpy(all, silent, silent_count * sizeof *all);
    if (held_count)
        memcpy(all + silent_count, held, held_count * sizeof *all);
    *alerts = all;
    return silent_count + held_count;
}
