#include "adapters/replay/replay.h"

#include "base/limits.h"
#include "base/log.h"
#include "proto/fact_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    FILE *file;
    const char *name;
    const struct adapter_sink *sink;
    struct replay_counts *counts;
    struct arena *arena;
    struct buffer line;
    bool too_long;
};

/* False at the end of the file.  Of a line that is too long the beginning is kept, the rest read over. */
static bool next_line(struct reading *reading)
{
    char part[16384];
    buffer_clear(&reading->line);
    reading->too_long = false;
    bool any = false;
    while (fgets(part, sizeof part, reading->file)) {
        /* fgets stops at a newline or when full; a NUL in the line would hide what follows it, so the
         * length is found from the newline, and a line with a NUL is refused by the reader of JSON. */
        size_t len = strlen(part);
        bool ended = len > 0 && part[len - 1] == '\n';
        any = true;
        if (reading->line.len + len > FACT_LINE_BYTES_MAX)
            reading->too_long = true;
        else
            buffer_append(&reading->line, part, len - ended);
        if (ended)
            break;
    }
    return any;
}

static enum err take_line(struct reading *reading)
{
    struct fact fact;
    const char *why = NULL;
    struct bytes line = buffer_bytes(&reading->line);
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    if (line.len == 0 && !reading->too_long)
        return ERR_OK;
    if (reading->too_long)
        why = arena_printf(reading->arena, "a line longer than %d bytes", FACT_LINE_BYTES_MAX);
    else if (fact_json_read(line, reading->arena, &fact, &why) == ERR_OK) {
        reading->counts->facts++;
        return reading->sink->fact(reading->sink->owner, &fact);
    }
    reading->counts->refused++;
    const char *place = arena_printf(reading->arena, "%s:%" PRIu64, reading->name, reading->counts->lines);
    return reading->sink->refused(reading->sink->owner, place, why, line);
}

enum err replay_read(FILE *file, const char *name, const struct adapter_sink *sink, struct replay_counts *counts)
{
    struct reading reading = {.file = file, .name = name, .sink = sink, .counts = counts, .arena = arena_create()};
    enum err err = ERR_OK;
    while (err == ERR_OK && next_line(&reading)) {
        counts->lines++;
        err = take_line(&reading);
        arena_reset(reading.arena);
    }
    if (err == ERR_OK && ferror(file)) {
        log_error("replay", "%s: %s", name, strerror(errno));
        err = ERR_IO;
    }
    buffer_free(&reading.line);
    arena_destroy(reading.arena);
    return err;
}
