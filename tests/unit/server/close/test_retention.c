/* Retention by kind: where the cuts lie, that dead letters go by their age alone, and that a poll does it bit by bit. */
#include "server/close/retention.h"

#include "store/records.h"
#include "store/slot.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>

static instant at(const char *text)
{
    instant value;
    cr_assert(instant_parse(bytes_from_text(text), &value), "%s", text);
    return value;
}

Test(retention, cuts_follow_the_horizon)
{
    static const struct {
        int months;
        const char *horizon, *cut;
    } cases[] = {
        {1, "2026-11-20T00:00:00.000Z", "2026-10-19T00:00:00.000Z"},
        {13, "2026-11-20T23:00:00.000Z", "2025-10-19T00:00:00.000Z"},
        {1, "2026-03-31T00:00:00.000Z", "2026-02-27T00:00:00.000Z"}, /* February has no 31st: its last, and a day */
        {1, "2028-03-30T00:00:00.000Z", "2028-02-28T00:00:00.000Z"},
        {12, "2026-01-01T00:00:00.000Z", "2024-12-31T00:00:00.000Z"},
        {120, "2026-11-20T00:00:00.000Z", "2016-11-19T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct retention_settings settings = {.slots_months = cases[i].months};
        char text[INSTANT_TEXT_SIZE];
        instant cut = retention_cut(&settings, RETENTION_SLOTS, at(cases[i].horizon));
        cr_expect_str_eq(instant_format(cut, text), cases[i].cut, "%d months before %s: %s", cases[i].months, cases[i].horizon, text);
    }
    cr_expect(retention_cut(&(struct retention_settings){.slots_months = 120}, RETENTION_SLOTS, at("1975-01-01T00:00:00.000Z")) == INSTANT_EVER);
    printf("%zu cuts\n", sizeof cases / sizeof *cases);
}

static struct way_store store;

static void open_store(void)
{
    way_store_create(&store, NULL, NULL, 24);
}

static void close_store(void)
{
    way_store_destroy(&store);
}

TestSuite(kept, .init = open_store, .fini = close_store);

enum { DAYS = 40, SCOPES = 30 };

/* A slot an hour in every scope, of which each second is a group's. */
static void put_slots(instant from)
{
    struct db_txn *txn;
    cr_assert_eq(db_begin_write(store.db, &txn), ERR_OK);
    for (int hour = 0; hour < DAYS * 24; hour++)
        for (int64_t id = 0; id < SCOPES; id++) {
            struct key key;
            slot_key(&key, slot_of(from + hour * (instant)HOUR_MS), (struct scope){id % 2 ? SCOPE_AGENT_GROUP : SCOPE_TENANT, id + 1});
            db_put(txn, TABLE_SLOT, key_bytes(&key), BYTES_LITERAL("\1"));
        }
    cr_assert_eq(db_commit(txn), ERR_OK);
}

static size_t slots_left(enum scope_kind scope, instant before)
{
    struct db_txn *txn;
    struct bytes key, value;
    size_t left = 0;
    cr_assert_eq(db_begin_read(store.db, &txn), ERR_OK);
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_SLOT, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        uint32_t slot;
        uint8_t kind;
        cr_assert(key_take_u32(&key, &slot) && key_take_u8(&key, &kind));
        left += kind == scope && (instant)slot * SLOT_MS < before;
    }
    db_cursor_close(cursor);
    db_abort(txn);
    return left;
}

Test(kept, slots_go_by_their_kind_over_several_polls_and_a_restart)
{
    instant from = at("2026-08-01T00:00:00.000Z"), horizon = at("2026-11-01T00:00:00.000Z");
    struct retention_settings settings = {.slots_months = 2, .group_slots_months = 1, .closes_months = 37, .dead_days = 90};
    instant cut = retention_cut(&settings, RETENTION_SLOTS, horizon), group_cut = retention_cut(&settings, RETENTION_GROUP_SLOTS, horizon);
    put_slots(from);
    size_t kept = (size_t)((from + DAYS * (instant)DAY_MS - cut) / HOUR_MS) * SCOPES / 2, polls = 0;
    while (polls < 10000 && (slots_left(SCOPE_TENANT, cut) || slots_left(SCOPE_AGENT_GROUP, group_cut))) {
        struct retention *retention = retention_create(store.db, &settings); /* as a server that ends after each poll */
        retention_poll(retention, horizon, at("2026-11-05T00:00:00.000Z"));
        retention_destroy(retention);
        polls++;
    }
    cr_expect(slots_left(SCOPE_TENANT, cut) == 0 && slots_left(SCOPE_AGENT_GROUP, group_cut) == 0);
    cr_expect(slots_left(SCOPE_TENANT, INSTANT_MAX) == kept, "%zu of tenants are left, expected %zu", slots_left(SCOPE_TENANT, INSTANT_MAX), kept);
    printf("%d slots in %zu polls, %zu stay\n", DAYS * 24 * SCOPES, polls, kept);
}

Test(kept, dead_letters_go_by_their_age)
{
    enum { LETTERS = 300 };
    struct retention_settings settings = {.slots_months = 1, .group_slots_months = 1, .closes_months = 1, .dead_days = 10};
    instant now = at("2026-11-20T12:00:00.000Z");
    struct db_txn *txn;
    char text[32];
    cr_assert_eq(db_begin_write(store.db, &txn), ERR_OK);
    for (int i = 0; i < LETTERS; i++) {
        snprintf(text, sizeof text, "line %d", i);
        dead_put(txn, &(struct dead_letter){.source = BYTES_LITERAL("replay"), .place = bytes_from_text(text), .why = BYTES_LITERAL("bad"),
                                            .raw = BYTES_LITERAL("{}"), .at = now - i * (instant)HOUR_MS});
    }
    cr_assert_eq(db_commit(txn), ERR_OK);
    struct retention *retention = retention_create(store.db, &settings);
    retention_poll(retention, INSTANT_EVER, now);
    for (int i = 0; i < 5; i++)
        retention_poll(retention, INSTANT_EVER, now + 1);
    retention_destroy(retention);
    cr_assert_eq(db_begin_read(store.db, &txn), ERR_OK);
    cr_expect(dead_count(txn) == 241, "%zu letters are left, expected 241: 10 days and the hour at their end", (size_t)dead_count(txn));
    db_abort(txn);
    printf("%d letters, 241 stay\n", LETTERS);
}
