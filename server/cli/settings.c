#include "server/settings.h"

#include "base/check.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"

#include <stdio.h>

static void print(struct buffer *text)
{
    fwrite(text->data, 1, text->len, stdout);
    buffer_free(text);
}

static int manual(void)
{
    struct buffer text = {0};
    settings_print_manual(&text);
    print(&text);
    return 0;
}

/* What a start would refuse is found here: the file, the catalog that it names, each source's own keys. */
static int check_or_show(const char *file, bool show)
{
    struct arena *arena = arena_create();
    const struct settings *settings;
    struct catalog *catalog;
    enum err err = cli_settings_read(file, arena, &settings);
    if (!err)
        err = settings_catalog(settings, arena, &catalog);
    if (!err && !show)
        err = settings_check_sources(settings);
    if (!err && show) {
        struct buffer text = {0};
        settings_print(settings, &text);
        print(&text);
    } else if (!err) {
        printf("%s: in order, %zu source%s, %zu items in the catalog\n", file, settings->source_count,
               settings->source_count == 1 ? "" : "s", catalog->count);
    }
    arena_destroy(arena);
    return err_exit_code(err);
}

int cli_settings(int argc, char **argv)
{
    static const char *const words[] = {"check", "show", "manual", NULL};
    const char *file = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file), {NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first), word = 0;
    if (code >= 0)
        return code;
    while (first < argc && words[word] && strcmp(argv[first], words[word]) != 0)
        word++;
    if (first == argc || !words[word])
        return cli_wrong_usage(argv[0], "%s%s%s, expected check, show or manual", first < argc ? "\"" : "nothing",
                               first < argc ? argv[first] : "", first < argc ? "\"" : "");
    if (first + 1 < argc)
        return cli_wrong_usage(argv[0], "\"%s\" is too much; the file stands behind -c", argv[first + 1]);
    if (word == 2)
        return manual();
    if (word == 0 && !file)
        return cli_wrong_usage(argv[0], "which file? Say -c FILE");
    return check_or_show(file, word == 1);
}
