/* seatmeter close list|show: closed days. */
#include "server/cli/ask.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/cli/table.h"

#include <stdlib.h>

enum { DIGEST_SHOWN = 12 };

static const char *const formats[] = {"table", "json", "csv", NULL};
enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

static void add_digest(struct table *table, struct bytes digest)
{
    if (digest.len > DIGEST_SHOWN)
        digest.len = DIGEST_SHOWN;
    table_add(table, bytes_present(digest) ? digest : BYTES_LITERAL("-"));
}

static void print_list(const struct json *answer)
{
    static const char *const heads[] = {"BOOK", "DAY", ">REVISION", "STATUS", "DIGEST", "MADE (UTC)", "REASON", NULL};
    const struct json *closes = json_member(answer, "closes");
    struct table table;
    table_begin(&table, heads);
    for (size_t i = 0; closes && i < closes->child_count; i++) {
        const struct json *close = &closes->children[i];
        table_add(&table, ask_text(close, "book"));
        table_add(&table, ask_text(close, "day"));
        table_number(&table, ask_integer(close, "revision"));
        table_add(&table, ask_text(close, "status"));
        add_digest(&table, ask_text(close, "sha256"));
        table_instant(&table, ask_instant(close, "made_at"), TABLE_TIME_MINUTE);
        table_add(&table, ask_text(close, "reason"));
    }
    table_end(&table, stdout);
}

static void print_row(struct table *table, const struct json *row)
{
    int64_t id = ask_integer(row, "id"), seat_ms = ask_integer(row, "seat_ms");
    table_add(table, ask_text(row, "scope"));
    table_number(table, bytes_equal_text(ask_text(row, "scope"), "system") ? -1 : id);
    table_add(table, ask_text(row, "item"));
    table_add(table, ask_text(row, "profile"));
    table_number(table, ask_integer(row, "peak"));
    table_instant(table, ask_instant(row, "peak_at"), TABLE_TIME_FULL);
    if (seat_ms < 0)
        table_printf(table, "-");
    else
        table_printf(table, "%.1f", (double)seat_ms / HOUR_MS);
}

static void print_close(const struct json *answer)
{
    static const char *const heads[] = {"SCOPE", ">ID", "ITEM", "PROFILE", ">PEAK", "AT (UTC)", ">SEAT HOURS", NULL};
    const struct json *document = json_member(answer, "document"), *rows = json_member(answer, "rows");
    struct bytes digest = ask_text(answer, "sha256"), status = ask_text(answer, "status");
    static const char *const members[] = {"book", "day", "zone", "start", "end", "reason", "rows_sha256", "previous_sha256", "rules_sha256", "made_by", "made_at"};
    table_print_line("status", status, stdout);
    for (size_t i = 0; document && i < sizeof members / sizeof *members; i++) {
        const struct json *value = json_member(document, members[i]);
        if (value && value->kind == JSON_KIND_TEXT)
            table_print_line(members[i], value->text, stdout);
        else if (value && value->kind == JSON_KIND_INTEGER)
            printf("%-16s%lld\n", members[i], (long long)value->integer);
    }
    if (document && ask_integer(document, "revision") >= 0)
        printf("%-16s%lld\n", "revision", (long long)ask_integer(document, "revision"));
    table_print_line("sha256", digest, stdout);
    printf("\n");
    struct table table;
    table_begin(&table, heads);
    for (size_t i = 0; rows && i < rows->child_count; i++)
        print_row(&table, &rows->children[i]);
    table_end(&table, stdout);
}

static int run_list(struct ask *ask, const char *book, int format)
{
    struct closes_request request = {-1, INT32_MIN, INT32_MAX};
    struct buffer out = {0};
    int code = 0;
    if (format == FORMAT_CSV)
        return cli_wrong_usage("close", "list has table and json; `seatmeter export` writes a day's rows as csv");
    if (book && !body_book_parse(bytes_from_text(book), &request.book))
        return cli_wrong_usage("close", "book: \"%s\" is neither \"system\" nor a tenant's id", book);
    if (ask_closes(ask, &request, &out, &code)) {
        const struct json *answer = format == FORMAT_TABLE ? ask_read(ask, buffer_bytes(&out), &code) : NULL;
        if (answer)
            print_list(answer);
        else if (format == FORMAT_JSON)
            fwrite(out.data, 1, out.len, stdout);
    }
    buffer_free(&out);
    return code;
}

static int run_show(struct ask *ask, char **words, int count, int format)
{
    int64_t book, revision = -1;
    int32_t day;
    struct buffer out = {0};
    int code = 0;
    if (count < 2 || count > 3)
        return cli_wrong_usage("close", "show needs BOOK DAY [REVISION]");
    if (!body_book_parse(bytes_from_text(words[0]), &book))
        return cli_wrong_usage("close", "book: \"%s\" is neither \"system\" nor a tenant's id", words[0]);
    if (!cli_date("close", "day", words[1], &day) || (count > 2 && !cli_integer("close", "revision", words[2], 0, UINT32_MAX, &revision)))
        return err_exit_code(ERR_USAGE);
    if (ask_close(ask, book, day, revision, format == FORMAT_CSV ? BODY_CSV : BODY_JSON, &out, &code)) {
        const struct json *answer = format == FORMAT_TABLE ? ask_read(ask, buffer_bytes(&out), &code) : NULL;
        if (answer)
            print_close(answer);
        else if (format != FORMAT_TABLE)
            fwrite(out.data, 1, out.len, stdout);
    }
    buffer_free(&out);
    return code;
}

int cli_close(int argc, char **argv)
{
    struct ask_options ask_options = {.command = "close"};
    const char *format_text = "table", *book = NULL;
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&ask_options.settings),
        CLI_OPTION_STORE(&ask_options.store),
        CLI_OPTION_URL(&ask_options.url),
        {"book", 0, "BOOK", &book, .text = "of list: system or a tenant's id; without it every book"},
        CLI_OPTION_FORMAT(&format_text, "table|json|csv"),
        {NULL},
    };
    int first = 0, format, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (!cli_word("close", "format", format_text, formats, &format))
        return err_exit_code(ERR_USAGE);
    bool list = first + 1 == argc && strcmp(argv[first], "list") == 0, show = first < argc && strcmp(argv[first], "show") == 0;
    if (!list && !show)
        return cli_wrong_usage("close", "list, or show BOOK DAY [REVISION]; run, rerun, adopt and key come with a later release");
    struct ask *ask = ask_create(&ask_options, &code);
    if (!ask)
        return code;
    code = list ? run_list(ask, book, format) : run_show(ask, argv + first + 1, argc - first - 1, format);
    ask_destroy(ask);
    return code;
}
