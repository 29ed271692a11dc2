#include "proto/words.h"

#include "base/json.h"
#include "proto/fact.h"

#include <assert.h>

enum { SHOWN_BYTES_MAX = 60 };

#define WORDS(name, ...)                                                                            \
    static const char *const name##_names[] = {NULL, __VA_ARGS__};                                  \
    const struct words words_##name = {.names = name##_names, .count = sizeof name##_names / sizeof *name##_names}

WORDS(end_by, "logout", "disconnect");
#define X(type, name) name,
WORDS(object_type, OBJECT_TYPE_MAP(X) NULL);
#undef X
const struct words words_member_type = {object_type_names, OBJECT_TYPE_COUNT, .first = OBJECT_PERSON, .last = OBJECT_PLACE};
WORDS(switch_type, "tdm", "sip", "network");
WORDS(site_type, "multi", "single");
WORDS(license, "concurrent", "enabled");
WORDS(source_kind, "icon", "config", "gvp", "entitlement", "api");
WORDS(decision_what, "close", "retire", "adopt", "deletions", "accept");
WORDS(uses, "gvp", "asr", "tts", "parking", "recording");
static_assert(PORT_GVP == 1 && PORT_ASR == 2 && PORT_TTS == 4 && PORT_PARKING == 8 && PORT_RECORDING == 16,
              "words_uses gives the bits in this order");
static_assert(OBJECT_PLACE == OBJECT_PERSON + 1, "words_member_type is a run of object types");

int words_find(const struct words *words, struct bytes name)
{
    for (int i = 1; i < words->count; i++)
        if (words->names[i] && bytes_equal_text(name, words->names[i]))
            return i;
    return 0;
}

const char *words_name(const struct words *words, int value)
{
    return value > 0 && value < words->count && words->names[value] ? words->names[value] : "unknown";
}

bool words_allow(const struct words *words, int value)
{
    int first = words->first ? words->first : 1, last = words->last ? words->last : words->count - 1;
    return value >= first && value <= last && words->names[value];
}

const char *words_text(const struct words *words, const char *lead, struct arena *arena)
{
    const char *text = NULL;
    for (int i = 1; i < words->count; i++)
        if (words_allow(words, i))
            text = text ? arena_printf(arena, "%s, %s", text, words->names[i]) : arena_printf(arena, "%s%s", lead, words->names[i]);
    return text;
}

const char *text_shown(struct bytes text, struct arena *arena)
{
    bool whole = text.len <= SHOWN_BYTES_MAX, utf8 = bytes_are_utf8(text);
    struct bytes part = text;
    if (!whole)
        for (part.len = SHOWN_BYTES_MAX; part.len && (text.data[part.len] & 0xc0) == 0x80;)
            part.len--;
    struct buffer out = {0};
    struct json_writer writer = {.out = &out};
    json_write_text(&writer, part);
    for (size_t i = 0; !utf8 && i < out.len; i++)
        if (out.data[i] >= 0x80)
            out.data[i] = '?';
    char *shown = arena_printf(arena, "%s%s", buffer_text(&out), whole ? "" : "…");
    buffer_free(&out);
    return shown;
}
