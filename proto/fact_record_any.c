#include "proto/fact_record_map.h"
#include "proto/fact_record_private.h"

#include "base/check.h"

/* protobuf-c allocates in the arena; nothing is freed before the whole. */
static void *arena_take(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void arena_keep(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

struct reading {
    struct arena *arena;
    const char *prefix; /* "body" or "body.lines[2]" */
    const char *why;
};

static bool refuse(struct reading *reading, const struct member *member, const char *shown)
{
    reading->why = arena_printf(reading->arena, "%s.%s: %s, expected %s", reading->prefix, member->name, shown, member_expected(member, reading->arena));
    return false;
}

static bool no_unknown(struct reading *reading, const ProtobufCMessage *message, const char *where)
{
    if (message->n_unknown_fields == 0)
        return true;
    reading->why = arena_printf(reading->arena, "%s: field %u is unknown here: written by a newer program?", where, message->unknown_fields[0].tag);
    return false;
}

static struct bytes text_of(const ProtobufCBinaryData *data)
{
    return data->len ? bytes_of(data->data, data->len) : bytes_of("", 0);
}

static bool read_members(struct reading *reading, const struct mapping *mapping, const ProtobufCMessage *message, void *base);

static bool read_list(struct reading *reading, const struct mapping *mapping, size_t i, const void *from, void *base)
{
    const struct member *member = &mapping->record->members[i];
    const char *prefix = reading->prefix;
    const ProtobufCMessage *list = *(const ProtobufCMessage *const *)from;
    const ProtobufCFieldDescriptor *elements = &list->descriptor->fields[0];
    size_t count = *(const size_t *)(const void *)((const char *)list + elements->quantifier_offset);
    const void *source = *(const void *const *)(const void *)((const char *)list + elements->offset);
    size_t size = member->type == MEMBER_TEXTS ? sizeof(struct bytes) : member->record->size;
    char *made = arena_alloc(reading->arena, (count ? count : 1) * size);
    if (!no_unknown(reading, list, arena_printf(reading->arena, "%s.%s", prefix, member->name)))
        return false;
    for (size_t k = 0; k < count; k++) {
        if (member->type == MEMBER_TEXTS) {
            struct bytes text = text_of((const ProtobufCBinaryData *)source + k);
            memcpy(made + k * size, &text, sizeof text);
            continue;
        }
        reading->prefix = arena_printf(reading->arena, "%s.%s[%zu]", prefix, member->name, k);
        fact_blank_record(member->record, made + k * size);
        if (!read_members(reading, mapping->nested[i], ((const ProtobufCMessage *const *)source)[k], made + k * size))
            return false;
    }
    reading->prefix = prefix;
    memcpy((char *)base + member->offset, &made, sizeof made);
    memcpy((char *)base + member->count_offset, &count, sizeof count);
    if (member->given_offset)
        *(bool *)((char *)base + member->given_offset) = true;
    return true;
}

static bool read_uses(struct reading *reading, const struct member *member, const int *uses, size_t count, void *base)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (!words_allow(member->words, uses[i]))
            return refuse(reading, member, arena_printf(reading->arena, "number %d", uses[i]));
        bits |= 1u << (uses[i] - 1);
    }
    memcpy((char *)base + member->offset, &bits, sizeof bits);
    return true;
}

/* A member that is set, from where protobuf-c put it. */
static bool read_member(struct reading *reading, const struct mapping *mapping, size_t i, const void *from, void *base)
{
    const struct member *member = &mapping->record->members[i];
    char *field = (char *)base + member->offset;
    struct bytes text;
    int32_t word;
    switch (member->type) {
    case MEMBER_INTEGER:
    case MEMBER_BEGIN:
    case MEMBER_END:
        memcpy(field, from, sizeof(int64_t));
        break;
    case MEMBER_DATE:
    case MEMBER_WORD:
        memcpy(field, from, sizeof(int32_t));
        break;
    case MEMBER_FLAG:
        word = *(const protobuf_c_boolean *)from ? FLAG_YES : FLAG_NO;
        memcpy(field, &word, sizeof word);
        break;
    case MEMBER_MARK: /* false is the same as nothing */
        *(bool *)field = *(const protobuf_c_boolean *)from;
        return true;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        text = text_of(from);
        memcpy(field, &text, sizeof text);
        break;
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        return read_list(reading, mapping, i, from, base);
    case MEMBER_USES:
        check_fail("read_uses() reads these");
    }
    /* -1 for an id, a word of number 0: here they stand for "unknown", on the wire they are nonsense. */
    return member_known(member, base) || refuse(reading, member, "a number that is none");
}

static bool read_members(struct reading *reading, const struct mapping *mapping, const ProtobufCMessage *message, void *base)
{
    if (!no_unknown(reading, message, reading->prefix))
        return false;
    for (size_t i = 0; i < mapping->record->count; i++) {
        const ProtobufCFieldDescriptor *field = mapping->fields[i];
        const char *from = (const char *)message + field->offset, *quantifier = (const char *)message + field->quantifier_offset;
        bool ok = true;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            ok = read_uses(reading, &mapping->record->members[i], *(const int *const *)(const void *)from, *(const size_t *)(const void *)quantifier, base);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE ? *(const void *const *)(const void *)from != NULL : *(const protobuf_c_boolean *)quantifier)
            ok = read_member(reading, mapping, i, from, base);
        if (!ok)
            return false;
    }
    return true;
}

static const char *missing(const Seatmeter__Fact *message)
{
    if (!message->has_source)
        return "source: missing, expected text of 1 to 64 bytes";
    if (!message->has_key)
        return "key: missing, expected text of 1 to 200 bytes";
    if (!message->has_version)
        return "version: missing, expected an integer of 0 to 2^63-1";
    return "no body of a kind that is known here: written by a newer program?";
}

enum err fact_decode_any(struct bytes bytes, struct arena *arena, struct fact *fact, const char **why)
{
    ProtobufCAllocator allocator = {arena_take, arena_keep, arena};
    struct reading reading = {.arena = arena, .prefix = "body"};
    ProtobufCMessage *unpacked = protobuf_c_message_unpack(&seatmeter__fact__descriptor, &allocator, bytes.len, bytes.data);
    if (!unpacked) {
        *why = "no fact: cut, or not what facts.proto says";
        return ERR_INPUT;
    }
    const Seatmeter__Fact *message = (const Seatmeter__Fact *)unpacked;
    int kind = (int)message->body_case - FACT_FIELD_FIRST;
    if (!no_unknown(&reading, unpacked, "the fact")) {
        *why = reading.why;
        return ERR_INPUT;
    }
    if (!message->has_source || !message->has_key || !message->has_version || kind < 0 || kind >= FACT_KIND_COUNT) {
        *why = missing(message);
        return ERR_INPUT;
    }
    *fact = fact_blank((enum fact_kind)kind);
    fact->source = text_of(&message->source);
    fact->key = text_of(&message->key);
    fact->version = message->version;
    /* The members of the oneof are pointers at one place. */
    if (!read_members(&reading, fact_mapping(fact->kind), &message->login_session->base, fact)) {
        *why = reading.why;
        return ERR_INPUT;
    }
    return fact_check(fact, arena, why);
}
