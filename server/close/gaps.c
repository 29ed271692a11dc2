#include "server/close/gaps.h"

#include <stdlib.h>

static void write_member(struct json_writer *writer, const char *name, const struct json *value)
{
    if (!value || (value->kind != JSON_KIND_TEXT && value->kind != JSON_KIND_INTEGER))
        return;
    json_write_name(writer, name);
    if (value->kind == JSON_KIND_TEXT)
        json_write_text(writer, value->text);
    else
        json_write_integer(writer, value->integer);
}

/* A session of the day may have begun as long before it as the cap; facts come late, never early. */
static instant concerns_from(struct query *query, instant start, struct arena *arena)
{
    struct bytes hours;
    long cap = meta_get(query_txn(query), "cap_hours", arena, &hours) ? strtol(arena_text(arena, hours), NULL, 10) : 24;
    return start - cap * HOUR_MS;
}

static void write_topic_gaps(struct query *query, instant start, struct arena *arena, struct json_writer *writer)
{
    static const char *const members[] = {"at", "from", "from_offset", "partition", "to", "to_offset", "topic"};
    instant from = concerns_from(query, start, arena);
    struct db_cursor *cursor = db_cursor_open(query_txn(query), TABLE_GAP, BYTES_NONE);
    struct bytes key, value;
    const char *why;
    while (db_cursor_next(cursor, &key, &value)) {
        const struct json *gap = json_read(arena_copy(arena, value), arena, &why), *to = gap ? json_member(gap, "to") : NULL;
        instant ended;
        if (!gap || (to && to->kind == JSON_KIND_TEXT && instant_parse(to->text, &ended) && ended < from))
            continue;
        json_write_open_object(writer);
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            write_member(writer, members[i], json_member(gap, members[i]));
        json_write_close_object(writer);
    }
    db_cursor_close(cursor);
}

static void write_hole(void *owner, struct bytes group, instant from, instant to)
{
    struct json_writer *writer = owner;
    json_write_open_object(writer);
    json_write_name(writer, "from");
    json_write_instant(writer, from);
    json_write_name(writer, "group");
    json_write_text(writer, group);
    json_write_name(writer, "to");
    json_write_instant(writer, to);
    json_write_close_object(writer);
}

void close_write_gaps(struct query *query, instant start, instant end, struct arena *arena, struct json_writer *writer)
{
    json_write_open_list(writer);
    write_topic_gaps(query, start, arena, writer);
    query_holes(query, start, end, write_hole, writer);
    json_write_close_list(writer);
}
