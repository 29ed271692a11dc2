#include "server/ingest/ruleset.h"

#include "base/log.h"
#include "server/engine/catalog.h"
#include "server/query/rule.h"
#include "store/records.h"

/* What holds last, and what `api` has said so far. */
struct looking {
    struct counting last;
    const struct zone *zone;
    const struct calendar *calendar;
    int32_t effective; /* the latest day that `api` named; DATE_NONE: none, or none but "ever" */
    bool spoke;
};

static void look(struct query *query, struct looking *looking)
{
    const struct rules *rules = query_rules(query);
    const struct counting_rules *counting = rules_counting(rules);
    const struct rule *list;
    size_t count = rules_of_kind(rules, FACT_RULESET, &list);
    *looking = (struct looking){.last = counting->spans[counting->count - 1], .calendar = counting->calendar, .effective = DATE_NONE};
    looking->zone = looking->calendar->spans[looking->calendar->count - 1].zone;
    for (size_t i = 0; i < count; i++) {
        if (!bytes_equal_text(list[i].fact.source, "api") || list[i].fact.rule_deleted)
            continue;
        looking->spoke = true;
        if (list[i].fact.ruleset.effective > looking->effective)
            looking->effective = list[i].fact.ruleset.effective;
    }
}

static bool says_the_same(const struct looking *looking, const struct ruleset *ruleset)
{
    return looking->spoke && bytes_present(looking->last.catalog) && bytes_equal(looking->last.catalog, ruleset->catalog) &&
           looking->last.cap_hours == ruleset->cap_hours && looking->last.sustained_minutes == ruleset->sustained_minutes &&
           bytes_equal(zone_name(looking->zone), ruleset->zone);
}

/* The first day of the system's calendar that no book's closed days reach into; DATE_NONE: nothing is closed. */
static int32_t first_open_day(struct query *query, const struct calendar *calendar, struct arena *arena)
{
    struct db_txn *txn = query_txn(query);
    const struct query_scope *tenants;
    struct close_head head;
    size_t count = query_scopes(query, SCOPE_TENANT, arena, &tenants);
    instant end = close_last(txn, 0, &head) ? head.end : INSTANT_EVER;
    for (size_t i = 0; i < count; i++)
        if (tenants[i].scope.id != 0 && close_last(txn, tenants[i].scope.id, &head) && head.end > end)
            end = head.end;
    if (end == INSTANT_EVER)
        return DATE_NONE;
    int32_t date = calendar_date(calendar, end);
    return calendar_start(calendar, date) < end ? date + 1 : date;
}

/* Versions of one key grow strictly: acceptance time in µs, unless the one before was of a later clock. */
static int64_t next_version(struct query *query, struct bytes key, instant wall)
{
    const struct rule *list;
    int64_t version = wall * 1000;
    size_t count = rules_of_kind(query_rules(query), FACT_RULESET, &list);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_text(list[i].fact.source, "api") && bytes_equal(list[i].fact.key, key) && list[i].fact.version >= version)
            version = list[i].fact.version + 1;
    return version;
}

static bool make(struct query *query, const struct settings *settings, const struct catalog *catalog, instant wall, struct arena *arena, struct fact *fact)
{
    struct looking looking;
    char date[DATE_TEXT_SIZE];
    look(query, &looking);
    *fact = fact_blank(FACT_RULESET);
    fact->source = BYTES_LITERAL("api");
    fact->ruleset.zone = bytes_from_text(settings->counting.zone);
    fact->ruleset.cap_hours = settings->counting.cap_hours;
    fact->ruleset.sustained_minutes = settings->counting.sustained_minutes;
    fact->ruleset.catalog = catalog->text;
    if (says_the_same(&looking, &fact->ruleset))
        return false;
    int32_t day = looking.spoke ? first_open_day(query, looking.calendar, arena) : DATE_NONE;
    day = day > looking.effective ? day : looking.effective; /* never behind what was said before */
    fact->ruleset.effective = day;
    fact->key = day == DATE_NONE ? BYTES_LITERAL("ever") : arena_copy(arena, bytes_from_text(date_format(day, date)));
    fact->version = next_version(query, fact->key, wall);
    log_info("rules", "the counting rules of the settings %s%s", day == DATE_NONE ? "hold from now on, for every day" : "hold from the first day that is not closed on: ",
             day == DATE_NONE ? "" : date);
    return true;
}

enum err ruleset_make(struct db *db, const struct settings *settings, const struct catalog *catalog, instant wall, struct arena *arena, struct fact *fact)
{
    struct query *query;
    enum err err = query_open(db, &query);
    if (err != ERR_OK)
        return err;
    bool news = make(query, settings, catalog, wall, arena, fact);
    err = query_failure(query);
    query_close(query);
    return err != ERR_OK ? err : news ? ERR_OK : ERR_NOT_FOUND;
}
