#include "proto/fact_record_map.h"
#include "proto/fact_record_private.h"

#include "base/check.h"

#include <pthread.h>

enum { NESTED_MAX = 4 };

static struct mapping mappings[FACT_KIND_COUNT];
static struct mapping nested[NESTED_MAX];
static size_t nested_count;

/* A list is a message with one repeated field: its elements. */
static const ProtobufCFieldDescriptor *element_of(const ProtobufCFieldDescriptor *list)
{
    const ProtobufCMessageDescriptor *message = list->descriptor;
    check(list->type == PROTOBUF_C_TYPE_MESSAGE && message->n_fields == 1 && message->fields[0].label == PROTOBUF_C_LABEL_REPEATED);
    return &message->fields[0];
}

static void check_type(const struct member *member, const ProtobufCFieldDescriptor *field)
{
    static const ProtobufCType types[] = {
        [MEMBER_INTEGER] = PROTOBUF_C_TYPE_INT64, [MEMBER_BEGIN] = PROTOBUF_C_TYPE_INT64,  [MEMBER_END] = PROTOBUF_C_TYPE_INT64,
        [MEMBER_DATE] = PROTOBUF_C_TYPE_INT32,    [MEMBER_FLAG] = PROTOBUF_C_TYPE_BOOL,    [MEMBER_MARK] = PROTOBUF_C_TYPE_BOOL,
        [MEMBER_WORD] = PROTOBUF_C_TYPE_ENUM,     [MEMBER_USES] = PROTOBUF_C_TYPE_ENUM,    [MEMBER_TEXT] = PROTOBUF_C_TYPE_BYTES,
        [MEMBER_LABEL] = PROTOBUF_C_TYPE_BYTES,   [MEMBER_TEXTS] = PROTOBUF_C_TYPE_MESSAGE, [MEMBER_RECORDS] = PROTOBUF_C_TYPE_MESSAGE,
    };
    check(field->type == types[member->type]);
    check((field->label == PROTOBUF_C_LABEL_REPEATED) == (member->type == MEMBER_USES));
}

static void map(struct mapping *mapping, const struct record *record, const ProtobufCMessageDescriptor *message)
{
    mapping->record = record;
    mapping->message = message;
    check(record->count <= MAPPED_MEMBERS_MAX && record->count == message->n_fields);
    for (size_t i = 0; i < record->count; i++) {
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message, record->members[i].name);
        check(field);
        check_type(&record->members[i], field);
        mapping->fields[i] = field;
        if (record->members[i].type != MEMBER_RECORDS)
            continue;
        check(nested_count < NESTED_MAX);
        struct mapping *inner = &nested[nested_count++];
        map(inner, record->members[i].record, element_of(field)->descriptor);
        mapping->nested[i] = inner;
    }
}

static void map_all(void)
{
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++) {
        const ProtobufCFieldDescriptor *body = protobuf_c_message_descriptor_get_field(&seatmeter__fact__descriptor, FACT_FIELD_FIRST + (unsigned)kind);
        check(body && body->type == PROTOBUF_C_TYPE_MESSAGE);
        map(&mappings[kind], fact_record(kind), body->descriptor);
    }
}

const struct mapping *fact_mapping(enum fact_kind kind)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, map_all);
    return &mappings[kind];
}
