/*
 * adapters/config/stream.h - a sidecar's lines in order: snapshots and changes.
 *
 * Nothing counts before a first snapshot was taken.  `seq` grows by one a line: what comes again is passed over, and
 * where lines are missing the stream has a *hole*: changes go on, but the watermark stands until the next snapshot.  A
 * line that was refused leaves none.  Lines come in order of `at`: one that lies more than REPEAT_MS before
 * what was said is a repetition (of a file that is read from its start again), a closer one happened when the last did.  When a
 * run begins with an older snapshot and no line is missing behind it, what was a hole is none any more.
 *
 * A snapshot that is held (follow.h) waits here with the lines behind it until somebody decides, or until another
 * snapshot takes its place.  A snapshot that is broken off is as if it had never begun.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_CONFIG_STREAM_H
#define ADAPTERS_CONFIG_STREAM_H

#include "adapters/config/follow.h"
#include "adapters/config/line.h"

enum { REPEAT_MS = 5000, STREAM_HELD_BYTES_MAX = 16 << 20, STREAM_AHEAD_MS = 60 * 60 * 1000 };

struct stream_options {
    const char *part;
    const struct config_map *map;
    bool clear_names;
    struct follow *follow;
    struct adapter_sink sink;
};

struct stream;
struct stream *stream_create(const struct stream_options *options);
void stream_destroy(struct stream *stream);

/* All: ERR_OK, or ERR_CANCELLED: the sink wants no more. */

/* A line without its end; place for messages ("changes.jsonl, line 17"); wall: no time an hour behind it is believed. */
MUST_CHECK enum err stream_line(struct stream *stream, struct bytes text, const char *place, instant wall);
/* A line that cannot be read at all. */
MUST_CHECK enum err stream_refuse(struct stream *stream, const char *place, const char *why, struct bytes text);
/* The connection is over, the next one begins anew. */
void stream_break(struct stream *stream);
/* Ends a batch. */
MUST_CHECK enum err stream_commit(struct stream *stream);
/* Looks for a decision about what is held; then lines that waited are taken. */
MUST_CHECK enum err stream_decide(struct stream *stream, instant wall);

/* True when a place in the stream may be kept: no snapshot is under way, and none waits. */
bool stream_is_settled(const struct stream *stream);
/* True when no more lines can wait behind a held snapshot. */
bool stream_is_full(const struct stream *stream);

#endif
