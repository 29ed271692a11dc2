/* What must get out to topics: known by any of its digests, walked in order, gone when it is told. */
#include "store/outbox.h"

#include "base/crypto.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(outbox, offered_and_told)
{
    char dir[SCRATCH_PATH_SIZE], digests[20][SHA256_TEXT_SIZE];
    struct close_key whole = {.book = 0, .day = 20000}, tenant = {.book = 101, .day = 20000}, later = {.book = 0, .day = 20001}, key;
    struct db *db;
    struct db_txn *txn;
    cr_assert_eq(db_create(&(struct db_options){.dir = scratch_folder(NULL, dir), .map_bytes = 1 << 24}, &db), ERR_OK);
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    for (int i = 0; i < 20; i++) {
        sha256_text(bytes_of((const uint8_t *)&i, sizeof i), digests[i]);
        outbox_offered(txn, whole, digests[i]);
    }
    cr_assert(outbox_was_offered(txn, whole, digests[19]) && outbox_was_offered(txn, whole, digests[20 - OUTBOX_OFFERS_MAX]));
    cr_assert(!outbox_was_offered(txn, whole, digests[19 - OUTBOX_OFFERS_MAX]), "only the last are kept");
    cr_assert(!outbox_was_offered(txn, tenant, digests[19]));
    outbox_delete(txn, OUTBOX_OFFERED, whole);
    cr_assert(!outbox_was_offered(txn, whole, digests[19]));

    cr_assert(!outbox_next_usage(txn, NULL, &key), "nothing is to be told");
    outbox_usage(txn, tenant);
    outbox_usage(txn, later);
    outbox_usage(txn, whole);
    cr_assert(outbox_next_usage(txn, NULL, &key) && key.book == 0 && key.day == 20000);
    cr_assert(outbox_next_usage(txn, &whole, &key) && key.book == 0 && key.day == 20001);
    cr_assert(outbox_next_usage(txn, &later, &key) && key.book == 101);
    cr_assert(!outbox_next_usage(txn, &tenant, &key));
    outbox_delete(txn, OUTBOX_USAGE, whole);
    cr_assert(outbox_next_usage(txn, NULL, &key) && key.day == 20001);
    cr_assert_eq(db_commit(txn), ERR_OK);
    db_destroy(db);
    scratch_remove(dir);
    printf("16 of 20 digests known, three closes walked in order\n");
}
