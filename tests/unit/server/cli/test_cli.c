/* The command itself, as a shell sees it: what it says where, and with which exit code. */
#include "server/cli/cli.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>

static int run(const char *const *words)
{
    char *argv[8];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    argv[argc] = NULL;
    return cli_main(argc, argv);
}
#define RUN(...) run((const char *const[]){"seatmeter", __VA_ARGS__})

static void redirect(void)
{
    cr_redirect_stdout();
    cr_redirect_stderr();
}

static void expect_in(FILE *stream, const char *text)
{
    char said[8192];
    size_t len = fread(said, 1, sizeof said - 1, stream);
    said[len] = 0;
    cr_expect(strstr(said, text), "says   %s\nwanted %s", said, text);
}

TestSuite(cli, .init = redirect);

Test(cli, help_goes_to_stdout)
{
    cr_expect_eq(RUN("--help", NULL), 0);
    fflush(stdout);
    expect_in(cr_get_redirected_stdout(), "  settings   the settings\n");
}

Test(cli, nothing_is_wrong_usage)
{
    cr_expect_eq(RUN(NULL), 2);
    fflush(stderr);
    expect_in(cr_get_redirected_stderr(), "usage: seatmeter COMMAND");
}

Test(cli, an_unknown_command_has_a_hint)
{
    cr_expect_eq(RUN("catalgo", NULL), 2);
    fflush(stderr);
    expect_in(cr_get_redirected_stderr(), "there is no command \"catalgo\"; is \"catalog\" meant?");
}

Test(cli, version_is_data)
{
    cr_expect_eq(RUN("--version", NULL), 0);
    fflush(stdout);
    expect_in(cr_get_redirected_stdout(), "seatmeter 0.");
}

Test(cli, every_command_says_how_it_is_called)
{
#define X(name, function, usage, text) cr_expect_eq(RUN(name, "--help", NULL), 0, "%s", name);
    CLI_MAP(X)
#undef X
    fflush(stdout);
    expect_in(cr_get_redirected_stdout(), "usage: seatmeter serve [-c FILE]\n");
}

Test(cli, wrong_words_of_a_command)
{
    cr_expect_eq(RUN("settings", NULL), 2);
    cr_expect_eq(RUN("settings", "chek", NULL), 2);
    cr_expect_eq(RUN("settings", "check", NULL), 2);
    cr_expect_eq(RUN("settings", "show", "more", NULL), 2);
    cr_expect_eq(RUN("catalog", "check", "/nonexistent", NULL), 2);
    cr_expect_eq(RUN("catalog", "check", "a", "b", NULL), 2);
    cr_expect_eq(RUN("version", "x", NULL), 2);
    cr_expect_eq(RUN("catalog", "check", NULL), 0);
}
