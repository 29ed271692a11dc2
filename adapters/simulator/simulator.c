/* adapters/simulator/simulator.c - fill, go live, end. */
#include "adapters/simulator/simulator.h"

#include "adapters/simulator/truth.h"
#include "adapters/simulator/writer.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const char *const part = "simulate";

/* Written by simulator_stop(), polled by the live loop; made by the first of them that needs it. */
static int stop_fd = -1;
static volatile int stopped;

enum { TURN_MS_MIN = 5, TURN_MS_MAX = 250, PROGRESS_MS = 1000 };

struct run {
    const struct simulator_options *options;
    struct sim_database *database;
    struct site site;
    struct script script;
    struct writer *writer;
    struct marker marker;
    instant start; /* the script's clock when the live part begins */
    int64_t start_mono_ms, shown_mono_ms;
    bool terminal;
};

void simulator_stop(void)
{
    int saved = errno;
    stopped = 1;
    if (stop_fd >= 0) {
        ssize_t written = write(stop_fd, &(uint64_t){1}, sizeof(uint64_t));
        (void)written; /* full: it is readable already */
    }
    errno = saved;
}

static int64_t mono_ms(void)
{
    return clock_mono_us() / 1000;
}

/* One line that replaces itself on a terminal, at most once a second; elsewhere nothing. */
static void show(struct run *run, const char *what, instant at)
{
    char text[INSTANT_TEXT_SIZE];
    if (!run->terminal || mono_ms() < run->shown_mono_ms + PROGRESS_MS)
        return;
    run->shown_mono_ms = mono_ms();
    fprintf(stderr, "\r\033[K%s %.19s · %zu rows · %zu sessions open", what, instant_format(at, text), writer_rows(run->writer),
            writer_running(run->writer));
}

static bool take_progress(void *owner, instant at, size_t rows)
{
    (void)rows;
    show(owner, "filled to", at);
    return !stopped;
}

/* Beside its place first: a reader never sees half of it. */
static enum err write_truth(const struct run *run, instant as_of)
{
    if (!run->options->truth_file)
        return ERR_OK;
    char *path = memory_alloc(strlen(run->options->truth_file) + 5);
    sprintf(path, "%s.tmp", run->options->truth_file);
    FILE *file = fopen(path, "we");
    bool good = file != NULL;
    if (file) {
        truth_write(&run->script, as_of, file);
        good = fflush(file) == 0 && !ferror(file);
        good = fclose(file) == 0 && good && rename(path, run->options->truth_file) == 0;
    }
    if (!good)
        log_error(part, "%s: cannot be written: %s", run->options->truth_file, strerror(errno));
    free(path);
    return good ? ERR_OK : ERR_IO;
}

/* The site and the script's begin: the marker's, or as asked for. */
static enum err take_marker(struct run *run, instant now)
{
    const struct simulator_options *options = run->options;
    struct marker *marker = &run->marker;
    if (!marker->filled) {
        marker->site = options->site;
        marker->begin = (instant_day(now) - options->days) * (int64_t)DAY_MS;
        return ERR_OK;
    }
    if (options->site_given && (marker->site.seed != options->site.seed || marker->site.agents != options->site.agents ||
                                marker->site.tenants != options->site.tenants)) {
        log_error(part, "database %s was filled with --seed %" PRIu64 " --agents %d --tenants %d: give the same, none of them, or "
                  "another database", options->database.dsn, marker->site.seed, (int)marker->site.agents, (int)marker->site.tenants);
        return ERR_USAGE;
    }
    return ERR_OK;
}

static enum err fill(struct run *run)
{
    char begin[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE];
    int64_t began_ms = mono_ms();
    enum err err = run->marker.filled ? ERR_OK : writer_configure(run->writer);
    if (!err)
        err = writer_fill(run->writer, run->start, take_progress, run);
    if (run->terminal)
        fputs("\r\033[K", stderr);
    if (err)
        return err;
    log_info(part, "filled %s to %s: %zu rows in %" PRId64 " ms, %zu sessions open", instant_format(run->marker.begin, begin),
             instant_format(run->start, until), writer_rows(run->writer), mono_ms() - began_ms, writer_running(run->writer));
    return write_truth(run, run->start);
}

/* The script's clock. */
static instant clock_script(const struct run *run)
{
    return run->start + (instant)((double)(mono_ms() - run->start_mono_ms) * run->options->speed);
}

/* Until the next row is due or somebody stops us; never long, for the promise moves also when nothing happens. */
static void sleep_until_due(const struct run *run, instant now)
{
    instant due = writer_next_due(run->writer);
    double ms = due == INSTANT_NEVER ? TURN_MS_MAX : (double)(due - now) / run->options->speed + 1;
    int wait = ms > TURN_MS_MAX ? TURN_MS_MAX : ms < TURN_MS_MIN ? TURN_MS_MIN : (int)ms;
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
    poll(&stop, 1, wait);
}

static enum err live(struct run *run, instant *end)
{
    char text[INSTANT_TEXT_SIZE];
    if (run->options->speed != 1)
        run->start_mono_ms = mono_ms(); /* at real time the script keeps up with the wall: it makes up for the fill */
    log_info(part, "live from %s, %g times as fast as the clock", instant_format(run->start, text), run->options->speed);
    enum err err = ERR_OK;
    *end = run->start;
    while (!stopped && *end < run->options->until) {
        instant now = clock_script(run);
        now = now > run->options->until ? run->options->until : now;
        if ((err = writer_turn(run->writer, now, mono_ms())))
            return err;
        *end = now;
        show(run, "live", now);
        sleep_until_due(run, now);
    }
    if (run->terminal)
        fputs("\r\033[K", stderr);
    err = writer_finish(run->writer, *end);
    if (!err)
        err = write_truth(run, *end);
    if (!err)
        log_info(part, "ended at %s: %zu rows, all written", instant_format(*end, text), writer_rows(run->writer));
    return err;
}

static enum err work(struct run *run)
{
    const struct simulator_options *options = run->options;
    struct writer_options writer = {.script = &run->script, .database = run->database, .delivery = options->delivery};
    instant now = options->now == INSTANT_NONE ? clock_wall() : options->now, end;
    run->start_mono_ms = mono_ms();
    enum err err = database_lock(run->database);
    if (!err && options->create)
        err = database_create(run->database);
    if (!err)
        err = database_read_marker(run->database, &run->marker, writer.counters);
    if (!err)
        err = take_marker(run, now);
    if (err)
        return err;
    /* A faster clock may have written the future already: then from there. */
    run->start = run->marker.filled && run->marker.until > now ? run->marker.until : now;
    site_make(&run->site, &run->marker.site);
    script_make(&run->script, &run->site, run->marker.begin);
    writer.marker = run->marker;
    run->writer = writer_create(&writer);
    err = fill(run);
    if (!err && options->live && !stopped)
        err = live(run, &end);
    return err;
}

enum err simulator_run(const struct simulator_options *options)
{
    struct run run = {.options = options, .terminal = isatty(STDERR_FILENO)};
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum err err = database_open(&options->database, &run.database);
    if (!err)
        err = work(&run);
    writer_destroy(run.writer);
    script_free(&run.script);
    site_free(&run.site);
    database_close(run.database);
    int fd = stop_fd;
    stop_fd = -1;
    close(fd);
    return err;
}
