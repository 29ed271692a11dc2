/*
 * adapters/icon/probe_order.c - the newest log-ins beside what ICON says of itself: their order, their clocks, their numbers; and
 * what came while we looked.
 *
 *  1 by insert number, CREATED hardly ever goes back by more than the time to settle: first in, first out
 *  2 CREATED and CREATED_TS are the same instant: times are UTC; nothing lies in the future of our clock
 *  3 no number lies above SEQCOUNTER, where the tail would take the database for one that was restored
 *  4 what came meanwhile was not older than what G_SYNC_CONTROL had said, and did not come below the newest number later than
 *    the time to settle
 */
#include "adapters/icon/probe_private.h"

#include <stdlib.h>

enum { ROWS_LOOKED_AT = 20000, CLOCK_SLACK_MS = 60 * 1000, TS_SLACK_MS = 1000 };

struct looking {
    struct probe_order *order;
    bool again;
    instant newest;
    int64_t settle_ms, rows, back, worst_ms;
    int64_t apart, apart_ms;       /* CREATED and CREATED_TS */
    int64_t came, broken;          /* since the first look; before what was promised */
    int64_t below, late, late_ms;  /* under the newest number of the first look; later than the time to settle */
};

static void note_first(struct looking *looking, int64_t id, instant created, struct odbc_value seconds)
{
    int64_t behind = looking->newest == INSTANT_NONE ? 0 : looking->newest - created;
    int64_t apart = seconds.known ? created - seconds.integer * 1000 : 0;
    map_put(&looking->order->met, (uint64_t)id, 1);
    looking->back += behind > looking->settle_ms;
    if (behind > looking->worst_ms)
        looking->worst_ms = behind;
    if (apart <= -TS_SLACK_MS || apart >= TS_SLACK_MS) {
        looking->apart++;
        if (llabs(apart) > llabs(looking->apart_ms))
            looking->apart_ms = apart;
    }
}

static void note_meanwhile(struct looking *looking, int64_t id, int64_t number, instant created)
{
    if (map_get(&looking->order->met, (uint64_t)id))
        return;
    looking->came++;
    looking->broken += created < looking->order->promised;
    if (number > looking->order->head)
        return;
    int64_t behind = looking->order->newest == INSTANT_NONE ? 0 : looking->order->newest - created;
    looking->below++;
    looking->late += behind > looking->settle_ms;
    if (behind > looking->late_ms)
        looking->late_ms = behind;
}

static void take_row(void *owner, const struct odbc_value *values)
{
    struct looking *looking = owner;
    instant created = values[2].integer;
    if (!values[0].known || !values[1].known || !values[2].known)
        return;
    looking->rows++;
    if (looking->again)
        note_meanwhile(looking, values[1].integer, values[0].integer, created);
    else
        note_first(looking, values[1].integer, created, values[3]);
    if (created > looking->newest)
        looking->newest = created;
}

/* Login rows above a number, in its order. */
static bool read_rows(struct probe *probe, int64_t above, struct looking *looking)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_TIME, ODBC_INTEGER};
    struct odbc_param param = {.integer = above};
    const char *seq = probe_column(probe, ICON_LOGIN_SESSION, FIELD_SEQ), *id = probe_column(probe, ICON_LOGIN_SESSION, FIELD_ID);
    const char *seconds = probe_column(probe, ICON_LOGIN_SESSION, FIELD_CREATED_TS);
    struct odbc_query query = {
        .sql = arena_printf(probe->arena, "SELECT %s, %s, %s%s%s FROM %s WHERE %s > ? ORDER BY %s, %s", seq, id,
                            probe_column(probe, ICON_LOGIN_SESSION, FIELD_CREATED), seconds ? ", " : "", seconds ? seconds : "",
                            probe_table(probe, ICON_LOGIN_SESSION), seq, seq, id),
        .params = &param, .param_count = 1, .types = types, .column_count = seconds ? 4 : 3, .row = take_row, .owner = looking};
    return probe_query(probe, &query);
}

static void say_clocks(struct probe *probe, const struct looking *looking)
{
    instant wall = clock_wall();
    if (looking->apart)
        probe_mark(probe, true, "of the newest %lld log-ins, %lld have %s and %s that are not the same instant, by %lld s at most: times are taken as UTC, "
                   "and old rows are looked for by the latter", (long long)looking->rows, (long long)looking->apart,
                   probe_column(probe, ICON_LOGIN_SESSION, FIELD_CREATED), probe_column(probe, ICON_LOGIN_SESSION, FIELD_CREATED_TS),
                   (long long)(looking->apart_ms / 1000));
    if (looking->newest > wall + CLOCK_SLACK_MS)
        probe_mark(probe, true, "the newest log-in began %lld s from now by our clock: a clock is wrong, or times are not UTC; no watermark goes beyond our clock",
                   (long long)((looking->newest - wall) / 1000));
    if (looking->order->promised != INSTANT_NEVER && looking->order->promised > wall + CLOCK_SLACK_MS)
        probe_mark(probe, true, "G_SYNC_CONTROL speaks of events %lld s from now by our clock: a clock is wrong; no watermark goes beyond our clock",
                   (long long)((looking->order->promised - wall) / 1000));
}

struct counters {
    const struct icon_map *map;
    int64_t reserved, written; /* of class gls; -1: no row */
};

static void take_counter(void *owner, const struct odbc_value *values)
{
    struct counters *counters = owner;
    if (!values[0].known || icon_code_find(counters->map, CODE_PROVIDER_TAG, values[0].integer) != CLASS_GLS)
        return;
    if (values[1].known && values[1].integer > counters->reserved)
        counters->reserved = values[1].integer;
    if (values[2].known && (counters->written < 0 || values[2].integer < counters->written))
        counters->written = values[2].integer;
}

static void say_counters(struct probe *probe, int64_t head)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER};
    struct counters counters = {probe->options->map, -1, -1};
    if (!probe->good[ICON_COUNTER])
        return;
    struct odbc_query query = {.sql = arena_printf(probe->arena, "SELECT %s, %s, %s FROM %s", probe_column(probe, ICON_COUNTER, FIELD_TAG),
                                                   probe_column(probe, ICON_COUNTER, FIELD_RESERVED), probe_column(probe, ICON_COUNTER, FIELD_WRITTEN),
                                                   probe_table(probe, ICON_COUNTER)),
                               .types = types, .column_count = 3, .row = take_counter, .owner = &counters};
    if (!probe_query(probe, &query))
        return;
    if (counters.reserved < 0)
        probe_mark(probe, false, "%s has no row of class gls (codes.provider_tag): how far ICON has written is not known, and is guessed from the "
                   "least of the other counters; without any, everything is read again and again", probe_table(probe, ICON_COUNTER));
    else if (counters.reserved < head)
        probe_mark(probe, true, "the newest log-in has number %lld, above the %lld that were given (%s, class gls): the database was restored, or "
                   "codes.provider_tag names another class; the tail would stop", (long long)head, (long long)counters.reserved,
                   probe_column(probe, ICON_COUNTER, FIELD_RESERVED));
    else
        probe_say(probe, "    numbers: given up to %lld, written up to %lld, newest log-in %lld", (long long)counters.reserved, (long long)counters.written,
                  (long long)head);
}

void probe_order_first(struct probe *probe, struct probe_order *order)
{
    struct looking looking = {.order = order, .newest = INSTANT_NONE, .settle_ms = probe->options->settle_ms};
    order->good = read_rows(probe, order->head - ROWS_LOOKED_AT, &looking);
    if (!order->good)
        return;
    order->newest = looking.newest;
    if (looking.back)
        probe_mark(probe, false, "of the newest %lld log-ins, %lld began more than settle_seconds before one with a lower number, the worst %lld s: late "
                   "writers; where G_SYNC_CONTROL does not move, the watermark may run ahead of them", (long long)looking.rows, (long long)looking.back,
                   (long long)(looking.worst_ms / 1000));
    else
        probe_say(probe, "    the newest %lld log-ins came in the order of their numbers, to within %lld s: first in, first out", (long long)looking.rows,
                  (long long)(looking.worst_ms / 1000));
    say_clocks(probe, &looking);
    say_counters(probe, order->head);
}

void probe_order_again(struct probe *probe, struct probe_order *order)
{
    struct looking looking = {.order = order, .again = true, .newest = order->newest, .settle_ms = probe->options->settle_ms};
    if (!order->good || !read_rows(probe, order->head - ROWS_LOOKED_AT, &looking))
        return;
    if (looking.late)
        probe_mark(probe, false, "%lld log-ins became visible below the newest number, %lld of them more than settle_seconds old, the worst %lld s: such rows are found "
                   "by reconciling or at night alone, and are counted as late; let settle_seconds be longer than ICON's longest transaction",
                   (long long)looking.below, (long long)looking.late, (long long)(looking.late_ms / 1000));
    else if (looking.below)
        probe_say(probe, "    %lld log-ins became visible below the newest number, all within settle_seconds: they are read", (long long)looking.below);
    if (order->promised == INSTANT_NEVER)
        return;
    if (looking.broken)
        probe_mark(probe, true, "%lld log-ins came that G_SYNC_CONTROL had said to be stored already: the watermark's assumption does not hold here; "
                   "let close.wait_minutes be longer than ICON is late", (long long)looking.broken);
    else if (looking.came)
        probe_say(probe, "    %lld log-ins came meanwhile, none of them before what G_SYNC_CONTROL said: the assumption holds so far", (long long)looking.came);
    else
        probe_say(probe, "    no log-in came meanwhile: whether G_SYNC_CONTROL runs ahead of the rows was not seen");
}
