#include "server/ingest/kafka_dead.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"

#include <stdlib.h>

enum { RAW_TOLD_BYTES = 64 * 1024 };

static void write_raw(struct json_writer *writer, struct bytes raw)
{
    if (raw.len > RAW_TOLD_BYTES)
        raw.len = RAW_TOLD_BYTES;
    if (bytes_are_utf8(raw)) {
        json_write_name(writer, "raw");
        json_write_text(writer, raw);
    } else {
        char *hex = memory_alloc(raw.len * 2 + 1);
        json_write_name(writer, "raw_hex");
        json_write_text_c(writer, hex_text(raw.data, raw.len, hex));
        free(hex);
    }
}

void kafka_dead_tell(struct kafka_tell *tell, const char *topic, const struct dead_letter *letter)
{
    struct buffer key = {0}, json = {0};
    struct json_writer writer = {.out = &json};
    buffer_printf(&key, "%.*s/%d/%lld/%u", (int)letter->topic.len, (const char *)letter->topic.data, letter->partition, (long long)letter->offset, letter->index);
    json_write_open_object(&writer);
    json_write_name(&writer, "topic");
    json_write_text(&writer, letter->topic);
    json_write_name(&writer, "partition");
    json_write_integer(&writer, letter->partition);
    json_write_name(&writer, "offset");
    json_write_integer(&writer, letter->offset);
    json_write_name(&writer, "index");
    json_write_integer(&writer, letter->index);
    json_write_name(&writer, "why");
    json_write_text(&writer, letter->why);
    write_raw(&writer, letter->raw);
    json_write_close_object(&writer);
    kafka_tell(tell, "refused input, which stands in the store", topic, 0, buffer_bytes(&key), buffer_bytes(&json));
    buffer_free(&key);
    buffer_free(&json);
}

static struct bytes text_of(const struct json *json, const char *name)
{
    const struct json *member = json_member(json, name);
    return member && member->kind == JSON_KIND_TEXT ? member->text : BYTES_NONE;
}

void kafka_dead_take(struct ingest *ingest, const struct kafka_record *record, struct arena *arena)
{
    const char *why;
    const struct json *json = bytes_present(record->value) ? json_read(record->value, arena, &why) : NULL;
    if (!json || json->kind != JSON_KIND_OBJECT)
        return; /* the last stop: nothing comes behind it */
    struct bytes source = text_of(json, "source"), place = text_of(json, "place"), reason = text_of(json, "why"), raw = text_of(json, "raw");
    if (source.len == 0 || source.len > SOURCE_BYTES_MAX || !bytes_present(place) || !bytes_present(reason) || memchr(source.data, 0, source.len))
        return;
    ingest_refused(ingest, &(struct dead_letter){.source = source, .place = place, .why = reason, .raw = bytes_present(raw) ? raw : BYTES_LITERAL(""),
                                                 .at = record->timestamp_ms > 0 ? record->timestamp_ms : 0});
}
