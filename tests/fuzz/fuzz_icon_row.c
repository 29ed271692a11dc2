/* Whatever a row of ICON holds, as the driver types it: refused with a reason, or lawful facts, the same each time; what is kept of it is
 * JSON.  An input is a line "table flags" and a line a field, "field value": a number, a text or a time's milliseconds; without one NULL;
 * a ! before it: the driver could not bring it whole. */
#include "adapters/icon/map.h"
#include "base/check.h"
#include "base/json.h"
#include "tests/fuzz/walk.h"

#include <stdlib.h>

static struct bytes take_word(struct bytes *text, uint8_t end)
{
    const uint8_t *stop = text->len ? memchr(text->data, end, text->len) : NULL;
    struct bytes word = bytes_of(text->data, stop ? (size_t)(stop - text->data) : text->len);
    size_t taken = word.len + (stop ? 1 : 0);
    *text = bytes_of(text->data + taken, text->len - taken);
    return word;
}

/* As a driver gives it: a time that is none of the calendar's is bad, a text too long is cut. */
static struct odbc_value value_of(enum odbc_type type, struct bytes word, struct arena *arena)
{
    struct odbc_value value = {.known = word.len > 0};
    if (word.len && word.data[0] == '!') {
        value.bad = type != ODBC_INTEGER;
        word = bytes_of(word.data + 1, word.len - 1);
    }
    value.integer = strtoll(arena_text(arena, word), NULL, 10);
    if (type == ODBC_TIME && (value.integer < 0 || value.integer >= INSTANT_MAX))
        value.bad = true;
    if (type == ODBC_TEXT && word.len > ODBC_TEXT_BYTES_MAX) {
        value.bad = true;
        word.len = ODBC_TEXT_BYTES_MAX;
    }
    value.text = word;
    return value;
}

static void check_facts(const struct icon_facts *facts, const struct icon_facts *again, struct arena *arena)
{
    check(facts->count <= ICON_FACTS_MAX && facts->count == again->count && (!facts->why || (*facts->why && facts->count == 0)));
    for (size_t i = 0; i < facts->count; i++) {
        const char *why = NULL;
        check(fact_check(&facts->facts[i], arena, &why) == ERR_OK);
        check(facts->facts[i].version == again->facts[i].version && bytes_equal(facts->facts[i].key, again->facts[i].key));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *for_ever;
    static const struct icon_map *map;
    struct arena *arena = arena_create();
    const char *why = NULL;
    if (!for_ever) {
        for_ever = arena_create();
        check(icon_map_read(BYTES_NONE, for_ever, &map, &why) == ERR_OK);
    }
    struct bytes text = bytes_of(data, size), head = take_word(&text, '\n'), name = take_word(&head, ' ');
    enum icon_table table = ICON_LOGIN_SESSION;
    for (int t = 0; t < ICON_TABLE_COUNT; t++)
        table = bytes_equal_text(name, icon_table_name((enum icon_table)t)) ? (enum icon_table)t : table;
    const struct icon_columns *columns = &map->tables[table];
    struct odbc_value values[ODBC_COLUMNS_MAX] = {0};
    while (text.len) {
        struct bytes line = take_word(&text, '\n'), field = take_word(&line, ' ');
        for (size_t i = 0; i < columns->count; i++)
            if (bytes_equal_text(field, columns->names[columns->order[i]]))
                values[i] = value_of(columns->types[i], line, arena);
    }
    struct icon_record record = icon_record_copy(table, columns, values, arena);
    const struct icon_disconnect lost = {1795395600000, 7};
    struct icon_context context = {.map = map, .source = BYTES_LITERAL("s"), .clear_names = head.len % 2, .first_seq = head.len % 3 ? 100 : ICON_NUMBER_MAX,
                                   .first_useq = 50, .first_sight = head.len % 5 == 0, .disconnects = &lost, .disconnect_count = 1};
    struct icon_facts facts = {0}, again = {0};
    if (table < ICON_TAILED_COUNT) {
        icon_map_row(&context, &record, arena, &facts);
        icon_map_row(&context, &record, arena, &again);
    } else if (table == ICON_CONNECTION_GLS || table == ICON_CONNECTION_CFG) {
        icon_map_coverage(&context, &record, BYTES_NONE, arena, &facts);
        icon_map_coverage(&context, &record, BYTES_NONE, arena, &again);
    }
    check_facts(&facts, &again, arena);
    struct buffer kept = {0};
    icon_record_write(&record, context.clear_names, &kept);
    check(json_read(buffer_bytes(&kept), arena, &why) != NULL && bytes_are_utf8(bytes_from_text(icon_map_place(&record, arena))));
    buffer_free(&kept);
    arena_destroy(arena);
    return 0;
}
