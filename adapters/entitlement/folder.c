#include "adapters/entitlement/folder.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NO_FD = -1, READ_BYTES = 65536, RECEIPT_HEAD_BYTES = 2048, SAME_NAME_MAX = 10000 };
static const char receipt_end[] = ".receipt";

struct folder {
    char *dir, *part;
    int fd, accepted_fd, refused_fd;
    struct arena *arenas[2]; /* the files of the last look live in one, those of this look in the other */
    int turn;
    struct folder_file *last;
    size_t last_count;
};

struct folder *folder_create(const char *dir, const char *part)
{
    struct folder *folder = memory_alloc_zero(1, sizeof *folder);
    folder->dir = memory_copy_text(dir);
    folder->part = memory_copy_text(part);
    folder->fd = folder->accepted_fd = folder->refused_fd = NO_FD;
    folder->arenas[0] = arena_create();
    folder->arenas[1] = arena_create();
    return folder;
}

void folder_destroy(struct folder *folder)
{
    if (!folder)
        return;
    folder_close(folder);
    arena_destroy(folder->arenas[0]);
    arena_destroy(folder->arenas[1]);
    free(folder->dir);
    free(folder->part);
    free(folder);
}

static void close_fd(int *fd)
{
    if (*fd != NO_FD)
        close(*fd);
    *fd = NO_FD;
}

void folder_close(struct folder *folder)
{
    close_fd(&folder->fd);
    close_fd(&folder->accepted_fd);
    close_fd(&folder->refused_fd);
}

static bool open_sub(struct folder *folder, const char *name, int *fd)
{
    if (mkdirat(folder->fd, name, 0770) && errno != EEXIST)
        return false;
    *fd = openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd != NO_FD;
}

enum err folder_open(struct folder *folder, struct arena *arena, const char **why)
{
    const char *what = "";
    folder_close(folder);
    folder->fd = open(folder->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd != NO_FD && open_sub(folder, what = "accepted", &folder->accepted_fd) &&
        open_sub(folder, what = "refused", &folder->refused_fd))
        return ERR_OK;
    *why = arena_printf(arena, "%s%s%s: %s", folder->dir, *what ? "/" : "", what, strerror(errno));
    folder_close(folder);
    return ERR_AWAY;
}

/* --- looking ------------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_left_alone(const char *name)
{
    return name[0] == '.' || ends_in(name, ".tmp") || ends_in(name, ".part") || ends_in(name, "~") || ends_in(name, receipt_end);
}

static struct folder_file file_of(const char *name, const struct stat *stat)
{
    return (struct folder_file){.name = name, .size = stat->st_size, .device = stat->st_dev, .inode = stat->st_ino,
                                .changed_ns = (int64_t)stat->st_mtim.tv_sec * 1000000000 + stat->st_mtim.tv_nsec};
}

static bool same_file(const struct folder_file *a, const struct folder_file *b)
{
    return a->size == b->size && a->changed_ns == b->changed_ns && a->device == b->device && a->inode == b->inode;
}

static bool was_seen(const struct folder *folder, const struct folder_file *file)
{
    for (size_t i = 0; i < folder->last_count; i++)
        if (strcmp(folder->last[i].name, file->name) == 0)
            return same_file(&folder->last[i], file);
    return false;
}

static int compare_files(const void *a, const void *b)
{
    const struct folder_file *x = a, *y = b;
    int by_time = (x->changed_ns > y->changed_ns) - (x->changed_ns < y->changed_ns);
    return by_time ? by_time : strcmp(x->name, y->name);
}

/* Another handle on an open folder, which closedir() may close. */
static DIR *list_open(int fd)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again == NO_FD ? NULL : fdopendir(again);
    if (!list)
        close_fd(&again);
    return list;
}

enum err folder_look(struct folder *folder, struct arena *arena, const struct folder_file **files, size_t *count, const char **why)
{
    struct arena *own = folder->arenas[folder->turn];
    struct stat stat;
    DIR *list = list_open(folder->fd);
    if (!list) {
        *why = arena_printf(arena, "%s: %s", folder->dir, strerror(errno));
        return ERR_AWAY;
    }
    arena_reset(own);
    struct folder_file *found = arena_alloc(own, FOLDER_FILES_MAX * sizeof *found);
    *count = 0;
    for (struct dirent *entry; *count < FOLDER_FILES_MAX && (entry = readdir(list));) {
        if (is_left_alone(entry->d_name) || fstatat(folder->fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW))
            continue;
        if (S_ISREG(stat.st_mode))
            found[(*count)++] = file_of(arena_text(own, bytes_from_text(entry->d_name)), &stat);
        else if (!S_ISDIR(stat.st_mode))
            log_once(LOG_WARNING, folder->part, entry->d_name, "%s/%s is no regular file: left alone", folder->dir, entry->d_name);
    }
    closedir(list);
    for (size_t i = 0; i < *count; i++)
        found[i].steady = was_seen(folder, &found[i]);
    qsort(found, *count, sizeof *found, compare_files);
    folder->last = found;
    folder->last_count = *count;
    folder->turn = !folder->turn;
    *files = found;
    return ERR_OK;
}

/* --- reading ------------------------------------------------------------------------------------- */

/* True when some process has the file open for writing.  Asked by a lease, which is given back at once; who opens the file
 * in between is told by a signal that nobody minds, since the usual one would end the process.  Where there are no leases
 * (other people's files, network file systems) nothing is known: false. */
static bool is_being_written(int fd)
{
    bool busy = false;
    if (fcntl(fd, F_SETSIG, SIGURG) == 0) {
        busy = fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
        fcntl(fd, F_SETLEASE, F_UNLCK);
    }
    return busy;
}

static enum err read_all(int fd, size_t most, struct arena *arena, struct bytes *content, const char **why)
{
    struct buffer text = {0};
    ssize_t got = 1;
    while (got > 0 && text.len <= most) {
        buffer_reserve(&text, READ_BYTES);
        do
            got = read(fd, text.data + text.len, READ_BYTES);
        while (got < 0 && errno == EINTR);
        text.len += got > 0 ? (size_t)got : 0;
    }
    int failure = errno;
    *content = text.len ? arena_copy(arena, buffer_bytes(&text)) : BYTES_LITERAL("");
    buffer_free(&text);
    if (got < 0)
        *why = arena_printf(arena, "cannot be read: %s", strerror(failure));
    return got < 0 ? ERR_IO : ERR_OK;
}

enum err folder_read(struct folder *folder, const struct folder_file *file, size_t most, struct arena *arena, struct bytes *content, const char **why)
{
    struct stat stat;
    int fd = openat(folder->fd, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd == NO_FD) {
        bool gone = errno == ENOENT || errno == ELOOP, forbidden = errno == EACCES || errno == EPERM;
        *why = arena_printf(arena, "cannot be read: %s%s", strerror(errno), forbidden ? ", expected a file that Seatmeter's user may read" : "");
        return gone ? ERR_BUSY : forbidden ? ERR_INPUT : ERR_IO;
    }
    struct folder_file now = {0};
    enum err err = is_being_written(fd) ? ERR_BUSY : ERR_OK;
    if (err == ERR_OK)
        err = read_all(fd, most, arena, content, why);
    if (err == ERR_OK && fstat(fd, &stat) == 0)
        now = file_of(file->name, &stat);
    close(fd);
    return err ? err : same_file(&now, file) ? ERR_OK : ERR_BUSY;
}

/* --- aside --------------------------------------------------------------------------------------- */

static bool write_all(int fd, struct bytes text)
{
    while (text.len) {
        ssize_t written = write(fd, text.data, text.len);
        if (written < 0 && errno != EINTR)
            return false;
        text = bytes_of(text.data + (written > 0 ? written : 0), text.len - (size_t)(written > 0 ? written : 0));
    }
    return fsync(fd) == 0;
}

/* Takes a name that neither a file nor a receipt has, and writes the receipt.  NULL and errno. */
static const char *put_receipt(int target, const char *name, struct bytes receipt, struct arena *arena)
{
    for (int i = 1; i < SAME_NAME_MAX; i++) {
        const char *to = i == 1 ? arena_printf(arena, "%.*s", FOLDER_NAME_BYTES_MAX, name) : arena_printf(arena, "%.*s.%d", FOLDER_NAME_BYTES_MAX, name, i);
        const char *beside = arena_printf(arena, "%s%s", to, receipt_end);
        if (faccessat(target, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        int fd = openat(target, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd == NO_FD && errno == EEXIST)
            continue;
        if (fd == NO_FD)
            return NULL;
        bool written = write_all(fd, receipt);
        int failure = errno;
        close(fd);
        if (written)
            return to;
        unlinkat(target, beside, 0);
        errno = failure;
        return NULL;
    }
    errno = EEXIST;
    return NULL;
}

static bool stat_same(int fd, const char *name, const struct folder_file *file)
{
    struct stat stat;
    struct folder_file now = {0};
    if (fstatat(fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
        now = file_of(name, &stat);
    return same_file(&now, file);
}

/* Not onto a file that is there; a file system that cannot promise that has only us to write into these folders. */
static bool rename_new(int from, const char *name, int to, const char *as)
{
    if (renameat2(from, name, to, as, RENAME_NOREPLACE) == 0)
        return true;
    return (errno == EINVAL || errno == ENOSYS) && renameat(from, name, to, as) == 0;
}

enum err folder_move(struct folder *folder, const struct folder_file *file, bool accepted, struct bytes receipt, struct arena *arena, const char **to,
                     const char **why)
{
    int target = accepted ? folder->accepted_fd : folder->refused_fd;
    const char *sub = accepted ? "accepted" : "refused";
    if (!stat_same(folder->fd, file->name, file))
        return ERR_BUSY;
    const char *as = put_receipt(target, file->name, receipt, arena);
    if (!as) {
        *why = arena_printf(arena, "its receipt cannot be written into %s/%s: %s", folder->dir, sub, strerror(errno));
        return ERR_IO;
    }
    *to = arena_printf(arena, "%s/%s", sub, as);
    bool moved = rename_new(folder->fd, file->name, target, as);
    int failure = errno;
    /* Renamed into place at this very moment: what moved is another file, which nobody has read. */
    bool other = moved && !stat_same(target, as, file);
    if (moved && !other) {
        fsync(target);
        fsync(folder->fd);
        return ERR_OK;
    }
    if (other && !rename_new(target, as, folder->fd, file->name))
        log_error(folder->part, "%s/%s: another file came while one of its name was read, and could not be put back: drop it again", folder->dir, *to);
    unlinkat(target, arena_printf(arena, "%s%s", as, receipt_end), 0);
    *why = arena_printf(arena, "cannot be moved to %s/%s: %s", folder->dir, sub, strerror(failure));
    return other ? ERR_BUSY : ERR_IO;
}

/* --- what was accepted --------------------------------------------------------------------------- */

static enum err read_at(int folder, const char *name, size_t most, struct arena *arena, struct bytes *content, const char **why)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd == NO_FD) {
        *why = arena_printf(arena, "%s cannot be read: %s", name, strerror(errno));
        return ERR_IO;
    }
    enum err err = read_all(fd, most, arena, content, why);
    close(fd);
    return err;
}

enum err folder_read_accepted(struct folder *folder, const char *name, size_t most, struct arena *arena, struct bytes *content, const char **why)
{
    return read_at(folder->accepted_fd, name, most, arena, content, why);
}

/* -1: none, as of a file that was accepted already. */
static int64_t version_of(const char *receipt)
{
    const char *line = strstr(receipt, "\n" RECEIPT_VERSION);
    char *end;
    if (!line)
        return -1;
    long long version = strtoll(line + 1 + strlen(RECEIPT_VERSION), &end, 10);
    return *end == '\n' && version > 0 ? version : -1;
}

static int compare_accepted(const void *a, const void *b)
{
    const struct folder_accepted *x = a, *y = b;
    return (x->version > y->version) - (x->version < y->version);
}

enum err folder_accepted_above(struct folder *folder, int64_t version, struct arena *arena, struct folder_accepted **out, size_t *count,
                               const char **why)
{
    DIR *list = list_open(folder->accepted_fd);
    size_t capacity = 64;
    char head[RECEIPT_HEAD_BYTES];
    *out = arena_alloc(arena, capacity * sizeof **out);
    *count = 0;
    if (!list) {
        *why = arena_printf(arena, "%s/accepted: %s", folder->dir, strerror(errno));
        return ERR_AWAY;
    }
    for (struct dirent *entry; (entry = readdir(list));) {
        size_t len = strlen(entry->d_name);
        int fd = ends_in(entry->d_name, receipt_end) ? openat(folder->accepted_fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : NO_FD;
        ssize_t got = fd == NO_FD ? -1 : read(fd, head, sizeof head - 1);
        close_fd(&fd);
        head[got > 0 ? got : 0] = 0;
        int64_t its = version_of(head);
        const char *name = arena_printf(arena, "%.*s", (int)(len - (sizeof receipt_end - 1)), entry->d_name);
        if (got <= 0 || its <= version || faccessat(folder->accepted_fd, name, F_OK, AT_SYMLINK_NOFOLLOW))
            continue; /* a receipt without its file: we were ended before the move, and the file is still to be taken */
        if (*count == capacity) {
            struct folder_accepted *more = arena_alloc(arena, 2 * capacity * sizeof *more);
            memcpy(more, *out, capacity * sizeof *more);
            *out = more;
            capacity *= 2;
        }
        (*out)[(*count)++] = (struct folder_accepted){name, its};
    }
    closedir(list);
    qsort(*out, *count, sizeof **out, compare_accepted);
    return ERR_OK;
}
