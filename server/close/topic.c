#include "server/close/topic.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "server/close/differ.h"
#include "server/close/topic_key.h"
#include "store/outbox.h"

#include <stdlib.h>

enum { OFFERED_MAX = 4096 };

/* Parts of one close's rows that wait for their document. */
struct pending {
    struct pending *next;
    struct close_topic_key key; /* sha256 is ours */
    int64_t first_offset;
    uint32_t count;
    struct buffer *parts; /* [key.parts] */
};

/* The end of a book's chain, with what is not in the store yet. */
struct chain {
    struct chain *next;
    struct close_key last;
    bool any;
    char sha256[SHA256_TEXT_SIZE]; /* of its last document; "": none */
};

/* What we made ourselves and have not read back yet. */
struct offered {
    struct offered *next;
    struct close_key key;
    char rows_sha256[SHA256_TEXT_SIZE];
};

struct close_topic {
    struct close_topic_options options;
    struct kafka_producer *producer;
    struct loop_watch *watch;
    struct pending *pending;
    struct chain *chains;
    struct offered *offered;
    size_t offered_count;
    uint64_t differing;
    struct close_usage *usage;
};

/* --- the chain ----------------------------------------------------------------------------------- */

static struct chain *chain_of(struct close_topic *topic, int64_t book)
{
    struct chain *chain = topic->chains;
    struct close_record record;
    struct db_txn *txn;
    while (chain && chain->last.book != book)
        chain = chain->next;
    if (chain)
        return chain;
    chain = memory_alloc_zero(1, sizeof *chain);
    chain->last.book = book;
    chain->next = topic->chains;
    topic->chains = chain;
    if (db_begin_read(topic->options.db, &txn) == ERR_OK) {
        struct arena *arena = arena_create();
        int32_t day;
        if (close_last_day(txn, book, &day) && close_get_newest(txn, book, day, arena, &record)) {
            chain->any = true;
            chain->last = record.key;
            sha256_text(record.document, chain->sha256);
        }
        arena_destroy(arena);
        db_abort(txn);
    }
    return chain;
}

static void differs(struct close_topic *topic, struct close_key key, const char *ours, struct bytes theirs)
{
    topic->differing++;
    close_differs(topic->options.ingest, key, ours, theirs);
}

static bool same_key(struct close_key a, struct close_key b)
{
    return a.book == b.book && a.day == b.day && a.revision == b.revision;
}

static void compare_with_ours(struct close_topic *topic, struct close_key key, struct bytes rows_sha256)
{
    for (struct offered **at = &topic->offered; *at; at = &(*at)->next) {
        struct offered *offered = *at;
        if (!same_key(offered->key, key))
            continue;
        if (!bytes_equal_text(rows_sha256, offered->rows_sha256))
            differs(topic, key, offered->rows_sha256, rows_sha256);
        *at = offered->next;
        free(offered);
        topic->offered_count--;
        return;
    }
}

/* --- reading ------------------------------------------------------------------------------------- */

static void pending_free(struct pending *pending)
{
    for (uint32_t i = 0; i < pending->key.parts; i++)
        buffer_free(&pending->parts[i]);
    free(pending->parts);
    free(pending);
}

/* Parts of a day that stands already, or of our own that lost, are of no use. */
static void forget_parts(struct close_topic *topic, struct close_key upto)
{
    for (struct pending **at = &topic->pending; *at;) {
        struct pending *pending = *at;
        if (pending->key.close.book == upto.book &&
            (pending->key.close.day < upto.day || (pending->key.close.day == upto.day && pending->key.close.revision <= upto.revision))) {
            *at = pending->next;
            pending_free(pending);
        } else {
            at = &pending->next;
        }
    }
}

static struct pending *pending_of(struct close_topic *topic, const struct close_topic_key *key)
{
    struct pending *pending = topic->pending;
    while (pending && !(same_key(pending->key.close, key->close) && strcmp(pending->key.sha256, key->sha256) == 0))
        pending = pending->next;
    return pending;
}

static const char *take_part(struct close_topic *topic, const struct close_topic_key *key, const struct kafka_record *record)
{
    struct chain *chain = chain_of(topic, key->close.book);
    if (chain->any && (key->close.day < chain->last.day || (key->close.day == chain->last.day && key->close.revision <= chain->last.revision)))
        return NULL; /* it stands already */
    if (!bytes_present(record->value) || record->value.len == 0)
        return "a part without rows";
    struct pending *pending = pending_of(topic, key);
    if (!pending) {
        pending = memory_alloc_zero(1, sizeof *pending);
        *pending = (struct pending){topic->pending, *key, record->offset, 0, memory_alloc_zero(key->parts, sizeof(struct buffer))};
        topic->pending = pending;
    }
    if (pending->key.parts != key->parts)
        return "it says another number of parts than the parts before it";
    if (pending->parts[key->part].len == 0) {
        buffer_append_bytes(&pending->parts[key->part], record->value);
        pending->count++;
    }
    return NULL;
}

static bool rows_of(const struct close_topic *topic, const struct close_topic_key *key, struct buffer *rows)
{
    struct pending *pending = pending_of((struct close_topic *)(uintptr_t)topic, key);
    char digest[SHA256_TEXT_SIZE];
    for (uint32_t i = 0; pending && pending->count == pending->key.parts && i < pending->key.parts; i++)
        buffer_append_bytes(rows, buffer_bytes(&pending->parts[i]));
    return strcmp(sha256_text(buffer_bytes(rows), digest), key->sha256) == 0;
}

static struct bytes text_member(const struct json *json, const char *name)
{
    const struct json *member = json_member(json, name);
    return member && member->kind == JSON_KIND_TEXT ? member->text : BYTES_NONE;
}

/* What is wrong with the document itself; NULL: nothing. */
static const char *read_document(const struct json *json, struct close_topic_key *key, struct bytes document, struct bytes *previous)
{
    struct close_head head;
    char date[DATE_TEXT_SIZE];
    struct bytes rows = text_member(json, "rows_sha256"), book = text_member(json, "book");
    const struct json *revision = json_member(json, "revision");
    int64_t number;
    *previous = text_member(json, "previous_sha256");
    if (!bytes_equal_text(text_member(json, "format"), "seatmeter close 1"))
        return "its format is not \"seatmeter close 1\"";
    if (!close_topic_book(book, &number) || number != key->close.book || !bytes_equal_text(text_member(json, "day"), date_format(key->close.day, date)) ||
        !revision || revision->kind != JSON_KIND_INTEGER || revision->integer != key->close.revision)
        return "its book, day or revision is not that of its key";
    if (!close_head_read(&(struct close_record){.key = key->close, .document = document}, &head))
        return "its status is neither closed nor provisional, or start and end are no span";
    if (rows.len != SHA256_TEXT_SIZE - 1 || !bytes_present(*previous))
        return "rows_sha256 or previous_sha256 is missing";
    memcpy(key->sha256, rows.data, rows.len);
    key->sha256[rows.len] = 0;
    return NULL;
}

/* Was the end of the chain appended here? */
static bool is_ours(const struct close_topic *topic, const struct chain *chain)
{
    struct db_txn *txn;
    if (db_begin_read(topic->options.db, &txn) != ERR_OK)
        return false;
    bool ours = outbox_was_offered(txn, chain->last, chain->sha256);
    db_abort(txn);
    return ours;
}

/* 1 no close at all: kept aside · 2 continues the chain with whole rows: it is the close · 3 anything else lost the race: dropped. */
static const char *take_document(struct close_topic *topic, struct close_topic_key *key, const struct kafka_record *record, struct arena *arena)
{
    const char *why;
    struct bytes previous;
    struct buffer rows = {0};
    char date[DATE_TEXT_SIZE];
    const struct json *json = json_read(record->value, arena, &why);
    if (!json || json->kind != JSON_KIND_OBJECT)
        return json ? "it is no JSON object" : why;
    if ((why = read_document(json, key, record->value, &previous)))
        return why;
    struct chain *chain = chain_of(topic, key->close.book);
    if (!bytes_equal_text(previous, chain->sha256)) {
        log_debug("close", "a document for book %lld, %s does not continue the chain: dropped", (long long)key->close.book, date_format(key->close.day, date));
    } else if (!rows_of(topic, key, &rows)) {
        log_warning("close", "offset %lld: a document for book %lld, %s without its rows: dropped", (long long)record->offset,
                    (long long)key->close.book, date_format(key->close.day, date));
    } else {
        chain->any = true;
        chain->last = key->close;
        sha256_text(record->value, chain->sha256);
        ingest_close(topic->options.ingest, &(struct close_record){key->close, record->value, buffer_bytes(&rows)}, is_ours(topic, chain));
        forget_parts(topic, key->close);
        compare_with_ours(topic, key->close, bytes_from_text(key->sha256));
        log_info("close", "book %lld, %s revision %u stands", (long long)key->close.book, date_format(key->close.day, date), key->close.revision);
        if (key->close.book == 0)
            topic->options.closed(topic->options.owner, key->close.day);
    }
    buffer_free(&rows);
    return NULL;
}

int64_t close_topic_take(void *owner, const struct kafka_record *record)
{
    struct close_topic *topic = owner;
    struct arena *arena = arena_create();
    struct close_topic_key key;
    bool mark = bytes_present(record->key) && record->key.len > 5 && memcmp(record->key.data, "mark/", 5) == 0; /* kafka_marks.h; no close */
    const char *why = mark ? NULL : close_topic_key_read(record->key, &key);
    if (!why && !mark)
        why = key.document ? take_document(topic, &key, record, arena) : take_part(topic, &key, record);
    if (why) {
        log_warning("close", "%s offset %lld: refused: %s", record->topic, (long long)record->offset, why);
        ingest_refused(topic->options.ingest, &(struct dead_letter){
                                                  .source = BYTES_LITERAL(""),
                                                  .topic = bytes_from_text(record->topic),
                                                  .partition = record->partition,
                                                  .offset = record->offset,
                                                  .place = bytes_from_text(arena_printf(arena, "%s partition %d offset %lld", record->topic,
                                                                                        record->partition, (long long)record->offset)),
                                                  .why = bytes_from_text(why),
                                                  .raw = bytes_present(record->value) ? record->value : BYTES_LITERAL(""),
                                              });
    }
    arena_destroy(arena);
    int64_t next = record->offset + 1;
    for (const struct pending *pending = topic->pending; pending; pending = pending->next)
        if (pending->first_offset < next)
            next = pending->first_offset;
    return next;
}

/* --- writing ------------------------------------------------------------------------------------- */

static void delivered(void *owner, const struct kafka_delivery *delivery)
{
    struct close_topic *topic = owner;
    if (delivery->err != ERR_OK) /* the closer makes the day again when it does not come back */
        log_once(LOG_ERROR, "close", "produce", "a close could not be appended to %s: %s", topic->options.topic, delivery->why);
    else
        log_clear("close", "produce");
}

static void on_producer(void *owner)
{
    kafka_producer_poll(((struct close_topic *)owner)->producer, 0);
}

static void producer_end(struct close_topic *topic)
{
    loop_watch_destroy(topic->watch);
    kafka_producer_destroy(topic->producer);
    topic->watch = NULL;
    topic->producer = NULL;
}

static enum err producer_begin(struct close_topic *topic)
{
    enum err err = kafka_producer_create(&(struct kafka_producer_options){topic->options.settings, delivered, topic}, &topic->producer);
    if (err == ERR_OK)
        topic->watch = loop_watch_create(topic->options.loop, kafka_producer_fd(topic->producer), on_producer, topic);
    return err;
}

/* Behind the last newline that fits. */
static size_t part_end(struct bytes rows, size_t from)
{
    size_t end = from + CLOSE_PART_BYTES_MAX;
    if (end >= rows.len)
        return rows.len;
    while (end > from && rows.data[end - 1] != '\n')
        end--;
    return end > from ? end : from + CLOSE_PART_BYTES_MAX;
}

static enum err append(struct close_topic *topic, const struct close_record *record, const char *sha256)
{
    struct close_topic_key key = {.close = record->key, .parts = 0};
    struct buffer text = {0};
    enum err err = ERR_OK;
    memcpy(key.sha256, sha256, SHA256_TEXT_SIZE);
    for (size_t from = 0; from < record->rows.len; from = part_end(record->rows, from))
        key.parts++;
    for (size_t from = 0; from < record->rows.len && err == ERR_OK; key.part++) {
        size_t end = part_end(record->rows, from);
        close_topic_key_write(&key, &text);
        err = kafka_produce(topic->producer, topic->options.topic, 0, buffer_bytes(&text), bytes_of(record->rows.data + from, end - from), NULL);
        from = end;
    }
    key.document = true;
    close_topic_key_write(&key, &text);
    if (err == ERR_OK)
        err = kafka_produce(topic->producer, topic->options.topic, 0, buffer_bytes(&text), record->document, NULL);
    buffer_free(&text);
    return err;
}

static void note_offered(struct close_topic *topic, struct close_key key, const char *sha256)
{
    struct offered *offered = topic->offered;
    while (offered && !same_key(offered->key, key))
        offered = offered->next;
    if (!offered) {
        if (topic->offered_count == OFFERED_MAX)
            return;
        offered = memory_alloc_zero(1, sizeof *offered);
        *offered = (struct offered){.next = topic->offered, .key = key};
        topic->offered = offered;
        topic->offered_count++;
    }
    memcpy(offered->rows_sha256, sha256, SHA256_TEXT_SIZE);
}

/* What stands is compared, unless it was closed without all of its sources; the rest is appended. */
static enum err offer_one(struct close_topic *topic, struct db_txn *txn, struct arena *arena, const struct close_record *record)
{
    struct close_record standing;
    const char *why;
    char sha256[SHA256_TEXT_SIZE];
    sha256_text(record->rows, sha256);
    if (close_get(txn, record->key, arena, &standing)) {
        const struct json *json = json_read(standing.document, arena, &why);
        struct bytes rows = json ? text_member(json, "rows_sha256") : BYTES_NONE;
        if (json && bytes_equal_text(text_member(json, "status"), "closed") && !bytes_equal_text(rows, sha256))
            differs(topic, record->key, sha256, rows);
        return ERR_OK;
    }
    note_offered(topic, record->key, sha256);
    return append(topic, record, sha256);
}

void close_topic_offer(struct close_topic *topic, const struct close_record *records, size_t count)
{
    struct db_txn *txn;
    const char *why;
    enum err err = ERR_OK;
    if (topic->producer && kafka_producer_lost(topic->producer, &why)) {
        log_warning("close", "the producer is lost (%s): another one is made", why);
        producer_end(topic);
    }
    if (!topic->producer && producer_begin(topic) != ERR_OK)
        return;
    if (db_begin_read(topic->options.db, &txn) != ERR_OK)
        return;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        err = offer_one(topic, txn, arena, &records[i]);
    if (err != ERR_OK)
        log_warning("close", "a close could not be appended to %s (%s); made again", topic->options.topic, err_text(err));
    arena_destroy(arena);
    db_abort(txn);
}

void close_topic_flushed(struct close_topic *topic)
{
    close_usage_flushed(topic->usage);
}

uint64_t close_topic_differing(const struct close_topic *topic)
{
    return topic->differing;
}

enum err close_topic_create(const struct close_topic_options *options, struct close_topic **out)
{
    struct close_topic *topic = memory_alloc_zero(1, sizeof *topic);
    topic->options = *options;
    topic->usage = close_usage_create(&(struct close_usage_options){options->loop, options->db, options->ingest, options->settings, options->usage});
    enum err err = producer_begin(topic);
    if (err != ERR_OK) {
        close_topic_destroy(topic);
        topic = NULL;
    }
    *out = topic;
    return err;
}

void close_topic_destroy(struct close_topic *topic)
{
    if (!topic)
        return;
    close_usage_destroy(topic->usage);
    producer_end(topic);
    for (struct pending *pending = topic->pending, *next; pending; pending = next) {
        next = pending->next;
        pending_free(pending);
    }
    for (struct chain *chain = topic->chains, *next; chain; chain = next) {
        next = chain->next;
        free(chain);
    }
    for (struct offered *offered = topic->offered, *next; offered; offered = next) {
        next = offered->next;
        free(offered);
    }
    free(topic);
}
