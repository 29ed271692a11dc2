/*
 * A store's digest follows from the facts alone: any order, any doubling, any cut into flushes and reopens; one fact more
 * or another shows in the tables that it touches.  And what two instances that stand at a mark make of it.
 */
#include "server/ingest/digest.h"
#include "server/ingest/replica.h"
#include "tests/support/load.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct digest digest_of(struct way_store *store)
{
    struct db_txn *txn;
    struct digest digest;
    way_store_flush(store);
    cr_assert_eq(db_begin_read(store->db, &txn), ERR_OK);
    cr_assert_eq(digest_make(txn, &digest), ERR_OK);
    db_abort(txn);
    return digest;
}

static unsigned differing(const struct digest *a, const struct digest *b)
{
    unsigned tables = 0;
    for (int i = 0; i < DIGEST_TABLES; i++)
        tables |= (unsigned)(a->tables[i].sum != b->tables[i].sum || a->tables[i].records != b->tables[i].records) << i;
    return tables;
}

static void fill(struct way_store *store, enum way way, uint64_t seed, const struct load *load)
{
    size_t count = load->configuration_count + load->fact_count, step_count;
    const struct fact **facts = malloc(count * sizeof *facts);
    size_t *places = malloc(count * sizeof *places);
    for (size_t i = 0; i < count; i++) {
        facts[i] = i < load->configuration_count ? &load->configuration[i] : &load->facts[i - load->configuration_count];
        places[i] = i;
    }
    struct way_step *steps = way_plan(way, seed, facts, places, count, &step_count);
    for (size_t i = 0; i < step_count; i++) {
        (void)ingest_fact(store->ingest, steps[i].fact);
        if (i % 997 == 0 && way != WAY_IN_ORDER) {
            way_store_flush(store);
            way_store_reopen(store);
        }
    }
    free(steps);
    free(places);
    free(facts);
}

Test(digest, the_facts_alone)
{
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 7;
    struct arena *arena = arena_create();
    struct load load;
    struct way_store stores[3];
    struct digest digests[3];
    load_make(&(struct load_options){.facts = 3000, .late_percent = 5}, arena, &load);
    for (int i = 0; i < 3; i++) {
        way_store_create(&stores[i], NULL, NULL, 24);
        fill(&stores[i], (enum way)i, seed, &load);
        digests[i] = digest_of(&stores[i]);
    }
    for (int i = 0; i <= DIGEST_SLOTS; i++) /* in whole days nothing is left over */
        cr_assert_gt(digests[0].tables[i].records, 0, "no %s at all", digest_table_name((enum digest_table)i));
    cr_assert_eq(differing(&digests[0], &digests[1]), 0, "SEED=%llu", (unsigned long long)seed);
    cr_assert_eq(differing(&digests[0], &digests[2]), 0, "SEED=%llu", (unsigned long long)seed);

    /* A session that ends a millisecond later; then an object. */
    struct fact fact = load.facts[0];
    for (size_t i = 0; fact.kind != FACT_LOGIN_SESSION || fact.login_session.end == INSTANT_NEVER; i++)
        fact = load.facts[i];
    fact.version += 100;
    fact.login_session.end += 1;
    cr_assert_eq(ingest_fact(stores[1].ingest, &fact), FACT_APPLIED);
    digests[1] = digest_of(&stores[1]);
    cr_assert_eq(differing(&digests[0], &digests[1]), 1u << DIGEST_SESSIONS | 1u << DIGEST_SLOTS);
    fact = load.configuration[0];
    fact.version += 100;
    cr_assert_eq(ingest_fact(stores[2].ingest, &fact), FACT_APPLIED);
    digests[2] = digest_of(&stores[2]);
    cr_assert(differing(&digests[0], &digests[2]) & 1u << DIGEST_STATEMENTS);
    printf("SEED=%llu: %zu facts in three ways, equal digests of %llu sessions' rows, %llu slots; a millisecond shows\n", (unsigned long long)seed,
           load.fact_count, (unsigned long long)digests[0].tables[DIGEST_SESSIONS].records, (unsigned long long)digests[0].tables[DIGEST_SLOTS].records);
    for (int i = 0; i < 3; i++)
        way_store_destroy(&stores[i]);
    arena_destroy(arena);
}

Test(digest, instances_at_a_mark)
{
    struct way_store store;
    struct buffer key = {0}, value = {0};
    struct arena *arena = arena_create();
    struct bytes alert;
    struct db_txn *txn;
    struct digest digest = {.horizon = INSTANT_EVER};
    struct fact_mark first = {.id = BYTES_LITERAL("m1"), .at = 1000}, second = {.id = BYTES_LITERAL("m2"), .at = 2000}, third = {.id = BYTES_LITERAL("m3"), .at = 3000};
    way_store_create(&store, NULL, NULL, 24);
    struct replica *a = replica_create(store.ingest, "a"), *b = replica_create(store.ingest, "b");
    digest.tables[DIGEST_SLOTS].sum = 5;

    /* b stands there first, then a: equal.  What is told twice counts twice. */
    replica_stands(b, &first, &digest, &key, &value);
    replica_take(a, buffer_bytes(&key), buffer_bytes(&value));
    replica_take(b, buffer_bytes(&key), buffer_bytes(&value)); /* its own */
    cr_assert_eq(replica_counts(a).equal, 0, "a does not stand there yet");
    buffer_clear(&key), buffer_clear(&value);
    replica_stands(a, &first, &digest, &key, &value);
    cr_assert_eq(replica_counts(a).equal, 1);
    replica_take(b, buffer_bytes(&key), buffer_bytes(&value));
    cr_assert(replica_counts(b).equal == 1 && replica_counts(b).marks == 1);

    /* Another sum: loud, until they are equal again; another horizon: nothing is said. */
    digest.tables[DIGEST_SLOTS].sum = 6;
    buffer_clear(&key), buffer_clear(&value);
    replica_stands(b, &second, &digest, &key, &value);
    digest.tables[DIGEST_SLOTS].sum = 5;
    struct buffer own_key = {0}, own_value = {0};
    replica_stands(a, &second, &digest, &own_key, &own_value);
    replica_take(a, buffer_bytes(&key), buffer_bytes(&value));
    cr_assert_eq(replica_counts(a).differ, 1);
    way_store_flush(&store);
    cr_assert_eq(db_begin_read(store.db, &txn), ERR_OK);
    cr_assert(alert_get(txn, BYTES_LITERAL(ALERT_REPLICA_DIFFERS), BYTES_LITERAL("b"), arena, &alert));
    db_abort(txn);
    cr_assert(memmem(alert.data, alert.len, "slots (0 records here, 0 there)", 31) && memmem(alert.data, alert.len, "\"ended\":null", 12), "%.*s",
              (int)alert.len, (const char *)alert.data);
    digest.horizon = 86400000;
    buffer_clear(&key), buffer_clear(&value);
    replica_stands(b, &third, &digest, &key, &value);
    digest.horizon = INSTANT_EVER;
    replica_stands(a, &third, &digest, &own_key, &own_value);
    replica_take(a, buffer_bytes(&key), buffer_bytes(&value));
    cr_assert(replica_counts(a).uncompared == 1 && replica_counts(a).differ == 1);
    replica_take(a, BYTES_LITERAL("icon-a"), BYTES_LITERAL("a cursor"));
    replica_take(a, BYTES_LITERAL("instance/x"), BYTES_LITERAL("{\"mark\":7}"));
    printf("equal once, differing once with an alert, another horizon left alone\n");
    buffer_free(&key), buffer_free(&value), buffer_free(&own_key), buffer_free(&own_value);
    replica_destroy(a);
    replica_destroy(b);
    way_store_destroy(&store);
    arena_destroy(arena);
}
