#include "server/cli/cli.h"

#include "base/err.h"
#include "server/cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage, *text;
} subcommands[] = {
#define X(name, function, usage, text) {name, function, usage, text},
    CLI_MAP(X)
#undef X
};
enum { SUBCOMMAND_COUNT = sizeof subcommands / sizeof *subcommands };

static void print_help(FILE *to)
{
    fprintf(to, "Seatmeter counts the concurrent seats of a contact centre, per sellable item, exactly.\n\nusage: seatmeter COMMAND …\n\n");
    for (int i = 0; i < SUBCOMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", subcommands[i].name, subcommands[i].text);
    fprintf(to, "\n`seatmeter COMMAND --help` says how each is called.  Data goes to stdout, all else to stderr.\n"
                "Exit: 0 done, 1 found something wrong, 2 wrong usage or settings, 3 a foreign system could not be\n"
                "reached, 4 the store is held by another process, 5 the store is damaged or of another format, 70 a bug.\n");
}

static const struct subcommand *find(const char *name)
{
    for (int i = 0; i < SUBCOMMAND_COUNT; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    return NULL;
}

void cli_print_usage(const char *command)
{
    const struct subcommand *subcommand = find(command);
    if (subcommand)
        printf("usage: seatmeter %s%s%s\n\n%s\n", command, *subcommand->usage ? " " : "", subcommand->usage, subcommand->text);
}

/* How many letters have to be put in, taken out or changed; both names are short. */
static int distance(const char *a, const char *b)
{
    enum { NAME_MAX_LEN = 24 };
    int row[NAME_MAX_LEN + 1];
    int len = (int)strlen(b);
    if (len > NAME_MAX_LEN || strlen(a) > NAME_MAX_LEN)
        return NAME_MAX_LEN;
    for (int k = 0; k <= len; k++)
        row[k] = k;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int k = 1; k <= len; k++) {
            int change = diagonal + (a[i - 1] != b[k - 1]), other = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
            diagonal = row[k];
            row[k] = change < other ? change : other;
        }
    }
    return row[len];
}

static int refuse_unknown(const char *name)
{
    const char *near = NULL;
    int best = 3;
    for (int i = 0; i < SUBCOMMAND_COUNT; i++)
        if (distance(name, subcommands[i].name) < best) {
            best = distance(name, subcommands[i].name);
            near = subcommands[i].name;
        }
    fprintf(stderr, "seatmeter: there is no command \"%s\"", name);
    if (near)
        fprintf(stderr, "; is \"%s\" meant?", near);
    fprintf(stderr, "\n`seatmeter --help` lists them.\n");
    return err_exit_code(ERR_USAGE);
}

int cli_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return err_exit_code(ERR_USAGE);
    }
    int code = 0;
    const struct subcommand *subcommand = find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        print_help(stdout);
    else if (!subcommand)
        return refuse_unknown(argv[1]);
    else
        code = subcommand->run(argc - 1, argv + 1);
    /* Data that did not reach its reader is no success. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0) {
        fprintf(stderr, "seatmeter: stdout cannot be written: %s\n", strerror(errno));
        code = err_exit_code(ERR_IO);
    }
    return code;
}
