#include "proto/fact.h"

#include "base/check.h"
#include "base/limits.h"
#include "proto/member.h"

static const char *const kind_names[FACT_KIND_COUNT] = {
#define X(kind, name, member) [FACT_##kind] = name,
    FACT_KIND_MAP(X)
#undef X
};

static void blank_member(const struct member *member, void *base)
{
    static const int64_t none = ID_NONE, ever = INSTANT_EVER, never = INSTANT_NEVER;
    static const int32_t no_date = DATE_NONE;
    char *field = (char *)base + member->offset;
    if (member->type == MEMBER_INTEGER)
        memcpy(field, &none, sizeof none);
    else if (member->type == MEMBER_BEGIN)
        memcpy(field, &ever, sizeof ever);
    else if (member->type == MEMBER_END)
        memcpy(field, &never, sizeof never);
    else if (member->type == MEMBER_DATE)
        memcpy(field, &no_date, sizeof no_date);
    /* the others are unknown as zero */
}

void fact_blank_record(const struct record *record, void *base)
{
    for (size_t i = 0; i < record->count; i++)
        blank_member(&record->members[i], base);
}

struct fact fact_blank(enum fact_kind kind)
{
    struct fact fact = {.kind = kind};
    fact_blank_record(fact_record(kind), &fact);
    return fact;
}

struct place {
    struct arena *arena;
    const char *prefix; /* "body" or "body.lines[2]" */
    const char **why;
};

static enum err refuse(const struct place *place, const struct member *member, const char *shown)
{
    *place->why = arena_printf(place->arena, "%s.%s: %s, expected %s", place->prefix, member->name, shown,
                               member_expected(member, place->arena));
    return ERR_INPUT;
}

static enum err check_text(const struct place *place, const struct member *member, struct bytes text)
{
    if (!bytes_are_utf8(text))
        return refuse(place, member, arena_printf(place->arena, "%s is no UTF-8 without NUL", text_shown(text, place->arena)));
    if ((int64_t)text.len < member->min || (int64_t)text.len > member->max)
        return refuse(place, member, arena_printf(place->arena, "%s has %zu bytes", text_shown(text, place->arena), text.len));
    if (!text_has_form(text, member->form))
        return refuse(place, member, text_shown(text, place->arena));
    return ERR_OK;
}

static enum err check_instant(const struct place *place, const struct member *member, instant at)
{
    if (at < 0 || at >= INSTANT_MAX)
        return refuse(place, member, arena_printf(place->arena, "%lld ms since 1970 is out of range", (long long)at));
    return ERR_OK;
}

static enum err check_scalar(const struct place *place, const struct member *member, const void *base)
{
    const char *field = (const char *)base + member->offset;
    int64_t number;
    int32_t word;
    struct bytes text;
    switch (member->type) {
    case MEMBER_INTEGER:
        memcpy(&number, field, sizeof number);
        if (number < member->min || number > member->max)
            return refuse(place, member, arena_printf(place->arena, "%lld", (long long)number));
        return ERR_OK;
    case MEMBER_BEGIN:
    case MEMBER_END:
        memcpy(&number, field, sizeof number);
        return check_instant(place, member, number);
    case MEMBER_DATE:
        memcpy(&word, field, sizeof word);
        if (word < 0 || word >= INSTANT_MAX / DAY_MS)
            return refuse(place, member, arena_printf(place->arena, "%d days since 1970 is out of range", (int)word));
        return ERR_OK;
    case MEMBER_WORD:
        memcpy(&word, field, sizeof word);
        if (!words_allow(member->words, word))
            return refuse(place, member, word > 0 && word < member->words->count
                                             ? text_shown(bytes_from_text(member->words->names[word]), place->arena)
                                             : arena_printf(place->arena, "number %d", (int)word));
        return ERR_OK;
    case MEMBER_USES:
        memcpy(&word, field, sizeof word);
        if ((unsigned)word >> (member->words->count - 1))
            return refuse(place, member, arena_printf(place->arena, "bits 0x%x", (unsigned)word));
        return ERR_OK;
    case MEMBER_FLAG:
        memcpy(&word, field, sizeof word);
        check(word == FLAG_NO || word == FLAG_YES);
        return ERR_OK;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        memcpy(&text, field, sizeof text);
        return check_text(place, member, text);
    default:
        return ERR_OK;
    }
}

/* The two instants or dates of a span, as text for the message. */
static const char *moment_shown(const struct place *place, const struct member *member, int64_t at)
{
    char text[INSTANT_TEXT_SIZE];
    return arena_printf(place->arena, "%s", member->type == MEMBER_DATE ? date_format((int32_t)at, text) : instant_format(at, text));
}

static enum err check_span(const struct place *place, const struct member *member, const void *base)
{
    const char *from_field = (const char *)base + member->from_offset, *to_field = (const char *)base + member->offset;
    int64_t from, to;
    if (member->type == MEMBER_DATE) {
        int32_t from_day, to_day;
        memcpy(&from_day, from_field, sizeof from_day);
        memcpy(&to_day, to_field, sizeof to_day);
        from = from_day == DATE_NONE ? INSTANT_EVER : from_day;
        to = to_day;
    } else {
        memcpy(&from, from_field, sizeof from);
        memcpy(&to, to_field, sizeof to);
    }
    if (from == INSTANT_EVER || to >= from)
        return ERR_OK;
    *place->why = arena_printf(place->arena, "%s.%s: %s lies before %s (%s), expected the same or later", place->prefix,
                               member->name, moment_shown(place, member, to), member->from, moment_shown(place, member, from));
    return ERR_INPUT;
}

static enum err check_record(const struct place *place, const struct record *record, const void *base, bool presence);

static enum err check_list(const struct place *place, const struct member *member, const void *base)
{
    const char *elements;
    size_t count;
    memcpy(&elements, (const char *)base + member->offset, sizeof elements);
    memcpy(&count, (const char *)base + member->count_offset, sizeof count);
    for (size_t i = 0; i < count; i++) {
        struct place inner = *place;
        enum err err;
        if (member->type == MEMBER_RECORDS) {
            inner.prefix = arena_printf(place->arena, "%s.%s[%zu]", place->prefix, member->name, i);
            err = check_record(&inner, member->record, elements + i * member->record->size, true);
        } else {
            struct member element = {.name = arena_printf(place->arena, "%s[%zu]", member->name, i),
                                     .type = MEMBER_TEXT, .min = member->min, .max = member->max};
            struct bytes text;
            memcpy(&text, elements + i * sizeof text, sizeof text);
            err = check_text(&inner, &element, text);
        }
        if (err)
            return err;
    }
    return ERR_OK;
}

static enum err check_record(const struct place *place, const struct record *record, const void *base, bool presence)
{
    for (const struct member *member = record->members; member < record->members + record->count; member++) {
        enum err err = ERR_OK;
        if (!member_known(member, base))
            err = presence && member->required ? refuse(place, member, "missing") : ERR_OK;
        else if (member->type == MEMBER_TEXTS || member->type == MEMBER_RECORDS)
            err = check_list(place, member, base);
        else
            err = check_scalar(place, member, base);
        if (err)
            return err;
    }
    /* Spans last: their ends are in range then. */
    for (const struct member *member = record->members; member < record->members + record->count; member++)
        if (member->from && member_known(member, base)) {
            enum err err = check_span(place, member, base);
            if (err)
                return err;
        }
    return ERR_OK;
}

static enum err check_label(const char *name, struct bytes text, size_t most, struct arena *arena, const char **why)
{
    if (text.len >= 1 && text.len <= most && bytes_are_utf8(text))
        return ERR_OK;
    *why = arena_printf(arena, "%s: %s, expected text of 1 to %zu bytes, UTF-8 without NUL", name,
                        bytes_present(text) ? text_shown(text, arena) : "missing", most);
    return ERR_INPUT;
}

enum err fact_check(const struct fact *fact, struct arena *arena, const char **why)
{
    enum err err;
    check((unsigned)fact->kind < FACT_KIND_COUNT);
    if ((err = check_label("source", fact->source, SOURCE_BYTES_MAX, arena, why)) ||
        (err = check_label("key", fact->key, FACT_KEY_BYTES_MAX, arena, why)))
        return err;
    if (fact->version < 0) {
        *why = arena_printf(arena, "version: %lld, expected an integer of 0 to 2^63-1", (long long)fact->version);
        return ERR_INPUT;
    }
    struct place place = {.arena = arena, .prefix = "body", .why = why};
    /* A rule taken back says all with its key. */
    return check_record(&place, fact_record(fact->kind), fact, !fact->rule_deleted);
}

const char *fact_kind_name(enum fact_kind kind)
{
    check((unsigned)kind < FACT_KIND_COUNT);
    return kind_names[kind];
}

enum fact_kind fact_kind_from_name(struct bytes name)
{
    int kind = 0;
    while (kind < FACT_KIND_COUNT && !bytes_equal_text(name, kind_names[kind]))
        kind++;
    return (enum fact_kind)kind;
}

const char *object_type_name(enum object_type type)
{
    return words_name(&words_object_type, (int)type);
}

enum object_type object_type_from_name(struct bytes name)
{
    return (enum object_type)words_find(&words_object_type, name);
}

const char *source_kind_name(enum source_kind kind)
{
    return words_name(&words_source_kind, (int)kind);
}

const char *decision_what_name(enum decision_what what)
{
    return words_name(&words_decision_what, (int)what);
}

bool fact_kind_is_rule(enum fact_kind kind)
{
    return kind >= FACT_ENTITLEMENT && kind <= FACT_RULESET;
}
