/* tests/support/icon_world_sql.c - adapters/odbc.h as the tail calls it, answered from the world's rows. */
#include "tests/support/icon_world.h"

#include "adapters/odbc.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

const struct odbc_dialect *odbc_dialect(const struct odbc *odbc)
{
    static const struct odbc_dialect dialect = {.name = "a world in memory", .page = "FETCH NEXT %d ROWS ONLY"};
    (void)odbc;
    return &dialect;
}

void odbc_end(struct odbc *odbc)
{
    (void)odbc;
}

bool odbc_has_index(struct odbc *odbc, const char *table, const char *column)
{
    (void)odbc;
    (void)table;
    (void)column;
    return icon_world_roll(2);
}

static bool fails(struct odbc_fault *fault)
{
    if (!world->fail_in || --world->fail_in)
        return false;
    *fault = (struct odbc_fault){.trouble = ODBC_AWAY, .text = "the world is away"};
    return true;
}

static enum icon_table table_of(const char *sql)
{
    char name[64] = "";
    const char *from = strstr(sql, " FROM ");
    sscanf(from, " FROM %63[A-Z_]", name);
    for (enum icon_table t = 0; t < ICON_TABLE_COUNT; t++)
        if (world->map->tables[t].table && strcmp(world->map->tables[t].table, name) == 0)
            return t;
    check(!"a table of the map");
    return ICON_TABLE_COUNT;
}

/* Of world_tables; -1: it is as it was. */
static int harmed_table(enum icon_table table)
{
    for (int t = 0; t < WORLD_TABLES; t++)
        if (world_tables[t] == table && world->harm[t] != HARM_NONE)
            return t;
    return -1;
}

enum err odbc_columns(struct odbc *odbc, const char *table, struct arena *arena, const char ***names, struct odbc_fault *fault)
{
    (void)odbc;
    enum icon_table t = table_of(arena_printf(arena, "SELECT * FROM %s ", table));
    const struct icon_columns *columns = &world->map->tables[t];
    int harmed = harmed_table(t);
    size_t count = 0;
    if (fails(fault))
        return ERR_AWAY;
    *names = arena_alloc(arena, (columns->count + 1) * sizeof **names);
    for (size_t i = 0; i < columns->count; i++)
        if (harmed < 0 || world->harm[harmed] != HARM_GONE || columns->order[i] != world->harmed[harmed])
            (*names)[count++] = columns->names[columns->order[i]];
    (*names)[count] = NULL;
    return ERR_OK;
}

static struct odbc_value integer(int64_t value)
{
    return (struct odbc_value){.known = value >= 0, .integer = value};
}

static struct odbc_value field_of(const struct world_row *row, enum icon_field field)
{
    static char session[32];
    bool ended = row->terminated != INSTANT_NEVER;
    switch (field) {
    case FIELD_ID:            return integer(row->id);
    case FIELD_SEQ:           return integer(row->seq);
    case FIELD_USEQ:          return integer(row->useq);
    case FIELD_CREATED:       return integer(row->created);
    case FIELD_CREATED_TS:    return integer(row->created / 1000);
    case FIELD_TERMINATED:    return integer(ended ? row->terminated : -1);
    case FIELD_TERMINATED_TS: return integer(ended ? row->terminated / 1000 : -1);
    case FIELD_PERSON:        return integer(icon_world_person(row));
    case FIELD_PLACE:         return integer(icon_world_place(row));
    case FIELD_TYPE:          return integer(2);
    case FIELD_SESSION:
        snprintf(session, sizeof session, "S-%lld", (long long)row->id);
        return (struct odbc_value){.known = true, .text = bytes_from_text(session)};
    default:                  return (struct odbc_value){0};
    }
}

static void answer_control(const struct odbc_query *query, enum icon_table table)
{
    const struct icon_columns *columns = &world->map->tables[table];
    struct odbc_value values[ODBC_COLUMNS_MAX] = {0};
    instant at = icon_world_promise();
    for (size_t i = 0; i < columns->count; i++)
        switch (columns->order[i]) {
        case FIELD_TAG:          values[i] = integer(2); break;
        case FIELD_RESERVED:     values[i] = integer(world->reserved); break;
        case FIELD_WRITTEN:      values[i] = integer(world->recorded); break;
        case FIELD_PROVIDER:     values[i] = integer(101); break;
        case FIELD_SECONDS:      values[i] = integer(at / 1000); break;
        case FIELD_MICROSECONDS: values[i] = integer(at % 1000 * 1000); break;
        case FIELD_CONNECTION:   values[i] = integer(1); break;
        case FIELD_BEGIN:        values[i] = integer(1000); break;
        default: break;
        }
    query->row(query->owner, values);
}

static void answer_heads(const struct odbc_query *query)
{
    for (const char *at = query->sql; (at = strstr(at, "SELECT ")); at++) {
        int64_t heads[2] = {-1, -1};
        enum icon_table table = table_of(at);
        for (size_t i = 0; i < world->row_count; i++) {
            const struct world_row *row = &world->rows[i];
            if (world_tables[row->table] != table || !row->visible || row->purged)
                continue;
            heads[0] = row->seq > heads[0] ? row->seq : heads[0];
            heads[1] = row->useq > heads[1] ? row->useq : heads[1];
        }
        query->row(query->owner, (struct odbc_value[]){integer(table), integer(heads[0]), integer(heads[1])});
    }
}

static enum icon_field sorted_by;
static int compare(const void *a, const void *b)
{
    const struct world_row *x = *(const struct world_row *const *)a, *y = *(const struct world_row *const *)b;
    int64_t left = field_of(x, sorted_by).integer, right = field_of(y, sorted_by).integer;
    return left != right ? (left < right ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

/* The forms of tail_read.c, each by what only it has. */
static bool is_asked(const struct world_row *row, const char *sql, const struct odbc_param *p, enum icon_field field)
{
    struct odbc_value value = field_of(row, field);
    if (strstr(sql, " IS NULL AND "))
        return row->terminated == INSTANT_NEVER && row->id > p[0].integer;
    if (strstr(sql, "WHERE ID = ?"))
        return row->id == p[0].integer;
    if (!value.known || value.integer < p[0].integer || value.integer > p[1].integer)
        return false;
    if (strstr(sql, " OR ID > ?"))
        return value.integer > p[2].integer || row->id > p[3].integer;
    return row->id > p[2].integer;
}

static void answer_rows(const struct odbc_query *query, enum icon_table table)
{
    static const struct world_row *rows[WORLD_ROWS_MAX];
    static const enum icon_field fields[] = {FIELD_SEQ, FIELD_USEQ, FIELD_CREATED_TS, FIELD_TERMINATED_TS};
    const struct icon_columns *columns = &world->map->tables[table];
    const char *where = strstr(query->sql, " WHERE "), *fetch = strstr(query->sql, "FETCH NEXT ");
    size_t count = 0, most = fetch ? strtoull(fetch + 11, NULL, 10) : SIZE_MAX;
    enum icon_field field = FIELD_ID;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strncmp(where + 7, columns->names[fields[i]], strlen(columns->names[fields[i]])) == 0 &&
            where[7 + strlen(columns->names[fields[i]])] == ' ' && !strstr(where, " IS NULL"))
            field = fields[i];
    sorted_by = strstr(where, " OR ID > ?") ? field : FIELD_ID;
    for (size_t i = 0; i < world->row_count; i++)
        if (world_tables[world->rows[i].table] == table && world->rows[i].visible && !world->rows[i].purged &&
            is_asked(&world->rows[i], where, query->params, field))
            rows[count++] = &world->rows[i];
    if (count)
        qsort(rows, count, sizeof *rows, compare);
    for (size_t i = 0; i < count && i < most; i++) {
        struct odbc_value values[ODBC_COLUMNS_MAX];
        for (size_t j = 0; j < columns->count; j++)
            values[j] = field_of(rows[i], columns->order[j]);
        query->row(query->owner, values);
    }
}

/* Every query of rows asks for every column. */
static bool is_harmed(const struct odbc_query *query, enum icon_table table, struct odbc_fault *fault)
{
    int harmed = harmed_table(table);
    if (harmed < 0 || (world->harm[harmed] == HARM_RETYPED && !query->typed))
        return false;
    *fault = (struct odbc_fault){.trouble = ODBC_COLUMN};
    snprintf(fault->text, sizeof fault->text, "column %s is %s", world->map->tables[table].names[world->harmed[harmed]],
             world->harm[harmed] == HARM_GONE ? "not there" : "of another type");
    return true;
}

/* Between two queries the writers go on. */
enum err odbc_run(struct odbc *odbc, const struct odbc_query *query, struct odbc_fault *fault)
{
    (void)odbc;
    if (fails(fault))
        return ERR_AWAY;
    if (strstr(query->sql, "MAX(")) {
        answer_heads(query);
    } else {
        enum icon_table table = table_of(query->sql);
        if (is_harmed(query, table, fault))
            return ERR_SCHEMA;
        if (table >= ICON_TAILED_COUNT)
            answer_control(query, table);
        else
            answer_rows(query, table);
    }
    if (icon_world_roll(30) == 0)
        icon_world_commit((int)icon_world_roll(WORLD_WRITERS));
    return ERR_OK;
}
