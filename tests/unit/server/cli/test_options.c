/* The options of a subcommand. */
#include "server/cli/options.h"

#include <criterion/criterion.h>

static const char *file, *store;
static bool watch;

/* words end with NULL. */
static int read_words(int *first, const char *const *words)
{
    char *argv[16];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    argv[argc] = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file), CLI_OPTION_STORE(&store), {"watch", 'w', .flag = &watch, .text = ""}, {NULL}};
    file = store = NULL;
    watch = false;
    return cli_options_read(argc, argv, options, first);
}
#define READ(first, ...) read_words(first, (const char *const[]){__VA_ARGS__})

Test(options, values_and_words_in_any_order)
{
    int first = 0;
    cr_expect_lt(READ(&first, "now", "one", "-c", "f.yaml", "--watch", "--store=d", "two", NULL), 0);
    cr_expect_eq(first, 5);
    cr_expect(watch);
    cr_expect_str_eq(file, "f.yaml");
    cr_expect_str_eq(store, "d");
    cr_expect_lt(READ(&first, "now", "--", "-c", NULL), 0);
    cr_expect(first == 2 && !file);
}

Test(options, wrong_ones_are_exit_2)
{
    int first = 0;
    cr_expect_eq(READ(&first, "now", "--stroe", "d", NULL), 2);
    cr_expect_eq(READ(&first, "now", "-x", NULL), 2);
    cr_expect_eq(READ(&first, "now", "--store", NULL), 2);
    cr_expect_eq(READ(&first, "now", "-c", NULL), 2);
    cr_expect_eq(READ(&first, "now", "--watch=yes", NULL), 2);
    cr_expect_eq(READ(&first, "now", "--store", "a", "--store", "b", NULL), 2);
    cr_expect_eq(READ(&first, "now", "-h", NULL), 0);
}

Test(options, values_are_checked)
{
    static const char *const words[] = {"table", "csv", NULL};
    int64_t number;
    int32_t day;
    instant at;
    int word;
    cr_expect(cli_integer("x", "id", "101", 0, INT64_MAX, &number) && number == 101);
    cr_expect(!cli_integer("x", "id", "101x", 0, INT64_MAX, &number) && !cli_integer("x", "id", "", 0, 9, &number));
    cr_expect(!cli_integer("x", "id", "-1", 0, 9, &number) && !cli_integer("x", "id", "99999999999999999999", 0, INT64_MAX, &number));
    cr_expect(cli_instant("x", "from", "1970-01-02", &at) && at == DAY_MS && cli_instant("x", "from", "1970-01-01T00:00:01Z", &at) && at == 1000);
    cr_expect(!cli_instant("x", "from", "yesterday", &at) && !cli_date("x", "day", "2026-02-30", &day) && cli_date("x", "day", "1970-01-02", &day) && day == 1);
    cr_expect(cli_word("x", "format", "csv", words, &word) && word == 1 && !cli_word("x", "format", "xml", words, &word));
}
