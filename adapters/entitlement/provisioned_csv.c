/* adapters/entitlement/provisioned_csv.c - provisioned counts of tenants: tenant,item,effective,quantity. */
#include "adapters/entitlement/reading.h"

#include "base/csv.h"
#include "base/limits.h"
#include "base/map.h"

#include <stdlib.h>
#include <strings.h>

enum column { COLUMN_TENANT, COLUMN_ITEM, COLUMN_EFFECTIVE, COLUMN_QUANTITY, COLUMN_COUNT };

static const char *const column_names[] = {"tenant", "item", "effective", "quantity"};

struct table {
    struct csv csv;
    size_t columns;          /* of the header */
    size_t at[COLUMN_COUNT]; /* which field is the column; from 1, 0: not there */
    struct dictionary keys;  /* number n: the fact n - 1 */
    int *lines;              /* of the facts */
    size_t line_capacity;
};

static struct bytes trimmed(struct bytes text)
{
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    while (text.len && *text.data == ' ') {
        text.data++;
        text.len--;
    }
    return text;
}

static void take_header(struct reading *reading, struct table *table)
{
    table->columns = table->csv.field_count;
    for (size_t i = 0; i < table->csv.field_count; i++) {
        struct bytes name = trimmed(table->csv.fields[i]);
        int column = 0;
        while (column < COLUMN_COUNT && !(name.len == strlen(column_names[column]) &&
                                          strncasecmp((const char *)name.data, column_names[column], name.len) == 0))
            column++;
        if (column == COLUMN_COUNT)
            reading_fault(reading, table->csv.line, "column %s is not known, expected tenant, item, effective, quantity", reading_shown(reading, name));
        else if (table->at[column])
            reading_fault(reading, table->csv.line, "column %s stands here a second time", column_names[column]);
        else
            table->at[column] = i + 1;
    }
    for (int column = 0; column < COLUMN_COUNT; column++)
        if (!table->at[column])
            reading_fault(reading, table->csv.line, "column %s is missing, expected tenant, item, effective, quantity", column_names[column]);
}

static struct bytes field(const struct table *table, enum column column)
{
    return trimmed(table->csv.fields[table->at[column] - 1]);
}

static bool read_tenant(struct reading *reading, const struct table *table, int64_t *tenant)
{
    struct bytes text = field(table, COLUMN_TENANT);
    bool fits = text.len >= 1 && text.len <= 18;
    *tenant = 0;
    for (size_t i = 0; fits && i < text.len; i++) {
        fits = text.data[i] >= '0' && text.data[i] <= '9';
        *tenant = *tenant * 10 + (text.data[i] - '0');
    }
    if (!fits)
        reading_fault(reading, table->csv.line, "tenant: %s, expected its id, a whole number", reading_shown(reading, text));
    return fits;
}

static void add(struct reading *reading, struct table *table, const struct provisioned *row)
{
    char date[DATE_TEXT_SIZE];
    struct bytes key = bytes_from_text(arena_printf(reading->arena, "%lld/%s/%s", (long long)row->tenant, arena_text(reading->arena, row->item),
                                                    date_format(row->effective, date)));
    uint32_t number = dictionary_find(&table->keys, key);
    if (number) {
        reading_fault(reading, table->csv.line, "%s stands already in line %d, expected each tenant, item and date once", reading_shown(reading, key),
                      table->lines[number - 1]);
        return;
    }
    if (reading->fact_count == READING_ROWS_MAX) {
        reading_fault(reading, table->csv.line, "more than %d counts in one file", READING_ROWS_MAX);
        return;
    }
    number = dictionary_number(&table->keys, key);
    if (number > table->line_capacity) {
        table->line_capacity = table->line_capacity ? 2 * table->line_capacity : 64;
        table->lines = memory_resize(table->lines, table->line_capacity * sizeof *table->lines);
    }
    table->lines[number - 1] = table->csv.line;
    struct fact *fact = reading_fact(reading, FACT_PROVISIONED);
    fact->key = key;
    fact->provisioned = *row;
    reading_note(reading, table->csv.line, "tenant %lld, %s from %s on: %s", (long long)row->tenant, arena_text(reading->arena, row->item), date,
                 row->quantity == QUANTITY_UNLIMITED ? "unlimited" : arena_printf(reading->arena, "%lld", (long long)row->quantity));
}

static void take_row(struct reading *reading, struct table *table)
{
    struct csv *csv = &table->csv;
    struct provisioned row = {.quantity = QUANTITY_UNLIMITED, .effective = DATE_NONE};
    if (csv->field_count != table->columns) {
        reading_fault(reading, csv->line, "%zu fields, expected %zu as in the header", csv->field_count, table->columns);
        return;
    }
    bool fits = read_tenant(reading, table, &row.tenant);
    fits = reading_date(reading, csv->line, "effective", field(table, COLUMN_EFFECTIVE), &row.effective) && fits;
    fits = reading_quantity(reading, csv->line, "quantity", field(table, COLUMN_QUANTITY), &row.quantity) && fits;
    const struct item_codes *codes = reading_item(reading, csv->line, field(table, COLUMN_ITEM));
    for (size_t i = 0; fits && codes && i < codes->count; i++) {
        row.item = codes->codes[i];
        add(reading, table, &row);
    }
}

void reading_provisioned(struct reading *reading, struct bytes content)
{
    struct table *table = memory_alloc_zero(1, sizeof *table);
    reading->what = "provisioned counts (CSV)";
    reading->subject = BYTES_LITERAL("provisioned");
    csv_begin(&table->csv, content, reading->arena);
    if (csv_next(&table->csv))
        take_header(reading, table);
    while (reading->fault_count < READING_FAULTS_MAX && table->at[COLUMN_TENANT] && table->at[COLUMN_ITEM] && table->at[COLUMN_EFFECTIVE] &&
           table->at[COLUMN_QUANTITY] && csv_next(&table->csv))
        take_row(reading, table);
    if (table->csv.why)
        reading_fault(reading, table->csv.line, "%s", table->csv.why);
    else if (reading->fact_count == 0 && !reading->fault_count)
        reading_fault(reading, 0, "no row is counted, expected at least one");
    dictionary_free(&table->keys);
    free(table->lines);
    free(table);
}
