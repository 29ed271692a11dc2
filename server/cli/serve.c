/* seatmeter serve: the start list, read aloud; the same list backwards. */
#include "base/check.h"
#include "base/log.h"
#include "server/api/api.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/close/closer.h"
#include "server/close/topic.h"
#include "server/ingest/embedded.h"
#include "server/ingest/kafka_rules.h"
#include "server/ingest/kafka_say.h"
#include "server/ingest/pump.h"
#include "server/ingest/ruleset.h"
#include "server/topics.h"
#include "server/version.h"

#include <pthread.h>
#include <signal.h>

struct server {
    const struct settings *settings;
    struct arena *arena;
    struct metrics metrics;
    struct db *db;
    struct catalog *catalog;
    struct ingest *ingest;
    struct loop *ingest_loop, *serve_loop;
    struct closer *closer;
    struct pseudonyms pseudonyms; /* of rosters */
    struct pump *pump;
    struct api *api;
    struct embedded *embedded;
    struct kafka_settings kafka;      /* with Kafka: */
    struct kafka_source *kafka_source;
    struct close_topic *close_topic;
    struct kafka_sink_options say_options;
    struct kafka_say *kafka_say;
    struct kafka_rules *kafka_rules;
    enum err ended; /* by what the ingest loop had to stop */
    struct loop_signal *interrupt, *terminate;
    pthread_t ingest_thread;
    bool ingest_runs;
};

static void flushed(void *owner)
{
    struct server *server = owner;
    api_wake(server->api);
}

/* Thread: ingest.  What was closed elsewhere and what the rules are must be known. */
static bool may_close(void *owner)
{
    struct server *server = owner;
    return !server->kafka_source || (kafka_source_ready(server->kafka_source) && kafka_rules_settled(server->kafka_rules));
}

static bool ready(void *owner, const char **why)
{
    struct server *server = owner;
    *why = "the first flush is not done yet";
    return pump_ready(server->pump);
}

static void end(void *owner)
{
    struct server *server = owner;
    log_info("serve", "ending");
    loop_stop(server->serve_loop);
}

/* Thread: ingest. */
static void must_stop(void *owner, enum err err)
{
    struct server *server = owner;
    server->ended = err;
    loop_stop(server->serve_loop);
}

static void *run_ingest(void *owner)
{
    struct server *server = owner;
    loop_run(server->ingest_loop);
    return NULL;
}

/* What the settings say of counting becomes a fact when it is news. */
static enum err say_rules(struct server *server, struct arena *arena)
{
    struct fact fact;
    enum err err = ruleset_make(server->db, server->settings, server->catalog, clock_wall(), arena, &fact);
    if (err == ERR_OK)
        ingest_fact(server->ingest, &fact);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err start_store(struct server *server, struct arena *arena)
{
    const struct settings *settings = server->settings;
    enum err err = settings_catalog(settings, arena, &server->catalog);
    if (err == ERR_OK)
        err = db_create(&(struct db_options){.dir = settings->store.dir, .map_bytes = settings->store.map_bytes}, &server->db);
    if (err == ERR_OK)
        err = ingest_create(&(struct ingest_options){server->db, server->catalog, settings->counting.cap_hours}, &server->ingest);
    if (err == ERR_OK && !settings->kafka.brokers) /* else kafka_rules.h */
        err = say_rules(server, arena);
    return err;
}

static void closed(void *owner, int32_t day)
{
    (void)owner;
    (void)day;
    log_clear("close", "waits");
}

/* With Kafka closes go through their topic. */
static enum err start_closes(struct server *server)
{
    enum err err = settings_kafka(server->settings, NULL, server->arena, &server->kafka);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    return close_topic_create(&(struct close_topic_options){
                                  .loop = server->ingest_loop,
                                  .db = server->db,
                                  .ingest = server->ingest,
                                  .settings = &server->kafka,
                                  .topic = topic_name(server->settings, TOPIC_CLOSES, server->arena),
                                  .usage = topic_name(server->settings, TOPIC_USAGE, server->arena),
                                  .closed = closed,
                                  .owner = server,
                              },
                              &server->close_topic);
}

static void wake_pump(void *owner)
{
    pump_wake(((struct server *)owner)->pump);
}

static enum err start_kafka(struct server *server)
{
    enum err err = kafka_source_create(&(struct kafka_source_options){
                                           .loop = server->ingest_loop,
                                           .db = server->db,
                                           .ingest = server->ingest,
                                           .settings = &server->kafka,
                                           .rules = server->settings,
                                           .topics = {[KAFKA_FACTS] = topic_name(server->settings, TOPIC_FACTS, server->arena),
                                                      [KAFKA_OBJECTS] = topic_name(server->settings, TOPIC_OBJECTS, server->arena),
                                                      [KAFKA_CLOSES] = topic_name(server->settings, TOPIC_CLOSES, server->arena),
                                                      [KAFKA_DEAD] = topic_name(server->settings, TOPIC_DEAD, server->arena),
                                                      [KAFKA_CURSORS] = topic_name(server->settings, TOPIC_CURSORS, server->arena)},
                                           .wake = wake_pump,
                                           .stop = must_stop,
                                           .owner = server,
                                           .close_record = close_topic_take,
                                           .close_owner = server->close_topic,
                                       },
                                       &server->kafka_source);
    if (err != ERR_OK)
        return err;
    pump_set_kafka(server->pump, server->kafka_source);
    server->say_options = (struct kafka_sink_options){.settings = &server->kafka,
                                                      .source = "api",
                                                      .facts = topic_name(server->settings, TOPIC_FACTS, server->arena),
                                                      .objects = topic_name(server->settings, TOPIC_OBJECTS, server->arena),
                                                      .cursors = topic_name(server->settings, TOPIC_CURSORS, server->arena),
                                                      .dead = topic_name(server->settings, TOPIC_DEAD, server->arena)};
    server->kafka_say = kafka_say_create(&server->say_options);
    server->kafka_rules = kafka_rules_create(server->db, server->settings, server->catalog, server->kafka_say);
    return ERR_OK;
}

/* Thread: the serve loop's. */
static bool say(void *owner, const struct fact *fact)
{
    struct server *server = owner;
    return server->kafka_say ? kafka_say(server->kafka_say, fact) : batch_queue_say(pump_queue(server->pump), fact);
}

static enum err start_loops(struct server *server)
{
    const struct settings *settings = server->settings;
    server->ingest_loop = loop_create();
    server->serve_loop = loop_create();
    enum err err = start_closes(server);
    if (err == ERR_OK)
        err = pseudonyms_open(settings->privacy.key_file, &server->pseudonyms);
    if (err != ERR_OK)
        return err;
    server->closer = closer_create(&(struct closer_options){
        .loop = server->ingest_loop,
        .db = server->db,
        .ingest = server->ingest,
        .wait_minutes = settings->close.wait_minutes,
        .deadline_minutes = settings->close.deadline_minutes,
        .detail_days = settings->close.detail_days,
        .silent_seconds = settings->alerts.silent_seconds,
        .retention = {settings->retention.slots_months, settings->retention.group_slots_months, settings->retention.closes_months,
                      settings->retention.rosters_days, settings->retention.dead_days},
        .pseudonyms = &server->pseudonyms,
        .topic = server->close_topic,
    });
    server->pump = pump_create(&(struct pump_options){
        .loop = server->ingest_loop,
        .db = server->db,
        .ingest = server->ingest,
        .closer = server->closer,
        .metrics = &server->metrics,
        .flushed = flushed,
        .may_close = may_close,
        .owner = server,
    });
    return api_create(&(struct api_options){
                          .loop = server->serve_loop,
                          .db = server->db,
                          .settings = settings,
                          .metrics = &server->metrics,
                          .ready = ready,
                          .ready_owner = server,
                          .say = say,
                          .say_owner = server,
                      },
                      &server->api);
}

static enum err start_sources(struct server *server)
{
    server->interrupt = loop_signal_create(server->serve_loop, SIGINT, end, server);
    server->terminate = loop_signal_create(server->serve_loop, SIGTERM, end, server);
    loop_signals_release();
    enum err err = server->close_topic ? start_kafka(server)
                                       : embedded_create(server->settings, server->db, pump_queue(server->pump), &server->embedded);
    if (err != ERR_OK)
        return err;
    check(pthread_create(&server->ingest_thread, NULL, run_ingest, server) == 0);
    server->ingest_runs = true;
    return ERR_OK;
}

/* What the sources handed over before they ended is flushed a last time. */
static void stop(struct server *server)
{
    if (server->pump)
        batch_queue_stop(pump_queue(server->pump));
    embedded_destroy(server->embedded);
    if (server->ingest_runs) {
        loop_stop(server->ingest_loop);
        pthread_join(server->ingest_thread, NULL);
        pump_finish(server->pump);
    }
    kafka_rules_destroy(server->kafka_rules);
    kafka_say_destroy(server->kafka_say);
    kafka_source_destroy(server->kafka_source);
    closer_destroy(server->closer);
    close_topic_destroy(server->close_topic);
    pump_destroy(server->pump);
    if (server->api)
        api_destroy(server->api);
    if (server->interrupt)
        loop_signal_destroy(server->interrupt);
    if (server->terminate)
        loop_signal_destroy(server->terminate);
    if (server->ingest_loop)
        loop_destroy(server->ingest_loop);
    if (server->serve_loop)
        loop_destroy(server->serve_loop);
    ingest_destroy(server->ingest);
    db_destroy(server->db);
}

int cli_serve(int argc, char **argv)
{
    const char *file = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file), {NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage("serve", "\"%s\" is not understood", argv[first]);

    struct arena *arena = arena_create();
    static struct server server;
    server.arena = arena;
    loop_signals_hold(); /* until somebody listens: who is ended while the store is opened ends in order, too */
    enum err err = cli_settings_read(file, arena, &server.settings);
    if (err == ERR_OK)
        err = settings_check_sources(server.settings); /* before a store is made for nothing */
    if (err == ERR_OK)
        err = start_store(&server, arena);
    if (err == ERR_OK)
        err = start_loops(&server);
    if (err == ERR_OK)
        err = start_sources(&server);
    if (err == ERR_OK) {
        if (server.close_topic)
            log_info("serve", "seatmeter %s on http://%s:%d, store %s, from Kafka at %s", SEATMETER_VERSION, server.settings->http.bind,
                     api_port(server.api), server.settings->store.dir, server.kafka.brokers);
        else
            log_info("serve", "seatmeter %s on http://%s:%d, store %s, %zu sources; without Kafka the store is the only log",
                     SEATMETER_VERSION, server.settings->http.bind, api_port(server.api), server.settings->store.dir,
                     server.settings->source_count);
        loop_run(server.serve_loop);
        err = server.ended;
    }
    stop(&server);
    arena_destroy(arena);
    return err_exit_code(err);
}
