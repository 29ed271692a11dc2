/* adapters/simulator/fill.c - a stretch of the past, in large transactions. */
#include "adapters/simulator/writer_private.h"

#include "base/check.h"

#include <stdlib.h>

enum { ROWS_PER_STATEMENT = 3000, ROWS_PER_COMMIT = 60000, CONFIGURED_BEFORE_MS = 10 * MINUTE_MS };

/* When an event gets its number: normal ones as they happen, late ones when they are written. */
struct place_in_line {
    instant at;
    size_t event;
    bool side;
};

static int compare_places(const void *a, const void *b)
{
    const struct place_in_line *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

/* Numbers the events [from, to) in the order in which ICON would have written them. */
static void number_events(struct writer *writer, size_t from, size_t to, instant until)
{
    struct script *script = writer->options.script;
    struct place_in_line *line = memory_alloc((to - from + 1) * sizeof *line);
    instant *last = memory_alloc_zero(script->session_count + 1, sizeof *last); /* per session: its rows stay in order */
    for (size_t i = from; i < to; i++) {
        const struct sim_event *event = &script->events[i];
        struct delivery delivery = delivery_of(script, event, &writer->options.delivery);
        size_t session = script_session(script, event);
        instant at = event->at + (delivery.side ? 0 : delivery.delay_ms);
        if (at > until)
            at = until;
        if (session != SIZE_MAX) {
            if (at < last[session])
                at = last[session];
            last[session] = at;
        }
        line[i - from] = (struct place_in_line){.at = at, .event = i, .side = delivery.side};
    }
    if (to > from)
        qsort(line, to - from, sizeof *line, compare_places);
    for (size_t i = 0; i < to - from; i++) {
        enum sim_lane lane = line[i].side ? LANE_SIDE : LANE_MAIN;
        writer_number(writer, lane, &script->events[line[i].event]);
        /* A side block is given back after a few rows: what is left of it is a hole. */
        if (line[i].side && i % 3 == 0)
            writer_drop_side(writer);
    }
    writer_drop_side(writer);
    free(line);
    free(last);
}

static enum err take_config(void *owner, const char *table, const char *rows_json)
{
    struct writer *writer = owner;
    return database_insert(writer->options.database, table, rows_json);
}

enum err writer_configure(struct writer *writer)
{
    const struct script *script = writer->options.script;
    instant created = script->begin - CONFIGURED_BEFORE_MS;
    enum err err = config_write(script->site, script->icon, created, script->begin, &writer->options.counters[CLASS_CFG], take_config, writer);
    if (err)
        return err;
    instant promises[PROVIDER_COUNT];
    for (int i = 0; i < PROVIDER_COUNT; i++)
        promises[i] = script->begin - 1;
    err = writer_promise(writer, promises, true);
    return err ? err : database_commit(writer->options.database, LANE_MAIN);
}

/* Everything up to and including promised is in this transaction or before it.  All numbers were given before the first
 * chunk, so only the last one may record the newest: SEQCURRENT is a number that is really written. */
static enum err commit_chunk(struct writer *writer, instant promised, bool last)
{
    instant promises[PROVIDER_COUNT];
    for (int i = 0; i < PROVIDER_COUNT; i++)
        promises[i] = promised;
    enum err err = writer_run(writer, LANE_MAIN);
    if (!err)
        err = writer_promise(writer, promises, last);
    return err ? err : database_commit(writer->options.database, LANE_MAIN);
}

enum err writer_fill(struct writer *writer, instant until, writer_progress progress, void *owner)
{
    struct script *script = writer->options.script;
    instant since = writer->options.marker.until;
    script_reach(script, until);
    while (script->taken < script->event_count && script->events[script->taken].at <= since) {
        enum sim_event_kind kind = script->events[script->taken++].kind;
        writer->running += kind == EVENT_LOGIN ? 1 : kind == EVENT_LOGOUT ? (size_t)-1 : 0;
    }
    size_t from = script->taken, to = from;
    while (to < script->event_count && script->events[to].at <= until)
        to++;
    number_events(writer, from, to, until);

    enum err err = ERR_OK;
    size_t committed = writer->rows;
    for (size_t i = from; i < to && !err; i++) {
        const struct sim_event *event = &script->events[i];
        writer_add(writer, LANE_MAIN, event, until, event->at, since);
        script->taken = i + 1;
        if (writer->batches[LANE_MAIN].rows < ROWS_PER_STATEMENT)
            continue;
        bool full = writer->rows + writer->batches[LANE_MAIN].rows - committed >= ROWS_PER_COMMIT;
        /* Another event of the same millisecond may follow. */
        err = full ? commit_chunk(writer, event->at - 1, false) : writer_run(writer, LANE_MAIN);
        committed = full ? writer->rows : committed;
        if (!err && progress && !progress(owner, event->at, writer->rows))
            return ERR_CANCELLED;
    }
    return err ? err : commit_chunk(writer, until, true);
}
