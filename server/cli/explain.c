/* seatmeter explain: who was in a level, and why the peak is what it is. */
#include "server/cli/ask.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/cli/table.h"
#include "server/query/explain.h"

#include <inttypes.h>

static const char *const formats[] = {"table", "json", NULL};
enum { FORMAT_TABLE, FORMAT_JSON };

/* --- the table -------------------------------------------------------------------------------- */

/* Text of others: control characters are shown as "?". */
static void add_clean(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        buffer_append_char(out, text.data[i] < 0x20 || text.data[i] == 0x7f ? '?' : (char)text.data[i]);
}

/* A number or a text; "-" when null. */
static struct bytes shown(const struct json *object, const char *name, struct arena *arena)
{
    const struct json *value = json_member(object, name);
    if (value && value->kind == JSON_KIND_INTEGER)
        return bytes_from_text(arena_printf(arena, "%" PRId64, value->integer));
    return value && value->kind == JSON_KIND_TEXT ? value->text : BYTES_LITERAL("-");
}

static struct bytes joined(const struct json *object, const char *name, struct arena *arena)
{
    const struct json *list = json_member(object, name);
    struct buffer text = {0};
    for (size_t i = 0; list && i < list->child_count; i++) {
        buffer_append_text(&text, i ? "," : "");
        buffer_append_bytes(&text, list->children[i].text);
    }
    struct bytes out = text.len ? arena_copy(arena, buffer_bytes(&text)) : BYTES_LITERAL("-");
    buffer_free(&text);
    return out;
}

static void print_seats(const struct json *answer, struct arena *arena)
{
    static const char *const heads[] = {"SEAT", ">KEY", "PERSON", "BEGIN (UTC)", "END (UTC)", "ENDED", ">PLACE", ">DN", "MEDIA", "APP", "SOURCES", "SESSION", NULL};
    const struct json *seats = json_member(answer, "seats");
    struct table table;
    table_begin(&table, heads);
    for (size_t i = 0; seats && i < seats->child_count; i++) {
        const struct json *seat = &seats->children[i], *sessions = json_member(seat, "sessions");
        for (size_t s = 0; sessions && s < sessions->child_count; s++) {
            const struct json *session = &sessions->children[s];
            table_add(&table, s ? BYTES_LITERAL("") : shown(seat, "kind", arena)); /* further sessions stand under their seat's first */
            table_add(&table, s ? BYTES_LITERAL("") : shown(seat, "key", arena));
            table_add(&table, shown(session, "person", arena));
            table_instant(&table, ask_instant(session, "begin"), TABLE_TIME_FULL);
            table_instant(&table, ask_instant(session, "end"), TABLE_TIME_FULL);
            table_add(&table, shown(session, "ended", arena));
            table_add(&table, shown(session, "place", arena));
            table_add(&table, shown(session, "dn", arena));
            table_add(&table, joined(session, "media", arena));
            table_add(&table, shown(session, "app", arena));
            table_add(&table, joined(session, "sources", arena));
            table_add(&table, joined(session, "ids", arena));
        }
    }
    table_end(&table, stdout);
}

static void print_instant(instant at)
{
    char text[INSTANT_TEXT_SIZE];
    if (at == INSTANT_NONE)
        printf("-");
    else
        printf("%.10s %.12s", instant_format(at, text), text + 11);
}

static void print_head(const struct json *answer)
{
    struct buffer line = {0};
    int64_t id = ask_integer(answer, "id"), level = ask_integer(answer, "level");
    buffer_printf(&line, "%" PRId64 " seat%s of ", level, level == 1 ? "" : "s");
    add_clean(&line, ask_text(answer, "item_name"));
    buffer_append_text(&line, " (");
    add_clean(&line, ask_text(answer, "item"));
    buffer_append_text(&line, ") in ");
    add_clean(&line, ask_text(answer, "scope"));
    if (id >= 0)
        buffer_printf(&line, " %" PRId64, id);
    if (bytes_present(ask_text(answer, "name"))) {
        buffer_append_text(&line, " ");
        add_clean(&line, ask_text(answer, "name"));
    }
    printf("%s at ", buffer_text(&line));
    print_instant(ask_instant(answer, "at"));
    printf(" UTC%s\n\n", bytes_equal_text(ask_text(answer, "profile"), "person") ? ", persons first" : "");
    buffer_free(&line);
}

static void print_makers(const struct json *why, struct arena *arena)
{
    const struct json *makers = json_member(why, "made_by"), *held = json_member(why, "held_seconds");
    for (size_t i = 0; makers && i < makers->child_count; i++) {
        const struct json *session = json_member(&makers->children[i], "session");
        struct buffer line = {0};
        add_clean(&line, shown(&makers->children[i], "kind", arena));
        buffer_append_char(&line, ' ');
        add_clean(&line, shown(&makers->children[i], "key", arena));
        bool begins = bytes_equal_text(ask_text(&makers->children[i], "by"), "begin"), person = session && bytes_present(ask_text(session, "person"));
        buffer_append_text(&line, !begins ? ", which came into the item or the scope: " : person ? ", taken by the login of " : ", taken by ");
        if (session)
            add_clean(&line, shown(session, begins && person ? "person" : "id", arena));
        printf("Made by: %s\n", buffer_text(&line));
        buffer_free(&line);
    }
    if (ask_integer(why, "made_by_count") > BODY_NAMED_MAX)
        printf("         and %" PRId64 " more in the same millisecond\n", ask_integer(why, "made_by_count") - BODY_NAMED_MAX);
    if (makers && makers->child_count == 0 && ask_integer(why, "peak") > 0)
        printf("Made by: nobody, the period was entered at its peak\n");
    if (held && held->kind != JSON_KIND_NULL)
        printf("Held:    %.3f s\n", held->kind == JSON_KIND_DECIMAL ? held->decimal : (double)held->integer);
    else if (ask_integer(why, "peak") > 0)
        printf("Held:    to the period's end, or still\n");
}

static void print_why(const struct json *answer, struct arena *arena)
{
    const struct json *why = json_member(answer, "why"), *persons = json_member(answer, "persons");
    struct bytes period = ask_text(why, "period"), zone = ask_text(why, "zone"), sentence = ask_text(why, "sentence");
    instant start = ask_instant(why, "start"), known = ask_instant(why, "known_from");
    printf("\nPeak:    %.*s\n", (int)sentence.len, (const char *)sentence.data);
    printf("At:      ");
    print_instant(ask_instant(why, "peak_at"));
    printf(" UTC, of the %.*s (%.*s) that begins at ", (int)period.len, (const char *)period.data, (int)zone.len, (const char *)zone.data);
    print_instant(start);
    printf("\n");
    if (known > start) {
        printf("Known:   from ");
        print_instant(known);
        printf(" on; the detail before is gone\n");
    }
    print_makers(why, arena);
    if (persons)
        table_print_line("\nPersons:", ask_text(persons, "note"), stdout);
}

/* --- the command ------------------------------------------------------------------------------ */

struct explain_texts {
    const char *scope, *id, *item, *at, *profile, *period, *zone, *format;
};

static bool read_request(const struct explain_texts *texts, struct explain_request *request, int *format)
{
    if (!texts->item || !texts->at) {
        cli_wrong_usage("explain", "--item and --at are needed");
        return false;
    }
    request->item = bytes_from_text(texts->item);
    request->zone = bytes_from_text(texts->zone);
    request->scope.kind = scope_kind_from_name(bytes_from_text(texts->scope));
    if (request->scope.kind == SCOPE_KIND_COUNT) {
        cli_wrong_usage("explain", "--scope: \"%s\" is none of system, tenant, agent-group, place-group", texts->scope);
        return false;
    }
    request->scope.id = request->scope.kind == SCOPE_SYSTEM ? 0 : ID_NONE;
    if (request->scope.kind != SCOPE_SYSTEM && !texts->id) {
        cli_wrong_usage("explain", "--id is needed: which %s?", texts->scope);
        return false;
    }
    request->profile = profile_from_name(bytes_from_text(texts->profile));
    if (request->profile != PROFILE_EXACT && request->profile != PROFILE_PERSON) {
        cli_wrong_usage("explain", "--profile: \"%s\" is none of exact, person; lrm and sustained count the seats of exact", texts->profile);
        return false;
    }
    request->period = granularity_from_name(bytes_from_text(texts->period));
    if (request->period > GRANULARITY_DAY) {
        cli_wrong_usage("explain", "--period: \"%s\" is none of 10m, hour, day", texts->period);
        return false;
    }
    request->at = EXPLAIN_PEAK;
    return (!texts->id || request->scope.kind == SCOPE_SYSTEM || cli_integer("explain", "id", texts->id, 0, INT64_MAX, &request->scope.id)) &&
           (strcmp(texts->at, "peak") == 0 || cli_instant("explain", "at", texts->at, &request->at)) &&
           cli_word("explain", "format", texts->format, formats, format);
}

static int print_answer(struct ask *ask, const struct explain_request *request, int format)
{
    struct buffer out = {0};
    int code = 0;
    bool good = ask_explain(ask, request, &out, &code);
    if (good && format == FORMAT_JSON)
        fwrite(out.data, 1, out.len, stdout);
    const struct json *answer = good && format == FORMAT_TABLE ? ask_read(ask, buffer_bytes(&out), &code) : NULL;
    if (answer) {
        print_head(answer);
        print_seats(answer, ask_arena(ask));
        print_why(answer, ask_arena(ask));
    }
    buffer_free(&out);
    return code;
}

int cli_explain(int argc, char **argv)
{
    struct ask_options ask_options = {.command = "explain"};
    struct explain_texts texts = {.scope = "system", .profile = "exact", .period = "day", .format = "table"};
    const struct cli_option options[] = {
        CLI_OPTION_SETTINGS(&ask_options.settings),
        CLI_OPTION_STORE(&ask_options.store),
        CLI_OPTION_URL(&ask_options.url),
        {"scope", 0, "SCOPE", &texts.scope, .text = "system (the default), tenant, agent-group or place-group"},
        {"id", 0, "N", &texts.id, .text = "the tenant or group"},
        {"item", 0, "CODE", &texts.item, .text = "the item's code"},
        {"at", 0, "T", &texts.at, .text = "the instant: 2026-11-23T10:41:07.250Z, or peak for that of the newest period"},
        {"profile", 0, "P", &texts.profile, .text = "by which seats: exact (the default) or person"},
        {"period", 0, "G", &texts.period, .text = "whose peak is explained, of those that hold the instant: 10m, hour, day (the default)"},
        {"zone", 0, "Z", &texts.zone, .text = "an IANA time zone, for the period; UTC without it"},
        CLI_OPTION_FORMAT(&texts.format, "table|json"),
        {NULL},
    };
    struct explain_request request = {0};
    int first = 0, format, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage("explain", "\"%s\" is too much", argv[first]);
    if (!read_request(&texts, &request, &format))
        return err_exit_code(ERR_USAGE);
    struct ask *ask = ask_create(&ask_options, &code);
    if (!ask)
        return code;
    code = print_answer(ask, &request, format);
    ask_destroy(ask);
    return code;
}
