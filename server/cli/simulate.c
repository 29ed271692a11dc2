/* server/cli/simulate.c - seatmeter simulate: a contact centre at work, in ICON tables. */
#include "adapters/simulator/simulator.h"
#include "adapters/simulator/watch.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/cli/simulate_reporter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* What was given, as text; NULL: the default holds. */
struct given {
    const char *gvp_port;
    const char *settings, *agents, *tenants, *seed, *days, *speed, *now, *until, *late_share, *late_minutes, *drops;
    bool live, no_live;
};

/* A decimal number; false when text is none or out of range, which was said. */
static bool read_decimal(const char *command, const char *option, const char *text, double least, double most, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end != text && !*end && errno == 0 && *value >= least && *value <= most)
        return true;
    cli_wrong_usage(command, "--%s %s: expected a number from %.10g to %.10g", option, text, least, most);
    return false;
}

/* An integer option; absent: *value stays. */
static bool read_integer(const char *command, const char *option, const char *text, int64_t least, int64_t most, int64_t *value)
{
    return !text || cli_integer(command, option, text, least, most, value);
}

static bool read_values(const char *command, const struct given *given, struct simulator_options *options)
{
    int64_t agents = options->site.agents, tenants = options->site.tenants, seed = (int64_t)options->site.seed, days = options->days;
    int64_t late_minutes = options->delivery.late_minutes_max, drops = -1;
    double late_percent = options->delivery.late_per_mille / 10.0;
    if (!read_integer(command, "agents", given->agents, 1, 200000, &agents) ||
        !read_integer(command, "tenants", given->tenants, 1, 1000, &tenants) ||
        !read_integer(command, "seed", given->seed, 0, INT64_MAX, &seed) ||
        !read_integer(command, "days", given->days, 0, 60, &days) ||
        !read_integer(command, "drops", given->drops, 0, DROPS_MAX, &drops) ||
        !read_integer(command, "late-minutes", given->late_minutes, 1, 600, &late_minutes) ||
        (given->late_share && !read_decimal(command, "late-share", given->late_share, 0, 100, &late_percent)) ||
        (given->speed && !read_decimal(command, "speed", given->speed, 0.5, 100000, &options->speed)) ||
        (given->now && !cli_instant(command, "now", given->now, &options->now)) ||
        (given->until && !cli_instant(command, "until", given->until, &options->until)))
        return false;
    options->site = (struct site_options){.seed = (uint64_t)seed, .agents = (int32_t)agents, .tenants = (int32_t)tenants};
    options->site_given = given->agents || given->tenants || given->seed;
    options->days = (int)days;
    options->drops = (int)drops;
    options->live = !given->no_live;
    options->delivery.late_per_mille = (int)(late_percent * 10 + 0.5);
    options->delivery.late_minutes_max = (int)late_minutes;
    return true;
}

static void stop(int number)
{
    simulator_stop();
    signal(number, SIG_DFL); /* a second one ends it at once, whatever it waits for */
}

int cli_simulate(int argc, char **argv)
{
    struct simulator_options options = {
        .site = {.seed = 1, .agents = 200, .tenants = 3}, .days = 2, .speed = 1,
        .now = INSTANT_NONE, .until = INSTANT_NEVER, .delivery = DELIVERY_DEFAULT,
    };
    struct given given = {0};
    struct simulate_reporter_options gvp = {0};
    int64_t gvp_port = 0;
    const struct cli_option table[] = {
        {"dsn", 0, "DSN", &options.database.dsn, .text = "the ODBC data source; only a database that the simulator made"},
        {"config", 0, "DSN", &options.config_dsn, .text = "keep the site as a Configuration Database, too, in this database"},
        {"twin", 0, "DSN", &options.twin_dsn, .text = "act the second ICON of an HA pair, too, in this database"},
        {"sold", 0, "DIR", &options.sold_dir, .text = "write what the site was sold into this drop folder of an entitlement source, and count its bundles"},
        {"user", 0, "NAME", &options.database.user, .text = "database user; default: as the DSN says"},
        {"password-file", 0, "FILE", &options.database.password_file, .text = "its first line is the password; default: as the DSN says"},
        {"create", 0, .flag = &options.create, .text = "make the ICON tables first, in an empty database"},
        {"agents", 0, "N", &given.agents, .text = "1 to 200000, default 200"},
        {"tenants", 0, "N", &given.tenants, .text = "1 to 1000, default 3"},
        {"seed", 0, "N", &given.seed, .text = "the same seed gives the same days; default 1"},
        {"days", 0, "N", &given.days, .text = "whole past days to fill, 0 to 60, default 2; today up to now comes in any case"},
        {"live", 0, .flag = &given.live, .text = "go on in real time after the fill; the default"},
        {"no-live", 0, .flag = &given.no_live, .text = "end after the fill"},
        {"speed", 0, "X", &given.speed, .text = "how many times faster than the clock, 0.5 to 100000, default 1"},
        {"now", 0, "T", &given.now, .text = "take T for now; default: the clock"},
        {"until", 0, "T", &given.until, .text = "end when the simulated clock is at T; default: Ctrl-C ends it"},
        {"drops", 0, "N", &given.drops, .text = "connections that an ICON loses a day, 0 to 24; default 0, with --twin 3"},
        {"late-share", 0, "P", &given.late_share, .text = "percentage of events whose rows come late, default 0.4"},
        {"late-minutes", 0, "N", &given.late_minutes, .text = "how late at most, 1 to 600, default 3"},
        {"truth", 0, "FILE", &options.truth_file, .text = "write what a counter must report, after the fill and at the end"},
        {"gvp-port", 0, "PORT", &given.gvp_port, .text = "also act a GVP Reporting Server on this port of the loopback, until Ctrl-C"},
        {"gvp-user", 0, "NAME", &gvp.user, .text = "which asks for this user and the password below; default: it asks for none"},
        {"gvp-password-file", 0, "FILE", &gvp.password_file, .text = "its first line is that password"},
        CLI_OPTION_SETTINGS(&given.settings),
        {NULL},
    };
    int first = 0, code = cli_options_read(argc, argv, table, &first);
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage(argv[0], "%s: expected options only", argv[first]);
    if (!options.database.dsn)
        return cli_wrong_usage(argv[0], "--dsn is missing");
    if (given.live && given.no_live)
        return cli_wrong_usage(argv[0], "--live and --no-live exclude each other");
    if (!read_values(argv[0], &given, &options) || !read_integer(argv[0], "gvp-port", given.gvp_port, 1, 65535, &gvp_port))
        return err_exit_code(ERR_USAGE);
    if (!gvp.user != !gvp.password_file || (gvp.user && !gvp_port))
        return cli_wrong_usage(argv[0], "--gvp-user and --gvp-password-file go together, with --gvp-port");
    gvp.port = (int)gvp_port;
    if (options.site.tenants > options.site.agents)
        return cli_wrong_usage(argv[0], "--tenants %d: expected at most as many as agents, %d", (int)options.site.tenants, (int)options.site.agents);
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    signal(SIGPIPE, SIG_IGN);
    struct simulate_reporter *reporter = gvp.port ? simulate_reporter_create(&gvp, &options) : NULL;
    code = err_exit_code(simulator_run(&options));
    simulate_reporter_destroy(reporter);
    return code;
}
