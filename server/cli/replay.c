/* seatmeter replay: facts from JSON lines into a store, without a server, or into Kafka's topics. */
#include "server/cli/replay.h"

#include "base/limits.h"
#include "base/log.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/ingest/ingest.h"
#include "server/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_EVERY_FACTS = 250000, LOOK_EVERY_FACTS = 10000, PROGRESS_US = 200000 };

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

struct replaying {
    struct ingest *ingest;
    uint64_t facts, unflushed;
    uint64_t outcomes[FACT_OUTCOME_COUNT];
    bool terminal;
    int64_t shown_us;
    enum err err;
};

/* whole: named and sustained, too, of all that was read. */
static enum err flush(struct replaying *replaying, bool whole)
{
    replaying->unflushed = 0;
    replaying->err = whole ? ingest_flush(replaying->ingest, clock_wall()) : ingest_flush_facts(replaying->ingest, clock_wall());
    return replaying->err;
}

static void show_progress(struct replaying *replaying)
{
    int64_t now = clock_mono_us();
    if (!replaying->terminal || now - replaying->shown_us < PROGRESS_US)
        return;
    replaying->shown_us = now;
    fprintf(stderr, "\r%" PRIu64 " facts", replaying->facts);
}

static enum err take_fact(void *owner, const struct fact *fact)
{
    struct replaying *replaying = owner;
    replaying->outcomes[ingest_fact(replaying->ingest, fact)]++;
    replaying->facts++;
    if (interrupted)
        return ERR_CANCELLED;
    if (++replaying->unflushed % LOOK_EVERY_FACTS == 0) {
        ingest_clock(replaying->ingest, clock_wall());
        show_progress(replaying);
    }
    return replaying->unflushed >= FLUSH_EVERY_FACTS ? flush(replaying, false) : ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct replaying *replaying = owner;
    fprintf(stderr, "%s: refused: %s\n", place, why);
    ingest_refused(replaying->ingest, &(struct dead_letter){
                                          .source = BYTES_LITERAL("replay"),
                                          .place = bytes_from_text(place),
                                          .why = bytes_from_text(why),
                                          .raw = raw,
                                      });
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    (void)cursor;
    return ERR_OK;
}

static enum err read_file(const char *name, const struct adapter_sink *sink, struct replay_counts *counts)
{
    struct replay_counts here = {0};
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");
    if (!file) {
        fprintf(stderr, "seatmeter replay: %s: %s\n", name, strerror(errno));
        return ERR_USAGE;
    }
    enum err err = replay_read(file, standard ? "stdin" : name, sink, &here);
    if (!standard)
        fclose(file);
    counts->lines += here.lines;
    counts->facts += here.facts;
    counts->refused += here.refused;
    return err;
}

enum err replay_files(char **files, const struct adapter_sink *sink, struct replay_counts *counts)
{
    enum err err = ERR_OK;
    for (; *files && err == ERR_OK; files++)
        err = read_file(*files, sink, counts);
    return err;
}

static void print_summary(const struct replaying *replaying, const struct replay_counts *counts)
{
    if (replaying->terminal)
        fprintf(stderr, "\r");
    fprintf(stderr, "%" PRIu64 " lines: %" PRIu64 " facts applied, %" PRIu64 " duplicate, %" PRIu64 " older, %" PRIu64 " contradicted, %" PRIu64
                    " too late, %" PRIu64 " refused\n",
            counts->lines, replaying->outcomes[FACT_APPLIED], replaying->outcomes[FACT_DUPLICATE], replaying->outcomes[FACT_STALE],
            replaying->outcomes[FACT_CONTRADICTED], replaying->outcomes[FACT_TOO_LATE], counts->refused);
}

static enum err replay_all(struct ingest *ingest, char **files, struct replay_counts *counts)
{
    struct replaying replaying = {.ingest = ingest, .terminal = isatty(STDERR_FILENO)};
    const struct adapter_sink sink = {&replaying, take_fact, take_refused, take_cursor};
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    enum err err = replay_files(files, &sink, counts);
    /* Interrupted or refused: what was folded so far is lawful and is kept. */
    enum err flushed = replaying.err == ERR_OK ? flush(&replaying, true) : replaying.err;
    counts->refused += replaying.outcomes[FACT_REFUSED];
    print_summary(&replaying, counts);
    return err != ERR_OK ? err : flushed;
}

static enum err replay_into(const struct settings *settings, const char *dir, char **files, struct arena *arena, struct replay_counts *counts)
{
    struct catalog *catalog;
    struct db *db = NULL;
    struct ingest *ingest = NULL;
    enum err err = settings_catalog(settings, arena, &catalog);
    if (err == ERR_OK)
        err = db_create(&(struct db_options){.dir = dir, .map_bytes = settings->store.map_bytes}, &db);
    if (err == ERR_OK)
        err = ingest_create(&(struct ingest_options){db, catalog, settings->counting.cap_hours}, &ingest);
    if (err == ERR_OK)
        err = replay_all(ingest, files, counts);
    ingest_destroy(ingest);
    db_destroy(db);
    return err;
}

int cli_replay(int argc, char **argv)
{
    const char *file = NULL, *dir = NULL, *brokers = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file),
                                         {"store", 0, "DIR", &dir, .text = "fold into this store, made when it is not there"},
                                         {"brokers", 0, "LIST", &brokers, .text = "produce to Kafka instead: HOST:PORT, several with commas between"},
                                         {NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (first == argc)
        return cli_wrong_usage("replay", "no FILE to read (- is stdin)");
    if (dir && brokers)
        return cli_wrong_usage("replay", "--store and --brokers exclude each other");
    struct arena *arena = arena_create();
    const struct settings *settings;
    struct replay_counts counts = {0};
    enum err err = cli_settings_read(file, arena, &settings);
    if (err == ERR_OK && brokers)
        err = replay_to_brokers(settings, brokers, argv + first, arena, &counts);
    else if (err == ERR_OK)
        err = replay_into(settings, dir ? dir : settings->store.dir, argv + first, arena, &counts);
    arena_destroy(arena);
    return err != ERR_OK ? err_exit_code(err) : counts.refused ? err_exit_code(ERR_INPUT) : 0;
}
