#include "proto/fact_record_map.h"
#include "proto/fact_record_private.h"

#include "base/check.h"
#include "base/varint.h"

/* --- the wire --- */

static void put_tag(struct buffer *out, uint32_t number, unsigned wire)
{
    varint_put(out, (uint64_t)number << 3 | wire);
}

static void put_number(struct buffer *out, uint32_t number, int64_t value)
{
    put_tag(out, number, WIRE_VARINT);
    varint_put(out, (uint64_t)value);
}

static void put_bytes(struct buffer *out, uint32_t number, struct bytes bytes)
{
    put_tag(out, number, WIRE_BYTES);
    varint_put(out, bytes.len);
    buffer_append_bytes(out, bytes);
}

/* A message inside a message: its length is known when it is written.  Most need one byte, which is kept free. */
static size_t nest_begin(struct buffer *out, uint32_t number)
{
    put_tag(out, number, WIRE_BYTES);
    buffer_append_char(out, 0);
    return out->len;
}

static void nest_end(struct buffer *out, size_t begin)
{
    size_t len = out->len - begin, more = 0;
    for (size_t rest = len >> 7; rest; rest >>= 7)
        more++;
    if (more) {
        buffer_reserve(out, more);
        memmove(out->data + begin + more, out->data + begin, len);
        out->len += more;
    }
    for (size_t i = 0; i <= more; i++)
        out->data[begin - 1 + i] = (uint8_t)((len >> (7 * i) & 0x7f) | (i < more ? 0x80 : 0));
}

/* --- members --- */

static void write_members(const struct mapping *mapping, const void *base, struct buffer *out);

static void write_list(const struct mapping *mapping, size_t i, const void *base, struct buffer *out)
{
    const struct member *member = &mapping->record->members[i];
    uint32_t element = mapping->fields[i]->descriptor ? ((const ProtobufCMessageDescriptor *)mapping->fields[i]->descriptor)->fields[0].id : 0;
    const char *elements;
    size_t count;
    memcpy(&elements, (const char *)base + member->offset, sizeof elements);
    memcpy(&count, (const char *)base + member->count_offset, sizeof count);
    size_t list = nest_begin(out, mapping->fields[i]->id);
    for (size_t k = 0; k < count; k++) {
        struct bytes text;
        if (member->type == MEMBER_TEXTS) {
            memcpy(&text, elements + k * sizeof text, sizeof text);
            put_bytes(out, element, text);
        } else {
            size_t begin = nest_begin(out, element);
            write_members(mapping->nested[i], elements + k * member->record->size, out);
            nest_end(out, begin);
        }
    }
    nest_end(out, list);
}

static void write_uses(uint32_t number, unsigned uses, struct buffer *out)
{
    for (int bit = 0; bit < 32; bit++)
        if (uses >> bit & 1)
            put_number(out, number, bit + 1);
}

static void write_member(const struct mapping *mapping, size_t i, const void *base, struct buffer *out)
{
    const struct member *member = &mapping->record->members[i];
    const char *field = (const char *)base + member->offset;
    uint32_t number = mapping->fields[i]->id;
    int64_t wide;
    int32_t narrow;
    struct bytes text;
    switch (member->type) {
    case MEMBER_INTEGER:
    case MEMBER_BEGIN:
    case MEMBER_END:
        memcpy(&wide, field, sizeof wide);
        put_number(out, number, wide);
        return;
    case MEMBER_DATE:
    case MEMBER_WORD:
        memcpy(&narrow, field, sizeof narrow);
        put_number(out, number, narrow);
        return;
    case MEMBER_FLAG:
        memcpy(&narrow, field, sizeof narrow);
        put_number(out, number, narrow == FLAG_YES);
        return;
    case MEMBER_MARK:
        put_number(out, number, 1);
        return;
    case MEMBER_USES:
        memcpy(&narrow, field, sizeof narrow);
        write_uses(number, (unsigned)narrow, out);
        return;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        memcpy(&text, field, sizeof text);
        put_bytes(out, number, text);
        return;
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        write_list(mapping, i, base, out);
        return;
    }
    check_fail("a member's type that is none");
}

static void write_members(const struct mapping *mapping, const void *base, struct buffer *out)
{
    for (size_t i = 0; i < mapping->record->count; i++)
        if (member_known(&mapping->record->members[i], base))
            write_member(mapping, i, base, out);
}

void fact_encode(const struct fact *fact, struct buffer *out)
{
    put_bytes(out, 1, fact->source);
    put_bytes(out, 2, fact->key);
    put_number(out, 3, fact->version);
    size_t body = nest_begin(out, FACT_FIELD_FIRST + (uint32_t)fact->kind);
    write_members(fact_mapping(fact->kind), fact, out);
    nest_end(out, body);
}

/* --- records --- */

bool fact_batch_add(struct fact_batch *batch, const struct fact *fact)
{
    if (batch->count == FACT_BATCH_MAX)
        return false;
    size_t before = batch->value.len;
    if (before == 0)
        put_number(&batch->value, 1, FACT_RECORD_FORMAT);
    size_t begin = nest_begin(&batch->value, 2);
    fact_encode(fact, &batch->value);
    nest_end(&batch->value, begin);
    if (batch->value.len > FACT_BATCH_BYTES_MAX && batch->count > 0) {
        batch->value.len = before;
        return false;
    }
    batch->count++;
    return true;
}

struct bytes fact_batch_value(const struct fact_batch *batch)
{
    return buffer_bytes(&batch->value);
}

void fact_batch_clear(struct fact_batch *batch)
{
    buffer_clear(&batch->value);
    batch->count = 0;
}

void fact_batch_free(struct fact_batch *batch)
{
    buffer_free(&batch->value);
    batch->count = 0;
}

void fact_record_write_mark(const struct fact_mark *mark, struct buffer *out)
{
    put_number(out, 1, FACT_RECORD_FORMAT);
    size_t begin = nest_begin(out, 3);
    put_bytes(out, 1, mark->id);
    put_bytes(out, 2, mark->by);
    put_number(out, 3, mark->at);
    put_number(out, 4, mark->partitions);
    nest_end(out, begin);
}
