/* Canonical bodies read straight through: one walk over the text beside one over the table of members. */
#include "proto/fact_json.h"
#include "proto/member.h"

struct taking {
    const uint8_t *at, *end;
};

static bool take_char(struct taking *taking, char c)
{
    if (taking->at == taking->end || *taking->at != (uint8_t)c)
        return false;
    taking->at++;
    return true;
}

static bool take_literal(struct taking *taking, const char *text, size_t len)
{
    if ((size_t)(taking->end - taking->at) < len || memcmp(taking->at, text, len) != 0)
        return false;
    taking->at += len;
    return true;
}

/* Of printable ASCII without an escape; anything else is for json_read() to judge. */
static bool take_text(struct taking *taking, struct bytes *text)
{
    if (!take_char(taking, '"'))
        return false;
    const uint8_t *start = taking->at;
    while (taking->at < taking->end && *taking->at >= 0x20 && *taking->at < 0x7f && *taking->at != '"' && *taking->at != '\\')
        taking->at++;
    *text = bytes_of(start, (size_t)(taking->at - start));
    return take_char(taking, '"');
}

static bool take_integer(struct taking *taking, int64_t *number)
{
    const uint8_t *start = taking->at;
    *number = 0;
    for (; taking->at < taking->end && *taking->at >= '0' && *taking->at <= '9' && taking->at - start < 18; taking->at++)
        *number = *number * 10 + (*taking->at - '0');
    return taking->at > start && (*start != '0' || taking->at - start == 1);
}

static bool take_number(struct taking *taking, const struct member *member, char *field)
{
    struct bytes text;
    int64_t number;
    int32_t day;
    if (member->type == MEMBER_INTEGER) {
        if (!take_integer(taking, &number) || number < member->min || number > member->max)
            return false;
    } else if (member->type == MEMBER_DATE) {
        if (!take_text(taking, &text) || !date_parse(text, &day))
            return false;
        memcpy(field, &day, sizeof day);
        return true;
    } else if (!take_text(taking, &text) || !instant_parse(text, &number)) {
        return false;
    }
    memcpy(field, &number, sizeof number);
    return true;
}

static bool take_word(struct taking *taking, const struct member *member, char *field)
{
    struct bytes text;
    int32_t word;
    if (member->type == MEMBER_WORD) {
        word = take_text(taking, &text) ? words_find(member->words, text) : 0;
        if (!words_allow(member->words, word))
            return false;
    } else {
        bool yes = take_literal(taking, "true", 4);
        if (!yes && (member->type == MEMBER_MARK || !take_literal(taking, "false", 5)))
            return false;
        if (member->type == MEMBER_MARK) {
            *(bool *)field = true;
            return true;
        }
        word = yes ? FLAG_YES : FLAG_NO;
    }
    memcpy(field, &word, sizeof word);
    return true;
}

static bool take_member(struct taking *taking, const struct member *member, struct arena *arena, char *field)
{
    struct bytes text;
    switch (member->type) {
    case MEMBER_INTEGER:
    case MEMBER_BEGIN:
    case MEMBER_END:
    case MEMBER_DATE:
        return take_number(taking, member, field);
    case MEMBER_FLAG:
    case MEMBER_MARK:
    case MEMBER_WORD:
        return take_word(taking, member, field);
    case MEMBER_TEXT:
        if (!take_text(taking, &text))
            return false;
        text = arena_copy(arena, text);
        memcpy(field, &text, sizeof text);
        return true;
    case MEMBER_LABEL:
    case MEMBER_USES:
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        break;
    }
    return false;
}

bool fact_json_take_body(struct bytes body, struct arena *arena, struct fact *fact)
{
    const struct record *record = fact_record(fact->kind);
    const struct member *member = record->members, *end = record->members + record->count;
    struct taking taking = {body.data, body.data + body.len};
    if (!take_char(&taking, '{'))
        return false;
    for (bool first = true; !take_char(&taking, '}'); first = false, member++) {
        struct bytes name;
        if ((!first && !take_char(&taking, ',')) || !take_text(&taking, &name) || !take_char(&taking, ':'))
            return false;
        while (member < end && (member->name_len != name.len || memcmp(member->name, name.data, name.len) != 0))
            member++;
        if (member == end || !take_member(&taking, member, arena, (char *)fact + member->offset))
            return false;
    }
    return taking.at == taking.end;
}
