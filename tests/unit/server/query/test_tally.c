/* Counters that add up pass; a lost slot, a level below zero and a damaged record are told. */
#include "server/query/tally.h"

#include "store/slot.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { DAY = 20000, FIRST_SLOT = DAY * 288 };

static struct db *db;
static char folder[SCRATCH_PATH_SIZE];
static struct buffer faults;

static void open_store(void)
{
    cr_assert_eq(db_create(&(struct db_options){.dir = scratch_folder(NULL, folder), .map_bytes = 16 << 20}, &db), ERR_OK);
}

static void close_store(void)
{
    db_destroy(db);
    buffer_free(&faults);
    scratch_remove(folder);
}

TestSuite(tally, .init = open_store, .fini = close_store);

static const struct scope tenant = {SCOPE_TENANT, 101};

static void put(enum db_table table, const struct key *key, struct buffer *value)
{
    struct db_txn *txn;
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    db_put(txn, table, key_bytes(key), buffer_bytes(value));
    cr_assert_eq(db_commit(txn), ERR_OK);
    buffer_free(value);
}

static void put_slot(uint32_t slot, int32_t net, int32_t high)
{
    struct buffer value = {0};
    struct key key;
    slot_key(&key, slot, tenant);
    slot_pack(&value, &(struct slot_record){7, PROFILE_EXACT, {.net = net, .high = high, .rise_at = SLOT_RISE_NONE}});
    put(TABLE_SLOT, &key, &value);
}

static void put_net(int32_t day, int32_t net)
{
    struct buffer value = {0};
    struct key key;
    day_net_key(&key, day, tenant);
    net_pack(&value, &(struct net_record){7, PROFILE_EXACT, net});
    put(TABLE_DAY_NET, &key, &value);
}

static void keep(void *owner, const char *what)
{
    (void)owner;
    buffer_printf(&faults, "%s\n", what);
}

static struct tally_result checked(void)
{
    struct tally_result result;
    struct db_txn *txn;
    buffer_clear(&faults);
    cr_assert_eq(db_begin_read(db, &txn), ERR_OK);
    tally_check(txn, keep, NULL, &result);
    db_abort(txn);
    return result;
}

Test(tally, slots_and_nets_add_up)
{
    put_net(DAY - 1, 2);
    put_slot(FIRST_SLOT, 3, 4);
    put_slot(FIRST_SLOT + 287, -5, 0);
    put_net(DAY, -2);
    put_slot(FIRST_SLOT + 288, 1, 1);
    put_net(DAY + 1, 1);
    struct tally_result result = checked();
    cr_expect(result.slots == 3 && result.days == 3 && result.counters == 1 && result.faults == 0 && !result.damaged, "%s", buffer_text(&faults));
}

Test(tally, a_slot_is_lost)
{
    put_slot(FIRST_SLOT, 3, 4);
    put_net(DAY, 2);
    cr_expect_eq(checked().faults, 1);
    cr_expect(strstr(buffer_text(&faults), "tenant 101, item number 7, exact: the slots of 2024-10-04 and the day's net differ by 1"), "%s", buffer_text(&faults));
}

Test(tally, a_level_falls_below_zero)
{
    put_slot(FIRST_SLOT, 1, 1);
    put_slot(FIRST_SLOT + 1, -2, 0);
    put_net(DAY, -1);
    cr_expect_eq(checked().faults, 1);
    cr_expect(strstr(buffer_text(&faults), "below zero in the slot of 2024-10-04T00:05:00.000Z (-1 after it)"), "%s", buffer_text(&faults));
}

Test(tally, a_record_is_damaged)
{
    struct buffer value = {0};
    struct key key;
    buffer_append_text(&value, "\xff\xff");
    slot_key(&key, FIRST_SLOT, tenant);
    put(TABLE_SLOT, &key, &value);
    struct tally_result result = checked();
    cr_expect(result.damaged && result.faults == 1 && strstr(buffer_text(&faults), "table slot: record 5760000 of tenant 101 cannot be read"), "%s", buffer_text(&faults));
}
