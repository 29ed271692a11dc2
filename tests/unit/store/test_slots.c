/* Slots read the same however they are kept: open, sealed, or changed after they were sealed. */
#include "store/slots.h"

#include "base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 60, FIRST = 288 * 20000 + 5, SCOPES = 7 };

static struct db *db;
static char folder[64];

static void open_store(void)
{
    snprintf(folder, sizeof folder, "/tmp/seatmeter-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    cr_assert_eq(db_create(&(struct db_options){.dir = folder, .map_bytes = 64 << 20}, &db), ERR_OK);
}

static void close_store(void)
{
    char command[128];
    db_destroy(db);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(slots, .init = open_store, .fini = close_store);

static const struct scope scopes[SCOPES] = {{SCOPE_SYSTEM, 0}, {SCOPE_TENANT, 1}, {SCOPE_TENANT, 2}, {SCOPE_TENANT, 70000},
                                            {SCOPE_AGENT_GROUP, 2}, {SCOPE_AGENT_GROUP, 3}, {SCOPE_PLACE_GROUP, INT64_MAX}};
/* What each slot should hold: the net of its only item; 0 nothing. */
static int32_t expected[SLOTS][SCOPES];

static void put(struct db_txn *txn, uint32_t slot, int scope, int32_t net)
{
    struct buffer value = {0};
    expected[slot][scope] = net;
    for (uint32_t item = 1; item < 40 && net; item++) /* so many that some hours need chunks */
        slot_pack(&value, &(struct slot_record){item, PROFILE_EXACT, {.net = net * (int32_t)item, .rise_at = (uint32_t)net, .seat_ms = net * 1000000ll * item}});
    slots_put(txn, FIRST + slot, scopes[scope], buffer_bytes(&value));
    buffer_free(&value);
}

static bool holds(const struct slot_list *list, int32_t net)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct slot_record *record = &list->records[i];
        if (record->profile != PROFILE_EXACT || record->summary.net != net * (int32_t)record->item || record->summary.rise_at != (uint32_t)net)
            return false;
    }
    return list->count == (net ? 39 : 0);
}

static void check_readers(struct db_txn *txn, const char *when)
{
    bool damaged = false;
    for (int scope = 0; scope < SCOPES; scope++) {
        struct slot_reader *reader = slot_reader_create(txn, scopes[scope]);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            struct slot_list list = {0};
            cr_assert_eq(slot_reader_get(reader, FIRST + slot, &list, &damaged), expected[slot][scope] != 0, "%s, slot %u of scope %d", when, slot, scope);
            cr_assert(holds(&list, expected[slot][scope]), "%s, slot %u of scope %d", when, slot, scope);
        }
        slot_reader_destroy(reader);
    }
    cr_assert(!damaged);
}

static void check_cursor(struct db_txn *txn, uint32_t from, const char *when)
{
    struct slots_cursor *cursor = slots_cursor_open(txn, FIRST + from);
    struct slots_entry entry;
    size_t found = 0, wanted = 0;
    uint32_t hour = 0;
    for (uint32_t slot = from; slot < SLOTS; slot++)
        for (int scope = 0; scope < SCOPES; scope++)
            wanted += expected[slot][scope] != 0;
    for (; slots_cursor_next(cursor, &entry); found++) {
        int scope = 0;
        cr_assert(!entry.damaged && entry.slot >= FIRST + from && entry.slot < FIRST + SLOTS && entry.slot / HOUR_SLOTS >= hour);
        hour = entry.slot / HOUR_SLOTS;
        while (scope < SCOPES && (scopes[scope].kind != entry.scope.kind || scopes[scope].id != entry.scope.id))
            scope++;
        cr_assert(scope < SCOPES && expected[entry.slot - FIRST][scope] && holds(&entry.list, expected[entry.slot - FIRST][scope]), "%s, slot %u", when,
                  entry.slot - FIRST);
    }
    slots_cursor_close(cursor);
    cr_assert_eq(found, wanted, "%s, from slot %u: %zu, expected %zu", when, from, found, wanted);
}

static void check_range(struct db_txn *txn, const char *when)
{
    uint32_t first = SLOTS, end = 0, found_first = 0, found_end = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        for (int scope = 0; scope < SCOPES; scope++)
            if (expected[slot][scope]) {
                first = slot < first ? slot : first;
                end = slot + 1;
            }
    cr_assert_eq(slots_range(txn, &found_first, &found_end), end > 0, "%s", when);
    if (end)
        cr_assert(found_first == FIRST + first && found_end == FIRST + end, "%s: %u to %u, expected %u to %u", when, found_first - FIRST, found_end - FIRST, first, end);
}

/* Puts, seals and looks in any order. */
Test(slots, however_they_are_kept)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261124, state = seed, sealed = 0;
    size_t puts = 0, seals = 0;
    for (int round = 0; round < 150; round++) {
        struct db_txn *txn;
        char when[64];
        state = hash_mix(state + 1);
        snprintf(when, sizeof when, "seed %llu, round %d", (unsigned long long)seed, round);
        cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
        uint64_t many = state % 40, widest = round % 30 == 29 ? 1 : 4; /* now and then all is emptied */
        for (uint64_t i = 0; i < (widest == 1 ? SLOTS * SCOPES : many); i++, puts++) {
            uint64_t luck = hash_mix(state + i);
            if (widest == 1)
                put(txn, (uint32_t)(i / SCOPES), (int)(i % SCOPES), 0);
            else
                put(txn, (uint32_t)(luck % SLOTS), (int)(luck / SLOTS % SCOPES), (int32_t)(luck / 4096 % widest));
        }
        bool done = state / 64 % 3 == 0;
        while (!done) {
            cr_assert_eq(slots_seal(txn, FIRST + (uint32_t)(state / 256 % (SLOTS + 12)), state / 65536 % 60, &sealed, &done), ERR_OK);
            done |= state / 4096 % 2;
            seals++;
        }
        check_readers(txn, when);
        check_cursor(txn, (uint32_t)(state % SLOTS), when);
        check_cursor(txn, 0, when);
        check_range(txn, when);
        cr_assert_eq(db_commit(txn), ERR_OK);
    }
    printf("slots: seed %llu: %zu puts, %zu seals of %llu slots\n", (unsigned long long)seed, puts, seals, (unsigned long long)sealed);
}

Test(slots, sealing_stops_at_its_end_and_at_damage)
{
    struct db_txn *txn;
    struct key key;
    uint64_t sealed = 0;
    uint32_t first;
    bool done;
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    put(txn, 0, 1, 1);
    put(txn, 40, 1, 1);
    cr_assert(slots_seal(txn, FIRST + 6, 100, &sealed, &done) == ERR_OK && done && sealed == 0); /* the first hour ends later */
    cr_assert(slots_seal(txn, FIRST + 7, 100, &sealed, &done) == ERR_OK && !done && sealed == 1);
    cr_assert(slots_seal(txn, FIRST + 7, 100, &sealed, &done) == ERR_OK && done && slots_first_open(txn, &first) && first == FIRST + 40);
    slot_key(&key, FIRST + 41, scopes[1]);
    db_put(txn, TABLE_SLOT, key_bytes(&key), BYTES_LITERAL("\xff\xff"));
    cr_assert(slots_seal(txn, UINT32_MAX, 100, &sealed, &done) == ERR_DAMAGED && !done && sealed == 1);
    db_abort(txn);
}
