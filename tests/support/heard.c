#include "tests/support/heard.h"

#include "base/check.h"

#include <unistd.h>

void heard_begin(struct heard *heard)
{
    heard->log = tmpfile();
    heard->stderr_kept = dup(STDERR_FILENO);
    check(heard->log && heard->stderr_kept >= 0);
    fflush(stderr);
    check(dup2(fileno(heard->log), STDERR_FILENO) >= 0);
}

const char *heard_end(struct heard *heard, struct arena *arena)
{
    fflush(stderr);
    check(dup2(heard->stderr_kept, STDERR_FILENO) >= 0 && close(heard->stderr_kept) == 0);
    long len = fseek(heard->log, 0, SEEK_END) == 0 ? ftell(heard->log) : -1;
    check(len >= 0);
    char *all = arena_alloc(arena, (size_t)len + 1);
    rewind(heard->log);
    check(fread(all, 1, (size_t)len, heard->log) == (size_t)len);
    all[len] = '\0';
    fclose(heard->log);
    return all;
}
