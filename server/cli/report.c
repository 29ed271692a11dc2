/* seatmeter report: usage rows. */
#include "server/cli/ask.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/cli/table.h"

#include <inttypes.h>

static const char *const formats[] = {"table", "csv", "json", NULL};
enum { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

static double decimal_of(const struct json *object, const char *name)
{
    const struct json *value = json_member(object, name);
    if (!value || value->kind == JSON_KIND_NULL)
        return -1;
    return value->kind == JSON_KIND_DECIMAL ? value->decimal : (double)value->integer;
}

static void add_row(struct table *table, const struct json *row, bool system)
{
    double seconds = decimal_of(row, "seat_seconds"), seen = decimal_of(row, "coverage");
    struct bytes name = ask_text(row, "name");
    table_instant(table, ask_instant(row, "start"), TABLE_TIME_MINUTE);
    if (!system) {
        table_number(table, ask_integer(row, "id"));
        table_add(table, bytes_present(name) ? name : BYTES_LITERAL("-"));
    }
    table_add(table, ask_text(row, "item"));
    table_add(table, ask_text(row, "profile"));
    table_number(table, ask_integer(row, "peak"));
    table_instant(table, ask_instant(row, "peak_at"), TABLE_TIME_OF_DAY);
    table_number(table, ask_integer(row, "named"));
    table_number(table, ask_integer(row, "enabled"));
    if (ask_integer(row, "entitled") < 0 && ask_integer(row, "over") >= 0)
        table_printf(table, "unlimited");
    else
        table_number(table, ask_integer(row, "entitled"));
    table_number(table, ask_integer(row, "burst"));
    table_number(table, ask_integer(row, "over"));
    if (seconds < 0)
        table_printf(table, "-");
    else
        table_printf(table, "%.1f", seconds / 3600);
    /* Floored: what was nearly seen must not read as seen. */
    if (seen < 0)
        table_printf(table, "unknown");
    else
        table_printf(table, "%d %%", (int)(seen * 100));
    table_add(table, ask_text(row, "status"));
    table_number(table, ask_integer(row, "revision"));
}

/* A day that starts where the last one of another zone ended. */
static void print_notes(const struct json *answer)
{
    const struct json *notes = json_member(answer, "notes");
    for (size_t i = 0; notes && i < notes->child_count; i++) {
        const struct json *note = &notes->children[i];
        struct bytes day = ask_text(note, "day"), zone = ask_text(note, "zone"), before = ask_text(note, "zone_before"), scope = ask_text(note, "scope");
        int64_t id = ask_integer(note, "id"), minutes = (ask_instant(note, "end") - ask_instant(note, "start")) / MINUTE_MS;
        if (i == 0)
            printf("\n");
        printf("%.*s", (int)scope.len, (const char *)scope.data);
        if (id >= 0)
            printf(" %" PRId64, id);
        printf(": %.*s has %" PRId64 " h %02" PRId64 " min, for the zone changed from %.*s to %.*s\n", (int)day.len, (const char *)day.data,
               minutes / 60, minutes % 60, (int)before.len, (const char *)before.data, (int)zone.len, (const char *)zone.data);
    }
}

static void print_table(const struct json *answer, enum scope_kind kind)
{
    static const char *const of_system[] = {"START (UTC)", "ITEM", "PROFILE", ">PEAK", "AT", ">NAMED", ">ENABLED", ">BOUGHT", ">BURST", ">OVER",
                                            ">SEAT HOURS", ">SEEN", "STATUS", ">REVISION", NULL};
    static const char *const of_others[] = {"START (UTC)", ">ID", "NAME", "ITEM", "PROFILE", ">PEAK", "AT", ">NAMED", ">ENABLED", ">BOUGHT", ">BURST",
                                            ">OVER", ">SEAT HOURS", ">SEEN", "STATUS", ">REVISION", NULL};
    const struct json *rows = json_member(answer, "rows");
    struct table table;
    table_begin(&table, kind == SCOPE_SYSTEM ? of_system : of_others);
    for (size_t i = 0; rows && i < rows->child_count; i++)
        add_row(&table, &rows->children[i], kind == SCOPE_SYSTEM);
    table_end(&table, stdout);
    print_notes(answer);
}

struct report_texts {
    const char *scope, *id, *item, *from, *to, *granularity, *first_day, *profile, *zone, *format;
};

static bool read_profiles(const char *text, unsigned *profiles)
{
    *profiles = 0;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        const char *comma = strchr(at, ',');
        enum profile profile = profile_from_name(bytes_of(at, comma ? (size_t)(comma - at) : strlen(at)));
        if (profile == PROFILE_COUNT) {
            cli_wrong_usage("report", "--profile: \"%s\" is none of exact, lrm, person, sustained", text);
            return false;
        }
        *profiles |= 1u << profile;
    }
    return true;
}

/* False when something is wrong, which was said. */
static bool read_request(const struct report_texts *texts, struct usage_request *request, int *format)
{
    if (!texts->from || !texts->to || !texts->granularity) {
        cli_wrong_usage("report", "--from, --to and --granularity are needed");
        return false;
    }
    request->scope = scope_kind_from_name(bytes_from_text(texts->scope));
    if (request->scope == SCOPE_KIND_COUNT) {
        cli_wrong_usage("report", "--scope: \"%s\" is none of system, tenant, agent-group, place-group", texts->scope);
        return false;
    }
    request->granularity = granularity_from_name(bytes_from_text(texts->granularity));
    if (request->granularity == GRANULARITY_COUNT) {
        cli_wrong_usage("report", "--granularity: \"%s\" is none of 10m, hour, day, week, month", texts->granularity);
        return false;
    }
    request->id = ID_NONE;
    request->item = bytes_from_text(texts->item);
    request->zone = bytes_from_text(texts->zone);
    request->first_weekday = texts->first_day ? weekday_from_name(bytes_from_text(texts->first_day)) : 0;
    if (request->first_weekday < 0) {
        cli_wrong_usage("report", "--first-day-of-week: \"%s\" is none of monday … sunday", texts->first_day);
        return false;
    }
    return (!texts->id || cli_integer("report", "id", texts->id, 0, INT64_MAX, &request->id)) &&
           cli_instant("report", "from", texts->from, &request->from) && cli_instant("report", "to", texts->to, &request->to) &&
           read_profiles(texts->profile, &request->profiles) && cli_word("report", "format", texts->format, formats, format);
}

static int print_report(struct ask *ask, struct usage_request *request, int format)
{
    struct buffer out = {0};
    int code = 0;
    bool good = ask_usage(ask, request, format == FORMAT_CSV ? BODY_CSV : BODY_JSON, &out, &code);
    if (good && format != FORMAT_TABLE)
        fwrite(out.data, 1, out.len, stdout);
    const struct json *answer = good && format == FORMAT_TABLE ? ask_read(ask, buffer_bytes(&out), &code) : NULL;
    if (answer)
        print_table(answer, request->scope);
    buffer_free(&out);
    return code;
}

int cli_report(int argc, char **argv)
{
    struct ask_options ask_options = {.command = "report"};
    struct report_texts texts = {.scope = "system", .profile = "exact", .format = "table"};
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&ask_options.settings),
        CLI_OPTION_STORE(&ask_options.store),
        CLI_OPTION_URL(&ask_options.url),
        {"scope", 0, "SCOPE", &texts.scope, .text = "system (the default), tenant, agent-group or place-group"},
        {"id", 0, "N", &texts.id, .text = "the tenant or group; without it every one"},
        {"item", 0, "CODE", &texts.item, .text = "an item's code; without it every one"},
        {"from", 0, "T", &texts.from, .text = "the first day or instant: 2026-11-23 or 2026-11-23T09:00:00Z"},
        {"to", 0, "T", &texts.to, .text = "the first one that is no longer asked"},
        {"granularity", 0, "G", &texts.granularity, .text = "10m, hour, day, week or month"},
        {"first-day-of-week", 0, "DAY", &texts.first_day, .text = "where weeks begin: monday (the default) … sunday"},
        {"profile", 0, "P", &texts.profile, .text = "the peak's definition: exact (the default), lrm, person, sustained; several with commas"},
        {"zone", 0, "Z", &texts.zone, .text = "an IANA time zone; without it each scope's own"},
        CLI_OPTION_FORMAT(&texts.format, "table|csv|json"),
        {NULL},
    };
    struct usage_request request = {0};
    int first = 0, format, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage("report", "\"%s\" is too much", argv[first]);
    if (!read_request(&texts, &request, &format))
        return err_exit_code(ERR_USAGE);
    struct ask *ask = ask_create(&ask_options, &code);
    if (!ask)
        return code;
    code = print_report(ask, &request, format);
    ask_destroy(ask);
    return code;
}
