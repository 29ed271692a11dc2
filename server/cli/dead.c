/* seatmeter dead list|show: input that was refused. */
#include "server/cli/ask.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/cli/table.h"

#include <inttypes.h>

enum { PAGE_LETTERS = 1000, ID_SHOWN = 12, LIST_MAX = 1000 };

static const char *const formats[] = {"table", "json", NULL};
enum { FORMAT_TABLE, FORMAT_JSON };

/* An id is (source, digest) in hexadecimal; its last digits tell letters apart. */
static struct bytes short_id(struct bytes id)
{
    return id.len > ID_SHOWN ? bytes_of(id.data + id.len - ID_SHOWN, ID_SHOWN) : id;
}

static int run_list(struct ask *ask, int format)
{
    static const char *const heads[] = {"ID", "KEPT (UTC)", "SOURCE", "PLACE", "WHY", NULL};
    struct buffer out = {0};
    int code = 0;
    if (ask_dead(ask, BYTES_NONE, LIST_MAX, &out, &code)) {
        const struct json *answer = ask_read(ask, buffer_bytes(&out), &code), *letters = answer ? json_member(answer, "dead") : NULL;
        struct table table;
        if (format == FORMAT_JSON) {
            fwrite(out.data, 1, out.len, stdout);
        } else if (letters && letters->child_count == 0) {
            fprintf(stderr, "Nothing was refused.\n");
        } else if (letters) {
            table_begin(&table, heads);
            for (size_t i = 0; i < letters->child_count; i++) {
                const struct json *letter = &letters->children[i];
                table_add(&table, short_id(ask_text(letter, "id")));
                table_instant(&table, ask_instant(letter, "at"), TABLE_TIME_MINUTE);
                table_add(&table, ask_text(letter, "source"));
                table_add(&table, ask_text(letter, "place"));
                table_add(&table, ask_text(letter, "why"));
            }
            table_end(&table, stdout);
            if (ask_integer(answer, "count") > (int64_t)letters->child_count)
                fprintf(stderr, "The first %zu of %" PRId64 ".\n", letters->child_count, ask_integer(answer, "count"));
        }
    }
    buffer_free(&out);
    return code;
}

static void print_letter(const struct json *letter)
{
    static const char *const members[] = {"id", "source", "place", "why", "at"};
    struct bytes raw = ask_text(letter, "raw"), hex = ask_text(letter, "raw_hex");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        table_print_line(members[i], ask_text(letter, members[i]), stdout);
    table_print_line("raw", raw, stdout);
    if (bytes_present(hex))
        table_print_line("raw_hex", hex, stdout);
}

static bool id_is(struct bytes id, struct bytes wanted)
{
    return bytes_equal(id, wanted) || (wanted.len >= 6 && id.len > wanted.len && bytes_equal(bytes_of(id.data + id.len - wanted.len, wanted.len), wanted));
}

static int run_show(struct ask *ask, const char *id, int format)
{
    struct bytes cursor = BYTES_NONE;
    int code = 0;
    (void)format;
    for (;;) {
        struct buffer out = {0};
        const struct json *answer = ask_dead(ask, cursor, PAGE_LETTERS, &out, &code) ? ask_read(ask, buffer_bytes(&out), &code) : NULL;
        const struct json *letters = answer ? json_member(answer, "dead") : NULL;
        buffer_free(&out); /* the tree has copies */
        for (size_t i = 0; letters && i < letters->child_count; i++)
            if (id_is(ask_text(&letters->children[i], "id"), bytes_from_text(id))) {
                print_letter(&letters->children[i]);
                return 0;
            }
        cursor = answer ? ask_text(answer, "next") : BYTES_NONE;
        if (!bytes_present(cursor))
            break;
    }
    if (code == 0) {
        fprintf(stderr, "seatmeter dead: nothing with the id \"%s\" was refused; `seatmeter dead list` has the ids\n", id);
        code = err_exit_code(ERR_NOT_FOUND);
    }
    return code;
}

int cli_dead(int argc, char **argv)
{
    struct ask_options ask_options = {.command = "dead"};
    const char *format_text = "table";
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&ask_options.settings),
        CLI_OPTION_STORE(&ask_options.store),
        CLI_OPTION_URL(&ask_options.url),
        CLI_OPTION_FORMAT(&format_text, "table|json"),
        {NULL},
    };
    int first = 0, format, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (!cli_word("dead", "format", format_text, formats, &format))
        return err_exit_code(ERR_USAGE);
    bool list = first + 1 == argc && strcmp(argv[first], "list") == 0, show = first + 2 == argc && strcmp(argv[first], "show") == 0;
    if (!list && !show)
        return cli_wrong_usage("dead", "list, or show ID; retry comes with a later release");
    struct ask *ask = ask_create(&ask_options, &code);
    if (!ask)
        return code;
    code = list ? run_list(ask, format) : run_show(ask, argv[first + 1], format);
    ask_destroy(ask);
    return code;
}
