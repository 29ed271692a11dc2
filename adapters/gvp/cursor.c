#include "adapters/gvp/cursor.h"

#include "base/json.h"

static const struct number {
    const char *name;
    size_t offset;
} numbers[] = {
    {"confirmed", offsetof(struct gvp_cursor, confirmed)},
    {"covered", offsetof(struct gvp_cursor, covered)},
    {"declared", offsetof(struct gvp_cursor, declared)},
    {"second_day", offsetof(struct gvp_cursor, second_day)},
    {"second_from", offsetof(struct gvp_cursor, second_from)},
    {"second_until", offsetof(struct gvp_cursor, second_until)},
    {"since", offsetof(struct gvp_cursor, since)},
    {"watermark", offsetof(struct gvp_cursor, watermark)},
};
enum { NUMBER_COUNT = sizeof numbers / sizeof *numbers };

static const struct gvp_cursor blank = {.since = INSTANT_NONE, .confirmed = INSTANT_NONE, .watermark = INSTANT_NONE};

enum err gvp_cursor_read(struct bytes text, struct arena *arena, struct gvp_cursor *cursor, const char **why)
{
    *cursor = blank;
    if (!bytes_present(text))
        return ERR_OK;
    const struct json *tree = json_read(text, arena, why);
    if (!tree)
        return ERR_INPUT;
    *why = "no cursor of a gvp source";
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        const struct json *member = tree->kind == JSON_KIND_OBJECT ? json_member(tree, numbers[i].name) : NULL;
        int64_t *to = (int64_t *)(void *)((char *)cursor + numbers[i].offset);
        if (!member || (member->kind != JSON_KIND_NULL && (member->kind != JSON_KIND_INTEGER || member->integer < 0 || member->integer >= INSTANT_MAX)))
            return ERR_INPUT;
        *to = member->kind == JSON_KIND_NULL ? INSTANT_NONE : member->integer;
    }
    const struct json *group = json_member(tree, "group");
    if (group && group->kind == JSON_KIND_TEXT)
        cursor->group = group->text;
    bool lawful = (cursor->since == INSTANT_NONE) == (cursor->confirmed == INSTANT_NONE) && cursor->since <= cursor->confirmed &&
                  cursor->second_from != INSTANT_NONE && cursor->second_from <= cursor->second_until && cursor->second_day >= 0 && cursor->covered >= 0 &&
                  cursor->covered <= cursor->declared && (cursor->covered == 0 || cursor->since != INSTANT_NONE);
    return lawful ? ERR_OK : ERR_INPUT;
}

void gvp_cursor_write(const struct gvp_cursor *cursor, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        int64_t value = *(const int64_t *)(const void *)((const char *)cursor + numbers[i].offset);
        if (i == 3 && bytes_present(cursor->group)) {
            json_write_name(&writer, "group");
            json_write_text(&writer, cursor->group);
        }
        json_write_name(&writer, numbers[i].name);
        if (value == INSTANT_NONE)
            json_write_null(&writer);
        else
            json_write_integer(&writer, value);
    }
    json_write_close_object(&writer);
}
