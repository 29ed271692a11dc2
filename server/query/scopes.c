/*
 * Who has rows (domain.md §7.18), and what they are called.
 *
 * Tenants are named by objects (their own and those that belong to them), by rules, and by what was
 * counted; groups by their objects, by memberships and campaigns, and by what was counted.  Reading every
 * object's body as JSON would cost seconds at a large site, so bodies are searched for their canonical
 * members; a quote inside a text is escaped, so a member's name with its quotes stands nowhere else.  The
 * list that a large store names so is kept for some twenty times as long as it took; who was counted is
 * always read from the snapshot.
 */
#include "server/query/snapshot.h"

#include "base/map.h"
#include "proto/fact_json.h"

#include <pthread.h>
#include <stdlib.h>

struct named {
    int64_t id, tenant;
    struct bytes name;
    instant valid_from;
    struct bytes source;
};

struct collection {
    struct arena *arena;
    enum scope_kind kind;
    struct map numbers; /* id + 1 → index + 1 */
    struct named *list; /* malloc'ed */
    size_t count, capacity;
};

static struct named *named_of(struct collection *all, int64_t id)
{
    uint64_t key = (uint64_t)id + 1;
    uint32_t found = map_get(&all->numbers, key);
    if (found)
        return &all->list[found - 1];
    if (all->count == all->capacity) {
        all->capacity = all->capacity * 2 + 64;
        all->list = memory_resize(all->list, all->capacity * sizeof *all->list);
    }
    all->list[all->count] = (struct named){.id = id, .tenant = ID_NONE, .valid_from = INSTANT_EVER};
    map_put(&all->numbers, key, (uint32_t)++all->count);
    return &all->list[all->count - 1];
}

static const uint8_t *find_text(struct bytes in, const char *text)
{
    return in.len ? memmem(in.data, in.len, text, strlen(text)) : NULL;
}

static bool take_id(struct bytes value, const uint8_t *at, int64_t *id)
{
    const uint8_t *end = value.data + value.len, *digit = at;
    int64_t number = 0;
    for (; digit < end && *digit >= '0' && *digit <= '9' && digit - at < 19; digit++)
        number = number * 10 + (*digit - '0');
    *id = number;
    return digit > at && number >= 0;
}

/* The same version of one object from two sources: api first, then by name (domain.md §7.19). */
static bool source_is_before(struct bytes a, struct bytes b)
{
    bool a_api = bytes_equal_text(a, "api"), b_api = bytes_equal_text(b, "api");
    return a_api != b_api ? a_api : bytes_compare(a, b) < 0;
}

/* What says of an object or a membership in its canonical body that it names a scope of the kind. */
static const struct {
    enum object_type type;
    const char *object, *membership;
} words[SCOPE_KIND_COUNT] = {
    [SCOPE_TENANT] = {OBJECT_TENANT, "\"type\":\"tenant\"", NULL},
    [SCOPE_AGENT_GROUP] = {OBJECT_AGENT_GROUP, "\"type\":\"agent-group\"", "\"member_type\":\"person\""},
    [SCOPE_PLACE_GROUP] = {OBJECT_PLACE_GROUP, "\"type\":\"place-group\"", "\"member_type\":\"place\""},
};

static void take_object(struct collection *all, struct bytes key, struct bytes body)
{
    struct fact fact = fact_blank(FACT_OBJECT);
    struct bytes rest = key, kind, fact_key, source;
    const char *why;
    if (!key_take_text(&rest, &kind) || !key_take_text(&rest, &fact_key) || !key_take_text(&rest, &source))
        return;
    fact.source = source;
    fact.key = fact_key;
    fact.version = 0;
    if (fact_json_read_body(body, all->arena, &fact, &why) != ERR_OK || fact.object.type != words[all->kind].type)
        return;
    struct named *named = named_of(all, fact.object.id);
    bool newer = fact.object.valid_from > named->valid_from ||
                 (fact.object.valid_from == named->valid_from &&
                  (!bytes_present(named->source) || source_is_before(source, named->source)));
    if (!newer)
        return;
    named->valid_from = fact.object.valid_from;
    named->source = arena_copy(all->arena, source);
    named->name = bytes_present(fact.object.name) ? arena_copy(all->arena, fact.object.name) : BYTES_NONE;
    named->tenant = all->kind == SCOPE_TENANT ? ID_NONE : fact.object.tenant;
}

static void take_member(struct collection *all, struct bytes value, const char *member)
{
    int64_t id;
    const uint8_t *at = find_text(value, member);
    if (at && take_id(value, at + strlen(member), &id))
        named_of(all, id);
}

static void take_table(struct db_txn *txn, enum db_table table, struct collection *all)
{
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, table, BYTES_NONE);
    bool groups = all->kind != SCOPE_TENANT;
    while (db_cursor_next(cursor, &key, &value)) {
        if (!groups)
            take_member(all, value, "\"tenant\":");
        else if (find_text(value, words[all->kind].membership) || (all->kind == SCOPE_AGENT_GROUP && find_text(value, "\"loaded_from\":")))
            take_member(all, value, "\"group\":"); /* a campaign is worked by an agent group */
        if (value.len > 8 && find_text(value, words[all->kind].object))
            take_object(all, key, bytes_of(value.data + 8, value.len - 8)); /* behind the version */
    }
    db_cursor_close(cursor);
}

/* Tenants with levels; the unassigned have rows only if something was counted for them. */
static void take_live(struct db_txn *txn, struct collection *all)
{
    struct bytes key, value;
    uint64_t id;
    struct key prefix = {.len = 0};
    key_add_u8(&prefix, (uint8_t)all->kind);
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_LIVE, key_bytes(&prefix));
    while (db_cursor_next(cursor, &key, &value)) {
        key.data++;
        key.len--;
        if (key_take_u64(&key, &id))
            named_of(all, (int64_t)id);
    }
    db_cursor_close(cursor);
}

static bool unassigned_counted(struct db_txn *txn)
{
    struct key key;
    struct bytes value;
    live_key(&key, (struct scope){SCOPE_TENANT, 0});
    return db_get(txn, TABLE_LIVE, key_bytes(&key), &value);
}

static int by_id(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    uint64_t serial; /* of the db */
    struct arena *arena;
    struct query_scope *scopes;
    size_t count;
    int64_t good_until_us;
} keeps[SCOPE_KIND_COUNT];

/* Those that configuration and rules name; their names live in arena. */
static void collect(struct query *query, enum scope_kind kind, struct arena *arena, struct query_scope **out, size_t *out_count)
{
    struct collection all = {.arena = arena, .kind = kind};
    take_table(query->txn, TABLE_HISTORY, &all);
    take_table(query->txn, TABLE_RULES, &all);
    if (kind == SCOPE_AGENT_GROUP)
        take_table(query->txn, TABLE_ROW, &all);
    struct query_scope *scopes = arena_alloc(arena, (all.count + 1) * sizeof *scopes);
    for (size_t i = 0; i < all.count; i++)
        scopes[i] = (struct query_scope){{kind, all.list[i].id}, all.list[i].name, all.list[i].tenant};
    *out = scopes;
    *out_count = all.count;
    free(all.list);
    map_free(&all.numbers);
}

/* With those that were counted, in order: these are asked for anew each time, for whoever is in use must have
 * rows, however old the list of names is. */
static size_t add_counted(struct query *query, enum scope_kind kind, struct arena *arena, const struct query_scope *known,
                          size_t known_count, struct query_scope **out)
{
    struct collection all = {.arena = arena, .kind = kind};
    for (size_t i = 0; i < known_count; i++) {
        struct named *named = named_of(&all, known[i].scope.id);
        named->name = known[i].name;
        named->tenant = known[i].tenant;
    }
    take_live(query->txn, &all);
    bool zero = kind != SCOPE_TENANT || unassigned_counted(query->txn);
    struct query_scope *scopes = arena_alloc(arena, (all.count + 1) * sizeof *scopes);
    size_t count = 0;
    if (all.count)
        qsort(all.list, all.count, sizeof *all.list, by_id);
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].id != 0 || zero)
            scopes[count++] = (struct query_scope){{kind, all.list[i].id}, all.list[i].name, all.list[i].tenant};
    free(all.list);
    map_free(&all.numbers);
    *out = scopes;
    return count;
}

static void copy_scopes(struct arena *arena, const struct query_scope *from, size_t count, struct query_scope *to)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
        if (bytes_present(from[i].name))
            to[i].name = arena_copy(arena, from[i].name);
    }
}

static size_t collected(struct query *query, enum scope_kind kind, struct arena *arena, const struct query_scope **out)
{
    enum { KEEP_FACTOR = 20, KEEP_FROM_US = 2000 };
    struct query_scope *scopes = NULL;
    size_t count = 0;
    pthread_mutex_lock(&kept_lock);
    if (keeps[kind].arena && keeps[kind].serial == db_serial(query->db) && clock_mono_us() < keeps[kind].good_until_us) {
        count = keeps[kind].count;
        scopes = arena_alloc(arena, (count + 1) * sizeof *scopes);
        copy_scopes(arena, keeps[kind].scopes, count, scopes);
    }
    pthread_mutex_unlock(&kept_lock);
    if (!scopes) {
        int64_t started_us = clock_mono_us();
        collect(query, kind, arena, &scopes, &count);
        int64_t took_us = clock_mono_us() - started_us;
        if (took_us >= KEEP_FROM_US) {
            pthread_mutex_lock(&kept_lock);
            if (!keeps[kind].arena)
                keeps[kind].arena = arena_create();
            arena_reset(keeps[kind].arena);
            keeps[kind].serial = db_serial(query->db);
            keeps[kind].count = count;
            keeps[kind].scopes = arena_alloc(keeps[kind].arena, (count + 1) * sizeof *keeps[kind].scopes);
            copy_scopes(keeps[kind].arena, scopes, count, keeps[kind].scopes);
            keeps[kind].good_until_us = started_us + took_us * KEEP_FACTOR;
            pthread_mutex_unlock(&kept_lock);
        }
    }
    count = add_counted(query, kind, arena, scopes, count, &scopes);
    *out = scopes;
    return count;
}

size_t query_scopes(struct query *query, enum scope_kind kind, struct arena *arena, const struct query_scope **scopes)
{
    if (kind != SCOPE_SYSTEM)
        return collected(query, kind, arena, scopes);
    struct query_scope *one = arena_alloc(arena, sizeof *one);
    *one = (struct query_scope){{SCOPE_SYSTEM, 0}, BYTES_NONE, ID_NONE};
    *scopes = one;
    return 1;
}
