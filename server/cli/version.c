#include "server/cli/cli.h"

#include "server/cli/options.h"
#include "server/version.h"

#include <stdio.h>

int cli_version(int argc, char **argv)
{
    static const struct cli_option options[] = {{NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage(argv[0], "\"%s\", expected nothing", argv[first]);
    printf("seatmeter %s\n", SEATMETER_VERSION);
    return 0;
}
