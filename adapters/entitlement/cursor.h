/*
 * adapters/entitlement/cursor.h - what was accepted: the source's cursor.
 *
 * `version` is the newest moment of acceptance in µs; it only grows.  Of each subject (an entitlement or a bundle set by its
 * id, the licence file, the provisioned counts) the newest file's digest and that of the map it was read with stand there, so
 * that the same file again is a no-op, unless another took its place meanwhile or the map changed.  The oldest subjects
 * leave when there are more than CURSOR_SUBJECTS_MAX: their files would be stated once more, which changes nothing.
 *
 * Thread: the adapter's.
 */
#ifndef ADAPTERS_ENTITLEMENT_CURSOR_H
#define ADAPTERS_ENTITLEMENT_CURSOR_H

#include "adapters/entitlement/reading.h"
#include "base/crypto.h"

enum { CURSOR_SUBJECTS_MAX = 500, CURSOR_SUBJECT_BYTES_MAX = 256 };

struct accepted {
    char subject[CURSOR_SUBJECT_BYTES_MAX];
    char content[SHA256_TEXT_SIZE], map[SHA256_TEXT_SIZE];
    int64_t version;
    struct license_since license; /* of the licence file */
};

struct cursor {
    int64_t version;
    struct accepted accepted[CURSOR_SUBJECTS_MAX];
    size_t count;
};

/* Absent text: nothing was accepted yet.  ERR_INPUT: no cursor of ours, and *why. */
MUST_CHECK enum err cursor_read(struct bytes text, struct arena *arena, struct cursor *cursor, const char **why);
void cursor_write(const struct cursor *cursor, struct buffer *out);
/* NULL: nothing of that subject. */
const struct accepted *cursor_find(const struct cursor *cursor, struct bytes subject);
/* Puts it in the place of what had its subject. */
void cursor_accept(struct cursor *cursor, const struct accepted *accepted);

#endif
