/* seatmeter export: the rows of a closed day, to stdout or into a file. */
#include "server/cli/ask.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const char *const formats[] = {"csv", "json", NULL};

/* Whole or not at all: under another name first. */
static int write_file(const char *path, struct bytes content, struct arena *arena)
{
    const char *partial = arena_printf(arena, "%s.part", path);
    FILE *file = fopen(partial, "wb");
    bool good = file && fwrite(content.data, 1, content.len, file) == content.len && fflush(file) == 0 && fsync(fileno(file)) == 0;
    int why = errno;
    if (file && fclose(file) != 0 && good) {
        good = false;
        why = errno;
    }
    if (good && rename(partial, path) != 0) {
        good = false;
        why = errno;
    }
    if (good) {
        fprintf(stderr, "%s\n", path);
        return 0;
    }
    fprintf(stderr, "seatmeter export: %s cannot be written: %s\n", path, strerror(why));
    unlink(partial);
    return err_exit_code(ERR_IO);
}

static int run_export(const struct ask_options *ask_options, int64_t book, int32_t day, int format, const char *out_dir)
{
    char day_text[DATE_TEXT_SIZE];
    struct buffer out = {0};
    int code = 0;
    struct ask *ask = ask_create(ask_options, &code);
    if (!ask)
        return code;
    if (ask_close(ask, book, day, -1, format == 0 ? BODY_CSV : BODY_JSON, &out, &code)) {
        struct arena *arena = ask_arena(ask);
        struct bytes name = body_book_name(book, arena);
        if (out_dir)
            code = write_file(arena_printf(arena, "%s/seatmeter-%.*s-%s.%s", out_dir, (int)name.len, (const char *)name.data,
                                           date_format(day, day_text), formats[format]),
                              buffer_bytes(&out), arena);
        else
            fwrite(out.data, 1, out.len, stdout);
    }
    buffer_free(&out);
    ask_destroy(ask);
    return code;
}

int cli_export(int argc, char **argv)
{
    struct ask_options ask = {.command = "export"};
    const char *book_text = NULL, *day_text = NULL, *month = NULL, *format_text = "csv", *out_dir = NULL;
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&ask.settings),
        CLI_OPTION_STORE(&ask.store),
        CLI_OPTION_URL(&ask.url),
        {"book", 0, "BOOK", &book_text, .text = "system or a tenant's id"},
        {"day", 0, "D", &day_text, .text = "a closed day, as 2026-11-23"},
        {"month", 0, "YYYY-MM", &month, .text = "a month's bill, which comes with a later release"},
        CLI_OPTION_FORMAT(&format_text, "csv|json"),
        {"out", 0, "DIR", &out_dir, .text = "write a file in this folder, and its name to stderr; without it to stdout"},
        {NULL},
    };
    int first = 0, format, code = cli_options_read(argc, argv, options, &first);
    int64_t book;
    int32_t day;
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage("export", "\"%s\" is too much", argv[first]);
    if (month)
        return cli_wrong_usage("export", "--month: bills come with a later release; this one exports days");
    if (!book_text || !day_text)
        return cli_wrong_usage("export", "--book and --day are needed");
    if (!body_book_parse(bytes_from_text(book_text), &book))
        return cli_wrong_usage("export", "--book: \"%s\" is neither \"system\" nor a tenant's id", book_text);
    if (!cli_date("export", "day", day_text, &day) || !cli_word("export", "format", format_text, formats, &format))
        return err_exit_code(ERR_USAGE);
    return run_export(&ask, book, day, format, out_dir);
}
