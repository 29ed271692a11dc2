#include "server/ingest/kafka_rules.h"

#include "base/log.h"
#include "server/ingest/ruleset.h"
#include "server/query/rule.h"

#include <stdlib.h>

enum { AGAIN_MS = 30 * 1000 };

struct kafka_rules {
    struct db *db;
    const struct settings *settings;
    const struct catalog *catalog;
    struct kafka_say *say;
    struct arena *arena; /* of the fact */
    struct fact fact;
    int64_t said_us; /* monotonic; 0: not under way */
    bool settled;
};

struct kafka_rules *kafka_rules_create(struct db *db, const struct settings *settings, const struct catalog *catalog, struct kafka_say *say)
{
    struct kafka_rules *rules = memory_alloc_zero(1, sizeof *rules);
    *rules = (struct kafka_rules){.db = db, .settings = settings, .catalog = catalog, .say = say, .arena = arena_create()};
    return rules;
}

void kafka_rules_destroy(struct kafka_rules *rules)
{
    if (!rules)
        return;
    arena_destroy(rules->arena);
    free(rules);
}

static bool is_read_back(const struct kafka_rules *rules)
{
    const struct rule *list;
    struct query *query;
    bool found = false;
    if (query_open(rules->db, &query) != ERR_OK)
        return false;
    size_t count = rules_of_kind(query_rules(query), FACT_RULESET, &list);
    for (size_t i = 0; i < count && !found; i++)
        found = bytes_equal(list[i].fact.source, rules->fact.source) && bytes_equal(list[i].fact.key, rules->fact.key) &&
                list[i].fact.version >= rules->fact.version;
    query_close(query);
    return found;
}

/* Made anew each time: meanwhile a day may have been closed elsewhere, or another server have said the same. */
static void say(struct kafka_rules *rules)
{
    arena_reset(rules->arena);
    enum err err = ruleset_make(rules->db, rules->settings, rules->catalog, clock_wall(), rules->arena, &rules->fact);
    if (err == ERR_NOT_FOUND) {
        rules->settled = true;
    } else if (err == ERR_OK) {
        (void)kafka_say(rules->say, &rules->fact);
        rules->said_us = clock_mono_us();
    } else {
        log_once(LOG_WARNING, "rules", "store", "what the counting rules are cannot be read: %s; tried again", err_text(err));
    }
}

bool kafka_rules_settled(struct kafka_rules *rules)
{
    if (rules->settled)
        return true;
    if (!rules->said_us) {
        say(rules);
    } else if (is_read_back(rules)) {
        rules->settled = true;
        if (log_clear("rules", "topic"))
            log_info("rules", "the counting rules of the settings stand in the topic of objects");
    } else if (clock_mono_us() - rules->said_us > (int64_t)AGAIN_MS * 1000) {
        log_once(LOG_WARNING, "rules", "topic", "the counting rules of the settings have not come back from the topic of objects for %d s: "
                 "they are said again, and no day is closed here until they do", AGAIN_MS / 1000);
        rules->said_us = 0;
    }
    return rules->settled;
}
