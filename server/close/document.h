/*
 * server/close/document.h - a day's close as canonical JSON and its rows (contract.md §6).
 *
 * RFC 8785, integers only.  The rows are one canonical object a line, ordered by scope, id, item,
 * profile; null members are left out.  All of them are of the book's day, also those of its groups.  rows_sha256 is over these bytes, previous_sha256 over the book's
 * previous document ("" for the first).
 * Thread: any.
 */
#ifndef SERVER_CLOSE_DOCUMENT_H
#define SERVER_CLOSE_DOCUMENT_H

#include "server/close/ready.h"

struct close_request {
    struct query_scope book;
    struct close_day day;
    bool provisional;
    instant made_at;
};

/* Makes document and rows of a book's day from the snapshot; revision 0.  In arena. */
MUST_CHECK enum err close_make(struct query *query, const struct close_request *request, struct arena *arena, struct close_record *record);

#endif
