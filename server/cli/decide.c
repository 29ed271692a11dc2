/* seatmeter decide: an operator retires a source, or lets deletions through that are held (contract.md §2). */
#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "proto/fact.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/options.h"
#include "server/ingest/ingest.h"
#include "server/query/query.h"
#include "server/settings.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct deciding {
    struct arena *arena;
    const struct settings *settings;
    const char *store, *url;
    struct decision decision;
    const char *by, *reason, *request;
};

/* Who decides, as this machine knows him. */
static const char *user_name(struct arena *arena)
{
    const struct passwd *entry = getpwuid(getuid());
    return entry && entry->pw_name[0] ? arena_text(arena, bytes_from_text(entry->pw_name)) : arena_printf(arena, "uid %u", (unsigned)getuid());
}

static const char *new_request(struct arena *arena)
{
    uint8_t chance[16];
    char text[2 * sizeof chance + 1];
    random_fill(chance, sizeof chance);
    return arena_printf(arena, "decide-%s", hex_text(chance, sizeof chance, text));
}

static void say_done(const struct deciding *deciding)
{
    const struct decision *decision = &deciding->decision;
    const char *of = arena_text(deciding->arena, decision->of);
    if (decision->what == DECISION_RETIRE)
        printf("%s is retired\n", of);
    else
        printf("the deletions held in snapshot %" PRId64 " of %s may go\n", decision->snapshot, of);
}

/* --- by a server --------------------------------------------------------------------------------- */

static void write_body(const struct deciding *deciding, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    const struct decision *decision = &deciding->decision;
    json_write_open_object(&writer);
    if (decision->at != INSTANT_NONE) {
        json_write_name(&writer, "at");
        json_write_instant(&writer, decision->at);
    }
    json_write_name(&writer, "by");
    json_write_text_c(&writer, deciding->by);
    json_write_name(&writer, "of");
    json_write_text(&writer, decision->of);
    json_write_name(&writer, "reason");
    json_write_text_c(&writer, deciding->reason);
    if (decision->snapshot != ID_NONE) {
        json_write_name(&writer, "snapshot");
        json_write_integer(&writer, decision->snapshot);
    }
    json_write_name(&writer, "what");
    json_write_text_c(&writer, decision_what_name(decision->what));
    json_write_close_object(&writer);
}

static enum err take_answer(struct deciding *deciding, const struct client_answer *answer)
{
    const char *why;
    const struct json *tree = json_read(buffer_bytes(&answer->body), deciding->arena, &why);
    bool done = answer->status == 200 || answer->status == 201;
    const struct json *body = tree && done ? json_member(tree, "body") : NULL, *detail = tree && !done ? json_member(tree, "detail") : NULL;
    const struct json *snapshot = body ? json_member(body, "snapshot") : NULL;
    if (body) {
        deciding->decision.snapshot = snapshot ? snapshot->integer : ID_NONE;
        say_done(deciding);
        return ERR_OK;
    }
    if (detail && detail->kind == JSON_KIND_TEXT)
        fprintf(stderr, "seatmeter decide: %s\n", arena_text(deciding->arena, detail->text));
    else
        fprintf(stderr, "seatmeter decide: the server answers %d; is it a Seatmeter?\n", answer->status);
    return answer->status == 404 || answer->status == 409 ? ERR_NOT_FOUND : answer->status < 500 ? ERR_USAGE : ERR_AWAY;
}

static enum err decide_by_server(struct deciding *deciding)
{
    struct arena *arena = deciding->arena;
    const char *const headers[] = {arena_printf(arena, "Idempotency-Key: %s", deciding->request), "If-Match: *", NULL};
    struct client *client;
    struct client_answer answer;
    struct buffer body = {0};
    enum err err = client_create(deciding->url ? deciding->url : arena_printf(arena, "http://127.0.0.1:%d", deciding->settings->http.port), &client);
    if (err)
        return err;
    write_body(deciding, &body);
    err = client_put(client, "/api/v1/decisions", buffer_bytes(&body), headers, arena, &answer);
    if (!err) {
        err = take_answer(deciding, &answer);
        buffer_free(&answer.body);
    }
    buffer_free(&body);
    client_destroy(client);
    return err;
}

/* --- in a store that nobody holds ----------------------------------------------------------------- */

/* The same questions that the server asks. */
static enum err check_source(struct deciding *deciding, struct db *db)
{
    struct decision *decision = &deciding->decision;
    struct query *query;
    const struct query_source *sources, *source = NULL;
    enum err err = query_open(db, &query);
    if (err)
        return err;
    size_t count = query_sources(query, deciding->arena, &sources);
    query_close(query);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(sources[i].name, decision->of))
            source = &sources[i];
    if (!source) {
        fprintf(stderr, "seatmeter decide: the store knows no source \"%s\"\n", arena_text(deciding->arena, decision->of));
        return ERR_NOT_FOUND;
    }
    if (decision->what == DECISION_RETIRE)
        return ERR_OK;
    if (source->held_snapshot == ID_NONE || (decision->snapshot != ID_NONE && decision->snapshot != source->held_snapshot)) {
        if (source->held_snapshot == ID_NONE)
            fprintf(stderr, "seatmeter decide: nothing of source \"%s\" is held\n", arena_text(deciding->arena, decision->of));
        else
            fprintf(stderr, "seatmeter decide: snapshot %" PRId64 " is not what is held, that is %" PRId64 "\n", decision->snapshot, source->held_snapshot);
        return ERR_NOT_FOUND;
    }
    decision->snapshot = source->held_snapshot;
    return ERR_OK;
}

static enum err write_decision(struct deciding *deciding, struct db *db)
{
    struct fact fact = fact_blank(FACT_DECISION);
    struct catalog *catalog;
    struct ingest *ingest = NULL;
    const char *why = NULL;
    fact.source = BYTES_LITERAL("api");
    fact.key = fact.request_id = bytes_from_text(deciding->request);
    fact.version = clock_wall() * 1000;
    fact.by = bytes_from_text(deciding->by);
    fact.reason = bytes_from_text(deciding->reason);
    fact.decision = deciding->decision;
    if (fact_check(&fact, deciding->arena, &why)) {
        fprintf(stderr, "seatmeter decide: %s\n", why);
        return ERR_USAGE;
    }
    enum err err = settings_catalog(deciding->settings, deciding->arena, &catalog);
    if (err == ERR_OK)
        err = ingest_create(&(struct ingest_options){db, catalog, deciding->settings->counting.cap_hours}, &ingest);
    if (err)
        return err;
    ingest_fact(ingest, &fact);
    err = ingest_flush(ingest, clock_wall());
    ingest_destroy(ingest);
    return err;
}

static enum err decide_in_store(struct deciding *deciding)
{
    struct db *db = NULL;
    if (deciding->settings->kafka.brokers) {
        fprintf(stderr, "seatmeter decide: with Kafka a decision must stand in its topics: ask a server, without --store\n");
        return ERR_USAGE;
    }
    enum err err = db_create(&(struct db_options){.dir = deciding->store, .map_bytes = deciding->settings->store.map_bytes}, &db);
    if (err == ERR_OK)
        err = check_source(deciding, db);
    if (err == ERR_OK)
        err = write_decision(deciding, db);
    if (db)
        db_destroy(db);
    if (err == ERR_OK)
        say_done(deciding);
    return err;
}

int cli_decide(int argc, char **argv)
{
    const char *file = NULL, *snapshot = NULL, *at = NULL;
    struct deciding deciding = {.decision = fact_blank(FACT_DECISION).decision};
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&file),
        {"store", 0, "DIR", &deciding.store, .text = "write into this store's files, which no server may hold"},
        CLI_OPTION_URL(&deciding.url),
        {"reason", 0, "TEXT", &deciding.reason, .text = "why; it is kept beside the decision"},
        {"by", 0, "NAME", &deciding.by, .text = "who decides; default: the user who calls"},
        {"snapshot", 0, "N", &snapshot, .text = "of deletions: the held snapshot that is meant; default: the one that is held now"},
        {"at", 0, "T", &at, .text = "of retire: since when; default: as far as the source was heard"},
        {"request", 0, "ID", &deciding.request, .text = "an id of your own: the same again decides nothing anew"},
        {NULL},
    };
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    bool retire = argc - first == 2 && strcmp(argv[first], "retire") == 0, deletions = argc - first == 2 && strcmp(argv[first], "deletions") == 0;
    if (!retire && !deletions)
        return cli_wrong_usage("decide", "expected retire SOURCE or deletions SOURCE");
    if (!deciding.reason || !*deciding.reason)
        return cli_wrong_usage("decide", "--reason is missing: why is this decided?");
    if (deciding.store && deciding.url)
        return cli_wrong_usage("decide", "--store and --url exclude each other");
    if ((snapshot && retire) || (at && deletions))
        return cli_wrong_usage("decide", "--snapshot goes with deletions, --at with retire");
    if ((snapshot && !cli_integer("decide", "snapshot", snapshot, 0, INT64_MAX, &deciding.decision.snapshot)) ||
        (at && !cli_instant("decide", "at", at, &deciding.decision.at)))
        return err_exit_code(ERR_USAGE);
    deciding.arena = arena_create();
    deciding.decision.what = retire ? DECISION_RETIRE : DECISION_DELETIONS;
    deciding.decision.of = bytes_from_text(argv[first + 1]);
    if (!deciding.by)
        deciding.by = user_name(deciding.arena);
    if (!deciding.request)
        deciding.request = new_request(deciding.arena);
    enum err err = cli_settings_read(file, deciding.arena, &deciding.settings);
    if (err == ERR_OK)
        err = deciding.store ? decide_in_store(&deciding) : decide_by_server(&deciding);
    arena_destroy(deciding.arena);
    return err_exit_code(err);
}
