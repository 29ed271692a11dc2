#include "adapters/entitlement/cursor.h"

#include "base/check.h"
#include "base/json.h"

static bool take_text(const struct json *object, const char *name, size_t size, char *to)
{
    const struct json *member = json_member(object, name);
    if (!member || member->kind != JSON_KIND_TEXT || member->text.len >= size)
        return false;
    memcpy(to, member->text.data, member->text.len);
    to[member->text.len] = 0;
    return true;
}

static bool take_number(const struct json *object, const char *name, int64_t *to)
{
    const struct json *member = json_member(object, name);
    if (!member || member->kind != JSON_KIND_INTEGER || member->integer < 0)
        return false;
    *to = member->integer;
    return true;
}

static bool take_accepted(const struct json *object, struct accepted *accepted)
{
    const struct json *since = json_member(object, "since"), *ever = json_member(object, "ever");
    if (object->kind != JSON_KIND_OBJECT || !take_text(object, "subject", sizeof accepted->subject, accepted->subject) ||
        !take_text(object, "content", sizeof accepted->content, accepted->content) || !take_text(object, "map", sizeof accepted->map, accepted->map) ||
        !take_number(object, "version", &accepted->version))
        return false;
    accepted->license.ever = ever && ever->boolean;
    return !since || take_number(object, "since", &accepted->license.at_us);
}

enum err cursor_read(struct bytes text, struct arena *arena, struct cursor *cursor, const char **why)
{
    *cursor = (struct cursor){0};
    if (!bytes_present(text))
        return ERR_OK;
    const struct json *tree = json_read(text, arena, why);
    if (!tree)
        return ERR_INPUT;
    const struct json *list = json_member(tree, "accepted");
    *why = "no cursor of an entitlement source";
    if (tree->kind != JSON_KIND_OBJECT || !take_number(tree, "version", &cursor->version) || !list || list->kind != JSON_KIND_LIST ||
        list->child_count > CURSOR_SUBJECTS_MAX)
        return ERR_INPUT;
    for (size_t i = 0; i < list->child_count; i++)
        if (!take_accepted(&list->children[i], &cursor->accepted[cursor->count++]))
            return ERR_INPUT;
    return ERR_OK;
}

void cursor_write(const struct cursor *cursor, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    json_write_name(&writer, "version");
    json_write_integer(&writer, cursor->version);
    json_write_name(&writer, "accepted");
    json_write_open_list(&writer);
    for (size_t i = 0; i < cursor->count; i++) {
        const struct accepted *accepted = &cursor->accepted[i];
        json_write_open_object(&writer);
        json_write_name(&writer, "subject");
        json_write_text_c(&writer, accepted->subject);
        json_write_name(&writer, "content");
        json_write_text_c(&writer, accepted->content);
        json_write_name(&writer, "map");
        json_write_text_c(&writer, accepted->map);
        json_write_name(&writer, "version");
        json_write_integer(&writer, accepted->version);
        if (accepted->license.at_us) {
            json_write_name(&writer, "since");
            json_write_integer(&writer, accepted->license.at_us);
            json_write_name(&writer, "ever");
            json_write_bool(&writer, accepted->license.ever);
        }
        json_write_close_object(&writer);
    }
    json_write_close_list(&writer);
    json_write_close_object(&writer);
}

const struct accepted *cursor_find(const struct cursor *cursor, struct bytes subject)
{
    for (size_t i = 0; i < cursor->count; i++)
        if (bytes_equal_text(subject, cursor->accepted[i].subject))
            return &cursor->accepted[i];
    return NULL;
}

void cursor_accept(struct cursor *cursor, const struct accepted *accepted)
{
    struct accepted kept = *accepted; /* it may be one of the list's own */
    size_t at = 0;
    while (at < cursor->count && strcmp(cursor->accepted[at].subject, kept.subject) != 0)
        at++;
    if (at == cursor->count && cursor->count == CURSOR_SUBJECTS_MAX) {
        at = 0; /* in order of acceptance: the first is the oldest, unless it is the licence file or the counts */
        while (strchr(cursor->accepted[at].subject, ' ') == NULL)
            at++;
    }
    if (at < cursor->count) {
        memmove(&cursor->accepted[at], &cursor->accepted[at + 1], (cursor->count - at - 1) * sizeof kept);
        cursor->count--;
    }
    check(cursor->count < CURSOR_SUBJECTS_MAX);
    cursor->accepted[cursor->count++] = kept;
    cursor->version = kept.version;
}
