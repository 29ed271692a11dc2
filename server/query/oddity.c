#include "server/query/oddity.h"

#include "base/map.h"
#include "proto/fact_json.h"
#include "server/query/snapshot.h"
#include "store/dictionary.h"
#include "store/session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

const char *oddity_name(enum oddity_kind kind)
{
    static const char *const names[] = {
#define X(kind, name, rule) name,
        ODDITY_MAP(X)
#undef X
    };
    return names[kind];
}

const char *oddity_rule(enum oddity_kind kind)
{
    static const char *const rules[] = {
#define X(kind, name, rule) rule,
        ODDITY_MAP(X)
#undef X
    };
    return rules[kind];
}

/* The newest version of an object, by valid_from, then by source (domain.md §7.19). */
struct known_object {
    instant valid_from;
    struct bytes source, body; /* in the map of the transaction */
    bool deleted, has_tenant;
};

struct looking {
    struct query *query;
    struct arena *arena;
    struct oddity *oddities;
    struct map index; /* of an object's type and id → place in objects, + 1 */
    struct known_object *objects;
    uint32_t count, capacity;
    struct map groups_told; /* each group once */
    int64_t *ends;          /* [session]: the first logout, -1: told already */
    uint32_t session_capacity;
};

__attribute__((format(printf, 5, 6))) static void tell(struct looking *looking, enum oddity_kind kind, struct bytes source, struct bytes key,
                                                       const char *format, ...)
{
    struct oddity *oddity = &looking->oddities[kind];
    struct buffer text = {0};
    va_list args;
    if (oddity->count++ >= ODDITY_EXAMPLES)
        return;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    size_t at = oddity->example_count++;
    oddity->examples[at].source = arena_copy(looking->arena, source);
    oddity->examples[at].key = arena_copy(looking->arena, key);
    oddity->examples[at].what = arena_copy(looking->arena, buffer_bytes(&text));
    buffer_free(&text);
}

/* --- the configuration: bodies are searched for their canonical members, as in scopes.c ------------ */

static const uint8_t *find(struct bytes body, const char *text)
{
    const uint8_t *at = body.len ? memmem(body.data, body.len, text, strlen(text)) : NULL;
    return at ? at + strlen(text) : NULL;
}

static bool take_id(struct bytes body, const char *member, uint64_t *id)
{
    const uint8_t *at = find(body, member), *end = body.data + body.len;
    *id = 0;
    for (; at && at < end && *at >= '0' && *at <= '9'; at++)
        *id = *id * 10 + (uint64_t)(*at - '0');
    return at != NULL;
}

static instant take_instant(struct bytes body, const char *member)
{
    const uint8_t *at = find(body, member), *end = body.data + body.len;
    const uint8_t *quote = at && at < end ? memchr(at, '"', (size_t)(end - at)) : NULL;
    instant found;
    return quote && instant_parse(bytes_of(at, (size_t)(quote - at)), &found) ? found : INSTANT_EVER;
}

static struct bytes take_word(struct bytes body, const char *member)
{
    const uint8_t *at = find(body, member), *end = body.data + body.len;
    const uint8_t *quote = at && at < end ? memchr(at, '"', (size_t)(end - at)) : NULL;
    return quote ? bytes_of(at, (size_t)(quote - at)) : BYTES_NONE;
}

static uint64_t object_key(enum object_type type, uint64_t id)
{
    return hash_mix(hash_mix(id) + (uint64_t)type);
}

static bool is_before(struct bytes a, struct bytes b)
{
    bool a_api = bytes_equal_text(a, "api"), b_api = bytes_equal_text(b, "api");
    return a_api != b_api ? a_api : bytes_compare(a, b) < 0;
}

static struct known_object *object_of(struct looking *looking, enum object_type type, uint64_t id)
{
    uint32_t number = map_get(&looking->index, object_key(type, id));
    return number ? &looking->objects[number - 1] : NULL;
}

static void take_object(struct looking *looking, struct bytes key, struct bytes source, struct bytes body)
{
    uint64_t id;
    enum object_type type = object_type_from_name(take_word(body, "\"type\":\""));
    if (!take_id(body, "\"id\":", &id))
        return;
    struct known_object now = {.valid_from = take_instant(body, "\"valid_from\":\""), .source = source, .body = body};
    now.deleted = find(body, "\"deleted\":true") != NULL;
    now.has_tenant = find(body, "\"tenant\":") != NULL;
    struct known_object *known = object_of(looking, type, id);
    if (!known) {
        if (looking->count == looking->capacity) {
            looking->capacity = looking->capacity * 2 + 64;
            looking->objects = memory_resize(looking->objects, looking->capacity * sizeof *looking->objects);
        }
        looking->objects[looking->count] = now;
        map_put(&looking->index, object_key(type, id), ++looking->count);
        return;
    }
    if (known->valid_from == now.valid_from && !bytes_equal(known->body, body))
        tell(looking, ODDITY_SAID_BY_TWO_SOURCES, source, key, "%.*s says otherwise", (int)known->source.len, (const char *)known->source.data);
    if (now.valid_from > known->valid_from || (now.valid_from == known->valid_from && is_before(source, known->source)))
        *known = now;
}

static void look_at_person(struct looking *looking, struct bytes key, struct bytes source, struct bytes body)
{
    uint64_t id;
    if (object_type_from_name(take_word(body, "\"type\":\"")) != OBJECT_PERSON || !take_id(body, "\"id\":", &id))
        return;
    const struct known_object *newest = object_of(looking, OBJECT_PERSON, id);
    if (newest && newest->body.data == body.data && !newest->has_tenant && !newest->deleted)
        tell(looking, ODDITY_PERSON_IN_NO_TENANT, source, key, "person %llu has no tenant", (unsigned long long)id);
}

static void look_at_group(struct looking *looking, enum object_type type, uint64_t group, struct bytes key, struct bytes source)
{
    if (object_of(looking, type, group) || map_get(&looking->groups_told, object_key(type, group)))
        return;
    map_put(&looking->groups_told, object_key(type, group), 1);
    enum object_type other = type == OBJECT_AGENT_GROUP ? OBJECT_PLACE_GROUP : OBJECT_AGENT_GROUP;
    tell(looking, ODDITY_GROUP_OF_UNKNOWN_TYPE, source, key, "group %llu: no object says that it is one of type %s%s%s", (unsigned long long)group,
         object_type_name(type), object_of(looking, other, group) ? ", one says " : "", object_of(looking, other, group) ? object_type_name(other) : "");
}

static void look_at_membership(struct looking *looking, struct bytes key, struct bytes source, struct bytes body)
{
    uint64_t group, member;
    enum object_type type = object_type_from_name(take_word(body, "\"member_type\":\""));
    if (!take_id(body, "\"group\":", &group) || !take_id(body, "\"member\":", &member))
        return;
    enum object_type group_type = type == OBJECT_PERSON ? OBJECT_AGENT_GROUP : OBJECT_PLACE_GROUP;
    look_at_group(looking, group_type, group, key, source);
    const struct known_object *of_member = object_of(looking, type, member), *of_group = object_of(looking, group_type, group);
    bool member_gone = of_member && of_member->deleted, group_gone = of_group && of_group->deleted;
    if (!find(body, "\"to\":") && (member_gone || group_gone))
        tell(looking, ODDITY_ENDLESS_MEMBERSHIP, source, key, "%s %llu is in group %llu for ever, but the %s is deleted", object_type_name(type),
             (unsigned long long)member, (unsigned long long)group, member_gone ? object_type_name(type) : "group");
}

/* Objects first, then what refers to them. */
static void walk_history(struct looking *looking, bool objects)
{
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(looking->query->txn, TABLE_HISTORY, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        struct bytes kind, fact_key, source, body = bytes_of(value.data + 8, value.len > 8 ? value.len - 8 : 0); /* behind the version */
        if (!key_take_text(&key, &kind) || !key_take_text(&key, &fact_key) || !key_take_text(&key, &source))
            continue;
        bool object = bytes_equal_text(kind, fact_kind_name(FACT_OBJECT));
        if (objects && object)
            take_object(looking, fact_key, source, body);
        else if (!objects && object)
            look_at_person(looking, fact_key, source, body);
        else if (!objects)
            look_at_membership(looking, fact_key, source, body);
    }
    db_cursor_close(cursor);
}

static enum err look_at_campaign(void *owner, const struct fact *fact)
{
    if (fact->campaign.group != ID_NONE)
        look_at_group(owner, OBJECT_AGENT_GROUP, (uint64_t)fact->campaign.group, fact->key, fact->source);
    return ERR_OK;
}

/* --- sessions -------------------------------------------------------------------------------------- */

static int64_t end_of(const struct login_record *record)
{
    int64_t end = 0;
    for (int i = 5; i >= 0; i--)
        end = end << 8 | record->end[i];
    return end == 0xffffffffffff || record->end_by == END_BY_DISCONNECT ? 0 : end;
}

static struct bytes name(struct looking *looking, enum dictionary_class class, uint32_t number)
{
    struct bytes text;
    return dictionary_get(looking->query->txn, class, number, &text) ? text : BYTES_LITERAL("?");
}

static void tell_session(struct looking *looking, const struct login_record *record, instant first, instant end)
{
    char a[INSTANT_TEXT_SIZE], b[INSTANT_TEXT_SIZE], number[24];
    struct bytes session = name(looking, DICTIONARY_SESSION, record->session), key;
    if (record->key >> 63) {
        key = name(looking, DICTIONARY_ROW_KEY, (uint32_t)record->key);
    } else {
        snprintf(number, sizeof number, "%llu", (unsigned long long)record->key);
        key = bytes_from_text(number);
    }
    tell(looking, ODDITY_SESSION_ENDS_TWICE, name(looking, DICTIONARY_SOURCE, record->source), key, "session %.*s ends at %s, by another row at %s",
         (int)session.len, (const char *)session.data, instant_format(end, a), instant_format(first, b));
}

static void look_at_block(void *owner, enum session_class class, uint32_t block, struct bytes records)
{
    struct looking *looking = owner;
    (void)block;
    for (size_t at = 0; class == SESSION_LOGIN && at + sizeof(struct login_record) <= records.len; at += sizeof(struct login_record)) {
        struct login_record record;
        memcpy(&record, records.data + at, sizeof record);
        int64_t end = record.session ? end_of(&record) : 0;
        if (!end)
            continue;
        if (record.session >= looking->session_capacity) {
            uint32_t capacity = record.session * 2 + 64;
            looking->ends = memory_resize(looking->ends, capacity * sizeof *looking->ends);
            memset(looking->ends + looking->session_capacity, 0, (capacity - looking->session_capacity) * sizeof *looking->ends);
            looking->session_capacity = capacity;
        }
        int64_t *first = &looking->ends[record.session];
        if (*first > 0 && *first != end) {
            tell_session(looking, &record, *first, end);
            *first = -1; /* each session once */
        } else if (*first == 0) {
            *first = end;
        }
    }
}

/* --- rules ----------------------------------------------------------------------------------------- */

static bool is_item(const struct query *query, struct bytes code)
{
    for (size_t i = 0; i < query->item_count; i++)
        if (!query->items[i].is_bundle && bytes_equal(query->items[i].code, code))
            return true;
    return false;
}

static void look_at_codes(struct looking *looking, const struct rule *rule, const struct bundle *bundle, const struct bytes *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_item(looking->query, codes[i]))
            tell(looking, ODDITY_UNKNOWN_ITEM_IN_BUNDLE, rule->fact.source, rule->fact.key, "bundle %lld names \"%.*s\"", (long long)bundle->id,
                 (int)codes[i].len, (const char *)codes[i].data);
}

static void look_at_rules(struct looking *looking)
{
    const struct rules *rules = query_rules(looking->query);
    const struct rule *list;
    size_t count = rules_of_kind(rules, FACT_BUNDLE_SET, &list);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; list[i].counts && k < list[i].fact.bundle_set.bundle_count; k++) {
            const struct bundle *bundle = &list[i].fact.bundle_set.bundles[k];
            look_at_codes(looking, &list[i], bundle, bundle->include, bundle->include_count);
            look_at_codes(looking, &list[i], bundle, bundle->exclude, bundle->exclude_count);
        }
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++) {
        count = fact_kind_is_rule((enum fact_kind)kind) ? rules_of_kind(rules, (enum fact_kind)kind, &list) : 0;
        for (size_t i = 0; i < count; i++)
            if (!list[i].counts && !list[i].fact.rule_deleted)
                tell(looking, ODDITY_SAID_BY_TWO_SOURCES, list[i].fact.source, list[i].fact.key, "another source's %s of this key comes first",
                     fact_kind_name((enum fact_kind)kind));
    }
}

/* --- all of it, kept where it takes long ------------------------------------------------------------- */

static enum err look(struct query *query, struct arena *arena, struct oddity *oddities)
{
    struct looking looking = {.query = query, .arena = arena, .oddities = oddities};
    walk_history(&looking, true);
    walk_history(&looking, false);
    enum err err = fact_rows_read_kind(query->txn, FACT_CAMPAIGN, arena, look_at_campaign, &looking);
    session_block_each(query->txn, look_at_block, &looking);
    look_at_rules(&looking);
    free(looking.objects);
    free(looking.ends);
    map_free(&looking.index);
    map_free(&looking.groups_told);
    return err ? err : query_failure(query);
}

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    uint64_t serial; /* of the db */
    struct arena *arena;
    struct oddity oddities[ODDITY_KIND_COUNT];
    int64_t good_until_us;
} kept;

static void copy(struct arena *arena, const struct oddity *from, struct oddity *to)
{
    for (int kind = 0; kind < ODDITY_KIND_COUNT; kind++) {
        to[kind] = from[kind];
        for (size_t i = 0; i < from[kind].example_count; i++) {
            to[kind].examples[i].source = arena_copy(arena, from[kind].examples[i].source);
            to[kind].examples[i].key = arena_copy(arena, from[kind].examples[i].key);
            to[kind].examples[i].what = arena_copy(arena, from[kind].examples[i].what);
        }
    }
}

enum err query_oddities(struct query *query, struct arena *arena, struct oddity *oddities)
{
    enum { KEEP_FACTOR = 20, KEEP_FROM_US = 2000 };
    int64_t started_us = clock_mono_us();
    memset(oddities, 0, ODDITY_KIND_COUNT * sizeof *oddities);
    pthread_mutex_lock(&kept_lock);
    bool known = kept.arena && kept.serial == db_serial(query->db) && started_us < kept.good_until_us;
    if (known)
        copy(arena, kept.oddities, oddities);
    pthread_mutex_unlock(&kept_lock);
    if (known)
        return ERR_OK;
    enum err err = look(query, arena, oddities);
    int64_t took_us = clock_mono_us() - started_us;
    if (err || took_us < KEEP_FROM_US)
        return err;
    pthread_mutex_lock(&kept_lock);
    if (!kept.arena)
        kept.arena = arena_create();
    arena_reset(kept.arena);
    kept.serial = db_serial(query->db);
    copy(kept.arena, oddities, kept.oddities);
    kept.good_until_us = started_us + took_us * KEEP_FACTOR;
    pthread_mutex_unlock(&kept_lock);
    return ERR_OK;
}
