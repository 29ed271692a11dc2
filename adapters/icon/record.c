#include "adapters/icon/record.h"

#include "base/json.h"

struct icon_record icon_record_copy(enum icon_table table, const struct icon_columns *columns,
                                    const struct odbc_value *values, struct arena *arena)
{
    struct icon_record record = {table, columns, arena_alloc(arena, columns->count * sizeof *record.values)};
    for (size_t i = 0; i < columns->count; i++) {
        record.values[i] = values[i];
        if (values[i].known && columns->types[i] == ODBC_TEXT)
            record.values[i].text = arena_copy(arena, values[i].text);
    }
    return record;
}

struct odbc_value icon_record_value(const struct icon_record *record, enum icon_field field)
{
    int position = record->columns->position[field];
    return position < 0 ? (struct odbc_value){0} : record->values[position];
}

int64_t icon_record_integer(const struct icon_record *record, enum icon_field field, int64_t otherwise)
{
    struct odbc_value value = icon_record_value(record, field);
    return value.known && !value.bad ? value.integer : otherwise;
}

int64_t icon_record_seq(const struct icon_record *record)
{
    return icon_record_integer(record, FIELD_SEQ, 0);
}

int64_t icon_record_useq(const struct icon_record *record)
{
    return icon_record_integer(record, FIELD_USEQ, 0);
}

int64_t icon_record_version(const struct icon_record *record)
{
    int64_t seq = icon_record_integer(record, FIELD_SEQ, -1), useq = icon_record_useq(record);
    if (useq > 0)
        return useq <= ICON_NUMBER_MAX ? ICON_VERSION_UPDATED + useq : -1;
    return seq >= 0 && seq <= ICON_NUMBER_MAX ? seq : -1;
}

static bool is_persons_name(const struct icon_record *record, enum icon_field field)
{
    return ((record->table == ICON_PERSON || record->table == ICON_LOGIN) && field == FIELD_NAME) ||
           field == FIELD_FIRST_NAME || field == FIELD_LAST_NAME;
}

void icon_record_write(const struct icon_record *record, bool clear_names, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    for (size_t i = 0; i < record->columns->count; i++) {
        const struct odbc_value *value = &record->values[i];
        enum icon_field field = record->columns->order[i];
        if (!clear_names && is_persons_name(record, field))
            continue;
        json_write_name(&writer, record->columns->names[field]);
        if (!value->known)
            json_write_null(&writer);
        else if (record->columns->types[i] == ODBC_INTEGER)
            json_write_integer(&writer, value->integer);
        else if (record->columns->types[i] == ODBC_TIME && value->bad)
            json_write_text_c(&writer, "no time of 1970 to 2199");
        else if (record->columns->types[i] == ODBC_TIME)
            json_write_instant(&writer, value->integer);
        else if (bytes_are_utf8(value->text))
            json_write_text(&writer, value->text);
        else
            json_write_text_c(&writer, "no UTF-8");
    }
    json_write_close_object(&writer);
}
