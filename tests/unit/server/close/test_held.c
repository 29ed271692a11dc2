/* A large deletion that waits for a decision raises an alert that stands in /api/v1/alerts until it is decided or back. */
#include "server/close/held.h"

#include "server/api/body.h"
#include "server/ingest/ingest.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define NOON 1800014400000 /* 2027-01-15T12:00:00.000Z */
enum { AFTER_MS = 900 * SECOND_MS };

static struct way_store store;
static struct arena *arena;
static int64_t version;

static void begin(void)
{
    arena = arena_create();
    way_store_create(&store, way_parent(), NULL, 24);
}

static void end(void)
{
    way_store_destroy(&store);
    arena_destroy(arena);
}

TestSuite(held, .init = begin, .fini = end);

/* As the config adapter says it; snapshot ID_NONE: nothing is held. */
static void declare(const char *source, int64_t snapshot, int64_t things, const char *note)
{
    struct fact fact = fact_blank(FACT_SOURCE);
    fact.source = fact.key = bytes_from_text(source);
    fact.version = ++version;
    fact.source_entry.kind = SOURCE_CONFIG;
    if (snapshot != ID_NONE) {
        fact.source_entry.held_snapshot = snapshot;
        fact.source_entry.held = things;
        fact.source_entry.held_note = bytes_from_text(note);
    }
    cr_assert_eq(ingest_fact(store.ingest, &fact), FACT_APPLIED);
}

static void retire(const char *source)
{
    struct fact fact = fact_blank(FACT_DECISION);
    fact.source = BYTES_LITERAL("api");
    fact.key = bytes_from_text(source);
    fact.version = ++version;
    fact.by = fact.reason = BYTES_LITERAL("test");
    fact.decision.what = DECISION_RETIRE;
    fact.decision.of = bytes_from_text(source);
    cr_assert_eq(ingest_fact(store.ingest, &fact), FACT_APPLIED);
}

/* As the closer does: looks in a snapshot, hands over what changed, flushes.  Returns how much that was. */
static size_t look(instant wall)
{
    struct query *query;
    const struct alert *alerts;
    way_store_flush_at(&store, wall);
    cr_assert_eq(query_open(store.db, &query), ERR_OK);
    size_t count = source_alerts(query, wall, AFTER_MS, true, arena, &alerts);
    query_close(query);
    for (size_t i = 0; i < count; i++)
        ingest_alert(store.ingest, &alerts[i]);
    way_store_flush_at(&store, wall);
    return count;
}

/* What /api/v1/alerts says has all the parts. */
static void expect_told(const char *const *parts)
{
    struct query *query;
    struct buffer out = {0};
    struct body_page page = {.limit = 100};
    const char *why = NULL;
    cr_assert_eq(query_open(store.db, &query), ERR_OK);
    cr_assert_eq(body_alerts(query, &page, arena, &out, &why), ERR_OK);
    query_close(query);
    for (size_t i = 0; parts[i]; i++)
        cr_expect(strstr(buffer_text(&out), parts[i]), "no %s in %s", parts[i], buffer_text(&out));
    buffer_free(&out);
}
#define TOLD(...) expect_told((const char *const[]){__VA_ARGS__, NULL})

Test(held, it_stands_until_it_is_decided_or_back)
{
    declare("config", ID_NONE, 0, NULL);
    cr_assert_eq(look(NOON), 0);
    declare("config", 77, 60, "60 of 100 persons");
    cr_assert_eq(look(NOON + 1), 1);
    TOLD("\"alert\":\"deletions held\"", "\"subject\":\"config\"", "\"since\":\"2027-01-15T12:00:00.001Z\"", "\"ended\":null", "60 of 100 persons, 60 things in all",
         "seatmeter decide deletions config --reason TEXT", "\"detail\":{\"deletions\":60,\"note\":\"60 of 100 persons\",\"snapshot\":77}");
    cr_assert_eq(look(NOON + 2), 0, "it stands already");
    way_store_reopen(&store);
    cr_assert_eq(look(NOON + 3), 0, "also after a restart");

    declare("config", 7, 70, "70 of 100 persons");
    cr_assert_eq(look(NOON + 4), 1, "another snapshot, whose number is the begin of the other's");
    TOLD("\"since\":\"2027-01-15T12:00:00.001Z\"", "\"ended\":null", "70 of 100 persons", "\"snapshot\":7}");
    cr_assert_eq(look(NOON + 5), 0);

    declare("config", ID_NONE, 0, NULL);
    cr_assert_eq(look(NOON + 6), 1);
    TOLD("nothing of source config is held any more", "\"ended\":\"2027-01-15T12:00:00.006Z\"");
    cr_assert_eq(look(NOON + 7), 0);
    printf("raised, told anew for another snapshot, ended; each once\n");
}

Test(held, it_ends_with_its_source_and_stands_beside_silence)
{
    struct fact heard = fact_blank(FACT_WATERMARK);
    declare("config", 1, 30, "30 of 40 places");
    heard.source = BYTES_LITERAL("config");
    heard.key = BYTES_LITERAL("watermark");
    heard.version = 1;
    heard.watermark.until = NOON - AFTER_MS - 1;
    cr_assert_eq(ingest_fact(store.ingest, &heard), FACT_APPLIED);
    cr_assert_eq(look(NOON), 2);
    TOLD("\"alert\":\"source silent\"", "\"alert\":\"deletions held\"");
    retire("config");
    cr_assert_eq(look(NOON + 1), 2);
    TOLD("source config is retired: nothing of it waits for a decision any more");
    cr_assert_eq(look(NOON + 2), 0);
    printf("two alerts of one source, both ended by its retirement\n");
}
