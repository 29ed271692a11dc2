/* A source that falls silent raises an alert that stands in /api/v1/alerts until it is heard again or retired. */
#include "server/close/silent.h"

#include "server/api/body.h"
#include "server/ingest/ingest.h"
#include "tests/support/ways.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { AFTER_MS = 900 * SECOND_MS };
#define NOON 1800014400000 /* 2027-01-15T12:00:00.000Z */

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

TestSuite(silent, .init = begin, .fini = end);

static struct fact *fact_of(const char *source, enum fact_kind kind, const char *key)
{
    static struct fact fact;
    fact = fact_blank(kind);
    fact.source = bytes_from_text(source);
    fact.key = bytes_from_text(key);
    fact.version = ++version;
    return &fact;
}

static void tell(const struct fact *fact)
{
    cr_assert_eq(ingest_fact(store.ingest, fact), FACT_APPLIED);
}

static void declare(const char *source, enum source_kind kind, const char *group)
{
    struct fact *fact = fact_of(source, FACT_SOURCE, source);
    fact->source_entry.kind = kind;
    fact->source_entry.group = bytes_from_text(group);
    tell(fact);
}

static void heard(const char *source, instant until)
{
    struct fact *fact = fact_of(source, FACT_WATERMARK, "watermark");
    fact->watermark.until = until;
    tell(fact);
}

static void retire(const char *source)
{
    struct fact *fact = fact_of("api", FACT_DECISION, source);
    fact->by = fact->reason = BYTES_LITERAL("test");
    fact->decision.what = DECISION_RETIRE;
    fact->decision.of = bytes_from_text(source);
    tell(fact);
}

/* As the closer does: looks in a snapshot, hands over what changed, flushes.  Returns how much that was. */
static size_t look(instant wall, bool listened)
{
    struct query *query;
    const struct alert *alerts;
    way_store_flush_at(&store, wall);
    cr_assert_eq(query_open(store.db, &query), ERR_OK);
    size_t count = silent_alerts(query, wall, AFTER_MS, listened, arena, &alerts);
    query_close(query);
    for (size_t i = 0; i < count; i++)
        ingest_alert(store.ingest, &alerts[i]);
    way_store_flush_at(&store, wall);
    return count;
}

/* What /api/v1/alerts says has all the parts. */
static void expect_told(size_t count, const char *const *parts)
{
    struct query *query;
    struct buffer out = {0};
    struct body_page page = {.limit = 100};
    const char *why = NULL;
    size_t told = 0;
    cr_assert_eq(query_open(store.db, &query), ERR_OK);
    cr_assert_eq(body_alerts(query, &page, arena, &out, &why), ERR_OK);
    query_close(query);
    for (const char *at = buffer_text(&out); (at = strstr(at, "\"alert\":\"source silent\"")); at++)
        told++;
    cr_expect_eq(told, count, "%zu alerts: %s", told, buffer_text(&out));
    for (size_t i = 0; parts[i]; i++)
        cr_expect(strstr(buffer_text(&out), parts[i]), "no %s in %s", parts[i], buffer_text(&out));
    buffer_free(&out);
}
#define TOLD(count, ...) expect_told(count, (const char *const[]){__VA_ARGS__, NULL})

Test(silent, each_source_is_told_once_and_ends_when_it_is_heard)
{
    declare("icon-a", SOURCE_ICON, "icon");
    declare("icon-b", SOURCE_ICON, "icon");
    declare("gvp", SOURCE_GVP, NULL);
    declare("files", SOURCE_ENTITLEMENT, NULL); /* says nothing of how far it is, ever */
    heard("icon-a", NOON - AFTER_MS - 1);
    heard("icon-b", NOON);
    heard("gvp", NOON - AFTER_MS); /* not yet */
    cr_assert_eq(look(NOON, true), 1);
    TOLD(1, "\"subject\":\"icon-a\"", "\"ended\":null", "\"since\":\"2027-01-15T12:00:00.000Z\"", "nothing new since 2027-01-15T11:44:59.999Z",
         "\"detail\":{\"group\":\"icon\",\"kind\":\"icon\",\"watermark\":\"2027-01-15T11:44:59.999Z\"}");
    cr_assert_eq(look(NOON, true), 0, "it stands already");

    way_store_reopen(&store);
    cr_assert_eq(look(NOON + 1, true), 1, "the other one, not the same again");
    TOLD(2, "\"subject\":\"gvp\"", "\"since\":\"2027-01-15T12:00:00.000Z\"");

    heard("icon-a", NOON);
    retire("gvp");
    cr_assert_eq(look(NOON + 2, true), 2);
    TOLD(2, "source icon-a is heard again: all its rows before 2027-01-15T12:00:00.000Z are in", "\"ended\":\"2027-01-15T12:00:00.002Z\"", "source gvp is retired");
    cr_assert_eq(look(NOON + 3, true), 0);

    heard("icon-a", NOON + 5);
    cr_assert_eq(look(NOON + 2 * AFTER_MS, true), 2, "both of the pair");
    TOLD(3, "\"subject\":\"icon-b\"", "\"ended\":null");
    printf("of 4 sources 3 fell silent, each told once; ended: one heard again, one retired\n");
}

Test(silent, nobody_is_before_we_have_listened_ourselves)
{
    declare("icon-a", SOURCE_ICON, NULL);
    declare("icon-b", SOURCE_ICON, NULL);
    heard("icon-a", NOON - DAY_MS);
    heard("icon-b", NOON);
    cr_assert_eq(look(NOON, false), 0, "the server stood still, not the source");
    cr_assert_eq(look(NOON, true), 1);
    cr_assert_eq(look(NOON, false), 0, "what holds goes on over a restart");
    heard("icon-a", NOON);
    cr_assert_eq(look(NOON, false), 1, "an end is told at once");
    TOLD(1, "\"subject\":\"icon-a\"", "\"ended\":\"2027-01-15T12:00:00.000Z\"");
    printf("after a start nothing is raised, an end is\n");
}
