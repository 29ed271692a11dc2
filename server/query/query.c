#include "server/query/snapshot.h"

#include "store/retention.h"
#include "store/slots.h"

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

/* By jumps from day to day: one stray fact of 1970 must not make every question look at fifty years of days. */
static void load_days(struct query *query)
{
    size_t capacity = 64;
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(query->txn, TABLE_DAY_NET, BYTES_NONE);
    query->days = arena_alloc(query->arena, capacity * sizeof *query->days);
    uint32_t day;
    while (db_cursor_next(cursor, &key, &value) && key_take_u32(&key, &day)) {
        struct key next = {.len = 0};
        if (query->day_count == capacity) {
            int32_t *more = arena_alloc(query->arena, 2 * capacity * sizeof *more);
            memcpy(more, query->days, capacity * sizeof *more);
            query->days = more;
            capacity *= 2;
        }
        query->days[query->day_count++] = (int32_t)day;
        key_add_u32(&next, day + 1);
        db_cursor_seek(cursor, key_bytes(&next));
    }
    db_cursor_close(cursor);
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
    if (!slots_range(txn, &query->slot_first, &query->slot_end))
        query->slot_first = query->slot_end = 0;
    load_days(query);
    query->kept_from[0] = retention_from(txn, RETENTION_SLOTS);
    query->kept_from[1] = retention_from(txn, RETENTION_GROUP_SLOTS);
    query->clock = meta_instant(query, "clock");
    query->horizon = meta_instant(query, "horizon"); /* INSTANT_EVER has the bits of INSTANT_NONE */
    err = query_load_items(query);
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

instant query_kept_from(const struct query *query, enum scope_kind scope)
{
    return query->kept_from[retention_of_scope(scope) == RETENTION_GROUP_SLOTS];
}

instant query_horizon(const struct query *query)
{
    return query->horizon;
}
