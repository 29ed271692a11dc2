/*
 * The configuration's history equals the configuration, at every instant of which a whole picture was taken.
 *
 * A seed gives a world of tenants, switches, persons, places, groups and members that changes at random, with now and then a third of
 * something missing.  It is followed as a database is, by whole pictures.  The adapter is killed at random: what it had
 * handed over may be committed in part and without its cursor, and cursors are lost.  Large deletions are held and
 * sometimes decided.  The facts that were committed are then folded, by this file's own reading of the contract, at
 * every instant of which a picture counted; while something is held, nothing of it may be among them.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 300)
 */
#include "tests/support/config_world.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

static void show_object(void *owner, enum object_type type, int64_t id, const struct thing *thing)
{
    struct object object = fact_blank(FACT_OBJECT).object;
    object.type = type;
    object.id = id;
    object.tenant = type == OBJECT_TENANT ? ID_NONE : thing->tenant;
    object.enabled = thing->enabled ? FLAG_YES : FLAG_NO;
    if (type == OBJECT_PERSON)
        object.agent = thing->flag ? FLAG_YES : FLAG_NO;
    if (thing->there)
        known_found(owner, &object);
}

/* A picture of the world as a database shows it. */
static enum err picture(struct run *run, struct follow *follow, enum follow_outcome *outcome)
{
    struct known *known = follow_known(follow);
    known_begin(known);
    world_each_object(&run->world, show_object, known);
    for (int group = 0; group < GROUPS; group++)
        for (int i = 0; i < PERSONS; i++)
            if (run->world.members[group][i])
                known_found_member(known, group + 1, group < 2 ? OBJECT_PERSON : OBJECT_PLACE, i + 1);
    for (int class = OBJECT_MAILBOX; class <= OBJECT_IVR_PORT; class++)
        known_keep(known, class);
    enum err err = follow_picture(follow, run->now, outcome);
    return err ? err : follow_commit(follow, *outcome == FOLLOW_TAKEN ? run->now : INSTANT_NONE);
}

static void by_database(struct run *run, uint64_t seed)
{
    struct follow *follow = world_start(run);
    for (int step = 0; step < STEPS; step++) {
        enum follow_outcome outcome;
        run->now += 60000;
        world_change(run);
        enum err err = picture(run, follow, &outcome);
        if (err) {
            world_killed(run);
        } else if (outcome == FOLLOW_TAKEN) {
            world_shot(run, run->now);
        } else {
            cr_assert_eq(ledger_newest_source(run->ledger)->source_entry.kind, SOURCE_CONFIG);
            cr_assert_neq(ledger_newest_source(run->ledger)->source_entry.held_snapshot, ID_NONE, "SEED=%" PRIu64 ": held, and nobody can see it", seed);
            run->held++;
            world_decide(run);
        }
        if (err || world_roll(run, 7) == 0) {
            follow_destroy(follow);
            follow = world_start(run);
        }
    }
    follow_destroy(follow);
    cr_assert(world_shots_hold(run, "a database", seed));
}

Test(config, the_history_of_a_database_equals_it_at_every_picture, .timeout = 1200)
{
    uint64_t first = world_number("SEED", 1), seeds = world_number("SEEDS", 300), kills = 0, held = 0, decided = 0, lost = 0, shots = 0, facts = 0;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct run run;
        world_begin(&run, seed);
        by_database(&run, seed);
        kills += run.kills;
        held += run.held;
        decided += run.decided;
        lost += run.lost;
        shots += run.shot_count;
        facts += run.ledger->count;
        world_end(&run);
    }
    printf("SEED=%" PRIu64 " SEEDS=%" PRIu64 ": %" PRIu64 " pictures, %" PRIu64 " facts, %" PRIu64 " kills, %" PRIu64 " cursors lost, %" PRIu64 " times held, %" PRIu64
           " decided\n", first, seeds, shots, facts, kills, lost, held, decided);
    cr_expect(seeds < 20 || (kills && held && decided && lost));
}
