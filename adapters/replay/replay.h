/*
 * adapters/replay/replay.h - facts from JSON lines (contract.md §1), one line a fact.
 *
 * A line that is no lawful fact is handed to sink->refused() with "FILE:LINE" and its bytes, and the
 * rest goes on.  Empty lines are passed over.  A line longer than FACT_LINE_BYTES_MAX is refused and
 * kept by its beginning.
 * Thread: the caller's.
 */
#ifndef ADAPTERS_REPLAY_REPLAY_H
#define ADAPTERS_REPLAY_REPLAY_H

#include "adapters/adapter.h"

#include <stdio.h>

struct replay_counts {
    uint64_t lines, facts, refused;
};

/* Reads file to its end; name stands in messages.  ERR_IO, logged; ERR_CANCELLED: the sink said so. */
MUST_CHECK enum err replay_read(FILE *file, const char *name, const struct adapter_sink *sink, struct replay_counts *counts);

#endif
