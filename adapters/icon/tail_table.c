/* adapters/icon/tail_table.c - which tables can be read; those that cannot are set aside and tried again. */
#include "adapters/icon/tail_state.h"

#include "base/log.h"

#include <strings.h>

bool tail_table_is_on(const struct tail *tail, enum icon_table table)
{
    return tail->options.map->tables[table].table != NULL;
}

bool tail_table_is_good(const struct tail *tail, enum icon_table table)
{
    const struct table *state = &tail->tables[table];
    return tail_table_is_on(tail, table) && state->checked && !state->broken && !state->stopped;
}

static void set_aside(struct tail *tail, enum icon_table t, int64_t now_us, const char *why)
{
    struct table *table = &tail->tables[t];
    int64_t wait_ms = backoff_fail(&table->backoff);
    table->broken = true;
    tail->pass_whole = false;
    table->retry_us = now_us + wait_ms * 1000;
    table->streams[STREAM_INSERT].full = table->streams[STREAM_UPDATE].full = false;
    log_once(LOG_ERROR, tail->options.part, icon_table_name(t),
             "table %s (tables.%s of the column map) is not read: %s; tried again, the other tables go on, the watermark stands "
             "until it is there or the column map says \"table: ~\"",
             tail->options.map->tables[t].table, icon_table_name(t), why);
}

/* NULL when all columns are there, else a sentence that names each missing one and its key in the map. */
static const char *missing_columns(struct tail *tail, enum icon_table t, const char **names)
{
    const struct icon_columns *columns = &tail->options.map->tables[t];
    struct buffer text = {0};
    for (size_t i = 0; i < columns->count; i++) {
        const char *wanted = columns->names[columns->order[i]];
        size_t j = 0;
        while (names[j] && strcasecmp(names[j], wanted) != 0)
            j++;
        if (!names[j])
            buffer_printf(&text, "%scolumn %s (%s.columns.%s) is missing", text.len ? ", " : "", wanted, icon_table_name(t),
                          icon_field_name(columns->order[i]));
    }
    const char *why = text.len ? arena_text(tail->arena, buffer_bytes(&text)) : NULL;
    buffer_free(&text);
    return why;
}

static const enum icon_field number_fields[STREAM_COUNT] = {FIELD_SEQ, FIELD_USEQ};

static void check_indexes(struct tail *tail, enum icon_table t)
{
    const struct icon_columns *columns = &tail->options.map->tables[t];
    struct table *table = &tail->tables[t];
    table->indexed = true;
    for (int s = 0; s < STREAM_COUNT; s++)
        table->unindexed[s] = !odbc_has_index(tail->options.odbc, columns->table, columns->names[number_fields[s]]);
}

/* A plain ICON database has no index that begins with the numbers: then a look reads whole tables. */
static void say_unindexed(struct tail *tail)
{
    struct buffer names = {0}, ddl = {0};
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        const struct icon_columns *columns = &tail->options.map->tables[t];
        const struct table *table = &tail->tables[t];
        if (table->unindexed[STREAM_INSERT] || table->unindexed[STREAM_UPDATE])
            buffer_printf(&names, "%s%s", names.len ? ", " : "", columns->table);
        for (int s = 0; s < STREAM_COUNT; s++)
            if (table->unindexed[s]) {
                const char *number = columns->names[number_fields[s]], *dot = strrchr(columns->table, '.');
                buffer_printf(&ddl, " CREATE INDEX %s_%s ON %s (%s, %s);", dot ? dot + 1 : columns->table,
                              s == STREAM_INSERT ? "SEQ" : "USEQ", columns->table, number, columns->names[FIELD_ID]);
            }
    }
    if (names.len)
        log_once(LOG_WARNING, tail->options.part, "indexes",
                 "no index begins with the numbers that are followed in %s: each look reads whole tables, and the pace slows "
                 "down when they are large.  For the DBA:%s", buffer_text(&names), buffer_text(&ddl));
    buffer_free(&names);
    buffer_free(&ddl);
}

static enum err check_table(struct tail *tail, enum icon_table t, int64_t now_us, struct odbc_fault *fault)
{
    struct table *table = &tail->tables[t];
    const char **names, *why = NULL;
    enum err err = odbc_columns(tail->options.odbc, tail->options.map->tables[t].table, tail->arena, &names, fault);
    if (err == ERR_AWAY || err == ERR_CANCELLED)
        return err;
    if (err)
        why = fault->trouble == ODBC_TABLE ? arena_printf(tail->arena, "there is no such table (%s)", fault->text) : fault->text;
    else
        why = missing_columns(tail, t, names);
    table->checked = true;
    if (why) {
        table->query_failed = false;
        set_aside(tail, t, now_us, why);
        return ERR_OK;
    }
    table->broken = false;
    if (!table->query_failed)
        tail_table_well(tail, t);
    if (t < ICON_TAILED_COUNT && !table->indexed)
        check_indexes(tail, t);
    return ERR_OK;
}

enum err tail_tables_check(struct tail *tail, int64_t now_us, struct odbc_fault *fault)
{
    bool any = false;
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++) {
        struct table *table = &tail->tables[t];
        bool due = !table->checked || (table->broken && now_us >= table->retry_us);
        if (!tail_table_is_on(tail, t) || table->stopped || !due)
            continue;
        enum err err = check_table(tail, t, now_us, fault);
        if (err)
            return err;
        any = true;
    }
    if (any)
        say_unindexed(tail);
    return ERR_OK;
}

bool tail_table_fail(struct tail *tail, enum err err, const struct odbc_fault *fault, int64_t now_us)
{
    if (err == ERR_AWAY || err == ERR_CANCELLED)
        return false;
    /* One query over all tables failed: now one by one, so that it shows whose fault it is. */
    if (tail->asked == ICON_TABLE_COUNT) {
        tail->heads_apart = true;
        return true;
    }
    /* Which column it is that went, a look at the table tells; if it tells nothing, the driver's words must do. */
    struct table *table = &tail->tables[tail->asked];
    if (err == ERR_SCHEMA && !table->query_failed) {
        table->checked = false;
        table->query_failed = true;
        return true;
    }
    table->query_failed = true;
    set_aside(tail, tail->asked, now_us,
              fault->trouble == ODBC_TIMEOUT ? arena_printf(tail->arena, "a query took too long (%s)", fault->text) : fault->text);
    return true;
}

void tail_table_well(struct tail *tail, enum icon_table t)
{
    struct table *table = &tail->tables[t];
    table->query_failed = false;
    backoff_clear(&table->backoff);
    if (log_clear(tail->options.part, icon_table_name(t)))
        log_info(tail->options.part, "table %s is read again", tail->options.map->tables[t].table);
}
