/* adapters/simulator/writer.c - the live part: what is due, what waits, what is promised. */
#include "adapters/simulator/writer_private.h"

#include "adapters/simulator/dice.h"

#include <stdlib.h>

enum { PROMISE_EVERY_MS = 500, RECORD_MS_MIN = 10000, RECORD_MS_MAX = 50000 };

struct writer *writer_create(const struct writer_options *options)
{
    struct writer *writer = memory_alloc_zero(1, sizeof *writer);
    writer->options = *options;
    for (int class = 0; class < CLASS_COUNT; class++)
        writer->recorded[class] = options->counters[class].written;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        batch_clear(&writer->batches[lane]);
    return writer;
}

void writer_destroy(struct writer *writer)
{
    if (!writer)
        return;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        batch_free(&writer->batches[lane]);
    free(writer->waiting);
    free(writer->touched);
    free(writer);
}

size_t writer_rows(const struct writer *writer)
{
    return writer->rows;
}

size_t writer_running(const struct writer *writer)
{
    return writer->running;
}

static bool is_outage(const struct sim_event *event)
{
    return event->kind == EVENT_DROP || event->kind == EVENT_BACK;
}

/* Campaigns' and outages' number spaces lie above all sessions'. */
static size_t subject_of(const struct writer *writer, const struct sim_event *event)
{
    size_t session = script_session(writer->options.script, event);
    return session != SIZE_MAX ? session : event->index + (is_outage(event) ? SIZE_MAX / 4 * 3 : SIZE_MAX / 2);
}

/* Until when an earlier event of the same subject waits, INSTANT_NONE when none does. */
static instant subject_waits_until(const struct writer *writer, size_t subject)
{
    instant until = INSTANT_NONE;
    for (size_t i = 0; i < writer->waiting_count; i++)
        if (writer->waiting[i].subject == subject)
            until = writer->waiting[i].due;
    return until;
}

/* The side lane runs first: it must not update what the main lane is still to insert in this turn. */
static bool is_touched(const struct writer *writer, size_t subject)
{
    for (size_t i = 0; i < writer->touched_count; i++)
        if (writer->touched[i] == subject)
            return true;
    return false;
}

static void wait_add(struct writer *writer, struct waiting waiting)
{
    if (writer->waiting_count == writer->waiting_room) {
        writer->waiting_room = writer->waiting_room ? writer->waiting_room * 2 : 64;
        writer->waiting = memory_resize(writer->waiting, writer->waiting_room * sizeof *writer->waiting);
    }
    writer->waiting[writer->waiting_count++] = waiting;
}

static void write_event(struct writer *writer, enum sim_lane lane, const struct sim_event *event, instant now)
{
    if (lane == LANE_MAIN) {
        if (writer->touched_count == writer->touched_room) {
            writer->touched_room = writer->touched_room ? writer->touched_room * 2 : 64;
            writer->touched = memory_resize(writer->touched, writer->touched_room * sizeof *writer->touched);
        }
        writer->touched[writer->touched_count++] = subject_of(writer, event);
    }
    writer_number(writer, lane, event);
    /* As the row stands after this very event: an end, even in the same millisecond, comes as an update of its own. */
    bool ends = event->kind == EVENT_LOGOUT || event->kind == EVENT_UNLOAD;
    writer_add(writer, lane, event, ends ? event->at : event->at - 1, now, INSTANT_NEVER);
}

/* Commits the side lane when its time has come; its rows wait no longer. */
static enum err close_side(struct writer *writer, instant now)
{
    if (!writer->side_open || writer->side_due > now)
        return ERR_OK;
    enum err err = database_commit(writer->options.database, LANE_SIDE);
    size_t kept = 0;
    for (size_t i = 0; i < writer->waiting_count; i++)
        if (!writer->waiting[i].side)
            writer->waiting[kept++] = writer->waiting[i];
    writer->waiting_count = kept;
    writer->side_open = false;
    writer_drop_side(writer);
    return err;
}

/* Writes the late ones that are due by then.  A subject's later events are never due before its earlier ones. */
static void release(struct writer *writer, instant due, instant now)
{
    size_t kept = 0;
    for (size_t i = 0; i < writer->waiting_count; i++) {
        if (!writer->waiting[i].side && writer->waiting[i].due <= due)
            write_event(writer, LANE_MAIN, &writer->waiting[i].event, now);
        else
            writer->waiting[kept++] = writer->waiting[i];
    }
    writer->waiting_count = kept;
}

/* Sends each event that is due into one of the lanes, or lets it wait. */
static void take_due(struct writer *writer, instant now)
{
    struct script *script = writer->options.script;
    bool side_free = !writer->side_open;
    while (script->taken < script->event_count && script->events[script->taken].at <= now) {
        struct sim_event event = script->events[script->taken++];
        struct delivery delivery = is_outage(&event) ? (struct delivery){0} : delivery_of(script, &event, &writer->options.delivery);
        size_t subject = subject_of(writer, &event);
        instant due = event.at + delivery.delay_ms, before = subject_waits_until(writer, subject);
        bool side = delivery.side && side_free && before == INSTANT_NONE && !is_touched(writer, subject);
        if (before > due || (delivery.side && !side))
            due = before;
        if (side) {
            write_event(writer, LANE_SIDE, &event, now);
            writer->side_open = true;
            writer->side_due = due > now ? due : now + 1;
            side_free = false;
        }
        if (!side && due <= now && before == INSTANT_NONE)
            write_event(writer, LANE_MAIN, &event, now);
        else
            wait_add(writer, (struct waiting){.event = event, .subject = subject, .due = side ? writer->side_due : due, .side = side});
    }
}

static void find_promises(const struct writer *writer, instant now, instant promises[PROVIDER_COUNT])
{
    for (int i = 0; i < PROVIDER_COUNT; i++)
        promises[i] = now;
    for (size_t i = 0; i < writer->waiting_count; i++) {
        instant *promise = &promises[script_provider(writer->options.script, &writer->waiting[i].event)];
        if (writer->waiting[i].event.at <= *promise)
            *promise = writer->waiting[i].event.at - 1;
    }
}

static enum err write_promises(struct writer *writer, instant now, bool record)
{
    instant promises[PROVIDER_COUNT];
    find_promises(writer, now, promises);
    enum err err = writer_run(writer, LANE_MAIN);
    writer->touched_count = 0;
    if (!err)
        err = writer_promise(writer, promises, record);
    return err ? err : database_commit(writer->options.database, LANE_MAIN);
}

enum err writer_turn(struct writer *writer, instant now, int64_t mono_ms)
{
    script_reach(writer->options.script, now);
    enum err err = close_side(writer, now);
    if (err)
        return err;
    release(writer, now, now);
    take_due(writer, now);
    bool opened = writer->batches[LANE_SIDE].rows > 0; /* SEQCOUNTER is there before what it reserved */
    if ((err = writer_run(writer, LANE_SIDE)))
        return err;
    bool record = mono_ms >= writer->record_at_ms;
    if (!writer->batches[LANE_MAIN].rows && !opened && !record && mono_ms < writer->promise_at_ms)
        return ERR_OK;
    if (record) {
        struct dice dice = dice_for(writer->options.marker.site.seed, DICE_WRITE, -1, writer->record_at_ms);
        writer->record_at_ms = mono_ms + dice_between(&dice, RECORD_MS_MIN, RECORD_MS_MAX);
    }
    writer->promise_at_ms = mono_ms + PROMISE_EVERY_MS;
    return write_promises(writer, now, record);
}

enum err writer_finish(struct writer *writer, instant now)
{
    script_reach(writer->options.script, now);
    take_due(writer, now);
    enum err err = writer_run(writer, LANE_SIDE);
    writer->side_due = now;
    if (!err)
        err = close_side(writer, now);
    if (err)
        return err;
    release(writer, INSTANT_NEVER, now);
    return write_promises(writer, now, true);
}

instant writer_next_due(const struct writer *writer)
{
    const struct script *script = writer->options.script;
    instant due = script->taken < script->event_count ? script->events[script->taken].at : INSTANT_NEVER;
    for (size_t i = 0; i < writer->waiting_count; i++)
        if (writer->waiting[i].due < due)
            due = writer->waiting[i].due;
    return due;
}
