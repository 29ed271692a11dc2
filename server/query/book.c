/* What the closes say of a period: status and revision (domain.md §7.21). */
#include "server/query/snapshot.h"

#include "store/retention.h"

struct reading {
    struct query *query;
    struct arena *arena;
    struct book *book;
    size_t capacity;
};

static bool take_close(void *owner, const struct close_head *head)
{
    struct reading *reading = owner;
    struct book *book = reading->book;
    enum row_status status = head->status;
    /* A day that stayed provisional becomes final by a decision alone. */
    if (status == STATUS_CLOSED && head->end <= reading->query->horizon)
        status = STATUS_FINAL;
    if (book->count == reading->capacity) {
        size_t capacity = reading->capacity * 2 + 8;
        struct book_day *more = arena_alloc(reading->arena, capacity * sizeof *more);
        if (book->count)
            memcpy(more, book->days, book->count * sizeof *more);
        book->days = more;
        reading->capacity = capacity;
    }
    book->days[book->count++] = (struct book_day){head->key.day, head->start, head->end, status, head->key.revision};
    return true;
}

void query_book(struct query *query, const struct query_scope *scope, int32_t from, int32_t to, struct arena *arena, struct book *book)
{
    struct reading reading = {query, arena, book, 0};
    *book = (struct book){.gone_to = INSTANT_EVER};
    /* A group's book is its tenant's.  The unassigned have none: their rows are in no signed document. */
    int64_t owner = scope->scope.kind == SCOPE_SYSTEM ? 0 : scope->scope.kind == SCOPE_TENANT ? scope->scope.id : scope->tenant;
    if (scope->scope.kind != SCOPE_SYSTEM && owner <= 0)
        return;
    close_heads(query->txn, owner, from, to, take_close, &reading);
    book->gone_to = retention_from(query->txn, RETENTION_CLOSES);
}

/* The first day that ends behind the instant; count: none. */
static size_t find_day(const struct book *book, instant at)
{
    size_t low = 0, high = book->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (book->days[middle].end <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void book_status(const struct book *book, instant start, instant end, enum row_status *status, int64_t *revision)
{
    instant closed_to = book->gone_to > start ? book->gone_to : start;
    *status = STATUS_FINAL;
    *revision = 0;
    for (size_t i = find_day(book, closed_to); i < book->count && book->days[i].start < end; i++) {
        const struct book_day *day = &book->days[i];
        if (day->start > closed_to || day->status < *status)
            *status = day->start > closed_to ? STATUS_OPEN : day->status;
        if (day->revision > *revision)
            *revision = day->revision;
        closed_to = day->end;
    }
    if (closed_to < end)
        *status = STATUS_OPEN;
}
