#include "tests/support/scratch.h"

#include "base/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *scratch_parent(void)
{
    const char *said = getenv("TMPDIR");
    return said && *said ? said : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static char *template_in(const char *parent, char path[SCRATCH_PATH_SIZE])
{
    int len = snprintf(path, SCRATCH_PATH_SIZE, "%s/seatmeter-XXXXXX", parent ? parent : scratch_parent());
    check(len > 0 && len < SCRATCH_PATH_SIZE);
    return path;
}

const char *scratch_folder(const char *parent, char path[SCRATCH_PATH_SIZE])
{
    check(mkdtemp(template_in(parent, path)));
    return path;
}

const char *scratch_file(const char *text, char path[SCRATCH_PATH_SIZE])
{
    int fd = mkstemp(template_in(NULL, path));
    check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void scratch_remove(const char *path)
{
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
