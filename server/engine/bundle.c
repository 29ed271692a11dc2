/*
 * Bundles: names for items sold together (domain.md §5, §7.11).  A session uses a bundle when at any time in it
 * an included item is used and never an excluded one; then the whole session counts, on the days on which the
 * bundle's set is in force.
 */
#include "server/engine/private.h"

#include <stdio.h>
#include <stdlib.h>

/* A set with its days as instants. */
struct set_days {
    instant from, to;
    struct bytes key;
    struct bundle_set set;
};

/* Of several in force the latest issued, then the larger key. */
static const struct bundle_set *set_at(const struct set_days *list, size_t count, instant at)
{
    const struct set_days *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].from <= at && at < list[i].to &&
            (!best || list[i].set.issued > best->set.issued ||
             (list[i].set.issued == best->set.issued && bytes_compare(list[i].key, best->key) > 0)))
            best = &list[i];
    return best ? &best->set : NULL;
}

/* The lanes of codes that a catalog has had; nobody can use the others. */
static uint32_t *lanes_known(const struct engine *engine, const struct bytes *codes, size_t count, struct arena *arena, size_t *known)
{
    uint32_t *lanes = arena_alloc(arena, (count + 1) * sizeof *lanes);
    *known = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = dictionary_find(&engine->names.dictionaries[DICTIONARY_ITEM], codes[i]);
        if (number)
            lanes[(*known)++] = number - 1;
    }
    return lanes;
}

static void compile(struct engine *engine, const struct bundle_set *set, struct bundle_era *era)
{
    struct arena *arena = engine->eras.arena;
    era->count = set ? set->bundle_count : 0;
    era->bundles = arena_alloc(arena, (era->count + 1) * sizeof *era->bundles);
    for (size_t i = 0; i < era->count; i++) {
        const struct bundle *bundle = &set->bundles[i];
        struct bundle_rule *rule = &era->bundles[i];
        char code[32];
        snprintf(code, sizeof code, "bundle:%lld", (long long)bundle->id);
        rule->lane = lanes_of(engine, bytes_from_text(code));
        rule->include = lanes_known(engine, bundle->include, bundle->include_count, arena, &rule->include_count);
        rule->exclude = lanes_known(engine, bundle->exclude, bundle->exclude_count, arena, &rule->exclude_count);
    }
}

void bundles_build(struct engine *engine)
{
    struct eras *eras = &engine->eras;
    const struct statement **list;
    size_t count = rules_that_count(FACT_BUNDLE_SET, &engine->statements, &engine->names, eras->arena, &list), point_count = 0;
    struct set_days *sets = arena_alloc(eras->arena, (count + 1) * sizeof *sets);
    instant *points = arena_alloc(eras->arena, (2 * count + 1) * sizeof *points);
    points[point_count++] = INSTANT_EVER;
    for (size_t i = 0; i < count; i++) {
        sets[i] = (struct set_days){.key = arena_copy(eras->arena, list[i]->key),
                                    .set = statement_fact(list[i], &engine->names, eras->arena).bundle_set};
        rules_days(eras->counting.calendar, sets[i].set.valid_from, sets[i].set.valid_to, &sets[i].from, &sets[i].to);
        points[point_count++] = sets[i].from;
        if (sets[i].to != INSTANT_NEVER)
            points[point_count++] = sets[i].to;
    }
    instants_sort(points, point_count);
    eras->bundles = arena_alloc(eras->arena, point_count * sizeof *eras->bundles);
    const struct bundle_set *before = NULL;
    for (size_t i = 0; i < point_count; i++) {
        const struct bundle_set *set = set_at(sets, count, points[i]);
        if (eras->bundle_count && set == before)
            continue;
        struct bundle_era *era = &eras->bundles[eras->bundle_count++];
        *era = (struct bundle_era){.from = points[i]};
        compile(engine, set, era);
        before = set;
    }
}

/* --- a session's bundles ------------------------------------------------------------------------- */

static bool has_one(const uint64_t *words, const uint32_t *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[lanes[i] / 64] >> lanes[i] % 64 & 1)
            return true;
    return false;
}

/* The bundles of a set that go with the items used; asked again and again, so kept. */
static uint32_t bundles_mask(struct engine *engine, size_t number, uint32_t used)
{
    const struct bundle_era *era = &engine->eras.bundles[number];
    uint64_t key = (uint64_t)number << 32 | used;
    if (era->count == 0 || used == 0)
        return 0;
    uint32_t known = map_get(&engine->eras.bundle_masks, key);
    if (known)
        return known - 1;
    const uint64_t *items = masks_words(&engine->masks, used);
    uint64_t *words = arena_alloc(engine->scratch, engine->masks.word_count * sizeof *words);
    for (size_t i = 0; i < era->count; i++) {
        const struct bundle_rule *rule = &era->bundles[i];
        if (has_one(items, rule->include, rule->include_count) && !has_one(items, rule->exclude, rule->exclude_count))
            words[rule->lane / 64] |= 1ull << rule->lane % 64;
    }
    uint32_t mask = masks_number(&engine->masks, words);
    map_put(&engine->eras.bundle_masks, key, mask + 1);
    return mask;
}

size_t bundles_add(struct engine *engine, struct piece *pieces, size_t count, struct piece **out)
{
    const struct eras *eras = &engine->eras;
    uint32_t used = 0;
    *out = pieces;
    for (size_t i = 0; i < count; i++) /* none is empty, but the one of an empty session, which counts nowhere */
        used = masks_union(&engine->masks, used, pieces[i].mask);
    if (used == 0 || (eras->bundle_count == 1 && eras->bundles[0].count == 0))
        return count;
    struct piece *cut = arena_alloc(engine->scratch, (count + eras->bundle_count) * sizeof *cut);
    size_t made = 0, era = 0;
    for (size_t i = 0; i < count; i++) {
        instant at = pieces[i].from;
        do {
            while (era + 1 < eras->bundle_count && eras->bundles[era + 1].from <= at)
                era++;
            instant next = era + 1 < eras->bundle_count && eras->bundles[era + 1].from < pieces[i].to ? eras->bundles[era + 1].from : pieces[i].to;
            uint32_t mask = masks_union(&engine->masks, pieces[i].mask, bundles_mask(engine, era, used));
            if (made && cut[made - 1].mask == mask)
                cut[made - 1].to = next;
            else
                cut[made++] = (struct piece){at, next, mask};
            at = next;
        } while (at < pieces[i].to);
    }
    *out = cut;
    return made;
}
