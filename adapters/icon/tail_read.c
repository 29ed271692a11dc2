/* adapters/icon/tail_read.c - the queries of a tail: heads, pages, single rows. */
#include "adapters/icon/tail_state.h"

#include <stdio.h>
#include <stdlib.h>

static const char *column(const struct tail *tail, enum icon_table table, enum icon_field field)
{
    return tail->options.map->tables[table].names[field];
}

static const char *number_column(const struct tail *tail, enum icon_table table, int stream)
{
    return column(tail, table, stream == STREAM_INSERT ? FIELD_SEQ : FIELD_USEQ);
}

static void take_head(void *owner, const struct odbc_value *values)
{
    struct tail *tail = owner;
    for (int s = 0; s < STREAM_COUNT; s++)
        tail->tables[values[0].integer].streams[s].head = values[1 + s].known ? values[1 + s].integer : 0;
}

/* One query for all tables: when nothing is new, it is the only one of a poll. */
enum err tail_read_heads(struct tail *tail, struct odbc_fault *fault)
{
    static const enum odbc_type types[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER};
    struct buffer sql = {0};
    enum err err = ERR_OK;
    for (enum icon_table table = 0; !err && table <= ICON_TAILED_COUNT; table++) {
        if (table < ICON_TAILED_COUNT && !tail_table_is_good(tail, table))
            continue;
        if (table < ICON_TAILED_COUNT)
            buffer_printf(&sql, "%sSELECT %d, MAX(%s), MAX(%s) FROM %s", sql.len ? " UNION ALL " : "", table,
                          column(tail, table, FIELD_SEQ), column(tail, table, FIELD_USEQ), tail->options.map->tables[table].table);
        if (!sql.len || (table < ICON_TAILED_COUNT && !tail->heads_apart))
            continue;
        tail->asked = tail->heads_apart ? table : ICON_TABLE_COUNT;
        err = odbc_run(tail->options.odbc, &(struct odbc_query){.sql = buffer_text(&sql), .types = types, .column_count = 3,
                                                                .typed = true, .keep = !tail->heads_apart, .row = take_head, .owner = tail}, fault);
        buffer_clear(&sql);
    }
    buffer_free(&sql);
    if (!err)
        tail->heads_apart = false;
    return err;
}

struct taking {
    struct page *page;
    struct arena *arena;
    const struct icon_columns *columns;
};

static void take_row(void *owner, const struct odbc_value *values)
{
    struct taking *taking = owner;
    struct page *page = taking->page;
    if (page->count == page->capacity) {
        page->capacity = page->capacity ? page->capacity * 2 : 16;
        page->records = memory_resize(page->records, page->capacity * sizeof *page->records);
    }
    page->records[page->count++] = icon_record_copy(page->table, taking->columns, values, taking->arena);
}

static void write_select(const struct icon_columns *columns, struct buffer *sql)
{
    buffer_append_text(sql, "SELECT ");
    for (size_t i = 0; i < columns->count; i++)
        buffer_printf(sql, "%s%s", i ? ", " : "", columns->names[columns->order[i]]);
    buffer_printf(sql, " FROM %s", columns->table);
}

static void write_page(const struct tail *tail, struct buffer *sql, int rows)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* a row of the table of dialects */
    buffer_printf(sql, odbc_dialect(tail->options.odbc)->page, rows);
#pragma GCC diagnostic pop
}

/* The annex holds every option of every object: only ours are fetched. */
static size_t write_annex_filter(const struct tail *tail, struct buffer *sql, struct odbc_param *params)
{
    size_t count = 0;
    for (enum site_option_kind kind = 0; kind < OPTION_COUNT; kind++) {
        const struct site_option *option = &tail->options.map->options[kind];
        if (!bytes_present(option->section))
            continue;
        buffer_printf(sql, "%s(%s = ? AND %s = ?)", count ? " OR " : " AND (", column(tail, ICON_ANNEX, FIELD_SECTION),
                      column(tail, ICON_ANNEX, FIELD_KEY));
        params[count++].text = option->section;
        params[count++].text = option->key;
    }
    buffer_append_text(sql, count ? ")" : " AND 1 = 0");
    return count;
}

static enum err run_page(struct tail *tail, struct page *page, struct buffer *sql, const struct odbc_param *params,
                         size_t param_count, struct odbc_fault *fault)
{
    const struct icon_columns *columns = &tail->options.map->tables[page->table];
    struct taking taking = {page, tail->arena, columns};
    tail->asked = page->table;
    enum err err = odbc_run(tail->options.odbc, &(struct odbc_query){.sql = buffer_text(sql), .params = params,
                                                             .param_count = param_count, .types = columns->types,
                                                             .column_count = columns->count, .typed = true, .keep = page->purpose == PAGE_LENT && !param_count, .row = take_row,
                                                             .owner = &taking}, fault);
    if (!err && tail->tables[page->table].query_failed)
        tail_table_well(tail, page->table);
    return err;
}

static struct page *page_begin(struct tail *tail, enum icon_table table, enum page_purpose purpose)
{
    struct page *page = memory_alloc_zero(1, sizeof *page);
    page->table = table;
    page->purpose = purpose;
    *tail->pages_end = page;
    tail->pages_end = &page->next;
    return page;
}

enum err tail_read_page(struct tail *tail, enum icon_table table, int stream, enum page_purpose purpose,
                        struct position from, int64_t to, struct page **out, struct odbc_fault *fault)
{
    const char *number = number_column(tail, table, stream), *id = column(tail, table, FIELD_ID);
    struct odbc_param params[4 + 2 * OPTION_COUNT] = {{.integer = from.number}, {.integer = to}, {.integer = from.number},
                                                      {.integer = from.id}};
    size_t param_count = 4;
    struct buffer sql = {0};
    struct page *page = page_begin(tail, table, purpose);
    page->stream = stream;
    page->to = to;
    write_select(&tail->options.map->tables[table], &sql);
    /* The first condition is what an index is asked; numbers are not unique, so pages go by (number, id). */
    buffer_printf(&sql, " WHERE %s >= ? AND %s <= ? AND (%s > ? OR %s > ?)", number, number, number, id);
    if (table == ICON_ANNEX)
        param_count += write_annex_filter(tail, &sql, params + param_count);
    buffer_printf(&sql, " ORDER BY %s, %s ", number, id);
    write_page(tail, &sql, tail->options.page_rows);
    enum err err = run_page(tail, page, &sql, params, param_count, fault);
    page->full = page->count >= (size_t)tail->options.page_rows;
    buffer_free(&sql);
    *out = page;
    return err;
}

enum err tail_read_open(struct tail *tail, enum icon_table table, int64_t after_id, struct page **out,
                        struct odbc_fault *fault)
{
    const char *id = column(tail, table, FIELD_ID);
    struct odbc_param param = {.integer = after_id};
    struct buffer sql = {0};
    struct page *page = page_begin(tail, table, PAGE_RECONCILE);
    write_select(&tail->options.map->tables[table], &sql);
    buffer_printf(&sql, " WHERE %s IS NULL AND %s > ? ORDER BY %s ", column(tail, table, FIELD_TERMINATED), id, id);
    write_page(tail, &sql, tail->options.page_rows);
    enum err err = run_page(tail, page, &sql, &param, 1, fault);
    page->full = page->count >= (size_t)tail->options.page_rows;
    buffer_free(&sql);
    *out = page;
    return err;
}

enum err tail_read_span(struct tail *tail, enum icon_table table, enum icon_field field, bool indexed, int64_t from, int64_t to,
                        struct position at, struct page **out, struct odbc_fault *fault)
{
    const char *id = column(tail, table, FIELD_ID), *seconds = column(tail, table, field);
    struct odbc_param params[4];
    size_t param_count = 0;
    struct buffer sql = {0};
    struct page *page = page_begin(tail, table, PAGE_REREAD);
    page->stream = STREAM_UPDATE;
    write_select(&tail->options.map->tables[table], &sql);
    buffer_append_text(&sql, " WHERE ");
    if (field != FIELD_ID) {
        buffer_printf(&sql, "%s >= ? AND %s <= ? AND ", seconds, seconds);
        params[param_count++].integer = indexed ? at.number : from;
        params[param_count++].integer = to;
    }
    if (indexed) {
        buffer_printf(&sql, "(%s > ? OR %s > ?) ORDER BY %s, %s ", seconds, id, seconds, id);
        params[param_count++].integer = at.number;
    } else {
        buffer_printf(&sql, "%s > ? ORDER BY %s ", id, id);
    }
    params[param_count++].integer = at.id;
    for (size_t i = 0; i < param_count; i++)
        params[i].text = BYTES_NONE;
    write_page(tail, &sql, tail->options.page_rows);
    enum err err = run_page(tail, page, &sql, params, param_count, fault);
    page->full = page->count >= (size_t)tail->options.page_rows;
    buffer_free(&sql);
    *out = page;
    return err;
}

enum err tail_read_row(struct tail *tail, enum icon_table table, int64_t id, enum page_purpose purpose, struct page **out,
                       struct odbc_fault *fault)
{
    struct odbc_param param = {.integer = id};
    struct buffer sql = {0};
    struct page *page = page_begin(tail, table, purpose);
    write_select(&tail->options.map->tables[table], &sql);
    buffer_printf(&sql, " WHERE %s = ?", column(tail, table, FIELD_ID));
    enum err err = run_page(tail, page, &sql, &param, 1, fault);
    buffer_free(&sql);
    *out = page;
    return err;
}

enum err tail_read_whole(struct tail *tail, enum icon_table table, struct page **out, struct odbc_fault *fault)
{
    struct buffer sql = {0};
    struct page *page = page_begin(tail, table, PAGE_LENT);
    write_select(&tail->options.map->tables[table], &sql);
    enum err err = run_page(tail, page, &sql, NULL, 0, fault);
    buffer_free(&sql);
    *out = page;
    return err;
}

static void tail_page_free(struct page *page)
{
    free(page->records);
    free(page);
}

void tail_pages_drop(struct tail *tail)
{
    while (tail->pages) {
        struct page *page = tail->pages;
        tail->pages = page->next;
        tail_page_free(page);
    }
    tail->pages_end = &tail->pages;
    tail->derived = NULL;
}
