/*
 * adapters/icon/tail_cursor.c - the cursor's text, canonical JSON:
 *
 *   {"declared":{"group":"icon","late":ROWS,"version":1},"format":1,"late":ROWS,"newest":MS,"reread":DAY,"tables":{"annex":{"first":[SEQ,USEQ],
 *    "insert":[CONFIRMED,EAGER],"stopped":true,"update":[CONFIRMED,EAGER]},…},"watermark":MS}
 *
 * first stands there once the first load of the table is over; until then a restart begins it anew.
 */
#include "adapters/icon/tail_state.h"

#include "base/json.h"

enum { CURSOR_FORMAT = 1 };
static const char *const stream_names[STREAM_COUNT] = {"insert", "update"};

static void write_pair(struct json_writer *writer, const char *name, int64_t a, int64_t b)
{
    json_write_name(writer, name);
    json_write_open_list(writer);
    json_write_integer(writer, a);
    json_write_integer(writer, b);
    json_write_close_list(writer);
}

static void write_table(struct json_writer *writer, const struct table *table)
{
    json_write_open_object(writer);
    if (table->first_done)
        write_pair(writer, "first", table->first[STREAM_INSERT], table->first[STREAM_UPDATE]);
    write_pair(writer, "insert", table->streams[STREAM_INSERT].confirmed, stream_eager(&table->streams[STREAM_INSERT]));
    if (table->stopped) {
        json_write_name(writer, "stopped");
        json_write_bool(writer, true);
    }
    write_pair(writer, "update", table->streams[STREAM_UPDATE].confirmed, stream_eager(&table->streams[STREAM_UPDATE]));
    json_write_close_object(writer);
}

void tail_cursor_write(const struct tail *tail, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    if (tail->declared) {
        json_write_name(&writer, "declared");
        json_write_open_object(&writer);
        if (bytes_present(tail->declared_group)) {
            json_write_name(&writer, "group");
            json_write_text(&writer, tail->declared_group);
        }
        if (tail->declared_late) {
            json_write_name(&writer, "late");
            json_write_integer(&writer, (int64_t)tail->declared_late);
        }
        json_write_name(&writer, "version");
        json_write_integer(&writer, tail->declared_version);
        json_write_close_object(&writer);
    }
    json_write_name(&writer, "format");
    json_write_integer(&writer, CURSOR_FORMAT);
    if (tail->late) {
        json_write_name(&writer, "late");
        json_write_integer(&writer, (int64_t)tail->late);
    }
    if (tail->newest != INSTANT_NONE) {
        json_write_name(&writer, "newest");
        json_write_integer(&writer, tail->newest);
    }
    if (tail->reread_day != INT32_MIN) {
        json_write_name(&writer, "reread");
        json_write_integer(&writer, tail->reread_day);
    }
    json_write_name(&writer, "tables");
    json_write_open_object(&writer);
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        json_write_name(&writer, icon_table_name(t));
        write_table(&writer, &tail->tables[t]);
    }
    json_write_close_object(&writer);
    if (tail->watermark != INSTANT_NONE) {
        json_write_name(&writer, "watermark");
        json_write_integer(&writer, tail->watermark);
    }
    json_write_close_object(&writer);
}

static bool read_pair(const struct json *value, int64_t pair[2])
{
    if (!value || value->kind != JSON_KIND_LIST || value->child_count != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        if (value->children[i].kind != JSON_KIND_INTEGER || value->children[i].integer < -1 ||
            value->children[i].integer > ICON_NUMBER_MAX)
            return false;
        pair[i] = value->children[i].integer;
    }
    return true;
}

static bool read_table(struct table *table, const struct json *value)
{
    const struct json *first = json_member(value, "first"), *stopped = json_member(value, "stopped");
    int64_t pair[2];
    table->stopped = stopped && stopped->boolean;
    if (first && !read_pair(first, table->first))
        return false;
    table->first_done = first != NULL;
    for (int s = 0; s < STREAM_COUNT; s++) {
        struct stream *stream = &table->streams[s];
        if (!read_pair(json_member(value, stream_names[s]), pair))
            return false;
        if (!table->first_done) /* a first load begins anew */
            continue;
        stream->confirmed = pair[0];
        stream->started = pair[1];
        stream->eager = (struct position){pair[1] + 1, -1};
    }
    return true;
}

static instant read_instant(const struct json *value)
{
    return value && value->kind == JSON_KIND_INTEGER ? value->integer : INSTANT_NONE;
}

bool tail_cursor_read(struct tail *tail, struct bytes cursor, struct arena *arena, const char **why)
{
    const struct json *tree = json_read(cursor, arena, why);
    if (!tree)
        return false;
    const struct json *format = json_member(tree, "format"), *tables = json_member(tree, "tables");
    const struct json *declared = json_member(tree, "declared");
    *why = "it is of another format";
    if (!format || format->kind != JSON_KIND_INTEGER || format->integer != CURSOR_FORMAT || !tables)
        return false;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        const struct json *table = json_member(tables, icon_table_name(t));
        *why = "a table's marks are none";
        if (table && !read_table(&tail->tables[t], table))
            return false;
    }
    if (declared) {
        const struct json *group = json_member(declared, "group"), *version = json_member(declared, "version"), *said = json_member(declared, "late");
        tail->declared = true;
        /* Kept as ours when it is the same; else it only has to differ. */
        tail->declared_group = group && bytes_equal(group->text, tail->options.group) ? tail->options.group
                               : group ? BYTES_LITERAL("\n") : BYTES_NONE;
        if (!group && bytes_present(tail->options.group))
            tail->declared_group = BYTES_LITERAL("\n");
        tail->declared_late = said && said->kind == JSON_KIND_INTEGER && said->integer > 0 ? (uint64_t)said->integer : 0;
        tail->declared_version = version && version->kind == JSON_KIND_INTEGER ? version->integer : 1;
    }
    const struct json *late = json_member(tree, "late"), *reread = json_member(tree, "reread");
    if (late && late->kind == JSON_KIND_INTEGER && late->integer > 0)
        tail->late = (uint64_t)late->integer;
    /* A cursor of an earlier release: yesterday's night has not been read again. */
    tail->reread_day = reread && reread->kind == JSON_KIND_INTEGER ? (int32_t)reread->integer : 0;
    tail->newest = read_instant(json_member(tree, "newest"));
    tail->watermark = read_instant(json_member(tree, "watermark"));
    return true;
}
