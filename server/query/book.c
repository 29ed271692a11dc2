/* What the closes say of a period: status and revision (domain.md §7.21). */
#include "server/query/snapshot.h"

#include "base/json.h"

struct reading {
    struct query *query;
    struct arena *arena;
    struct book *book;
    size_t capacity;
};

static enum row_status document_status(struct bytes document, struct arena *arena)
{
    const char *why;
    const struct json *root = json_read(document, arena, &why);
    const struct json *status = root ? json_member(root, "status") : NULL;
    if (!status || status->kind != JSON_KIND_TEXT)
        return STATUS_CLOSED; /* it stands in the table of closes */
    enum row_status named = STATUS_OPEN;
    while (named < STATUS_COUNT && !bytes_equal_text(status->text, row_status_name(named)))
        named++;
    return named < STATUS_COUNT ? named : STATUS_CLOSED;
}

/* Revisions come in order, so the last one of a day holds. */
static void take_close(void *owner, const struct close_record *record)
{
    struct reading *reading = owner;
    struct book *book = reading->book;
    enum row_status status = document_status(record->document, reading->arena);
    /* A day that stayed provisional becomes final by a decision alone. */
    if (status == STATUS_CLOSED && record->key.day < reading->query->horizon_day)
        status = STATUS_FINAL;
    struct book_day day = {record->key.day, status, record->key.revision};
    if (book->count && book->days[book->count - 1].day == day.day) {
        book->days[book->count - 1] = day;
        return;
    }
    if (book->count == reading->capacity) {
        size_t capacity = reading->capacity * 2 + 8;
        struct book_day *more = arena_alloc(reading->arena, capacity * sizeof *more);
        if (book->count)
            memcpy(more, book->days, book->count * sizeof *more);
        book->days = more;
        reading->capacity = capacity;
    }
    book->days[book->count++] = day;
}

void query_book(struct query *query, const struct query_scope *scope, int32_t from, int32_t to, struct arena *arena, struct book *book)
{
    struct reading reading = {query, arena, book, 0};
    *book = (struct book){0};
    /* A group's book is its tenant's.  The unassigned have none: their rows are in no signed document. */
    int64_t owner = scope->scope.kind == SCOPE_SYSTEM ? 0 : scope->scope.kind == SCOPE_TENANT ? scope->scope.id : scope->tenant;
    if (scope->scope.kind != SCOPE_SYSTEM && owner <= 0)
        return;
    close_each(query->txn, owner, from, to, arena, take_close, &reading);
}

static const struct book_day *find_day(const struct book *book, int32_t day)
{
    size_t low = 0, high = book->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (book->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < book->count && book->days[low].day == day ? &book->days[low] : NULL;
}

void book_status(const struct book *book, instant start, instant end, enum row_status *status, int64_t *revision)
{
    *status = STATUS_FINAL;
    *revision = 0;
    for (int32_t day = instant_day(start); day <= instant_day(end - 1); day++) {
        const struct book_day *found = find_day(book, day);
        enum row_status of_day = found ? found->status : STATUS_OPEN;
        if (of_day < *status)
            *status = of_day;
        if (found && found->revision > *revision)
            *revision = found->revision;
    }
}
