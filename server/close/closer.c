#include "server/close/closer.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/map.h"
#include "server/close/document.h"
#include "server/close/held.h"
#include "server/close/proof.h"
#include "server/close/topic.h"
#include "server/engine/engine.h"
#include "store/outbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { POLL_MS = 1000, OFFER_AGAIN_MS = 20000 };
#define DAY_NONE INT32_MIN

/* With a topic: how far a book was made here. */
struct made {
    int64_t book;
    int32_t day;        /* the newest; DAY_NONE: none since the start */
    int64_t offered_us; /* monotonic: when its documents were appended */
};

/* A book on its way: its next day, and whether that is due. */
struct due {
    struct query_scope book;
    struct close_day day;
    instant watermark;
    bool provisional, touched;
};

/* What the worker does: looks at every book, makes the closes of the days that are due, and finds the horizon. */
struct job {
    struct closer *closer; /* books and watermarks of it are the worker's meanwhile */
    pthread_t thread;
    struct arena *arena;
    instant wall;
    bool caught_up;
    struct due *dues;
    struct close_record *records; /* of each of them */
    struct rosters *rosters;      /* likewise; NULL: none */
    size_t due_count;
    instant horizon; /* INSTANT_EVER: stays */
    const struct alert *alerts; /* of sources that fell silent or are heard again */
    size_t alert_count;
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
    int64_t started_us, polled_us; /* monotonic */
    struct map made_index; /* book + 1 → place + 1 */
    struct made *made;
    uint32_t made_count, made_capacity;
    instant watermark; /* the earliest that a day waits for, when last looked at */
    int64_t moved_us;  /* monotonic: when it last moved, or the start */
    struct retention *retention;
    struct arena *gone_arena;
    struct gone *gone;
    bool dropping; /* the horizon moved in memory, not yet in the store */
};

/* --- how far books were made here, with a topic ---------------------------------------------------- */

static const char *checked_name(int64_t book, char name[40])
{
    snprintf(name, 40, "checked %lld", (long long)book);
    return name;
}

static struct made *made_of(struct closer *closer, struct db_txn *txn, int64_t book)
{
    uint32_t place = map_get(&closer->made_index, (uint64_t)book + 1);
    char name[40];
    struct bytes text;
    if (place)
        return &closer->made[place - 1];
    if (closer->made_count == closer->made_capacity) {
        closer->made_capacity = closer->made_capacity * 2 + 16;
        closer->made = memory_resize(closer->made, closer->made_capacity * sizeof *closer->made);
    }
    struct made *made = &closer->made[closer->made_count++];
    *made = (struct made){.book = book, .day = DAY_NONE};
    map_put(&closer->made_index, (uint64_t)book + 1, closer->made_count);
    struct arena *arena = arena_create();
    if (!meta_get(txn, checked_name(book, name), arena, &text) || !date_parse(text, &made->day))
        made->day = DAY_NONE;
    arena_destroy(arena);
    return made;
}

/* Up to which day the closes that stand were made here as well. */
static void note_checked(struct db_txn *txn, const struct close_day *day)
{
    int32_t stands;
    char date[DATE_TEXT_SIZE], name[40];
    if (close_last_day(txn, day->book, &stands))
        meta_put(txn, checked_name(day->book, name), bytes_from_text(date_format(day->date < stands ? day->date : stands, date)));
}

/* With a topic: the day behind the newest that was made here, which may stand already (then it is only compared);
 * never further ahead than the day behind the last that stands.  What was appended and does not come back is
 * appended again. */
static bool next_day(struct closer *closer, struct query *query, const struct query_scope *book, struct close_day *day)
{
    if (!close_next_day(query, book, day))
        return false;
    if (!closer->options.topic)
        return true;
    const struct made *made = made_of(closer, query_txn(query), book->scope.id);
    if (made->day == DAY_NONE && query_since(query) == INSTANT_NONE)
        return false; /* closes came before anything was counted */
    if (close_standing_day(query, book->scope.id, made->day, made->day == DAY_NONE ? query_since(query) : INSTANT_EVER, day))
        return true;
    return made->day < day->date || clock_mono_us() - made->offered_us >= OFFER_AGAIN_MS * 1000;
}

/* --- the worker ---------------------------------------------------------------------------------- */

/* A source that is catching up, as after a first start or a long stop, is not a missing one: behind the
 * deadline a day is given up only when the watermark has not moved for wait_minutes either. */
static bool stands_still(const struct closer *closer)
{
    return clock_mono_us() - closer->moved_us >= (int64_t)closer->options.wait_minutes * MINUTE_MS * 1000;
}

static bool is_due(const struct job *job, struct due *due, struct bytes behind)
{
    const struct closer_options *options = &job->closer->options;
    char date[DATE_TEXT_SIZE];
    instant wait_until = due->day.end + (instant)options->wait_minutes * MINUTE_MS;
    if (due->watermark >= wait_until)
        return true;
    due->provisional = job->wall >= due->day.end + (instant)options->deadline_minutes * MINUTE_MS && job->caught_up && stands_still(job->closer);
    if (!due->provisional && job->wall >= wait_until)
        log_once(LOG_INFO, "close", "waits", "%s waits for %.*s", date_format(due->day.date, date), (int)behind.len, (const char *)behind.data);
    return due->provisional;
}

/* Every book's next day with its watermark; books of one zone share it. */
static size_t candidates(struct job *job, struct query *query, const struct query_scope *books, size_t count, struct bytes *behinds)
{
    size_t found = 0;
    instant least = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        struct due *due = &job->dues[found], *before = found ? due - 1 : NULL;
        *due = (struct due){.book = books[i]};
        if (!next_day(job->closer, query, &books[i], &due->day))
            continue;
        if (before && before->day.start == due->day.start && before->day.end == due->day.end) {
            due->watermark = before->watermark;
            behinds[found] = behinds[found - 1];
        } else if (!close_watermark(query, due->day.start, due->day.end, job->arena, &due->watermark, &behinds[found])) {
            return 0;
        }
        if (due->watermark < least)
            least = due->watermark;
        found++;
    }
    if (least != job->closer->watermark || job->closer->moved_us == 0) {
        job->closer->watermark = least;
        job->closer->moved_us = clock_mono_us();
    }
    return found;
}

static void find_due(struct job *job, struct query *query, const struct query_scope *books, size_t count)
{
    struct bytes *behinds = arena_alloc(job->arena, (count + 1) * sizeof *behinds);
    job->dues = arena_alloc(job->arena, (count + 1) * sizeof *job->dues);
    size_t found = candidates(job, query, books, count, behinds);
    for (size_t i = 0; i < found; i++)
        if (!query_hours_wait(query, job->dues[i].day.end) && is_due(job, &job->dues[i], behinds[i]))
            job->dues[job->due_count++] = job->dues[i];
}

/* Detail lives until the day detail_days later is closed, in every book: the store's horizon is the earliest of theirs. */
static instant find_horizon(struct job *job, struct query *query, const struct query_scope *books, size_t count)
{
    struct closer *closer = job->closer;
    instant earliest = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        int32_t upto = 0;
        if (close_last_day(query_txn(query), books[i].scope.id, &upto) && closer->options.topic) {
            int32_t made = made_of(closer, query_txn(query), books[i].scope.id)->day;
            if (made == DAY_NONE)
                return INSTANT_EVER;
            upto = made < upto ? made : upto; /* what another closed may still be on its way to us */
        }
        instant horizon = close_book_horizon(query, &books[i], upto, closer->options.detail_days);
        earliest = horizon < earliest ? horizon : earliest;
    }
    if (earliest == INSTANT_NEVER || earliest <= query_since(query))
        return INSTANT_EVER;
    return (instant)slot_of(earliest) * SLOT_MS;
}

static void find_alerts(struct job *job, struct query *query)
{
    int64_t after_ms = (int64_t)job->closer->options.silent_seconds * SECOND_MS;
    bool listened = clock_mono_us() - job->closer->started_us >= after_ms * 1000;
    job->alert_count = source_alerts(query, job->wall, after_ms, listened, job->arena, &job->alerts);
}

static void *work(void *owner)
{
    struct job *job = owner;
    struct query *query = NULL;
    const struct query_scope *books;
    job->err = query_open(job->closer->options.db, &query);
    if (job->err == ERR_OK) {
        size_t count = close_books(query, job->arena, &books);
        find_due(job, query, books, count);
        if (job->caught_up)
            find_alerts(job, query);
        job->horizon = job->caught_up ? find_horizon(job, query, books, count) : INSTANT_EVER;
        job->records = arena_alloc(job->arena, (job->due_count + 1) * sizeof *job->records);
        struct close_request *requests = arena_alloc(job->arena, (job->due_count + 1) * sizeof *requests);
        for (size_t i = 0; i < job->due_count && job->err == ERR_OK; i++) {
            requests[i] = (struct close_request){job->dues[i].book, job->dues[i].day, job->dues[i].provisional, job->wall};
            job->err = close_make(query, &requests[i], job->arena, &job->records[i]);
        }
        if (job->err == ERR_OK)
            job->err = query_failure(query);
        if (job->err == ERR_OK && job->due_count && job->closer->options.pseudonyms)
            job->rosters = close_rosters(query, requests, job->due_count, job->closer->options.pseudonyms, job->arena);
        query_close(query);
    }
    loop_wake(job->closer->wake);
    return NULL;
}

static void start_job(struct closer *closer, instant wall, bool caught_up)
{
    struct job *job = memory_alloc_zero(1, sizeof *job);
    *job = (struct job){.closer = closer, .arena = arena_create(), .wall = wall, .caught_up = caught_up, .horizon = INSTANT_EVER};
    ingest_watch_slots(closer->options.ingest);
    closer->job = job;
    check(pthread_create(&job->thread, NULL, work, job) == 0);
}

/* --- what it found ------------------------------------------------------------------------------- */

/* Whose document stands tells its rows: so each that is appended is known again, after a crash, too. */
static void note_offered(struct db_txn *txn, const struct close_day *day, const struct close_record *record)
{
    char digest[SHA256_TEXT_SIZE];
    int32_t stands;
    if (!close_last_day(txn, day->book, &stands) || stands < day->date)
        outbox_offered(txn, record->key, sha256_text(record->document, digest));
}

static enum err write_closes(struct closer *closer, struct job *job)
{
    struct db_txn *txn;
    enum err err = db_begin_write(closer->options.db, &txn);
    if (err != ERR_OK)
        return err;
    ingest_write_changes(closer->options.ingest, txn);
    for (size_t i = 0; i < job->due_count; i++) {
        struct due *due = &job->dues[i];
        /* Something may have changed a level of the day, or who was there, or one before it, since the snapshot. */
        due->touched = (instant)ingest_lowest_slot(closer->options.ingest) * SLOT_MS < due->day.end;
        if (due->touched)
            continue;
        if (job->rosters)
            rosters_put(txn, &job->rosters[i]);
        if (closer->options.topic) {
            note_checked(txn, &due->day);
            note_offered(txn, &due->day, &job->records[i]);
        } else {
            close_put(txn, &job->records[i]);
        }
    }
    err = db_commit(txn);
    if (err == ERR_OK)
        ingest_written(closer->options.ingest);
    return err;
}

/* The system's book comes last, so that a day of it stands only when the tenants' of the same zone do. */
static void offer(struct closer *closer, struct job *job)
{
    for (size_t i = job->due_count; i-- > 0;)
        if (!job->dues[i].touched)
            close_topic_offer(closer->options.topic, &job->records[i], 1);
    for (size_t i = 0; i < job->due_count; i++)
        if (!job->dues[i].touched) {
            struct made *made = &closer->made[map_get(&closer->made_index, (uint64_t)job->dues[i].day.book + 1) - 1];
            made->day = job->dues[i].day.date;
            made->offered_us = clock_mono_us();
        }
}

/* One line for the books of one date. */
static void say_closed(const struct closer *closer, const struct job *job)
{
    char date[DATE_TEXT_SIZE];
    for (size_t i = 0; i < job->due_count; i++) {
        const struct due *first = &job->dues[i], *due = job->dues;
        size_t alike = 0, before = 0;
        for (size_t k = 0; k < job->due_count; k++, due++)
            if (due->day.date == first->day.date && due->provisional == first->provisional && due->touched == first->touched)
                k < i ? before++ : alike++;
        if (before)
            continue;
        date_format(first->day.date, date);
        if (first->touched)
            log_info("close", "%s was touched while it was being closed: done again", date);
        else if (!closer->options.topic)
            log_info("close", "%s is %s, %zu books", date, first->provisional ? "closed provisionally: a source is missing" : "closed", alike);
    }
}

static bool some_closed(const struct job *job)
{
    size_t i = 0;
    while (i < job->due_count && job->dues[i].touched)
        i++;
    return i < job->due_count;
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
    enum err err = db_begin_write(closer->options.db, &txn);
    if (err == ERR_OK) {
        ingest_write_changes(closer->options.ingest, txn);
        for (struct gone *gone = closer->gone; gone; gone = gone->next)
            fact_row_delete(txn, gone->kind, gone->source, gone->key);
        err = db_commit(txn);
    }
    if (err != ERR_OK)
        return; /* logged; the next poll tries again */
    ingest_written(closer->options.ingest);
    closer->gone = NULL;
    arena_reset(closer->gone_arena);
    closer->dropping = false;
    log_info("close", "detail before %s is gone; the days stay", instant_format(engine_horizon(ingest_engine(closer->options.ingest)), text));
}

static void drop_detail(struct closer *closer, instant horizon)
{
    struct engine *engine = ingest_engine(closer->options.ingest);
    if (horizon == INSTANT_EVER || horizon <= engine_horizon(engine) || engine_hours_marked(engine, horizon))
        return;
    engine_set_horizon(engine, horizon, keep_gone, closer);
    closer->dropping = true;
    write_drop(closer);
}

/* --- the poll ------------------------------------------------------------------------------------ */

static void finish_job(void *owner)
{
    struct closer *closer = owner;
    struct job *job = closer->job;
    if (!job)
        return;
    pthread_join(job->thread, NULL);
    closer->job = NULL;
    for (size_t i = 0; i < job->alert_count; i++)
        ingest_alert(closer->options.ingest, &job->alerts[i]);
    enum err err = job->err == ERR_OK && job->due_count ? write_closes(closer, job) : job->err;
    if (err != ERR_OK) {
        log_warning("close", "days could not be closed (%s); tried again", err_text(err));
    } else if (job->due_count) {
        if (closer->options.topic)
            offer(closer, job);
        say_closed(closer, job);
        if (some_closed(job)) {
            log_clear("close", "waits");
            closer->polled_us = 0;
        }
    }
    if (err == ERR_OK)
        drop_detail(closer, job->horizon);
    arena_destroy(job->arena);
    free(job);
}

void closer_poll(struct closer *closer, instant wall, bool caught_up)
{
    int64_t now = clock_mono_us();
    if (closer->options.topic)
        close_topic_flushed(closer->options.topic);
    if (caught_up && !closer->dropping)
        retention_poll(closer->retention, engine_horizon(ingest_engine(closer->options.ingest)), wall);
    if (closer->job || (closer->polled_us && now - closer->polled_us < POLL_MS * 1000))
        return;
    closer->polled_us = now;
    if (closer->dropping)
        write_drop(closer);
    else
        start_job(closer, wall, caught_up);
}

struct closer *closer_create(const struct closer_options *options)
{
    struct closer *closer = memory_alloc_zero(1, sizeof *closer);
    closer->options = *options;
    closer->started_us = clock_mono_us();
    closer->retention = retention_create(options->db, &options->retention);
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
    retention_destroy(closer->retention);
    arena_destroy(closer->gone_arena);
    map_free(&closer->made_index);
    free(closer->made);
    free(closer);
}
