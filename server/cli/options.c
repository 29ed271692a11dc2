#include "server/cli/options.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "server/settings.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPTIONS_MAX = 32, LONG_BASE = 256, HELP_COLUMN = 26 };

static void print_help(const char *command, const struct cli_option *options)
{
    cli_print_usage(command);
    printf("\nOptions:\n");
    for (; options->name; options++) {
        int len = options->letter ? printf("  -%c, --%s", options->letter, options->name) : printf("      --%s", options->name);
        len += options->value ? printf(" %s", options->value) : 0;
        printf("%*s%s\n", len < HELP_COLUMN ? HELP_COLUMN - len : 2, "", options->text);
    }
    printf("  -h, --help%*sthis\n", HELP_COLUMN - 12, "");
}

int cli_wrong_usage(const char *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "seatmeter %s: ", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n`seatmeter %s --help` says how it is called.\n", command);
    return err_exit_code(ERR_USAGE);
}

/* The tables of getopt_long; returns the number of options. */
static int make_tables(const struct cli_option *options, struct option longs[OPTIONS_MAX + 2], char letters[2 * OPTIONS_MAX + 4])
{
    int count = 0;
    *letters++ = ':';
    *letters++ = 'h';
    for (; options[count].name; count++) {
        check(count < OPTIONS_MAX);
        longs[count] = (struct option){options[count].name, options[count].value ? required_argument : no_argument, NULL, LONG_BASE + count};
        if (options[count].letter) {
            *letters++ = options[count].letter;
            if (options[count].value)
                *letters++ = ':';
        }
    }
    longs[count] = (struct option){"help", no_argument, NULL, 'h'};
    longs[count + 1] = (struct option){NULL, 0, NULL, 0};
    *letters = 0;
    return count;
}

int cli_options_read(int argc, char **argv, const struct cli_option *options, int *first)
{
    struct option longs[OPTIONS_MAX + 2];
    char letters[2 * OPTIONS_MAX + 4];
    bool seen[OPTIONS_MAX] = {false};
    int count = make_tables(options, longs, letters), found;
    opterr = 0;
    optind = 0; /* glibc: start anew, since the program's own argv may have been read before */
    while ((found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (found == 'h') {
            print_help(argv[0], options);
            return 0;
        }
        if (found == ':')
            return cli_wrong_usage(argv[0], "%s needs a value", argv[optind - 1]);
        if (found == '?' && optopt && optopt < LONG_BASE && argv[optind - 1][1] != '-')
            return cli_wrong_usage(argv[0], "there is no option -%c", optopt);
        if (found == '?')
            return cli_wrong_usage(argv[0], "there is no option %s, or it stands for several, or it takes no value", argv[optind - 1]);
        int which = found - LONG_BASE;
        for (int i = 0; found < LONG_BASE && i < count; i++)
            if (options[i].letter == found)
                which = i;
        if (seen[which])
            return cli_wrong_usage(argv[0], "--%s is given twice", options[which].name);
        seen[which] = true;
        if (options[which].value)
            *options[which].text_at = optarg;
        else
            *options[which].flag = true;
    }
    *first = optind;
    return -1;
}

bool cli_integer(const char *command, const char *option, const char *text, int64_t min, int64_t max, int64_t *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool plain = (text[0] >= '0' && text[0] <= '9') || text[0] == '-';
    *value = number;
    if (plain && errno == 0 && *end == 0 && number >= min && number <= max)
        return true;
    cli_wrong_usage(command, "--%s: \"%s\", expected an integer of %" PRId64 " to %" PRId64, option, text, min, max);
    return false;
}

bool cli_instant(const char *command, const char *option, const char *text, instant *value)
{
    int32_t day;
    if (instant_parse(bytes_from_text(text), value))
        return true;
    if (date_parse(bytes_from_text(text), &day)) {
        *value = (int64_t)day * DAY_MS;
        return true;
    }
    cli_wrong_usage(command, "--%s: \"%s\" is no time, expected e.g. 2026-11-23T09:10:11.120Z or 2026-11-23", option, text);
    return false;
}

bool cli_date(const char *command, const char *option, const char *text, int32_t *value)
{
    if (date_parse(bytes_from_text(text), value))
        return true;
    cli_wrong_usage(command, "--%s: \"%s\" is no date, expected e.g. 2026-11-23", option, text);
    return false;
}

bool cli_word(const char *command, const char *option, const char *text, const char *const *words, int *value)
{
    struct buffer list = {0};
    for (*value = 0; words[*value]; ++*value) {
        if (strcmp(text, words[*value]) == 0) {
            buffer_free(&list);
            return true;
        }
        buffer_printf(&list, "%s%s", *value ? ", " : "", words[*value]);
    }
    cli_wrong_usage(command, "--%s: \"%s\", expected one of %s", option, text, buffer_text(&list));
    buffer_free(&list);
    return false;
}

enum err cli_settings_read(const char *file, struct arena *arena, const struct settings **settings)
{
    static const char *const levels[] = {[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};
    enum err err = settings_read(file, arena, settings);
    for (int level = LOG_DEBUG; !err && level <= LOG_ERROR; level++)
        if (strcmp((*settings)->log_level, levels[level]) == 0)
            log_set_level((enum log_level)level);
    return err;
}
