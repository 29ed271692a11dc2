#include "tests/unit/adapters/icon/row.h"

#include "proto/fact_json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

const struct icon_map *row_shipped(struct arena *arena)
{
    const struct icon_map *map;
    const char *why = "";
    cr_assert_eq(icon_map_read(BYTES_NONE, arena, &map, &why), ERR_OK, "%s", why);
    return map;
}

static void set_value(const struct icon_columns *columns, struct odbc_value *values, const char *name, char *text)
{
    enum icon_field field = 0;
    while (field < FIELD_COUNT && (strcmp(icon_field_name(field), name) != 0 || columns->position[field] < 0))
        field++;
    cr_assert(field < FIELD_COUNT, "%s has no field %s", columns->table, name);
    struct odbc_value *value = &values[columns->position[field]];
    value->known = true;
    switch (columns->types[columns->position[field]]) {
    case ODBC_INTEGER:
        value->integer = strtoll(text, NULL, 10);
        break;
    case ODBC_TIME:
        value->bad = !instant_parse(bytes_from_text(text), &value->integer);
        break;
    case ODBC_TEXT:
        value->text = bytes_from_text(text);
    }
}

struct icon_record row_of(const struct icon_map *map, enum icon_table table, const char *text, struct arena *arena)
{
    const struct icon_columns *columns = &map->tables[table];
    struct odbc_value values[ODBC_COLUMNS_MAX] = {0};
    char *at = arena_text(arena, bytes_from_text(text));
    while (*at) {
        char *name = at, *value = strchr(at, '=');
        cr_assert(value, "\"%s\": no =", at);
        *value++ = 0;
        bool quoted = *value == '\'';
        char *end = strchr(value + quoted, quoted ? '\'' : ' ');
        at = end ? end + 1 : value + strlen(value);
        if (end)
            *end = 0;
        while (*at == ' ')
            at++;
        set_value(columns, values, name, value + quoted);
    }
    return icon_record_copy(table, columns, values, arena);
}

const char *row_facts(const struct icon_context *context, const struct icon_record *record, struct arena *arena)
{
    struct icon_facts facts;
    struct buffer text = {0};
    icon_map_row(context, record, arena, &facts);
    if (facts.why) {
        cr_expect_eq(facts.count, 0, "refused and stated");
        return arena_printf(arena, "refused: %s", facts.why);
    }
    for (size_t i = 0; i < facts.count; i++) {
        const struct fact *fact = &facts.facts[i];
        buffer_printf(&text, "%s%s %.*s %lld ", i ? "\n" : "", fact_kind_name(fact->kind), (int)fact->key.len,
                      (const char *)fact->key.data, (long long)fact->version);
        fact_json_write_body(fact, &text);
    }
    const char *copy = facts.count ? arena_text(arena, buffer_bytes(&text)) : "nothing";
    buffer_free(&text);
    return copy;
}
