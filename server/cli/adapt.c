/* seatmeter adapt: adapters as a process of their own, which produces to Kafka and needs no disk. */
#include "adapters/adapter.h"
#include "adapters/kafka/sink.h"
#include "base/check.h"
#include "base/log.h"
#include "server/cli/adapt_lines.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/topics.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GRACE_MS = 10000 };

struct span {
    instant from, to;
};

/* One source on a thread of its own. */
struct adapting {
    const struct span *again; /* a backfill; NULL: follow the source */
    const struct settings *settings;
    const struct source_settings *source;
    const struct adapter_kind *kind;
    struct kafka_sink *sink;
    struct adapter_sink face;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of the two below: stop may come before the adapter is made */
    struct adapter *adapter;
    bool stopped, done;
    enum err err;
};

static bool publish_adapter(struct adapting *adapting, struct adapter *adapter)
{
    pthread_mutex_lock(&adapting->lock);
    adapting->adapter = adapter;
    bool go_on = !adapting->stopped;
    pthread_mutex_unlock(&adapting->lock);
    return go_on;
}

/* A backfill is over when the brokers have it all. */
static enum err read_again(struct adapting *adapting, struct adapter *adapter)
{
    enum err err = adapting->kind->backfill(adapter, adapting->again->from, adapting->again->to);
    return err ? err : kafka_sink_flush(adapting->sink);
}

/* 1 where was it · 2 go on from there · 3 let what is acknowledged be written down. */
static void *run(void *owner)
{
    struct adapting *adapting = owner;
    struct arena *arena = arena_create();
    struct adapter_options options;
    struct adapter *adapter = NULL;
    adapting->err = settings_adapter_options(adapting->settings, adapting->source, adapting->kind, arena, &options);
    options.sink = adapting->face;
    if (adapting->err == ERR_OK)
        adapting->err = kafka_sink_open(adapting->sink, arena, &options.cursor);
    if (adapting->err == ERR_OK) {
        log_info("adapt", "%s: %s", adapting->source->name, bytes_present(options.cursor) ? "goes on from its cursor" : "starts without a cursor");
        adapting->err = adapting->kind->create(&options, &adapter);
    }
    if (adapting->err == ERR_OK) {
        if (publish_adapter(adapting, adapter) && adapting->again)
            adapting->err = read_again(adapting, adapter);
        else if (!adapting->again)
            adapting->kind->run(adapter);
        kafka_sink_finish(adapting->sink, GRACE_MS);
        publish_adapter(adapting, NULL);
        adapting->kind->destroy(adapter);
    }
    if (adapting->err == ERR_CANCELLED && !adapting->again)
        adapting->err = ERR_OK; /* it was asked to end */
    struct kafka_sink_counts counts = kafka_sink_counts(adapting->sink);
    log_info("adapt", "%s ended: %" PRIu64 " facts in %" PRIu64 " records, %" PRIu64 " cursors, %" PRIu64 " older objects left out", adapting->source->name,
             counts.facts, counts.records, counts.cursors, counts.older_objects);
    arena_destroy(arena);
    if (adapting->err != ERR_OK && !adapting->again)
        kill(getpid(), SIGTERM); /* the others end, too, and the exit code tells */
    pthread_mutex_lock(&adapting->lock);
    adapting->done = true;
    pthread_mutex_unlock(&adapting->lock);
    if (adapting->again)
        kill(getpid(), SIGUSR1);
    return NULL;
}

/* The adapter first: what it has under way may still be handed over while the brokers take it. */
static void stop_one(struct adapting *adapting)
{
    pthread_mutex_lock(&adapting->lock);
    adapting->stopped = true;
    if (adapting->adapter)
        adapting->kind->stop(adapting->adapter);
    pthread_mutex_unlock(&adapting->lock);
    kafka_sink_stop(adapting->sink);
}

static enum err start_one(struct adapting *adapting, const struct kafka_settings *kafka, struct arena *arena)
{
    const struct settings *settings = adapting->settings;
    pthread_mutex_init(&adapting->lock, NULL);
    enum err err = kafka_sink_create(&(struct kafka_sink_options){
                                         .settings = kafka,
                                         .source = adapting->source->name,
                                         .facts = topic_name(settings, TOPIC_FACTS, arena),
                                         .objects = topic_name(settings, TOPIC_OBJECTS, arena),
                                         .cursors = topic_name(settings, TOPIC_CURSORS, arena),
                                         .dead = topic_name(settings, TOPIC_DEAD, arena),
                                     },
                                     &adapting->sink, &adapting->face);
    if (err != ERR_OK)
        return err;
    check(pthread_create(&adapting->thread, NULL, run, adapting) == 0);
    adapting->started = true;
    return ERR_OK;
}

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, set, NULL); /* in every thread that is made from here on */
}

static bool is_done(struct adapting *adapting)
{
    pthread_mutex_lock(&adapting->lock);
    bool done = adapting->done;
    pthread_mutex_unlock(&adapting->lock);
    return done;
}

/* Until we are asked to end or, in a backfill, all are done. */
static void wait_for_end(struct adapting *all, size_t count, const sigset_t *set)
{
    size_t done = 0;
    int number;
    while (done < count || count == 0) {
        sigwait(set, &number);
        if (number != SIGUSR1)
            break;
        done = 0; /* signals that come together are one */
        for (size_t i = 0; i < count; i++)
            done += is_done(&all[i]);
    }
    log_info("adapt", "ending");
}

static enum err adapt_all(struct adapting *all, size_t count, const struct kafka_settings *kafka, struct arena *arena)
{
    sigset_t set;
    enum err err = ERR_OK;
    block_signals(&set);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        err = start_one(&all[i], kafka, arena);
    if (err == ERR_OK)
        wait_for_end(all, count, &set);
    for (size_t i = 0; i < count; i++)
        if (all[i].started)
            stop_one(&all[i]);
    for (size_t i = 0; i < count; i++) {
        if (all[i].started)
            pthread_join(all[i].thread, NULL);
        if (all[i].err != ERR_OK && err == ERR_OK)
            err = all[i].err;
        kafka_sink_destroy(all[i].sink);
    }
    return err;
}

static size_t choose(const struct settings *settings, const char *kind, const char *name, struct adapting *all)
{
    size_t count = 0;
    for (size_t i = 0; i < settings->source_count; i++) {
        const struct source_settings *source = &settings->sources[i];
        if (strcmp(source->kind, kind) == 0 && (!name || strcmp(source->name, name) == 0))
            all[count++] = (struct adapting){.settings = settings, .source = source, .kind = adapter_kind_find(bytes_from_text(kind))};
    }
    return count;
}

/* What was asked for beside the kind. */
struct asked {
    const char *file, *name, *from, *to;
    bool probe;
    struct span span;
};

static bool read_asked(struct asked *asked, const struct adapter_kind *kind)
{
    if (!asked->from != !asked->to)
        return cli_wrong_usage("adapt", "--from and --to belong together") && false;
    if (asked->from && asked->probe)
        return cli_wrong_usage("adapt", "--probe and --from exclude each other") && false;
    if (asked->from && !kind->backfill)
        return cli_wrong_usage("adapt", "--from: a source of kind %s cannot be read by time", kind->name) && false;
    if (asked->probe && !kind->probe)
        return cli_wrong_usage("adapt", "--probe: a source of kind %s has no probe", kind->name) && false;
    if (asked->from && (!cli_instant("adapt", "from", asked->from, &asked->span.from) || !cli_instant("adapt", "to", asked->to, &asked->span.to)))
        return false;
    if (asked->from && asked->span.from >= asked->span.to)
        return cli_wrong_usage("adapt", "--from %s does not lie before --to %s", asked->from, asked->to) && false;
    return true;
}

/* Looks at each source, and says on stdout what it found. */
static enum err probe_all(const struct adapting *all, size_t count)
{
    enum err worst = ERR_OK;
    for (size_t i = 0; i < count; i++) {
        struct adapter *adapter;
        enum err err = all[i].kind->create(&(struct adapter_options){.name = all[i].source->name, .settings = all[i].source->own,
                                                                     .file = all[i].settings->file}, &adapter);
        if (!err) {
            err = all[i].kind->probe(adapter, stdout);
            all[i].kind->destroy(adapter);
        }
        worst = err ? err : worst;
    }
    return worst;
}

static enum err work(const struct asked *asked, const struct settings *settings, struct adapting *all, size_t count, struct arena *arena)
{
    struct kafka_settings kafka;
    enum err err = ERR_OK;
    if (asked->probe)
        return probe_all(all, count);
    err = settings_kafka(settings, NULL, arena, &kafka);
    if (err == ERR_NOT_FOUND && asked->from) {
        err = ERR_OK;
        for (size_t i = 0; i < count && !err; i++)
            err = adapt_lines(settings, all[i].source, all[i].kind, asked->span.from, asked->span.to);
        return err;
    }
    if (err == ERR_NOT_FOUND) {
        log_error("adapt", "%s: there is no kafka: with brokers; an adapter of its own produces to Kafka (without it the server runs its sources itself)",
                  settings->file ? settings->file : "without settings");
        return ERR_SETTINGS;
    }
    return err ? err : adapt_all(all, count, &kafka, arena);
}

static enum err adapt(struct asked *asked, const char *kind, struct arena *arena)
{
    const struct settings *settings;
    enum err err = cli_settings_read(asked->file, arena, &settings);
    if (err == ERR_OK)
        err = settings_check_sources(settings);
    if (err != ERR_OK)
        return err;
    struct adapting *all = arena_alloc(arena, (settings->source_count + 1) * sizeof *all);
    size_t count = choose(settings, kind, asked->name, all);
    if (count == 0) {
        log_error("adapt", "%s: no source of kind %s%s%s", settings->file ? settings->file : "without settings", kind, asked->name ? " named " : "",
                  asked->name ? asked->name : "");
        return ERR_SETTINGS;
    }
    for (size_t i = 0; i < count && asked->from; i++)
        all[i].again = &asked->span;
    return work(asked, settings, all, count, arena);
}

int cli_adapt(int argc, char **argv)
{
    struct asked asked = {0};
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&asked.file),
        {"source", 0, "NAME", &asked.name, .text = "only this one of the settings' sources of the kind"},
        {"probe", 0, .flag = &asked.probe, .text = "look at the foreign system, say what is there and what is not, and end; writes nothing"},
        {"from", 0, "T", &asked.from, .text = "read again what began or ended from T on …"},
        {"to", 0, "T", &asked.to, .text = "… to T, and end; without Kafka as JSON lines to stdout, for replay"},
        {NULL},
    };
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    struct arena *arena = arena_create();
    const struct adapter_kind *kind = argc - first == 1 ? adapter_kind_find(bytes_from_text(argv[first])) : NULL;
    if (!kind)
        code = cli_wrong_usage("adapt", "\"%s\" is no kind of source that this program has, expected one of: %s", argc - first == 1 ? argv[first] : "",
                               adapter_kind_names(arena));
    else if (!read_asked(&asked, kind))
        code = err_exit_code(ERR_USAGE);
    else
        code = err_exit_code(adapt(&asked, argv[first], arena));
    arena_destroy(arena);
    return code;
}
