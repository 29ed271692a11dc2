/* adapters/gvp/tail.c - the order of a poll. */
#include "adapters/gvp/tail_state.h"

#include "base/check.h"
#include "base/log.h"

#include <stdlib.h>

enum { SECOND_PASS_MS = 2 * DAY_MS, SECOND_PASS_HOURS = 6 };

/* One poll: what went wrong first, and for which legs. */
struct poll {
    struct gvp_tail *tail;
    bool bad[GVP_LEG_COUNT];
    bool away;   /* nobody answers: nothing more is asked */
    enum err err;
    struct gvp_fault *fault;
};

struct gvp_tail *gvp_tail_create(const struct gvp_tail_options *options)
{
    struct gvp_tail *tail = memory_alloc_zero(1, sizeof *tail);
    const char *why = NULL;
    tail->options = *options;
    tail->settings = options->settings;
    tail->arena = arena_create();
    tail->page_arena = arena_create();
    tail->wide_at = INSTANT_NONE;
    for (int leg = 0; leg < GVP_LEG_COUNT; leg++)
        tail->step_ms[leg] = tail->settings->window_minutes * MINUTE_MS;
    if (gvp_cursor_read(options->cursor, tail->arena, &tail->cursor, &why)) {
        log_error(options->part, "its cursor cannot be read (%s): it begins anew, %lld days back", why, (long long)tail->settings->first_days);
        enum err err = gvp_cursor_read(BYTES_NONE, tail->arena, &tail->cursor, &why);
        check(err == ERR_OK);
    }
    return tail;
}

void gvp_tail_destroy(struct gvp_tail *tail)
{
    if (!tail)
        return;
    map_free(&tail->pass);
    gvp_seen_free(&tail->seen);
    arena_destroy(tail->page_arena);
    arena_destroy(tail->arena);
    free(tail);
}

static enum err hand_over(struct gvp_tail *tail, struct fact *fact, const char *key, int64_t version)
{
    fact->source = bytes_from_text(tail->settings->name);
    fact->key = bytes_from_text(key);
    fact->version = version;
    tail->changed = true;
    return tail->options.sink.fact(tail->options.sink.owner, fact);
}

/* Before anything else, also before the server can be reached: so no day is closed without it.  Again with a larger version when
 * its group is another. */
static enum err declare_source(struct gvp_tail *tail)
{
    struct gvp_cursor *cursor = &tail->cursor;
    struct bytes group = tail->settings->group;
    struct fact fact = fact_blank(FACT_SOURCE);
    if (cursor->declared && bytes_equal(cursor->group, group) && bytes_present(cursor->group) == bytes_present(group))
        return ERR_OK;
    fact.source_entry.kind = SOURCE_GVP;
    fact.source_entry.group = group;
    enum err err = hand_over(tail, &fact, tail->settings->name, cursor->declared + 1);
    if (err)
        return err;
    cursor->declared++;
    cursor->group = group;
    return ERR_OK;
}

/* One span, still open: nothing of it is ever skipped.  What could not be read is read later, and till then the watermark stands. */
static enum err declare_coverage(struct gvp_tail *tail)
{
    struct fact fact = fact_blank(FACT_COVERAGE);
    if (tail->cursor.covered == tail->cursor.declared)
        return ERR_OK;
    fact.coverage.from = tail->cursor.since;
    fact.coverage.group = tail->settings->group;
    enum err err = hand_over(tail, &fact, "windows", tail->cursor.declared);
    if (!err)
        tail->cursor.covered = tail->cursor.declared;
    return err;
}

/* True when the poll may go on with other legs. */
static bool note(struct poll *poll, enum err err, const struct gvp_fault *fault, enum gvp_leg leg)
{
    if (!err)
        return true;
    poll->bad[leg] = true;
    poll->away = poll->away || err == ERR_CANCELLED || !fault->of_leg;
    if (!poll->err || err == ERR_CANCELLED) {
        poll->err = err;
        *poll->fault = *fault;
    }
    return false;
}

static bool is_asked(const struct poll *poll, enum gvp_leg leg)
{
    return poll->tail->settings->legs[leg] && !poll->bad[leg] && !poll->away;
}

static bool all_good(const struct poll *poll)
{
    return poll->err == ERR_OK;
}

/* The server's now, INSTANT_NEVER when no leg's could be read; *whole: all calls in progress were seen. */
static instant read_running(struct poll *poll, bool *whole)
{
    struct gvp_tail *tail = poll->tail;
    instant now = INSTANT_NEVER;
    *whole = true;
    for (enum gvp_leg leg = 0; leg < GVP_LEG_COUNT; leg++) {
        struct gvp_fault fault;
        struct gvp_found found = {0};
        if (!is_asked(poll, leg))
            continue;
        enum err err = gvp_tail_read(tail, &(struct gvp_range){.leg = leg, .running = true}, RUNNING_PAGES_MAX, &found, &fault);
        if (!note(poll, err, &fault, leg)) {
            *whole = false;
            continue;
        }
        if (found.generated < now)
            now = found.generated;
        *whole = *whole && found.whole;
        if (!found.whole)
            log_once(LOG_WARNING, tail->options.part, "running", "%s calls in progress change while their pages are read, so the watermark waits: "
                     "a larger page_size helps", gvp_leg_name(leg));
    }
    if (*whole)
        log_clear(tail->options.part, "running");
    return now;
}

static void begin(struct gvp_tail *tail, instant now)
{
    struct gvp_cursor *cursor = &tail->cursor;
    if (cursor->since == INSTANT_NONE) {
        cursor->since = cursor->confirmed = now - tail->settings->first_days * DAY_MS > 0 ? now - tail->settings->first_days * DAY_MS : 0;
        cursor->second_day = floor_div(now - tail->settings->second_pass_hour * HOUR_MS, DAY_MS);
        tail->changed = true;
    }
    if (cursor->confirmed <= now)
        return;
    if (cursor->confirmed > now + CLOCK_MS_MAX)
        log_once(LOG_WARNING, tail->options.part, "clock", "the server's clock went back: what ended since is read again");
    cursor->confirmed = now - tail->settings->lag_seconds * SECOND_MS;
    if (cursor->confirmed < cursor->since)
        cursor->confirmed = cursor->since;
    tail->changed = true;
}

/* Calls that ended, whole, for every leg; true when it was so. */
static bool read_ended(struct poll *poll, instant from, instant to)
{
    bool whole = true;
    for (enum gvp_leg leg = 0; leg < GVP_LEG_COUNT; leg++) {
        struct gvp_fault fault = {0};
        if (poll->tail->settings->legs[leg])
            whole = is_asked(poll, leg) && note(poll, gvp_tail_read_ended(poll->tail, leg, from, to, &fault), &fault, leg) && whole;
    }
    return whole;
}

static void read_settled(struct poll *poll, instant now, enum gvp_next *next)
{
    struct gvp_tail *tail = poll->tail;
    struct gvp_cursor *cursor = &tail->cursor;
    const struct gvp_settings *settings = tail->settings;
    int64_t lag_ms = settings->lag_seconds * SECOND_MS, overlap_ms = settings->overlap_minutes * MINUTE_MS;
    instant to = now - lag_ms, most = cursor->confirmed + settings->window_minutes * MINUTE_MS;
    bool wide = tail->wide_at == INSTANT_NONE || now - tail->wide_at >= overlap_ms / 6;
    instant from = cursor->confirmed - (wide && overlap_ms > lag_ms ? overlap_ms : lag_ms);
    if (to > most) {
        to = most;
        *next = GVP_NOW;
    }
    if (to <= cursor->confirmed || !read_ended(poll, from > cursor->since ? from : cursor->since, to))
        return;
    cursor->confirmed = to;
    tail->changed = true;
    if (wide)
        tail->wide_at = now;
}

static void read_eager(struct poll *poll, instant now)
{
    instant from = now - poll->tail->settings->lag_seconds * SECOND_MS;
    for (enum gvp_leg leg = 0; leg < GVP_LEG_COUNT; leg++) {
        struct gvp_fault fault;
        struct gvp_found found;
        if (is_asked(poll, leg))
            note(poll, gvp_tail_read(poll->tail, &(struct gvp_range){.leg = leg, .from = from - SECOND_MS, .to = now + SECOND_MS}, RUNNING_PAGES_MAX, &found, &fault),
                 &fault, leg);
    }
}

/* A piece a poll, so that it never stands in the way of what is new, and large enough that a pass is over within six hours. */
static void read_second(struct poll *poll, instant now)
{
    struct gvp_tail *tail = poll->tail;
    struct gvp_cursor *cursor = &tail->cursor;
    int64_t day = floor_div(now - tail->settings->second_pass_hour * HOUR_MS, DAY_MS);
    if (cursor->second_from == cursor->second_until && day > cursor->second_day) {
        cursor->second_from = now - SECOND_PASS_MS > cursor->since ? now - SECOND_PASS_MS : cursor->since;
        cursor->second_until = cursor->confirmed > cursor->second_from ? cursor->confirmed : cursor->second_from;
        cursor->second_day = day;
        tail->changed = true;
    }
    if (cursor->second_from == cursor->second_until)
        return;
    int64_t piece_ms = tail->settings->window_minutes * MINUTE_MS, least_ms = SECOND_PASS_MS / SECOND_PASS_HOURS / HOUR_MS * tail->settings->poll_seconds * SECOND_MS;
    instant to = cursor->second_from + (piece_ms > least_ms ? piece_ms : least_ms);
    to = to < cursor->second_until ? to : cursor->second_until;
    if (!read_ended(poll, cursor->second_from, to))
        return;
    cursor->second_from = to;
    tail->changed = true;
}

/* Few enough to fit, dense enough that the watermark moves smoothly. */
static void keep_snapshot(struct gvp_tail *tail, instant at)
{
    instant *last = &tail->snapshots[(tail->snapshot_count + SNAPSHOT_COUNT - 1) % SNAPSHOT_COUNT];
    if (tail->snapshot_count && at >= *last && at - *last < tail->settings->lag_seconds * SECOND_MS / 16)
        return;
    tail->snapshots[tail->snapshot_count++ % SNAPSHOT_COUNT] = at;
}

static enum err publish_watermark(struct gvp_tail *tail)
{
    struct fact fact = fact_blank(FACT_WATERMARK);
    instant best = INSTANT_NONE;
    for (size_t i = 0; i < tail->snapshot_count && i < SNAPSHOT_COUNT; i++)
        if (tail->snapshots[i] <= tail->cursor.confirmed && tail->snapshots[i] > best)
            best = tail->snapshots[i];
    if (best == INSTANT_NONE || best - tail->settings->lag_seconds * SECOND_MS <= tail->cursor.watermark)
        return ERR_OK;
    fact.watermark.until = best - tail->settings->lag_seconds * SECOND_MS;
    if (fact.watermark.until < tail->cursor.since)
        return ERR_OK;
    enum err err = hand_over(tail, &fact, "watermark", fact.watermark.until);
    if (!err)
        tail->cursor.watermark = fact.watermark.until;
    return err;
}

static enum err give_cursor(struct gvp_tail *tail)
{
    struct buffer text = {0};
    if (!tail->changed)
        return ERR_OK;
    gvp_cursor_write(&tail->cursor, &text);
    enum err err = tail->options.sink.cursor(tail->options.sink.owner, buffer_bytes(&text));
    buffer_free(&text);
    if (!err)
        tail->changed = false;
    return err;
}

enum err gvp_tail_poll(struct gvp_tail *tail, instant wall, enum gvp_next *next, struct gvp_fault *fault)
{
    struct poll poll = {.tail = tail, .fault = fault};
    bool whole;
    *next = GVP_REST;
    tail->wall = wall;
    enum err err = declare_source(tail);
    if (err)
        return err;
    instant now = read_running(&poll, &whole);
    if (poll.err == ERR_CANCELLED)
        return poll.err;
    if (now != INSTANT_NEVER) {
        begin(tail, now);
        err = declare_coverage(tail);
        if (err)
            return err;
        read_settled(&poll, now, next);
        read_eager(&poll, now);
        if (all_good(&poll) && *next == GVP_REST)
            read_second(&poll, now);
    }
    if (poll.err == ERR_CANCELLED)
        return poll.err;
    if (whole && now != INSTANT_NEVER)
        keep_snapshot(tail, now);
    /* Also after a fault: what was read need not wait for what was not. */
    err = publish_watermark(tail);
    if (!err)
        err = give_cursor(tail);
    return err ? err : poll.err;
}
