#include "server/close/silent.h"

#include "base/json.h"
#include "base/log.h"

/* {"group","kind","watermark"} */
static struct bytes detail_of(const struct query_source *source, struct arena *arena)
{
    struct buffer detail = {0};
    struct json_writer writer = {.out = &detail};
    json_write_open_object(&writer);
    json_write_name(&writer, "group");
    json_write_text(&writer, query_source_group(source));
    json_write_name(&writer, "kind");
    if (source->kind == SOURCE_NONE)
        json_write_null(&writer);
    else
        json_write_text_c(&writer, source_kind_name(source->kind));
    json_write_name(&writer, "watermark");
    json_write_instant(&writer, source->watermark);
    json_write_close_object(&writer);
    struct bytes kept = arena_copy(arena, buffer_bytes(&detail));
    buffer_free(&detail);
    return kept;
}

static const char *text_of(const struct query_source *source, bool silent, struct arena *arena)
{
    char at[INSTANT_TEXT_SIZE];
    const char *name = arena_text(arena, source->name);
    if (source->retired)
        return arena_printf(arena, "source %s is retired: nothing is expected of it any more", name);
    instant_format(source->watermark, at);
    if (!silent)
        return arena_printf(arena, "source %s is heard again: all its rows before %s are in", name, at);
    return arena_printf(arena, "source silent: %s has said nothing new since %s. What rests on it alone is unknown since then, not zero; days wait for it, "
                               "to the deadline at most. What it sends late is still counted; if it is gone for good, retire it",
                        name, at);
}

size_t silent_alerts(struct query *query, instant wall, int64_t after_ms, bool listened, struct arena *arena, const struct alert **alerts)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources), changed = 0;
    struct alert *list = arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count && query_failure(query) == ERR_OK; i++) {
        bool silent = query_source_silent(&sources[i], wall, after_ms);
        if ((silent && !listened) || silent == alert_holds(query_txn(query), BYTES_LITERAL(ALERT_SOURCE_SILENT), sources[i].name))
            continue;
        const char *text = text_of(&sources[i], silent, arena);
        if (silent)
            log_warning("close", "%s", text);
        else
            log_info("close", "%s", text);
        list[changed++] = (struct alert){.kind = BYTES_LITERAL(ALERT_SOURCE_SILENT), .subject = sources[i].name, .text = bytes_from_text(text),
                                         .detail = detail_of(&sources[i], arena), .at = wall, .ended = !silent};
    }
    *alerts = list;
    return changed;
}
