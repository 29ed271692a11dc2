/* Whatever a sidecar sends: a line is refused with a reason, or an object that is lawful; a stream of them says lawful facts. */
#include "adapters/config/stream.h"
#include "base/check.h"
#include "tests/fuzz/walk.h"

#define WALL ((instant)1795510800000)

static enum err take_fact(void *owner, const struct fact *fact)
{
    const char *why = NULL;
    check(fact_check(fact, owner, &why) == ERR_OK);
    return ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    (void)owner;
    (void)raw;
    check(place && why && bytes_are_utf8(bytes_from_text(why)));
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    check(cursor.len > 0);
    return ERR_OK;
}

/* Each line of the input goes to the reader alone and to a stream. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *for_ever;
    static const struct config_map *map;
    struct arena *arena = arena_create();
    const char *why = NULL;
    if (!for_ever) {
        for_ever = arena_create();
        check(config_map_read(BYTES_NONE, for_ever, &map, &why) == ERR_OK);
    }
    struct adapter_sink sink = {arena, take_fact, take_refused, take_cursor, NULL, NULL};
    struct follow *follow = follow_create(&(struct follow_options){.name = "config", .part = "fuzz", .sink = sink, .hold_percent = 20, .hold_things = 1}, BYTES_NONE);
    struct stream *stream = stream_create(&(struct stream_options){.part = "fuzz", .map = map, .clear_names = size & 1, .follow = follow, .sink = sink});
    check(follow_open(follow) == ERR_OK);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        struct bytes text = bytes_of(data + at, end ? (size_t)(end - data) - at : size - at);
        struct line line;
        enum err err = line_read(map, true, text, WALL, arena, &line, &why);
        check(err == ERR_OK || (err == ERR_INPUT && why));
        if (err == ERR_OK && line.op == LINE_UPSERT) {
            struct object object = line_object(&line, NULL);
            check(line.object.type == object.type && line.object.id >= 0);
        }
        check(stream_line(stream, text, "line", WALL) == ERR_OK);
        at += text.len + 1;
    }
    check(stream_commit(stream) == ERR_OK);
    stream_break(stream);
    stream_destroy(stream);
    follow_destroy(follow);
    arena_destroy(arena);
    return 0;
}
