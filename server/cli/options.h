/*
 * server/cli/options.h - what a subcommand is given: its options, its words, its values.
 *
 * A subcommand has a table of options, each with the place its value goes to, and one call that reads
 * them, prints --help from the same table, and says what is wrong:
 *
 *     const char *file = NULL, *store = NULL;
 *     bool watch = false;
 *     const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file), CLI_OPTION_STORE(&store),
 *                                          {"watch", 0, .flag = &watch, .text = "go on"}, {NULL}};
 *     int first = 0, code = cli_options_read(argc, argv, options, &first);
 *     if (code >= 0)
 *         return code;
 *     … argv[first] … are what stands there beside options
 *
 * The values live as long as argv.  Thread: main.
 */
#ifndef SERVER_CLI_OPTIONS_H
#define SERVER_CLI_OPTIONS_H

#include "base/err.h"
#include "base/instant.h"

#include <stdbool.h>
#include <stdint.h>

struct cli_option {
    const char *name;   /* without the hyphens; NULL ends the table */
    char letter;        /* 0: none */
    const char *value;  /* "FILE"; NULL for a flag */
    const char **text_at; /* where the value goes; it stays as it was when the option is absent */
    bool *flag;         /* of a flag */
    const char *text;   /* for --help */
};

#define CLI_OPTION_SETTINGS(at) {"settings", 'c', "FILE", (at), .text = "the settings file; without it the defaults"}
#define CLI_OPTION_STORE(at) {"store", 0, "DIR", (at), .text = "read this store's files"}
#define CLI_OPTION_URL(at) {"url", 0, "URL", (at), .text = "ask this server; without --store and --url the one on this machine"}
#define CLI_OPTION_FORMAT(at, words) {"format", 0, words, (at), .text = "how the answer is written"}

/* Below 0: go on, *first is the first word in argv that is no option (argc when there is none).
 * Else the exit code: 0 after --help, 2 after a wrong option, which was said. */
int cli_options_read(int argc, char **argv, const struct cli_option *options, int *first);

/* Says "seatmeter NAME: what" and where help is; returns 2, the exit code of wrong usage. */
__attribute__((format(printf, 2, 3))) int cli_wrong_usage(const char *command, const char *format, ...);

/* Values; false when text is none, which was said with the option's name. */
bool cli_integer(const char *command, const char *option, const char *text, int64_t min, int64_t max, int64_t *value);
/* An instant, or a date as its first instant in UTC. */
bool cli_instant(const char *command, const char *option, const char *text, instant *value);
bool cli_date(const char *command, const char *option, const char *text, int32_t *value);
/* The place of text in words, which end with NULL. */
bool cli_word(const char *command, const char *option, const char *text, const char *const *words, int *value);

/* The settings of -c FILE (NULL: the defaults) in arena, with their log level put into force.  ERR_SETTINGS, logged. */
struct arena;
struct settings;
MUST_CHECK enum err cli_settings_read(const char *file, struct arena *arena, const struct settings **settings);

/* Prints how the subcommand is called, from CLI_MAP; in cli.c. */
void cli_print_usage(const char *command);

#endif
