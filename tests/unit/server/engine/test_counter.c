/* A horizon that moved in memory while its transaction failed: what is flushed later keeps the slots behind it, and says where it is. */
#include "server/engine/engine.h"
#include "store/slots.h"
#include "tests/support/told_store.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct told_store told;

static void login(const char *key, int place, const char *begin, const char *end)
{
    const char *body = arena_printf(told.arena, "{\"session\":\"%s\",\"place\":%d,\"begin\":\"2026-11-%s:00.000Z\",\"end\":\"2026-11-%s:00.000Z\"}", key, place,
                                    begin, end);
    cr_assert_eq(told_fact(&told, "icon-a", "login_session", key, body), FACT_APPLIED);
}

/* What begins in a slot of the system, most of all items; 0: nothing stands there. */
static int32_t most_begun(const char *at)
{
    struct db_txn *txn;
    struct slot_list list = {0};
    bool damaged = false;
    int32_t most = 0;
    cr_assert_eq(db_begin_read(told.store.db, &txn), ERR_OK);
    struct slot_reader *reader = slot_reader_create(txn, (struct scope){SCOPE_SYSTEM, 0});
    (void)slot_reader_get(reader, slot_of(told_at(at)), &list, &damaged);
    for (size_t i = 0; i < list.count; i++)
        most = list.records[i].summary.net > most ? list.records[i].summary.net : most;
    slot_reader_destroy(reader);
    db_abort(txn);
    cr_assert(!damaged);
    return most;
}

static void nothing_goes(void *owner, enum fact_kind kind, struct bytes source, struct bytes key)
{
    (void)owner;
    (void)kind;
    (void)source;
    (void)key;
}

static void open_store(void)
{
    told_store_open(&told);
}

static void close_store(void)
{
    told_store_close(&told);
}

Test(counter, slots_behind_a_horizon_stay_as_they_were_derived, .init = open_store, .fini = close_store)
{
    instant horizon = told_at("2026-11-04T00:00:00.000Z");
    login("1", 1, "02T08:00", "02T09:00");
    login("2", 1, "05T08:00", "05T09:00");
    way_store_flush_at(&told.store, told_at("2026-11-05T12:00:00.000Z"));
    login("3", 2, "02T08:10", "02T08:40"); /* late, and not flushed when the horizon passes it */
    login("4", 3, "02T08:10", "02T08:40");
    engine_set_horizon(ingest_engine(told.store.ingest), horizon, nothing_goes, NULL);
    login("5", 2, "05T01:00", "05T02:00"); /* late, too, but behind the horizon */
    way_store_flush_at(&told.store, told_at("2026-11-05T13:00:00.000Z"));
    cr_expect_eq(most_begun("2026-11-02T08:10:00.000Z"), 2);
    cr_expect_eq(most_begun("2026-11-05T01:00:00.000Z"), 1);
    way_store_reopen(&told.store);
    cr_expect_eq(engine_horizon(ingest_engine(told.store.ingest)), horizon);
    printf("counter: two late sessions before a horizon that was not written, one behind it\n");
}
