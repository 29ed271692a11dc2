/* adapters/simulator/simulator.c - fill, go live, end. */
#include "adapters/simulator/simulator.h"

#include "adapters/simulator/pair.h"
#include "adapters/simulator/config_db.h"
#include "adapters/simulator/sold.h"
#include "adapters/simulator/watch.h"
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

enum { TURN_MS_MIN = 5, TURN_MS_MAX = 250, PROGRESS_MS = 1000, ICONS_MAX = 2, TWINS_DROPS = 3 };

/* One ICON: what it sees, and where it writes. */
struct icon {
    const char *dsn;
    struct sim_database *database;
    struct script script;
    struct writer *writer;
    struct marker marker;
};

struct run {
    const struct simulator_options *options;
    struct site site;
    struct icon icons[ICONS_MAX];
    int icon_count;
    struct calls calls;
    struct reporter *reporter; /* NULL: none */
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

static size_t rows_of(const struct run *run)
{
    size_t rows = 0;
    for (int i = 0; i < run->icon_count; i++)
        rows += writer_rows(run->icons[i].writer);
    return rows;
}

/* One line that replaces itself on a terminal, at most once a second; elsewhere nothing. */
static void show(struct run *run, const char *what, instant at)
{
    char text[INSTANT_TEXT_SIZE];
    if (!run->terminal || mono_ms() < run->shown_mono_ms + PROGRESS_MS)
        return;
    run->shown_mono_ms = mono_ms();
    fprintf(stderr, "\r\033[K%s %.19s · %zu rows · %zu sessions open", what, instant_format(at, text), rows_of(run),
            writer_running(run->icons[0].writer));
}

static bool take_progress(void *owner, instant at, size_t rows)
{
    (void)rows;
    show(owner, "filled to", at);
    return !stopped;
}

static void write_known(struct run *run, instant as_of, FILE *file)
{
    struct script *first = &run->icons[0].script, *twin = &run->icons[1].script, merged;
    first->calls = run->reporter ? &run->calls : NULL;
    first->sold = run->options->sold_dir != NULL;
    if (run->reporter)
        calls_reach(&run->calls, as_of);
    if (run->icon_count == 1) {
        truth_write(first, as_of, file);
        return;
    }
    script_reach(first, as_of);
    script_reach(twin, as_of);
    pair_merge(&merged, first, twin, as_of);
    merged.calls = first->calls;
    merged.sold = first->sold;
    truth_write(&merged, as_of, file);
    script_free(&merged);
}

/* Beside its place first: a reader never sees half of it. */
static enum err write_truth(struct run *run, instant as_of)
{
    if (!run->options->truth_file)
        return ERR_OK;
    char *path = memory_alloc(strlen(run->options->truth_file) + 5);
    sprintf(path, "%s.tmp", run->options->truth_file);
    FILE *file = fopen(path, "we");
    bool good = file != NULL;
    if (file) {
        write_known(run, as_of, file);
        good = fflush(file) == 0 && !ferror(file);
        good = fclose(file) == 0 && good && rename(path, run->options->truth_file) == 0;
    }
    if (!good)
        log_error(part, "%s: cannot be written: %s", run->options->truth_file, strerror(errno));
    free(path);
    return good ? ERR_OK : ERR_IO;
}

/* The site and the script's begin: the marker's, or as asked for; of a twin those of the first. */
static enum err take_marker(struct run *run, int number, instant now)
{
    const struct simulator_options *options = run->options;
    struct marker *marker = &run->icons[number].marker;
    const struct marker *first = number ? &run->icons[0].marker : NULL;
    const struct site_options *site = first ? &first->site : &options->site;
    int drops = first ? first->drops : options->drops >= 0 ? options->drops : run->icon_count > 1 ? TWINS_DROPS : 0;
    if (!marker->filled) {
        marker->site = *site;
        marker->icon = number;
        marker->drops = drops;
        marker->begin = first ? first->begin : (instant_day(now) - options->days) * (int64_t)DAY_MS;
        return ERR_OK;
    }
    bool asked = first || options->site_given;
    if ((asked && (marker->site.seed != site->seed || marker->site.agents != site->agents || marker->site.tenants != site->tenants)) ||
        ((first || options->drops >= 0) && marker->drops != drops)) {
        log_error(part, "database %s was filled with --seed %" PRIu64 " --agents %d --tenants %d --drops %d: give the same, none of them, or "
                  "another database", run->icons[number].dsn, marker->site.seed, (int)marker->site.agents, (int)marker->site.tenants,
                  marker->drops);
        return ERR_USAGE;
    }
    if (marker->icon != number || (first && marker->begin != first->begin)) {
        log_error(part, "database %s was filled as %s: expected the %s of the pair", run->icons[number].dsn,
                  marker->icon ? "the twin of another one" : "a first or single ICON", number ? "twin" : "first");
        return ERR_USAGE;
    }
    return ERR_OK;
}

static enum err fill_one(struct run *run, struct icon *icon)
{
    char begin[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE];
    int64_t began_ms = mono_ms();
    enum err err = icon->marker.filled ? ERR_OK : writer_configure(icon->writer);
    if (!err)
        err = writer_fill(icon->writer, run->start, take_progress, run);
    if (run->terminal)
        fputs("\r\033[K", stderr);
    if (err)
        return err;
    log_info(part, "%s: filled %s to %s: %zu rows in %" PRId64 " ms, %zu sessions open", icon->dsn, instant_format(icon->marker.begin, begin),
             instant_format(run->start, until), writer_rows(icon->writer), mono_ms() - began_ms, writer_running(icon->writer));
    return ERR_OK;
}

static enum err fill(struct run *run)
{
    enum err err = ERR_OK;
    for (int i = 0; i < run->icon_count && !err; i++)
        err = fill_one(run, &run->icons[i]);
    return err ? err : write_truth(run, run->start);
}

/* The script's clock. */
static instant clock_script(const struct run *run)
{
    return run->start + (instant)((double)(mono_ms() - run->start_mono_ms) * run->options->speed);
}

/* Until the next row is due or somebody stops us; never long, for the promise moves also when nothing happens. */
static void sleep_until_due(const struct run *run, instant now)
{
    instant due = INSTANT_NEVER;
    for (int i = 0; i < run->icon_count; i++)
        if (writer_next_due(run->icons[i].writer) < due)
            due = writer_next_due(run->icons[i].writer);
    double ms = due == INSTANT_NEVER ? TURN_MS_MAX : (double)(due - now) / run->options->speed + 1;
    int wait = ms > TURN_MS_MAX ? TURN_MS_MAX : ms < TURN_MS_MIN ? TURN_MS_MIN : (int)ms;
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
    poll(&stop, 1, wait);
}

static enum err finish(struct run *run, instant end)
{
    char text[INSTANT_TEXT_SIZE];
    enum err err = ERR_OK;
    if (run->reporter)
        reporter_end(run->reporter, end);
    for (int i = 0; i < run->icon_count && !err; i++)
        err = writer_finish(run->icons[i].writer, end);
    if (!err)
        err = write_truth(run, end);
    if (!err)
        log_info(part, "ended at %s: %zu rows, all written", instant_format(end, text), rows_of(run));
    return err;
}

static enum err live(struct run *run)
{
    char text[INSTANT_TEXT_SIZE];
    if (run->options->speed != 1)
        run->start_mono_ms = mono_ms(); /* at real time the script keeps up with the wall: it makes up for the fill */
    log_info(part, "live from %s, %g times as fast as the clock", instant_format(run->start, text), run->options->speed);
    instant end = run->start;
    while (!stopped && end < run->options->until) {
        instant now = clock_script(run);
        now = now > run->options->until ? run->options->until : now;
        for (int i = 0; i < run->icon_count; i++) {
            enum err err = writer_turn(run->icons[i].writer, now, mono_ms());
            if (err)
                return err;
        }
        end = now;
        if (run->reporter)
            reporter_clock(run->reporter, now);
        show(run, "live", now);
        sleep_until_due(run, now);
    }
    if (run->terminal)
        fputs("\r\033[K", stderr);
    return finish(run, end);
}

/* Its tables, locked, and what was filled before. */
static enum err prepare(struct run *run, int number, struct counter counters[CLASS_COUNT], instant now)
{
    struct icon *icon = &run->icons[number];
    struct database_options database = run->options->database;
    database.dsn = icon->dsn;
    enum err err = database_open(&database, &icon->database);
    if (!err)
        err = database_lock(icon->database);
    if (!err && run->options->create)
        err = database_create(icon->database);
    if (!err)
        err = database_read_marker(icon->database, &icon->marker, counters);
    return err ? err : take_marker(run, number, now);
}

static enum err open_reporter(struct run *run)
{
    const struct simulator_options *options = run->options;
    const struct marker *marker = &run->icons[0].marker;
    if (!options->reporter.open)
        return ERR_OK;
    calls_make(&run->calls, &marker->site, &options->delivery, marker->begin);
    run->reporter = reporter_create(&marker->site, &options->delivery, marker->begin);
    return options->reporter.open(options->reporter.owner, run->reporter);
}

/* Answers with a clock that goes on, so that the records that come late are written. */
static void linger(struct run *run)
{
    while (!stopped) {
        struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
        reporter_clock(run->reporter, clock_script(run));
        poll(&stop, 1, TURN_MS_MAX);
    }
}

static enum err act(struct run *run)
{
    enum err err = open_reporter(run);
    if (!err)
        err = fill(run);
    if (err || stopped)
        return err;
    if (run->reporter)
        reporter_clock(run->reporter, run->start);
    if (run->options->live)
        err = live(run);
    else if (run->reporter)
        reporter_end(run->reporter, run->start);
    if (!err && run->reporter)
        linger(run);
    return err;
}

static enum err work(struct run *run)
{
    const struct simulator_options *options = run->options;
    struct counter counters[ICONS_MAX][CLASS_COUNT] = {0};
    instant now = options->now == INSTANT_NONE ? clock_wall() : options->now;
    run->start_mono_ms = mono_ms();
    run->start = now;
    for (int i = 0; i < run->icon_count; i++) {
        enum err err = prepare(run, i, counters[i], now);
        if (err)
            return err;
        /* A faster clock may have written the future already: then from there. */
        const struct marker *marker = &run->icons[i].marker;
        if (marker->filled && marker->until > run->start)
            run->start = marker->until;
    }
    site_make(&run->site, &run->icons[0].marker.site);
    if (options->config_dsn) {
        struct database_options config = options->database;
        config.dsn = options->config_dsn;
        enum err err = config_db_write(&config, &run->site);
        if (err)
            return err;
    }
    for (int i = 0; i < run->icon_count; i++) {
        struct icon *icon = &run->icons[i];
        struct writer_options writer = {.script = &icon->script, .database = icon->database, .marker = icon->marker, .delivery = options->delivery};
        memcpy(writer.counters, counters[i], sizeof counters[i]);
        script_make_watched(&icon->script, &run->site, icon->marker.begin, icon->marker.icon, icon->marker.drops);
        icon->writer = writer_create(&writer);
    }
    enum err err = options->sold_dir ? sold_write(options->sold_dir, &run->icons[0].script) : ERR_OK;
    return err ? err : act(run);
}

enum err simulator_run(const struct simulator_options *options)
{
    struct run run = {.options = options, .terminal = isatty(STDERR_FILENO), .icon_count = options->twin_dsn ? 2 : 1};
    run.icons[0].dsn = options->database.dsn;
    run.icons[1].dsn = options->twin_dsn;
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum err err = work(&run);
    if (run.reporter)
        options->reporter.close(options->reporter.owner);
    reporter_destroy(run.reporter);
    calls_free(&run.calls);
    for (int i = 0; i < run.icon_count; i++) {
        writer_destroy(run.icons[i].writer);
        script_free(&run.icons[i].script);
        database_close(run.icons[i].database);
    }
    site_free(&run.site);
    int fd = stop_fd;
    stop_fd = -1;
    close(fd);
    return err;
}
