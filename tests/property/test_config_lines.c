/*
 * What a sidecar tells by lines is what the configuration was, at every instant up to the watermark.
 *
 * The world of tests/support/config_world.h is told as changes and snapshots.  The stream is spiteful: what was told comes
 * again from its start (a file that is read anew), snapshots break off, a line is lost or cannot be read.  The adapter is
 * killed at random, cursors are lost, large deletions are held and sometimes decided.  Whenever the watermark moves, what
 * the world was then is kept; at the end the facts that were committed are folded at each of these instants.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 300)
 */
#include "adapters/config/stream.h"
#include "base/check.h"
#include "tests/support/config_world.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct telling {
    struct run *run;
    const struct config_map *map;
    struct follow *follow;
    struct stream *stream;
    struct world told; /* what the changes up to now say */
    bool whole;        /* a snapshot is being told: everything */
    bool dead;
    uint64_t snapshots, repeated, broken, lost_lines, moved;
};

/* Sends a line that may not reach the adapter's store. */
static void send(struct telling *telling, const char *text)
{
    if (!telling->dead && stream_line(telling->stream, bytes_from_text(text), "line", telling->run->now + 60000) != ERR_OK)
        telling->dead = true;
}

__attribute__((format(printf, 2, 3))) static void tell(struct telling *telling, const char *format, ...)
{
    struct run *run = telling->run;
    struct buffer text = {0};
    char at[INSTANT_TEXT_SIZE];
    va_list args;
    check(run->line_count < LINES_MAX);
    buffer_printf(&text, "{\"seq\":%" PRId64 ",\"at\":\"%s\",", ++run->sequence, instant_format(run->now, at));
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    buffer_append_char(&text, '}');
    run->lines[run->line_count++] = memory_copy_text(buffer_text(&text));
    buffer_free(&text);
}

static bool same_thing(const struct thing *a, const struct thing *b)
{
    return a->there == b->there && a->enabled == b->enabled && a->flag == b->flag && a->tenant == b->tenant;
}

static const struct thing *thing_of(const struct world *world, enum object_type type, int64_t id)
{
    switch (type) {
    case OBJECT_TENANT:
        return &world->tenants[id - 1];
    case OBJECT_SWITCH:
        return &world->switches[id - 1];
    case OBJECT_PERSON:
        return &world->persons[id - 1];
    case OBJECT_PLACE:
        return &world->places[id - 1];
    default:
        return &world->groups[id - 1];
    }
}

static void write_members(const struct world *world, int64_t group, struct buffer *out)
{
    bool first = true;
    buffer_append_text(out, ",\"members\":[");
    for (int i = 0; i < PERSONS; i++)
        if (world->members[group - 1][i]) {
            buffer_printf(out, "%s%d", first ? "" : ",", i + 1);
            first = false;
        }
    buffer_append_char(out, ']');
}

/* A group whose object is not there has no members: a sidecar knows them by the group alone. */
static void tell_object(void *owner, enum object_type type, int64_t id, const struct thing *thing)
{
    struct telling *telling = owner;
    struct run *run = telling->run;
    const struct thing *before = thing_of(&telling->told, type, id);
    bool group = type == OBJECT_AGENT_GROUP || type == OBJECT_PLACE_GROUP;
    bool members = group && memcmp(run->world.members[id - 1], telling->told.members[id - 1], sizeof run->world.members[0]) != 0;
    if (!telling->whole && same_thing(before, thing) && !members)
        return;
    if (!thing->there) {
        if (!telling->whole && before->there)
            tell(telling, "\"op\":\"delete\",\"type\":\"%s\",\"dbid\":%d", object_type_name(type), (int)id);
        return;
    }
    struct buffer fields = {0};
    buffer_printf(&fields, "\"state\":\"%s\"", thing->enabled ? "enabled" : "disabled");
    if (type != OBJECT_TENANT)
        buffer_printf(&fields, ",\"tenant\":%d", thing->tenant);
    if (type == OBJECT_PERSON)
        buffer_printf(&fields, ",\"agent\":%s,\"name\":\"Somebody\"", thing->flag ? "true" : "false");
    if (group)
        write_members(&run->world, id, &fields);
    tell(telling, "\"op\":\"upsert\",\"type\":\"%s\",\"dbid\":%d,\"fields\":{%s}", object_type_name(type), (int)id, buffer_text(&fields));
    buffer_free(&fields);
}

static void tell_world(struct telling *telling, bool whole)
{
    telling->whole = whole;
    if (whole) {
        telling->snapshots++;
        tell(telling, "\"op\":\"snapshot-begin\"");
    }
    world_each_object(&telling->run->world, tell_object, telling);
    tell(telling, whole ? "\"op\":\"snapshot-end\"" : "\"op\":\"alive\"");
    telling->told = telling->run->world;
}

static void start(struct telling *telling)
{
    stream_destroy(telling->stream);
    follow_destroy(telling->follow);
    telling->follow = world_start(telling->run);
    telling->stream = stream_create(&(struct stream_options){.part = "test", .map = telling->map, .follow = telling->follow, .sink = world_sink(telling->run)});
    telling->dead = false;
}

static void stop(struct telling *telling)
{
    stream_destroy(telling->stream);
    follow_destroy(telling->follow);
}

/* Ends a batch; when the watermark moved to now, everything told is in. */
static void settle(struct telling *telling, instant before)
{
    struct run *run = telling->run;
    if (!telling->dead && stream_commit(telling->stream) != ERR_OK)
        telling->dead = true;
    if (telling->dead)
        return;
    instant until = follow_until(telling->follow);
    if (until != INSTANT_NONE && until != before && until == run->now) {
        telling->moved++;
        world_shot(run, run->now);
    }
    if (follow_is_held(telling->follow))
        run->held++;
}

/* Groups that are not there have no members in this world. */
static void tidy(struct world *world)
{
    for (int group = 0; group < GROUPS; group++)
        if (!world->groups[group].there)
            memset(world->members[group], 0, sizeof world->members[0]);
}

static void step(struct telling *telling, bool first)
{
    struct run *run = telling->run;
    size_t from = run->line_count;
    instant before = follow_until(telling->follow);
    run->now += 60000;
    world_change(run);
    tidy(&run->world);
    bool whole = first || world_roll(run, 6) == 0;
    tell_world(telling, whole);
    size_t lose = !first && world_roll(run, 15) == 0 ? from + world_roll(run, run->line_count - from) : SIZE_MAX, cut = SIZE_MAX;
    if (world_roll(run, 15) == 0) { /* a file that is read from its start again */
        telling->repeated++;
        from = 0;
    }
    if (whole && !first && world_roll(run, 8) == 0) {
        telling->broken++;
        cut = from + world_roll(run, run->line_count - from);
    }
    for (size_t i = from; i < run->line_count && i < cut; i++)
        if (i != lose)
            send(telling, run->lines[i]);
    telling->lost_lines += lose != SIZE_MAX;
    if (cut != SIZE_MAX)
        stream_break(telling->stream);
    settle(telling, before);
    if (!telling->dead && run->ledger->pending_count == 0) {
        before = follow_until(telling->follow);
        world_decide(run);
        if (stream_decide(telling->stream, run->now) != ERR_OK)
            telling->dead = true;
        settle(telling, before);
    }
    if (telling->dead)
        world_killed(run);
    if (telling->dead || world_roll(run, 7) == 0) {
        /* Whoever comes back tells everything, as a sidecar does that does not know where we are. */
        start(telling);
    }
}

static void tell_all(struct run *run, struct telling *telling, uint64_t seed, const struct config_map *map)
{
    *telling = (struct telling){.run = run, .map = map};
    world_begin(run, seed);
    start(telling);
    for (int i = 0; i < STEPS && run->line_count + 400 < LINES_MAX; i++)
        step(telling, i == 0);
    stop(telling);
    cr_assert(world_shots_hold(run, "a sidecar", seed), "SEED=%" PRIu64, seed);
}

Test(config_lines, what_a_sidecar_tells_is_what_the_configuration_was, .timeout = 1200)
{
    uint64_t first = world_number("SEED", 1), seeds = world_number("SEEDS", 300), kills = 0, held = 0, decided = 0, moved = 0, broken = 0, lost = 0, repeated = 0;
    struct arena *arena = arena_create();
    const struct config_map *map;
    const char *why = NULL;
    cr_assert_eq(config_map_read(BYTES_NONE, arena, &map, &why), ERR_OK);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct run run;
        struct telling telling;
        tell_all(&run, &telling, seed, map);
        kills += run.kills;
        held += run.held;
        decided += run.decided;
        moved += telling.moved;
        broken += telling.broken;
        lost += telling.lost_lines;
        repeated += telling.repeated;
        world_end(&run);
    }
    printf("SEED=%" PRIu64 " SEEDS=%" PRIu64 ": %" PRIu64 " watermarks, %" PRIu64 " kills, %" PRIu64 " snapshots broken off, %" PRIu64 " lines lost, %" PRIu64
           " times all again, %" PRIu64 " times held, %" PRIu64 " decided\n", first, seeds, moved, kills, broken, lost, repeated, held, decided);
    cr_expect(seeds < 20 || (kills && held && decided && broken && lost && repeated));
    arena_destroy(arena);
}
