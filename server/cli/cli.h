/*
 * server/cli/cli.h - the subcommands (contract.md §2): one file each, one function each.
 *
 * Data goes to stdout, everything else to stderr.  A subcommand returns the exit code; argv[0] is its
 * name.  main() calls cli_main(), which finds the subcommand in a table that also prints the help.
 */
#ifndef SERVER_CLI_CLI_H
#define SERVER_CLI_CLI_H

int cli_main(int argc, char **argv);

/* name, function, usage, what it does */
#define CLI_MAP(X)                                                                                  \
    X("serve", cli_serve, "[-c FILE]", "the server, with the sources that the settings name")       \
    X("topics", cli_topics, "create|check [-c FILE]", "Kafka's topics: make them, or say what differs") \
    X("adapt", cli_adapt, "icon|config|entitlement|gvp [-c FILE] [--source NAME]", "the settings' sources of a kind, producing to Kafka") \
    X("replay", cli_replay, "[-c FILE] [--store DIR | --brokers LIST] FILE…", "facts from JSON lines (- = stdin) into a store or into Kafka's topics") \
    X("now", cli_now, "[--store DIR | --url URL] [--scope SCOPE] [--id N] [--watch]", "what is in use now") \
    X("report", cli_report, "[--store DIR | --url URL] [--scope SCOPE] [--id N] [--item CODE] --from T --to T --granularity 10m|hour|day|week|month [--profile P] [--zone Z] [--format table|csv|json]", "usage rows") \
    X("explain", cli_explain, "[--store DIR | --url URL] --scope SCOPE [--id N] --item CODE --at T|peak [--profile exact|person] [--format table|json]", "who was in a level, and why the peak is what it is") \
    X("close", cli_close, "[--store DIR | --url URL] list|show …", "closed days")                   \
    X("decide", cli_decide, "[--store DIR | --url URL] retire|deletions SOURCE --reason TEXT", "a source is over, or what is missing in it is really gone") \
    X("export", cli_export, "[--store DIR | --url URL] --book system|TENANT --day D --format csv|json [--out DIR]", "the rows of a closed day") \
    X("dead", cli_dead, "[--store DIR | --url URL] list|show ID", "refused input")                  \
    X("verify", cli_verify, "[--store DIR]", "a store's integrity and its chains of closes")        \
    X("simulate", cli_simulate, "--dsn DSN [--agents N] [--tenants N] [--speed X] [--seed N] [--days N] [--gvp-port PORT]", "a contact centre at work, in ICON tables") \
    X("settings", cli_settings, "check|show|manual [-c FILE]", "the settings")                      \
    X("catalog", cli_catalog, "check|show [FILE]", "the sellable items")                            \
    X("version", cli_version, "", "the version")

#define X(name, function, usage, text) int function(int argc, char **argv);
CLI_MAP(X)
#undef X

#endif
