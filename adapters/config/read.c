#include "adapters/config/read.h"

#include "adapters/config/object.h"
#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"

#include <stdlib.h>

enum { PARAMS_MAX = 2 * OPTION_COUNT + 1 };

/* A mailbox or an IVR port: its tenant is its owner's, which is read later. */
struct owned {
    struct owned *next;
    struct object object;
    enum object_type owner_type;
    int64_t owner;
};

struct config_reader {
    struct read_options options;
    struct known *known;
    struct arena *arena;      /* of a page */
    struct arena *whole;      /* of a picture */
    struct map flags;         /* (type, id) → 1 + bits 1 << option */
    struct owned *owned;
    struct map refused;       /* hash of what was refused → 1: each is said once */
    bool broken[CONFIG_TABLE_COUNT];
    /* the table under way */
    enum config_table table;
    enum config_field order[ODBC_COLUMNS_MAX];
    enum odbc_type types[ODBC_COLUMNS_MAX];
    size_t column_count;
    int64_t at[2];            /* the key of the last row */
    size_t rows;              /* of the page */
    enum err err;             /* of the sink */
};

struct config_reader *config_reader_create(const struct read_options *options)
{
    struct config_reader *reader = memory_alloc_zero(1, sizeof *reader);
    reader->options = *options;
    reader->arena = arena_create();
    reader->whole = arena_create();
    return reader;
}

void config_reader_destroy(struct config_reader *reader)
{
    if (!reader)
        return;
    arena_destroy(reader->arena);
    arena_destroy(reader->whole);
    map_free(&reader->flags);
    map_free(&reader->refused);
    free(reader);
}

/* --- a row --------------------------------------------------------------------------------------- */

static struct odbc_value value_of(const struct config_reader *reader, const struct odbc_value *values, enum config_field field)
{
    for (size_t i = 0; i < reader->column_count; i++)
        if (reader->order[i] == field)
            return values[i];
    return (struct odbc_value){0};
}

static int64_t integer_of(const struct config_reader *reader, const struct odbc_value *values, enum config_field field, int64_t otherwise)
{
    struct odbc_value value = value_of(reader, values, field);
    return value.known ? value.integer : otherwise;
}

/* NULL and 0 are both "none". */
static int64_t reference(const struct config_reader *reader, const struct odbc_value *values, enum config_field field)
{
    int64_t id = integer_of(reader, values, field, 0);
    return id == 0 ? ID_NONE : id;
}

static struct bytes text_of(const struct config_reader *reader, const struct odbc_value *values, enum config_field field)
{
    struct odbc_value value = value_of(reader, values, field);
    return value.known && value.text.len ? value.text : BYTES_NONE;
}

static int meaning_of(const struct config_reader *reader, const struct odbc_value *values, enum config_field field, enum config_code_kind kind)
{
    struct odbc_value value = value_of(reader, values, field);
    return value.known ? config_code_find(reader->options.map, kind, value.integer) : 0;
}

static uint64_t flag_key(enum object_type type, int64_t id)
{
    return hash_mix((uint64_t)id) ^ (uint64_t)type;
}

static enum flag flag_of(const struct config_reader *reader, enum site_option_kind option, enum object_type type, int64_t id)
{
    const struct site_option *said = &reader->options.map->options[option];
    if (!bytes_present(said->section) || reader->broken[CONFIG_OPTION] || !reader->options.map->tables[CONFIG_OPTION].table)
        return FLAG_UNKNOWN;
    uint32_t bits = map_get(&reader->flags, flag_key(type, id));
    return bits && (bits - 1) >> option & 1 ? FLAG_YES : FLAG_NO;
}

/* The row as JSON: what is kept of one that is refused. */
static void write_row(const struct config_reader *reader, const struct odbc_value *values, struct buffer *out)
{
    const struct config_columns *columns = &reader->options.map->tables[reader->table];
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    for (size_t i = 0; i < reader->column_count; i++) {
        json_write_name(&writer, columns->names[reader->order[i]]);
        if (!values[i].known)
            json_write_null(&writer);
        else if (reader->types[i] == ODBC_INTEGER)
            json_write_integer(&writer, values[i].integer);
        else if (bytes_are_utf8(values[i].text))
            json_write_text(&writer, values[i].text);
        else
            json_write_text_c(&writer, "no UTF-8");
    }
    json_write_close_object(&writer);
}

static void refuse(struct config_reader *reader, const struct odbc_value *values, int64_t id, const char *why)
{
    const struct config_columns *columns = &reader->options.map->tables[reader->table];
    const char *place = arena_printf(reader->arena, "table %s, %s %lld", columns->table,
                                     columns->names[CONFIG_FIELD_ID] ? columns->names[CONFIG_FIELD_ID] : columns->names[CONFIG_FIELD_GROUP], (long long)id);
    struct buffer raw = {0};
    write_row(reader, values, &raw);
    uint64_t hash = bytes_hash(bytes_from_text(place)) ^ bytes_hash(bytes_from_text(why)) ^ hash_mix(bytes_hash(buffer_bytes(&raw)));
    if (!map_get(&reader->refused, hash)) {
        map_put(&reader->refused, hash, 1);
        enum err err = reader->options.sink.refused(reader->options.sink.owner, place, why, buffer_bytes(&raw));
        reader->err = reader->err ? reader->err : err;
    }
    buffer_free(&raw);
}

static const char *bad_text(const struct config_reader *reader, const struct odbc_value *values)
{
    const struct config_columns *columns = &reader->options.map->tables[reader->table];
    for (size_t i = 0; i < reader->column_count; i++) {
        if (!values[i].known || reader->types[i] != ODBC_TEXT || reader->order[i] == CONFIG_FIELD_VALUE)
            continue;
        if (values[i].bad)
            return arena_printf(reader->arena, "%s is longer than %d bytes", columns->names[reader->order[i]], ODBC_TEXT_BYTES_MAX);
        if (!bytes_are_utf8(values[i].text))
            return arena_printf(reader->arena, "%s is no UTF-8", columns->names[reader->order[i]]);
    }
    return NULL;
}

static enum object_type type_of(const struct config_reader *reader, const struct odbc_value *values)
{
    if (reader->table == CONFIG_GROUP)
        return (enum object_type)meaning_of(reader, values, CONFIG_FIELD_TYPE, CONFIG_CODE_GROUP);
    return config_table_type(reader->table);
}

static void take_object(struct config_reader *reader, const struct odbc_value *values)
{
    struct object object = fact_blank(FACT_OBJECT).object;
    struct bytes name = text_of(reader, values, CONFIG_FIELD_NAME);
    object.type = type_of(reader, values);
    object.id = integer_of(reader, values, CONFIG_FIELD_ID, -1);
    if (object.type == OBJECT_NONE)
        return; /* a group of another kind */
    object.enabled = (enum flag)meaning_of(reader, values, CONFIG_FIELD_STATE, CONFIG_CODE_STATE);
    object.tenant = reference(reader, values, CONFIG_FIELD_TENANT);
    object.switch_id = reference(reader, values, CONFIG_FIELD_SWITCH);
    if (object.type == OBJECT_PERSON) {
        object.agent = (enum flag)meaning_of(reader, values, CONFIG_FIELD_AGENT, CONFIG_CODE_AGENT);
        object.wfm = flag_of(reader, OPTION_WFM, OBJECT_PERSON, object.id);
        name = config_person_name(text_of(reader, values, CONFIG_FIELD_FIRST_NAME), text_of(reader, values, CONFIG_FIELD_LAST_NAME), name, reader->arena);
    }
    if (object.type == OBJECT_SWITCH) {
        object.switch_type = (enum switch_type)meaning_of(reader, values, CONFIG_FIELD_TYPE, CONFIG_CODE_SWITCH);
        object.has_backup = flag_of(reader, OPTION_HAS_BACKUP, OBJECT_SWITCH, object.id);
    }
    object.name = name;
    const char *why = bad_text(reader, values);
    if (!why)
        why = config_object_wrong(&object, reader->arena);
    if (why) {
        refuse(reader, values, object.id, why);
        known_found_unread(reader->known, (int)object.type, object.id);
        return;
    }
    known_found(reader->known, &object);
}

static void take_member(struct config_reader *reader, const struct odbc_value *values)
{
    int64_t group = integer_of(reader, values, CONFIG_FIELD_GROUP, -1), member = integer_of(reader, values, CONFIG_FIELD_MEMBER, -1);
    if (group < 0 || member < 0)
        refuse(reader, values, group, "the group or the member is NULL or below 0");
    else
        known_found_member(reader->known, group, reader->table == CONFIG_GROUP_PLACE ? OBJECT_PLACE : OBJECT_PERSON, member);
}

/* The columns of the option's query: as in the map, and the section's name behind them. */
static void take_option(struct config_reader *reader, const struct odbc_value *values)
{
    enum object_type type = (enum object_type)meaning_of(reader, values, CONFIG_FIELD_OBJECT_TYPE, CONFIG_CODE_OBJECT);
    int64_t id = integer_of(reader, values, CONFIG_FIELD_OBJECT, -1);
    struct bytes key = text_of(reader, values, CONFIG_FIELD_NAME), section = values[reader->column_count].known ? values[reader->column_count].text : BYTES_NONE;
    if (type == OBJECT_NONE || id < 0)
        return;
    for (enum site_option_kind kind = 0; kind < OPTION_COUNT; kind++) {
        const struct site_option *option = &reader->options.map->options[kind];
        if (!bytes_present(option->section) || !(option->of >> type & 1) || !bytes_equal(option->section, section) || !bytes_equal(option->key, key) ||
            !site_option_is_yes(option, text_of(reader, values, CONFIG_FIELD_VALUE)))
            continue;
        uint32_t bits = map_get(&reader->flags, flag_key(type, id));
        map_put(&reader->flags, flag_key(type, id), ((bits ? bits - 1 : 0) | 1u << kind) + 1);
        if (kind == OPTION_MAILBOX || kind == OPTION_IVR_PORT) {
            struct owned *owned = arena_alloc(reader->whole, sizeof *owned);
            *owned = (struct owned){.next = reader->owned, .object = fact_blank(FACT_OBJECT).object, .owner_type = type, .owner = id};
            owned->object.type = kind == OPTION_MAILBOX ? OBJECT_MAILBOX : OBJECT_IVR_PORT;
            owned->object.id = integer_of(reader, values, CONFIG_FIELD_ID, 0);
            owned->object.enabled = FLAG_YES;
            reader->owned = owned;
        }
    }
}

static void take_row(void *owner, const struct odbc_value *values)
{
    struct config_reader *reader = owner;
    bool member = reader->table == CONFIG_GROUP_PERSON || reader->table == CONFIG_GROUP_PLACE;
    reader->rows++;
    reader->at[0] = integer_of(reader, values, member ? CONFIG_FIELD_GROUP : CONFIG_FIELD_ID, reader->at[0]);
    reader->at[1] = integer_of(reader, values, CONFIG_FIELD_MEMBER, -1);
    if (reader->err)
        return;
    if (member)
        take_member(reader, values);
    else if (reader->table == CONFIG_OPTION)
        take_option(reader, values);
    else
        take_object(reader, values);
}

/* --- a table ------------------------------------------------------------------------------------- */

static void choose_columns(struct config_reader *reader)
{
    const struct config_columns *columns = &reader->options.map->tables[reader->table];
    reader->column_count = 0;
    for (enum config_field field = 0; field < CONFIG_FIELD_COUNT; field++) {
        if (!columns->names[field] || (config_field_is_personal(reader->table, field) && !reader->options.clear_names))
            continue;
        reader->order[reader->column_count] = field;
        reader->types[reader->column_count++] = config_field_is_text(field) ? ODBC_TEXT : ODBC_INTEGER;
    }
    check(reader->column_count < ODBC_COLUMNS_MAX);
}

static void write_page(const struct config_reader *reader, struct buffer *sql)
{
    buffer_append_char(sql, ' ');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* a row of the table of dialects */
    buffer_printf(sql, odbc_dialect(reader->options.odbc)->page, reader->options.page_rows);
#pragma GCC diagnostic pop
}

/* The annex holds every option of every object: only ours are fetched. */
static size_t write_options(const struct config_reader *reader, struct buffer *sql, struct odbc_param *params)
{
    const struct config_columns *columns = &reader->options.map->tables[CONFIG_OPTION];
    const char *const *names = columns->names;
    size_t count = 1;
    buffer_append_text(sql, "SELECT ");
    for (size_t i = 0; i < reader->column_count; i++)
        buffer_printf(sql, "k.%s, ", names[reader->order[i]]);
    buffer_printf(sql, "s.%s FROM %s k, %s s WHERE k.%s = s.%s AND k.%s > ? AND (", names[CONFIG_FIELD_NAME], columns->table, columns->table,
                  names[CONFIG_FIELD_PARENT], names[CONFIG_FIELD_ID], names[CONFIG_FIELD_ID]);
    params[0] = (struct odbc_param){.integer = reader->at[0]};
    for (enum site_option_kind kind = 0; kind < OPTION_COUNT; kind++) {
        const struct site_option *option = &reader->options.map->options[kind];
        if (!bytes_present(option->section))
            continue;
        buffer_printf(sql, "%s(s.%s = ? AND k.%s = ?)", count > 1 ? " OR " : "", names[CONFIG_FIELD_NAME], names[CONFIG_FIELD_NAME]);
        params[count++] = (struct odbc_param){.text = option->section};
        params[count++] = (struct odbc_param){.text = option->key};
    }
    buffer_printf(sql, "%s) ORDER BY k.%s", count == 1 ? "1 = 0" : "", names[CONFIG_FIELD_ID]);
    write_page(reader, sql);
    return count;
}

static size_t write_rows(const struct config_reader *reader, struct buffer *sql, struct odbc_param *params)
{
    const struct config_columns *columns = &reader->options.map->tables[reader->table];
    const char *id = columns->names[CONFIG_FIELD_ID], *group = columns->names[CONFIG_FIELD_GROUP], *member = columns->names[CONFIG_FIELD_MEMBER];
    buffer_append_text(sql, "SELECT ");
    for (size_t i = 0; i < reader->column_count; i++)
        buffer_printf(sql, "%s%s", i ? ", " : "", columns->names[reader->order[i]]);
    buffer_printf(sql, " FROM %s WHERE ", columns->table);
    params[0] = params[1] = (struct odbc_param){.integer = reader->at[0]};
    params[2] = (struct odbc_param){.integer = reader->at[1]};
    if (id)
        buffer_printf(sql, "%s > ? ORDER BY %s", id, id);
    else
        buffer_printf(sql, "%s > ? OR (%s = ? AND %s > ?) ORDER BY %s, %s", group, group, member, group, member);
    write_page(reader, sql);
    return id ? 1 : 3;
}

static enum err read_table(struct config_reader *reader, enum config_table table, struct odbc_fault *fault)
{
    enum err err = ERR_OK;
    reader->table = table;
    reader->at[0] = reader->at[1] = -1;
    choose_columns(reader);
    do {
        struct buffer sql = {0};
        struct odbc_param params[PARAMS_MAX];
        bool option = table == CONFIG_OPTION;
        size_t count = option ? write_options(reader, &sql, params) : write_rows(reader, &sql, params);
        reader->rows = 0;
        reader->types[reader->column_count] = ODBC_TEXT; /* the section's name */
        err = odbc_run(reader->options.odbc, &(struct odbc_query){.sql = buffer_text(&sql), .params = params, .param_count = count, .types = reader->types,
                                                                  .column_count = reader->column_count + option, .row = take_row, .owner = reader}, fault);
        buffer_free(&sql);
        arena_reset(reader->arena);
    } while (!err && !reader->err && reader->rows == (size_t)reader->options.page_rows);
    return err ? err : reader->err;
}

/* --- the picture --------------------------------------------------------------------------------- */

/* What a table says, or lends, stays as it was. */
static void keep_table(struct known *known, enum config_table table)
{
    enum object_type type = config_table_type(table);
    if (type != OBJECT_NONE)
        known_keep(known, (int)type);
    if (table == CONFIG_GROUP_PERSON)
        known_keep(known, KNOWN_AGENT_MEMBERS);
    if (table == CONFIG_GROUP_PLACE)
        known_keep(known, KNOWN_PLACE_MEMBERS);
    if (table == CONFIG_GROUP) {
        known_keep(known, OBJECT_AGENT_GROUP);
        known_keep(known, OBJECT_PLACE_GROUP);
    }
    if (table == CONFIG_OPTION) {
        known_keep(known, OBJECT_MAILBOX);
        known_keep(known, OBJECT_IVR_PORT);
    }
}

static void show_owned(struct config_reader *reader)
{
    for (struct owned *owned = reader->owned; owned; owned = owned->next) {
        struct object owner, on;
        if (known_look(reader->known, owned->owner_type, owned->owner, &owner)) {
            owned->object.tenant = owner.tenant;
            if (owner.tenant == ID_NONE && owner.switch_id != ID_NONE && known_look(reader->known, OBJECT_SWITCH, owner.switch_id, &on))
                owned->object.tenant = on.tenant;
        }
        known_found(reader->known, &owned->object);
    }
}

/* One try; *bad: the table that could not be read, when the failure is its own. */
static enum err try_picture(struct config_reader *reader, enum config_table *bad, struct odbc_fault *fault)
{
    const struct config_map *map = reader->options.map;
    enum err err = ERR_OK;
    *bad = CONFIG_TABLE_COUNT;
    known_begin(reader->known);
    map_free(&reader->flags);
    arena_reset(reader->whole);
    reader->owned = NULL;
    reader->err = ERR_OK;
    for (enum config_table table = 0; table < CONFIG_TABLE_COUNT && !err; table++) {
        if (!map->tables[table].table || reader->broken[table]) {
            keep_table(reader->known, table);
            continue;
        }
        err = read_table(reader, table, fault);
        if (err && !reader->err && err != ERR_AWAY && err != ERR_CANCELLED)
            *bad = table;
    }
    if (!err)
        show_owned(reader);
    odbc_end(reader->options.odbc);
    return err;
}

enum err config_read(struct config_reader *reader, struct known *known, bool *whole, struct odbc_fault *fault)
{
    const struct config_map *map = reader->options.map;
    enum config_table bad;
    enum err err;
    *fault = (struct odbc_fault){.trouble = ODBC_CANCELLED};
    memset(reader->broken, 0, sizeof reader->broken);
    reader->known = known;
    *whole = true;
    /* A statement that failed ends the transaction, so the others are asked again in another one. */
    while ((err = try_picture(reader, &bad, fault)) && bad != CONFIG_TABLE_COUNT) {
        reader->broken[bad] = true;
        *whole = false;
        log_once(LOG_ERROR, reader->options.part, config_table_name(bad),
                 "table %s (tables.%s of the map) is not read: %s; what it said stays as it was, the other tables go on, the watermark stands until it can be "
                 "read or the map says \"table: ~\"",
                 map->tables[bad].table, config_table_name(bad), fault->text);
    }
    for (enum config_table table = 0; table < CONFIG_TABLE_COUNT && !err; table++)
        if (!reader->broken[table] && log_clear(reader->options.part, config_table_name(table)))
            log_info(reader->options.part, "table %s is read again", map->tables[table].table);
    return err;
}
