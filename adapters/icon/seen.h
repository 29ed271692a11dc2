/*
 * adapters/icon/seen.h - which versions of rows have been published, between two marks.
 *
 * Rows between the confirmed and the eager mark are read again and again; what is in here is dropped.
 * Two generations: a pass over the window collects what it meets, and what the pass before met and
 * this one did not is forgotten when it ends.  Above SEEN_ROWS_MAX nothing more is remembered: such
 * a row is published again, which is a duplicate and changes nothing.
 */
#ifndef ADAPTERS_ICON_SEEN_H
#define ADAPTERS_ICON_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEN_ROWS_MAX = 1 << 19 /* of a table: 16 MiB, 24 while it grows */ };

struct seen_set {
    struct seen_row {
        int64_t id, version; /* version -1: free */
    } *rows;
    size_t count, capacity;
};

struct seen {
    struct seen_set now, next;
    bool passing;
};

bool seen_has(const struct seen *seen, int64_t id, int64_t version);
void seen_add(struct seen *seen, int64_t id, int64_t version);
/* A pass begins (one that is under way begins anew); it ends. */
void seen_pass_begin(struct seen *seen);
void seen_pass_end(struct seen *seen);
void seen_free(struct seen *seen);

#endif
