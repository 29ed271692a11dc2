#include "adapters/config/feed.h"

#include "adapters/config/line.h"
#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 * 1024, PLACE_BYTES = 400 };

struct feed {
    enum config_way way;
    const char *where;
    int stop_fd, fd, listen_fd;
    uint64_t inode;
    uint64_t offset;      /* of a file: of the first byte in data behind taken */
    uint64_t lines;       /* of this writer */
    struct buffer data;
    size_t taken;         /* of data: lines that were given */
    bool skipping;        /* the rest of a line that was too long */
    char place[PLACE_BYTES], why[PLACE_BYTES];
};

struct feed *feed_create(enum config_way way, const char *where)
{
    struct feed *feed = memory_alloc_zero(1, sizeof *feed);
    feed->way = way;
    feed->where = where;
    feed->fd = feed->listen_fd = -1;
    feed->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(feed->stop_fd >= 0);
    return feed;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void feed_destroy(struct feed *feed)
{
    if (!feed)
        return;
    if (feed->listen_fd >= 0)
        unlink(feed->where);
    close_one(&feed->fd);
    close_one(&feed->listen_fd);
    close_one(&feed->stop_fd);
    buffer_free(&feed->data);
    free(feed);
}

void feed_stop(struct feed *feed)
{
    ssize_t written = write(feed->stop_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)written; /* full: it is readable already */
}

static const char *failed(struct feed *feed, const char *what)
{
    snprintf(feed->why, sizeof feed->why, "%s %s: %s", what, feed->where, strerror(errno));
    return feed->why;
}

static void begin_writer(struct feed *feed)
{
    buffer_clear(&feed->data);
    feed->taken = 0;
    feed->skipping = false;
    feed->lines = 0;
}

/* --- opening ------------------------------------------------------------------------------------- */

static enum err open_file(struct feed *feed, uint64_t inode, uint64_t offset, const char **why)
{
    struct stat status;
    feed->fd = open(feed->where, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (feed->fd < 0 || fstat(feed->fd, &status) != 0) {
        *why = failed(feed, "the file");
        close_one(&feed->fd);
        return ERR_AWAY;
    }
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        *why = failed(feed, "no plain file");
        close_one(&feed->fd);
        return ERR_AWAY;
    }
    feed->inode = status.st_ino;
    feed->offset = status.st_ino == inode && (uint64_t)status.st_size >= offset ? offset : 0;
    return ERR_OK;
}

static enum err open_pipe(struct feed *feed, const char **why)
{
    struct stat status;
    feed->fd = open(feed->where, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (feed->fd >= 0 && fstat(feed->fd, &status) == 0 && S_ISFIFO(status.st_mode))
        return ERR_OK;
    if (feed->fd >= 0)
        errno = EINVAL;
    *why = failed(feed, "no named pipe (mkfifo)");
    close_one(&feed->fd);
    return ERR_AWAY;
}

/* What a server that was killed left behind goes; a socket where somebody listens, or another kind of file, does not. */
static bool remove_old(const struct feed *feed, const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(feed->where, &status) != 0)
        return true;
    errno = EADDRINUSE;
    if (!S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listens = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    errno = EADDRINUSE;
    return !listens && unlink(feed->where) == 0;
}

static enum err open_socket(struct feed *feed, const char **why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", feed->where);
    if (feed->listen_fd >= 0)
        return ERR_OK;
    feed->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The folder's rights decide who may connect; the socket's own: our user and group. */
    if (feed->listen_fd >= 0 && remove_old(feed, &address) && bind(feed->listen_fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(feed->where, 0660) == 0 && listen(feed->listen_fd, 4) == 0)
        return ERR_OK;
    *why = failed(feed, "cannot listen on the socket");
    close_one(&feed->listen_fd);
    return ERR_AWAY;
}

enum err feed_open(struct feed *feed, uint64_t inode, uint64_t offset, const char **why)
{
    close_one(&feed->fd);
    begin_writer(feed);
    switch (feed->way) {
    case CONFIG_WAY_FILE:
        return open_file(feed, inode, offset, why);
    case CONFIG_WAY_PIPE:
        return open_pipe(feed, why);
    default:
        return open_socket(feed, why);
    }
}

/* --- reading ------------------------------------------------------------------------------------- */

/* Bytes that came; 0: nothing now, or the end; -1: errno. */
static ssize_t read_some(struct feed *feed)
{
    if (feed->taken) {
        memmove(feed->data.data, feed->data.data + feed->taken, feed->data.len - feed->taken);
        feed->data.len -= feed->taken;
        feed->taken = 0;
    }
    buffer_reserve(&feed->data, CHUNK_BYTES);
    ssize_t got = feed->way == CONFIG_WAY_FILE ? pread(feed->fd, feed->data.data + feed->data.len, CHUNK_BYTES, (off_t)(feed->offset + feed->data.len))
                                               : read(feed->fd, feed->data.data + feed->data.len, CHUNK_BYTES);
    if (got > 0)
        feed->data.len += (size_t)got;
    return got;
}

static enum feed_event wait_fd(struct feed *feed, int fd, int ms)
{
    struct pollfd fds[2] = {{.fd = feed->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int ready = poll(fds, fd >= 0 ? 2 : 1, ms);
    if (fds[0].revents)
        return FEED_STOPPED;
    return ready > 0 && fds[1].revents ? FEED_MORE : FEED_IDLE;
}

/* Another file under the name, or a shorter one: the old one is over when it was read to its end. */
static bool file_is_over(const struct feed *feed)
{
    struct stat now;
    return stat(feed->where, &now) == 0 && (now.st_ino != feed->inode || (uint64_t)now.st_size < feed->offset);
}

static enum feed_event wait_file(struct feed *feed, int ms, const char **why)
{
    enum feed_event event = wait_fd(feed, -1, 0);
    if (event == FEED_STOPPED)
        return event;
    ssize_t got = read_some(feed);
    if (got > 0)
        return FEED_MORE;
    if (got < 0) {
        *why = failed(feed, "the file");
        return FEED_FAILED;
    }
    if (!file_is_over(feed))
        return wait_fd(feed, -1, ms);
    if (open_file(feed, (close_one(&feed->fd), 0), 0, why))
        return FEED_FAILED;
    begin_writer(feed);
    return FEED_ENDED;
}

static enum feed_event wait_socket(struct feed *feed, int ms)
{
    enum feed_event event = wait_fd(feed, feed->listen_fd, ms);
    if (event != FEED_MORE)
        return event;
    feed->fd = accept4(feed->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (feed->fd < 0)
        return FEED_IDLE;
    begin_writer(feed);
    return FEED_BEGUN;
}

enum feed_event feed_wait(struct feed *feed, int ms, const char **why)
{
    if (feed->way == CONFIG_WAY_FILE)
        return wait_file(feed, ms, why);
    if (feed->fd < 0)
        return wait_socket(feed, ms);
    enum feed_event event = wait_fd(feed, feed->fd, ms);
    if (event != FEED_MORE)
        return event;
    ssize_t got = read_some(feed);
    if (got > 0)
        return FEED_MORE;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return FEED_IDLE;
    /* The writer is over.  A pipe is opened anew, else it would say so for ever. */
    close_one(&feed->fd);
    begin_writer(feed);
    if (feed->way == CONFIG_WAY_PIPE && open_pipe(feed, why))
        return FEED_FAILED;
    return FEED_ENDED;
}

void feed_greet(struct feed *feed, int64_t sequence)
{
    char text[64];
    int len = sequence >= 0 ? snprintf(text, sizeof text, "{\"seq\":%" PRId64 "}\n", sequence) : snprintf(text, sizeof text, "{\"seq\":null}\n");
    /* One that does not listen is none of our business. */
    ssize_t written = feed->way == CONFIG_WAY_SOCKET && feed->fd >= 0 ? send(feed->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    (void)written;
}

enum feed_line feed_next(struct feed *feed, struct bytes *line)
{
    for (;;) {
        const uint8_t *start = feed->data.data + feed->taken;
        size_t left = feed->data.len - feed->taken;
        const uint8_t *end = left ? memchr(start, '\n', left) : NULL;
        size_t len = end ? (size_t)(end - start) + 1 : left;
        if (!end && left <= LINE_BYTES_MAX && !feed->skipping)
            return FEED_NONE;
        if (left == 0)
            return FEED_NONE;
        bool skipped = feed->skipping;
        feed->skipping = !end;
        feed->taken += len;
        feed->offset += feed->way == CONFIG_WAY_FILE ? len : 0;
        feed->lines += end != NULL;
        if (skipped)
            continue;
        size_t text = end ? len - 1 : len;
        if (text && start[text - 1] == '\r')
            text--;
        if (text == 0 && end)
            continue; /* an empty line */
        *line = bytes_of(start, text < LINE_BYTES_MAX ? text : LINE_BYTES_MAX);
        return text > LINE_BYTES_MAX ? FEED_LONG : FEED_LINE;
    }
}

uint64_t feed_inode(const struct feed *feed)
{
    return feed->way == CONFIG_WAY_FILE ? feed->inode : 0;
}

uint64_t feed_offset(const struct feed *feed)
{
    return feed->way == CONFIG_WAY_FILE ? feed->offset : 0;
}

const char *feed_place(struct feed *feed)
{
    if (feed->way == CONFIG_WAY_FILE)
        snprintf(feed->place, sizeof feed->place, "file %s, before byte %" PRIu64, feed->where, feed->offset);
    else
        snprintf(feed->place, sizeof feed->place, "line %" PRIu64 " from %s", feed->lines, feed->where);
    return feed->place;
}
