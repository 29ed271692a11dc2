/* tests/support/icon_world_trial.c - a seed from its first row to the end of its night: what happens, and what must hold. */
#include "tests/support/icon_world.h"

#include "adapters/icon/tail.h"
#include "base/check.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SETTLE_MS = 20000, STEPS = 150, HEAL_POLLS = 80, HARM_POLLS = 40 };

/* What goes away or changes its type; ICON writes all of them. */
static const enum icon_field harmed_fields[WORLD_TABLES][3] = {
    {FIELD_PLACE, FIELD_TERMINATED, FIELD_PERSON},
    {FIELD_PLACE, FIELD_TERMINATED, FIELD_TYPE},
};

static const char site_map[] =
    "tables:\n  annex: {table: ~}\n  tenant: {table: ~}\n  switch: {table: ~}\n  endpoint: {table: ~}\n  place: {table: ~}\n  login: {table: ~}\n"
    "  person: {table: ~}\n  group: {table: ~}\n  group_person: {table: ~}\n  group_place: {table: ~}\n  campaign: {table: ~}\n  connection_cfg: {table: ~}\n";

static struct {
    struct tail *tail;
    struct odbc *odbc;
    char last[WORLD_TABLES][600]; /* what was said once of a table, until it is read again */
    const char *wrong;
    struct world_totals *totals;
} trial;

bool __wrap_log_once(enum log_level level, const char *part, const char *key, const char *format, ...);
bool __wrap_log_clear(const char *part, const char *key);

static int table_of_key(const char *key)
{
    for (int t = 0; t < WORLD_TABLES; t++)
        if (strcmp(icon_table_name(world_tables[t]), key) == 0)
            return t;
    return -1;
}

/* Of the tables' troubles it is kept whether the column is named; nothing is printed. */
bool __wrap_log_once(enum log_level level, const char *part, const char *key, const char *format, ...)
{
    char text[600];
    va_list args;
    int t = table_of_key(key);
    (void)part;
    if (t < 0)
        return true;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bool news = strcmp(text, trial.last[t]) != 0;
    snprintf(trial.last[t], sizeof trial.last[t], "%s", text);
    if (world->harm[t] != HARM_NONE && level == LOG_ERROR && strcasestr(text, world->map->tables[world_tables[t]].names[world->harmed[t]]))
        world->said[t] = true;
    return news;
}

bool __wrap_log_clear(const char *part, const char *key)
{
    int t = table_of_key(key);
    (void)part;
    bool known = t >= 0 && trial.last[t][0];
    if (t >= 0)
        trial.last[t][0] = 0;
    return known;
}

const struct icon_map *icon_world_map(struct arena *arena)
{
    const struct icon_map *map;
    const char *why;
    check(icon_map_read(bytes_from_text(site_map), arena, &map, &why) == ERR_OK);
    return map;
}

static void fault(const char *what, const char *where)
{
    static char text[400];
    if (trial.wrong)
        return;
    snprintf(text, sizeof text, "%s: %s", what, where);
    trial.wrong = text;
}

static void start(void)
{
    trial.tail = tail_create(&(struct tail_options){.name = "icon-a", .part = "icon", .map = world->map, .sink = icon_world_sink(), .odbc = trial.odbc,
                                                    .page_rows = 4 + (int)icon_world_roll(20), .settle_ms = SETTLE_MS, .reconcile_ms = 5 * MINUTE_MS,
                                                    .reread_days = 3, .reread_hour = 2},
                             world->cursor.len ? buffer_bytes(&world->cursor) : BYTES_NONE);
}

/* Killed: between its facts and their cursor, too. */
static void restart(void)
{
    tail_destroy(trial.tail);
    icon_world_forget();
    if (world_mirror)
        world_mirror->reconnect();
    start();
}

static void poll(void)
{
    enum tail_next next;
    struct odbc_fault odbc_fault;
    if (tail_poll(trial.tail, &next, &odbc_fault)) {
        if (world_mirror)
            world_mirror->reconnect();
        tail_connected(trial.tail);
    }
    const char *wrong = icon_world_watermark_wrong();
    if (wrong)
        fault("watermark", wrong);
}

/* The table stands with words that name the column, the other one went on: then it is as it was. */
static void heal(int table)
{
    world->fail_in = 0;
    icon_world_begin_now(table);
    icon_world_begin_now(!table);
    for (int i = 0; i < HEAL_POLLS && !trial.wrong; i++) {
        icon_world_pass(600); /* more than the longest back-off, since the other one may have come back just now */
        poll();
    }
    const char *wrong = world->harm[!table] == HARM_NONE ? icon_world_ledger_wrong(!table, true) : NULL;
    if (wrong)
        fault("beside a table whose column went", wrong);
    if (!world->said[table])
        fault("nothing was said of a column that went or changed its type", world->map->tables[world_tables[table]].names[world->harmed[table]]);
    icon_world_alter(table, HARM_NONE, world->harmed[table]);
}

static void harm(void)
{
    int table = (int)icon_world_roll(WORLD_TABLES);
    enum icon_field field = harmed_fields[table][icon_world_roll(3)];
    if (world->harm[table] != HARM_NONE) {
        heal(table);
        return;
    }
    icon_world_alter(table, icon_world_roll(2) ? HARM_GONE : HARM_RETYPED, field);
    trial.totals->harms++;
}

static void step(void)
{
    icon_world_pass(icon_world_roll(12) ? icon_world_roll(3000) : icon_world_roll(2 * SETTLE_MS));
    icon_world_queue(false);
    switch (icon_world_roll(18)) {
    case 0: case 1: case 2: case 3: case 4: icon_world_begin_session(); break;
    case 5: case 6: case 7: icon_world_end_session(); break;
    case 8: case 9: icon_world_commit((int)icon_world_roll(WORLD_WRITERS)); break;
    case 10: icon_world_record(); break;
    case 11: if (icon_world_roll(6) == 0) icon_world_purge(); break;
    case 12: world->fail_in = 1 + (int)icon_world_roll(8); trial.totals->lost++; break;
    case 13:
        if (icon_world_roll(3) == 0)
            restart();
        break;
    case 14:
        if (icon_world_roll(3) == 0) {
            icon_world_lose((int)icon_world_roll(WORLD_WRITERS));
            trial.totals->lost++;
        }
        break;
    case 15: /* ICON restarts */
        for (int w = 0; icon_world_roll(8) == 0 && w < WORLD_WRITERS; w++)
            icon_world_lose(w);
        break;
    case 16: if (icon_world_roll(6) == 0) harm(); break;
    default: break;
    }
    poll();
}

/* All is committed; then time enough for a pass, a reconciling and a night. */
static void settle(void)
{
    for (int t = 0; t < WORLD_TABLES; t++)
        if (world->harm[t] != HARM_NONE)
            heal(t);
    for (int w = 0; w < WORLD_WRITERS; w++)
        icon_world_commit(w);
    icon_world_queue(true);
    icon_world_record();
    world->fail_in = 0;
    for (int i = 0; i < HARM_POLLS && !trial.wrong; i++) {
        icon_world_pass(2000);
        poll();
    }
    icon_world_pass(DAY_MS);
    for (int i = 0; i < 150 && !trial.wrong; i++) {
        icon_world_pass(1000);
        poll();
    }
}

const char *icon_world_try(uint64_t seed, const struct icon_map *map, struct odbc *odbc, struct world_totals *totals)
{
    icon_world_make(seed, SETTLE_MS, map);
    memset(&trial, 0, sizeof trial);
    trial.odbc = odbc;
    trial.totals = totals;
    start();
    for (int i = 0; i < STEPS && !trial.wrong; i++)
        step();
    settle();
    const char *wrong = icon_world_ledger_wrong(-1, false);
    if (wrong)
        fault("in the end", wrong);
    /* Each late change is found once at most, some of them together, and what a restart meets is no such row. */
    if (world->told_late > (int64_t)world->late)
        fault("more rows are said to have come late than did", world->map->tables[ICON_LOGIN_SESSION].table);
    if (world->contradictions)
        fault("contradictions", "a version with two bodies");
    totals->facts += world->facts;
    totals->rows += world->row_count;
    totals->late += world->late;
    totals->told_late += (uint64_t)world->told_late;
    totals->stands += world->watermark == INSTANT_NONE;
    tail_destroy(trial.tail);
    return trial.wrong;
}
