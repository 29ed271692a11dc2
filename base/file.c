#include "base/file.h"

#include "base/limits.h"

#include <errno.h>
#include <stdio.h>

enum err file_read(const char *path, struct arena *arena, struct bytes *content, const char **why)
{
    struct buffer text = {0};
    FILE *file = fopen(path, "re");
    enum { STEP_BYTES = 16384 };
    size_t got = 0;
    if (!file) {
        *why = arena_printf(arena, "cannot be read: %s", strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    do {
        buffer_reserve(&text, STEP_BYTES);
        errno = 0;
        got = fread(text.data + text.len, 1, STEP_BYTES, file);
        text.len += got;
    } while (got && text.len <= FILE_BYTES_MAX);
    *why = ferror(file)                  ? arena_printf(arena, "cannot be read: %s", strerror(errno))
           : text.len > FILE_BYTES_MAX ? arena_printf(arena, "larger than %d bytes, which nothing of its kind is", FILE_BYTES_MAX)
                                        : NULL;
    fclose(file);
    *content = arena_copy(arena, buffer_bytes(&text));
    buffer_free(&text);
    return *why ? ERR_IO : ERR_OK;
}
