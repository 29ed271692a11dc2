#include "tests/support/ways.h"

#include "base/check.h"
#include "server/engine/engine.h"
#include "server/ingest/ingest.h"
#include "store/slots.h"

#include <stdlib.h>

const char *way_name(enum way way)
{
    static const char *const names[] = {
#define X(way, name) [WAY_##way] = name,
        WAY_MAP(X)
#undef X
    };
    return names[way];
}

static int compare_step(const void *left, const void *right)
{
    const struct way_step *a = left, *b = right;
    return (a->when > b->when) - (a->when < b->when);
}

struct way_step *way_plan(enum way way, uint64_t seed, const struct fact *const *facts, const size_t *places, size_t count,
                          size_t *step_count)
{
    struct way_step *steps = memory_alloc((2 * count + 1) * sizeof *steps);
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t luck = hash_mix(seed * 16 + way + hash_mix(places[i] + 1));
        if (way == WAY_IN_ORDER) {
            steps[made++] = (struct way_step){.fact = facts[i], .when = places[i]};
            continue;
        }
        uint64_t flush_every = way == WAY_DOUBLED ? 2 : 6, reopen_every = way == WAY_DOUBLED ? 12 : 24;
        steps[made++] = (struct way_step){.fact = facts[i], .when = luck, .flush = luck % flush_every == 0, .reopen = luck % reopen_every == 0};
        if (way == WAY_DOUBLED && luck / 64 % 3 == 0)
            steps[made++] = (struct way_step){.fact = facts[i], .when = hash_mix(luck)};
    }
    qsort(steps, made, sizeof *steps, compare_step);
    *step_count = made;
    return steps;
}

struct catalog *way_catalog(struct bytes text, struct arena *arena)
{
    struct catalog *catalog;
    const char *why = "";
    if (catalog_read(text, arena, &catalog, &why) != ERR_OK)
        check_failed(__FILE__, __LINE__, why);
    return catalog;
}

static void store_open(struct way_store *store)
{
    struct db_options options = {.dir = store->dir, .map_bytes = 4ull << 30};
    check(db_create(&options, &store->db) == ERR_OK);
    struct ingest_options ingest = {.db = store->db, .catalog = store->catalog, .cap_hours = store->cap_hours};
    check(ingest_create(&ingest, &store->ingest) == ERR_OK);
}

static void store_close(struct way_store *store)
{
    ingest_destroy(store->ingest);
    db_destroy(store->db);
}

void way_store_create(struct way_store *store, const char *parent, const struct catalog *catalog, int cap_hours)
{
    *store = (struct way_store){.catalog = catalog, .cap_hours = cap_hours};
    scratch_folder(parent, store->dir);
    store_open(store);
}

void way_store_take(struct way_store *store, const struct fact *const *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)ingest_fact(store->ingest, facts[i]);
}

/* Two flushes of three; all that is open, or some of it. */
static void seal_some(struct way_store *store)
{
    uint64_t luck = hash_mix(++store->sealing), sealed = 0;
    struct db_txn *txn;
    bool done = luck % 3 == 0;
    while (!done) {
        check(db_begin_write(store->db, &txn) == ERR_OK && slots_seal(txn, UINT32_MAX, luck / 8 % 100, &sealed, &done) == ERR_OK);
        check(db_commit(txn) == ERR_OK);
        done |= luck / 4 % 2;
    }
}

void way_store_flush_at(struct way_store *store, instant wall)
{
    check(ingest_flush(store->ingest, wall) == ERR_OK);
    if (store->sealing)
        seal_some(store);
}

void way_store_flush(struct way_store *store)
{
    /* Integrals are cut at the clock of the last flush, so it lies behind every fact. */
    way_store_flush_at(store, INSTANT_MAX - 1);
}

void way_store_reopen(struct way_store *store)
{
    store_close(store);
    store_open(store);
}

static void drop_row(void *owner, enum fact_kind kind, struct bytes source, struct bytes key)
{
    fact_row_delete(owner, kind, source, key);
}

void way_store_horizon(struct way_store *store, instant horizon)
{
    struct db_txn *txn;
    way_store_flush(store);
    check(db_begin_write(store->db, &txn) == ERR_OK);
    engine_set_horizon(ingest_engine(store->ingest), horizon, drop_row, txn);
    ingest_write_changes(store->ingest, txn);
    check(db_commit(txn) == ERR_OK);
    ingest_written(store->ingest);
    way_store_flush(store); /* what the move marked is counted anew: hours behind the horizon, as the pump does next */
}

void way_store_destroy(struct way_store *store)
{
    store_close(store);
    scratch_remove(store->dir);
}
