/*
 * adapters/entitlement/folder.h - the folder into which files are dropped, and where they go from there.
 *
 * A file is steady when two looks saw the same size, time and inode, and nobody holds it open for writing where the system can
 * tell.  Left alone are names that begin with a dot, and those that end in ".tmp", ".part", "~" or ".receipt": so a copy may be made
 * under such a name and renamed when it is whole.  Only regular files are taken, links are not followed.
 *
 * Aside means accepted/NAME or refused/NAME with NAME.receipt beside it (NAME.2 and so on when there is one already).
 * The receipt is on disk before the file moves, and the file moves before its facts are handed over: so what is in
 * accepted/ with a version above the cursor's was not committed, and is stated again (folder_accepted_above).
 *
 * Thread: the adapter's.  Texts of an answer live in the arena that was given.
 */
#ifndef ADAPTERS_ENTITLEMENT_FOLDER_H
#define ADAPTERS_ENTITLEMENT_FOLDER_H

#include "base/err.h"
#include "base/memory.h"

enum { FOLDER_FILES_MAX = 10000, FOLDER_NAME_BYTES_MAX = 200 };
#define RECEIPT_VERSION "version: " /* the line of a receipt that folder_accepted_above() reads */

struct folder;

struct folder_file {
    const char *name;
    int64_t size, changed_ns;
    uint64_t device, inode;
    bool steady;
};

struct folder_accepted {
    const char *name;
    int64_t version;
};

/* part: who speaks in the log. */
struct folder *folder_create(const char *dir, const char *part);
void folder_destroy(struct folder *folder);

/* A round: opens the folder and its two subfolders, which it makes; each round ends with folder_close().
 * ERR_AWAY and *why. */
MUST_CHECK enum err folder_open(struct folder *folder, struct arena *arena, const char **why);
void folder_close(struct folder *folder);

/* What is there, oldest first.  ERR_AWAY and *why. */
MUST_CHECK enum err folder_look(struct folder *folder, struct arena *arena, const struct folder_file **files, size_t *count, const char **why);
/* ERR_OK; ERR_BUSY: it changes or is held open for writing, later; ERR_INPUT and *why: it cannot be read, which does not
 * pass by itself; ERR_IO and *why: a failure that may pass. */
MUST_CHECK enum err folder_read(struct folder *folder, const struct folder_file *file, size_t most, struct arena *arena, struct bytes *content,
                                const char **why);
/* ERR_OK, and *to is where it went ("accepted/NAME"); ERR_BUSY: another file has its name meanwhile, nothing was done;
 * ERR_IO and *why: nothing was done. */
MUST_CHECK enum err folder_move(struct folder *folder, const struct folder_file *file, bool accepted, struct bytes receipt, struct arena *arena,
                                const char **to, const char **why);

/* The accepted files whose receipt has a version above this one, by version. */
MUST_CHECK enum err folder_accepted_above(struct folder *folder, int64_t version, struct arena *arena, struct folder_accepted **list, size_t *count,
                                          const char **why);
MUST_CHECK enum err folder_read_accepted(struct folder *folder, const char *name, size_t most, struct arena *arena, struct bytes *content,
                                         const char **why);

#endif
