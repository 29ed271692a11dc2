/* adapters/icon/tail.c - the order of a poll, and how marks move. */
#include "adapters/icon/tail_state.h"

#include "base/check.h"
#include "base/log.h"

#include <stdlib.h>

static void reset_marks(struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++) {
        struct table *table = &tail->tables[t];
        table->first_done = table->stopped = false;
        table->streams[STREAM_INSERT] = (struct stream){.eager = {0, -1}, .confirmed = -1, .started = -1};
        /* 0 is "never updated". */
        table->streams[STREAM_UPDATE] = (struct stream){.eager = {1, -1}, .confirmed = 0, .started = 0};
    }
    tail->declared = false;
    tail->declared_version = 0;
    tail->declared_late = 0;
    tail->watermark = tail->newest = INSTANT_NONE;
    tail->reread_day = INT32_MIN;
    tail->known_since = INSTANT_EVER;
    tail->late = 0;
}

struct tail *tail_create(const struct tail_options *options, struct bytes cursor)
{
    struct tail *tail = memory_alloc_zero(1, sizeof *tail);
    const char *why = NULL;
    tail->options = *options;
    tail->arena = arena_create();
    tail->pages_end = &tail->pages;
    tail->generation = 1;
    reset_marks(tail);
    if (bytes_present(cursor) && cursor.len && !tail_cursor_read(tail, cursor, tail->arena, &why)) {
        log_error(options->part, "the cursor cannot be read (%s): everything is read from the start", why);
        reset_marks(tail);
    } else if (bytes_present(cursor) && cursor.len) {
        tail->known_since = clock_wall();
    }
    return tail;
}

void tail_destroy(struct tail *tail)
{
    if (!tail)
        return;
    tail_pages_drop(tail);
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++) {
        seen_free(&tail->tables[t].seen);
        map_free(&tail->tables[t].open);
        known_free(&tail->tables[t].known);
    }
    seen_free(&tail->coverage);
    map_free(&tail->annex_index);
    free(tail->annex_flags);
    free(tail->connections);
    free(tail->disconnects);
    free(tail->syncs);
    arena_destroy(tail->arena);
    free(tail);
}

void tail_connected(struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++)
        tail->tables[t].checked = false;
    tail->heads_apart = false;
}

/* What others take their attributes from is loaded first, so that their first version has them. */
static bool must_wait(const struct tail *tail, enum icon_table t)
{
    return t != ICON_ANNEX && tail_table_is_good(tail, ICON_ANNEX) && !tail->tables[ICON_ANNEX].first_done;
}

/* Ours are caught up: every table that can be read was, to its head. */
bool tail_is_caught_up(const struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        const struct table *table = &tail->tables[t];
        if (tail_table_is_good(tail, t) &&
            (!table->first_done || table->streams[STREAM_INSERT].full || table->streams[STREAM_UPDATE].full))
            return false;
    }
    return true;
}

bool tail_is_whole(const struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++)
        if (tail_table_is_on(tail, t) && !tail_table_is_good(tail, t))
            return false;
    return true;
}

/* A row that ends with its connection is no log-out, so connections are read after such rows: what ICON wrote before
 * them or together with them is there then, whatever the transaction's isolation. */
static bool logs_out(const struct tail *tail)
{
    for (const struct page *page = tail->pages; page; page = page->next)
        for (size_t i = 0; page->table == ICON_LOGIN_SESSION && i < page->count; i++)
            if (icon_record_value(&page->records[i], FIELD_TERMINATED).known)
                return true;
    return false;
}

static enum err read_eager(struct tail *tail, struct odbc_fault *fault)
{
    enum err err = ERR_OK;
    for (enum icon_table t = 0; !err && t < ICON_TAILED_COUNT; t++) {
        if (!tail_table_is_good(tail, t) || must_wait(tail, t))
            continue;
        for (int s = 0; !err && s < STREAM_COUNT; s++) {
            struct stream *stream = &tail->tables[t].streams[s];
            struct page *page;
            /* The first load reads every row by its insert number; what was updated by now need not come twice. */
            if (s == STREAM_UPDATE && stream_eager(&tail->tables[t].streams[STREAM_INSERT]) < 0 && stream->head > 0)
                stream->eager = (struct position){stream->head + 1, -1};
            if (stream->head <= stream_eager(stream))
                continue;
            err = tail_read_page(tail, t, s, PAGE_EAGER, stream->eager, stream->head, &page, fault);
            if (!err && t == ICON_ANNEX)
                err = tail_annex_apply(tail, page, fault);
        }
    }
    return err;
}

/* After its page was handed over. */
static void move_mark(struct tail *tail, const struct page *page)
{
    struct stream *stream = &tail->tables[page->table].streams[page->stream];
    struct position at = {page->to + 1, -1};
    if (page->purpose != PAGE_EAGER && page->purpose != PAGE_PASS)
        return;
    if (page->full) {
        const struct icon_record *last = &page->records[page->count - 1];
        at.number = page->stream == STREAM_INSERT ? icon_record_seq(last) : icon_record_useq(last);
        at.id = icon_record_integer(last, FIELD_ID, -1);
    }
    if (page->purpose == PAGE_PASS) {
        stream->pass = at;
        stream->passing = page->full;
    } else {
        stream->eager = at;
        stream->full = page->full;
        tail->changed = true;
    }
}

/* A first load is over when both streams have met their heads. */
static void end_first_loads(struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        struct table *table = &tail->tables[t];
        bool met = true;
        for (int s = 0; s < STREAM_COUNT; s++)
            met = met && !table->streams[s].full && table->streams[s].head <= stream_eager(&table->streams[s]);
        if (table->first_done || !met || !tail_table_is_good(tail, t) || (t != ICON_ANNEX && must_wait(tail, t)))
            continue;
        table->first_done = true;
        for (int s = 0; s < STREAM_COUNT; s++)
            table->first[s] = stream_eager(&table->streams[s]);
        tail->changed = true;
    }
}

static void say_empty(struct tail *tail)
{
    struct buffer text = {0};
    tail->said_empty = true;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++)
        if (tail_table_is_good(tail, t) && tail->tables[t].streams[STREAM_INSERT].head == 0)
            buffer_printf(&text, "%s%s", text.len ? ", " : "", tail->options.map->tables[t].table);
    if (text.len)
        log_info(tail->options.part, "empty at the start: %s (ICON's role or filters?)", buffer_text(&text));
    buffer_free(&text);
}

/* Reads what there is; the order is the law of the watermark: what G_SYNC_CONTROL says first, rows behind it. */
static enum err read_all(struct tail *tail, bool *pass_begins, struct odbc_fault *fault)
{
    int64_t now_us = clock_mono_us();
    *pass_begins = !tail->passing && now_us >= tail->pass_due_us && tail_is_caught_up(tail);
    enum err err = *pass_begins ? tail_read_counters(tail, fault) : ERR_OK;
    if (!err)
        err = tail_read_heads(tail, fault);
    if (!err)
        err = read_eager(tail, fault);
    if (!err && tail->passing)
        err = tail_read_pass(tail, fault);
    if (!err)
        err = tail_read_reconcile(tail, fault);
    if (!err)
        err = tail_read_reread(tail, fault);
    if (!err && (*pass_begins || logs_out(tail)))
        err = tail_read_connections(tail, fault);
    return err;
}

static enum err publish_all(struct tail *tail)
{
    enum err err = tail_publish_source(tail);
    if (!err)
        err = tail_publish_coverage(tail);
    for (const struct page *page = tail->pages; !err && page; page = page->next) {
        err = tail_publish_page(tail, page);
        if (!err)
            move_mark(tail, page);
    }
    return err ? err : tail_publish_derived(tail);
}

static enum err give_cursor(struct tail *tail)
{
    struct buffer text = {0};
    if (!tail->changed)
        return ERR_OK;
    tail_cursor_write(tail, &text);
    enum err err = tail->options.sink.cursor(tail->options.sink.owner, buffer_bytes(&text));
    buffer_free(&text);
    if (!err)
        tail->changed = false;
    return err;
}

static enum err poll_failed(struct tail *tail, enum err err, const struct odbc_fault *fault, enum tail_next *next)
{
    /* Options that were noted belong to rows that come again. */
    for (const struct page *page = tail->pages; page; page = page->next)
        if (page->table == ICON_ANNEX)
            tail->annex_loaded = false;
    if (!tail_table_fail(tail, err, fault, clock_mono_us()))
        return err;
    *next = TAIL_NOW;
    return ERR_OK;
}

enum err tail_poll(struct tail *tail, enum tail_next *next, struct odbc_fault *fault)
{
    bool pass_begins = false, passing = tail->passing;
    *next = TAIL_REST;
    tail_pages_drop(tail);
    arena_reset(tail->arena);
    int64_t now_us = clock_mono_us();
    enum err err = tail_tables_check(tail, now_us, fault);
    if (err)
        return err;
    tail_begin_reconcile(tail, now_us);
    tail_begin_reread(tail, clock_wall());
    err = tail_annex_load(tail, fault);
    if (!err)
        err = read_all(tail, &pass_begins, fault);
    odbc_end(tail->options.odbc);
    if (err)
        return poll_failed(tail, err, fault, next);
    if (!tail->said_empty)
        say_empty(tail);

    err = publish_all(tail);
    if (err)
        return err;
    end_first_loads(tail);
    tail_step_reconcile(tail);
    tail_step_reread(tail);
    if (passing)
        tail->pass_work_us += clock_mono_us() - now_us;
    if (pass_begins && tail_is_caught_up(tail))
        tail_begin_pass(tail, now_us);
    if (tail->passing && tail_pass_is_over(tail))
        err = tail_end_pass(tail, clock_mono_us());
    if (!err)
        err = give_cursor(tail);
    *next = !tail_is_caught_up(tail)                                      ? TAIL_NOW
            : tail->passing || tail->reconcile != RECONCILE_IDLE || tail->reread.running ? TAIL_SOON
                                                                 : TAIL_REST;
    return err;
}

enum err tail_backfill(struct tail *tail, instant from, instant to, bool *over, struct odbc_fault *fault)
{
    if (!tail->reread.running || !tail->reread.all)
        tail_reread_span(tail, from, to, true);
    tail_pages_drop(tail);
    arena_reset(tail->arena);
    enum err err = tail_tables_check(tail, clock_mono_us(), fault);
    if (!err)
        err = tail_read_reread(tail, fault);
    if (!err)
        err = tail_read_connections(tail, fault);
    odbc_end(tail->options.odbc);
    if (err)
        return err;
    err = publish_all(tail);
    if (err)
        return err;
    tail_step_reread(tail);
    *over = !tail->reread.running;
    return ERR_OK;
}
