/* Reading the table of rules, and which of several statements of a rule counts. */
#include "server/query/rule_book.h"

#include "base/check.h"
#include "server/query/snapshot.h"

#include <pthread.h>
#include <stdlib.h>

static const enum fact_kind kinds[] = {FACT_ENTITLEMENT, FACT_PROVISIONED, FACT_BUNDLE_SET, FACT_TENANT_SETTING, FACT_RULESET, FACT_DECISION};

struct reading {
    struct rules *rules;
    struct arena *arena;
};

static enum err take_rule(void *owner, const struct fact *fact)
{
    struct reading *reading = owner;
    struct rule_list *list = &reading->rules->kinds[fact->kind];
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct rule *more = arena_alloc(reading->arena, capacity * sizeof *more);
        if (list->count)
            memcpy(more, list->list, list->count * sizeof *more);
        list->list = more;
        list->capacity = capacity;
    }
    list->list[list->count++] = (struct rule){.fact = *fact}; /* its texts are in the arena already */
    return ERR_OK;
}

static bool comes_first(struct bytes source, struct bytes other)
{
    bool api = bytes_equal_text(source, "api"), other_api = bytes_equal_text(other, "api");
    return api != other_api ? api : bytes_compare(source, other) < 0;
}

/* Statements of one rule stand together.  What `api` says decides, taking back too; what another source took back it
 * no longer says, so the next one's counts. */
static void choose(struct rule_list *list)
{
    for (size_t from = 0, to; from < list->count; from = to) {
        struct rule *best = NULL;
        for (to = from; to < list->count && bytes_equal(list->list[to].fact.key, list->list[from].fact.key); to++) {
            struct rule *rule = &list->list[to];
            bool speaks = !rule->fact.rule_deleted || bytes_equal_text(rule->fact.source, "api");
            if (speaks && (!best || comes_first(rule->fact.source, best->fact.source)))
                best = rule;
        }
        if (best)
            best->counts = !best->fact.rule_deleted;
    }
}

static enum err read_kinds(struct db_txn *txn, struct rules *rules)
{
    struct reading reading = {rules, rules->arena};
    enum err err = ERR_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !err; i++) {
        err = fact_rows_read_kind(txn, kinds[i], rules->arena, take_rule, &reading);
        choose(&rules->kinds[kinds[i]]);
    }
    return err;
}

static void rules_free(struct rules *rules)
{
    for (size_t i = 0; i < rules->zone_count; i++)
        zone_close(rules->zones[i]);
    free(rules->zones);
    buffer_free(&rules->table);
    arena_destroy(rules->arena);
    free(rules);
}

static struct rules *rules_make(struct db_txn *txn, struct buffer *table, enum err *err)
{
    struct rules *rules = memory_alloc_zero(1, sizeof *rules);
    rules->arena = arena_create();
    rules->table = *table;
    *table = (struct buffer){0};
    *err = read_kinds(txn, rules);
    if (*err)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            rules->kinds[kinds[i]].count = 0;
    rules_build_calendars(rules);
    rules_build_provisioned(rules);
    return rules;
}

/* --- one book for all queries that see the same table ------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rules *kept; /* holds one use of it */

/* Every record with its lengths, one behind the other. */
static void copy_table(struct db_txn *txn, struct buffer *out)
{
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_RULES, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        uint32_t lengths[2] = {(uint32_t)key.len, (uint32_t)value.len};
        buffer_append(out, lengths, sizeof lengths);
        buffer_append_bytes(out, key);
        buffer_append_bytes(out, value);
    }
    db_cursor_close(cursor);
}

static void release_locked(struct rules *rules)
{
    if (rules && --rules->users == 0)
        rules_free(rules);
}

void rules_release(const struct rules *rules)
{
    pthread_mutex_lock(&lock);
    release_locked((struct rules *)rules);
    pthread_mutex_unlock(&lock);
}

const struct rules *rules_read(struct db_txn *txn, enum err *err)
{
    struct buffer table = {0};
    struct rules *rules = NULL;
    *err = ERR_OK;
    copy_table(txn, &table);
    pthread_mutex_lock(&lock);
    if (kept && bytes_equal(buffer_bytes(&kept->table), buffer_bytes(&table))) {
        rules = kept;
        rules->users++;
    }
    pthread_mutex_unlock(&lock);
    if (!rules) {
        rules = rules_make(txn, &table, err);
        rules->users = 1;
        pthread_mutex_lock(&lock);
        if (!*err) {
            release_locked(kept);
            kept = rules;
            rules->users++;
        }
        pthread_mutex_unlock(&lock);
    }
    buffer_free(&table);
    return rules;
}

const struct rules *query_rules(struct query *query)
{
    enum err err = ERR_OK;
    if (!query->rules)
        query->rules = rules_read(query->txn, &err);
    if (err && !query->err)
        query->err = err;
    return query->rules;
}

size_t rules_of_kind(const struct rules *rules, enum fact_kind kind, const struct rule **list)
{
    *list = rules->kinds[kind].list;
    return rules->kinds[kind].count;
}
