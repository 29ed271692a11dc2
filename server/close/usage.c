#include "server/close/usage.h"

#include "base/json.h"
#include "base/log.h"
#include "store/outbox.h"

#include <stdlib.h>

/* One row of a close: its key, and the line that it came from. */
struct row {
    struct bytes key, line;
    bool gone; /* only the revision before had it */
};

struct close_usage {
    struct close_usage_options options;
    struct kafka_producer *producer; /* only while there is something to tell */
    struct loop_watch *watch;
    struct arena *arena; /* of the close under way */
    struct close_key key;
    bool busy, failed, told; /* told: key's rows are all out, its entry goes with the next flush */
    const char *head; /* what stands before each row */
    struct row *rows;
    size_t count, next, acknowledged;
};

/* --- rows ---------------------------------------------------------------------------------------- */

static struct bytes text_of(const struct json *json, const char *name)
{
    const struct json *member = json_member(json, name);
    return member && member->kind == JSON_KIND_TEXT ? member->text : BYTES_LITERAL("");
}

static const char *book_text(int64_t book, struct arena *arena)
{
    return book ? arena_printf(arena, "%lld", (long long)book) : "system";
}

static struct bytes key_of(struct close_usage *usage, struct bytes line, struct arena *scratch)
{
    char date[DATE_TEXT_SIZE];
    const char *why;
    const struct json *json = json_read(line, scratch, &why);
    if (!json || json->kind != JSON_KIND_OBJECT)
        return BYTES_NONE;
    const struct json *id = json_member(json, "id");
    struct bytes scope = text_of(json, "scope"), item = text_of(json, "item"), profile = text_of(json, "profile");
    return bytes_from_text(arena_printf(usage->arena, "%s/%s/%.*s/%lld/%.*s/%.*s", book_text(usage->key.book, scratch), date_format(usage->key.day, date),
                                        (int)scope.len, (const char *)scope.data, id && id->kind == JSON_KIND_INTEGER ? (long long)id->integer : 0,
                                        (int)item.len, (const char *)item.data, (int)profile.len, (const char *)profile.data));
}

static void read_rows(struct close_usage *usage, struct bytes rows, bool gone)
{
    struct arena *scratch = arena_create();
    size_t lines = 0, begin = usage->count;
    for (size_t i = 0; i < rows.len; i++)
        lines += rows.data[i] == '\n';
    usage->rows = memory_resize(usage->rows, (usage->count + lines + 1) * sizeof *usage->rows);
    while (rows.len) {
        const uint8_t *newline = memchr(rows.data, '\n', rows.len);
        size_t len = newline ? (size_t)(newline - rows.data) : rows.len;
        struct bytes line = bytes_of(rows.data, len), key = newline ? key_of(usage, line, scratch) : BYTES_NONE;
        rows = bytes_of(rows.data + len + (newline != NULL), rows.len - len - (newline != NULL));
        bool known = !bytes_present(key);
        for (size_t i = 0; gone && !known && i < begin; i++)
            known = bytes_equal(usage->rows[i].key, key);
        if (!known)
            usage->rows[usage->count++] = (struct row){key, line, gone};
        arena_reset(scratch);
    }
    arena_destroy(scratch);
}

/* book, day, revision, status and zone, up to the comma before the row's own members. */
static const char *head_of(struct close_usage *usage, const struct close_record *record)
{
    char date[DATE_TEXT_SIZE];
    const char *why;
    const struct json *document = json_read(record->document, usage->arena, &why);
    struct bytes status = document ? text_of(document, "status") : BYTES_NONE, zone = document ? text_of(document, "zone") : BYTES_NONE;
    return arena_printf(usage->arena, "{\"book\":\"%s\",\"day\":\"%s\",\"revision\":%u,\"status\":\"%.*s\",\"zone\":\"%.*s\",", book_text(usage->key.book, usage->arena),
                        date_format(usage->key.day, date), usage->key.revision, (int)status.len, (const char *)status.data, (int)zone.len, (const char *)zone.data);
}

static void begin_close(struct close_usage *usage)
{
    struct close_record record, before;
    struct close_key after = usage->key;
    struct db_txn *txn;
    if (db_begin_read(usage->options.db, &txn) != ERR_OK)
        return;
    arena_reset(usage->arena);
    usage->count = usage->next = usage->acknowledged = 0;
    usage->busy = outbox_next_usage(txn, usage->told ? &after : NULL, &usage->key) && close_get(txn, usage->key, usage->arena, &record);
    if (usage->busy) {
        usage->head = head_of(usage, &record);
        read_rows(usage, record.rows, false);
        struct close_key old = usage->key;
        if (old.revision && (old.revision--, close_get(txn, old, usage->arena, &before)))
            read_rows(usage, before.rows, true);
    }
    usage->told = usage->told && !usage->busy; /* nothing behind it: not looked at again before it is gone */
    if (!usage->busy)
        usage->key = after;
    db_abort(txn);
}

/* --- telling ------------------------------------------------------------------------------------- */

static void delivered(void *owner, const struct kafka_delivery *delivery)
{
    struct close_usage *usage = owner;
    usage->acknowledged += delivery->err == ERR_OK;
    if (delivery->err != ERR_OK) {
        usage->failed = true;
        log_once(LOG_ERROR, "close", "usage", "%s takes no rows: %s; tried again", usage->options.topic, delivery->why);
    }
}

static void on_producer(void *owner);

static void end_producer(struct close_usage *usage)
{
    loop_watch_destroy(usage->watch);
    kafka_producer_destroy(usage->producer);
    usage->watch = NULL;
    usage->producer = NULL;
}

static bool begin_producer(struct close_usage *usage)
{
    if (kafka_producer_create(&(struct kafka_producer_options){usage->options.settings, delivered, usage}, &usage->producer) != ERR_OK)
        return false;
    usage->watch = loop_watch_create(usage->options.loop, kafka_producer_fd(usage->producer), on_producer, usage);
    return true;
}

static void send(struct close_usage *usage)
{
    struct buffer value = {0};
    for (; usage->next < usage->count; usage->next++) {
        const struct row *row = &usage->rows[usage->next];
        buffer_clear(&value);
        buffer_append_text(&value, usage->head);
        buffer_append_bytes(&value, bytes_of(row->line.data + 1, row->line.len - 1));
        enum err err = kafka_produce(usage->producer, usage->options.topic, KAFKA_PARTITION_BY_KEY, row->key, row->gone ? BYTES_NONE : buffer_bytes(&value), NULL);
        if (err != ERR_OK) {
            if (err != ERR_FULL) {
                usage->failed = true;
                log_once(LOG_ERROR, "close", "usage", "%s takes no rows (%s); tried again", usage->options.topic, err_text(err));
            }
            break;
        }
    }
    buffer_free(&value);
}

/* 1 one failed: the close is told anew, since rows may be told twice · 2 go on · 3 all acknowledged: the entry goes, the next one. */
static void turn(struct close_usage *usage)
{
    const char *why;
    if (usage->producer)
        kafka_producer_poll(usage->producer, 0);
    if (usage->failed || (usage->producer && kafka_producer_lost(usage->producer, &why))) {
        usage->busy = usage->failed = false;
        end_producer(usage);
        return; /* the next flush begins again, with another producer */
    }
    while (usage->busy || (begin_close(usage), usage->busy)) {
        if (!usage->producer && !begin_producer(usage))
            return;
        send(usage);
        if (usage->acknowledged < usage->count)
            return;
        log_clear("close", "usage");
        ingest_told_usage(usage->options.ingest, usage->key);
        usage->told = true;
        usage->busy = false;
    }
    end_producer(usage);
}

static void on_producer(void *owner)
{
    turn(owner);
}

void close_usage_flushed(struct close_usage *usage)
{
    usage->told = false; /* its entry is gone */
    turn(usage);
}

struct close_usage *close_usage_create(const struct close_usage_options *options)
{
    struct close_usage *usage = memory_alloc_zero(1, sizeof *usage);
    usage->options = *options;
    usage->arena = arena_create();
    return usage;
}

void close_usage_destroy(struct close_usage *usage)
{
    if (!usage)
        return;
    end_producer(usage);
    arena_destroy(usage->arena);
    free(usage->rows);
    free(usage);
}
