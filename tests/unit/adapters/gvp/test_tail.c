/*
 * The tail against a Reporting Server in memory that moves while it is read, is late, fails and lies about its clock, with the
 * adapter killed at any request: nothing is lost, nothing is counted twice, and no watermark says more than was handed over.
 * SEED repeats one run, SEEDS says how many.
 */
#include "tests/unit/adapters/gvp/model.h"

#include "base/log.h"
#include "proto/fact.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAG_SECONDS = 60, POLLS = 250 };

struct row {
    char key[32];
    int64_t version;
    struct port port;
};

/* What a store would hold: rows by key, the newest version of each. */
struct store {
    struct row rows[MODEL_LEGS_MAX * 2];
    size_t count;
};

struct trial {
    struct model model;
    struct gvp_settings settings;
    struct arena *arena;
    struct store store, pending; /* pending: since the last cursor */
    struct buffer cursor;
    bool has_cursor;
    instant watermark, pending_watermark, skewed_until;
    size_t facts, watermarks, kills, refused;
    uint64_t seed;
};

static void put(struct store *store, struct bytes key, int64_t version, const struct port *port)
{
    struct row row = {.version = version, .port = *port};
    snprintf(row.key, sizeof row.key, "%.*s", (int)key.len, (const char *)key.data);
    row.port.call = row.port.app = BYTES_NONE;
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->rows[i].key, row.key) == 0) {
            if (store->rows[i].version < version)
                store->rows[i] = row;
            return;
        }
    cr_assert(store->count < sizeof store->rows / sizeof *store->rows);
    store->rows[store->count++] = row;
}

static const struct row *find(const struct store *store, const struct model_leg *leg)
{
    char key[32];
    snprintf(key, sizeof key, "%d/%d", leg->leg, leg->number);
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->rows[i].key, key) == 0)
            return &store->rows[i];
    return NULL;
}

static enum err take_fact(void *owner, const struct fact *fact)
{
    struct trial *trial = owner;
    struct arena *arena = arena_create();
    const char *why = "";
    trial->facts++;
    cr_assert_eq(fact_check(fact, arena, &why), ERR_OK, "%s", why);
    if (fact->kind == FACT_PORT) {
        char call[32];
        snprintf(call, sizeof call, "c%d", atoi(strchr((const char *)fact->key.data, '/') + 1) / 2);
        cr_assert(bytes_equal_text(fact->port.call, call), "the two legs of a call have one call");
        put(&trial->pending, fact->key, fact->version, &fact->port);
    } else if (fact->kind == FACT_WATERMARK) {
        cr_assert(fact->watermark.until > trial->pending_watermark && fact->version == fact->watermark.until, "a watermark only moves on");
        trial->pending_watermark = fact->watermark.until;
    }
    arena_destroy(arena);
    return ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct trial *trial = owner;
    (void)place;
    (void)why;
    (void)raw;
    trial->refused++;
    return ERR_OK;
}

static void commit(struct trial *trial)
{
    for (size_t i = 0; i < trial->pending.count; i++)
        put(&trial->store, bytes_from_text(trial->pending.rows[i].key), trial->pending.rows[i].version, &trial->pending.rows[i].port);
    trial->pending.count = 0;
}

/* Whoever began before the watermark and was in time is there; whoever ended before it, with its end. */
static void judge_watermark(struct trial *trial)
{
    for (int i = 0; i < trial->model.count; i++) {
        const struct model_leg *leg = &trial->model.legs[i];
        bool in_time = leg->told - leg->begin < LAG_SECONDS * SECOND_MS && (leg->end == INSTANT_NEVER || leg->written - leg->end < LAG_SECONDS * SECOND_MS);
        if (!in_time || leg->begin >= trial->watermark)
            continue;
        const struct row *row = find(&trial->store, leg);
        cr_assert(row, "SEED=%llu: leg %d is missing, it began %lld ms before the watermark", (unsigned long long)trial->seed, leg->number,
                  (long long)(trial->watermark - leg->begin));
        cr_assert(leg->end >= trial->watermark || row->port.end == leg->end, "SEED=%llu: leg %d has no end", (unsigned long long)trial->seed, leg->number);
    }
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    struct trial *trial = owner;
    commit(trial);
    buffer_clear(&trial->cursor);
    buffer_append_bytes(&trial->cursor, cursor);
    trial->has_cursor = true;
    if (trial->pending_watermark > trial->watermark) {
        trial->watermark = trial->pending_watermark;
        trial->watermarks++;
        judge_watermark(trial);
    }
    return ERR_OK;
}

static struct gvp_tail *create(struct trial *trial)
{
    trial->pending_watermark = trial->watermark;
    return gvp_tail_create(&(struct gvp_tail_options){
        .settings = &trial->settings, .part = "test", .sink = {trial, take_fact, take_refused, take_cursor},
        .cursor = trial->has_cursor ? arena_copy(trial->arena, buffer_bytes(&trial->cursor)) : BYTES_NONE, .owner = &trial->model, .get = model_get});
}

static void add_legs(struct trial *trial, int64_t span_ms)
{
    struct model *model = &trial->model;
    for (uint64_t n = model_below(model, 5); n > 0 && model->count < MODEL_LEGS_MAX - 1; n--) {
        instant begin = model->now + (instant)model_below(model, (uint64_t)span_ms + 1);
        int64_t length = model_below(model, 20) ? (int64_t)model_below(model, 400 * SECOND_MS) : 0;
        for (int k = 0; k < 2; k++) {
            bool late = model_below(model, 12) == 0;
            struct model_leg *leg = &model->legs[model->count];
            *leg = (struct model_leg){.leg = k ? GVP_RM : GVP_MCP, .number = model->count, .begin = begin - k * 20, .end = begin + length,
                                      .uses = PORT_GVP | (k ? 0 : (unsigned)(model_below(model, 2) * PORT_ASR + model_below(model, 2) * PORT_TTS)),
                                      .order = model_below(model, UINT64_MAX)};
            leg->told = leg->begin + (instant)model_below(model, 40 * SECOND_MS);
            leg->written = leg->end + (instant)model_below(model, late ? 20 * HOUR_MS : 40 * SECOND_MS);
            if (model_below(model, 40) == 0)
                leg->end = leg->written = INSTANT_NEVER;
            model->count++;
        }
    }
}

static void poll(struct trial *trial, struct gvp_tail **tail, bool spite)
{
    struct model *model = &trial->model;
    struct gvp_fault fault = {0};
    enum gvp_next next;
    if (spite && model_below(model, 10) == 0)
        model->skew_ms = model_below(model, 2) ? (int64_t)model_below(model, 3 * DAY_MS) : -(int64_t)model_below(model, 3 * HOUR_MS);
    /* Our clock is right, and is read before the server's. */
    enum err err = ERR_OK;
    do {
        err = gvp_tail_poll(*tail, model->now, &next, &fault);
        cr_assert(err != ERR_CANCELLED && (err == ERR_OK || fault.text[0]), "%s", err_name(err));
    } while (!err && next == GVP_NOW && model_below(model, 50));
    model->skew_ms = 0;
    if (!spite || model_below(model, 6))
        return;
    /* Killed: what had no cursor yet may have been committed or not. */
    trial->kills++;
    gvp_tail_destroy(*tail);
    if (model_below(model, 2))
        commit(trial);
    trial->pending.count = 0;
    *tail = create(trial);
}

static void judge_end(const struct trial *trial)
{
    for (int i = 0; i < trial->model.count; i++) {
        const struct model_leg *leg = &trial->model.legs[i];
        const struct row *row = find(&trial->store, leg);
        cr_assert(row, "SEED=%llu: leg %d was lost", (unsigned long long)trial->seed, leg->number);
        cr_assert(row->port.begin == leg->begin && row->port.end == leg->end && row->port.uses == leg->uses && row->port.tenant == 101,
                  "SEED=%llu: leg %d is another one: %lld to %lld, written %lld, expected from %lld to %lld", (unsigned long long)trial->seed, leg->number,
                  (long long)row->port.begin, (long long)row->port.end, (long long)leg->written, (long long)leg->begin, (long long)leg->end);
    }
    cr_assert_eq(trial->store.count, (size_t)trial->model.count, "SEED=%llu: %zu rows of %d legs", (unsigned long long)trial->seed, trial->store.count,
                 trial->model.count);
}

static void run(uint64_t seed, struct trial *trial)
{
    struct arena *arena = arena_create();
    const char *why;
    *trial = (struct trial){.seed = seed, .arena = arena, .watermark = INSTANT_NONE, .pending_watermark = INSTANT_NONE,
                            .model = {.dice = seed, .now = 1795392000000 + 7 * HOUR_MS}};
    struct model *model = &trial->model;
    model->page_most = 1 + (int64_t)model_below(model, 30);
    model->by_order = model_below(model, 2);
    model->dated = model_below(model, 3) == 0;
    model->trouble = model_below(model, 3) ? (int)model_below(model, 150) : 0;
    model->step_ms = (int64_t)model_below(model, 1500);
    trial->settings = (struct gvp_settings){.name = "gvp-a", .url = "http://model", .lag_seconds = LAG_SECONDS, .overlap_minutes = 30,
                                            .window_minutes = 1 + (int64_t)model_below(model, 60), .first_days = 1, .second_pass_hour = 3, .poll_seconds = 600, .page_size = 5000,
                                            .legs = {true, true}};
    cr_assert_eq(gvp_map_read(BYTES_NONE, arena, &trial->settings.map, &why), ERR_OK);
    struct gvp_tail *tail = create(trial);
    for (int i = 0; i < POLLS; i++) {
        int64_t span_ms = (int64_t)model_below(model, model_below(model, 30) ? 20 * SECOND_MS : 40 * MINUTE_MS);
        add_legs(trial, span_ms);
        model->now += span_ms;
        poll(trial, &tail, true);
    }
    /* The spite ends; the records that are late still come, within a day, and a second pass begins within a day after. */
    model->trouble = 0;
    model->step_ms = 0;
    for (instant until = model->now + 48 * HOUR_MS; model->now < until; model->now += 10 * MINUTE_MS)
        poll(trial, &tail, false);
    for (int i = 0; i < 30; i++) {
        model->now += 10 * SECOND_MS;
        poll(trial, &tail, false);
    }
    judge_end(trial);
    cr_assert(trial->watermarks > 0 && trial->watermark > model->now - 4 * MINUTE_MS && trial->watermark <= model->now, "the watermark follows");
    gvp_tail_destroy(tail);
    buffer_free(&trial->cursor);
    arena_destroy(arena);
}

Test(gvp_tail, nothing_is_lost_and_no_watermark_says_more_than_was_handed_over)
{
    const char *one = getenv("SEED"), *many = getenv("SEEDS");
    uint64_t first = one ? strtoull(one, NULL, 10) : 1, count = many ? strtoull(many, NULL, 10) : 25;
    struct trial *trial = memory_alloc(sizeof *trial);
    size_t legs = 0, facts = 0, watermarks = 0, kills = 0;
    uint64_t requests = 0, troubles = 0;
    log_set_level(LOG_ERROR + 1);
    printf("SEED=%llu SEEDS=%llu\n", (unsigned long long)first, (unsigned long long)count);
    for (uint64_t seed = first; seed < first + count; seed++) {
        run(seed, trial);
        legs += (size_t)trial->model.count;
        facts += trial->facts;
        watermarks += trial->watermarks;
        kills += trial->kills;
        requests += trial->model.requests;
        troubles += trial->model.troubles;
        cr_assert_eq(trial->refused, 0);
    }
    printf("%zu legs in %llu requests, %llu of which went wrong, %zu kills: %zu facts, %zu watermarks\n", legs, (unsigned long long)requests,
           (unsigned long long)troubles, kills, facts, watermarks);
    free(trial);
}
