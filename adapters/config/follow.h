/*
 * adapters/config/follow.h - what both ways of following share: what is known, what is held, what goes out.
 *
 * A *picture* is a whole configuration at an instant, from the database or between a sidecar's snapshot-begin and
 * snapshot-end.  follow_picture() takes it over, or holds it: a picture in which more than hold_percent of a class of
 * things and more than hold_things of it are missing is as if it had never been taken, until somebody decides.  It is
 * known again by the things that are missing: another picture that misses the same is the same held one, one that
 * misses others is held anew, under a version of its own, and one that misses few ends the holding.  What is held
 * stands in the source's own fact (held, held_note, held_snapshot); a decision `deletions` names that version.  What was held and
 * approved is gone since the picture in which it was first missing.
 *
 * While something is held, or not all could be read, the watermark stands: silence is unknown, never zero.
 *
 * The cursor says where a stream is and what is held; what was said before comes from the facts themselves
 * (adapter_sink.recall), so that a cursor that is lost rewrites no history.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_CONFIG_FOLLOW_H
#define ADAPTERS_CONFIG_FOLLOW_H

#include "adapters/adapter.h"
#include "adapters/config/known.h"

struct follow_options {
    const char *name, *part; /* the source; who speaks in the log; both outlive it */
    struct bytes group;
    struct adapter_sink sink;
    int hold_percent;
    int64_t hold_things;
};

/* Where a stream of lines is.  Who has a past and no cursor may have missed lines: a hole. */
struct follow_place {
    int64_t sequence;      /* of the last line taken; -1: unknown */
    int64_t missed;        /* lines that were refused since */
    bool hole;             /* lines are missing since the last snapshot */
    uint64_t inode, offset; /* of a file */
};

struct follow;
struct follow *follow_create(const struct follow_options *options, struct bytes cursor);
void follow_destroy(struct follow *follow);

/* All below: ERR_OK, or ERR_CANCELLED, …: the sink wants no more. */

/* First of all: what was said before, and the declaration. */
MUST_CHECK enum err follow_open(struct follow *follow);
struct known *follow_known(struct follow *follow);
/* True once a first picture has been taken over. */
bool follow_is_loaded(const struct follow *follow);
/* The newest instant that was said: what lies before it is in. */
instant follow_until(const struct follow *follow);
struct follow_place *follow_place(struct follow *follow);

enum follow_outcome { FOLLOW_TAKEN, FOLLOW_HELD };
/* A whole picture (known_begin() … known_found()) as of at, which must not lie before follow_until(). */
MUST_CHECK enum err follow_picture(struct follow *follow, instant at, enum follow_outcome *outcome);
/* A change (known_begin_change() …) at an instant. */
MUST_CHECK enum err follow_change(struct follow *follow, instant at);
/* Ends a batch; until: the watermark, INSTANT_NONE when it stands. */
MUST_CHECK enum err follow_commit(struct follow *follow, instant until);

bool follow_is_held(const struct follow *follow);
/* Looks for decisions; *approved: what is held may go, so the picture is to be taken again. */
MUST_CHECK enum err follow_decisions(struct follow *follow, bool *approved);

#endif
