#include "server/ingest/waiting.h"

#include "store/outbox.h"

struct waiting_letter {
    struct dead_letter letter;
    struct waiting_letter *next;
};

struct waiting_cursor {
    struct bytes source, cursor;
    struct waiting_cursor *next;
};

struct waiting_position {
    struct partition_position position;
    struct waiting_position *next;
};

struct waiting_gap {
    struct partition_gap gap;
    struct waiting_gap *next;
};

struct waiting_told {
    struct close_key key;
    struct waiting_told *next;
};

struct waiting_close {
    struct close_record record;
    bool ours;
    struct waiting_close *next;
};

struct waiting_alert {
    struct alert alert;
    struct waiting_alert *next;
};

void waiting_letter(struct waiting *waiting, const struct dead_letter *letter)
{
    struct waiting_letter *kept = arena_alloc(waiting->arena, sizeof *kept);
    kept->letter = *letter;
    kept->letter.source = arena_copy(waiting->arena, letter->source);
    kept->letter.topic = arena_copy(waiting->arena, letter->topic);
    kept->letter.place = arena_copy(waiting->arena, letter->place);
    kept->letter.why = arena_copy(waiting->arena, letter->why);
    kept->letter.raw = arena_copy(waiting->arena, letter->raw);
    if (!kept->letter.at)
        kept->letter.at = clock_wall();
    kept->next = waiting->letters;
    waiting->letters = kept;
}

void waiting_cursor(struct waiting *waiting, struct bytes source, struct bytes cursor)
{
    struct waiting_cursor *kept = waiting->cursors;
    while (kept && !bytes_equal(kept->source, source))
        kept = kept->next;
    if (!kept) {
        kept = arena_alloc(waiting->arena, sizeof *kept);
        *kept = (struct waiting_cursor){.source = arena_copy(waiting->arena, source), .next = waiting->cursors};
        waiting->cursors = kept;
    }
    kept->cursor = arena_copy(waiting->arena, cursor);
}

void waiting_position(struct waiting *waiting, const struct partition_position *position)
{
    struct waiting_position *kept = waiting->positions;
    while (kept && !(kept->position.partition == position->partition && bytes_equal(kept->position.topic, position->topic)))
        kept = kept->next;
    if (!kept) {
        kept = arena_alloc(waiting->arena, sizeof *kept);
        *kept = (struct waiting_position){.position = {.topic = arena_copy(waiting->arena, position->topic)}, .next = waiting->positions};
        waiting->positions = kept;
    }
    struct bytes topic = kept->position.topic;
    kept->position = *position;
    kept->position.topic = topic;
}

void waiting_gap(struct waiting *waiting, const struct partition_gap *gap)
{
    struct waiting_gap *kept = waiting->gaps;
    while (kept && !(kept->gap.partition == gap->partition && kept->gap.from_offset == gap->from_offset && bytes_equal(kept->gap.topic, gap->topic)))
        kept = kept->next;
    if (!kept) {
        kept = arena_alloc(waiting->arena, sizeof *kept);
        kept->next = waiting->gaps;
        waiting->gaps = kept;
    }
    kept->gap = *gap;
    kept->gap.topic = arena_copy(waiting->arena, gap->topic);
}

void waiting_close(struct waiting *waiting, const struct close_record *record, bool ours)
{
    struct waiting_close *kept = arena_alloc(waiting->arena, sizeof *kept);
    kept->record = (struct close_record){record->key, arena_copy(waiting->arena, record->document), arena_copy(waiting->arena, record->rows)};
    kept->ours = ours;
    kept->next = waiting->closes;
    waiting->closes = kept;
}

void waiting_told(struct waiting *waiting, struct close_key key)
{
    struct waiting_told *kept = arena_alloc(waiting->arena, sizeof *kept);
    *kept = (struct waiting_told){key, waiting->told};
    waiting->told = kept;
}

static void write_close(const struct waiting_close *kept, struct db_txn *txn)
{
    close_put(txn, &kept->record);
    outbox_delete(txn, OUTBOX_OFFERED, kept->record.key);
    if (kept->ours)
        outbox_usage(txn, kept->record.key);
}

/* In the order in which they were raised: one may end what one before it began. */
void waiting_alert(struct waiting *waiting, const struct alert *alert)
{
    struct waiting_alert *kept = arena_alloc(waiting->arena, sizeof *kept), **at = &waiting->alerts;
    *kept = (struct waiting_alert){.alert = *alert};
    kept->alert.kind = arena_copy(waiting->arena, alert->kind);
    kept->alert.subject = arena_copy(waiting->arena, alert->subject);
    kept->alert.text = arena_copy(waiting->arena, alert->text);
    kept->alert.detail = bytes_present(alert->detail) ? arena_copy(waiting->arena, alert->detail) : BYTES_NONE;
    while (*at)
        at = &(*at)->next;
    *at = kept;
}

void waiting_write(const struct waiting *waiting, struct db_txn *txn)
{
    for (const struct waiting_letter *kept = waiting->letters; kept; kept = kept->next)
        dead_put(txn, &kept->letter);
    for (const struct waiting_cursor *kept = waiting->cursors; kept; kept = kept->next)
        position_put(txn, kept->source, kept->cursor);
    for (const struct waiting_position *kept = waiting->positions; kept; kept = kept->next)
        partition_position_put(txn, &kept->position);
    for (const struct waiting_gap *kept = waiting->gaps; kept; kept = kept->next)
        partition_gap_put(txn, &kept->gap);
    for (const struct waiting_close *kept = waiting->closes; kept; kept = kept->next)
        write_close(kept, txn);
    for (const struct waiting_told *kept = waiting->told; kept; kept = kept->next)
        outbox_delete(txn, OUTBOX_USAGE, kept->key);
    for (const struct waiting_alert *kept = waiting->alerts; kept; kept = kept->next)
        alert_put(txn, &kept->alert);
}

void waiting_clear(struct waiting *waiting)
{
    waiting->letters = NULL;
    waiting->cursors = NULL;
    waiting->positions = NULL;
    waiting->gaps = NULL;
    waiting->closes = NULL;
    waiting->told = NULL;
    waiting->alerts = NULL;
    arena_reset(waiting->arena);
}
