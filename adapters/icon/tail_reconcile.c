/* adapters/icon/tail_reconcile.c - the sessions that last there beside those that last here. */
#include "adapters/icon/tail_state.h"

enum err tail_read_reconcile(struct tail *tail, struct odbc_fault *fault)
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

void tail_begin_reconcile(struct tail *tail, int64_t now_us)
{
    if (tail->reconcile_due_us == 0)
        tail->reconcile_due_us = now_us + tail->options.reconcile_ms * 1000;
    if (tail->reconcile != RECONCILE_IDLE || now_us < tail->reconcile_due_us || !tail_is_caught_up(tail))
        return;
    tail->generation++;
    tail->reconcile = RECONCILE_OPEN;
    tail->reconcile_table = ICON_LOGIN_SESSION;
    tail->reconcile_id = -1;
    tail->reconcile_due_us = now_us + tail->options.reconcile_ms * 1000;
}

/* Open rows first, then each that we hold and did not meet; then the next table. */
void tail_step_reconcile(struct tail *tail)
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
    tail->compared = tail->compared || (tail->reconcile_table == ICON_SESSION_ENDPOINT && tail_is_whole(tail));
    tail->reconcile = tail->reconcile_table == ICON_LOGIN_SESSION ? RECONCILE_OPEN : RECONCILE_IDLE;
    tail->reconcile_table = ICON_SESSION_ENDPOINT;
    tail->reconcile_id = -1;
}
