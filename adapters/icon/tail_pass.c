/* adapters/icon/tail_pass.c - the window between the marks, read again; how far is sure; the watermark behind it. */
#include "adapters/icon/tail_state.h"

#include "base/check.h"

/* One page of rows a poll, so that what is new does not wait behind what is old. */
enum err tail_read_pass(struct tail *tail, struct odbc_fault *fault)
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

void tail_begin_pass(struct tail *tail, int64_t now_us)
{
    take_sample(tail, now_us);
    choose_confirm(tail, now_us);
    tail->passing = true;
    tail->pass_whole = tail_is_whole(tail);
    tail->pass_work_us = 0;
    tail->pass_newest = INSTANT_NONE;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        struct table *table = &tail->tables[t];
        table->passes = tail_table_is_good(tail, t);
        if (!table->passes)
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

bool tail_pass_is_over(const struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++)
        for (int s = 0; s < STREAM_COUNT; s++)
            if (tail->tables[t].streams[s].passing && tail_table_is_good(tail, t))
                return false;
    return true;
}

enum err tail_end_pass(struct tail *tail, int64_t now_us)
{
    tail->passing = false;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        struct table *table = &tail->tables[t];
        bool broken_off = table->streams[STREAM_INSERT].passing || table->streams[STREAM_UPDATE].passing;
        table->streams[STREAM_INSERT].passing = table->streams[STREAM_UPDATE].passing = false;
        /* What was not read is not confirmed, whatever an earlier pass left behind. */
        if (broken_off || !table->passes) {
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
    if (!tail->pass_whole || !tail_is_whole(tail))
        return ERR_OK;
    return tail_publish_watermark(tail, tail_watermark(tail, clock_wall()));
}
