#include "server/ingest/pump.h"

#include "base/limits.h"
#include "base/log.h"
#include "server/engine/engine.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { TURN_MS = 20, IDLE_FLUSH_MS = 1000, CATCH_UP_MS = 5000, RETRY_MS = 1000 };
/* Of counting hours: a turn's part, the same while facts wait, at the end, and see count_hours(). */
enum { COUNT_MS = 20, COUNT_MORE_MS = 5, COUNT_AT_END_MS = 2000, COUNT_REST = 20, COUNT_REST_MS = 30000, FEW_HOURS = 3, HOURS_CROWD = 48 };

struct pump {
    struct pump_options options;
    struct batch_queue *queue;
    struct loop_wake *wake;
    struct loop_timer *timer;
    int64_t flushed_us; /* monotonic: when the last flush ended */
    uint64_t facts_since_flush;
    struct kafka_source *kafka; /* NULL: none */
    bool behind; /* catching up: the last turn left something, or much is still on its way */
    bool hours_crowd; /* at the last flush more than HOURS_CROWD waited to be counted */
    bool held; /* the last flush failed: nothing is taken */
    int64_t counted_us, counting_us, count_took_us; /* of hours: monotonic, when the last were done; spent since; what they took */
    atomic_bool ready;
};

static void wake_up(void *owner)
{
    pump_wake(owner);
}

void pump_wake(struct pump *pump)
{
    loop_wake(pump->wake);
}

void pump_set_kafka(struct pump *pump, struct kafka_source *kafka)
{
    pump->kafka = kafka;
}

static void take_batch(struct pump *pump, struct batch *batch)
{
    struct ingest *ingest = pump->options.ingest;
    ingest_facts(ingest, batch->facts, batch->fact_count);
    for (size_t i = 0; i < batch->letter_count; i++) {
        const struct dead_letter *letter = &batch->letters[i];
        log_warning("ingest", "%s: %s: refused: %s", (const char *)letter->source.data, (const char *)letter->place.data,
                    (const char *)letter->why.data);
        ingest_refused(ingest, letter);
    }
    if (bytes_present(batch->cursor))
        ingest_cursor(ingest, batch->source, batch->cursor);
    pump->facts_since_flush += batch->fact_count;
}

/* Named and sustained follow the facts at a distance: the hour under way changes all the time, so it is counted again
 * when it is COUNT_REST times as long ago as that took, COUNT_REST_MS at most, since what took long may have been many
 * hours; with much to count, as after a start, without a rest.  Behind the facts of a catching up hours wait until it is
 * over, since each would be counted again and again; but when more than two days of them wait, the oldest are counted
 * beside it, a quarter of the time, so that days close and detail can go. */
static bool count_hours(struct pump *pump, bool more)
{
    struct engine *engine = ingest_engine(pump->options.ingest);
    int64_t start = clock_mono_us(), rest_us = COUNT_REST * pump->count_took_us;
    if (pump->held || (more && !pump->hours_crowd))
        return false;
    if (rest_us > COUNT_REST_MS * 1000)
        rest_us = COUNT_REST_MS * 1000;
    if (!engine_counting(engine) && !more && start - pump->counted_us < rest_us &&
        engine_hours_marked(engine, INSTANT_NEVER) <= FEW_HOURS)
        return false;
    bool done = ingest_count(pump->options.ingest, start + (more ? COUNT_MORE_MS : COUNT_MS) * 1000);
    int64_t end = clock_mono_us();
    pump->counting_us += end - start;
    if (done) {
        pump->counted_us = end;
        pump->count_took_us = pump->counting_us;
        pump->counting_us = 0;
    }
    return !done && !more;
}

static bool flush(struct pump *pump)
{
    int64_t start = clock_mono_us();
    if (pump->kafka)
        kafka_source_before_flush(pump->kafka);
    enum err err = ingest_flush_facts(pump->options.ingest, clock_wall());
    int64_t end = clock_mono_us();
    metrics_add_flush(pump->options.metrics, (uint64_t)(end - start), err != ERR_OK);
    metrics_set_ingest(pump->options.metrics, ingest_counts(pump->options.ingest));
    pump->flushed_us = end;
    if (err != ERR_OK) {
        log_once(LOG_ERROR, "ingest", "held", "nothing is taken until the store can be written again (%s); reads go on, tried every second",
                 err_text(err));
        pump->held = true;
        return false;
    }
    if (pump->held && log_clear("ingest", "held"))
        log_info("ingest", "the store can be written again: going on");
    pump->held = false;
    pump->facts_since_flush = 0;
    pump->hours_crowd = engine_hours_marked(ingest_engine(pump->options.ingest), INSTANT_NEVER) > HOURS_CROWD;
    if (pump->kafka) {
        kafka_source_flushed(pump->kafka);
        metrics_set_marks(pump->options.metrics, kafka_source_marks(pump->kafka));
    }
    atomic_store(&pump->ready, true);
    if (pump->options.flushed)
        pump->options.flushed(pump->options.owner);
    return true;
}

/* 1 take for a while; 2 flush when it is time; 3 close a day that is ready; 4 come again. */
static void turn(void *owner)
{
    struct pump *pump = owner;
    struct batch *batch;
    int64_t start = clock_mono_us();
    bool more = false;

    /* Catching up, nothing is derived before the flush: a seat whose rows come in several turns would be derived in each. */
    if (!pump->behind)
        ingest_clock(pump->options.ingest, clock_wall());
    while (!pump->held && (batch = batch_queue_take(pump->queue))) {
        take_batch(pump, batch);
        batch_destroy(batch);
        if (clock_mono_us() - start > TURN_MS * 1000 || pump->facts_since_flush >= FLUSH_FACTS_MAX) {
            more = true;
            break;
        }
    }
    if (!pump->held && pump->kafka)
        more |= kafka_source_take(pump->kafka, start + TURN_MS * 1000, &pump->facts_since_flush);
    atomic_store(&pump->options.metrics->queue_facts, batch_queue_facts(pump->queue));
    int64_t since_ms = (clock_mono_us() - pump->flushed_us) / 1000;
    pump->behind = more || (pump->kafka && kafka_source_behind(pump->kafka));
    int64_t due_ms = pump->held ? RETRY_MS : pump->behind ? CATCH_UP_MS : ingest_dirty(pump->options.ingest) ? FLUSH_LIVE_MS : IDLE_FLUSH_MS;
    bool counting = count_hours(pump, pump->behind);
    bool wanted = pump->kafka && kafka_source_wants_flush(pump->kafka) && (!pump->held || since_ms >= due_ms);
    if (wanted || since_ms >= due_ms || pump->facts_since_flush >= FLUSH_FACTS_MAX) {
        if (flush(pump) && pump->options.closer && (!pump->options.may_close || pump->options.may_close(pump->options.owner)))
            closer_poll(pump->options.closer, clock_wall(), !pump->kafka || kafka_source_caught_up(pump->kafka));
        due_ms = FLUSH_LIVE_MS;
        since_ms = 0;
    }
    if (more || counting)
        loop_wake(pump->wake);
    loop_timer_start(pump->timer, (uint64_t)(due_ms - since_ms > 0 ? due_ms - since_ms : 1), 0);
}

struct pump *pump_create(const struct pump_options *options)
{
    struct pump *pump = memory_alloc_zero(1, sizeof *pump);
    pump->options = *options;
    pump->wake = loop_wake_create(options->loop, turn, pump);
    pump->timer = loop_timer_create(options->loop, turn, pump);
    pump->queue = batch_queue_create(wake_up, pump);
    loop_timer_start(pump->timer, 1, 0);
    return pump;
}

void pump_destroy(struct pump *pump)
{
    if (!pump)
        return;
    batch_queue_destroy(pump->queue);
    loop_timer_destroy(pump->timer);
    loop_wake_destroy(pump->wake);
    free(pump);
}

struct batch_queue *pump_queue(struct pump *pump)
{
    return pump->queue;
}

bool pump_ready(const struct pump *pump)
{
    return atomic_load(&pump->ready);
}

void pump_finish(struct pump *pump)
{
    struct batch *batch;
    while ((batch = batch_queue_take(pump->queue))) {
        take_batch(pump, batch);
        batch_destroy(batch);
    }
    ingest_clock(pump->options.ingest, clock_wall());
    if (!pump->held)
        (void)ingest_count(pump->options.ingest, clock_mono_us() + COUNT_AT_END_MS * 1000);
    if (ingest_dirty(pump->options.ingest))
        flush(pump);
}
