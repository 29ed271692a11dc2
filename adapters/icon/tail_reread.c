/*
 * adapters/icon/tail_reread.c - what began or ended in a span of time, read again whatever its numbers are.
 *
 * Nightly, over the last days: what became visible later than the time to settle, and was neither an open session nor updated
 * since, is found here, published, and counted as late.  On demand over any span (a backfill): then everything is published.
 * A page a poll, by (seconds, id) where an index begins with the seconds, else by the primary key over the whole table.
 * Tables of the configuration are small and read whole; the annex is not read again.
 */
#include "adapters/icon/tail_state.h"

#include "base/log.h"

static bool has_span(const struct tail *tail, enum icon_table t)
{
    return icon_table_class(t) != CLASS_CFG && tail->options.map->tables[t].names[FIELD_CREATED_TS] &&
           tail->options.map->tables[t].names[FIELD_TERMINATED_TS];
}

static bool is_asked(const struct tail *tail, enum icon_table t)
{
    if (t == ICON_ANNEX || !tail_table_is_good(tail, t))
        return false;
    return icon_table_class(t) == CLASS_CFG ? !tail->reread.all : has_span(tail, t);
}

static enum icon_field field_of(const struct tail *tail)
{
    return icon_table_class(tail->reread.table) == CLASS_CFG ? FIELD_ID : tail->reread.ends ? FIELD_TERMINATED_TS : FIELD_CREATED_TS;
}

/* The next thing to read, from tail->reread.table and ends on; false when there is none. */
static bool settle_on(struct tail *tail)
{
    struct reread *reread = &tail->reread;
    while (reread->table < ICON_TAILED_COUNT && !is_asked(tail, reread->table)) {
        reread->table++;
        reread->ends = false;
    }
    if (reread->table == ICON_TAILED_COUNT)
        return false;
    const struct icon_columns *columns = &tail->options.map->tables[reread->table];
    enum icon_field field = field_of(tail);
    reread->at = (struct position){field == FIELD_ID ? -1 : reread->from / SECOND_MS, -1};
    reread->indexed = field != FIELD_ID && odbc_has_index(tail->options.odbc, columns->table, columns->names[field]);
    return true;
}

void tail_reread_span(struct tail *tail, instant from, instant to, bool all)
{
    tail->reread = (struct reread){.running = true, .fresh = true, .all = all, .from = from, .to = to};
}

/* The nightly one: once a day, at its hour or as soon after it as the rest is read. */
void tail_begin_reread(struct tail *tail, instant wall)
{
    int32_t today = instant_day(wall - tail->options.reread_hour * HOUR_MS);
    if (tail->options.reread_days <= 0 || tail->reread.running || !tail_is_caught_up(tail) || tail->reconcile != RECONCILE_IDLE)
        return;
    if (tail->reread_day >= today)
        return;
    /* The first load reads everything anyway. */
    if (tail->reread_day == INT32_MIN) {
        tail->reread_day = today;
        tail->changed = true;
        return;
    }
    tail_reread_span(tail, (instant_day(wall) - tail->options.reread_days) * (int64_t)DAY_MS, wall, false);
    tail->reread.day = today;
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++)
        if (icon_table_class(t) != CLASS_CFG)
            known_forget(&tail->tables[t].known, tail->reread.from - DAY_MS);
}

static void end_reread(struct tail *tail)
{
    const struct reread *reread = &tail->reread;
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    instant_format(reread->from, from);
    instant_format(reread->to, to);
    if (reread->all)
        log_info(tail->options.part, "read %.19s to %.19s again: %llu rows", from, to, (unsigned long long)reread->rows);
    else if (tail->known_since > reread->from)
        log_info(tail->options.part, "read %.19s to %.19s again: %llu rows, %llu stated again, since this process does not remember them", from,
                 to, (unsigned long long)reread->rows, (unsigned long long)reread->news);
    else
        log_line(reread->late ? LOG_WARNING : LOG_INFO, tail->options.part, "read %.19s to %.19s again: %llu rows, %llu of them had come later than "
                 "settle_seconds and were not known", from, to, (unsigned long long)reread->rows, (unsigned long long)reread->late);
    tail->reread.running = false;
    if (!reread->all) {
        tail->reread_day = reread->day;
        tail->changed = true;
    }
}

/* A query that fails, for example for want of an index, ends this table's re-reading and nothing else. */
static void give_up(struct tail *tail, const struct odbc_fault *fault)
{
    const struct icon_columns *columns = &tail->options.map->tables[tail->reread.table];
    const char *dot = strrchr(columns->table, '.');
    enum icon_field field = field_of(tail);
    log_warning(tail->options.part, "%s cannot be read again (%s); for the DBA: CREATE INDEX %s_%s ON %s (%s, %s);", columns->table, fault->text,
                dot ? dot + 1 : columns->table, field == FIELD_TERMINATED_TS ? "ENDS" : "BEGINS", columns->table, columns->names[field],
                columns->names[FIELD_ID]);
    tail->reread.gave_up = true;
}

enum err tail_read_reread(struct tail *tail, struct odbc_fault *fault)
{
    struct reread *reread = &tail->reread;
    struct page *page;
    if (!reread->running)
        return ERR_OK;
    if (reread->fresh || !is_asked(tail, reread->table)) {
        if (!settle_on(tail)) {
            end_reread(tail);
            return ERR_OK;
        }
        reread->fresh = false;
    }
    enum err err = tail_read_span(tail, reread->table, field_of(tail), reread->indexed, reread->from / SECOND_MS, reread->to / SECOND_MS,
                                  reread->at, &page, fault);
    if (!err || err == ERR_AWAY || err == ERR_CANCELLED)
        return err;
    give_up(tail, fault);
    page->count = 0;
    return ERR_OK;
}

void tail_step_reread(struct tail *tail)
{
    struct reread *reread = &tail->reread;
    for (const struct page *page = tail->pages; reread->running && page; page = page->next) {
        if (page->purpose != PAGE_REREAD)
            continue;
        reread->rows += page->count;
        if (page->full) {
            const struct icon_record *last = &page->records[page->count - 1];
            if (reread->indexed)
                reread->at.number = icon_record_integer(last, field_of(tail), INT64_MAX);
            reread->at.id = icon_record_integer(last, FIELD_ID, INT64_MAX);
            continue;
        }
        if (!reread->ends && has_span(tail, reread->table) && !reread->gave_up) {
            reread->ends = true;
        } else {
            reread->table++;
            reread->ends = false;
        }
        reread->fresh = true;
        reread->gave_up = false;
    }
}
