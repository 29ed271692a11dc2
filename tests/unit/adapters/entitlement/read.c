#include "tests/unit/adapters/entitlement/read.h"

#include "base/file.h"
#include "proto/fact_json.h"

#include <criterion/criterion.h>

struct reading read_content(struct bytes content, const char *map, bool first, struct arena *arena)
{
    struct reading reading = {.arena = arena, .source = BYTES_LITERAL("sold"), .version = READ_AT_US, .license = {READ_AT_US, first}};
    const char *why = NULL;
    cr_assert(item_map_read(bytes_from_text(map), arena, &reading.map, &why) == ERR_OK, "%s", why);
    enum err err = reading_take(&reading, content);
    cr_assert((err == ERR_OK) == (reading.fault_count == 0) && (err == ERR_OK) == (reading.fact_count > 0));
    return reading;
}

struct reading read_text(const char *text, const char *map, struct arena *arena)
{
    return read_content(bytes_from_text(text), map, true, arena);
}

struct reading read_example(const char *name, const char *map, struct arena *arena)
{
    struct bytes content;
    static const char here[] = "tests/unit/adapters/entitlement/read.c";
    const char *why = NULL, *path = arena_printf(arena, "%.*sdeploy/examples/%s", (int)(strlen(__FILE__) - strlen(here)), __FILE__, name);
    cr_assert(file_read(path, arena, &content, &why) == ERR_OK, "%s: %s", path, why);
    return read_content(content, map, true, arena);
}

const char *facts_shown(const struct reading *reading, struct arena *arena)
{
    struct buffer text = {0};
    for (size_t i = 0; i < reading->fact_count; i++) {
        fact_json_write(&reading->facts[i], &text);
        buffer_append_char(&text, '\n');
    }
    const char *shown = arena_printf(arena, "%s", text.len ? buffer_text(&text) : "");
    buffer_free(&text);
    return shown;
}

const char *remarks_shown(const struct reading *reading, bool faults, struct arena *arena)
{
    const char *shown = "";
    for (size_t i = 0; i < reading->remark_count; i++)
        if (reading->remarks[i].fault == faults)
            shown = arena_printf(arena, "%s%d: %s\n", shown, reading->remarks[i].line, reading->remarks[i].text);
    return shown;
}
