#include "server/close/closer.h"

#include "base/check.h"
#include "base/log.h"
#include "server/close/document.h"
#include "server/close/ready.h"
#include "server/close/topic.h"
#include "server/engine/engine.h"

#include <pthread.h>
#include <stdlib.h>

enum { POLL_MS = 1000, OFFER_AGAIN_MS = 20000 };

/* What the worker makes: the closes of every book for one day. */
struct job {
    struct db *db;
    struct loop_wake *wake;
    pthread_t thread;
    struct arena *arena;
    int32_t day;
    bool provisional;
    instant made_at;
    struct close_record *records;
    size_t record_count;
    enum err err;
};

/* Detail that is forgotten in memory and waits to be deleted from the store. */
struct gone {
    struct gone *next;
    enum fact_kind kind;
    struct bytes source, key;
};

struct closer {
    struct closer_options options;
    struct loop_wake *wake;
    struct job *job; /* under way */
    int64_t polled_us;
    int32_t own_day;    /* with a topic: the newest day that was made here; DAY_NONE */
    int64_t offered_us; /* monotonic: when its documents were appended */
    instant watermark;  /* that the next day waits for, when last looked at */
    int64_t moved_us;   /* monotonic: when it last moved, or the start */
    struct arena *gone_arena;
    struct gone *gone;
    bool dropping; /* the horizon moved in memory, not yet in the store */
};

#define DAY_NONE INT32_MIN

/* --- the worker ---------------------------------------------------------------------------------- */

static enum err make_book(struct query *query, struct job *job, int64_t book)
{
    struct close_request request = {book, job->day, job->provisional, job->made_at};
    return close_make(query, &request, job->arena, &job->records[job->record_count++]);
}

static void *work(void *owner)
{
    struct job *job = owner;
    struct query *query = NULL;
    const struct query_scope *tenants;
    job->err = query_open(job->db, &query);
    if (job->err == ERR_OK) {
        size_t count = query_scopes(query, SCOPE_TENANT, job->arena, &tenants);
        job->records = arena_alloc(job->arena, (count + 1) * sizeof *job->records);
        job->err = make_book(query, job, 0);
        for (size_t i = 0; i < count && job->err == ERR_OK; i++)
            if (tenants[i].scope.id != 0) /* what belongs to no tenant stands in the system's book alone */
                job->err = make_book(query, job, tenants[i].scope.id);
        query_close(query);
    }
    loop_wake(job->wake);
    return NULL;
}

static void start_job(struct closer *closer, int32_t day, bool provisional, instant wall)
{
    struct job *job = memory_alloc_zero(1, sizeof *job);
    *job = (struct job){.db = closer->options.db, .wake = closer->wake, .arena = arena_create(), .day = day,
                        .provisional = provisional, .made_at = wall};
    ingest_watch_slots(closer->options.ingest);
    closer->job = job;
    check(pthread_create(&job->thread, NULL, work, job) == 0);
}

/* Up to which day the closes that stand were made here as well. */
static void note_checked(struct db_txn *txn, int32_t day)
{
    int32_t stands;
    char date[DATE_TEXT_SIZE];
    if (close_last_day(txn, 0, &stands))
        meta_put(txn, "checked_day", bytes_from_text(date_format(day < stands ? day : stands, date)));
}

static int32_t checked_day(const struct closer *closer, struct query *query)
{
    struct arena *arena;
    struct bytes text;
    int32_t day = closer->own_day;
    if (day != DAY_NONE)
        return day;
    arena = arena_create();
    if (!meta_get(query_txn(query), "checked_day", arena, &text) || !date_parse(text, &day))
        day = DAY_NONE;
    arena_destroy(arena);
    return day;
}

static enum err write_closes(struct closer *closer, struct job *job, bool *touched)
{
    struct db_txn *txn;
    enum err err = db_begin_write(closer->options.db, &txn);
    if (err != ERR_OK)
        return err;
    ingest_write_changes(closer->options.ingest, txn);
    /* Something may have changed a level of the day, or one before it, since the snapshot. */
    *touched = (instant)ingest_lowest_slot(closer->options.ingest) * SLOT_MS < ((instant)job->day + 1) * DAY_MS;
    for (size_t i = 0; i < job->record_count && !*touched && !closer->options.topic; i++)
        close_put(txn, &job->records[i]);
    if (closer->options.topic && !*touched)
        note_checked(txn, job->day);
    err = db_commit(txn);
    if (err == ERR_OK)
        ingest_written(closer->options.ingest);
    return err;
}

/* The system's book comes last, so that a day of it stands only when the tenants' do. */
static void offer(struct closer *closer, struct job *job)
{
    close_topic_offer(closer->options.topic, job->records + 1, job->record_count - 1);
    close_topic_offer(closer->options.topic, job->records, 1);
    closer->own_day = job->day;
    closer->offered_us = clock_mono_us();
}

static void finish_job(void *owner)
{
    struct closer *closer = owner;
    struct job *job = closer->job;
    char date[DATE_TEXT_SIZE];
    bool touched = false;
    if (!job)
        return;
    pthread_join(job->thread, NULL);
    closer->job = NULL;
    enum err err = job->err == ERR_OK ? write_closes(closer, job, &touched) : job->err;
    date_format(job->day, date);
    if (err != ERR_OK)
        log_warning("close", "%s could not be closed (%s); tried again", date, err_text(err));
    else if (touched)
        log_info("close", "%s was touched while it was being closed: done again", date);
    else if (closer->options.topic)
        offer(closer, job);
    else
        log_info("close", "%s is %s, %zu books", date, job->provisional ? "closed provisionally: a source is missing" : "closed", job->record_count);
    if (err == ERR_OK && !touched) {
        log_clear("close", "waits");
        closer->polled_us = 0;
    }
    arena_destroy(job->arena);
    free(job);
}

/* --- detail that goes ---------------------------------------------------------------------------- */

static void keep_gone(void *owner, enum fact_kind kind, struct bytes source, struct bytes key)
{
    struct closer *closer = owner;
    struct gone *gone = arena_alloc(closer->gone_arena, sizeof *gone);
    *gone = (struct gone){closer->gone, kind, arena_copy(closer->gone_arena, source), arena_copy(closer->gone_arena, key)};
    closer->gone = gone;
}

static void write_drop(struct closer *closer)
{
    struct db_txn *txn;
    char text[INSTANT_TEXT_SIZE];
    instant horizon = engine_horizon(ingest_engine(closer->options.ingest));
    enum err err = db_begin_write(closer->options.db, &txn);
    if (err == ERR_OK) {
        ingest_write_changes(closer->options.ingest, txn);
        for (struct gone *gone = closer->gone; gone; gone = gone->next)
            fact_row_delete(txn, gone->kind, gone->source, gone->key);
        meta_put(txn, "horizon", bytes_from_text(instant_format(horizon, text)));
        err = db_commit(txn);
    }
    if (err != ERR_OK)
        return; /* logged; the next poll tries again */
    ingest_written(closer->options.ingest);
    closer->gone = NULL;
    arena_reset(closer->gone_arena);
    closer->dropping = false;
    log_info("close", "detail before %s is gone; the days stay", text);
}

/* Detail lives until the day detail_days later is closed. */
static void drop_detail(struct closer *closer, struct query *query)
{
    struct engine *engine = ingest_engine(closer->options.ingest);
    int32_t day;
    if (!closer->dropping) {
        if (!close_last_day(query_txn(query), 0, &day))
            return;
        if (closer->options.topic && checked_day(closer, query) < day) /* what another closed may still be on its way to us */
            day = checked_day(closer, query);
        if (day == DAY_NONE)
            return;
        instant horizon = ((instant)day - closer->options.detail_days + 1) * DAY_MS;
        if (horizon <= engine_horizon(engine) || horizon <= query_since(query))
            return;
        engine_set_horizon(engine, horizon, keep_gone, closer);
        closer->dropping = true;
    }
}

/* --- the poll ------------------------------------------------------------------------------------ */

/* With a topic: the day behind the newest that was made here, which may stand already (then it is only compared);
 * never further ahead than the day behind the last that stands.  What was appended and does not come back is
 * appended again. */
static bool next_day(struct closer *closer, struct query *query, int32_t *day)
{
    int32_t open, made;
    if (!close_next_day(query, &open))
        return false;
    *day = open;
    if (!closer->options.topic)
        return true;
    made = checked_day(closer, query);
    if (made == DAY_NONE && query_since(query) == INSTANT_NONE)
        return false; /* closes came before anything was counted */
    if (made == DAY_NONE)
        made = instant_day(query_since(query)) - 1;
    if (made < open)
        *day = made + 1;
    return made < open || clock_mono_us() - closer->offered_us >= OFFER_AGAIN_MS * 1000;
}

/* A source that is catching up, as after a first start or a long stop, is not a missing one: behind the
 * deadline a day is given up only when the watermark has not moved for wait_minutes either. */
static bool stands_still(const struct closer *closer)
{
    return clock_mono_us() - closer->moved_us >= (int64_t)closer->options.wait_minutes * MINUTE_MS * 1000;
}

static void consider_day(struct closer *closer, struct query *query, instant wall, bool caught_up)
{
    struct arena *arena = arena_create();
    instant watermark;
    struct bytes behind;
    int32_t day;
    char date[DATE_TEXT_SIZE];
    if (next_day(closer, query, &day) && close_watermark(query, day, arena, &watermark, &behind)) {
        if (watermark != closer->watermark || closer->moved_us == 0) {
            closer->watermark = watermark;
            closer->moved_us = clock_mono_us();
        }
        instant end = ((instant)day + 1) * DAY_MS;
        instant wait_until = end + (instant)closer->options.wait_minutes * MINUTE_MS;
        if (watermark >= wait_until)
            start_job(closer, day, false, wall);
        else if (wall >= end + (instant)closer->options.deadline_minutes * MINUTE_MS && caught_up && stands_still(closer))
            start_job(closer, day, true, wall);
        else if (wall >= wait_until)
            log_once(LOG_INFO, "close", "waits", "%s waits for %.*s", date_format(day, date), (int)behind.len, (const char *)behind.data);
    }
    arena_destroy(arena);
}

void closer_poll(struct closer *closer, instant wall, bool caught_up)
{
    struct query *query;
    int64_t now = clock_mono_us();
    if (closer->job || (closer->polled_us && now - closer->polled_us < POLL_MS * 1000))
        return;
    closer->polled_us = now;
    if (query_open(closer->options.db, &query) != ERR_OK)
        return;
    if (caught_up)
        drop_detail(closer, query);
    if (!closer->dropping)
        consider_day(closer, query, wall, caught_up);
    query_close(query);
    if (closer->dropping)
        write_drop(closer);
}

struct closer *closer_create(const struct closer_options *options)
{
    struct closer *closer = memory_alloc_zero(1, sizeof *closer);
    closer->options = *options;
    closer->own_day = DAY_NONE;
    closer->gone_arena = arena_create();
    closer->wake = loop_wake_create(options->loop, finish_job, closer);
    return closer;
}

void closer_destroy(struct closer *closer)
{
    if (!closer)
        return;
    if (closer->job) {
        pthread_join(closer->job->thread, NULL);
        arena_destroy(closer->job->arena);
        free(closer->job);
    }
    loop_wake_destroy(closer->wake);
    arena_destroy(closer->gone_arena);
    free(closer);
}
