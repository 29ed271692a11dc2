/*
 * adapters/config/follow_cursor.c - the cursor's text, canonical JSON:
 *
 *   {"format":1,"held":{"at":MS,"count":N,"digest":"HEX","note":"…","version":US},"hole":true,
 *    "inode":N,"loaded":BITS,"missed":N,"offset":N,"sequence":N}
 *
 * loaded has a bit for each class of things that was read whole once (known.h; not by number in other versions: they read
 * a cursor of another format).  held stands there while something is held, hole while lines are missing, inode and offset when a file is followed, sequence when it is known.
 */
#include "adapters/config/follow_private.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CURSOR_FORMAT = 1 };

static void write_integer(struct json_writer *writer, const char *name, int64_t value)
{
    json_write_name(writer, name);
    json_write_integer(writer, value);
}

void follow_cursor_write(const struct follow *follow, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    const struct held *held = &follow->held;
    char digest[17];
    json_write_open_object(&writer);
    write_integer(&writer, "format", CURSOR_FORMAT);
    if (held->version) {
        snprintf(digest, sizeof digest, "%016" PRIx64, held->digest);
        json_write_name(&writer, "held");
        json_write_open_object(&writer);
        write_integer(&writer, "at", held->at);
        write_integer(&writer, "count", held->count);
        json_write_name(&writer, "digest");
        json_write_text_c(&writer, digest);
        json_write_name(&writer, "note");
        json_write_text_c(&writer, held->note);
        write_integer(&writer, "version", held->version);
        json_write_close_object(&writer);
    }
    if (follow->place.hole) {
        json_write_name(&writer, "hole");
        json_write_bool(&writer, true);
    }
    if (follow->place.inode)
        write_integer(&writer, "inode", (int64_t)follow->place.inode);
    write_integer(&writer, "loaded", (int64_t)follow->loaded);
    if (follow->place.missed)
        write_integer(&writer, "missed", follow->place.missed);
    if (follow->place.inode)
        write_integer(&writer, "offset", (int64_t)follow->place.offset);
    if (follow->place.sequence >= 0)
        write_integer(&writer, "sequence", follow->place.sequence);
    json_write_close_object(&writer);
}

static int64_t integer_of(const struct json *object, const char *name, int64_t otherwise)
{
    const struct json *member = json_member(object, name);
    return member && member->kind == JSON_KIND_INTEGER ? member->integer : otherwise;
}

bool follow_cursor_read(struct follow *follow, struct bytes cursor, struct arena *arena, const char **why)
{
    const struct json *tree = json_read(cursor, arena, why);
    if (!tree)
        return false;
    *why = "it is of another format";
    if (tree->kind != JSON_KIND_OBJECT || integer_of(tree, "format", 0) != CURSOR_FORMAT)
        return false;
    const struct json *held = json_member(tree, "held"), *digest = held ? json_member(held, "digest") : NULL;
    const struct json *note = held ? json_member(held, "note") : NULL;
    if (held && held->kind == JSON_KIND_OBJECT && digest && digest->kind == JSON_KIND_TEXT && note && note->kind == JSON_KIND_TEXT) {
        follow->held = (struct held){.version = integer_of(held, "version", 0), .at = integer_of(held, "at", 0), .count = integer_of(held, "count", 0),
                                     .digest = strtoull(arena_text(arena, digest->text), NULL, 16)};
        snprintf(follow->held.note, sizeof follow->held.note, "%s", arena_text(arena, note->text));
    }
    follow->loaded = (unsigned)integer_of(tree, "loaded", 0);
    follow->taken = follow->loaded != 0;
    follow->place.inode = (uint64_t)integer_of(tree, "inode", 0);
    follow->place.offset = (uint64_t)integer_of(tree, "offset", 0);
    follow->place.missed = integer_of(tree, "missed", 0);
    follow->place.hole = json_member(tree, "hole") != NULL;
    follow->place.sequence = integer_of(tree, "sequence", -1);
    return true;
}
