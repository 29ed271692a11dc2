/* seatmeter now: what is in use. */
#include "server/cli/ask.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/cli/table.h"

#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

enum { WATCH_MS = 1000 };

static const char *const formats[] = {"table", "json", NULL};
enum { FORMAT_TABLE, FORMAT_JSON };

static void print_head(const struct json *now)
{
    struct bytes name = ask_text(now, "name"), zone = ask_text(now, "zone"), scope = ask_text(now, "scope");
    instant as_of = ask_instant(now, "as_of");
    int64_t id = ask_integer(now, "id");
    char text[INSTANT_TEXT_SIZE];
    if (bytes_present(name))
        printf("%.*s (%.*s %" PRId64 ")", (int)name.len, (const char *)name.data, (int)scope.len, (const char *)scope.data, id);
    else if (id >= 0)
        printf("%.*s %" PRId64, (int)scope.len, (const char *)scope.data, id);
    else
        printf("System");
    if (as_of == INSTANT_NONE)
        printf(": nothing has been heard yet; that is not zero seats\n");
    else
        printf(", as of %.10s %.8s UTC, today in %.*s\n", instant_format(as_of, text), text + 11, (int)zone.len, (const char *)zone.data);
}

static void print_rows(const struct json *now)
{
    static const char *const heads[] = {"ITEM", ">IN USE", ">PEAK", "AT", ">BOUGHT", ">OVER", "STATE", NULL};
    const struct json *rows = json_member(now, "rows");
    struct table table;
    table_begin(&table, heads);
    for (size_t i = 0; rows && i < rows->child_count; i++) {
        const struct json *row = &rows->children[i];
        bool unknown = ask_instant(row, "seen_until") != INSTANT_NONE; /* whatever its state: what was over stays so */
        table_add(&table, ask_text(row, "item"));
        if (unknown)
            table_printf(&table, "unknown");
        else
            table_number(&table, ask_integer(row, "level"));
        if (unknown && ask_integer(row, "peak") >= 0)
            table_printf(&table, "≥ %" PRId64, ask_integer(row, "peak"));
        else
            table_number(&table, ask_integer(row, "peak"));
        table_instant(&table, ask_instant(row, "peak_at"), TABLE_TIME_OF_DAY);
        if (ask_integer(row, "entitled") < 0 && ask_integer(row, "over") >= 0)
            table_printf(&table, "unlimited");
        else
            table_number(&table, ask_integer(row, "entitled"));
        table_number(&table, ask_integer(row, "over"));
        table_add(&table, ask_text(row, "state"));
    }
    table_end(&table, stdout);
}

static void print_sources(const struct json *answer)
{
    const struct json *sources = json_member(answer, "sources");
    char text[INSTANT_TEXT_SIZE];
    size_t said = 0;
    for (size_t i = 0; sources && i < sources->child_count; i++) {
        const struct json *source = &sources->children[i], *age = json_member(source, "age_seconds"), *silent = json_member(source, "silent");
        struct bytes name = ask_text(source, "name");
        instant watermark = ask_instant(source, "watermark");
        /* What people say and hand in has no end that could be behind. */
        if (watermark == INSTANT_NONE && (bytes_equal_text(name, "api") || bytes_equal_text(ask_text(source, "kind"), "entitlement")))
            continue;
        double seconds = age && age->kind == JSON_KIND_DECIMAL ? age->decimal : age ? (double)age->integer : 0;
        printf("%s%.*s ", said++ ? ", " : "\nSources: ", (int)name.len, (const char *)name.data);
        if (watermark == INSTANT_NONE)
            printf("says nothing of how far it is");
        else if (silent && silent->boolean)
            printf("silent since %.10s %.8s", instant_format(watermark, text), text + 11);
        else
            printf("%.1f s", seconds);
    }
    if (said)
        printf("\n");
}

static void print_answer(const struct json *answer)
{
    const struct json *scopes = json_member(answer, "scopes");
    for (size_t i = 0; scopes && i < scopes->child_count; i++) {
        if (i)
            printf("\n");
        print_head(&scopes->children[i]);
        print_rows(&scopes->children[i]);
    }
    if (scopes && scopes->child_count == 0)
        printf("No tenant is known yet.\n");
    if (!scopes) {
        print_head(answer);
        print_rows(answer);
    }
    print_sources(answer);
}

/* One look; false when it failed. */
static bool look(const struct ask_options *options, enum scope_kind kind, int64_t id, int format, bool repaint, int *code)
{
    struct ask *ask = ask_create(options, code);
    struct buffer out = {0};
    if (!ask)
        return false;
    bool good = ask_now(ask, kind, id, &out, code);
    if (good && repaint)
        printf("\033[H\033[J");
    if (good && format == FORMAT_JSON) {
        fwrite(out.data, 1, out.len, stdout);
    } else if (good) {
        const struct json *answer = ask_read(ask, buffer_bytes(&out), code);
        good = answer != NULL;
        if (good)
            print_answer(answer);
    }
    buffer_free(&out);
    ask_destroy(ask);
    return good;
}

int cli_now(int argc, char **argv)
{
    struct ask_options ask = {.command = "now"};
    const char *scope = "system", *id_text = NULL, *format_text = "table";
    bool watch = false;
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&ask.settings),
        CLI_OPTION_STORE(&ask.store),
        CLI_OPTION_URL(&ask.url),
        {"scope", 0, "SCOPE", &scope, .text = "system (the default) or tenant"},
        {"id", 0, "N", &id_text, .text = "the tenant; without it every one"},
        {"watch", 0, .flag = &watch, .text = "again every second, until Ctrl-C"},
        CLI_OPTION_FORMAT(&format_text, "table|json"),
        {NULL},
    };
    int first = 0, format, code = cli_options_read(argc, argv, options, &first);
    int64_t id = ID_NONE;
    enum scope_kind kind = scope_kind_from_name(bytes_from_text(scope));
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage("now", "\"%s\" is too much", argv[first]);
    if (kind != SCOPE_SYSTEM && kind != SCOPE_TENANT)
        return cli_wrong_usage("now", "--scope: \"%s\" is none of system, tenant; groups come with a later release", scope);
    if ((id_text && !cli_integer("now", "id", id_text, 0, INT64_MAX, &id)) || !cli_word("now", "format", format_text, formats, &format))
        return err_exit_code(ERR_USAGE);
    code = 0;
    while (look(&ask, kind, id, format, watch && isatty(STDOUT_FILENO), &code) && watch) {
        if (fflush(stdout) != 0)
            break;
        poll(NULL, 0, WATCH_MS);
    }
    return code;
}
