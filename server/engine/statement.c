#include "server/engine/statement.h"

#include "base/check.h"
#include "base/memory.h"
#include "proto/fact_json.h"

#include <stdlib.h>

struct statement *statement_at(const struct statements *statements, uint32_t number)
{
    check(number >= 1 && number <= statements->count);
    return &statements->all[number - 1];
}

/* --- by identity ---------------------------------------------------------------------------------- */

struct identity {
    enum fact_kind kind;
    uint32_t source;
    struct bytes key;
    uint32_t partition;
};

static uint64_t hash_of(const struct identity *identity)
{
    uint64_t rest = (uint64_t)identity->kind << 56 | (uint64_t)identity->source << 32 | identity->partition;
    return hash_mix(bytes_hash(identity->key) ^ rest * 0x9e3779b97f4a7c15u);
}

static struct identity identity_of(const struct statement *statement)
{
    return (struct identity){statement->kind, statement->source, statement->key, statement->partition};
}

static uint32_t find(const struct statements *statements, const struct identity *identity, uint64_t hash)
{
    uint32_t mask = statements->place_count - 1;
    if (statements->place_count == 0)
        return 0;
    for (uint32_t i = (uint32_t)hash & mask; statements->places[i].number; i = (i + 1) & mask) {
        if (statements->places[i].tag != (uint32_t)hash)
            continue;
        const struct statement *statement = &statements->all[statements->places[i].number - 1];
        if (statement->kind == identity->kind && statement->source == identity->source && statement->partition == identity->partition &&
            bytes_equal(statement->key, identity->key))
            return statements->places[i].number;
    }
    return 0;
}

static void place(struct statements *statements, struct statement_place entry)
{
    uint32_t mask = statements->place_count - 1, i = entry.tag & mask;
    while (statements->places[i].number)
        i = (i + 1) & mask;
    statements->places[i] = entry;
}

static void places_reserve(struct statements *statements, uint32_t count)
{
    struct statement_place *old = statements->places;
    uint32_t old_count = statements->place_count, place_count = old_count ? old_count : 64;
    while (count > place_count / 10 * 7)
        place_count *= 2;
    if (place_count == old_count)
        return;
    check(place_count > old_count);
    statements->place_count = place_count;
    statements->places = memory_alloc_zero(place_count, sizeof *statements->places);
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].number)
            place(statements, old[i]);
    free(old);
}

static void place_remove(struct statements *statements, uint32_t number, uint64_t hash)
{
    uint32_t mask = statements->place_count - 1, i = (uint32_t)hash & mask;
    while (statements->places[i].number != number) {
        check(statements->places[i].number);
        i = (i + 1) & mask;
    }
    /* Close the hole as map_remove() does. */
    for (uint32_t j = (i + 1) & mask; statements->places[j].number; j = (j + 1) & mask)
        if (((j - statements->places[j].tag) & mask) >= ((j - i) & mask)) {
            statements->places[i] = statements->places[j];
            i = j;
        }
    statements->places[i] = (struct statement_place){0};
    statements->used--;
}

/* --- one statement -------------------------------------------------------------------------------- */

static void all_reserve(struct statements *statements, uint32_t count)
{
    uint32_t capacity = statements->capacity ? statements->capacity : 64;
    while (capacity < count)
        capacity *= 2;
    if (capacity == statements->capacity)
        return;
    statements->all = memory_resize(statements->all, capacity * sizeof *statements->all);
    statements->capacity = capacity;
}

void statements_reserve(struct statements *statements, uint32_t count)
{
    if (count == 0)
        return;
    check(count < UINT32_MAX / 4 - statements->count);
    all_reserve(statements, statements->count + count);
    places_reserve(statements, statements->used + count);
}

static bool is_rule(enum fact_kind kind)
{
    return kind == FACT_RULESET || kind == FACT_BUNDLE_SET || kind == FACT_ENTITLEMENT || kind == FACT_TENANT_SETTING;
}

/* A new one, of which only the identity is known; its key is not its own yet, and it has no place. */
static uint32_t add(struct statements *statements, const struct identity *identity)
{
    uint32_t number = statements->free;
    places_reserve(statements, statements->used + 1);
    if (number) {
        statements->free = statements->all[number - 1].next;
    } else {
        all_reserve(statements, statements->count + 1);
        number = ++statements->count;
    }
    statements->all[number - 1] = (struct statement){.kind = identity->kind, .source = identity->source, .key = identity->key,
                                                     .partition = identity->partition, .live = true};
    if (is_rule(identity->kind))
        number_list_add(&statements->rules, number);
    statements->used++;
    return number;
}

/* The key and the body as one text of the pool. */
static void own_texts(struct statements *statements, struct statement *statement, struct bytes key, struct bytes body)
{
    uint8_t *text = text_pool_room(&statements->texts, key.len + body.len);
    if (key.len)
        memcpy(text, key.data, key.len);
    memcpy(text + key.len, body.data, body.len);
    statement->key = bytes_of(text, key.len);
    statement->body = bytes_of(text + key.len, body.len);
}

static void drop_texts(struct statements *statements, const struct statement *statement)
{
    text_pool_drop(&statements->texts, (uint8_t *)(uintptr_t)statement->key.data);
}

static void take_fields(struct statement *statement, const struct fact *fact)
{
    statement->rule_deleted = fact->rule_deleted;
    switch (fact->kind) {
    case FACT_OBJECT:
        statement->object = fact->object;
        statement->object.name = BYTES_NONE;
        break;
    case FACT_MEMBERSHIP:
        statement->membership = fact->membership;
        break;
    case FACT_CAMPAIGN:
        statement->campaign = fact->campaign;
        break;
    case FACT_PORT:
        statement->port = fact->port;
        statement->port.call = statement->port.app = BYTES_NONE;
        break;
    case FACT_WATERMARK:
        statement->watermark = fact->watermark;
        break;
    case FACT_SOURCE:
        statement->source_entry = fact->source_entry;
        statement->source_entry.group = BYTES_NONE;
        break;
    default:
        break;
    }
}

enum fact_outcome statements_apply(struct statements *statements, struct names *names, const struct fact *fact,
                                   uint32_t *number, struct statement *old)
{
    struct identity identity = {fact->kind, names_number(names, DICTIONARY_SOURCE, fact->source), fact->key, fact->partition};
    uint64_t hash = hash_of(&identity);
    *number = find(statements, &identity, hash);
    struct statement *statement = *number ? statement_at(statements, *number) : NULL;
    if (statement && fact->version < statement->version)
        return FACT_STALE;
    struct buffer body = {0};
    fact_json_write_body(fact, &body);
    if (statement && fact->version == statement->version) {
        int order = bytes_compare(buffer_bytes(&body), statement->body);
        if (order <= 0) {
            buffer_free(&body);
            return order == 0 ? FACT_DUPLICATE : FACT_CONTRADICTED;
        }
    }
    struct statement before = statement ? *statement : (struct statement){0};
    *old = before;
    old->body = BYTES_NONE;
    if (!statement) {
        *number = add(statements, &identity);
        place(statements, (struct statement_place){(uint32_t)hash, *number});
        statement = statement_at(statements, *number);
    }
    own_texts(statements, statement, fact->key, buffer_bytes(&body));
    if (before.live)
        drop_texts(statements, &before);
    old->key = statement->key;
    statement->version = fact->version;
    take_fields(statement, fact);
    if (!statement->dirty)
        number_list_add(&statements->dirty, *number);
    statement->dirty = true;
    buffer_free(&body);
    return FACT_APPLIED;
}

uint32_t statements_restore(struct statements *statements, struct names *names, const struct fact *fact, struct bytes body)
{
    struct identity identity = {fact->kind, names_number(names, DICTIONARY_SOURCE, fact->source), fact->key, fact->partition};
    uint32_t number = add(statements, &identity), tag = (uint32_t)hash_of(&identity);
    __builtin_prefetch(&statements->places[tag & (statements->place_count - 1)], 1);
    if (statements->coming_count == STATEMENTS_TOGETHER)
        statements_restored(statements);
    statements->coming[statements->coming_count].number = number;
    statements->coming[statements->coming_count++].tag = tag;
    struct statement *statement = statement_at(statements, number);
    own_texts(statements, statement, fact->key, body);
    statement->version = fact->version;
    take_fields(statement, fact);
    return number;
}

void statements_restored(struct statements *statements)
{
    for (uint32_t i = 0; i < statements->coming_count; i++)
        place(statements, (struct statement_place){statements->coming[i].tag, statements->coming[i].number});
    statements->coming_count = 0;
}

struct fact statement_fact(const struct statement *statement, const struct names *names, struct arena *arena)
{
    const char *why = NULL;
    struct fact fact = fact_blank(statement->kind);
    fact.source = names_text(names, DICTIONARY_SOURCE, statement->source);
    fact.key = statement->key;
    fact.version = statement->version;
    check(fact_json_read_body(statement->body, arena, &fact, &why) == ERR_OK);
    fact.partition = statement->partition; /* of no body: after it was read */
    return fact;
}

void statements_remove(struct statements *statements, uint32_t number)
{
    struct statement *statement = statement_at(statements, number);
    struct identity identity = identity_of(statement);
    place_remove(statements, number, hash_of(&identity));
    drop_texts(statements, statement);
    *statement = (struct statement){.next = statements->free};
    statements->free = number;
}

void statements_free(struct statements *statements)
{
    for (uint32_t i = 0; i < statements->count; i++)
        if (statements->all[i].live)
            drop_texts(statements, &statements->all[i]);
    text_pool_free(&statements->texts);
    free(statements->all);
    free(statements->places);
    number_list_free(&statements->dirty);
    number_list_free(&statements->rules);
}

bool statement_precedes(const struct names *names, const struct statement *a, const struct statement *b)
{
    struct bytes a_source = names_text(names, DICTIONARY_SOURCE, a->source);
    struct bytes b_source = names_text(names, DICTIONARY_SOURCE, b->source);
    bool a_api = bytes_equal_text(a_source, "api"), b_api = bytes_equal_text(b_source, "api");
    if (a_api != b_api)
        return a_api;
    int order = bytes_compare(a_source, b_source);
    return order ? order < 0 : bytes_compare(a->key, b->key) < 0;
}
