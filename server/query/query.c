#include "server/query/snapshot.h"

#include "base/log.h"
#include "store/dictionary.h"

#include <pthread.h>
#include <stdlib.h>

/* Catalogs read so far, for ever: there are as many as rule sets that changed it, and reading the YAML
 * again for every answer would cost more than the answer. */
static pthread_mutex_t catalogs_lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_catalog {
    struct known_catalog *next;
    struct arena *arena;
    struct bytes text;
    struct catalog *catalog;
} *catalogs_first;

static const struct catalog *catalog_of(struct bytes text)
{
    const struct catalog *found = NULL;
    pthread_mutex_lock(&catalogs_lock);
    for (struct known_catalog *known = catalogs_first; known && !found; known = known->next)
        if (bytes_equal(known->text, text))
            found = known->catalog;
    if (!found) {
        struct arena *arena = arena_create();
        struct known_catalog *known = arena_alloc(arena, sizeof *known);
        const char *why = NULL;
        *known = (struct known_catalog){.next = catalogs_first, .arena = arena, .text = arena_copy(arena, text)};
        if (catalog_read(known->text, arena, &known->catalog, &why) == ERR_OK) {
            catalogs_first = known;
            found = known->catalog;
        } else {
            log_error("query", "the catalog in the store cannot be read: %s", why);
            arena_destroy(arena);
        }
    }
    pthread_mutex_unlock(&catalogs_lock);
    return found;
}

static void note_number(void *owner, uint32_t number, struct bytes text)
{
    struct query *query = owner;
    for (size_t i = 0; i < query->item_count; i++)
        if (bytes_equal(query->items[i].code, text))
            query->items[i].number = number;
}

static enum err load_items(struct query *query)
{
    struct bytes text;
    if (!meta_get(query->txn, "catalog", query->arena, &text))
        text = catalog_shipped();
    const struct catalog *catalog = catalog_of(text);
    if (!catalog)
        return ERR_DAMAGED;
    query->catalog = catalog;
    query->item_count = catalog->count;
    query->items = arena_alloc(query->arena, (catalog->count + 1) * sizeof *query->items);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_item *item = &catalog->items[i];
        query->items[i] = (struct query_item){.code = item->code,
                                              .name = item->name,
                                              .concurrent = item->measure_concurrent,
                                              .enabled = item->measure_enabled,
                                              .is_port = item->where.kind == SUBJECT_PORT};
    }
    dictionary_each(query->txn, DICTIONARY_ITEM, note_number, query);
    for (size_t i = 0; i < query->item_count; i++)
        if (query->items[i].number > query->number_max)
            query->number_max = query->items[i].number;
    query->item_of_number = arena_alloc(query->arena, (query->number_max + 1) * sizeof *query->item_of_number);
    for (size_t i = 0; i < query->item_count; i++)
        if (query->items[i].number)
            query->item_of_number[query->items[i].number] = (uint32_t)i + 1;
    return db_error(query->txn);
}

/* The first big-endian number of the first and of the last key of a table. */
static bool key_range(struct db_txn *txn, enum db_table table, uint32_t *first, uint32_t *last)
{
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, table, BYTES_NONE);
    bool found = db_cursor_next(cursor, &key, &value) && key_take_u32(&key, first);
    found = found && db_cursor_last(cursor, &key, &value) && key_take_u32(&key, last);
    db_cursor_close(cursor);
    return found;
}

static instant meta_instant(struct query *query, const char *name)
{
    struct bytes text;
    instant at;
    return meta_get(query->txn, name, query->arena, &text) && instant_parse(text, &at) ? at : INSTANT_NONE;
}

/* Seats that are still taken go on beyond what anybody has seen, so an integral ends at the clock of
 * the last flush.  Facts may reach further than that clock (a replay of days to come, a database whose
 * clock is ahead): then it ends with the largest watermark or with the last slot that has any, so that
 * a day once closed gives the same integral for ever. */
static enum err load_known_until(struct query *query)
{
    const struct query_source *sources;
    size_t count = query_sources(query, query->arena, &sources);
    instant last = query->slot_end > query->slot_first ? (instant)(query->slot_end - 1) * SLOT_MS : INSTANT_NONE;
    query->known_until = query->clock == INSTANT_NONE ? 0 : query->clock;
    if (last > query->known_until)
        query->known_until = last + SLOT_MS;
    for (size_t i = 0; i < count; i++)
        if (sources[i].watermark != INSTANT_NONE && sources[i].watermark > query->known_until)
            query->known_until = sources[i].watermark;
    return query->err;
}

enum err query_open(struct db *db, struct query **out)
{
    struct db_txn *txn;
    enum err err = db_begin_read(db, &txn);
    if (err)
        return err;
    struct arena *arena = arena_create();
    struct query *query = arena_alloc(arena, sizeof *query);
    *query = (struct query){.db = db, .txn = txn, .arena = arena};
    uint32_t first, last;
    if (key_range(txn, TABLE_SLOT, &first, &last)) {
        query->slot_first = first;
        query->slot_end = last + 1;
    }
    if (key_range(txn, TABLE_DAY_NET, &first, &last)) {
        query->day_first = (int32_t)first;
        query->day_end = (int32_t)last + 1;
    }
    query->clock = meta_instant(query, "clock");
    instant horizon = meta_instant(query, "horizon");
    query->horizon_day = horizon == INSTANT_NONE ? INT32_MIN : instant_day(horizon);
    err = load_items(query);
    if (err == ERR_OK)
        err = load_known_until(query);
    if (err == ERR_OK)
        err = db_error(txn);
    if (err) {
        query_close(query);
        return err;
    }
    *out = query;
    return ERR_OK;
}

void query_close(struct query *query)
{
    if (!query)
        return;
    rules_release(query->rules);
    db_abort(query->txn);
    arena_destroy(query->arena);
}

struct db_txn *query_txn(struct query *query)
{
    return query->txn;
}

enum err query_failure(const struct query *query)
{
    return query->err ? query->err : db_error(query->txn);
}

instant query_clock(const struct query *query)
{
    return query->clock;
}

instant query_since(const struct query *query)
{
    return query->slot_end > query->slot_first ? (instant)query->slot_first * SLOT_MS : INSTANT_NONE;
}

size_t query_items(struct query *query, struct arena *arena, const struct query_item **items)
{
    struct query_item *copy = arena_alloc(arena, (query->item_count + 1) * sizeof *copy);
    memcpy(copy, query->items, query->item_count * sizeof *copy); /* texts live as long as the catalog: for ever */
    *items = copy;
    return query->item_count;
}
