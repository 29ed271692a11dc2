#include "proto/fact_json.h"

#include "base/json.h"
#include "proto/member.h"

/* The table's order is the canonical one, so a walk over it writes RFC 8785. */

static void write_record(const struct record *record, const void *base, struct json_writer *writer);

static void write_words_of_bits(const struct words *words, unsigned bits, struct json_writer *writer)
{
    json_write_open_list(writer);
    for (int i = 1; i < words->count; i++)
        if (bits & 1u << (i - 1))
            json_write_text_c(writer, words->names[i]);
    json_write_close_list(writer);
}

static void write_list(const struct member *member, const void *base, struct json_writer *writer)
{
    const char *elements;
    size_t count;
    memcpy(&elements, (const char *)base + member->offset, sizeof elements);
    memcpy(&count, (const char *)base + member->count_offset, sizeof count);
    json_write_open_list(writer);
    for (size_t i = 0; i < count; i++) {
        if (member->type == MEMBER_RECORDS) {
            write_record(member->record, elements + i * member->record->size, writer);
        } else {
            struct bytes text;
            memcpy(&text, elements + i * sizeof text, sizeof text);
            json_write_text(writer, text);
        }
    }
    json_write_close_list(writer);
}

static void write_member(const struct member *member, const void *base, struct json_writer *writer)
{
    const char *field = (const char *)base + member->offset;
    int64_t number;
    int32_t word;
    struct bytes text;
    char date[DATE_TEXT_SIZE];
    switch (member->type) {
    case MEMBER_INTEGER:
        memcpy(&number, field, sizeof number);
        json_write_integer(writer, number);
        break;
    case MEMBER_BEGIN:
    case MEMBER_END:
        memcpy(&number, field, sizeof number);
        json_write_instant(writer, number);
        break;
    case MEMBER_DATE:
        memcpy(&word, field, sizeof word);
        json_write_text_c(writer, date_format(word, date));
        break;
    case MEMBER_FLAG:
        memcpy(&word, field, sizeof word);
        json_write_bool(writer, word == FLAG_YES);
        break;
    case MEMBER_MARK:
        json_write_bool(writer, true);
        break;
    case MEMBER_WORD:
        memcpy(&word, field, sizeof word);
        json_write_text_c(writer, member->words->names[word]);
        break;
    case MEMBER_USES:
        memcpy(&word, field, sizeof word);
        write_words_of_bits(member->words, (unsigned)word, writer);
        break;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        memcpy(&text, field, sizeof text);
        json_write_text(writer, text);
        break;
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        write_list(member, base, writer);
        break;
    }
}

static void write_record(const struct record *record, const void *base, struct json_writer *writer)
{
    json_write_open_object(writer);
    for (size_t i = 0; i < record->count; i++) {
        if (!member_known(&record->members[i], base))
            continue;
        json_write_name(writer, record->members[i].name);
        write_member(&record->members[i], base, writer);
    }
    json_write_close_object(writer);
}

void fact_json_write_body(const struct fact *fact, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    write_record(fact_record(fact->kind), fact, &writer);
}

void fact_json_write(const struct fact *fact, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    json_write_name(&writer, "source");
    json_write_text(&writer, fact->source);
    json_write_name(&writer, "kind");
    json_write_text_c(&writer, fact_kind_name(fact->kind));
    json_write_name(&writer, "key");
    json_write_text(&writer, fact->key);
    json_write_name(&writer, "version");
    json_write_integer(&writer, fact->version);
    json_write_name(&writer, "body");
    write_record(fact_record(fact->kind), fact, &writer);
    json_write_close_object(&writer);
}
