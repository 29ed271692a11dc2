#include "server/close/differ.h"

#include "base/json.h"
#include "base/log.h"

/* "system/2026-11-22/0" */
static struct bytes subject_of(struct close_key key, struct arena *arena)
{
    char date[DATE_TEXT_SIZE];
    const char *book = key.book ? arena_printf(arena, "%lld", (long long)key.book) : "system";
    return bytes_from_text(arena_printf(arena, "%s/%s/%u", book, date_format(key.day, date), key.revision));
}

void close_differs(struct ingest *ingest, struct close_key key, const char *ours, struct bytes stands)
{
    struct arena *arena = arena_create();
    struct buffer detail = {0};
    struct json_writer writer = {.out = &detail};
    struct bytes subject = subject_of(key, arena);
    const char *text = arena_printf(arena,
                                    "close differs: %s: the rows counted here have digest %s, the close that stands has %.*s. The two counted "
                                    "other facts: one has learnt more since (a medium that is added later counts for its whole session), or misses "
                                    "some: compare their gaps, dead letters and rules",
                                    (const char *)subject.data, ours, (int)stands.len, (const char *)stands.data);
    log_error("close", "%s", text);
    json_write_open_object(&writer);
    json_write_name(&writer, "ours");
    json_write_text_c(&writer, ours);
    json_write_name(&writer, "stands");
    json_write_text(&writer, bytes_present(stands) ? stands : BYTES_LITERAL(""));
    json_write_close_object(&writer);
    ingest_alert(ingest, &(struct alert){.kind = BYTES_LITERAL(ALERT_CLOSE_DIFFERS), .subject = subject, .text = bytes_from_text(text),
                                         .detail = buffer_bytes(&detail), .at = clock_wall()});
    buffer_free(&detail);
    arena_destroy(arena);
}

struct bytes close_differs_of(struct db_txn *txn, struct close_key key, struct arena *arena)
{
    struct bytes text;
    const char *why;
    if (!alert_get(txn, BYTES_LITERAL(ALERT_CLOSE_DIFFERS), subject_of(key, arena), arena, &text))
        return BYTES_NONE;
    const struct json *json = json_read(text, arena, &why), *detail = json ? json_member(json, "detail") : NULL;
    const struct json *ours = detail && detail->kind == JSON_KIND_OBJECT ? json_member(detail, "ours") : NULL;
    return ours && ours->kind == JSON_KIND_TEXT ? ours->text : BYTES_NONE;
}
