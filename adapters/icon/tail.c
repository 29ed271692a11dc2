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
    tail->watermark = tail->newest = INSTANT_NONE;
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
static bool is_caught_up(const struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        const struct table *table = &tail->tables[t];
        if (tail_table_is_good(tail, t) &&
            (!table->first_done || table->streams[STREAM_INSERT].full || table->streams[STREAM_UPDATE].full))
            return false;
    }
    return true;
}

static bool is_whole(const struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++)
        if (tail_table_is_on(tail, t) && !tail_table_is_good(tail, t))
            return false;
    return true;
}

/* A row that ends with its connection is no log-out, so connections are read before such rows. */
static bool logs_out(const struct tail *tail)
{
    const struct stream *stream = &tail->tables[ICON_LOGIN_SESSION].streams[STREAM_UPDATE];
    return tail_table_is_good(tail, ICON_LOGIN_SESSION) && stream->head > stream_eager(stream);
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

/* One page of rows a poll, so that what is new does not wait behind what is old. */
static enum err read_pass(struct tail *tail, struct odbc_fault *fault)
{
    enum err err = ERR_OK;
    int budget = tail->options.page_rows;
    for (enum icon_table t = 0; !err && budget > 0 && t < ICON_TAILED_COUNT; t++)
        for (int s = 0; !err && budget > 0 && s < STREAM_COUNT; s++) {
            struct stream *stream = &tail->tables[t].streams[s];
            struct page *page;
            if (!stream->passing || !tail_table_is_good(tail, t))
                continue;
            err = tail_read_page(tail, t, s, PAGE_PASS, stream->pass, stream->pass_to, &page, fault);
            budget -= (int)page->count;
            if (!err && t == ICON_ANNEX)
                err = tail_annex_apply(tail, page, fault);
        }
    return err;
}

static enum err read_reconcile(struct tail *tail, struct odbc_fault *fault)
{
    struct table *table = &tail->tables[tail->reconcile_table];
    struct page *page;
    if (tail->reconcile == RECONCILE_IDLE || !tail_table_is_good(tail, tail->reconcile_table))
        return ERR_OK;
    if (tail->reconcile == RECONCILE_OPEN)
        return tail_read_open(tail, tail->reconcile_table, tail->reconcile_id, &page, fault);
    int rows = 0;
    for (uint32_t i = 0; i < table->open.capacity && rows < MISSING_MAX; i++) {
        const struct map_slot *slot = &table->open.slots[i];
        if (slot->value == 0 || slot->value == tail->generation)
            continue;
        enum err err = tail_read_row(tail, tail->reconcile_table, (int64_t)slot->key, PAGE_RECONCILE, &page, fault);
        page->to = (int64_t)slot->key;
        if (err)
            return err;
        rows++;
    }
    return ERR_OK;
}

/* How far each stream may be confirmed: as the newest look at the counters that has settled allows. */
static void choose_confirm(struct tail *tail, int64_t now_us)
{
    const struct sample *settled = NULL;
    for (size_t i = 0; i < tail->sample_count && i < SAMPLE_COUNT; i++) {
        const struct sample *sample = &tail->samples[i];
        if (now_us - sample->at_us >= tail->options.settle_ms * 1000 && (!settled || sample->at_us > settled->at_us))
            settled = sample;
    }
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++)
        for (int s = 0; s < STREAM_COUNT; s++) {
            struct stream *stream = &tail->tables[t].streams[s];
            stream->confirm_to = settled && settled->limits[t][s] > stream->confirmed ? settled->limits[t][s] : stream->confirmed;
        }
}

/* What the counters say now will be confirmed when it has settled; never more than has been read now. */
static void take_sample(struct tail *tail, int64_t now_us)
{
    const struct sample *last = &tail->samples[(tail->sample_count + SAMPLE_COUNT - 1) % SAMPLE_COUNT];
    if (tail->sample_count && now_us - last->at_us < tail->options.settle_ms * 1000 / (SAMPLE_COUNT - 8))
        return;
    struct sample *sample = &tail->samples[tail->sample_count++ % SAMPLE_COUNT];
    sample->at_us = now_us;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++)
        for (int s = 0; s < STREAM_COUNT; s++) {
            int64_t written = tail->written[icon_table_class(t)], eager = stream_eager(&tail->tables[t].streams[s]);
            sample->limits[t][s] = written < eager ? written : eager;
        }
}

static void begin_pass(struct tail *tail, int64_t now_us)
{
    take_sample(tail, now_us);
    choose_confirm(tail, now_us);
    tail->passing = true;
    tail->pass_whole = is_whole(tail);
    tail->pass_work_us = 0;
    tail->pass_newest = INSTANT_NONE;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        struct table *table = &tail->tables[t];
        if (!tail_table_is_good(tail, t))
            continue;
        seen_pass_begin(&table->seen);
        for (int s = 0; s < STREAM_COUNT; s++) {
            struct stream *stream = &table->streams[s];
            /* What this poll reads eagerly is in the window, too. */
            stream->pass = (struct position){stream->confirmed + 1, -1};
            stream->pass_to = stream_eager(stream);
            stream->passing = stream->pass_to > stream->confirmed;
        }
    }
}

static bool pass_is_over(const struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++)
        for (int s = 0; s < STREAM_COUNT; s++)
            if (tail->tables[t].streams[s].passing && tail_table_is_good(tail, t))
                return false;
    return true;
}

static enum err end_pass(struct tail *tail, int64_t now_us)
{
    tail->passing = false;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        struct table *table = &tail->tables[t];
        bool broken_off = table->streams[STREAM_INSERT].passing || table->streams[STREAM_UPDATE].passing;
        table->streams[STREAM_INSERT].passing = table->streams[STREAM_UPDATE].passing = false;
        if (broken_off || !table->seen.passing) {
            tail->pass_whole = tail->pass_whole && !broken_off;
            continue;
        }
        seen_pass_end(&table->seen);
        for (int s = 0; s < STREAM_COUNT; s++) {
            struct stream *stream = &table->streams[s];
            if (stream->confirm_to > stream->confirmed) {
                stream->confirmed = stream->confirm_to;
                tail->changed = true;
            }
            check(stream->confirmed <= stream_eager(stream));
        }
    }
    if (tail->pass_newest > tail->newest) {
        tail->newest = tail->pass_newest;
        tail->changed = true;
    }
    /* At most a fifth of the time goes into reading again. */
    int64_t rest_us = tail->pass_work_us * 4;
    tail->pass_due_us = now_us + (rest_us > PASS_EVERY_MS * 1000 ? rest_us : PASS_EVERY_MS * 1000);
    if (!tail->pass_whole || !is_whole(tail))
        return ERR_OK;
    return tail_publish_watermark(tail, tail_watermark(tail, clock_wall()));
}

static void begin_reconcile(struct tail *tail, int64_t now_us)
{
    if (tail->reconcile_due_us == 0)
        tail->reconcile_due_us = now_us + tail->options.reconcile_ms * 1000;
    if (tail->reconcile != RECONCILE_IDLE || now_us < tail->reconcile_due_us || !is_caught_up(tail))
        return;
    tail->generation++;
    tail->reconcile = RECONCILE_OPEN;
    tail->reconcile_table = ICON_LOGIN_SESSION;
    tail->reconcile_id = -1;
    tail->reconcile_due_us = now_us + tail->options.reconcile_ms * 1000;
}

/* Open rows first, then each that we hold and did not meet; then the next table. */
static void step_reconcile(struct tail *tail)
{
    struct table *table = &tail->tables[tail->reconcile_table];
    size_t missing = 0;
    bool full = false;
    if (tail->reconcile == RECONCILE_IDLE)
        return;
    for (struct page *page = tail->pages; page; page = page->next) {
        if (page->purpose != PAGE_RECONCILE)
            continue;
        full = page->full;
        missing++;
        if (page->count)
            tail->reconcile_id = icon_record_integer(&page->records[page->count - 1], FIELD_ID, INT64_MAX);
        else if (tail->reconcile == RECONCILE_MISSING)
            map_remove(&table->open, (uint64_t)page->to); /* purged: no log-out, but no row of ours to watch */
    }
    if (tail_table_is_good(tail, tail->reconcile_table)) {
        if (tail->reconcile == RECONCILE_OPEN && !full) {
            tail->reconcile = RECONCILE_MISSING;
            return;
        }
        if (tail->reconcile == RECONCILE_OPEN || missing > 0)
            return;
    }
    tail->reconcile = tail->reconcile_table == ICON_LOGIN_SESSION ? RECONCILE_OPEN : RECONCILE_IDLE;
    tail->reconcile_table = ICON_SESSION_ENDPOINT;
    tail->reconcile_id = -1;
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

/* Reads what there is, in one transaction; the order is the law of the watermark: what G_SYNC_CONTROL says first, rows
 * behind it. */
static enum err read_all(struct tail *tail, bool *pass_begins, struct odbc_fault *fault)
{
    int64_t now_us = clock_mono_us();
    *pass_begins = !tail->passing && now_us >= tail->pass_due_us && is_caught_up(tail);
    enum err err = *pass_begins ? tail_read_counters(tail, fault) : ERR_OK;
    if (!err)
        err = tail_read_heads(tail, fault);
    if (!err && (*pass_begins || logs_out(tail)))
        err = tail_read_connections(tail, fault);
    if (!err)
        err = read_eager(tail, fault);
    if (!err && tail->passing)
        err = read_pass(tail, fault);
    if (!err)
        err = read_reconcile(tail, fault);
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
    begin_reconcile(tail, now_us);
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
    step_reconcile(tail);
    if (passing)
        tail->pass_work_us += clock_mono_us() - now_us;
    if (pass_begins && is_caught_up(tail))
        begin_pass(tail, now_us);
    if (tail->passing && pass_is_over(tail))
        err = end_pass(tail, clock_mono_us());
    if (!err)
        err = give_cursor(tail);
    *next = !is_caught_up(tail)                                      ? TAIL_NOW
            : tail->passing || tail->reconcile != RECONCILE_IDLE ? TAIL_SOON
                                                                 : TAIL_REST;
    return err;
}
