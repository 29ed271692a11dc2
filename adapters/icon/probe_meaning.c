/* adapters/icon/probe_meaning.c - the codes, media and options that stand in the rows, and what the map makes of them. */
#include "adapters/icon/probe_private.h"

enum { VALUES_MAX = 40 /* of a column; more are counted */ };

/* Which columns have codes of a kind. */
static const struct {
    enum icon_code_kind kind;
    enum icon_table table;
    enum icon_field field;
    bool all; /* every code should have a meaning */
} coded[] = {
    {CODE_PERSON_TYPE, ICON_PERSON, FIELD_TYPE, false},
    {CODE_STATE, ICON_PERSON, FIELD_STATE, true},
    {CODE_STATUS, ICON_PERSON, FIELD_STATUS, true},
    {CODE_GROUP_TYPE, ICON_GROUP, FIELD_TYPE, false},
    {CODE_SWITCH_TYPE, ICON_SWITCH, FIELD_TYPE, true},
    {CODE_OBJECT_TYPE, ICON_ANNEX, FIELD_OBJECT_TYPE, false},
    {CODE_ENDPOINT_TYPE, ICON_SESSION_ENDPOINT, FIELD_TYPE, false},
    {CODE_PROVIDER_TAG, ICON_COUNTER, FIELD_TAG, true},
    {CODE_PROVIDER_TAG, ICON_SYNC, FIELD_TAG, true},
};

struct values {
    struct probe *probe;
    size_t at, count;
    struct buffer line, unknown;
};

static void take_code(void *owner, const struct odbc_value *values)
{
    struct values *list = owner;
    const struct icon_map *map = list->probe->options->map;
    enum icon_code_kind kind = coded[list->at].kind;
    if (list->count++ >= VALUES_MAX)
        return;
    int meaning = values[0].known ? icon_code_find(map, kind, values[0].integer) : 0;
    char code[24] = "NULL";
    if (values[0].known)
        snprintf(code, sizeof code, "%lld", (long long)values[0].integer);
    buffer_printf(&list->line, "%s%s (%lld rows) = %s", list->line.len ? ", " : "", code, (long long)values[1].integer,
                  meaning ? icon_code_name(kind, meaning) : "unknown");
    if (!meaning && values[0].known)
        buffer_printf(&list->unknown, "%s%s", list->unknown.len ? ", " : "", code);
}

static void take_medium(void *owner, const struct odbc_value *values)
{
    struct values *list = owner;
    if (list->count++ >= VALUES_MAX)
        return;
    struct bytes medium = values[0].known && values[0].text.len ? icon_medium_find(list->probe->options->map, values[0].text, list->probe->arena)
                                                                : BYTES_LITERAL("by the type of the endpoint");
    const char *name = values[0].known ? arena_text(list->probe->arena, values[0].text) : "NULL";
    buffer_printf(&list->line, "%s%s (%lld rows) = %.*s", list->line.len ? ", " : "", name, (long long)values[1].integer, (int)medium.len,
                  (const char *)medium.data);
}

static void end_line(struct values *list)
{
    if (list->count > VALUES_MAX)
        buffer_printf(&list->line, " and %zu more", list->count - VALUES_MAX);
}

static const char *group_by(struct probe *probe, enum icon_table table, const char *column)
{
    return arena_printf(probe->arena, "SELECT %s, COUNT(*) FROM %s GROUP BY %s ORDER BY 2 DESC", column, probe_table(probe, table), column);
}

void probe_codes(struct probe *probe)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER};
    for (size_t i = 0; i < sizeof coded / sizeof *coded && !probe->err; i++) {
        const char *column = probe_column(probe, coded[i].table, coded[i].field);
        struct values list = {.probe = probe, .at = i};
        if (!probe->good[coded[i].table] || !probe->rows[coded[i].table] || !column)
            continue;
        struct odbc_query query = {.sql = group_by(probe, coded[i].table, column), .types = types, .column_count = 2, .row = take_code, .owner = &list};
        if (probe_query(probe, &query)) {
            end_line(&list);
            probe_say(probe, "codes.%s, %s.%s: %s", icon_code_kind_name(coded[i].kind), probe_table(probe, coded[i].table), column,
                      buffer_text(&list.line));
        }
        if (coded[i].all && list.unknown.len)
            probe_mark(probe, false, "what %s means, the column map's codes.%s does not say", buffer_text(&list.unknown), icon_code_kind_name(coded[i].kind));
        buffer_free(&list.line);
        buffer_free(&list.unknown);
    }
}

void probe_media(struct probe *probe)
{
    static const enum odbc_type types[] = {ODBC_TEXT, ODBC_INTEGER};
    const char *column = probe_column(probe, ICON_SESSION_ENDPOINT, FIELD_MEDIA);
    struct values list = {.probe = probe};
    if (!probe->good[ICON_SESSION_ENDPOINT] || !probe->rows[ICON_SESSION_ENDPOINT] || !column)
        return;
    struct odbc_query query = {.sql = group_by(probe, ICON_SESSION_ENDPOINT, column), .types = types, .column_count = 2, .row = take_medium, .owner = &list};
    if (probe_query(probe, &query)) {
        end_line(&list);
        probe_say(probe, "media, %s.%s: %s", probe_table(probe, ICON_SESSION_ENDPOINT), column, buffer_text(&list.line));
    }
    buffer_free(&list.line);
}

struct option_count {
    const struct site_option *option;
    int64_t rows, yes;
};

static void take_option(void *owner, const struct odbc_value *values)
{
    struct option_count *count = owner;
    count->rows += values[1].integer;
    if (values[0].known && site_option_is_yes(count->option, values[0].text))
        count->yes += values[1].integer;
}

void probe_annex(struct probe *probe)
{
    static const enum odbc_type types[] = {ODBC_TEXT, ODBC_INTEGER};
    for (enum site_option_kind kind = 0; kind < OPTION_COUNT && probe->good[ICON_ANNEX] && !probe->err; kind++) {
        struct option_count count = {.option = &probe->options->map->options[kind]};
        struct odbc_param params[] = {{.text = count.option->section}, {.text = count.option->key}};
        const char *value = probe_column(probe, ICON_ANNEX, FIELD_VALUE);
        if (!bytes_present(count.option->section)) {
            probe_say(probe, "annex.%s: switched off", site_option_name(kind));
            continue;
        }
        struct odbc_query query = {
            .sql = arena_printf(probe->arena, "SELECT %s, COUNT(*) FROM %s WHERE %s = ? AND %s = ? GROUP BY %s", value, probe_table(probe, ICON_ANNEX),
                                probe_column(probe, ICON_ANNEX, FIELD_SECTION), probe_column(probe, ICON_ANNEX, FIELD_KEY), value),
            .params = params, .param_count = 2, .types = types, .column_count = 2, .row = take_option, .owner = &count};
        if (!probe_query(probe, &query))
            continue;
        probe_say(probe, "annex.%s, option %.*s/%.*s: %lld rows, %lld mean yes", site_option_name(kind), (int)count.option->section.len,
                  (const char *)count.option->section.data, (int)count.option->key.len, (const char *)count.option->key.data, (long long)count.rows,
                  (long long)count.yes);
        if (!count.rows)
            probe_mark(probe, false, "no object has this option: is it called so here? (annex.%s of the column map)", site_option_name(kind));
    }
}
