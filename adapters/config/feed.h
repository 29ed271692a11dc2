/*
 * adapters/config/feed.h - where a sidecar's lines come from: a file that grows, a named pipe, a Unix socket.
 *
 *   file    is followed to its end and beyond; another file under its name, or one that became shorter, is read from its start
 *   pipe    is made by the operator (mkfifo); when its writer ends, the next one begins anew
 *   socket  is ours: we listen, one sidecar at a time; whoever connects is told {"seq":N}, the last line that was taken for
 *           good (null: none), so that it can go on behind it
 *
 * A line ends with a newline; one above LINE_BYTES_MAX is given as FEED_LONG, cut.
 *
 * Thread: the adapter's; feed_stop() any.
 */
#ifndef ADAPTERS_CONFIG_FEED_H
#define ADAPTERS_CONFIG_FEED_H

#include "adapters/config/settings.h"

struct feed;
/* where outlives it. */
struct feed *feed_create(enum config_way way, const char *where);
void feed_destroy(struct feed *feed);
/* Ends every wait, now and later. */
void feed_stop(struct feed *feed);

/* Opens it.  inode, offset: where a file was left.  ERR_OK; ERR_AWAY and *why. */
MUST_CHECK enum err feed_open(struct feed *feed, uint64_t inode, uint64_t offset, const char **why);

enum feed_event {
    FEED_MORE,    /* bytes came: ask for lines */
    FEED_IDLE,    /* nothing for ms */
    FEED_BEGUN,   /* a writer came: feed_greet() */
    FEED_ENDED,   /* the writer, or the file, is over */
    FEED_FAILED,  /* feed_open() again; *why says what */
    FEED_STOPPED,
};
enum feed_event feed_wait(struct feed *feed, int ms, const char **why);
/* Tells a socket's other side where to go on; sequence -1: unknown. */
void feed_greet(struct feed *feed, int64_t sequence);

enum feed_line { FEED_NONE, FEED_LINE, FEED_LONG };
/* The next whole line, good until feed_wait(). */
enum feed_line feed_next(struct feed *feed, struct bytes *line);
/* Of a file: what it is, and where its next line begins; 0 elsewhere. */
uint64_t feed_inode(const struct feed *feed);
uint64_t feed_offset(const struct feed *feed);
/* "changes.jsonl, byte 1700" or "line 17 from the socket /run/…"; good until the next call. */
const char *feed_place(struct feed *feed);

#endif
