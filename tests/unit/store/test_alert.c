/* Alerts: since when they hold is kept while they do, an end is written down, and what ended begins anew. */
#include "store/alert.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct bytes said(struct db *db, struct arena *arena, const struct alert *alert)
{
    struct db_txn *txn;
    struct bytes json = BYTES_NONE;
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    alert_put(txn, alert);
    cr_assert_eq(db_commit(txn), ERR_OK);
    cr_assert_eq(db_begin_read(db, &txn), ERR_OK);
    if (!alert_get(txn, alert->kind, alert->subject, arena, &json))
        json = BYTES_NONE;
    db_abort(txn);
    return json;
}

static void expect(struct bytes json, const char *part)
{
    cr_assert(bytes_present(json) && memmem(json.data, json.len, part, strlen(part)), "%.*s lacks %s", (int)json.len, (const char *)json.data, part);
}

Test(alert, begins_lasts_ends_and_begins_anew)
{
    char dir[SCRATCH_PATH_SIZE];
    struct arena *arena = arena_create();
    struct db *db;
    cr_assert_eq(db_create(&(struct db_options){.dir = scratch_folder(NULL, dir), .map_bytes = 1 << 24}, &db), ERR_OK);
    struct alert alert = {.kind = BYTES_LITERAL(ALERT_CLOSE_DIFFERS), .subject = BYTES_LITERAL("system/2026-11-22/0"), .text = BYTES_LITERAL("it differs"),
                          .detail = BYTES_LITERAL("{\"ours\":\"ab\"}"), .at = 1000};
    struct alert ended = alert;
    ended.ended = true;
    cr_assert(!bytes_present(said(db, arena, &ended)), "what does not hold cannot end");
    struct bytes first = said(db, arena, &alert);
    expect(first, "\"alert\":\"close differs\"");
    expect(first, "\"since\":\"1970-01-01T00:00:01.000Z\"");
    expect(first, "\"ended\":null");
    expect(first, "\"detail\":{\"ours\":\"ab\"}");
    alert.at = 2000;
    struct bytes again = said(db, arena, &alert);
    expect(again, "\"since\":\"1970-01-01T00:00:01.000Z\",\"at\":\"1970-01-01T00:00:02.000Z\"");
    ended.at = 3000;
    expect(said(db, arena, &ended), "\"ended\":\"1970-01-01T00:00:03.000Z\"");
    alert.at = 4000;
    expect(said(db, arena, &alert), "\"since\":\"1970-01-01T00:00:04.000Z\",\"at\":\"1970-01-01T00:00:04.000Z\",\"ended\":null");
    db_destroy(db);
    arena_destroy(arena);
    scratch_remove(dir);
    printf("an alert began, lasted, ended and began anew\n");
}
