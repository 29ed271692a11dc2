/* base/file.h - a small file as a whole: settings, catalogs, secrets.  Thread: any. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"

/* The file's bytes in arena, at most FILE_BYTES_MAX.  ERR_NOT_FOUND, ERR_IO and *why ("cannot be read: …"). */
MUST_CHECK enum err file_read(const char *path, struct arena *arena, struct bytes *content, const char **why);

#endif
