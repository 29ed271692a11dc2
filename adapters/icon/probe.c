/* adapters/icon/probe.c - the account, and table by table: rows, columns, indexes. */
#include "adapters/icon/probe_private.h"

#include <stdarg.h>
#include <strings.h>

void probe_say(struct probe *probe, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(probe->options->out, format, args);
    va_end(args);
    fputc('\n', probe->options->out);
}

void probe_mark(struct probe *probe, bool fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("  ! ", probe->options->out);
    vfprintf(probe->options->out, format, args);
    va_end(args);
    fputc('\n', probe->options->out);
    *(fault ? &probe->faults : &probe->hints) += 1;
}

bool probe_query(struct probe *probe, const struct odbc_query *query)
{
    if (probe->err)
        return false;
    enum err err = odbc_run(probe->options->odbc, query, probe->fault);
    odbc_end(probe->options->odbc);
    if (err == ERR_AWAY || err == ERR_CANCELLED)
        probe->err = err;
    else if (err)
        probe_mark(probe, false, "cannot be asked: %s", probe->fault->text);
    return err == ERR_OK;
}

struct counts {
    int64_t rows, seq, useq, first, last;
};

static void take_counts(void *owner, const struct odbc_value *values)
{
    struct counts *counts = owner;
    *counts = (struct counts){values[0].integer, values[1].known ? values[1].integer : 0, values[2].known ? values[2].integer : 0,
                              values[3].known ? values[3].integer : INSTANT_NONE, values[4].known ? values[4].integer : INSTANT_NONE};
}

static void take_integer(void *owner, const struct odbc_value *values)
{
    *(int64_t *)owner = values[0].known ? values[0].integer : 0;
}

static void count_rows(struct probe *probe, enum icon_table t)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER, ODBC_TIME, ODBC_TIME};
    struct counts counts = {0, 0, 0, INSTANT_NONE, INSTANT_NONE};
    bool tailed = t < ICON_TAILED_COUNT;
    const char *sql = tailed ? arena_printf(probe->arena, "SELECT COUNT(*), MAX(%s), MAX(%s), MIN(%s), MAX(%s) FROM %s", probe_column(probe, t, FIELD_SEQ),
                                            probe_column(probe, t, FIELD_USEQ), probe_column(probe, t, FIELD_CREATED),
                                            probe_column(probe, t, FIELD_CREATED), probe_table(probe, t))
                             : arena_printf(probe->arena, "SELECT COUNT(*) FROM %s", probe_table(probe, t));
    struct odbc_query query = {.sql = sql, .types = types, .column_count = tailed ? 5 : 1, .row = tailed ? take_counts : take_integer,
                               .owner = tailed ? (void *)&counts : (void *)&counts.rows};
    if (!probe_query(probe, &query))
        return;
    probe->rows[t] = counts.rows;
    char first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE];
    if (counts.rows && tailed && counts.first != INSTANT_NONE)
        probe_say(probe, "    %lld rows, of %s to %s; newest insert number %lld, update number %lld", (long long)counts.rows,
                  instant_format(counts.first, first), instant_format(counts.last, last), (long long)counts.seq, (long long)counts.useq);
    else if (counts.rows)
        probe_say(probe, "    %lld rows", (long long)counts.rows);
    else
        probe_mark(probe, false, "empty: does ICON's role or a filter leave it out?");
}

static void need_index(struct probe *probe, enum icon_table t, enum icon_field field, const char *suffix, const char *why)
{
    const char *table = probe_table(probe, t), *dot = strrchr(table, '.'), *column = probe_column(probe, t, field);
    if (!column || odbc_has_index(probe->options->odbc, table, column))
        return;
    probe_mark(probe, false, "no index begins with %s, %s; for the DBA:\n      CREATE INDEX %s_%s ON %s (%s, %s);", column, why,
               dot ? dot + 1 : table, suffix, table, column, probe_column(probe, t, FIELD_ID));
}

static bool has_column(const char **names, const char *wanted)
{
    while (*names && strcasecmp(*names, wanted) != 0)
        names++;
    return *names != NULL;
}

/* Each column holds what the tail will take from it: a number, a text, a time. */
static bool look_at_types(struct probe *probe, enum icon_table t)
{
    const struct icon_columns *columns = &probe->options->map->tables[t];
    struct buffer sql = {0};
    for (size_t i = 0; i < columns->count; i++)
        buffer_printf(&sql, "%s%s", i ? ", " : "SELECT ", columns->names[columns->order[i]]);
    buffer_printf(&sql, " FROM %s WHERE 1 = 0", columns->table);
    enum err err = odbc_run(probe->options->odbc, &(struct odbc_query){.sql = buffer_text(&sql), .types = columns->types, .column_count = columns->count,
                                                                       .typed = true}, probe->fault);
    odbc_end(probe->options->odbc);
    buffer_free(&sql);
    if (err == ERR_AWAY || err == ERR_CANCELLED)
        probe->err = err;
    else if (err)
        probe_mark(probe, true, "%s (tables.%s of the column map)", probe->fault->text, icon_table_name(t));
    return err == ERR_OK;
}

/* The map's keys as they resolve here; true when all columns are there. */
static bool look_at_columns(struct probe *probe, enum icon_table t)
{
    const struct icon_columns *columns = &probe->options->map->tables[t];
    const char **names;
    struct buffer line = {0};
    bool whole = true;
    enum err err = odbc_columns(probe->options->odbc, columns->table, probe->arena, &names, probe->fault);
    if (err == ERR_AWAY || err == ERR_CANCELLED) {
        probe->err = err;
        return false;
    }
    if (err) {
        probe_mark(probe, true, "%s (%s); right the column map's tables.%s, or switch it off there with \"table: ~\"",
                   probe->fault->trouble == ODBC_TABLE ? "there is no such table" : "it cannot be read", probe->fault->text, icon_table_name(t));
        return false;
    }
    for (size_t i = 0; i < columns->count; i++)
        buffer_printf(&line, "%s%s=%s", i ? " " : "", icon_field_name(columns->order[i]), columns->names[columns->order[i]]);
    probe_say(probe, "    %s", buffer_text(&line));
    buffer_free(&line);
    for (size_t i = 0; i < columns->count; i++) {
        enum icon_field field = columns->order[i];
        if (has_column(names, columns->names[field]))
            continue;
        whole = false;
        probe_mark(probe, true, "column %s (tables.%s.columns.%s of the column map) is missing", columns->names[field], icon_table_name(t),
                   icon_field_name(field));
    }
    return whole && look_at_types(probe, t);
}

static void look_at_table(struct probe *probe, enum icon_table t)
{
    if (!probe_table(probe, t)) {
        probe_say(probe, "%s: switched off in the column map", icon_table_name(t));
        return;
    }
    probe_say(probe, "%s: %s", icon_table_name(t), probe_table(probe, t));
    if (!look_at_columns(probe, t) || probe->err)
        return;
    probe->good[t] = true;
    count_rows(probe, t);
    if (t >= ICON_TAILED_COUNT || probe->err)
        return;
    need_index(probe, t, FIELD_SEQ, "SEQ", "by which new rows are found");
    need_index(probe, t, FIELD_USEQ, "USEQ", "by which changed rows are found");
    need_index(probe, t, FIELD_CREATED_TS, "BEGINS", "by which old rows are read again");
    need_index(probe, t, FIELD_TERMINATED_TS, "ENDS", "by which old rows are read again");
}

/* A read-only account is enough. */
static void look_at_account(struct probe *probe)
{
    static const enum odbc_type types[] = {ODBC_INTEGER};
    const char *may_write = odbc_dialect(probe->options->odbc)->may_write;
    struct buffer tables = {0};
    size_t asked = 0;
    for (enum icon_table t = 0; may_write && t < ICON_TABLE_COUNT && !probe->err; t++) {
        int64_t answer = 0;
        const char *table = probe_table(probe, t);
        if (!probe->good[t])
            continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* a row of the table of dialects; the name is a checked identifier */
#pragma GCC diagnostic ignored "-Wformat-extra-args" /* SQL Server asks three times */
        struct odbc_query query = {.sql = arena_printf(probe->arena, may_write, table, table, table), .types = types, .column_count = 1,
                                   .row = take_integer, .owner = &answer};
#pragma GCC diagnostic pop
        if (probe_query(probe, &query))
            asked++;
        if (answer > 0)
            buffer_printf(&tables, "%s%s", tables.len ? ", " : "", table);
    }
    if (tables.len)
        probe_mark(probe, false, "this account may change %s: an account that may only SELECT is enough", buffer_text(&tables));
    else if (asked)
        probe_say(probe, "account: it may only read, which is enough");
    else
        probe_say(probe, "account: whether it may write cannot be asked here; SELECT on these tables is enough");
    buffer_free(&tables);
}

enum err icon_probe(const struct probe_options *options, struct odbc_fault *fault)
{
    struct probe probe = {.options = options, .arena = arena_create(), .fault = fault};
    char name[ODBC_NAME_SIZE];
    probe_say(&probe, "source %s: DSN %s, %s%s", options->name, options->dsn, odbc_name(options->odbc, name),
              odbc_dialect(options->odbc)->tried ? "" : " (a system that our tests never met: look twice)");
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT && !probe.err; t++)
        look_at_table(&probe, t);
    look_at_account(&probe);
    probe_codes(&probe);
    probe_media(&probe);
    probe_annex(&probe);
    probe_watermark(&probe);
    enum err err = probe.err;
    if (!err)
        probe_say(&probe, "%zu faults, %zu hints; nothing was written", probe.faults, probe.hints);
    arena_destroy(probe.arena);
    return err ? err : probe.faults ? ERR_INPUT : ERR_OK;
}
