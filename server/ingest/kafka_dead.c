#include "server/ingest/kafka_dead.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>

enum { RAW_TOLD_BYTES = 64 * 1024, LAST_MS = 500 };

struct kafka_dead {
    struct loop *loop;
    const struct kafka_settings *settings;
    const char *topic;
    struct kafka_producer *producer;
    struct loop_watch *watch;
};

static void delivered(void *owner, const struct kafka_delivery *delivery)
{
    struct kafka_dead *dead = owner;
    if (delivery->err != ERR_OK)
        log_once(LOG_WARNING, "kafka", "dead", "%s could not be told of refused input: %s; it stands in the store", dead->topic, delivery->why);
    else
        log_clear("kafka", "dead");
}

static void on_producer(void *owner)
{
    kafka_producer_poll(((struct kafka_dead *)owner)->producer, 0);
}

static enum err begin(struct kafka_dead *dead)
{
    enum err err = kafka_producer_create(&(struct kafka_producer_options){dead->settings, delivered, dead}, &dead->producer);
    if (err == ERR_OK)
        dead->watch = loop_watch_create(dead->loop, kafka_producer_fd(dead->producer), on_producer, dead);
    return err;
}

static void end(struct kafka_dead *dead)
{
    loop_watch_destroy(dead->watch);
    kafka_producer_destroy(dead->producer);
    dead->watch = NULL;
    dead->producer = NULL;
}

enum err kafka_dead_create(struct loop *loop, const struct kafka_settings *settings, const char *topic, struct kafka_dead **out)
{
    struct kafka_dead *dead = memory_alloc_zero(1, sizeof *dead);
    *dead = (struct kafka_dead){.loop = loop, .settings = settings, .topic = topic};
    enum err err = begin(dead);
    if (err != ERR_OK) {
        kafka_dead_destroy(dead);
        dead = NULL;
    }
    *out = dead;
    return err;
}

void kafka_dead_destroy(struct kafka_dead *dead)
{
    if (!dead)
        return;
    if (dead->producer && kafka_producer_flush(dead->producer, LAST_MS) != ERR_OK)
        log_warning("kafka", "%s was not told of all refused input; it stands in the store", dead->topic);
    end(dead);
    free(dead);
}

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

void kafka_dead_tell(struct kafka_dead *dead, const struct dead_letter *letter)
{
    struct buffer key = {0}, json = {0};
    struct json_writer writer = {.out = &json};
    const char *why;
    if (dead->producer && kafka_producer_lost(dead->producer, &why))
        end(dead);
    if (!dead->producer && begin(dead) != ERR_OK)
        return;
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
    enum err err = kafka_produce(dead->producer, dead->topic, 0, buffer_bytes(&key), buffer_bytes(&json), NULL);
    if (err != ERR_OK)
        log_once(LOG_WARNING, "kafka", "dead", "%s could not be told of refused input (%s); it stands in the store", dead->topic, err_text(err));
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
