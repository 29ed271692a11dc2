/*
 * Who was in it: behind every level that the naive judge counts stand as many seats as it says, used by the
 * sessions that it says, of every scope, item and of both chains of seat keys, at each instant of change.
 *
 *   SEED=n    the first seed (default 1)     SEEDS=n   how many (default 100)
 *
 * And why a peak is what it is: over random periods the sweep, with each choice of what is left out, finds
 * the peak that looking at every instant finds; query_explain(), from a store opened anew, tells the same.
 */
#include "base/check.h"
#include "server/ingest/ingest.h"
#include "server/query/explain.h"
#include "tests/support/naive.h"
#include "tests/support/spite.h"
#include "tests/support/trial.h"
#include "tests/support/ways.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct seen { /* as trial_run.counts has them */
    uint64_t counters, instants, uses, sweeps, peaks_lower[EXPLAIN_STEPS], answers, kinds[SEAT_BY_PORT + 1], ends[4], twins, shared;
};
static_assert(sizeof(struct seen) <= TRIAL_COUNTS * sizeof(uint64_t), "as many as a trial counts");

struct trial {
    const struct catalog *catalog;
    struct naive *naive;
    struct engine *engine;
    struct arena *arena;
    struct dice dice;
    instant from, to;
    unsigned faults;
    struct buffer *why;
    struct seen *seen;
};

static void fault(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct trial *trial, const char *format, ...)
{
    va_list args;
    if (trial->faults++ >= 6)
        return;
    buffer_append_text(trial->why, "  ");
    va_start(args, format);
    buffer_vprintf(trial->why, format, args);
    va_end(args);
    buffer_append_char(trial->why, '\n');
}

/* --- texts to compare ------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_media(struct buffer *out, const struct bytes *media, size_t count)
{
    char **texts = memory_alloc((count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        struct buffer text = {0};
        buffer_append_bytes(&text, media[i]);
        texts[i] = memory_copy_text(buffer_text(&text));
        buffer_free(&text);
    }
    qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(texts[i], texts[i - 1]) != 0)
            buffer_printf(out, " %s", texts[i]);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static const char *ours(struct trial *trial, const struct use *use, enum profile profile)
{
    struct told_session told;
    struct buffer out = {0};
    engine_tell(trial->engine, use->session, profile, trial->arena, &told);
    bool port = told.seat.kind >= SEAT_BY_CALL;
    buffer_append_bytes(&out, told.id);
    buffer_printf(&out, " uses %" PRId64 "..%" PRId64, use->from, use->to);
    if (!port) {
        buffer_printf(&out, " lasts %" PRId64 "..%" PRId64 " %s person %" PRId64 " place %" PRId64 " dn %" PRId64 " tenant %" PRId64 " twins %zu app ",
                      told.begin, told.end, end_reason_name(told.reason), told.person, told.place, told.dn, told.tenant, told.id_count);
        buffer_append_bytes(&out, told.app);
        add_media(&out, told.media, told.media_count);
    } else {
        buffer_append_bytes(&out, told.sources[0]);
    }
    trial->seen->kinds[told.seat.kind]++;
    trial->seen->ends[told.reason]++;
    trial->seen->twins += told.id_count > 1;
    const char *text = arena_text(trial->arena, buffer_bytes(&out));
    buffer_free(&out);
    return text;
}

static const char *theirs(struct trial *trial, const struct naive_user *user)
{
    static const char *const ends[] = {[NAIVE_END_OPEN] = "open", [NAIVE_END_TRUE] = "true", [NAIVE_END_SUPERSEDED] = "superseded", [NAIVE_END_CAPPED] = "capped"};
    struct buffer out = {0};
    const struct naive_session *session = user->session;
    buffer_append_bytes(&out, session ? session->id : user->port->key);
    buffer_printf(&out, " uses %" PRId64 "..%" PRId64, user->from, user->to);
    if (session) {
        buffer_printf(&out, " lasts %" PRId64 "..%" PRId64 " %s person %" PRId64 " place %" PRId64 " dn %" PRId64 " tenant %" PRId64 " twins %zu app ",
                      session->begin, session->end, ends[session->end_kind], session->person, session->place, session->dn, session->tenant,
                      session->copies);
        buffer_append_bytes(&out, session->app);
        add_media(&out, session->media, session->media_count);
    } else {
        buffer_append_bytes(&out, user->port->source);
    }
    const char *text = arena_text(trial->arena, buffer_bytes(&out));
    buffer_free(&out);
    return text;
}

/* --- one counter ------------------------------------------------------------------------------------ */

static int64_t seats_at(struct trial *trial, const struct use *uses, size_t count, unsigned without, instant at)
{
    int64_t seats = 0;
    for (size_t start = 0, end; start < count; start = end) {
        end = uses_of_seat(uses, count, start);
        seats += uses_hold(&uses[start], end - start, without, at);
        trial->seen->shared += !without && uses_shared(&uses[start], end - start, 0, at);
    }
    return seats;
}

static void compare_users(struct trial *trial, const char *what, const struct use *uses, size_t count, enum profile profile,
                          const struct naive_user *users, size_t user_count)
{
    const char **found = arena_alloc(trial->arena, (count + 1) * sizeof *found), **expected = arena_alloc(trial->arena, (user_count + 1) * sizeof *expected);
    for (size_t i = 0; i < count; i++)
        found[i] = ours(trial, &uses[i], profile);
    for (size_t i = 0; i < user_count; i++)
        expected[i] = theirs(trial, &users[i]);
    qsort(found, count, sizeof *found, by_text);
    qsort(expected, user_count, sizeof *expected, by_text);
    for (size_t i = 0; i < count || i < user_count; i++)
        if (i >= count || i >= user_count || strcmp(found[i], expected[i]) != 0) {
            fault(trial, "%s: a use \"%s\", expected \"%s\"", what, i < count ? found[i] : "none", i < user_count ? expected[i] : "none");
            break;
        }
    trial->seen->uses += count;
}

/* The peak of [start, end) by looking at its first instant and at every instant where something begins or ends. */
static struct sweep slow_sweep(struct trial *trial, const struct use *uses, size_t count, unsigned without, instant start, instant end)
{
    struct sweep sweep = {.peak = seats_at(trial, uses, count, without, start), .peak_at = start};
    for (int pass = 0; pass < 2; pass++) /* first the peak, then its latest rise */
        for (size_t i = 0; i < 2 * count; i++) {
            instant at = i % 2 ? uses[i / 2].to : uses[i / 2].from;
            if (at <= start || at >= end)
                continue;
            int64_t level = seats_at(trial, uses, count, without, at);
            if (level > sweep.peak)
                sweep.peak = level;
            if (pass && level == sweep.peak && at > sweep.peak_at && level > seats_at(trial, uses, count, without, at - 1))
                sweep.peak_at = at;
        }
    if (sweep.peak == 0)
        sweep.peak_at = INSTANT_NONE;
    return sweep;
}

static void try_sweeps(struct trial *trial, const char *what, const struct use *uses, size_t count, const struct naive_line *line)
{
    instant start = trial->from + (instant)dice_roll(&trial->dice, (uint64_t)(trial->to - trial->from));
    if (count && dice_chance(&trial->dice, 50))
        start = uses[dice_roll(&trial->dice, count)].from;
    instant end = start + 1 + (instant)dice_roll(&trial->dice, DAY_MS);
    struct naive_usage judged = naive_usage(line, start, end);
    for (unsigned without = 0; without <= WITHOUT_ALL; without++) {
        struct sweep sweep = uses_sweep(uses, count, without, start, end), slow = slow_sweep(trial, uses, count, without, start, end);
        if (sweep.peak != slow.peak || sweep.peak_at != slow.peak_at)
            fault(trial, "%s: without %u: peak %" PRId64 " at %" PRId64 ", every instant says %" PRId64 " at %" PRId64, what, without, sweep.peak,
                  sweep.peak_at, slow.peak, slow.peak_at);
        if (!without && (sweep.peak != judged.peak || sweep.peak_at != judged.peak_at))
            fault(trial, "%s: peak %" PRId64 " at %" PRId64 ", the judge says %" PRId64 " at %" PRId64, what, sweep.peak, sweep.peak_at, judged.peak,
                  judged.peak_at);
        for (int i = 0; i < EXPLAIN_STEPS; i++)
            trial->seen->peaks_lower[i] += without == 1u << i && sweep.peak < judged.peak;
        trial->seen->sweeps++;
    }
}

static void try_counter(struct trial *trial, enum scope_kind kind, int64_t id, size_t item)
{
    static const enum profile profiles[] = {PROFILE_EXACT, PROFILE_PERSON};
    const struct naive_user *users;
    size_t user_count = naive_users(trial->naive, kind, id, item, &users);
    for (int p = 0; p < 2; p++) {
        struct use_request request = {{kind, id}, (uint32_t)item + 1, profiles[p], 0, INSTANT_NEVER};
        struct naive_line line = naive_line(trial->naive, kind, id, item, profiles[p]);
        struct use *uses;
        size_t count = engine_uses(trial->engine, &request, trial->arena, &uses);
        struct bytes code = trial->catalog->items[item].code;
        const char *what = arena_printf(trial->arena, "%s %" PRId64 " %.*s %s", scope_kind_name(kind), id, (int)code.len, (const char *)code.data,
                                        profile_name(profiles[p]));
        compare_users(trial, what, uses, count, profiles[p], users, user_count);
        for (size_t i = 0; i < line.count; i++) {
            instant at = line.steps[i].at;
            int64_t before = i ? line.steps[i - 1].level : 0;
            if (seats_at(trial, uses, count, 0, at) != line.steps[i].level || seats_at(trial, uses, count, 0, at - 1) != before)
                fault(trial, "%s: at %" PRId64 " %" PRId64 " seats, expected %" PRId64, what, at, seats_at(trial, uses, count, 0, at), line.steps[i].level);
        }
        trial->seen->instants += line.count;
        trial->seen->counters++;
        if (count)
            try_sweeps(trial, what, uses, count, &line);
        arena_reset(trial->arena);
    }
}

/* --- the whole answer, from the files ---------------------------------------------------------------- */

static void try_answer(struct trial *trial, struct query *query, enum scope_kind kind, int64_t id, size_t item, instant at)
{
    enum profile profile = dice_chance(&trial->dice, 50) ? PROFILE_EXACT : PROFILE_PERSON;
    struct explain_request request = {{kind, id}, trial->catalog->items[item].code, at, profile, GRANULARITY_10M + (enum granularity)dice_roll(&trial->dice, 3), BYTES_NONE};
    struct naive_line line = naive_line(trial->naive, kind, id, item, profile);
    struct explain_answer answer;
    const char *why = "";
    if (query_explain(query, &request, trial->arena, &answer, &why) != ERR_OK) {
        fault(trial, "no answer at %" PRId64 ": %s", at, why);
        return;
    }
    struct naive_usage judged = naive_usage(&line, answer.start, answer.end);
    if ((int64_t)answer.seat_count != naive_level(&line, at) || answer.peak != judged.peak || answer.peak_at != judged.peak_at)
        fault(trial, "answer at %" PRId64 ": %zu seats, peak %" PRId64 " at %" PRId64 "; expected %" PRId64 ", %" PRId64 " at %" PRId64, at,
              answer.seat_count, answer.peak, answer.peak_at, naive_level(&line, at), judged.peak, judged.peak_at);
    /* Rise and makers: as many as took a seat, less those that left in that millisecond. */
    if (answer.maker_count && naive_level(&line, answer.peak_at) - naive_level(&line, answer.peak_at - 1) > (int64_t)answer.maker_count)
        fault(trial, "answer at %" PRId64 ": %zu made the peak, expected more", at, answer.maker_count);
    int64_t last = answer.peak;
    for (int i = 0; i < EXPLAIN_STEPS; last = answer.steps[i++].peak)
        if (answer.steps[i].peak > last || answer.steps[i].alone > answer.peak || answer.steps[i].peak < last - (int64_t)answer.steps[i].seat_count)
            fault(trial, "answer at %" PRId64 ": step %d has %" PRId64 " after %" PRId64 " and %zu seats", at, i, answer.steps[i].peak, last,
                  answer.steps[i].seat_count);
    trial->seen->answers++;
}

static void try_scopes(struct trial *trial, struct query *query)
{
    for (enum scope_kind kind = 0; kind < SCOPE_KIND_COUNT; kind++) {
        const int64_t *ids;
        size_t count = naive_scopes(trial->naive, kind, &ids);
        for (size_t i = 0; i < count; i++)
            for (size_t item = 0; item < trial->catalog->count; item++) {
                if (!trial->catalog->items[item].measure_concurrent)
                    continue;
                try_counter(trial, kind, ids[i], item);
                struct naive_line line = naive_line(trial->naive, kind, ids[i], item, PROFILE_EXACT);
                if (line.count && dice_chance(&trial->dice, 2))
                    try_answer(trial, query, kind, ids[i], item, line.steps[dice_roll(&trial->dice, line.count)].at);
                arena_reset(trial->arena);
            }
    }
}

static bool holds(void *owner, const struct trial_run *run)
{
    struct trial_spite *property = owner;
    struct way_store store;
    struct query *query;
    struct trial trial = {.catalog = property->catalog, .arena = arena_create(), .dice = {property->seed}, .from = property->spite.from, .to = property->spite.to,
                          .why = run->why, .seen = (struct seen *)run->counts};
    struct fact *facts = trial_facts(run->heap, 0);
    way_store_create(&store, run->parent, property->catalog, property->spite.cap_hours);
    store.sealing = property->seed | 1;
    way_store_take(&store, run->heap->facts, run->heap->count);
    way_store_flush(&store);
    trial.naive = naive_create(facts, run->heap->count, &(struct naive_options){.catalog = property->catalog, .cap_hours = property->spite.cap_hours});
    trial.engine = ingest_engine(store.ingest);
    check(query_open(store.db, &query) == ERR_OK);
    try_scopes(&trial, query);
    query_close(query);
    way_store_destroy(&store);
    naive_destroy(trial.naive);
    arena_destroy(trial.arena);
    free(facts);
    return trial.faults == 0;
}

/* False when something that should have been tried was not. */
static bool print_seen(const struct seen *seen)
{
    bool all = seen->twins && seen->shared;
    printf("explain: seats by");
    for (int kind = SEAT_BY_PLACE; kind <= SEAT_BY_PORT; kind++) {
        printf(" %s %" PRIu64, seat_kind_name((enum seat_kind)kind), seen->kinds[kind]);
        all = all && seen->kinds[kind];
    }
    printf("; sessions");
    for (int end = END_OPEN; end <= END_CAPPED; end++) {
        printf(" %s %" PRIu64, end_reason_name((enum end_reason)end), seen->ends[end]);
        all = all && seen->ends[end];
    }
    printf("; twins %" PRIu64 "; shared %" PRIu64 "; peaks lower without capped %" PRIu64 ", superseded %" PRIu64 ", shared %" PRIu64 "\n", seen->twins,
           seen->shared, seen->peaks_lower[0], seen->peaks_lower[1], seen->peaks_lower[2]);
    return all && seen->peaks_lower[0] && seen->peaks_lower[1] && seen->peaks_lower[2];
}

int main(void)
{
    struct arena *arena = arena_create();
    struct trial_spite property = {.catalog = way_catalog(catalog_shipped(), arena)};
    struct trial_property trial = {"explain", 100, holds, &property, trial_make_spite, NULL};
    uint64_t counts[TRIAL_COUNTS] = {0}, first, seeds;
    unsigned failed = trial_seeds(&trial, counts, &first, &seeds);
    const struct seen *seen = (const struct seen *)counts;
    bool all_tried = print_seen(seen);
    printf("explain: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " counters, %" PRIu64 " instants and %" PRIu64 " uses as the naive judge has them, %" PRIu64
           " sweeps, %" PRIu64 " answers; %u seeds differ\n", first, first + seeds - 1, seen->counters, seen->instants, seen->uses, seen->sweeps,
           seen->answers, failed);
    arena_destroy(arena);
    if (seeds >= 50 && !failed && !all_tried)
        printf("explain: a kind of seat, an end or a step was never tried: the world has lost its spite\n");
    return failed != 0 || (seeds >= 50 && !all_tried);
}
