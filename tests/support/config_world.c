#include "tests/support/config_world.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t world_roll(struct run *run, uint64_t below)
{
    run->dice += 0x9e3779b97f4a7c15u;
    return hash_mix(run->dice) % below;
}

/* --- the ledger: what a store would have ---------------------------------------------------------- */

static void commit(struct ledger *ledger, size_t upto)
{
    ledger->committed = memory_resize(ledger->committed, (ledger->count + upto + 1) * sizeof *ledger->committed);
    for (size_t i = 0; i < upto; i++)
        ledger->committed[ledger->count++] = ledger->pending[i];
    ledger->pending_count = 0;
}

static enum err take_fact(void *owner, const struct fact *fact)
{
    struct ledger *ledger = owner;
    const char *why = "";
    if (ledger->left == 0)
        return ERR_CANCELLED;
    ledger->left -= ledger->left > 0;
    check(fact_check(fact, ledger->arena, &why) == ERR_OK);
    ledger->pending[ledger->pending_count++] = fact_copy(fact, ledger->arena);
    return ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct ledger *ledger = owner;
    (void)raw;
    ledger->refused++;
    fprintf(stderr, "%s: refused: %s\n", place, why);
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    struct ledger *ledger = owner;
    if (ledger->left == 0)
        return ERR_CANCELLED;
    ledger->left -= ledger->left > 0;
    commit(ledger, ledger->pending_count);
    ledger->cursor = arena_copy(ledger->arena, cursor);
    return ERR_OK;
}

static enum err recall(void *owner, adapter_take_fn take, void *take_owner)
{
    struct ledger *ledger = owner;
    for (size_t i = 0; i < ledger->count; i++)
        check(take(take_owner, &ledger->committed[i]) == ERR_OK);
    return ERR_OK;
}

const struct fact *ledger_newest_source(const struct ledger *ledger)
{
    const struct fact *newest = NULL;
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->committed[i].kind == FACT_SOURCE && (!newest || ledger->committed[i].version >= newest->version))
            newest = &ledger->committed[i];
    return newest;
}

/* --- two readings of the world ------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted(char **lines, size_t count)
{
    struct buffer out = {0};
    if (count)
        qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&out, "%s\n", lines[i]);
    char *text = memory_copy_text(buffer_text(&out));
    buffer_free(&out);
    return text;
}

void world_each_object(const struct world *world, object_fn fn, void *owner)
{
    for (int i = 0; i < TENANTS; i++)
        fn(owner, OBJECT_TENANT, i + 1, &world->tenants[i]);
    for (int i = 0; i < 2; i++)
        fn(owner, OBJECT_SWITCH, i + 1, &world->switches[i]);
    for (int i = 0; i < PERSONS; i++)
        fn(owner, OBJECT_PERSON, i + 1, &world->persons[i]);
    for (int i = 0; i < PLACES; i++)
        fn(owner, OBJECT_PLACE, i + 1, &world->places[i]);
    for (int i = 0; i < GROUPS; i++)
        fn(owner, i < 2 ? OBJECT_AGENT_GROUP : OBJECT_PLACE_GROUP, i + 1, &world->groups[i]);
}

struct listing {
    struct arena *arena;
    char *lines[2000];
    size_t count;
};

static void list_object(void *owner, enum object_type type, int64_t id, const struct thing *thing)
{
    struct listing *listing = owner;
    bool person = type == OBJECT_PERSON;
    if (thing->there)
        listing->lines[listing->count++] = arena_printf(listing->arena, "%s %d tenant %d enabled %d agent %d", object_type_name(type), (int)id,
                                                        type == OBJECT_TENANT ? 0 : thing->tenant, thing->enabled, person && thing->flag);
}

char *world_text(const struct world *world)
{
    struct listing listing = {.arena = arena_create()};
    world_each_object(world, list_object, &listing);
    for (int group = 0; group < GROUPS; group++)
        for (int i = 0; i < PERSONS; i++)
            if (world->members[group][i])
                listing.lines[listing.count++] = arena_printf(listing.arena, "member %d %s %d", group + 1, group < 2 ? "person" : "place", i + 1);
    char *text = sorted(listing.lines, listing.count);
    arena_destroy(listing.arena);
    return text;
}

/* True when another statement of the same row or of a later instant holds. */
static bool is_outdone(const struct ledger *ledger, size_t which, instant at)
{
    const struct fact *fact = &ledger->committed[which];
    for (size_t i = 0; i < ledger->count; i++) {
        const struct fact *other = &ledger->committed[i];
        if (i == which || other->kind != fact->kind)
            continue;
        if (bytes_equal(other->key, fact->key) && (other->version > fact->version || (other->version == fact->version && i > which)))
            return true;
        if (fact->kind == FACT_OBJECT && other->object.type == fact->object.type && other->object.id == fact->object.id &&
            other->object.valid_from <= at && other->object.valid_from > fact->object.valid_from)
            return true;
    }
    return false;
}

char *ledger_text(const struct ledger *ledger, instant at)
{
    struct listing listing = {.arena = arena_create()};
    for (size_t i = 0; i < ledger->count; i++) {
        const struct fact *fact = &ledger->committed[i];
        const struct object *object = &fact->object;
        const struct membership *membership = &fact->membership;
        bool is_object = fact->kind == FACT_OBJECT && object->valid_from <= at && object->deleted != FLAG_YES;
        bool member = fact->kind == FACT_MEMBERSHIP && membership->from <= at && at < membership->to;
        if ((!is_object && !member) || is_outdone(ledger, i, at))
            continue;
        listing.lines[listing.count++] =
            member ? arena_printf(listing.arena, "member %d %s %d", (int)membership->group, object_type_name(membership->member_type), (int)membership->member)
                   : arena_printf(listing.arena, "%s %d tenant %d enabled %d agent %d", object_type_name(object->type), (int)object->id,
                                  object->tenant == ID_NONE ? 0 : (int)object->tenant, object->enabled == FLAG_YES, object->agent == FLAG_YES);
    }
    char *text = sorted(listing.lines, listing.count);
    arena_destroy(listing.arena);
    return text;
}

void world_shot(struct run *run, instant at)
{
    run->shots[run->shot_count] = world_text(&run->world);
    run->shot_at[run->shot_count++] = at;
}

bool world_shots_hold(const struct run *run, const char *what, uint64_t seed)
{
    for (size_t i = 0; i < run->shot_count; i++) {
        char *told = ledger_text(run->ledger, run->shot_at[i]);
        bool same = strcmp(told, run->shots[i]) == 0;
        if (!same)
            fprintf(stderr, "SEED=%" PRIu64 " %s: picture %zu of %zu, at %" PRId64 ", is told as\n%sand was\n%s", seed, what, i, run->shot_count,
                    run->shot_at[i], told, run->shots[i]);
        free(told);
        if (!same)
            return false;
    }
    return true;
}

/* --- how the world changes ----------------------------------------------------------------------- */

static void change_thing(struct run *run, struct thing *thing)
{
    switch (world_roll(run, 5)) {
    case 0:
        thing->there = !thing->there;
        break;
    case 1:
        thing->tenant = 1 + (int)world_roll(run, TENANTS);
        break;
    case 2:
        thing->flag = !thing->flag;
        break;
    default:
        thing->enabled = !thing->enabled;
    }
}

void world_change(struct run *run)
{
    struct world *world = &run->world;
    for (uint64_t changes = world_roll(run, 12); changes; changes--) {
        switch (world_roll(run, 6)) {
        case 0:
            world->tenants[world_roll(run, TENANTS)].enabled ^= true;
            break;
        case 1:
            change_thing(run, &world->places[world_roll(run, PLACES)]);
            break;
        case 2:
            change_thing(run, &world->groups[world_roll(run, GROUPS)]);
            break;
        case 3: {
            uint64_t group = world_roll(run, GROUPS);
            world->members[group][world_roll(run, group < 2 ? PERSONS : PLACES)] ^= true;
            break;
        }
        default:
            change_thing(run, &world->persons[world_roll(run, PERSONS)]);
        }
    }
    if (world_roll(run, 12) == 0)
        for (int i = 0; i < PERSONS; i++)
            world->persons[i].there = world->persons[i].there && i % 3;
    if (world_roll(run, 20) == 0)
        memset(world->members[world_roll(run, GROUPS)], 0, sizeof world->members[0]);
}

/* --- the adapter ---------------------------------------------------------------------------------- */

struct adapter_sink world_sink(struct run *run)
{
    return (struct adapter_sink){run->ledger, take_fact, take_refused, take_cursor, recall, recall};
}

struct follow *world_start(struct run *run)
{
    if (world_roll(run, 8) == 0) {
        run->ledger->cursor = BYTES_NONE;
        run->lost++;
    }
    struct follow *follow = follow_create(&(struct follow_options){.name = "config", .part = "test", .sink = world_sink(run), .hold_percent = 20, .hold_things = 5},
                                          run->ledger->cursor);
    run->ledger->left = -1;
    check(follow_open(follow) == ERR_OK);
    run->ledger->left = world_roll(run, 6) == 0 ? (int64_t)world_roll(run, 60) : -1;
    return follow;
}

/* It is gone; of what it handed over a part may have been committed, without the cursor. */
void world_killed(struct run *run)
{
    run->kills++;
    commit(run->ledger, world_roll(run, run->ledger->pending_count + 1));
}

/* An operator looks, and perhaps decides. */
void world_decide(struct run *run)
{
    struct ledger *ledger = run->ledger;
    const struct fact *source = ledger_newest_source(ledger);
    if (!source || source->source_entry.held_snapshot == ID_NONE || world_roll(run, 2))
        return;
    struct fact fact = fact_blank(FACT_DECISION);
    fact.source = BYTES_LITERAL("api");
    fact.key = bytes_from_text(arena_printf(ledger->arena, "r%zu", ledger->count));
    fact.by = fact.reason = BYTES_LITERAL("test");
    fact.decision.what = DECISION_DELETIONS;
    fact.decision.of = BYTES_LITERAL("config");
    fact.decision.snapshot = source->source_entry.held_snapshot;
    check(ledger->pending_count == 0);
    ledger->pending[ledger->pending_count++] = fact;
    commit(ledger, 1);
    run->decided++;
}

void world_begin(struct run *run, uint64_t seed)
{
    *run = (struct run){.dice = seed, .now = FIRST, .ledger = memory_alloc_zero(1, sizeof *run->ledger)};
    run->ledger->arena = arena_create();
    struct world *world = &run->world;
    for (int i = 0; i < TENANTS; i++)
        world->tenants[i] = (struct thing){true, true, false, 0};
    for (int i = 0; i < 2; i++)
        world->switches[i] = (struct thing){true, true, false, 1};
    for (int i = 0; i < PERSONS; i++)
        world->persons[i] = (struct thing){world_roll(run, 5) > 0, true, world_roll(run, 2), 1 + i % TENANTS};
    for (int i = 0; i < PLACES; i++)
        world->places[i] = (struct thing){true, true, false, 1 + i % TENANTS};
    for (int i = 0; i < GROUPS; i++)
        world->groups[i] = (struct thing){true, true, false, 1};
    for (int group = 0; group < GROUPS; group++)
        for (int i = 0; i < (group < 2 ? PERSONS : PLACES); i++)
            world->members[group][i] = world_roll(run, 2);
}

void world_end(struct run *run)
{
    for (size_t i = 0; i < run->shot_count; i++)
        free(run->shots[i]);
    for (size_t i = 0; i < run->line_count; i++)
        free(run->lines[i]);
    free(run->ledger->committed);
    arena_destroy(run->ledger->arena);
    free(run->ledger);
}

uint64_t world_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}
