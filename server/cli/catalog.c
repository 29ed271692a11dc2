#include "server/engine/catalog.h"

#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/settings.h"

#include <stdio.h>

static void print_check(const char *file, const struct catalog *catalog)
{
    size_t enabled = 0, concurrent = 0;
    for (size_t i = 0; i < catalog->count; i++) {
        enabled += catalog->items[i].measure_enabled;
        concurrent += catalog->items[i].measure_concurrent;
    }
    printf("%s: in order, %zu items, %zu with enabled, %zu with concurrent\n", file ? file : "the shipped catalog", catalog->count, enabled, concurrent);
}

/* FILE as given, else the settings' catalog, else the shipped one. */
int cli_catalog(int argc, char **argv)
{
    const char *settings_file = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&settings_file), {NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    bool show = first < argc && strcmp(argv[first], "show") == 0;
    if (first == argc || (!show && strcmp(argv[first], "check") != 0))
        return cli_wrong_usage(argv[0], "%s%s%s, expected check or show", first < argc ? "\"" : "nothing",
                               first < argc ? argv[first] : "", first < argc ? "\"" : "");
    if (first + 2 < argc)
        return cli_wrong_usage(argv[0], "\"%s\" is too much, expected one file", argv[first + 2]);

    struct arena *arena = arena_create();
    const struct settings *settings;
    struct catalog *catalog = NULL;
    const char *file = first + 1 < argc ? argv[first + 1] : NULL;
    enum err err = cli_settings_read(settings_file, arena, &settings);
    if (!err)
        err = catalog_read_file(file ? file : settings->catalog_file, arena, &catalog);
    if (!err && show)
        fwrite(catalog->text.data, 1, catalog->text.len, stdout);
    else if (!err)
        print_check(file ? file : settings->catalog_file, catalog);
    arena_destroy(arena);
    return err_exit_code(err);
}
