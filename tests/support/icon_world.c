/* tests/support/icon_world.c - rows, writers and the ledger. */
#include "tests/support/icon_world.h"

#include "adapters/icon/record.h"
#include "base/check.h"
#include "proto/fact_json.h"

#include <stdio.h>
#include <stdlib.h>

struct world *world;
const struct world_mirror *world_mirror;
const enum icon_table world_tables[WORLD_TABLES] = {ICON_LOGIN_SESSION, ICON_SESSION_ENDPOINT};
enum { BLOCK_NUMBERS = 4 };

instant __wrap_clock_wall(void);
int64_t __wrap_clock_mono_us(void);

instant __wrap_clock_wall(void)
{
    return world ? world->wall : 0;
}

/* Each look costs a little, as it does in the world. */
int64_t __wrap_clock_mono_us(void)
{
    return world ? (world->mono_us += 3) : 0;
}

void icon_world_make(uint64_t seed, int64_t settle_ms, const struct icon_map *map)
{
    world = memory_alloc_zero(1, sizeof *world);
    world->dice = hash_mix(seed + 1);
    world->settle_us = settle_ms * 1000;
    world->mono_us = 1000000;
    world->wall = 1795434600000; /* 2026-11-23T11:50:00Z */
    world->map = map;
    world->watermark = world->watermark_pending = INSTANT_NONE;
    for (size_t i = 0; i < WORLD_ROWS_MAX; i++)
        world->ledger[i].version = world->pending[i].version = -1;
}

void icon_world_drop(void)
{
    buffer_free(&world->cursor);
    free(world);
    world = NULL;
}

int64_t icon_world_roll(int64_t limit)
{
    world->dice += 0x9e3779b97f4a7c15u;
    return (int64_t)(hash_mix(world->dice) % (uint64_t)limit);
}

void icon_world_pass(int64_t ms)
{
    world->mono_us += ms * 1000;
    world->wall += ms;
}

static int64_t take_number(int writer)
{
    if (world->next[writer] >= world->end[writer]) {
        world->next[writer] = world->reserved + 1;
        world->reserved += BLOCK_NUMBERS;
        world->end[writer] = world->reserved + 1;
    }
    return world->next[writer]++;
}

/* True when a number above this one has been there for the time to settle. */
static bool is_late(int64_t number)
{
    for (size_t i = 0; i < world->history_count; i++)
        if (world->history[i].written > number)
            return world->mono_us - world->history[i].mono_us >= world->settle_us - 1000;
    return false;
}

static void apply(struct world_change change)
{
    struct world_row *row = &world->rows[change.row];
    bool late = is_late(change.number);
    row->changing = false;
    if (change.ends) {
        row->useq = change.number;
        row->terminated = change.at;
        row->late_end = late;
    } else {
        row->seq = change.number;
        row->visible = true;
        row->late_begin = late;
    }
    world->late += late;
    if (change.number > world->written && world->history_count < sizeof world->history / sizeof *world->history) {
        world->written = change.number;
        world->history[world->history_count].mono_us = world->mono_us;
        world->history[world->history_count++].written = change.number;
    }
}

static void write_through(const struct world_change *change, int writer)
{
    if (world_mirror)
        world_mirror->write(change, writer);
    if (writer == WORLD_ALONE)
        apply(*change);
}

static void change(size_t row, bool ends)
{
    struct world_change made = {.row = row, .ends = ends, .at = world->wall};
    int64_t way = icon_world_roll(10);
    int writer = (int)icon_world_roll(WORLD_WRITERS);
    world->rows[row].changing = true;
    if (way < 2 && world->queue_count < WORLD_QUEUE_MAX) {
        /* Minutes, or hours. */
        made.due_us = world->mono_us + 1000000 * (1 + icon_world_roll(way ? 60 : 10000));
        world->queue[world->queue_count++] = made;
        return;
    }
    made.number = take_number(writer);
    bool open = way < 6 && world->open_count[writer] < WORLD_OPEN_MAX;
    if (open)
        world->open[writer][world->open_count[writer]++] = made;
    write_through(&made, open ? writer : WORLD_ALONE);
}

static size_t make_row(int table)
{
    world->rows[world->row_count] =
        (struct world_row){.table = table, .id = (int64_t)world->row_count + 1, .created = world->wall, .terminated = INSTANT_NEVER};
    return world->row_count++;
}

void icon_world_begin_session(void)
{
    int count = 1 + (int)icon_world_roll(2);
    for (int table = 0; table < count && world->row_count < WORLD_ROWS_MAX; table++)
        change(make_row(table), false);
}

void icon_world_begin_now(int table)
{
    if (world->row_count == WORLD_ROWS_MAX)
        return;
    struct world_change made = {.row = make_row(table), .number = ++world->reserved, .at = world->wall};
    write_through(&made, WORLD_ALONE);
}

void icon_world_end_session(void)
{
    for (int tries = 0; tries < 10 && world->row_count; tries++) {
        size_t at = (size_t)icon_world_roll((int64_t)world->row_count);
        struct world_row *row = &world->rows[at];
        if (row->visible && !row->changing && row->terminated == INSTANT_NEVER) {
            change(at, true);
            return;
        }
    }
}

void icon_world_commit(int writer)
{
    if (world_mirror && world->open_count[writer])
        world_mirror->commit(writer);
    for (size_t i = 0; i < world->open_count[writer]; i++)
        apply(world->open[writer][i]);
    world->open_count[writer] = 0;
}

/* What it had open is undone, and waits in the queue for a new number; what is left of its block is lost. */
void icon_world_lose(int writer)
{
    size_t count = world->open_count[writer];
    if (world->queue_count + count > WORLD_QUEUE_MAX)
        return;
    if (world_mirror)
        world_mirror->lose(writer);
    for (size_t i = 0; i < count; i++) {
        struct world_change back = world->open[writer][i];
        back.number = 0;
        back.due_us = world->mono_us + 1000000 * icon_world_roll(90);
        world->queue[world->queue_count++] = back;
    }
    world->open_count[writer] = 0;
    world->next[writer] = world->end[writer];
}

void icon_world_queue(bool all)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->queue_count; i++) {
        struct world_change *waiting = &world->queue[i];
        if (!all && waiting->due_us > world->mono_us) {
            world->queue[kept++] = *waiting;
            continue;
        }
        waiting->number = take_number(WORLD_WRITERS);
        write_through(waiting, WORLD_ALONE);
    }
    world->queue_count = kept;
}

void icon_world_purge(void)
{
    for (size_t i = 0; i < world->row_count; i++)
        if (world->rows[i].visible && !world->rows[i].purged && world->rows[i].terminated != INSTANT_NEVER && icon_world_roll(20) == 0) {
            world->rows[i].purged = true;
            if (world_mirror)
                world_mirror->purge(i);
        }
}

void icon_world_alter(int table, enum world_harm harm, enum icon_field field)
{
    for (int w = 0; w < WORLD_WRITERS; w++)
        icon_world_commit(w);
    enum world_harm before = world->harm[table];
    if (before != HARM_NONE && harm != HARM_NONE) /* one at a time */
        icon_world_alter(table, HARM_NONE, world->harmed[table]);
    world->harm[table] = harm;
    world->harmed[table] = field;
    world->said[table] = false;
    if (world_mirror)
        world_mirror->alter(table);
}

instant icon_world_promise(void)
{
    instant at = world->wall;
    for (size_t i = 0; i < world->queue_count; i++)
        at = world->queue[i].at <= at ? world->queue[i].at - 1 : at;
    for (int w = 0; w < WORLD_WRITERS; w++)
        for (size_t i = 0; i < world->open_count[w]; i++)
            at = world->open[w][i].at <= at ? world->open[w][i].at - 1 : at;
    return at;
}

int64_t icon_world_place(const struct world_row *row)
{
    return row->id % 5 + 1;
}

int64_t icon_world_person(const struct world_row *row)
{
    return row->id % 7 + 1;
}

void icon_world_record(void)
{
    world->recorded = world->written;
}

static enum err take_fact(void *owner, const struct fact *fact)
{
    (void)owner;
    struct buffer body = {0};
    if (fact->kind == FACT_SOURCE && fact->source_entry.late != ID_NONE)
        world->told_late = fact->source_entry.late;
    if (fact->kind == FACT_WATERMARK)
        world->watermark_pending = fact->watermark.until;
    if (fact->kind != FACT_LOGIN_SESSION && fact->kind != FACT_SESSION_MEDIA)
        return ERR_OK;
    size_t row = (size_t)strtoull((const char *)fact->key.data, NULL, 10) - 1;
    check(row < world->row_count);
    fact_json_write_body(fact, &body);
    struct world_known known = {fact->version, fact->kind == FACT_LOGIN_SESSION ? fact->login_session.end : fact->session_media.end,
                                bytes_hash(buffer_bytes(&body))};
    buffer_free(&body);
    world->facts++;
    if (world->pending[row].version == known.version && world->pending[row].body != known.body)
        world->contradictions++;
    if (known.version > world->pending[row].version)
        world->pending[row] = known;
    return ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    (void)owner;
    (void)raw;
    fprintf(stderr, "refused: %s: %s\n", place, why);
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    buffer_clear(&world->cursor);
    buffer_append(&world->cursor, cursor.data, cursor.len);
    memcpy(world->ledger, world->pending, sizeof world->ledger);
    world->watermark = world->watermark_pending;
    return ERR_OK;
}

struct adapter_sink icon_world_sink(void)
{
    return (struct adapter_sink){world, take_fact, take_refused, take_cursor};
}

void icon_world_forget(void)
{
    memcpy(world->pending, world->ledger, sizeof world->ledger);
    world->watermark_pending = world->watermark;
}

static const char *say(size_t at, const char *what)
{
    static char text[200];
    const struct world_row *row = &world->rows[at];
    snprintf(text, sizeof text, "row %lld (seq %lld, useq %lld, %s%s): %s", (long long)row->id, (long long)row->seq, (long long)row->useq,
             row->late_begin ? "late begin " : "", row->late_end ? "late end" : "", what);
    return text;
}

/* Also of what lies in a transaction or in the queue: the promise is G_SYNC_CONTROL's. */
const char *icon_world_watermark_wrong(void)
{
    for (size_t i = 0; i < world->row_count && world->watermark != INSTANT_NONE; i++) {
        const struct world_row *row = &world->rows[i];
        if (row->purged)
            continue;
        if (!row->late_begin && row->created < world->watermark && world->ledger[i].version < 0)
            return say(i, "it began before the watermark, and is not there");
        if (!row->late_begin && !row->late_end && row->terminated < world->watermark && world->ledger[i].end != row->terminated)
            return say(i, "it ended before the watermark, and is there without its end");
    }
    return NULL;
}

const char *icon_world_ledger_wrong(int table, bool timely)
{
    for (size_t i = 0; i < world->row_count; i++) {
        const struct world_row *row = &world->rows[i];
        int64_t version = row->useq > 0 ? ICON_VERSION_UPDATED + row->useq : row->seq;
        bool asked = row->visible && !row->purged && (table < 0 || row->table == table) && !(timely && (row->late_begin || row->late_end));
        if (asked && (world->ledger[i].version != version || world->ledger[i].end != row->terminated))
            return say(i, world->ledger[i].version < 0 ? "it is not there" : "it is there in an older version");
    }
    return NULL;
}
