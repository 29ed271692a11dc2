#include "proto/fact_record_private.h"

#include "base/limits.h"
#include "base/varint.h"
#include "proto/words.h"

/* The record itself is read by hand: of a cut one the whole facts count, and each fact is a run of bytes. */

enum { RECORD_FORMAT = 1, RECORD_FACTS = 2, RECORD_MARK = 3, WIRE_FIXED64 = 1, WIRE_FIXED32 = 5, KNOWN_BYTES_MAX = 64 };

enum err fact_record_open(struct bytes value, struct arena *arena, struct fact_record_reader *reader, const char **why)
{
    struct bytes rest = value;
    uint64_t tag, format;
    *reader = (struct fact_record_reader){0};
    if (!bytes_present(value)) {
        *why = "a record without a value";
        return ERR_INPUT;
    }
    if (!varint_take(&rest, &tag) || tag != (RECORD_FORMAT << 3 | WIRE_VARINT) || !varint_take(&rest, &format) || format == 0) {
        *why = arena_printf(arena, "no record of Seatmeter's: it begins with %s, expected its format", text_shown(bytes_of(value.data, value.len < 8 ? value.len : 8), arena));
        return ERR_INPUT;
    }
    if (format > FACT_RECORD_FORMAT) {
        *why = arena_printf(arena, "a record of format %llu, this program reads up to %d: a newer one is at work", (unsigned long long)format, FACT_RECORD_FORMAT);
        return ERR_FORMAT;
    }
    reader->rest = rest;
    return ERR_OK;
}

static bool skip(struct bytes *rest, unsigned wire)
{
    uint64_t number;
    size_t len;
    if (wire == WIRE_VARINT)
        return varint_take(rest, &number);
    if (wire == WIRE_BYTES) {
        if (!varint_take(rest, &number) || number > rest->len)
            return false;
        len = (size_t)number;
    } else if (wire == WIRE_FIXED64) {
        len = 8;
    } else if (wire == WIRE_FIXED32) {
        len = 4;
    } else {
        return false;
    }
    if (len > rest->len)
        return false;
    *rest = bytes_of(rest->data + len, rest->len - len);
    return true;
}

static bool read_mark(struct bytes bytes, struct fact_mark *mark)
{
    *mark = (struct fact_mark){.at = INSTANT_NONE, .partitions = ID_NONE};
    while (bytes.len) {
        uint64_t tag, number = 0;
        struct bytes text = BYTES_NONE;
        if (!varint_take(&bytes, &tag))
            return false;
        if ((tag & 7) == WIRE_BYTES) {
            struct bytes before = bytes;
            if (!varint_take(&before, &number) || !skip(&bytes, WIRE_BYTES))
                return false;
            text = bytes_of(before.data, (size_t)number);
        } else if ((tag & 7) != WIRE_VARINT || !varint_take(&bytes, &number)) {
            return false;
        }
        switch (tag) {
        case 1 << 3 | WIRE_BYTES: mark->id = text; break;
        case 2 << 3 | WIRE_BYTES: mark->by = text; break;
        case 3 << 3 | WIRE_VARINT: mark->at = (instant)number; break;
        case 4 << 3 | WIRE_VARINT: mark->partitions = (int64_t)number; break;
        default: return false;
        }
    }
    return mark->id.len >= 1 && mark->id.len <= FACT_MARK_ID_BYTES_MAX && bytes_are_utf8(mark->id) && mark->by.len <= NAME_BYTES_MAX &&
           (!bytes_present(mark->by) || bytes_are_utf8(mark->by)) && mark->at >= 0 && mark->at < INSTANT_MAX && mark->partitions >= 1;
}

static enum fact_item_kind refused(struct fact_item *item, struct bytes raw, const char *why)
{
    item->why = why;
    item->raw = raw;
    return item->kind = FACT_ITEM_REFUSED;
}

/* What stands beside the facts. */
static enum fact_item_kind read_other(struct fact_record_reader *reader, struct arena *arena, uint64_t tag, struct bytes begin, struct fact_item *item)
{
    struct bytes inner = reader->rest;
    uint64_t len;
    if (!skip(&reader->rest, tag & 7)) {
        reader->rest = BYTES_NONE;
        return refused(item, begin, "the record is cut here, or none of ours from here on");
    }
    struct bytes raw = bytes_of(begin.data, (size_t)(reader->rest.data - begin.data));
    if (tag != (RECORD_MARK << 3 | WIRE_BYTES))
        return refused(item, raw, arena_printf(arena, "the record: field %llu is unknown here: written by a newer program?", (unsigned long long)(tag >> 3)));
    if (!varint_take(&inner, &len) || !read_mark(bytes_of(inner.data, (size_t)len), &item->mark))
        return refused(item, raw, "a mark that is none: expected id, at and partitions");
    return item->kind = FACT_ITEM_MARK;
}

enum fact_item_kind fact_record_next(struct fact_record_reader *reader, struct arena *arena, struct fact_item *item)
{
    struct bytes begin = reader->rest, inner;
    uint64_t tag, len;
    item->index = reader->index;
    item->why = NULL;
    item->raw = BYTES_NONE;
    if (begin.len == 0)
        return item->kind = FACT_ITEM_END;
    if (!varint_take(&reader->rest, &tag)) {
        reader->rest = BYTES_NONE;
        return refused(item, begin, "the record is cut here, or none of ours from here on");
    }
    if (tag != (RECORD_FACTS << 3 | WIRE_BYTES))
        return read_other(reader, arena, tag, begin, item);
    reader->index++;
    inner = reader->rest;
    if (!varint_take(&inner, &len) || len > inner.len) {
        reader->rest = BYTES_NONE;
        return refused(item, begin, "the record is cut within this fact");
    }
    reader->rest = bytes_of(inner.data + len, inner.len - (size_t)len);
    struct bytes fact = bytes_of(inner.data, (size_t)len);
    if (fact_decode_fast(fact, &item->fact))
        return item->kind = FACT_ITEM_FACT;
    if (fact_decode_any(fact, arena, &item->fact, &item->why) == ERR_OK)
        return item->kind = FACT_ITEM_FACT;
    item->raw = fact;
    return item->kind = FACT_ITEM_REFUSED;
}
